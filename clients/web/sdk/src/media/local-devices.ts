/** What this device sends in one call: microphone, camera, a shared screen. */
import { ClientError, type DeviceKind } from '../client-error.ts';
import type { MediaNotice } from '../protocol.ts';
import type {
  Device,
  DeviceRole,
  LocalMedia,
  LocalState,
  MediaChoice,
  Processing,
  Readable,
} from '../public.ts';
import { Source } from '../readable.ts';
import { type Constraints, capture, one } from './capture.ts';
import type { DeviceList } from './device-list.ts';
import { Elements } from './elements.ts';
import { Heard } from './heard.ts';
import { KINDS, LINES, type Line, type Tracks } from './lines.ts';
import { Effected } from './processing.ts';
import { type SharedScreen, shareScreen } from './screen-share.ts';

const DEVICES = ['mic', 'camera'] as const;
/** A system that takes a microphone for a sound of its own gives it back sooner. */
const TAKEN_MS = 2_000;

/** Whom the devices serve. */
export interface LocalEvents {
  /** Puts a track on the wire, or takes it off. */
  send(line: Line, track: MediaStreamTrack | null): void;
  sending(notice: MediaNotice): void;
  /** What arrives is to be heard from this speaker. */
  speaker(id: string): Promise<void>;
  problem(error: ClientError): void;
}

