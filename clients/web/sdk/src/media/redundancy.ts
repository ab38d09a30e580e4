/**
 * When to send each piece of sound twice (RED, RFC 2198): the second time with the next one, so that a lost packet leaves no
 * gap. It costs as much again as the sound, so only while packets are lost, and only where there is room.
 */

/** Reported by the other side: what is lost for certain, and what has to be confirmed by a second report. */
const MUCH = 0.1;
const SOME = 0.025;
/** Less than this for so long, and once is enough again. */
const LITTLE = 0.01;
const CALM_MS = 30_000;

/** What one look sees. */
export interface LossFigures {
  readonly at: number;
  /** The share of our packets that the other side has missed, if it has reported since the last look. */
  readonly lost: number | undefined;
  /** The path carries twice the sound. */
  readonly room: boolean;
}

export class Redundancy {
  #on = false;
  #losses = 0;
  #lostAt = Number.NEGATIVE_INFINITY;

  /** Whether to send twice from now on. */
  look({ at, lost, room }: LossFigures): boolean {
    if (lost !== undefined) {
      this.#losses = lost > SOME ? this.#losses + 1 : 0;
      if (lost > LITTLE) this.#lostAt = at;
      if (lost > MUCH || this.#losses >= 2) this.#on = true;
    }
    if (!room || at - this.#lostAt >= CALM_MS) this.#on = false;
    return this.#on;
  }
}
