/** How calls are answered, here or by taking them over, and what the server refuses of what is said about them. */
import { ClientError } from '../client-error.ts';
import type { CallId, ErrorReply } from '../protocol.ts';
import { take } from './elsewhere.ts';
import { errorCode, reasonFromRefusal } from './end-reason.ts';
import { holdOthers, ringsHere } from './hold.ts';
import { postpone, say, settle, unsay } from './outbox.ts';
import { blank, ended, kinds } from './record.ts';
import { recordingRefused } from './recording.ts';
import type { CallRecord, Choice, Pending } from './state.ts';
import { transferRefused } from './transfer.ts';
import { change, enter, find, finish, outlives, type Turn, update } from './turn.ts';
import { mayWarm } from './warm.ts';

/** Nobody who dials waits longer for a server that is too busy to be told of it. */
const LONG_WAIT_MS = 5_000;

/** The application alerts its user. */
export function alerting(turn: Turn, call: CallRecord): void {
  if (!ringsHere(call)) return;
  const asksWarm = mayWarm(turn.state, call);
  change(turn, call.id, { alerted: true, asksWarm });
  say(turn, call.id, { type: 'ringing', data: asksWarm ? { warm: true } : {} });
}

/** Back at the server: it has forgotten which devices ring. */
export function ringAgain(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (!call.alerted || !call.asksWarm || !ringsHere(call)) continue;
    unsay(turn, call.id, 'ringing');
    alerting(turn, call);
  }
}

/** Our user answers. */
export function accept(turn: Turn, call: CallRecord, choice: Choice): void {
  if (!ringsHere(call)) return;
  holdOthers(turn, call.id);
  unsay(turn, call.id, 'ringing');
  enter(turn, call.id, { type: 'connecting' });
  change(turn, call.id, { choice });
  say(turn, call.id, { type: 'accept', data: { media: kinds(choice) } });
  turn.outputs.push({ type: 'capture', call: call.id, choice });
  // Our user talks to the caller from now on: on a path that is warm the server's word would only be waited for.
  turn.outputs.push({ type: 'feed', call: call.id, key: call.key });
}

/** Our user wants a call of another device of theirs here. */
export function takeHere(turn: Turn, id: CallId, choice: Choice): void {
  take(turn, id, choice, blank(id, turn.now));
}

/** The server has refused one of our messages about a call. */
export function refused(turn: Turn, pending: Pending, error: ErrorReply): void {
  const { type } = pending.message;
  // A payload waits for a device that is away; a rate limit on calls would take longer than anybody waits.
  const tooLong = error.code === 'rate_limited' && (error.retry_after_ms ?? LONG_WAIT_MS) >= LONG_WAIT_MS;
  // Nobody waits for it, either, that somebody can be asked again.
  const isQuestion = pending.message.type === 'recording' && pending.message.data.wish === 'ask';
  const worthRetrying = error.retry && !(type === 'invite' && tooLong) && !isQuestion;
  if (worthRetrying) return postpone(turn, pending.id, error.retry_after_ms);
  const call = find(turn, pending.call);
  if (error.code === 'not_your_call' && outlives(turn, call ?? pending)) {
    // The server has not seen the call's capsule: what it answers to that counts.
    return postpone(turn, pending.id, undefined);
  }
  settle(turn, pending.id);
  if (!call) return;
  if (type === 'invite') {
    // Said again because only the answer to it was lost. Of a call that is known, its views say how it stands.
    if (!call.known) refuse(turn, call, error);
    return;
  }
  if (type === 'transfer') return transferRefused(turn, call, error);
  if (type === 'recording') return recordingRefused(turn, call, pending.message.data.n, error);
  if (type === 'resume') return finish(turn, call.id, ended(turn, call, 'connection-lost'));
  if (type !== 'accept' && type !== 'take') return;
  switch (error.code) {
    case 'answered_elsewhere':
      return finish(turn, call.id, ended(turn, call, 'elsewhere'));
    case 'call_ended': {
      const reason = type === 'take' ? 'remote-hangup' : 'remote-cancelled';
      return finish(turn, call.id, ended(turn, call, reason));
    }
    case 'unconfirmed':
      refuse(turn, call, error);
      if (type === 'accept') ringOn(turn, call);
      return;
    default:
      return finish(turn, call.id, ended(turn, call, 'server'));
  }
}

function refuse(turn: Turn, call: CallRecord, { code, hint }: ErrorReply): void {
  const error = new ClientError(errorCode(code), hint);
  finish(turn, call.id, ended(turn, call, reasonFromRefusal(code), { error }));
}

/** Nobody has answered: it rings here as before, as another call to the application, with nothing open that was opened. */
function ringOn(turn: Turn, call: CallRecord): void {
  const { id, peer, asked, expiresAt, transferredBy } = call;
  const state = { type: 'ringing', direction: 'in', until: expiresAt } as const;
  const { calls, ended } = turn.state;
  update(turn, {
    calls: [...calls, { ...blank(id, turn.now), peer, asked, expiresAt, transferredBy, known: true, state }],
    ended: ended.filter((other) => other !== id),
  });
  // Takes the wish for a warm path back, which is closed; whoever is alerted anew wishes for another.
  say(turn, id, { type: 'ringing', data: {} });
  turn.outputs.push({ type: 'announce', call: id });
}
