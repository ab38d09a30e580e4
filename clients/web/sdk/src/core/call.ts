/** The life of calls: what the user does, and what the server says has become of it. */

import { ClientError } from '../client-error.ts';
import type {
  Address,
  CallId,
  CallView,
  ErrorReply,
  MediaKind,
  UserId,
  EndReason as WireReason,
} from '../protocol.ts';
import type { CallSummary, EndReason } from '../public.ts';
import { NOTHING_TRIED } from './diagnosis.ts';
import { noteElsewhere, take } from './elsewhere.ts';
import { errorCode, reasonFromRefusal, reasonFromServer, reasonFromUser } from './end-reason.ts';
import { holdOthers, ringsHere } from './hold.ts';
import {
  CONNECT_LIMIT_MS,
  DIAL_LIMIT_MS,
  RELAY_ONLY_AFTER_MS,
  RING_GRACE_MS,
  WIDEN_AFTER_MS,
} from './limits.ts';
import { isSaying, postpone, say, settle, unsay } from './outbox.ts';
import { isAnswered, tellSending } from './path.ts';
import { peerOf } from './peer.ts';
import { diagnosis, hides, interrupted, means, recoveryDeadline } from './recovery.ts';
import { renew } from './renew.ts';
import { resume, sinceOf } from './resume.ts';
import type { CallRecord, Choice, EndedState, Pending, State } from './state.ts';
import { awaitFollower, follow, transferRefused } from './transfer.ts';
import { change, enter, find, finish, outlives, type Turn, update } from './turn.ts';
import { mayWarm, settleWarm, warmKey, warmUp } from './warm.ts';

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

/** How a call stands, says the server. Older news than ours is dropped. */
export function applyView(turn: Turn, view: CallView): void {
  if (isTaking(turn, view)) return;
  const held = find(turn, view.id);
  if (held?.capsule && view.you === 'elsewhere' && view.state !== 'ended' && outlives(turn, held)) {
    // Rebuilt from an older capsule than ours, perhaps of a device from which ours has taken the call.
    return change(turn, held.id, { capsule: { ...held.capsule, contradicted: true } });
  }
  noteElsewhere(turn, view);
  const call = find(turn, view.id) ?? meet(turn, view);
  if (!call || view.rev <= call.rev) return;
  change(turn, call.id, {
    rev: view.rev,
    capsule: view.capsule === undefined ? undefined : { epoch: turn.state.epoch, text: view.capsule },
    gen: view.gen,
    offerer: view.offerer,
    known: true,
    peer: peerOf(view.peer),
    since: call.since ?? sinceOf(view, turn.now),
    expiresAt: view.expires_in_ms === undefined ? undefined : turn.now + view.expires_in_ms,
  });
  // First, since such a call may have ended meanwhile; for this device it was over before.
  if (view.you === 'elsewhere') {
    const more = view.answered_on === undefined ? {} : { answeredOn: view.answered_on };
    return finish(turn, call.id, ended(turn, call, 'elsewhere', more));
  }
  if (view.state === 'ended' && view.reason === 'transferred' && !call.handsOver) {
    return awaitFollower(turn, call);
  }
  if (view.state === 'ended') {
    const more = view.duration_ms === undefined ? {} : { durationMs: view.duration_ms };
    return finish(turn, call.id, ended(turn, call, reasonFromServer(view.reason, view.role), more));
  }
  switch (view.state) {
    case 'inviting':
      return;
    case 'ringing':
      return ring(turn, call.id, view.warm ?? []);
    case 'connecting':
    case 'active':
      return answered(turn, call, view.peer.address);
  }
}

/** While we ask for a call that is carried elsewhere, that it still is is no news. */
function isTaking(turn: Turn, { id, you, state }: CallView): boolean {
  return you === 'elsewhere' && state !== 'ended' && isSaying(turn, id, 'take');
}

/** Our user wants a call of another device of theirs here. */
export function takeHere(turn: Turn, id: CallId, choice: Choice): void {
  take(turn, id, choice, blank(id, turn.now));
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

/** Ends calls whose time is up. */
export function callTimeouts(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (deadline(turn.state, call) > turn.now) continue;
    if (call.followBy !== undefined) {
      finish(turn, call.id, ended(turn, call, 'connection-lost'));
      continue;
    }
    switch (call.state.type) {
      case 'dialing':
        giveUpDialing(turn, call);
        break;
      case 'ringing': {
        const show = call.state.direction === 'in' ? 'missed' : 'no-answer';
        finish(turn, call.id, ended(turn, call, show));
        if (show === 'no-answer') say(turn, call.id, { type: 'hangup', data: {} });
        break;
      }
      case 'connecting':
      case 'recovering':
        hangup(turn, call, { say: 'media_failed', show: 'media-failed' });
        break;
      case 'active':
        change(turn, call.id, { renewBy: undefined });
        interrupted(turn, call, 'network');
        break;
    }
  }
}

