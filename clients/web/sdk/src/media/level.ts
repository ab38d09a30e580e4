/** How loud a track is, measured only while somebody listens. */
import { Source } from '../readable.ts';

const INTERVAL_MS = 100;

/** A level from 0 to 1 that costs nothing until it is watched. */
export class Level extends Source<number> {
  #track: MediaStreamTrack | null = null;
  #stop: (() => void) | undefined;

  constructor() {
    super(0);
  }

  override subscribe(run: (value: number) => void): () => void {
    const unsubscribe = super.subscribe(run);
    if (!this.#stop) this.#start();
    return () => {
      unsubscribe();
      if (!this.isWatched) this.#pause();
    };
  }

  /** Measures this track from now on. */
  measure(track: MediaStreamTrack | null): void {
    this.#track = track;
    this.#pause();
    if (this.isWatched) this.#start();
  }

  #start(): void {
    if (!this.#track || typeof AudioContext === 'undefined') return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([this.#track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      this.set(Math.min(1, Math.sqrt(power)));
    }, INTERVAL_MS);
    this.#stop = () => {
      clearInterval(timer);
      void context.close();
    };
  }

  #pause(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.set(0);
  }
}
