/**
 * Messages that must not be lost. Each has an id and stays here, in the order it was said, until the server answers
 * it: with `ok` once the deed is done (for payloads: once the other device has acknowledged), or with `error`.
 */
import type { CallId, ClientMessage, DeviceId, MessageId } from '../protocol.ts';
import { OUTBOX_LIMIT, RESEND_MS } from './limits.ts';
import type { Capsule, Pending } from './state.ts';
import { type Turn, update } from './turn.ts';

/** What the server hears sooner than this happens when it hears it. */
const LATE_MS = 1_000;

/** What may be queued: the message without the parts that are filled in here. */
export type Body = Extract<
  ClientMessage,
  {
    type:
      | 'invite'
      | 'ringing'
      | 'accept'
      | 'hangup'
      | 'take'
      | 'resume'
      | 'transfer'
      | 'recording'
      | 'connected'
      | 'offer'
      | 'answer'
      | 'candidate'
      | 'media';
  }
>;

/** Says something about a call, as often as it takes. */
export function say(turn: Turn, call: CallId, body: Body, capsule?: Capsule): void {
  const id = nextId(turn);
  const message = { ...body, call, id };
  const pending = { id, call, message, saidAt: turn.now, tries: 0, retryAt: undefined, capsule };
  const before = turn.state.outbox;
  update(turn, { outbox: [...before, pending].slice(-OUTBOX_LIMIT) });
  if (turn.state.link.type !== 'online') return;
  // Without it the end that follows is one of a call that never was.
  const first = body.type === 'hangup' ? before.filter((other) => tellsOfMedia(other, call)) : [];
  for (const each of [...first, pending]) transmit(turn, each);
}

function tellsOfMedia({ call, message }: Pending, of: CallId): boolean {
  return call === of && message.type === 'connected';
}

/** Takes back what has been said about a call, if no answer has come. `to`: only what was for this device. */
export function unsay(turn: Turn, call: CallId, type: ClientMessage['type'], to?: DeviceId): void {
  update(turn, {
    outbox: turn.state.outbox.filter(
      ({ call: of, message }) =>
        of !== call || message.type !== type || (to !== undefined && message.to !== to),
    ),
  });
}

/** Whether something of this kind has been said about a call and has no answer yet. */
export function isSaying(turn: Turn, call: CallId, type: ClientMessage['type']): boolean {
  return turn.state.outbox.some((pending) => pending.call === call && pending.message.type === type);
}

/**
 * A fresh connection: everything in `before` that is still wanted, again and in order. The other side drops what it
 * knows. What was said meanwhile has gone out already.
 */
export function resend(turn: Turn, before: readonly Pending[]): void {
  for (const pending of turn.state.outbox) if (before.includes(pending)) transmit(turn, pending);
}

/** Sends the payloads of a call again that were sent and not acknowledged. */
export function hurry(turn: Turn, call: CallId): void {
  for (const pending of turn.state.outbox) {
    if (pending.call === call && pending.tries > 0 && isPayload(pending.message)) transmit(turn, pending);
  }
}

/** Sends again what is due. */
export function resendDue(turn: Turn): void {
  if (turn.state.link.type !== 'online') return;
  for (const pending of turn.state.outbox) {
    if (pending.retryAt !== undefined && pending.retryAt <= turn.now) transmit(turn, pending);
  }
}

/** An answer has come: takes the message out. */
export function settle(turn: Turn, re: MessageId | undefined): Pending | undefined {
  const pending = turn.state.outbox.find((candidate) => candidate.id === re);
  if (pending) update(turn, { outbox: turn.state.outbox.filter((other) => other !== pending) });
  return pending;
}

/** The server knows nothing of a call that we have ended, not even by its capsule: nobody needs to be told. */
export function forgetEnded(turn: Turn, call: CallId | undefined): void {
  const { outbox } = turn.state;
  update(turn, { outbox: outbox.filter((pending) => pending.call !== call || !pending.capsule) });
}

/** The server asks for patience: puts a message on the clock. */
export function postpone(turn: Turn, id: MessageId, afterMs: number | undefined): void {
  update(turn, {
    outbox: turn.state.outbox.map((pending) =>
      pending.id === id ? { ...pending, retryAt: turn.now + (afterMs ?? backoff(pending.tries)) } : pending,
    ),
  });
}

/** The server asks for patience without saying for which message: any that was sent may have been the one. */
export function postponeAll(turn: Turn, afterMs: number | undefined): void {
  for (const { id, tries } of turn.state.outbox) if (tries > 0) postpone(turn, id, afterMs);
}

/** An id for a message of this device. */
export function nextId(turn: Turn): MessageId {
  const { prefix, nextId } = turn.state;
  update(turn, { nextId: nextId + 1 });
  return `${prefix}.${nextId}`;
}

function transmit(turn: Turn, pending: Pending): void {
  const tries = pending.tries + 1;
  // A verb is answered by the server itself, so silence means a dead connection, which the heartbeat finds. A payload
  // is answered by the other device, which may have been away for a moment.
  const retryAt = isPayload(pending.message) ? turn.now + backoff(tries) : undefined;
  const message = asOfNow(turn, pending);
  update(turn, {
    outbox: turn.state.outbox.map((other) =>
      other.id === pending.id ? { ...other, message, tries, retryAt } : other,
    ),
  });
  turn.outputs.push({ type: 'send', message });
}

/**
 * An invite makes a call in no other epoch than the one in which it was first sent: it may have made one there. A hang-up
 * that the server hears late says how late: until then the two were connected, and no longer; so does the end of a recording.
 */
function asOfNow({ now, state: { epoch } }: Turn, { message, saidAt, tries }: Pending): ClientMessage {
  if (message.type === 'invite' && tries === 0 && epoch !== undefined) {
    return { ...message, data: { ...message.data, epoch } };
  }
  const ago_ms = Math.round(now - saidAt);
  if (ago_ms < LATE_MS) return message;
  if (message.type === 'hangup') return { ...message, data: { ...message.data, ago_ms } };
  const isStop = message.type === 'recording' && message.data.wish === 'stop';
  return isStop ? { ...message, data: { ...message.data, ago_ms } } : message;
}

function isPayload(message: ClientMessage): boolean {
  return ['offer', 'answer', 'candidate', 'media'].includes(message.type);
}

function backoff(tries: number): number {
  return RESEND_MS[Math.min(Math.max(tries, 1), RESEND_MS.length) - 1] ?? 0;
}
