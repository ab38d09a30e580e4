/** Large files take as long as the network needs, and are given up where it stands still. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetched } from '../src/call/fetched.ts';
import { NotFetched } from '../src/call/not-fetched.ts';

let body: ReadableStreamDefaultController<Uint8Array>;
let status: number;

beforeEach(() => {
  vi.useFakeTimers();
  status = 200;
  vi.stubGlobal('fetch', (_: string, { signal }: { readonly signal: AbortSignal }) => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        body = controller;
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(stream, { status }));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What becomes of it, in a word. */
const outcome = (file: Promise<ArrayBuffer>) =>
  file.then(
    (bytes) => [...new Uint8Array(bytes)],
    (cause: unknown) => cause instanceof NotFetched && cause.message,
  );

test('a file that comes slowly comes whole', async () => {
  const file = outcome(fetched('/file'));
  for (const part of [1, 2, 3]) {
    await vi.advanceTimersByTimeAsync(19_000);
    body.enqueue(new Uint8Array([part]));
  }
  await vi.advanceTimersByTimeAsync(19_000);
  body.close();
  expect(await file).toEqual([1, 2, 3]);
});

test('one of which nothing more comes is given up', async () => {
  const file = outcome(fetched('/file'));
  await vi.advanceTimersByTimeAsync(10_000);
  body.enqueue(new Uint8Array([1]));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await file).toContain('/file could not be fetched: AbortError');
});

test('one that the server does not give is none', async () => {
  status = 502;
  expect(await outcome(fetched('/file'))).toBe('/file could not be fetched: Error: answered with 502');
});

test('one that is not wanted any more is not fetched to its end', async () => {
  const stop = new AbortController();
  const file = outcome(fetched('/file', stop.signal));
  stop.abort();
  expect(await file).toContain('/file could not be fetched: AbortError');
});
