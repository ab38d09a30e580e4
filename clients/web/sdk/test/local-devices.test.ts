/** What a call does with microphones, cameras and screens that come, go and are taken, in a browser made up for it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { DeviceList } from '../src/media/device-list.ts';
import { LocalDevices } from '../src/media/local-devices.ts';
import type { MediaNotice } from '../src/protocol.ts';
import type { EffectedTrack, TrackEffect } from '../src/public.ts';

const PLUGGED = ['headset', 'desk', 'webcam'];

class FakeTrack extends EventTarget {
  readyState = 'live';
  enabled = true;
  muted = false;
  contentHint = '';
  readonly kind: string;
  readonly label: string;

  constructor(kind: string, label: string) {
    super();
    this.kind = kind;
    this.label = label;
  }

  stop(): void {
    this.readyState = 'ended';
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.label };
  }

  /** By somebody else than the page. */
  end(): void {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }
}

class FakeStream {
  readonly tracks: FakeTrack[];

  constructor(tracks: FakeTrack[] = []) {
    this.tracks = tracks;
  }

  getTracks = () => this.tracks;
  getAudioTracks = () => this.tracks.filter(({ kind }) => kind === 'audio');
  getVideoTracks = () => this.tracks.filter(({ kind }) => kind === 'video');
  addTrack = (track: FakeTrack) => this.tracks.push(track);
  removeTrack = (track: FakeTrack) => this.tracks.splice(this.tracks.indexOf(track), 1);
}

/** A machine with these devices; the first microphone that is plugged in is the usual one. */
class FakeMachine extends EventTarget {
  plugged = [...PLUGGED];
  /** What the user allows of a screen. */
  screen: Error | 'picture' | 'both' = 'both';
  readonly opened: FakeTrack[] = [];
  readonly asked: MediaStreamConstraints[] = [];

  getUserMedia = (wanted: MediaStreamConstraints) => {
    this.asked.push(wanted);
    const open = (kind: 'audio' | 'video', names: string[]) => {
      const constraints = wanted[kind];
      if (!constraints) return [];
      const { deviceId } = constraints as { deviceId?: { exact?: string; ideal?: string } };
      const present = names.filter((name) => this.plugged.includes(name));
      const exact = deviceId?.exact;
      const found = exact ? present.find((name) => name === exact) : undefined;
      const ideal = present.find((name) => name === deviceId?.ideal);
      const label = exact ? found : (ideal ?? present[0]);
      if (!label) throw Object.assign(new Error(), { name: 'NotFoundError' });
      return [new FakeTrack(kind, label)];
    };
    try {
      const tracks = [...open('audio', ['headset', 'desk']), ...open('video', ['webcam', 'lid'])];
      this.opened.push(...tracks);
      return Promise.resolve(new FakeStream(tracks));
    } catch (error) {
      return Promise.reject(error);
    }
  };

  getDisplayMedia = () => {
    if (this.screen instanceof Error) return Promise.reject(this.screen);
    const tracks = [new FakeTrack('video', 'screen')];
    if (this.screen === 'both') tracks.push(new FakeTrack('audio', 'screen'));
    this.opened.push(...tracks);
    return Promise.resolve(new FakeStream(tracks));
  };

  enumerateDevices = () =>
    Promise.resolve(
      this.plugged.map((name) => ({
        kind: ['webcam', 'lid'].includes(name) ? 'videoinput' : 'audioinput',
        deviceId: name,
        label: name,
      })),
    );

  /** The names of what is open. */
  get live(): string[] {
    return this.opened.filter(({ readyState }) => readyState === 'live').map(({ label }) => label);
  }

  change(plugged: string[]): void {
    this.plugged = plugged;
    this.dispatchEvent(new Event('devicechange'));
  }
}

let machine: FakeMachine;
let local: LocalDevices;
let wire: Record<string, string | null>;
let told: MediaNotice[];
let problems: string[];
/** What was sent of a picture, by the names of its tracks. */
let pictures: string[];

// Fetched when a device is refused: here that takes no time.
beforeAll(() => import('../src/media/refusal.ts').then(() => undefined));

