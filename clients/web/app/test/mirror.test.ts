/** The camera and the microphone outside a call are open for as long as they are shown, and no longer. */
import { ClientError } from '@visavis/client';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

class FakeTrack {
  live = true;
  stop = () => {
    this.live = false;
  };
}

class FakeStream {
  readonly track: FakeTrack;

  constructor([track = new FakeTrack()]: readonly FakeTrack[] = []) {
    this.track = track;
  }

  getTracks = () => [this.track];
  getVideoTracks = () => [this.track];
}

const blurred = new FakeTrack();
/** Blurs, when the test says so. */
let ready: () => void;
let signals: AbortSignal[];
let stream: FakeStream;
let open: typeof import('../src/call/camera.ts').openCamera;
let keepOpen: typeof import('../src/call/keep-open.ts').keepOpen;

vi.mock('../src/blur/blur.ts', () => ({
  blur: (_: unknown, __: unknown, signal: AbortSignal) => {
    signals.push(signal);
    return new Promise((resolve) => {
      ready = () => resolve({ track: blurred, stop: blurred.stop });
    });
  },
}));

beforeAll(async () => {
  vi.stubGlobal('window', Object.assign(new EventTarget(), { isSecureContext: true }));
  vi.stubGlobal('localStorage', { getItem: () => 'blur' });
  vi.stubGlobal('MediaStream', FakeStream);
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } });
  ({ openCamera: open } = await import('../src/call/camera.ts'));
  ({ keepOpen } = await import('../src/call/keep-open.ts'));
});

afterAll(() => vi.unstubAllGlobals());

beforeEach(() => {
  stream = new FakeStream();
  blurred.live = true;
  signals = [];
});

test('a camera that is closed while its blur is loaded is off at once, and never shown', async () => {
  const shown: unknown[] = [];
  const close = keepOpen(
    open,
    (now) => shown.push(now),
    (error) => shown.push(error.code),
  );
  await vi.waitUntil(() => signals.length > 0);
  expect(stream.track.live).toBe(true);
  close();
  expect([stream.track.live, signals[0]?.aborted]).toEqual([false, true]);
  ready();
  await vi.waitUntil(() => !blurred.live);
  expect(shown).toEqual([null]);
});

test('a camera is shown blurred, and is off with its blur when it is closed', async () => {
  const shown: unknown[] = [];
  const close = keepOpen(
    open,
    (now) => shown.push(now?.getTracks()[0] ?? null),
    (error) => shown.push(error.code),
  );
  await vi.waitUntil(() => signals.length > 0);
  ready();
  await vi.waitUntil(() => shown.length > 0);
  close();
  expect([shown, stream.track.live, blurred.live]).toEqual([[blurred, null], false, false]);
});

test('what cannot be opened is told while it is wanted, and not after', async () => {
  const error = new ClientError('device-missing');
  const refused: unknown[] = [];
  const refusing = () => Promise.resolve(error);
  const add = (cause: unknown) => refused.push(cause);
  keepOpen(refusing, () => undefined, add);
  keepOpen(refusing, () => undefined, add)();
  await vi.waitUntil(() => refused.length > 0);
  expect(refused).toEqual([error]);
});
