/** Plays what the other side sends, and notices when the browser will not. */
import { Source } from '../readable.ts';
import type { Arriving } from './call-media.ts';
import { Elements } from './elements.ts';

export class Player {
  readonly arriving = new Source<Arriving>({ audio: false, video: false, blocked: false });
  readonly #elements = new Elements((element) => void this.#play(element));
  readonly #stop = new AbortController();

  attach(element: HTMLMediaElement): () => void {
    return this.#elements.attach(element);
  }

  /** A track of the other side. It counts as arriving once it has brought something. */
  put(track: MediaStreamTrack): void {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    this.#elements.put(track.kind, track);
    const arrives = () => this.#tell(track.kind === 'audio' ? { audio: true } : { video: true });
    if (!track.muted) arrives();
    track.addEventListener('unmute', arrives, { signal });
  }

  async unblock(): Promise<void> {
    await Promise.all([...this.#elements].map((element) => this.#play(element)));
  }

  release(): void {
    this.#stop.abort();
    this.#elements.release();
    this.#tell({ audio: false, video: false, blocked: false });
  }

  async #play(element: HTMLMediaElement): Promise<void> {
    try {
      await element.play();
      this.#tell({ blocked: false });
    } catch (error) {
      // The other failure, `AbortError`, says that a newer stream came in between.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#tell({ blocked: true });
    }
  }

  #tell(change: Partial<Arriving>): void {
    const before = this.arriving.value;
    const after = { ...before, ...change };
    const same =
      after.audio === before.audio && after.video === before.video && after.blocked === before.blocked;
    if (!same) this.arriving.set(after);
  }
}
