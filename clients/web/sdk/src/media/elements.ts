/** The elements of the page that show one stream. */

/** Puts a stream into elements, and takes it out again. */
export class Elements {
  readonly stream = new MediaStream();
  readonly #elements = new Set<HTMLMediaElement>();
  readonly #prepare: (element: HTMLMediaElement) => void;

  /** `prepare`: called for each element when it is attached and when the stream's tracks have changed. */
  constructor(prepare: (element: HTMLMediaElement) => void) {
    this.#prepare = prepare;
  }

  attach(element: HTMLMediaElement): () => void {
    this.#elements.add(element);
    element.autoplay = true;
    // Without it an iPhone would show the picture full screen.
    element.setAttribute('playsinline', '');
    element.srcObject = this.stream;
    this.#prepare(element);
    return () => this.#detach(element);
  }

  /** The stream has this one track of its kind from now on. */
  put(kind: string, track: MediaStreamTrack | null): void {
    for (const old of this.stream.getTracks()) {
      if (old.kind === kind && old !== track) this.stream.removeTrack(old);
    }
    if (track) this.stream.addTrack(track);
    for (const element of this.#elements) this.#prepare(element);
  }

  [Symbol.iterator](): Iterator<HTMLMediaElement> {
    return this.#elements.values();
  }

  clear(): void {
    for (const track of this.stream.getTracks()) this.stream.removeTrack(track);
  }

  release(): void {
    for (const element of this.#elements) this.#detach(element);
    this.clear();
  }

  #detach(element: HTMLMediaElement): void {
    // Somebody may have given the element another stream meanwhile.
    if (this.#elements.delete(element) && element.srcObject === this.stream) element.srcObject = null;
  }
}
