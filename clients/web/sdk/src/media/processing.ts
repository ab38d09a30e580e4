/** What is made of a device's track before it is sent. */
import type { EffectedTrack, TrackEffect } from '../public.ts';

/** Told what becomes of an effect, unless another has begun or it was stopped meanwhile. */
interface Outcome {
  made(track: MediaStreamTrack): void;
  failed(cause: unknown): void;
}

/** One effect at a time, on the one track that is in use. */
export class Effected {
  #made: EffectedTrack | undefined;
  #wanted = new AbortController();

  /** Ends the one before, and begins with this track. */
  begin(track: MediaStreamTrack, effect: TrackEffect | undefined, outcome: Outcome): void {
    this.stop();
    const { signal } = this.#wanted;
    const failed = (cause: unknown) => {
      if (signal.aborted) return;
      this.stop();
      outcome.failed(cause);
    };
    effect?.apply(track, failed, signal).then((made) => {
      if (signal.aborted) return made.stop();
      this.#made = made;
      outcome.made(made.track);
    }, failed);
  }

  stop(): void {
    this.#wanted.abort();
    this.#wanted = new AbortController();
    this.#made?.stop();
    this.#made = undefined;
  }
}
