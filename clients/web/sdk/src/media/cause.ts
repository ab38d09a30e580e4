/** What was wrong with a call in which media flowed: one cause, the most probable, decided from counts that are given. */
import type { Cause, Path } from '../public.ts';

/** Of this device and of the other one. */
export interface Sides {
  readonly here: number;
  readonly there: number;
}

/** What was counted of a call; seconds, if nothing else is said. */
export interface Tally {
  /** Media flowed and was measured. */
  readonly flowed: number;
  /** Those of them that were poor or bad, each by what was worst in it. */
  readonly bad: Readonly<Record<'loss' | 'late' | 'jitter', number>>;
  /** In a bad moment, or while nothing flowed, this one was without the server as well. */
  readonly away: Sides;
  /** How often media stopped, and for how long in all. */
  readonly lost: { readonly times: number; readonly seconds: number };
  /** Pictures were paused to keep the sound. */
  readonly weak: number;
  /** What one of them sent did not arrive. */
  readonly unheard: number;
  /** A microphone was on, and those seconds in which nothing but silence came of it. */
  readonly open: Sides;
  readonly silent: Sides;
  /** Pictures were sent, and those seconds in which the device was too busy for them. */
  readonly pictures: Sides;
  readonly busy: Sides;
  /** What has carried it last. */
  readonly path: Path;
}

/** A short while is nobody's complaint. */
const WHILE_S = 10;
const OFTEN = 2;
/** Less than this is a hitch. */
const HITCH_S = 5;
/** Whoever says nothing in a quiet room is silent, too, but hardly for all of a call. */
const ALL = 0.95;
const HALF = 0.5;
/** So much later is known here what a device says of itself. */
const TOLD_S = 3;
const TENTH = 0.1;

/** The first that fits, those before that are certain; undefined: it was a good call. */
export function causeOf(tally: Tally): Cause | undefined {
  const { flowed, lost, weak, unheard, bad, path } = tally;
  const of = (code: Cause['code'], side: Cause['side']): Cause => ({ code, side, path });
  const muted = sideOf(tally.silent, tally.open, ALL);
  if (muted) return of('silent-mic', muted);
  const isNarrow = weak >= WHILE_S && weak >= TENTH * flowed;
  // Where hardly anything passes, all of it stops for a while, or some of it does not arrive.
  const excuses = (seconds: number): boolean => isNarrow && weak > seconds;
  const isLost = lost.times >= OFTEN || lost.seconds >= WHILE_S;
  if (isLost && !excuses(lost.seconds)) return of('dropped', whose(tally));
  const worst = (['loss', 'late', 'jitter'] as const).reduce((one, other) =>
    bad[other] > bad[one] ? other : one,
  );
  const seconds = bad.loss + bad.late + bad.jitter;
  if (unheard >= HITCH_S && !excuses(unheard)) return of('one-sided', 'between');
  const isBad = seconds >= HITCH_S && seconds >= TENTH * flowed;
  // What is lost below TCP comes late or not at all, whatever it looks like here.
  if ((isNarrow || isBad) && (path === 'relay-tcp' || path === 'relay-tls')) return of('no-udp', 'here');
  if (isNarrow) return of('narrow', whose(tally));
  if (isBad) return of(worst, whose(tally));
  const busy = sideOf(tally.busy, tally.pictures, HALF);
  return busy && of('busy', busy);
}

/** From the two ends of one path nobody can tell which half of it is bad, but who has lost the server is known. */
function whose({ away }: Tally): Cause['side'] {
  if (away.here === away.there) return 'between';
  return away.here > away.there ? 'here' : 'there';
}

function sideOf(some: Sides, all: Sides, share: number): 'here' | 'there' | undefined {
  return (['here', 'there'] as const).find(
    (side) => some[side] >= WHILE_S && some[side] + TOLD_S >= share * all[side],
  );
}
