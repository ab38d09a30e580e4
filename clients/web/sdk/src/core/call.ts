/** The life of calls: what the user does, and what the server answers to it. */
import { ClientError } from '../client-error.ts';
import type { CallId, ErrorReply, UserId, EndReason as WireReason } from '../protocol.ts';
import type { EndReason } from '../public.ts';
import { take } from './elsewhere.ts';
import { errorCode, reasonFromRefusal, reasonFromUser } from './end-reason.ts';
import { merge } from './glare.ts';
import { holdOthers, ringsHere } from './hold.ts';
import { postpone, say, settle, unsay } from './outbox.ts';
import { blank, ended, kinds } from './record.ts';
import type { CallRecord, Choice, Pending } from './state.ts';
import { transferRefused } from './transfer.ts';
import { change, enter, find, finish, outlives, type Turn, update } from './turn.ts';
import { mayWarm } from './warm.ts';

/** Nobody who dials waits longer for a server that is too busy to be told of it. */
const LONG_WAIT_MS = 5_000;

/** Our user calls somebody. */
export function dial(turn: Turn, id: CallId, to: UserId, choice: Choice): void {
  const call: CallRecord = {
    ...blank(id, turn.now),
    direction: 'out',
    role: 'caller',
    peer: { id: to, name: to, lost: false, contact: false },
    asked: choice,
    choice,
  };
  holdOthers(turn, id);
  // Without hope of a server the time is up at once; the caller still sees an orderly end.
  const enteredAt = turn.state.link.type === 'offline' ? Number.NEGATIVE_INFINITY : turn.now;
  update(turn, { calls: [...turn.state.calls, { ...call, enteredAt }] });
  say(turn, id, { type: 'invite', data: { to, media: kinds(choice) } });
  turn.outputs.push({ type: 'capture', call: id, choice });
}

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

/** Our user ends, declines or gives up; or this device must. */
export function hangup(turn: Turn, call: CallRecord, because?: { say: WireReason; show: EndReason }): void {
  const reason = because?.show ?? reasonFromUser(call.state);
  const neverSaid = turn.state.outbox.some(
    (pending) => pending.call === call.id && pending.message.type === 'invite' && pending.tries === 0,
  );
  const isHangup = call.confirmed && !because;
  if (isHangup) turn.outputs.push({ type: 'tell', call: call.id, message: { type: 'hangup' } });
  finish(turn, call.id, ended(turn, call, reason));
  if (!neverSaid)
    say(turn, call.id, { type: 'hangup', data: because ? { reason: because.say } : {} }, call.capsule);
}

/** Our user wants a call of another device of theirs here. */
export function takeHere(turn: Turn, id: CallId, choice: Choice): void {
  take(turn, id, choice, blank(id, turn.now));
}

/** The application leaves the server: ends what this device carries, and lets what rings here ring elsewhere. */
export function endOurs(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (!ringsHere(call)) hangup(turn, call);
  }
}

/** Ends every call here without a word to the server. */
export function endEverything(turn: Turn): void {
  for (const call of turn.state.calls) finish(turn, call.id, ended(turn, call, 'connection-lost'));
}

/** The server no longer knows a call that it knew: it has lost its record, and there is nothing to go on with. */
export function lose(turn: Turn, call: CallRecord): void {
  finish(turn, call.id, ended(turn, call, 'server'));
}

/** The server has answered one of our messages about a call with `ok`. */
export function done(turn: Turn, pending: Pending, merged: CallId | undefined): void {
  if (pending.message.type !== 'invite') return;
  const call = find(turn, pending.call);
  if (!call) return;
  if (merged === undefined || merged === call.id) return change(turn, call.id, { known: true });
  merge(turn, call, merged);
}

/** The server has refused one of our messages about a call. */
export function refused(turn: Turn, pending: Pending, error: ErrorReply): void {
  const { type } = pending.message;
  // A payload waits for a device that is away; a rate limit on calls would take longer than anybody waits.
  const tooLong = error.code === 'rate_limited' && (error.retry_after_ms ?? LONG_WAIT_MS) >= LONG_WAIT_MS;
  const worthRetrying = error.retry && !(type === 'invite' && tooLong);
  if (worthRetrying) return postpone(turn, pending.id, error.retry_after_ms);
  const call = find(turn, pending.call);
  if (error.code === 'not_your_call' && outlives(turn, call ?? pending)) {
    // The server has not seen the call's capsule: what it answers to that counts.
    return postpone(turn, pending.id, undefined);
  }
  settle(turn, pending.id);
  if (!call) return;
  if (type === 'invite') {
    const reason = reasonFromRefusal(error.code);
    const cause = new ClientError(errorCode(error.code), error.hint ?? error.code);
    return finish(turn, call.id, ended(turn, call, reason, { error: cause }));
  }
  if (type === 'transfer') return transferRefused(turn, call, error);
  if (type === 'resume') return finish(turn, call.id, ended(turn, call, 'connection-lost'));
  if (type !== 'accept' && type !== 'take') return;
  switch (error.code) {
    case 'answered_elsewhere':
      return finish(turn, call.id, ended(turn, call, 'elsewhere'));
    case 'call_ended': {
      const reason = type === 'take' ? 'remote-hangup' : 'remote-cancelled';
      return finish(turn, call.id, ended(turn, call, reason));
    }
    default:
      return finish(turn, call.id, ended(turn, call, 'server'));
  }
}
