/** What is said of a call that cannot be compared here. */
import { ClientError } from '../client-error.ts';
import type { Safety } from '../public.ts';
import type { SafetyWatch } from './watch.ts';

/** As that of a comparison that has failed (`watch.ts`), which is not here. */
const FAILED: Safety = {
  code: [],
  status: 'failed',
  lasting: false,
  verify: () => Promise.reject(new ClientError('wrong-state', 'verify: there is nothing to compare')),
};

/** What a connection asks of whoever compares for it. */
export type Watch = Pick<SafetyWatch, 'opened' | 'used' | 'hear' | 'stop'>;

/**
 * Stands in where what compares could not be fetched. A server that holds it back must not have a call that looks like
 * one with somebody of whom nothing is known.
 */
export function unwatched(tell: (safety: Safety) => void): Watch {
  const nothing = () => {};
  return { opened: nothing, used: () => tell(FAILED), hear: nothing, stop: nothing };
}