beforeEach(() => {
  vi.useFakeTimers();
  machine = new FakeMachine();
  vi.stubGlobal('navigator', { mediaDevices: machine });
  vi.stubGlobal('MediaStream', FakeStream);
  vi.stubGlobal('isSecureContext', true);
  wire = {};
  told = [];
  problems = [];
  pictures = [];
  local = new LocalDevices({ audio: {}, video: {} }, new DeviceList(), {
    send: (line, track) => {
      wire[line] = track?.label ?? null;
      if (line === 'camera' && track) pictures.push(track.label);
    },
    sending: (notice) => told.push(notice),
    speaker: () => Promise.resolve(),
    problem: ({ code }) => void problems.push(code),
  });
});

afterEach(() => {
  local.release();
  expect(machine.live).toEqual([]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(1);
const track = (label: string) => machine.opened.findLast((one) => one.label === label);

async function talking(): Promise<void> {
  local.capture({ audio: true, video: true });
  await settle();
}

/** Makes of each track another, which is named after it. */
const louder: TrackEffect = { apply: (track) => Promise.resolve(made('louder', track)) };

function made(how: string, { kind, label }: MediaStreamTrack): EffectedTrack {
  const track = new FakeTrack(kind, `${how} ${label}`);
  machine.opened.push(track);
  return { track: track as unknown as MediaStreamTrack, stop: () => track.stop() };
}

describe('an effect', () => {
  it('is sent in the place of the microphone, and ends with it', async () => {
    await talking();
    machine.asked.length = 0;
    await local.process('mic', { effect: louder });
    await settle();
    expect(machine.asked).toEqual([]);
    expect(wire['mic']).toBe('louder headset');
    expect(machine.live).toEqual(['headset', 'webcam', 'louder headset']);
    await local.process('mic', {});
    expect(wire['mic']).toBe('headset');
    expect(machine.live).toEqual(['headset', 'webcam']);
  });

  it('with constraints of its own has the microphone opened anew', async () => {
    await talking();
    machine.asked.length = 0;
    await local.process('mic', { constraints: { noiseSuppression: false }, effect: louder });
    await settle();
    expect(machine.asked).toEqual([{ audio: { noiseSuppression: false, deviceId: { exact: 'headset' } } }]);
    expect(wire['mic']).toBe('louder headset');
    expect(machine.live).toEqual(['webcam', 'headset', 'louder headset']);
  });

  it('goes over to another microphone, and comes back after a hold', async () => {
    await local.process('mic', { effect: louder });
    await talking();
    expect(wire['mic']).toBe('louder headset');
    await local.use('mic', 'desk');
    await settle();
    expect(wire['mic']).toBe('louder desk');
    local.hold(true);
    expect([wire['mic'], machine.live]).toEqual([null, []]);
    local.hold(false);
    await settle();
    expect(wire['mic']).toBe('louder desk');
  });

  it('that fails leaves the microphone as it is, and is told', async () => {
    await talking();
    await local.process('mic', { effect: { apply: () => Promise.reject(new Error('no library')) } });
    await settle();
    expect([wire['mic'], problems]).toEqual(['headset', ['effect-failed']]);
  });

  it('that fails later gives way to the microphone as it is', async () => {
    let fail = (_: unknown) => {};
    await talking();
    await local.process('mic', {
      effect: {
        apply: (track, failed, signal) => {
          fail = failed;
          return louder.apply(track, failed, signal);
        },
      },
    });
    await settle();
    expect(wire['mic']).toBe('louder headset');
    fail(new Error('it stands still'));
    expect([wire['mic'], problems]).toEqual(['headset', ['effect-failed']]);
    expect(machine.live).toEqual(['headset', 'webcam']);
  });

  it('that is ready when another was chosen meanwhile is let go of', async () => {
    await talking();
    const late = new Late();
    await local.process('mic', { effect: late });
    expect(wire['mic']).toBe('headset');
    await local.process('mic', {});
    late.ready();
    await settle();
    expect([wire['mic'], machine.live]).toEqual(['headset', ['headset', 'webcam']]);
  });

  it('is told that it is not wanted any more: when another is chosen, when it fails, and at the end', async () => {
    const signals: AbortSignal[] = [];
    let fail = (_: unknown) => {};
    const effect: TrackEffect = {
      apply: (_, failed, signal) => {
        fail = failed;
        signals.push(signal);
        return new Promise(() => {});
      },
    };
    const aborted = () => signals.map((signal) => signal.aborted);
    await talking();
    await local.process('mic', { effect });
    expect(aborted()).toEqual([false]);
    await local.process('mic', { effect: { ...effect } });
    expect(aborted()).toEqual([true, false]);
    fail(new Error('it stands still'));
    expect(aborted()).toEqual([true, true]);
    await local.process('mic', { effect: { ...effect } });
    local.release();
    expect(aborted()).toEqual([true, true, true]);
  });

  it('is not taken up if the microphone cannot be had for it', async () => {
    await talking();
    machine.plugged = ['webcam'];
    const quiet = { constraints: { noiseSuppression: false }, effect: louder };
    await expect(local.process('mic', quiet)).rejects.toMatchObject({ code: 'device-missing' });
    machine.plugged = [...PLUGGED];
    await local.use('mic', 'desk');
    await settle();
    expect(wire['mic']).toBe('desk');
  });
});

/** One that is ready when the test says so, and then at once. */
class Late implements TrackEffect {
  readonly hides: boolean;
  ready = () => {};
  readonly #waits: Promise<void>;

  constructor({ hides = false } = {}) {
    this.hides = hides;
    this.#waits = new Promise((resolve) => {
      this.ready = resolve;
    });
  }

  apply(track: MediaStreamTrack): Promise<EffectedTrack> {
    return this.#waits.then(() => made('hidden', track));
  }
}

describe('an effect that hides', () => {
  /** Every track of a picture that has been on the wire since the last look. */
  const sent = () => pictures.splice(0);

  it('keeps the camera back until it is ready, and then is what is sent and shown', async () => {
    const blur = new Late({ hides: true });
    await local.process('camera', { effect: blur });
    await talking();
    expect([local.state.value.camera, told.at(-1)]).toEqual(['on', { audio: true, video: false }]);
    blur.ready();
    await settle();
    expect(sent()).toEqual(['hidden webcam']);
    expect(told.at(-1)).toEqual({ audio: true, video: true });
    await local.process('camera', {});
    expect(sent()).toEqual(['webcam']);
    expect(machine.live).toEqual(['headset', 'webcam']);
  });

  it('takes the open camera off the wire at once', async () => {
    await talking();
    sent();
    const blur = new Late({ hides: true });
    const doing = local.process('camera', { effect: blur });
    expect([wire['camera'], told.at(-1)]).toEqual([null, { audio: true, video: false }]);
    await doing;
    blur.ready();
    await settle();
    expect(sent()).toEqual(['hidden webcam']);
  });

  it('hides another camera, one that takes over, and one that is on again after a hold', async () => {
    machine.plugged = [...PLUGGED, 'lid'];
    const blur = new Late({ hides: true });
    blur.ready();
    await local.process('camera', { effect: blur });
    await talking();
    await local.use('camera', 'lid');
    await settle();
    expect(sent()).toEqual(['hidden webcam', 'hidden lid']);
    track('lid')?.end();
    await settle();
    local.hold(true);
    local.hold(false);
    await settle();
    await local.camera(false);
    await local.camera(true);
    await settle();
    expect(new Set(sent())).toEqual(new Set(['hidden lid']));
    expect(machine.live).toEqual(['headset', 'lid', 'hidden lid']);
  });

  it('takes the place of one that does not hide, whose track is not sent any more', async () => {
    const brighter: TrackEffect = { apply: (track) => Promise.resolve(made('brighter', track)) };
    await local.process('camera', { effect: brighter });
    await talking();
    await settle();
    sent();
    await local.process('camera', { effect: new Late({ hides: true }) });
    await settle();
    expect([wire['camera'], sent(), machine.live]).toEqual([null, [], ['headset', 'webcam']]);
  });

  it.each(['at once', 'later'])('that fails %s lets go of the camera and says so', async (when) => {
    let fail = (_: unknown) => {};
    const cause = new Error('no library');
    await local.process('camera', {
      effect: {
        hides: true,
        apply: (track, failed) => {
          fail = failed;
          return when === 'later' ? Promise.resolve(made('hidden', track)) : Promise.reject(cause);
        },
      },
    });
    await talking();
    fail(cause);
    expect(sent()).toEqual(when === 'later' ? ['hidden webcam'] : []);
    expect([wire['camera'], machine.live, problems]).toEqual([null, ['headset'], ['effect-failed']]);
    const { camera, cameraError } = local.state.value;
    expect([camera, cameraError?.code, cameraError?.device]).toEqual(['none', 'effect-failed', 'camera']);
    expect(told.at(-1)).toEqual({ audio: true, video: false });
    // The way out.
    await local.process('camera', {});
    await local.camera(true);
    expect([sent(), local.state.value.camera]).toEqual([['webcam'], 'on']);
  });

  it('is kept to when the camera cannot be had for it', async () => {
    await talking();
    sent();
    machine.plugged = ['headset'];
    const wanted = { constraints: { frameRate: 30 }, effect: new Late({ hides: true }) };
    await expect(local.process('camera', wanted)).rejects.toMatchObject({ code: 'device-missing' });
    machine.plugged = [...PLUGGED];
    await local.camera(true);
    await settle();
    expect([sent(), wire['camera']]).toEqual([[], null]);
  });
});

describe('a weak network', () => {
  it('is told in place of pictures that are on, and only then', async () => {
    local.capture({ audio: true, video: false });
    await settle();
    told = [];
    local.weak(true);
    await local.camera(true);
    await local.camera(false);
    await local.screen(true);
    local.weak(false);
    expect(told).toEqual([
      { audio: true, video: false },
      { audio: true, video: false, weak: true },
      { audio: true, video: false },
      { audio: true, video: false, weak: true },
      { audio: true, video: false, screen: true },
    ]);
    expect(machine.live, 'nothing is closed').toEqual(['headset', 'screen', 'screen']);
  });
});

describe('a call on hold', () => {
  it('lets go of everything and takes up again what was on', async () => {
    await talking();
    await local.screen(true);
    local.hold(true);
    expect(machine.live).toEqual([]);
    expect(wire).toEqual({ mic: null, camera: null, screen: null, 'screen-sound': null });
    local.hold(false);
    await settle();
    expect(machine.live).toEqual(['headset', 'webcam']);
    expect(local.state.value).toMatchObject({ mic: 'on', camera: 'on', screen: 'off' });
  });

  it('by the other side puts nothing on the wire, whatever is opened or closed, and keeps the devices', async () => {
    await talking();
    const before = { ...wire };
    local.pause(true);
    expect(wire).toEqual({ mic: null, camera: null, screen: null, 'screen-sound': null });
    expect(machine.live).toEqual(['headset', 'webcam']);
    await local.camera(false);
    await local.camera(true);
    expect(wire.camera).toBeNull();
    local.pause(false);
    expect(wire.mic).toBe(before.mic);
    expect(wire.camera).toBe('webcam');
  });

  it('resumes muted what was muted, and opens nothing for it', async () => {
    await talking();
    await local.mic(false);
    await local.camera(false);
    local.hold(true);
    local.hold(false);
    await settle();
    expect(machine.live).toEqual([]);
    expect(local.state.value).toMatchObject({ mic: 'muted', camera: 'off' });
    await local.mic(true);
    expect(machine.live).toEqual(['headset']);
  });

  it('gives back what the browser opens too late', async () => {
    local.capture({ audio: true, video: false });
    local.hold(true);
    await settle();
    expect(machine.live).toEqual([]);
  });
});

describe('a call that is over', () => {
  it('asks for no device that was to be opened', async () => {
    local.capture({ audio: true, video: true });
    local.release();
    await settle();
    expect(machine.asked).toEqual([]);
  });

  it('asks for none in the place of one that was lost', async () => {
    await talking();
    machine.asked.length = 0;
    track('headset')?.end();
    local.release();
    await settle();
    expect(machine.asked).toEqual([]);
  });
});

describe('a shared screen', () => {
  it('is sent with its sound, sharp rather than smooth, beside the camera', async () => {
    await talking();
    await local.screen(true);
    expect(wire).toEqual({ mic: 'headset', camera: 'webcam', screen: 'screen', 'screen-sound': 'screen' });
    expect(machine.opened.find(({ label }) => label === 'screen')?.contentHint).toBe('detail');
    expect(told.at(-1)).toEqual({ audio: true, video: true, screen: true });
  });

  it('ends when the browser’s own bar ends it', async () => {
    await local.screen(true);
    machine.opened.find(({ label, kind }) => label === 'screen' && kind === 'video')?.end();
    expect(machine.live).toEqual([]);
    expect(local.state.value.screen).toBe('off');
    expect(told.at(-1)).toEqual({ audio: false, video: false });
  });

  it('that the user does not choose is no harm', async () => {
    machine.screen = Object.assign(new Error('Permission denied'), { name: 'NotAllowedError' });
    await expect(local.screen(true)).rejects.toMatchObject({
      code: 'permission-dismissed',
      device: 'screen',
    });
    machine.screen = Object.assign(new Error('Permission denied by system'), { name: 'NotAllowedError' });
    await expect(local.screen(true)).rejects.toMatchObject({ code: 'permission-denied' });
    expect(local.state.value.screen).toBe('off');
  });

  it('chosen after the end of the call is let go', async () => {
    const choosing = local.screen(true);
    local.release();
    await choosing;
    expect(machine.live).toEqual([]);
  });
});

describe('a device that is unplugged', () => {
  it('gives way to the next, and the call goes on', async () => {
    await talking();
    const states: string[] = [];
    local.state.subscribe(({ mic }) => states.push(mic));
    machine.plugged = ['desk', 'webcam'];
    track('headset')?.end();
    await settle();
    expect(states).toEqual(expect.arrayContaining(['lost']));
    expect(local.state.value).toMatchObject({ mic: 'on', micLabel: 'desk', camera: 'on' });
    expect(local.state.value.micError).toBeUndefined();
    expect(wire['mic']).toBe('desk');
  });

  it('is noticed by the list alone where no track ends', async () => {
    await talking();
    machine.change(['headset', 'lid']);
    await settle();
    expect(local.state.value).toMatchObject({ camera: 'on', cameraLabel: 'lid' });
    expect(machine.live).toEqual(['headset', 'lid']);
  });

  it('and has no other leaves the call without', async () => {
    await talking();
    machine.change(['webcam']);
    await settle();
    expect(local.state.value).toMatchObject({ mic: 'lost', micError: { code: 'device-lost' }, camera: 'on' });
    expect(told.at(-1)).toEqual({ audio: false, video: true });
    machine.plugged = PLUGGED;
    await local.mic(true);
    expect(local.state.value).toMatchObject({ mic: 'on', micLabel: 'headset' });
  });
});

describe('a microphone that the system takes', () => {
  it('is told after two seconds, and comes back by itself', async () => {
    await talking();
    const mic = track('headset');
    if (!mic) throw new Error('no microphone');
    mic.muted = true;
    mic.dispatchEvent(new Event('mute'));
    vi.advanceTimersByTime(1_999);
    expect(local.state.value.mic).toBe('on');
    vi.advanceTimersByTime(1);
    expect(local.state.value.mic).toBe('taken');
    expect(told.at(-1)?.audio).toBe(false);
    mic.muted = false;
    mic.dispatchEvent(new Event('unmute'));
    expect(local.state.value.mic).toBe('on');
    expect(told.at(-1)?.audio).toBe(true);
  });

  it('is opened anew when the user asks for it', async () => {
    await talking();
    const mic = track('headset');
    if (!mic) throw new Error('no microphone');
    mic.muted = true;
    mic.dispatchEvent(new Event('mute'));
    vi.advanceTimersByTime(2_000);
    await local.mic(true);
    expect(mic.readyState).toBe('ended');
    expect(local.state.value.mic).toBe('on');
    expect(machine.live).toEqual(['webcam', 'headset']);
  });
});

describe('another device', () => {
  it('is taken when the user chooses it, and by the next call too', async () => {
    await talking();
    await local.use('mic', 'desk');
    expect(wire['mic']).toBe('desk');
    expect(machine.live).toEqual(['webcam', 'desk']);
    local.hold(true);
    local.hold(false);
    await settle();
    expect(machine.live).toEqual(['desk', 'webcam']);
  });

  it('that cannot be had leaves everything as it is', async () => {
    await talking();
    await expect(local.use('mic', 'gone')).rejects.toMatchObject({ code: 'device-missing' });
    expect(wire['mic']).toBe('headset');
    expect(machine.live).toEqual(['headset', 'webcam']);
  });

  it('stays muted if the one before was', async () => {
    await talking();
    await local.mic(false);
    await local.use('mic', 'desk');
    expect(local.state.value.mic).toBe('muted');
    expect(track('desk')?.enabled).toBe(false);
  });

  it('shows in the list while somebody looks', async () => {
    expect(local.devices.value).toEqual([]);
    const seen: string[][] = [];
    const stop = local.devices.subscribe((devices) => seen.push(devices.map(({ label }) => label)));
    await settle();
    machine.change(['desk']);
    await settle();
    stop();
    machine.change([]);
    await settle();
    expect(seen).toEqual([[], PLUGGED, ['desk']]);
  });
});
