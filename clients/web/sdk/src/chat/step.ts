/**
 * The chat of a call, as one pure function. Everything that matters is said again on a new connection and taken once, by its
 * id, so that no single connection matters.
 */
import * as files from './files.ts';
import { cleanText, type Talk, TEXT_LIMIT } from './messages.ts';
import type { ChatFile, ChatState, ChatText } from './public.ts';
import {
  add,
  change,
  type Entry,
  type Input,
  maySay,
  type Output,
  refuse,
  type State,
  say,
  TEXTS_LIMIT,
  TEXTS_MS,
  type Turn,
  update,
  WAITING_LIMIT,
} from './state.ts';

/** What comes of an input. `now`: milliseconds since 1970. */
export function step(
  state: State,
  input: Input,
  now: number,
): { readonly state: State; readonly outputs: readonly Output[] } {
  const turn: Turn = { state, now, outputs: [] };
  if (state.status !== 'over' || input.type === 'send' || input.type === 'offer') take(turn, input);
  return { state: turn.state, outputs: turn.outputs };
}

/** What the application sees. `received`: what has come whole. */
export function shown(state: State, received: ReadonlyMap<string, Blob>): ChatState {
  const { status, met, entries } = state;
  const show = (entry: Entry) => (entry.type === 'text' ? entry : showFile(entry, status, received));
  return { status, maxFileBytes: met ? files.fileLimit({ state }) : 0, entries: entries.map(show) };
}

function showFile(
  { reached: _, sha256: __, ...entry }: Extract<Entry, { type: 'file' }>,
  status: State['status'],
  received: ReadonlyMap<string, Blob>,
): ChatFile {
  const file = received.get(entry.id);
  const waits = entry.state === 'flowing' && status === 'waiting';
  return { ...entry, ...(waits ? { state: 'waiting' } : {}), ...(file ? { file } : {}) };
}

function take(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'linked':
      update(turn, { linked: true, greeted: false });
      return hello(turn, false);
    case 'lost':
      return lost(turn);
    case 'patience':
      return patience(turn);
    case 'hear':
      return hear(turn, input.message);
    case 'chunk':
      return turn.state.greeted ? files.chunk(turn, input) : undefined;
    case 'send':
      return send(turn, input.id, input.text);
    case 'offer':
      return files.offer(turn, input);
    case 'accept':
      return files.accept(turn, input.id);
    case 'cancel':
      return files.cancel(turn, input.id);
    case 'sent':
      return files.sent(turn, input);
    case 'sent-all':
      return files.sentAll(turn, input);
    case 'unreadable':
      return files.unreadable(turn, input.id);
    case 'checked':
      return files.checked(turn, input);
    case 'end':
      lose(turn);
      return update(turn, { status: 'over', linked: false, greeted: false });
  }
}

/** Whatever was said and not confirmed is said again when there is another connection. */
function lost(turn: Turn): void {
  const { status } = turn.state;
  files.halt(turn);
  update(turn, { linked: false, greeted: false, status: status === 'ready' ? 'waiting' : status });
}

/** Whoever does not answer has no chat. */
function patience(turn: Turn): void {
  if (!turn.state.linked || turn.state.greeted) return;
  lose(turn);
  update(turn, { status: 'unavailable' });
}

function lose(turn: Turn): void {
  files.lose(turn);
  for (const text of unconfirmed(turn)) change(turn, text, { state: 'failed' });
}

function hear(turn: Turn, message: Talk): void {
  if (message.type === 'hello') return greet(turn, message);
  // What comes before is of somebody who breaks the rules.
  if (!turn.state.greeted) return;
  switch (message.type) {
    case 'text':
      return hearText(turn, message.id, message.text);
    case 'got': {
      const text = unconfirmed(turn).find(({ id }) => id === message.id);
      return text && change(turn, text, { state: 'delivered' });
    }
    case 'offer':
      return files.hearOffer(turn, message);
    case 'want':
      return files.hearWant(turn, message);
    case 'end':
      return files.hearEnd(turn, message);
    case 'have':
      return files.hearHave(turn, message.id);
    case 'refuse':
      return files.hearRefuse(turn, message);
    case 'withdraw':
      return files.hearWithdraw(turn, message);
  }
}

/** The other side is there. It may not have been when we said so first: its channel may be the later one. */
function greet(turn: Turn, { answer, files: limit, live }: Extract<Talk, { type: 'hello' }>): void {
  if (!turn.state.linked) return;
  const isFirst = !turn.state.greeted;
  update(turn, { greeted: true, met: true, status: 'ready', theirMaxFileBytes: limit });
  if (!answer) hello(turn, true);
  if (!isFirst) return;
  for (const { id, text } of unconfirmed(turn)) say(turn, { type: 'text', id, text });
  files.greet(turn, live);
}

/** Said before the other side is known to be there. */
function hello(turn: Turn, answer: boolean): void {
  const message = {
    type: 'hello',
    answer,
    files: turn.state.maxFileBytes,
    live: files.liveIds(turn),
  } as const;
  turn.outputs.push({ type: 'say', message });
}

function hearText(turn: Turn, id: string, text: string): void {
  const known = turn.state.entries.find((entry) => entry.id === id);
  // Two of one name could not be told apart.
  if (known && !(known.type === 'text' && known.by === 'peer')) return;
  if (!known) add(turn, { type: 'text', id, by: 'peer', at: turn.now, text, state: 'delivered' });
  say(turn, { type: 'got', id });
}

function send(turn: Turn, id: string, wanted: string): void {
  if (!maySay(turn, 'send')) return;
  if (wanted.length > TEXT_LIMIT) {
    const hint = `send: the text has ${wanted.length} characters, and the limit is ${TEXT_LIMIT}; send it in parts`;
    return refuse(turn, 'too-large', hint);
  }
  const text = cleanText(wanted);
  if (text === '') return refuse(turn, 'wrong-state', 'send: the text is empty');
  const sentAt = turn.state.sentAt.filter((at) => at > turn.now - TEXTS_MS);
  if (sentAt.length >= TEXTS_LIMIT || unconfirmed(turn).length >= WAITING_LIMIT) {
    return refuse(turn, 'rate-limited', 'send: too many texts; wait until the last ones are delivered');
  }
  update(turn, { sentAt: [...sentAt, turn.now] });
  add(turn, { type: 'text', id, by: 'me', at: turn.now, text, state: 'sending' });
  say(turn, { type: 'text', id, text });
}

function unconfirmed({ state }: Turn): ChatText[] {
  return state.entries.filter(
    (entry): entry is ChatText => entry.type === 'text' && entry.by === 'me' && entry.state === 'sending',
  );
}
