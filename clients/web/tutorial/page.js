// What the tutorial's page does around the call: two languages, the steps that light up, the code beside its
// explanation, the list of messages. `tutorial.js` knows nothing of it; this file watches from outside.

const LOG_LENGTH = 40;
/** Which step a message belongs to, on either side. */
const STEP_OF = {
  hello: 'room',
  offer: 'offer',
  answer: 'answer',
  icecandidate: 'candidates',
  close: 'close',
};

const find = (selector) => document.querySelector(selector);

/** A WebSocket whose messages are shown. */
class WatchedSocket extends WebSocket {
  #leaving = false;

  constructor(url) {
    super(url);
    this.addEventListener('message', ({ data }) => show('↓', data));
    this.addEventListener('close', () => {
      find('#hang-up').disabled = true;
      if (!this.#leaving) trouble('no-server');
    });
    window.addEventListener('pagehide', () => {
      this.#leaving = true;
    });
  }

  send(text) {
    light('send');
    show('↑', text);
    super.send(text);
  }

  close() {
    this.#leaving = true;
    super.close();
  }
}

function light(...names) {
  for (const name of names) {
    const item = find(`#step-${name}`);
    item.classList.add('done');
    for (const other of document.querySelectorAll('.steps > [aria-current]'))
      other.removeAttribute('aria-current');
    item.setAttribute('aria-current', 'step');
  }
}

function dim(...names) {
  for (const name of names) find(`#step-${name}`).classList.remove('done');
}

function show(arrow, text) {
  const { cmd, data } = JSON.parse(text);
  if (cmd === 'offer') {
    light('connection');
    dim('close');
    find('#hang-up').disabled = false;
  }
  if (cmd === 'close') dim('connection', 'offer', 'answer', 'candidates', 'track');
  if (STEP_OF[cmd]) light(STEP_OF[cmd]);
  const line = document.createElement('li');
  const word = document.createElement('b');
  word.textContent = `${arrow} ${cmd}`;
  line.append(word, ` ${summary(cmd, data)}`);
  const list = find('#log');
  list.prepend(line);
  while (list.children.length > LOG_LENGTH) list.lastChild.remove();
}

function summary(cmd, data) {
  if (cmd === 'icecandidate') return data?.candidate || '∎';
  if (data?.sdp) return `${data.sdp.split('\r\n', 1)[0]} … ${data.sdp.length} B`;
  return data ? JSON.stringify(data) : '';
}

/** Says what is wrong, in words that `index.html` has in both languages. */
function trouble(name) {
  for (const other of document.querySelectorAll('.trouble')) other.hidden = other.id !== `trouble-${name}`;
}

function explain(error) {
  if (!isSecureContext) trouble('insecure');
  else if (error?.name === 'NotAllowedError') trouble('denied');
  else if (error?.name === 'NotFoundError' || error?.name === 'NotReadableError') trouble('no-device');
  else trouble('other');
  find('#trouble-detail').textContent = String(error ?? '');
}

/** Puts each part of `tutorial.js` beside its explanation: the page shows the very code that runs. */
async function showCode() {
  const source = await (await fetch('tutorial.js')).text();
  for (const part of source.split('// part: ').slice(1)) {
    const [name, ...lines] = part.trim().split('\n');
    find(`#step-${name} pre > code`).textContent = lines.join('\n');
  }
}

function speak(language) {
  const root = document.documentElement;
  root.dataset.language = language;
  root.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = language === 'zh' ? '一步一步看视频通话' : 'A video call, step by step';
}

speak(navigator.language.startsWith('zh') ? 'zh' : 'en');
find('#language').onclick = () => speak(document.documentElement.dataset.language === 'zh' ? 'en' : 'zh');
showCode();

const room = new URLSearchParams(location.search).get('room');
document.body.classList.add(room ? 'in-room' : 'no-room');
if (room) {
  find('#room-name').textContent = room;
  find('#second').href = location.href;
  find('#own').addEventListener('loadedmetadata', () => light('media'));
  find('#other').addEventListener('loadedmetadata', () => light('track'));
  window.addEventListener('unhandledrejection', ({ reason }) => explain(reason));
  window.WebSocket = WatchedSocket;
  import('./tutorial.js').catch(explain);
} else {
  find('#room').value = `room-${Math.random().toString(36).slice(2, 7)}`;
}
