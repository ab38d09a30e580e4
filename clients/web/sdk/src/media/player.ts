/** Plays what the other side sends, and notices when the browser will not. */
import { Source } from '../readable.ts';
import type { Arriving } from './call-media.ts';
import { Elements } from './elements.ts';
import type { Line } from './lines.ts';

/** What can be put into an element: the person with their voice, or their screen with its sound. */
export type View = 'camera' | 'screen';

const PLACES: Readonly<Record<Line, readonly [View, Exclude<keyof Arriving, 'blocked'> | undefined]>> = {
  mic: ['camera', 'audio'],
  camera: ['camera', 'video'],
  screen: ['screen', 'screen'],
  'screen-sound': ['screen', undefined],
};

export class Player {
  readonly arriving = new Source<Arriving>({ audio: false, video: false, screen: false, blocked: false });
  readonly #views: Readonly<Record<View, Elements>> = {
    camera: new Elements((element) => void this.#play(element)),
    screen: new Elements((element) => void this.#play(element)),
  };
  readonly #stop = new AbortController();

  attach(element: HTMLMediaElement, view: View): () => void {
    return this.#views[view].attach(element);
  }

  /** A track of the other side. It counts as arriving once it has brought something. */
  put(line: Line, track: MediaStreamTrack): void {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const [view, arrival] = PLACES[line];
    this.#views[view].put(track.kind, track);
    const arrives = () => arrival && this.#tell({ [arrival]: true });
    if (!track.muted) arrives();
    track.addEventListener('unmute', arrives, { signal });
  }

  async unblock(): Promise<void> {
    const elements = Object.values(this.#views).flatMap((view) => [...view]);
    await Promise.all(elements.map((element) => this.#play(element)));
  }

  release(): void {
    this.#stop.abort();
    for (const view of Object.values(this.#views)) view.release();
    this.#tell({ audio: false, video: false, screen: false, blocked: false });
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
    const same = (Object.keys(after) as (keyof Arriving)[]).every((part) => after[part] === before[part]);
    if (!same) this.arriving.set(after);
  }
}
