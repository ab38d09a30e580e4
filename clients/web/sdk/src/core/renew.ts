/**
 * A call goes on by another peer connection: after a reload, or when one of the two has taken it to another device. The
 * one before stands until the new one has media, so that nobody sees more than a blink.
 */
import { NOTHING_TRIED } from './diagnosis.ts';
import { RELAY_ONLY_AFTER_MS, RENEW_LIMIT_MS } from './limits.ts';
import { unsay } from './outbox.ts';
import { means } from './recovery.ts';
import type { CallRecord } from './state.ts';
import { change, find, type Turn } from './turn.ts';

/** Makes the peer connection of the call's present generation the one that carries it. */
export function renew(turn: Turn, id: string): void {
  const before = find(turn, id);
  if (!before) return;
  const offers = before.role === before.offerer;
  // What was said of the one before is of no use any more.
  for (const type of ['offer', 'answer', 'candidate'] as const) unsay(turn, id, type);
  change(turn, id, {
    key: String(before.gen),
    confirmed: true,
    negotiated: false,
    tried: NOTHING_TRIED,
    restartedAt: Number.NEGATIVE_INFINITY,
    restartAt: turn.now + RELAY_ONLY_AFTER_MS,
    renewBy: before.confirmed ? turn.now + RENEW_LIMIT_MS : undefined,
    receiving: uncounted(before),
  });
  const call = find(turn, id);
  if (!call) return;
  turn.outputs.push({ type: 'use', call: id, key: call.key });
  if (offers)
    turn.outputs.push({ type: 'offer', call: id, key: call.key, ...means(turn, call), restart: false });
}

/** Another device counts its notices anew. */
function uncounted({ receiving }: CallRecord): CallRecord['receiving'] {
  if (!receiving) return undefined;
  const { n: _, ...shown } = receiving;
  return shown;
}
