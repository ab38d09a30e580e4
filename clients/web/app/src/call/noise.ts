/** What is done about the noise around the microphone: kept by this browser, for all of its calls. */
import type { Processing, TrackEffect } from '@visavis/client';
import type { Follow } from './keep-to.ts';
import { keptChoice } from './kept-choice.ts';

/** Nothing · what the browser has · a library, which is fetched when it is chosen. */
export type Noise = 'off' | 'browser' | 'strong';

const WITH = suppressed(true);
const WITHOUT = suppressed(false);

export const { choice: noise, choose: chooseNoise } = keptChoice<Noise>('visavis.noise', (stored) =>
  stored === 'off' || stored === 'strong' ? stored : 'browser',
);

/**
 * As a wish Chromium gives a microphone that is open once more as it is; as `exact` one that has no choice is refused. What
 * is `advanced` is kept to wherever it can be.
 */
function suppressed(noiseSuppression: boolean): MediaTrackConstraints {
  return { noiseSuppression, advanced: [{ noiseSuppression }] };
}

/** What this browser can. */
export function noiseChoices(): readonly Noise[] {
  const can = typeof AudioWorkletNode !== 'undefined' && typeof WebAssembly !== 'undefined';
  return can ? ['off', 'browser', 'strong'] : ['off', 'browser'];
}

/** The library cannot be had, or does not run: this page goes on with what the browser has. The next one tries again. */
export function giveUpStrong(): void {
  noise.value = 'browser';
}

/** What each call does about it. */
export const noiseInCalls: Follow<Noise> = {
  device: 'mic',
  choice: noise,
  usual: 'browser',
  processing,
};

function processing(choice: Noise): Processing {
  if (choice === 'browser') return { constraints: WITH };
  // One after the other they take more of the voice than either does.
  const constraints = WITHOUT;
  if (choice === 'off') return { constraints };
  const apply: TrackEffect['apply'] = async (...track) =>
    (await import('./strong-noise.ts')).strongNoise.apply(...track);
  return { constraints, effect: { apply } };
}
