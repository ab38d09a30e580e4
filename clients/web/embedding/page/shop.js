/** What the shop's page does with what it is told, and how it speaks to the frame. */
const log = document.getElementById('log');
const tell = (way, what) => {
  log.textContent += `${way}: ${JSON.stringify(what)}\n`;
};

// The element tells by events.
const element = document.getElementById('element');
for (const event of ['visavis-state', 'visavis-ended', 'visavis-error']) {
  element.addEventListener(event, ({ type, detail }) => tell('element', { type, ...detail }));
}

// The frame tells by messages. Whoever has this page may send it messages, so the origin is looked at.
const frame = document.getElementById('frame');
const { server } = frame.dataset;
addEventListener('message', ({ origin, source, data }) => {
  if (origin !== new URL(server).origin || source !== frame.contentWindow || data?.visavis !== 1) return;
  tell('frame', data);
});

// And it is told, by its origin, so that no other page that may be in the frame hears it.
for (const button of document.querySelectorAll('[data-command]')) {
  button.onclick = () =>
    frame.contentWindow.postMessage({ visavis: 1, ...JSON.parse(button.dataset.command) }, server);
}
