/** Plays what the other side sends, and notices when the browser will not. */
import { ClientError } from '../client-error.ts';
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
    camera: new Elements((element) => this.#prepare(element)),
    screen: new Elements((element) => this.#prepare(element)),
  };
  readonly #stop = new AbortController();
  #held = false;
  #speaker: string | undefined;

  constructor(speaker: string | undefined) {
    this.#speaker = speaker;
  }

  attach(element: HTMLMediaElement, view: View): () => void {
    return this.#views[view].attach(element);
  }

  /** A track of the other side. It counts as arriving once it has brought something. */
  put(line: Line, track: MediaStreamTrack): void {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    track.enabled = !this.#held;
    const [view, arrival] = PLACES[line];
    this.#views[view].put(track.kind, track);
    const arrives = () => arrival && this.#tell({ [arrival]: true });
    if (!track.muted) arrives();
    track.addEventListener('unmute', arrives, { signal });
  }

  /** What arrives is neither heard nor seen. */
  hold(on: boolean): void {
    this.#held = on;
    for (const { stream } of Object.values(this.#views)) {
      for (const track of stream.getTracks()) track.enabled = !on;
    }
  }

  async unblock(): Promise<void> {
    await Promise.all(this.#all().map((element) => this.#play(element)));
  }

  /** Plays on this speaker from now on. Browsers that know no choice refuse. */
  async speaker(id: string): Promise<void> {
    try {
      await Promise.all(this.#all().map((element) => element.setSinkId(id)));
      this.#speaker = id;
    } catch (cause) {
      throw new ClientError('device-missing', 'speaker: it is gone, or cannot be chosen here', {
        device: 'speaker',
        cause,
      });
    }
  }

  /** Another person comes; the elements stay. */
  reset(): void {
    for (const view of Object.values(this.#views)) view.clear();
    this.#tell({ audio: false, video: false, screen: false });
  }

  release(): void {
    this.#stop.abort();
    for (const view of Object.values(this.#views)) view.release();
    this.#tell({ audio: false, video: false, screen: false, blocked: false });
  }

  #all(): HTMLMediaElement[] {
    return Object.values(this.#views).flatMap((view) => [...view]);
  }

  #prepare(element: HTMLMediaElement): void {
    // One that is gone leaves the system's own.
    if (this.#speaker !== undefined) element.setSinkId(this.#speaker).catch(() => undefined);
    void this.#play(element);
  }

  async #play(element: HTMLMediaElement): Promise<void> {
    try {
      const begun = element.play();
      // Where no picture comes it may never begin, though the sound is heard: that it may is known at once.
      if (!element.paused) this.#tell({ blocked: false });
      await begun;
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
