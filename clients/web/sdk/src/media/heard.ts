/** Something that is heard of a microphone, while somebody watches it. */
import { Source } from '../readable.ts';

type Ears = typeof import('./ears.ts');
type Listen<T> = (track: MediaStreamTrack, tell: (value: T) => void) => () => void;

/** Costs nothing until it is watched. */
export class Heard<T> {
  readonly value: Source<T>;
  readonly #silence: T;
  readonly #listen: (ears: Ears) => Listen<T>;
  #track: MediaStreamTrack | null = null;
  #stop: (() => void) | undefined;

  constructor(silence: T, listen: (ears: Ears) => Listen<T>) {
    this.#silence = silence;
    this.#listen = listen;
    this.value = new Source(silence, () => this.#turn());
  }

  /** Listens to this track from now on. */
  listenTo(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#turn();
  }

  /** Starts, stops or changes over. */
  #turn(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#track && this.value.isWatched) this.#start(this.#track);
    else this.value.set(this.#silence);
  }

  #start(track: MediaStreamTrack): void {
    let stop = () => {};
    let left = false;
    this.#stop = () => {
      left = true;
      stop();
    };
    // Without them nothing is heard, and the call is none the worse.
    import('./ears.ts').then(
      (ears) => {
        if (!left) stop = this.#listen(ears)(track, (value) => this.value.set(value));
      },
      () => undefined,
    );
  }
}
