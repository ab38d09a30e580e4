/** All voices, and the sound of shared screens, mixed into one track. */
export class Sound {
  readonly context = new AudioContext();
  readonly track: MediaStreamTrack;
  readonly #mix = this.context.createMediaStreamDestination();
  readonly #voices = new Map<MediaStreamTrack, MediaStreamAudioSourceNode>();

  constructor() {
    const [track] = this.#mix.stream.getAudioTracks();
    if (!track) throw new Error('a destination node has one track');
    this.track = track;
    void this.context.resume();
  }

  /** Mixes these from now on, and no others. A new path, another microphone, a shared screen: each brings another track. */
  mix(tracks: readonly MediaStreamTrack[]): void {
    for (const [track, voice] of this.#voices) {
      if (tracks.includes(track)) continue;
      voice.disconnect();
      this.#voices.delete(track);
    }
    for (const track of tracks) {
      if (this.#voices.has(track)) continue;
      const voice = this.context.createMediaStreamSource(new MediaStream([track]));
      voice.connect(this.#mix);
      this.#voices.set(track, voice);
    }
  }

  /**
   * Runs `work` so often, until the returned function is called: at the end of one silent sound after the other, since that
   * goes on evenly where a page that nobody looks at has its timers slowed down.
   */
  every(seconds: number, work: () => void): () => void {
    const silence = this.context.createGain();
    silence.gain.value = 0;
    silence.connect(this.context.destination);
    let stopped = false;
    const next = () => {
      if (stopped) return;
      work();
      const pause = this.context.createConstantSource();
      pause.connect(silence);
      pause.addEventListener('ended', next);
      pause.start();
      pause.stop(this.context.currentTime + seconds);
    };
    next();
    return () => {
      stopped = true;
    };
  }

  release(): void {
    this.mix([]);
    void this.context.close();
  }
}
