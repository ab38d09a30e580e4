// A client of the signaling protocol as a stranger would write it after reading protocol/PROTOCOL.md: no code of ours. It
// keeps one call, media is what the conformance kit says on standard input, and what it shows goes to standard output.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const { VISAVIS_URL: url = '', VISAVIS_TICKET: token = '', VISAVIS_DEVICE: device = '' } = process.env;
let socket;
let numbers = 0;
let call; // { id, rev, gen, incoming, peer, shown }
const unanswered = []; // said and without `ok` or `error`, in order
const had = new Set(); // payloads that have arrived

connect();
createInterface({ input: process.stdin }).on('line', (line) => act(JSON.parse(line)));

function connect() {
  socket = new WebSocket(url, 'visavis.v1');
  socket.on('open', () => {
    const calls = call ? [{ id: call.id, rev: call.rev }] : [];
    send({ type: 'hello', data: { token, device, name: 'Stranger', proto: 1, calls } });
  });
  socket.on('message', (text) => hear(JSON.parse(text.toString())));
  socket.on('close', () => setTimeout(connect, 50));
  socket.on('error', () => {});
}

function send(message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// Life verbs and payloads are kept until they are answered.
function say(type, data = {}, more = {}) {
  numbers += 1;
  const message = { type, id: `s.${numbers}`, call: call.id, data, ...more };
  unanswered.push(message);
  send(message);
}

function act({ do: does, engine, to, media, description, route, notice }) {
  if (does === 'dial') {
    call = { id: randomUUID(), rev: -1, gen: 0, incoming: false, peer: to };
    show('dialing');
    say('invite', { to, media });
  }
  if (does === 'alert') say('ringing');
  if (does === 'answer') {
    show('connecting');
    say('accept', { media });
  }
  if (does === 'hangup') {
    say('hangup');
    end({ dialing: 'cancelled', ringing: call.incoming ? 'declined' : 'cancelled' }[call.shown] ?? 'hangup');
  }
  if (engine === 'described') say(description.type, description, { gen: call.gen });
  if (engine === 'sending') say('media', notice, { gen: call.gen });
  if (engine === 'connected') {
    show('active');
    say('connected', { route });
  }
}

function hear({ type, data, re, id, from }) {
  if (re !== undefined) settle(re, type, data);
  if (type === 'welcome') {
    data.calls.forEach(view);
    if (call && !data.calls.some((listed) => listed.id === call.id)) end('connection-lost');
    for (const message of unanswered) send(message);
  }
  if (type === 'call') view(data);
  if (['offer', 'answer', 'candidate', 'media'].includes(type) && call) {
    send({ type: 'ack', call: call.id, data: { from, id } });
    had.add(`${from} ${id}`); // A real one gives new payloads to its RTCPeerConnection here.
  }
}

function settle(re, type, data) {
  const at = unanswered.findIndex((message) => message.id === re);
  if (at < 0) return;
  const [message] = unanswered.splice(at, 1);
  if (type === 'ok' && data.merged && call) {
    Object.assign(call, { id: data.call, rev: -1 });
    show('connecting');
  }
  if (type !== 'error' || !call) return;
  if (message.type === 'invite') end('not-found');
  if (message.type === 'accept') end(data.code === 'call_ended' ? 'remote-cancelled' : 'elsewhere');
}

// The one rule: the newest view is the truth.
function view(now) {
  if (!call && now.state !== 'ended' && now.you === 'ringing') {
    call = { id: now.id, rev: -1, gen: now.gen, incoming: true, peer: now.peer.id };
    show('ringing', { direction: 'in' });
  }
  if (call?.id !== now.id || now.rev <= call.rev) return;
  Object.assign(call, { rev: now.rev, gen: now.gen });
  if (now.you === 'elsewhere') return end('elsewhere');
  if (now.state === 'ended') return end(reason(now));
  if (now.state === 'ringing' && call.shown === 'dialing') show('ringing', { direction: 'out' });
  if (now.state === 'connecting' && call.shown !== 'connecting') show('connecting');
}

function reason({ reason, role }) {
  const caller = { rejected: 'remote-declined', no_answer: 'no-answer', cancelled: 'cancelled' };
  const callee = { rejected: 'declined', no_answer: 'missed', cancelled: 'remote-cancelled' };
  return (role === 'caller' ? caller : callee)[reason] ?? { hangup: 'remote-hangup' }[reason] ?? reason;
}

function end(why) {
  show('ended', { reason: why });
  call = undefined;
}

function show(type, more = {}) {
  if (call) call.shown = type;
  process.stdout.write(`${JSON.stringify({ state: { type, ...more } })}\n`);
}
