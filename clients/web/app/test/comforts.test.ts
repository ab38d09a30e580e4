import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { showCall, showNothing, takeKeys } from '../src/comfort/media-keys.ts';
import { keepScreenOn, wantsScreen } from '../src/comfort/screen-on.ts';
import type { CallModel } from '../src/model/model.ts';
import { call, RINGS_HERE } from './call-models.ts';

afterEach(() => void vi.unstubAllGlobals());

describe('the screen', () => {
  const ACTIVE = { type: 'active', since: 0, path: 'direct' } as const;
  const VOICE: Partial<CallModel> = {
    state: ACTIVE,
    local: { mic: 'on', camera: 'off', screen: 'off' },
    remote: { audio: true, video: false, screen: false, blocked: false },
  };

  test.each<[boolean, string, Partial<CallModel>]>([
    [true, 'while one waits for an answer', { ...VOICE, state: { type: 'dialing' } }],
    [
      true,
      'while it rings there',
      { ...VOICE, state: { type: 'ringing', direction: 'out', until: undefined } },
    ],
    [false, 'while it rings here', RINGS_HERE],
    [
      true,
      'with their picture',
      { ...VOICE, remote: { audio: true, video: true, screen: false, blocked: false } },
    ],
    [
      true,
      'with their screen',
      { ...VOICE, remote: { audio: true, video: false, screen: true, blocked: false } },
    ],
    [true, 'with one’s own picture', { ...VOICE, local: { mic: 'on', camera: 'on', screen: 'off' } }],
    [true, 'while one shares a screen', { ...VOICE, local: { mic: 'on', camera: 'off', screen: 'on' } }],
    [false, 'with voices only', VOICE],
    [false, 'on hold', { state: ACTIVE, held: { me: true, peer: false } }],
    [
      false,
      'held by them, without a picture of one’s own',
      {
        ...VOICE,
        held: { me: false, peer: true },
        remote: { audio: true, video: true, screen: false, blocked: false },
      },
    ],
  ])('is kept on: %s, %s', (on, _, change) => {
    expect(wantsScreen(call(change))).toBe(on);
  });

  /** A browser that lets go of the screen when the page is hidden, as they all do. */
  class Screen extends EventTarget {
    visibilityState = 'visible';
    readonly locks = new Set<object>();

    request = () => {
      const lock = { release: () => Promise.resolve(void this.locks.delete(lock)) };
      this.locks.add(lock);
      return Promise.resolve(lock);
    };

    async turn(state: 'visible' | 'hidden'): Promise<void> {
      this.visibilityState = state;
      if (state === 'hidden') this.locks.clear();
      this.dispatchEvent(new Event('visibilitychange'));
      await Promise.resolve();
    }
  }

  let screen: Screen;
  beforeEach(() => {
    screen = new Screen();
    vi.stubGlobal('document', screen);
    vi.stubGlobal('navigator', { wakeLock: { request: screen.request } });
  });

  test('is asked for again when the page is seen again, and given up at the end', async () => {
    const letGo = keepScreenOn();
    await Promise.resolve();
    expect(screen.locks.size).toBe(1);
    await screen.turn('hidden');
    expect(screen.locks.size).toBe(0);
    await screen.turn('visible');
    expect(screen.locks.size).toBe(1);
    letGo();
    expect(screen.locks.size).toBe(0);
    await screen.turn('hidden');
    await screen.turn('visible');
    expect(screen.locks.size).toBe(0);
  });

  test('is not kept by what comes after the end', async () => {
    keepScreenOn()();
    await Promise.resolve();
    expect(screen.locks.size).toBe(0);
  });

  test('is left alone where the browser cannot, or will not', async () => {
    vi.stubGlobal('navigator', { wakeLock: { request: () => Promise.reject(new Error('battery')) } });
    const letGo = keepScreenOn();
    await Promise.resolve();
    expect(letGo).not.toThrow();
    vi.stubGlobal('navigator', {});
    expect(keepScreenOn()).not.toThrow();
  });
});

describe('the keys of a headset', () => {
  class Session {
    metadata: unknown = null;
    playbackState = 'none';
    readonly handlers = new Map<string, () => void>();
    readonly active: string[] = [];
    setActionHandler(key: string, run: (() => void) | null): void {
      if (key === 'togglecamera') throw new TypeError('not known here');
      if (run) this.handlers.set(key, run);
      else this.handlers.delete(key);
    }
    setMicrophoneActive = (on: boolean) => Promise.resolve(void this.active.push(`mic ${on}`));
  }

  let session: Session;
  beforeEach(() => {
    session = new Session();
    vi.stubGlobal('navigator', { mediaSession: session });
    vi.stubGlobal(
      'MediaMetadata',
      class {
        readonly title: string;
        constructor({ title }: { title: string }) {
          this.title = title;
        }
      },
    );
  });

  test('do what the buttons do, with the call as it is when they are pressed', () => {
    let now = call();
    const sent: unknown[] = [];
    takeKeys(
      () => now,
      (input) => void sent.push(input),
    );
    const press = (key: string) => session.handlers.get(key)?.();
    press('togglemicrophone');
    now = call({ local: { mic: 'muted', camera: 'on', screen: 'off' } });
    for (const key of ['togglemicrophone', 'pause', 'play', 'hangup']) press(key);
    now = call({ held: { me: true, peer: false } });
    press('play');
    expect(sent).toEqual([
      { type: 'mic', on: false },
      { type: 'mic', on: true },
      { type: 'mic', on: false },
      { type: 'mic', on: true },
      { type: 'hang-up' },
      { type: 'hold', on: false },
    ]);
  });

  test('know whether one is heard, and with whom one talks', () => {
    showCall(call());
    expect(session).toMatchObject({ metadata: { title: 'Bob' }, playbackState: 'playing' });
    showCall(call({ local: { mic: 'muted', camera: 'on', screen: 'off' } }));
    expect(session.playbackState).toBe('paused');
    expect(session.active).toEqual(['mic true', 'mic false']);
  });

  test('are given back at the end, and nothing of the call is left', () => {
    const leave = takeKeys(call, () => {});
    showCall(call());
    leave();
    showNothing();
    expect([...session.handlers.keys(), session.metadata, session.playbackState]).toEqual([null, 'none']);
  });

  test('are nobody’s where the browser has no such thing', () => {
    vi.stubGlobal('navigator', {});
    showCall(call());
    takeKeys(call, () => {})();
    showNothing();
  });
});
