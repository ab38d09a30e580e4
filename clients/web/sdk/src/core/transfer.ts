/**
 * Handing a call over, and being handed over.
 *
 *     we hand over:        transfer ─→ ok, ended{transferred}
 *     we are handed over:  ended{transferred} ─→ a call that `follows`: ours goes on as that one, with another person
 */
import { ClientError } from '../client-error.ts';
import type { CallId, CallView, ErrorReply, UserId } from '../protocol.ts';
import { errorCode } from './end-reason.ts';
import { FOLLOW_LIMIT_MS } from './limits.ts';
import { say } from './outbox.ts';
import { isAnswered } from './path.ts';
import { peerOf } from './peer.ts';
import type { CallRecord } from './state.ts';
import { change, find, forget, type Turn, update } from './turn.ts';

/** To somebody by name, or to the other person of another call of ours. */
export type TransferTo = { readonly to: UserId } | { readonly call: CallId };

/** Our user hands the other person over. */
export function transfer(turn: Turn, call: CallRecord, to: TransferTo): void {
  const other = 'call' in to ? find(turn, to.call) : undefined;
  if (!isAnswered(call) || ('call' in to && !(other && isAnswered(other)))) {
    return refuse(turn, call.id, new ClientError('wrong-state', 'transfer: both calls must be answered'));
  }
  change(turn, call.id, { handsOver: true });
  if (other) change(turn, other.id, { handsOver: true });
  say(turn, call.id, { type: 'transfer', data: to });
}

/** The server does not do it: both calls go on. */
export function transferRefused(turn: Turn, call: CallRecord, error: ErrorReply): void {
  for (const { id } of turn.state.calls) change(turn, id, { handsOver: false });
  refuse(turn, call.id, new ClientError(errorCode(error.code), error.hint ?? error.code));
}

/** The other person has handed us over. Whether this call goes on is said by the next one. */
export function awaitFollower(turn: Turn, call: CallRecord): void {
  change(turn, call.id, { followBy: turn.now + FOLLOW_LIMIT_MS });
}

/**
 * A call of ours goes on as this one: with the same handle and microphone, another person, and sound only, since nobody's
 * camera is turned on towards somebody whom they did not call. `blank`: a call of which nothing is known yet.
 */
export function follow(turn: Turn, before: CallRecord, view: CallView, blank: CallRecord): CallRecord {
  const sound = { audio: before.sending?.audio ?? before.choice.audio, video: false };
  const call: CallRecord = {
    ...blank,
    direction: view.role === 'caller' ? 'out' : 'in',
    role: view.role,
    offerer: view.offerer,
    state: { type: view.state === 'connecting' || view.state === 'active' ? 'connecting' : 'dialing' },
    asked: before.asked,
    choice: sound,
    sending: sound,
    held: before.held,
    peer: peerOf(view.peer),
    transferredBy: view.transferred_by,
    known: true,
  };
  forget(turn, before.id);
  update(turn, { calls: [...turn.state.calls, call] });
  turn.outputs.push({ type: 'rekey', from: before.id, to: call.id });
  turn.outputs.push({ type: 'begin-anew', call: call.id, choice: sound });
  return call;
}

function refuse(turn: Turn, call: CallId, error: ClientError): void {
  turn.outputs.push({ type: 'transfer-refused', call, error });
}
