/** How a call begins and ends: what is needed before the server knows it, and to be rid of it. */
import type { CallId, UserId, EndReason as WireReason } from '../protocol.ts';
import type { EndReason } from '../public.ts';
import { reasonFromUser } from './end-reason.ts';
import { holdOthers, ringsHere } from './hold.ts';
import { say } from './outbox.ts';
import { blank, ended, kinds } from './record.ts';
import type { CallRecord, Choice, Pending } from './state.ts';
import { change, find, finish, lifeOf, type Turn, update } from './turn.ts';

/** Our user calls somebody. */
export function dial(turn: Turn, id: CallId, to: UserId, choice: Choice): void {
  const call: CallRecord = {
    ...blank(id, turn.now),
    direction: 'out',
    role: 'caller',
    peer: { id: to, name: to, lost: false, contact: false },
    dialled: to,
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
  lifeOf(turn).merge(turn, call, merged);
}
