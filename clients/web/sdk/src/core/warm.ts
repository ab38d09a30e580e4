/**
 * The warm ring: while it rings, the caller makes a peer connection with each device that would like one, so that the
 * path is there when somebody answers. Nothing but empty transport flows before: no track is in it, and no address of
 * ours is told to somebody who is not a contact.
 *
 *     ringing{warm} ─→ view.warm ─→ offer{to} ─→ answer ─→ ICE, DTLS ─→ accept ─→ tracks, and the others are closed
 */
import type { Address } from '../protocol.ts';
import { WARM_LIMIT } from './limits.ts';
import { unsay } from './outbox.ts';
import { hides, means } from './recovery.ts';
import type { CallRecord, PeerKey, State } from './state.ts';
import { change, type Turn } from './turn.ts';

/** Whether a path may be made before the answer: wanted, and without telling an address to a stranger. */
export function mayWarm(state: State, call: CallRecord): boolean {
  const canHide = state.ice.some(({ urls }) => urls.some((url) => url.startsWith('turn')));
  return state.privacy.warmRing && (canHide || !hides(state, call));
}

/** The devices that would like an offer now: makes one for each that is new, and closes those of others. */
export function warmUp(turn: Turn, call: CallRecord, wanted: readonly Address[]): void {
  if (!mayWarm(turn.state, call)) return;
  const warm = wanted.slice(0, WARM_LIMIT);
  for (const address of call.warm) if (!warm.includes(address)) coolDown(turn, call, address);
  change(turn, call.id, { warm });
  for (const address of warm) {
    if (call.warm.includes(address)) continue;
    const key = warmKey(call, address);
    turn.outputs.push({ type: 'offer', call: call.id, key, ...means(turn, call), restart: false });
  }
}

/** The network here is another one while it rings: the paths that were made are looked for anew. */
export function restartWarm(turn: Turn, call: CallRecord): void {
  for (const address of call.warm) {
    const key = warmKey(call, address);
    turn.outputs.push({ type: 'offer', call: call.id, key, ...means(turn, call), restart: true });
  }
}

/** Somebody has answered: the peer connection with that device is the call's, if there is one. The others are over. */
export function settleWarm(turn: Turn, call: CallRecord, answered: Address | undefined): boolean {
  const winner = call.warm.find((address) => address === answered);
  for (const address of call.warm) if (address !== winner) coolDown(turn, call, address);
  change(turn, call.id, {
    warm: [],
    ...(winner === undefined ? {} : { key: warmKey(call, winner), negotiated: true }),
  });
  return winner !== undefined;
}

/** For which device a peer connection was made, if for one of several. */
export function deviceOf(call: CallRecord, key: PeerKey): Address | undefined {
  return call.warm.find((address) => warmKey(call, address) === key);
}

/** Names the peer connection with a ringing device. */
export function warmKey({ gen }: CallRecord, address: Address): PeerKey {
  return `${gen} ${address}`;
}

/** The device's own part of an address, for `to`. */
export function deviceIdOf(address: Address): string {
  return address.slice(address.indexOf('/') + 1);
}

function coolDown(turn: Turn, call: CallRecord, address: Address): void {
  for (const type of ['offer', 'candidate'] as const) unsay(turn, call.id, type, deviceIdOf(address));
  turn.outputs.push({ type: 'drop', call: call.id, key: warmKey(call, address) });
}
