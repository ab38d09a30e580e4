/** How calls stand, says the server: what its views make of those that this page holds, or meets by them. */
import type { Address, CallId, CallView } from '../protocol.ts';
import { hangup } from './call.ts';
import { noteElsewhere } from './elsewhere.ts';
import { reasonFromServer } from './end-reason.ts';
import { meetCrossing } from './glare.ts';
import { ringsHere } from './hold.ts';
import { RELAY_ONLY_AFTER_MS, WIDEN_AFTER_MS } from './limits.ts';
import { isSaying, say } from './outbox.ts';
import { isAnswered, tellSending } from './path.ts';
import { peerOf } from './peer.ts';
import { blank, ended } from './record.ts';
import { seeRecording } from './recording.ts';
import { hides, means } from './recovery.ts';
import { renew } from './renew.ts';
import { resume, sinceOf } from './resume.ts';
import type { CallRecord } from './state.ts';
import { awaitFollower, follow } from './transfer.ts';
import { change, enter, find, finish, outlives, type Turn, update } from './turn.ts';
import { settleWarm, warmUp } from './warm.ts';

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
    relay: view.relay ?? call.relay,
    gen: view.gen,
    offerer: view.offerer,
    known: true,
    peer: { ...peerOf(view.peer), ...(call.dialled && { id: call.dialled }) },
    since: call.since ?? sinceOf(view, turn.now),
    expiresAt: view.expires_in_ms === undefined ? undefined : turn.now + view.expires_in_ms,
  });
  seeRecording(turn, view.id, view, !held);
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

function tellEnded(turn: Turn, id: CallId): void {
  if (!isSaying(turn, id, 'hangup')) say(turn, id, { type: 'hangup', data: {} });
}