export class LocalDevices implements LocalMedia {
  readonly state = new Source<LocalState>({ mic: 'muted', camera: 'off', screen: 'off' });
  readonly #level = new Heard(0, ({ measure }) => measure);
  readonly #talk = new Heard(false, ({ watchTalk }) => watchTalk);
  readonly #constraints: Constraints;
  readonly #list: DeviceList;
  readonly #events: LocalEvents;
  /** With our own sound, for whoever records it. */
  readonly #views = { camera: new Elements(playMuted), screen: new Elements(playMuted) };
  readonly #stop = new AbortController();
  /** What each line sends, unless it is paused. */
  readonly #sent: Partial<Tracks> = {};
  readonly #tracks: Record<DeviceKind, MediaStreamTrack | null> = { mic: null, camera: null };
  readonly #processing: Record<DeviceKind, Processing> = { mic: {}, camera: {} };
  readonly #effected: Readonly<Record<DeviceKind, Effected>> = {
    mic: new Effected(),
    camera: new Effected(),
  };
  #screen: SharedScreen | null = null;
  /** The other side holds the call: nothing goes on the wire. */
  #paused = false;
  /** The network is too weak for pictures. */
  #weak = false;
  /** What the user wants, while the browser still asks or opens, and while the call is on hold. */
  readonly #wanted = { mic: false, camera: false };
  #held = false;
  #taken: ReturnType<typeof setTimeout> | undefined;
  /** One question to the browser at a time. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(constraints: Constraints, list: DeviceList, events: LocalEvents) {
    this.#constraints = constraints;
    this.#list = list;
    this.#events = events;
    // Some systems end no track when its device is gone: then the list is what tells.
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#checkDevices(), {
      signal: this.#stop.signal,
    });
  }

  get level(): Readable<number> {
    return this.#level.value;
  }

  get talkingWhileMuted(): Readable<boolean> {
    return this.#talk.value;
  }

  get devices(): Readable<readonly Device[]> {
    return this.#list.devices;
  }

  /** Opens what the user chose to send. What cannot be opened shows in `state`. */
  capture(choice: Required<MediaChoice>): void {
    this.#wanted.mic = choice.audio;
    this.#wanted.camera = choice.video;
    this.#open();
  }

  /** Another person is there: what is not in `choice` is off from now on, and nothing is turned on. */
  narrow(choice: Required<MediaChoice>): void {
    this.pause(false);
    this.#endScreen();
    this.#wanted.camera &&= choice.video;
    if (!this.#wanted.camera) this.#drop('camera');
    this.#tell();
  }

  async mic(on: boolean): Promise<void> {
    this.#wanted.mic = on;
    // A microphone that the system has taken is opened anew: that is what gives it back.
    if (on && this.state.value.mic === 'taken') this.#drop('mic');
    if (this.#tracks.mic) this.#tracks.mic.enabled = on;
    else if (on) await this.#inTurn(() => this.#acquire('mic'));
    this.#showMic();
    this.#tell();
  }

  async camera(on: boolean): Promise<void> {
    this.#wanted.camera = on;
    if (on) await this.#inTurn(() => this.#acquire('camera'));
    else this.#drop('camera');
    this.#tell();
  }

  async screen(on: boolean, { audio = true }: { readonly audio?: boolean } = {}): Promise<void> {
    if (!on) return this.#endScreen();
    if (this.#idle) {
      throw new ClientError('wrong-state', 'screen: the call is on hold or over', { device: 'screen' });
    }
    const shared = await shareScreen(audio);
    if (this.#idle) return stop(shared);
    this.#endScreen();
    this.#screen = shared;
    // The browser's own bar ends it, too, and so does a window that is closed.
    shared.picture.addEventListener('ended', () => shared === this.#screen && this.#endScreen());
    this.#send('screen', shared.picture);
    this.#send('screen-sound', shared.sound ?? null);
    this.#show({ screen: 'on' });
    this.#tell();
  }

  async use(role: DeviceRole, id: string): Promise<void> {
    if (role === 'speaker') await this.#events.speaker(id);
    else if (this.#tracks[role]) await this.#inTurn(() => this.#change(role, id));
    this.#list.choose(role, id);
  }

  async process(device: DeviceKind, processing: Processing): Promise<void> {
    const before = this.#processing[device];
    this.#processing[device] = processing;
    // From this moment on it is not seen as it is, however long the rest takes.
    if (processing.effect?.hides) this.#hide(device);
    try {
      // Behind what is being opened now, which does not know of it yet.
      await this.#inTurn(async () => {
        const track = this.#tracks[device];
        const id = track?.getSettings().deviceId;
        if (track && processing.constraints === before.constraints) this.#affect(device, track);
        else if (id !== undefined) await this.#change(device, id);
      });
    } catch (error) {
      if (this.#processing[device] === processing) this.#undo(device, processing, before);
      throw error;
    }
  }

  attach(element: HTMLMediaElement, view: 'camera' | 'screen' = 'camera'): () => void {
    return this.#views[view].attach(element);
  }

  /** Lets go of every device, or takes up those that were in use; a screen has to be shared anew. */
  hold(on: boolean): void {
    this.#held = on;
    if (on) {
      this.#drop('mic');
      this.#drop('camera');
      this.#endScreen();
    } else {
      this.#open();
    }
  }

  /** Takes everything off the wire, or puts it there again; the devices stay open, so that going on takes no time. */
  pause(on: boolean): void {
    this.#paused = on;
    for (const line of LINES) this.#send(line, this.#sent[line] ?? null);
  }

  /** Nothing is seen of camera and screen, though they are on, or it is seen again. */
  weak(on: boolean): void {
    if (on === this.#weak) return;
    this.#weak = on;
    this.#tell();
  }

  release(): void {
    this.#stop.abort();
    clearTimeout(this.#taken);
    for (const device of DEVICES) {
      this.#tracks[device]?.stop();
      this.#tracks[device] = null;
      this.#effected[device].stop();
    }
    if (this.#screen) stop(this.#screen);
    this.#screen = null;
    this.#level.listenTo(null);
    this.#talk.listenTo(null);
    for (const view of Object.values(this.#views)) view.release();
    this.#show({ mic: 'none', camera: 'none', screen: 'off' });
  }

  /** On hold or over: no device is asked for. */
  get #idle(): boolean {
    return this.#held || this.#stop.signal.aborted;
  }

  #send(line: Line, track: MediaStreamTrack | null): void {
    this.#sent[line] = track;
    this.#views[line.startsWith('screen') ? 'screen' : 'camera'].put(KINDS[line], track);
    this.#events.send(line, this.#paused ? null : track);
  }

  #open(): void {
    void this.#inTurn(async () => {
      if (this.#idle) return;
      const wanted = {
        audio: this.#wanted.mic && !this.#tracks.mic,
        video: this.#wanted.camera && !this.#tracks.camera,
      };
      const { mic, camera } = await capture(wanted, this.#chosen());
      if (mic) this.#take('mic', mic);
      if (camera) this.#take('camera', camera);
      this.#tell();
    });
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#asking.then(work);
    this.#asking = turn.catch(() => undefined);
    await turn;
  }

  async #acquire(device: DeviceKind): Promise<void> {
    if (this.#idle || this.#tracks[device]) return;
    const found = await one(device, this.#chosen());
    this.#take(device, found);
    if (found instanceof ClientError) throw found;
  }

  /** Goes over to another device of the kind. If that cannot be had, the one in use stays. */
  async #change(device: DeviceKind, id: string): Promise<void> {
    if (this.#stop.signal.aborted || !this.#tracks[device]) return;
    const exact = { deviceId: { exact: id } };
    const { audio, video } = this.#asked();
    const wanted = { audio: { ...audio, ...exact }, video: { ...video, ...exact } };
    let found = await one(device, wanted);
    if (found instanceof ClientError && found.code === 'device-busy') {
      // Phones open one camera at a time.
      this.#drop(device);
      found = await one(device, wanted);
      if (found instanceof ClientError) await this.#acquire(device);
    }
    if (found instanceof ClientError) throw found;
    const before = this.#tracks[device];
    this.#take(device, found);
    before?.stop();
  }

  /** The constraints, with the device that the user has chosen, if it is there. */
  #chosen(): Constraints {
    const prefer = (device: DeviceKind) => {
      const id = this.#list.chosen(device);
      return id === undefined ? {} : { deviceId: { ideal: id } };
    };
    const { audio, video } = this.#asked();
    return { audio: { ...audio, ...prefer('mic') }, video: { ...video, ...prefer('camera') } };
  }

  /** What is asked of the browser whichever device it is. */
  #asked(): Constraints {
    const { mic, camera } = this.#processing;
    return {
      audio: { ...this.#constraints.audio, ...mic.constraints },
      video: { ...this.#constraints.video, ...camera.constraints },
    };
  }

  #take(device: DeviceKind, found: MediaStreamTrack | ClientError): void {
    if (found instanceof ClientError) {
      this.#show(
        device === 'mic' ? { mic: 'none', micError: found } : { camera: 'none', cameraError: found },
      );
      this.#events.problem(found);
      return;
    }
    // The call has ended or is on hold, or the user has thought better of it, while the browser asked.
    if (this.#idle || (device === 'camera' && !this.#wanted.camera)) {
      return found.stop();
    }
    found.addEventListener('ended', () => this.#lost(device, found));
    this.#tracks[device] = found;
    this.#affect(device, found);
    void this.#list.look();
    if (device === 'mic') {
      found.enabled = this.#wanted.mic;
      for (const type of ['mute', 'unmute']) found.addEventListener(type, () => this.#micMuted(found));
      this.#micMuted(found);
      this.#level.listenTo(found);
      this.#show({ micLabel: found.label });
      this.#showMic();
    } else {
      this.#show({ camera: 'on', cameraLabel: found.label });
    }
  }

  /** Whoever waits to be heard is not kept waiting by an effect that takes its time: it comes in when it is ready. */
  #affect(device: DeviceKind, track: MediaStreamTrack): void {
    const { effect } = this.#processing[device];
    if (effect?.hides) this.#hide(device);
    else this.#send(device, track);
    this.#effected[device].begin(track, effect, {
      made: (made) => {
        this.#send(device, made);
        this.#tell();
      },
      failed: (cause) => {
        const hint = `${device}: the effect failed; ${effect?.hides ? 'nothing' : 'it'} is sent`;
        const error = new ClientError('effect-failed', hint, { device, cause });
        if (effect?.hides) return this.#giveUp(device, error);
        this.#send(device, track);
        this.#events.problem(error);
      },
    });
  }

  #hide(device: DeviceKind): void {
    this.#effected[device].stop();
    if (!this.#sent[device]) return;
    this.#send(device, null);
    this.#tell();
  }

  /** Lets go of what cannot be had as it is wanted. */
  #giveUp(device: DeviceKind, error: ClientError): void {
    this.#drop(device);
    this.#take(device, error);
    this.#tell();
  }

  /** The device could not be had. What was to be hidden stays hidden. */
  #undo(device: DeviceKind, { effect }: Processing, before: Processing): void {
    const track = this.#tracks[device];
    if (effect?.hides) return this.#drop(device);
    this.#processing[device] = before;
    if (track) this.#affect(device, track);
  }

  #drop(device: DeviceKind, lost?: 'lost'): void {
    const track = this.#tracks[device];
    if (!track) return;
    track.stop();
    this.#effected[device].stop();
    this.#tracks[device] = null;
    this.#send(device, null);
    if (device === 'mic') {
      clearTimeout(this.#taken);
      this.#level.listenTo(null);
      this.#talk.listenTo(null);
      this.#show({ mic: lost ?? 'muted' });
    } else {
      this.#show({ camera: lost ?? 'off' });
    }
  }

  /** Unplugged, or taken for good. Another device takes over by itself, if there is one. */
  #lost(device: DeviceKind, track: MediaStreamTrack): void {
    if (track !== this.#tracks[device]) return;
    this.#drop(device, 'lost');
    const error = new ClientError('device-lost', `${device}: unplugged, or taken by the system`, { device });
    this.#show(device === 'mic' ? { micError: error } : { cameraError: error });
    this.#events.problem(error);
    this.#tell();
    void this.#inTurn(async () => {
      if (this.#idle || this.#tracks[device]) return;
      const found = await one(device, this.#chosen());
      // What is wrong has been said: the device is lost.
      if (!(found instanceof ClientError)) this.#take(device, found);
      this.#tell();
    });
  }

  async #checkDevices(): Promise<void> {
    const present = await this.#list.look();
    for (const device of DEVICES) {
      const track = this.#tracks[device];
      const id = track?.getSettings().deviceId;
      const others = present.filter(({ role }) => role === device);
      if (track && id && !others.some((other) => other.id === id)) this.#lost(device, track);
    }
  }

  /** The system mutes a microphone while a telephone call or another app has it. */
  #micMuted(track: MediaStreamTrack): void {
    if (track !== this.#tracks.mic) return;
    clearTimeout(this.#taken);
    if (!track.muted) {
      this.#showMic();
      return this.#tell();
    }
    this.#taken = setTimeout(() => {
      this.#show({ mic: 'taken' });
      this.#tell();
    }, TAKEN_MS);
  }

  #showMic(): void {
    const { mic } = this.#tracks;
    if (!mic) return;
    const muted = !this.#wanted.mic;
    this.#show({ mic: muted ? 'muted' : 'on' });
    this.#talk.listenTo(muted ? mic : null);
  }

  #endScreen(): void {
    if (!this.#screen) return;
    stop(this.#screen);
    this.#screen = null;
    this.#send('screen', null);
    this.#send('screen-sound', null);
    this.#show({ screen: 'off' });
    this.#tell();
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
    if (this.#stop.signal.aborted) return;
    const { mic, camera, screen } = this.state.value;
    const audio = mic === 'on';
    if (this.#weak && (camera === 'on' || screen === 'on')) {
      return this.#events.sending({ audio, video: false, weak: true });
    }
    const shared = screen === 'on' ? { screen: true } : {};
    // What hides it may not be ready yet.
    this.#events.sending({ audio, video: camera === 'on' && !!this.#sent.camera, ...shared });
  }
}

/** Our own voice would come back as an echo. */
function playMuted(element: HTMLMediaElement): void {
  element.muted = true;
  element.play().catch(() => undefined);
}

function stop({ picture, sound }: SharedScreen): void {
  picture.stop();
  sound?.stop();
}
