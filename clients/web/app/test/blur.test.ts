/** A camera that blurs by itself is preferred, and watched: the system has a switch of its own. Else a worker does it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { blur } from '../src/blur/blur.ts';
import type { FromWorker } from '../src/blur/messages.ts';
import { blurItself, blursItself } from '../src/blur/native.ts';
import { NotFetched } from '../src/call/not-fetched.ts';

class FakeCamera extends EventTarget {
  blur = false;
  /** What a page may switch it to. */
  readonly can: readonly boolean[] | undefined;
  readonly asked: MediaTrackConstraints[] = [];

  constructor(can: readonly boolean[] | undefined) {
    super();
    this.can = can;
  }

  getCapabilities = () => (this.can ? { backgroundBlur: this.can } : {});
  getConstraints = () => ({ width: 1280 });
  getSettings = () => ({ backgroundBlur: this.blur });

  applyConstraints = (wanted: MediaTrackConstraints & { readonly backgroundBlur?: unknown }) => {
    this.asked.push(wanted);
    const on = wanted.backgroundBlur !== false;
    if (this.can?.includes(on)) this.blur = on;
    return Promise.resolve();
  };

  /** By the user, with the system's switch. */
  switch(on: boolean): void {
    this.blur = on;
    this.dispatchEvent(new Event('configurationchange'));
  }

  get track(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }
}

test('a camera that can blur, or always does, is asked to', () => {
  const answers = [[false, true], [true], [false], undefined].map((can) =>
    blursItself(new FakeCamera(can).track),
  );
  expect(answers).toEqual([true, true, false, false]);
});

test('it blurs as long as it is wanted, and is otherwise as it was', async () => {
  const camera = new FakeCamera([false, true]);
  const made = await blurItself(camera.track, () => undefined);
  expect([made.track === camera.track, camera.blur]).toEqual([true, true]);
  made.stop();
  expect(camera.blur).toBe(false);
  expect(camera.asked).toEqual([
    { width: 1280, backgroundBlur: { exact: true } },
    { width: 1280, backgroundBlur: false },
  ]);
});

test('it has failed when the system switches it off, and only while it is wanted', async () => {
  const camera = new FakeCamera([false, true]);
  const problems: unknown[] = [];
  const made = await blurItself(camera.track, (cause) => problems.push(cause));
  camera.switch(true);
  expect(problems).toEqual([]);
  camera.switch(false);
  expect(problems).toEqual([new Error('the blur was switched off by the system')]);
  made.stop();
  camera.switch(false);
  expect(problems).toHaveLength(1);
});

test('one that says so and does not is not believed', async () => {
  const camera = new FakeCamera([true]);
  camera.applyConstraints = () => Promise.resolve();
  await expect(blurItself(camera.track, () => undefined)).rejects.toThrow('and does not');
});

test('one that is let go of late does not take it from the next', async () => {
  const camera = new FakeCamera([false, true]);
  // The browser takes its time, and does one after the other.
  const { applyConstraints } = camera;
  let doing = Promise.resolve();
  camera.applyConstraints = (wanted) => {
    doing = doing.then(() => applyConstraints(wanted));
    return doing;
  };
  const late = blurItself(camera.track, () => undefined);
  const next = blurItself(camera.track, () => undefined);
  (await late).stop();
  const made = await next;
  await doing;
  expect(camera.blur).toBe(true);
  made.stop();
  await doing;
  expect(camera.blur).toBe(false);
});

describe('a worker', () => {
  class FakeWorker {
    static last: FakeWorker | undefined;
    onerror: ((event: { readonly message?: string }) => void) | undefined;
    onmessage: ((event: { readonly data: FromWorker }) => void) | undefined;
    postMessage = () => undefined;
    terminate = vi.fn();

    constructor() {
      FakeWorker.last = this;
    }
  }

  /** Begins with a camera that does not blur, in a browser that gives pictures as streams. */
  function begin(signal = new AbortController().signal) {
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('window', {
      MediaStreamTrackProcessor: class {},
      MediaStreamTrackGenerator: class {
        stop = () => undefined;
      },
    });
    const blurring = blur(new FakeCamera(undefined).track, () => undefined, signal);
    const worker = FakeWorker.last;
    if (!worker) throw new Error('no worker');
    return { blurring, worker };
  }

  afterEach(() => vi.unstubAllGlobals());

  test('that finds its files missing, or is missing itself, is told apart from one that fails', async () => {
    const ends: ((worker: FakeWorker) => void)[] = [
      (worker) =>
        worker.onmessage?.({ data: { type: 'failed', fetched: false, reason: 'answered with 502' } }),
      (worker) => worker.onerror?.({}),
      (worker) => worker.onmessage?.({ data: { type: 'failed', fetched: true, reason: 'no canvas' } }),
      (worker) => worker.onerror?.({ message: 'no memory' }),
    ];
    const causes: unknown[] = [];
    for (const end of ends) {
      const { blurring, worker } = begin();
      end(worker);
      causes.push(await blurring.catch((cause) => [cause.constructor, worker.terminate.mock.calls.length]));
    }
    expect(causes).toEqual([
      [NotFetched, 1],
      [NotFetched, 1],
      [Error, 1],
      [Error, 1],
    ]);
  });

  test('that is not wanted any more ends, whatever it is doing', async () => {
    const stop = new AbortController();
    const { blurring, worker } = begin(stop.signal);
    stop.abort();
    await expect(blurring).rejects.toThrow('not wanted any more');
    expect(worker.terminate.mock.calls).toHaveLength(1);
  });
});
