/**
 * The call store: the whole behaviour of a client as one pure function.
 *
 *     (state, now, input) → (state, outputs)        nextTimeout(state): when it wants `{ type: 'timeout' }`
 *
 * `state.ts` has the words. No clock, no random numbers, no browser: whoever calls it brings them. Here it is whole; a page
 * fetches it in two parts, `step.ts` with the way to the server, and `life.ts`.
 */
import { life } from './life.ts';
import type { Input, State } from './state.ts';
import { type Step, take } from './step.ts';

export { nextTimeout } from './step.ts';

/** Answers one input. `now`: milliseconds on a clock that never goes back. */
export function step(state: State, now: number, input: Input): Step {
  return take(state, now, input, life) ?? { state, outputs: [] };
}
