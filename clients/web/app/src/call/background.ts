/** What is done about what is behind the user: kept by this browser, for all of its calls. */
import type { TrackEffect } from '@visavis/client';
import type { Follow } from './keep-to.ts';
import { keptChoice } from './kept-choice.ts';
import { NotFetched } from './not-fetched.ts';

/** Shown as it is · blurred. */
export type Background = 'off' | 'blur';

export const { choice: background, choose: chooseBackground } = keptChoice<Background>(
  'visavis.background',
  (stored) => (stored === 'blur' ? 'blur' : 'off'),
);

/** What must not be seen is not sent before it is blurred, nor when it cannot be. */
export const blurred: TrackEffect = {
  hides: true,
  apply: async (...track) => (await import('../blur/blur.ts').catch(missing)).blur(...track),
};

function missing(cause: unknown): never {
  throw new NotFetched('what blurs could not be fetched', { cause });
}

/** What each call does about it. */
export const backgroundInCalls: Follow<Background> = {
  device: 'camera',
  choice: background,
  usual: 'off',
  processing: (choice) => (choice === 'blur' ? { effect: blurred } : {}),
};
