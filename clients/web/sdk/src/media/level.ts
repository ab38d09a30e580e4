/** How loud a track is, measured only while somebody listens. */
import type { Readable } from '../public.ts';
import { Source } from '../readable.ts';

const INTERVAL_MS = 100;

export class LevelMeter {
  readonly #level = new Source(0, () => this.#turn());
  #track: MediaStreamTrack | null = null;
  #stop: (() => void) | undefined;

  /** From 0 to 1; costs nothing until it is watched. */
  get level(): Readable<number> {
    return this.#level;
  }

  /** Measures this track from now on. */
  measure(track: MediaStreamTrack | null): void {
    this.#track = track;
    this.#turn();
  }

  /** Starts, stops or changes over. */
  #turn(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#track && this.#level.isWatched) this.#start(this.#track);
    else this.#level.set(0);
  }

  #start(track: MediaStreamTrack): void {
    if (typeof AudioContext === 'undefined') return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      this.#level.set(Math.min(1, Math.sqrt(power)));
    }, INTERVAL_MS);
    this.#stop = () => {
      clearInterval(timer);
      void context.close();
    };
  }
}
