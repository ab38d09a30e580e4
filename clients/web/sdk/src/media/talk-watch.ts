/** Notices that somebody talks into a muted microphone. */
import type { Readable } from '../public.ts';
import { Source } from '../readable.ts';
import { LevelMeter } from './level.ts';

/** A voice at arm's length; the hum of a room stays below. */
const VOICE = 0.04;
/** Looks (ten a second) in a row that are loud before it counts: a cough does not. */
const LOUD_LOOKS = 3;
/** Quiet looks before it is over: people breathe between words. */
const QUIET_LOOKS = 20;

export class TalkWatch {
  readonly #talking = new Source(false, () => this.#turn());
  readonly #meter = new LevelMeter();
  #muted: MediaStreamTrack | null = null;
  #stop: (() => void) | undefined;

  /** Costs nothing until it is watched. */
  get talking(): Readable<boolean> {
    return this.#talking;
  }

  /** Listens to this microphone, which is muted; null: there is none that is. */
  listen(muted: MediaStreamTrack | null): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#turn();
  }

  #turn(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#muted && this.#talking.isWatched) this.#start(this.#muted);
    else this.#talking.set(false);
  }

  #start(muted: MediaStreamTrack): void {
    // The muted track is silence here, too. Its twin is sent nowhere.
    const twin = muted.clone();
    twin.enabled = true;
    this.#meter.measure(twin);
    let loud = 0;
    let quiet = 0;
    const leave = this.#meter.level.subscribe((level) => {
      loud = level > VOICE ? loud + 1 : 0;
      quiet = level > VOICE ? 0 : quiet + 1;
      if (loud >= LOUD_LOOKS) this.#talking.set(true);
      else if (quiet >= QUIET_LOOKS) this.#talking.set(false);
    });
    this.#stop = () => {
      leave();
      this.#meter.measure(null);
      twin.stop();
    };
  }
}
