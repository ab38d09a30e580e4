/** This device's microphone and camera in one call. */
import { ClientError, type DeviceKind } from '../client-error.ts';
import type { MediaNotice } from '../protocol.ts';
import type { LocalMedia, LocalState, MediaChoice, Readable } from '../public.ts';
import { Source } from '../readable.ts';
import { type Constraints, capture, one } from './capture.ts';
import { Elements } from './elements.ts';
import { LevelMeter } from './level.ts';
import type { Line } from './lines.ts';

/** Whom the devices serve. */
export interface LocalEvents {
  /** Puts a track on the wire, or takes it off. */
  send(line: Line, track: MediaStreamTrack | null): void;
  sending(notice: MediaNotice): void;
  problem(error: ClientError): void;
}

export class LocalDevices implements LocalMedia {
  readonly state = new Source<LocalState>({ mic: 'muted', camera: 'off' });
  readonly #meter = new LevelMeter();
  readonly #constraints: Constraints;
  readonly #events: LocalEvents;
  readonly #elements = new Elements((element) => {
    // Our own voice would come back as an echo.
    element.muted = true;
    element.play().catch(() => undefined);
  });
  #mic: MediaStreamTrack | null = null;
  #camera: MediaStreamTrack | null = null;
  /** What the user wants, while the browser still asks or opens. */
  #wanted = { mic: false, camera: false };
  #released = false;
  /** One question to the browser at a time. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(constraints: Constraints, events: LocalEvents) {
    this.#constraints = constraints;
    this.#events = events;
  }

  get level(): Readable<number> {
    return this.#meter.level;
  }

  /** Opens what the user chose to send. What cannot be opened shows in `state`. */
  capture(choice: Required<MediaChoice>): void {
    this.#wanted = { mic: choice.audio, camera: choice.video };
    void this.#inTurn(async () => {
      const { mic, camera } = await capture(choice, this.#constraints);
      if (mic) this.#take('mic', mic);
      if (camera) this.#take('camera', camera);
      this.#tell();
    });
  }

  async mic(on: boolean): Promise<void> {
    this.#wanted.mic = on;
    if (this.#mic) this.#mic.enabled = on;
    else if (on) await this.#inTurn(() => this.#acquire('mic'));
    this.#show({ mic: this.#micState() });
    this.#tell();
  }

  async camera(on: boolean): Promise<void> {
    this.#wanted.camera = on;
    if (on) await this.#inTurn(() => this.#acquire('camera'));
    else this.#drop('camera', 'off');
    this.#tell();
  }

  attach(element: HTMLMediaElement): () => void {
    return this.#elements.attach(element);
  }

  release(): void {
    this.#released = true;
    this.#mic?.stop();
    this.#camera?.stop();
    this.#mic = null;
    this.#camera = null;
    this.#meter.measure(null);
    this.#elements.release();
    this.#show({ mic: 'none', camera: 'none' });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#asking.then(work);
    this.#asking = turn.catch(() => undefined);
    await turn;
  }

  async #acquire(device: DeviceKind): Promise<void> {
    if (this.#released || (device === 'mic' ? this.#mic : this.#camera)) return;
    const found = await one(device, this.#constraints);
    this.#take(device, found);
    if (found instanceof ClientError) throw found;
  }

  #take(device: DeviceKind, found: MediaStreamTrack | ClientError): void {
    if (found instanceof ClientError) {
      this.#show(
        device === 'mic' ? { mic: 'none', micError: found } : { camera: 'none', cameraError: found },
      );
      this.#events.problem(found);
      return;
    }
    // The call has ended, or the user has thought better of it, while the browser asked.
    if (this.#released || (device === 'camera' && !this.#wanted.camera)) return found.stop();
    found.addEventListener('ended', () => this.#lost(device, found));
    if (device === 'mic') {
      this.#mic = found;
      found.enabled = this.#wanted.mic;
      this.#meter.measure(found);
      this.#events.send('mic', found);
      this.#show({ mic: this.#micState() });
    } else {
      this.#camera = found;
      this.#elements.put('video', found);
      this.#events.send('camera', found);
      this.#show({ camera: 'on' });
    }
  }

  #drop(device: DeviceKind, state: 'off' | 'lost'): void {
    const track = device === 'mic' ? this.#mic : this.#camera;
    if (!track) return;
    track.stop();
    this.#events.send(device, null);
    if (device === 'mic') {
      this.#mic = null;
      this.#meter.measure(null);
      this.#show({ mic: 'lost' });
    } else {
      this.#camera = null;
      this.#elements.put('video', null);
      this.#show({ camera: state });
    }
  }

  /** Unplugged, or taken by the system. Another microphone takes over by itself; a camera waits for the user. */
  #lost(device: DeviceKind, track: MediaStreamTrack): void {
    if (track !== (device === 'mic' ? this.#mic : this.#camera)) return;
    this.#drop(device, 'lost');
    const error = new ClientError('device-lost', `${device}: unplugged, or taken by the system`, { device });
    this.#show(device === 'mic' ? { micError: error } : { cameraError: error });
    this.#events.problem(error);
    this.#tell();
    if (device === 'mic') void this.#replaceMic();
  }

  async #replaceMic(): Promise<void> {
    await this.#inTurn(async () => {
      const found = await one('mic', this.#constraints);
      if (!(found instanceof ClientError)) this.#take('mic', found);
    });
    this.#tell();
  }

  #micState(): LocalState['mic'] {
    if (this.#mic) return this.#wanted.mic ? 'on' : 'muted';
    return this.state.value.mic;
  }

  #show(change: Partial<LocalState>): void {
    const { micError, cameraError, ...rest } = { ...this.state.value, ...change };
    this.state.set({
      ...rest,
      // An error is over when its device works.
      ...(micError && (rest.mic === 'none' || rest.mic === 'lost') ? { micError } : {}),
      ...(cameraError && (rest.camera === 'none' || rest.camera === 'lost') ? { cameraError } : {}),
    });
  }

  #tell(): void {
    if (this.#released) return;
    const { mic, camera } = this.state.value;
    this.#events.sending({ audio: mic === 'on', video: camera === 'on' });
  }
}
