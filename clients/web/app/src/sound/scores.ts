/** The sounds as notes: made when played, so there are no files to load. */
import type { Chime, Loop } from './plan.ts';

/** A tone: when it begins and how long it rings, in seconds; its pitch in Hz; how loud, 0 to 1. */
export interface Note {
  readonly at: number;
  readonly for: number;
  readonly pitch: number;
  readonly gain: number;
}

/** Notes that repeat every so many seconds. */
export interface Score {
  readonly every: number;
  readonly notes: readonly Note[];
}

const E4 = 329.63;
const G4 = 392;
const A4 = 440;
const C5 = 523.25;
const D5 = 587.33;
const E5 = 659.26;
const G5 = 783.99;

/** Sounds that go on. */
export const LOOPS: Readonly<Record<Loop, Score>> = {
  // Two soft steps: something is on its way.
  dialing: {
    every: 2,
    notes: [
      { at: 0, for: 0.18, pitch: E4, gain: 0.05 },
      { at: 0.22, for: 0.18, pitch: G4, gain: 0.05 },
    ],
  },
  // One long tone and silence, as a telephone has it.
  ringback: {
    every: 4,
    notes: [
      { at: 0, for: 1.2, pitch: A4, gain: 0.07 },
      { at: 0, for: 1.2, pitch: E5, gain: 0.025 },
    ],
  },
  // A tune that asks for an answer.
  ringtone: {
    every: 2.6,
    notes: [
      { at: 0, for: 0.5, pitch: G4, gain: 0.2 },
      { at: 0.18, for: 0.5, pitch: C5, gain: 0.2 },
      { at: 0.36, for: 0.5, pitch: E5, gain: 0.2 },
      { at: 0.54, for: 0.9, pitch: G5, gain: 0.18 },
      { at: 1.1, for: 0.5, pitch: E5, gain: 0.16 },
      { at: 1.28, for: 0.9, pitch: C5, gain: 0.16 },
    ],
  },
  // Two low knocks and a long pause: it must not cover a voice.
  waiting: {
    every: 5,
    notes: [
      { at: 0, for: 0.22, pitch: A4, gain: 0.06 },
      { at: 0.3, for: 0.22, pitch: A4, gain: 0.06 },
    ],
  },
  // A quiet tick: still trying.
  recovering: { every: 3, notes: [{ at: 0, for: 0.12, pitch: D5, gain: 0.05 }] },
};

/** Sounds at a change. */
export const CHIMES: Readonly<Record<Chime, readonly Note[]>> = {
  connected: [
    { at: 0, for: 0.2, pitch: G4, gain: 0.07 },
    { at: 0.1, for: 0.35, pitch: C5, gain: 0.07 },
  ],
  ended: [
    { at: 0, for: 0.25, pitch: E5, gain: 0.08 },
    { at: 0.14, for: 0.25, pitch: C5, gain: 0.08 },
    { at: 0.28, for: 0.5, pitch: G4, gain: 0.08 },
  ],
};
