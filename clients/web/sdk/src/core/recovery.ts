/**
 * Getting a lost media path back, and giving up in the end.
 *
 *     lost ─ restart ─ 4 s ─ restart ─ 4 s ─ restart ─ 4 s ─ by TCP alone ─ 4 s ─ … ─ 30 s or 60 s: media failed
 *
 * Only the side that offered restarts, at once: offers that cross would have to be taken back, and a browser that takes one
 * back may show no picture afterwards. The other side asks for it with its media notice (`lost`), by both ways.
 */

import type { IceServer } from '../protocol.ts';
import type { Diagnosis } from '../public.ts';
import { diagnose } from './diagnosis.ts';
import { RELAY_ONLY_AFTER_MS, RELAY_ONLY_FOR_MS, RESTART_AGAIN_MS, RESTART_GAP_MS } from './limits.ts';
import { hurry, isSaying } from './outbox.ts';
import { tellSending } from './path.ts';
import type { CallRecord, Gather, InterruptionCause, State } from './state.ts';
import { change, enter, find, type Turn } from './turn.ts';
import { restartWarm } from './warm.ts';

/** Media has stopped. */
export function interrupted(turn: Turn, call: CallRecord, cause: InterruptionCause): void {
  const { state } = call;
  if (state.type === 'active') {
    enter(turn, call.id, { type: 'recovering', since: state.since, lostAt: turn.now, cause });
  } else if (state.type === 'recovering') {
    // Whoever reloads comes back with a new peer connection: for this one there is nothing to be done.
    if (state.cause === 'leaving') return;
    change(turn, call.id, { state: { ...state, cause } });
  }
  restart(turn, find(turn, call.id) ?? call);
}

/** The other page is going away, perhaps to come back: its last picture stands until then. */
export function peerLeaves(turn: Turn, call: CallRecord): void {
  const { state } = call;
  if (state.type !== 'active' && state.type !== 'recovering') return;
  const lostAt = state.type === 'active' ? turn.now : state.lostAt;
  enter(turn, call.id, { type: 'recovering', since: state.since, lostAt, cause: 'leaving' });
  change(turn, call.id, { restartAt: undefined });
}

/** The network here is another one: the old path may be dead without a word. */
export function networkChanged(turn: Turn): void {
  for (const { id } of turn.state.calls) {
    change(turn, id, { restartedAt: Number.NEGATIVE_INFINITY });
    const call = find(turn, id);
    if (call?.confirmed) restart(turn, call);
    else if (call) restartWarm(turn, call);
  }
}

/** We can reach the other side again: looks for new paths where one was lost, unless that is on its way already. */
export function restartPaths(turn: Turn): void {
  for (const call of turn.state.calls) {
    const isAsked = isSaying(turn, call.id, 'offer') || (call.lost && isSaying(turn, call.id, 'media'));
    if (call.state.type === 'recovering' && !isAsked) restart(turn, call);
  }
}

/** What is sent is not received, or is again. The side that sends it restarts. */
export function deaf(turn: Turn, call: CallRecord, who: 'me' | 'peer' | undefined): void {
  if (call.state.type !== 'active') return;
  const { deaf: _, ...state } = call.state;
  change(turn, call.id, { state: who ? { ...state, deaf: who } : state });
  if (who === 'peer') restart(turn, call);
}

/** Looks for a new path; the old one is used until the new one carries. */
export function restart(turn: Turn, call: CallRecord): void {
  if (!call.confirmed || !call.negotiated) return;
  if (call.state.type === 'recovering' && call.state.cause === 'leaving') return;
  const earliest = call.restartedAt + RESTART_GAP_MS;
  if (turn.now < earliest) return change(turn, call.id, { restartAt: earliest });
  const restartAt = call.state.type === 'active' ? undefined : turn.now + RESTART_AGAIN_MS;
  change(turn, call.id, { restartedAt: turn.now, restartAt });
  if (call.role !== call.offerer) {
    change(turn, call.id, { lost: true });
    return tellSending(turn, call.id);
  }
  turn.outputs.push({ type: 'offer', call: call.id, key: call.key, ...means(turn, call), restart: true });
}

/** The other side asks for a restart, which is for the one that offered to do. */
export function askedFor(turn: Turn, call: CallRecord): void {
  if (call.role !== call.offerer) return;
  // What they ask for is on its way already. That they are heard means that they can be reached, perhaps again.
  if (isSaying(turn, call.id, 'offer')) hurry(turn, call.id);
  else restart(turn, call);
}

/** Restarts what is due. */
export function restartDue(turn: Turn): void {
  for (const call of turn.state.calls) {
    if (call.restartAt === undefined || call.restartAt > turn.now) continue;
    change(turn, call.id, { restartAt: undefined });
    restart(turn, call);
  }
}

/** With which servers and for which paths a peer connection of this call looks now. */
export function means(
  { now, state }: Turn,
  call: CallRecord,
): { readonly ice: readonly IceServer[]; readonly gather: Gather } {
  const ice = servers(state, call);
  if (alwaysHides(state)) return { ice, gather: 'relay' };
  if (!call.confirmed) return { ice, gather: hides(state, call) ? 'relay' : 'all' };
  const since = searchingSince(call);
  const waited = since === undefined ? 0 : now - since;
  const inTurn = waited >= RELAY_ONLY_AFTER_MS && waited < RELAY_ONLY_AFTER_MS + RELAY_ONLY_FOR_MS;
  return { ice, gather: inTurn ? 'relay-tcp' : 'all' };
}

/** The servers, with what the relay is shown in this call: it ends with the call. A server that gives none has one for all. */
function servers({ ice }: State, { relay }: CallRecord): readonly IceServer[] {
  if (!relay) return ice;
  return ice.map((server) => (server.username === undefined ? server : { ...server, ...relay }));
}

/** Whether the other person is to learn no address of ours before the answer. */
export function hides(state: State, { peer }: CallRecord): boolean {
  return alwaysHides(state) || (state.privacy.relay === 'strangers' && !peer.contact);
}

/** Whether nobody is to learn one at any time, says the application or the user. */
export function alwaysHides({ privacy, hideAddress }: State): boolean {
  return hideAddress || privacy.relay === 'always';
}

/** Why there is no path. */
export function diagnosis({ state }: Turn, call: CallRecord): Diagnosis {
  return diagnose(call.tried, {
    online: state.link.type === 'online',
    peerLost: call.peer.lost,
    hasRelay: state.ice.some(({ urls }) => urls.some((url) => url.startsWith('turn'))),
  });
}

function searchingSince(call: CallRecord): number | undefined {
  switch (call.state.type) {
    case 'connecting':
      return call.enteredAt;
    case 'recovering':
      return call.state.lostAt;
    case 'dialing':
    case 'ringing':
    case 'active':
      return undefined;
  }
}
