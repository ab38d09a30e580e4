/** The page: chats through the messenger, and calls through it as well. */
import { connect } from '@visavis/client';
import { channelTransport } from '@visavis/client/channel';

const element = (id) => document.getElementById(id);

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
}

element('sign-in').onsubmit = async (event) => {
  event.preventDefault();
  const [name, password] = [element('name').value, element('password').value];
  await post('/sign-in', JSON.stringify({ name, password }));
  start(name);
};

function start(me) {
  const channel = new EventSource('/events');
  element('sign-in').hidden = true;
  element('messenger').hidden = false;
  element('me').textContent = me;
  channel.addEventListener('people', ({ data }) => {
    const others = JSON.parse(data).filter((name) => name !== me);
    element('to').replaceChildren(...others.map((name) => new Option(name)));
  });
  chat(channel);
  calls(channel);
}

function chat(channel) {
  channel.addEventListener('chat', ({ data }) => {
    const { from, text } = JSON.parse(data);
    const line = document.createElement('p');
    line.textContent = `${from}: ${text}`;
    element('chat').append(line);
  });
  element('say').onsubmit = (event) => {
    event.preventDefault();
    void post('/say', JSON.stringify({ to: element('to').value, text: element('text').value }));
    element('text').value = '';
  };
}

function calls(channel) {
  const transport = channelTransport({
    send: (text) => post('/call', text),
    receive: (run) => {
      const hear = ({ data }) => run(data);
      channel.addEventListener('call', hear);
      return () => channel.removeEventListener('call', hear);
    },
  });
  const client = connect({ transport });
  client.link.subscribe(({ type }) => {
    document.body.dataset.link = type;
  });
  client.on('incoming', show);
  element('call').onclick = () => show(client.call(element('to').value, { video: true }));
}

function show(call) {
  element('on-call').hidden = false;
  call.attach(element('remote'));
  call.local.attach(element('self'));
  call.state.subscribe((state) => {
    const isOver = state.type === 'ended';
    element('status').textContent = isOver
      ? `ended: ${state.reason}`
      : `${state.type}: ${call.peer.value.name}`;
    element('accept').hidden = !(state.type === 'ringing' && state.direction === 'in');
    element('hang-up').hidden = isOver;
  });
  element('accept').onclick = () => void call.accept({ video: true });
  element('hang-up').onclick = () => call.hangup();
}