/** When a call's time is up. */
export function deadline(state: State, call: CallRecord): number {
  if (call.followBy !== undefined) return call.followBy;
  switch (call.state.type) {
    case 'dialing':
      if (!call.known) return call.enteredAt + DIAL_LIMIT_MS;
      return (call.expiresAt ?? Number.POSITIVE_INFINITY) + RING_GRACE_MS;
    case 'ringing':
      return (call.expiresAt ?? Number.POSITIVE_INFINITY) + RING_GRACE_MS;
    case 'connecting':
      return call.enteredAt + CONNECT_LIMIT_MS;
    case 'recovering':
      return recoveryDeadline(state, call, call.state.lostAt);
    case 'active':
      return call.renewBy ?? Number.POSITIVE_INFINITY;
  }
}

function giveUpDialing(turn: Turn, call: CallRecord): void {
  const tried = turn.state.outbox.some((pending) => pending.call === call.id && pending.tries > 0);
  const error = new ClientError('server-unreachable', 'the server has not taken the call');
  finish(turn, call.id, ended(turn, call, 'unreachable', { error }));
  if (call.known || tried) say(turn, call.id, { type: 'hangup', data: {} });
}

function ring(turn: Turn, id: CallId, warm: readonly Address[]): void {
  const call = find(turn, id);
  if (!call || isAnswered(call)) return;
  const first = call.state.type === 'dialing';
  const state = { type: 'ringing', direction: call.direction, until: call.expiresAt } as const;
  if (first) enter(turn, id, state);
  else change(turn, id, { state });
  if (call.role !== call.offerer) return;
  warmUp(turn, call, warm);
  // For a device that does not want it warm. Nobody is told of it, so nothing has to be hidden.
  const cold = first && find(turn, id)?.warm.length === 0;
  if (cold)
    turn.outputs.push({
      type: 'prepare',
      call: id,
      key: call.key,
      ...means(turn, { ...call, confirmed: true }),
    });
}

function answered(turn: Turn, before: CallRecord, device: Address | undefined): void {
  // Answered by this device, but not by this page: the page that did is gone, and its media with it.
  if (ringsHere(before)) return hangup(turn, before, { say: 'connection_lost', show: 'connection-lost' });
  if (!isAnswered(before)) enter(turn, before.id, { type: 'connecting' });
  const ringing = find(turn, before.id);
  if (!ringing) return;
  if (ringing.gen > generationOf(ringing)) {
    renew(turn, ringing.id);
    return tellSending(turn, ringing.id);
  }
  // A page that was reloaded waits for the peer connection it has asked for.
  if (ringing.confirmed || ringing.state.type === 'recovering') return;
  const isWarm = settleWarm(turn, ringing, device) || ringing.negotiated;
  const narrow = isWarm && hides(turn.state, ringing);
  const restartAt = turn.now + (narrow ? WIDEN_AFTER_MS : RELAY_ONLY_AFTER_MS);
  change(turn, ringing.id, { confirmed: true, narrow, restartAt });
  const call = find(turn, ringing.id);
  if (!call) return;
  const offers = call.role === call.offerer && !isWarm;
  turn.outputs.push({ type: 'use', call: call.id, key: call.key });
  if (offers) {
    turn.outputs.push({ type: 'offer', call: call.id, key: call.key, ...means(turn, call), restart: false });
  }
  tellSending(turn, call.id);
}

/** Of the peer connection that carries the call, or will. */
function generationOf({ key }: CallRecord): number {
  return Number.parseInt(key, 10);
}

/** A call this page does not hold. Returns it if it does from now on. */
function meet(turn: Turn, view: CallView): CallRecord | undefined {
  if (view.state === 'ended' || view.you === 'elsewhere' || turn.state.left.includes(view.id))
    return undefined;
  if (turn.state.ended.includes(view.id)) {
    tellEnded(turn, view.id);
    return undefined;
  }
  const before = find(turn, view.follows);
  if (before && view.you === 'active') return follow(turn, before, view, blank(view.id, turn.now));
  const crossing = turn.state.calls.find(
    (call) => call.state.type === 'dialing' && !call.known && call.peer.id === view.peer.id,
  );
  if (crossing && view.role === 'callee') return meetCrossing(turn, crossing, view);
  if (view.you === 'active') {
    const answered = view.state === 'connecting' || view.state === 'active';
    if (answered && turn.state.fresh) return resume(turn, view, blank(view.id, turn.now));
    // Given up here before the server knew it, or it rings for a page that is gone.
    update(turn, { ended: [...turn.state.ended, view.id] });
    say(turn, view.id, { type: 'hangup', data: { reason: 'connection_lost' } });
    return undefined;
  }
  const asked = { audio: view.media.includes('audio'), video: view.media.includes('video') };
  const expiresAt = view.expires_in_ms === undefined ? undefined : turn.now + view.expires_in_ms;
  const call: CallRecord = {
    ...blank(view.id, turn.now),
    direction: 'in',
    role: 'callee',
    state: { type: 'ringing', direction: 'in', until: expiresAt },
    asked,
    peer: peerOf(view.peer),
    transferredBy: view.transferred_by,
  };
  update(turn, { calls: [...turn.state.calls, call] });
  turn.outputs.push({ type: 'announce', call: call.id });
  return call;
}

/** They call us while we call them: both want this call, so ours becomes the answer to theirs. */
function meetCrossing(turn: Turn, ours: CallRecord, view: CallView): CallRecord | undefined {
  merge(turn, ours, view.id);
  if (view.you === 'ringing') {
    say(turn, view.id, { type: 'accept', data: { media: kinds(ours.choice) } });
  }
  return find(turn, view.id);
}

function merge(turn: Turn, ours: CallRecord, into: CallId): void {
  unsay(turn, ours.id, 'invite');
  const theirs = find(turn, into);
  if (theirs) finish(turn, into, ended(turn, theirs, 'elsewhere'));
  change(turn, ours.id, { id: into, role: 'callee', rev: -1, known: true, warm: [] });
  update(turn, {
    ended: turn.state.ended.filter((id) => id !== into),
    left: turn.state.left.filter((id) => id !== into),
  });
  enter(turn, into, { type: 'connecting' });
  turn.outputs.push({ type: 'rekey', from: ours.id, to: into });
  for (const address of ours.warm)
    turn.outputs.push({ type: 'drop', call: into, key: warmKey(ours, address) });
}

function tellEnded(turn: Turn, id: CallId): void {
  if (!isSaying(turn, id, 'hangup')) say(turn, id, { type: 'hangup', data: {} });
}

function blank(id: CallId, now: number): CallRecord {
  return {
    id,
    direction: 'in',
    role: 'callee',
    state: { type: 'dialing' },
    enteredAt: now,
    expiresAt: undefined,
    peer: { id: '', name: '', lost: false, contact: false },
    asked: { audio: true, video: false },
    choice: { audio: false, video: false },
    held: false,
    rev: -1,
    capsule: undefined,
    gen: 0,
    offerer: 'caller',
    known: false,
    confirmed: false,
    key: '0',
    renewBy: undefined,
    handsOver: false,
    followBy: undefined,
    transferredBy: undefined,
    warm: [],
    asksWarm: false,
    alerted: false,
    narrow: false,
    negotiated: false,
    reported: undefined,
    restartedAt: Number.NEGATIVE_INFINITY,
    restartAt: undefined,
    tried: NOTHING_TRIED,
    sending: undefined,
    receiving: undefined,
    notices: 0,
    lost: false,
    flowedAt: undefined,
    seen: [],
  };
}

/** How a call ends, for the application. */
export function ended(
  turn: Turn,
  call: CallRecord,
  reason: EndReason,
  more: Partial<CallSummary> = {},
): EndedState {
  const durationMs = 'since' in call.state ? turn.now - call.state.since : 0;
  const why = reason === 'media-failed' ? { diagnosis: diagnosis(turn, call) } : {};
  return { type: 'ended', reason, summary: { durationMs, ...why, ...more } };
}

function kinds(choice: Choice): MediaKind[] {
  return [...(choice.audio ? (['audio'] as const) : []), ...(choice.video ? (['video'] as const) : [])];
}
