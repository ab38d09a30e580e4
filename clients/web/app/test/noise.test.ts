/** The choice of what is done about noise, and the library that does most, in a browser made up for it. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

/** What a module of WebAssembly begins with, and all that the smallest has. */
const MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

class FakeNode extends EventTarget {
  static made: FakeNode[] = [];
  channelCount = 2;
  channelCountMode = 'max';
  readonly options: unknown;

  constructor(_: unknown, __: string, options?: unknown) {
    super();
    this.options = options;
    FakeNode.made.push(this);
  }

  connect = <Node>(node: Node) => node;
  disconnect = () => undefined;
}

class FakeContext extends EventTarget {
  static last: FakeContext | undefined;
  state = 'running';
  readonly audioWorklet = { addModule: () => Promise.resolve() };
  createMediaStreamSource = () => new FakeNode(this, 'source');
  createMediaStreamDestination = () => ({ stream: { getAudioTracks: () => ['made'] } });
  resume = () => Promise.resolve();

  constructor() {
    super();
    FakeContext.last = this;
  }

  close(): Promise<void> {
    this.state = 'closed';
    return Promise.resolve();
  }
}

let answer: Response;
let strongNoise: typeof import('../src/call/strong-noise.ts').strongNoise;
let noiseInCalls: typeof import('../src/call/noise.ts').noiseInCalls;

beforeAll(async () => {
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('AudioWorkletNode', FakeNode);
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('MediaStream', class {});
  vi.stubGlobal('fetch', () => Promise.resolve(answer));
  ({ strongNoise } = await import('../src/call/strong-noise.ts'));
  ({ noiseInCalls } = await import('../src/call/noise.ts'));
});

afterAll(() => vi.unstubAllGlobals());

beforeEach(() => {
  FakeNode.made = [];
});

const apply = (failed: (cause: unknown) => void = () => undefined) =>
  strongNoise.apply({} as MediaStreamTrack, failed, new AbortController().signal);

test.each([
  ['cannot be had', () => new Response('Bad gateway', { status: 502 }), 'answered with 502'],
  ['is something else', () => new Response('<!doctype html>'), 'WebAssembly'],
])('a library that %s makes no silence: it has failed, before there is a node', async (_, given, reason) => {
  answer = given();
  await expect(apply()).rejects.toThrow(reason);
  expect([FakeNode.made, FakeContext.last?.state]).toEqual([[], 'closed']);
});

test('a library that traps later has failed', async () => {
  answer = new Response(MODULE);
  const problems: unknown[] = [];
  const { track } = await apply((cause) => problems.push(cause));
  expect(track).toBe('made');
  FakeNode.made[0]?.dispatchEvent(new Event('processorerror'));
  expect(problems).toHaveLength(1);
});

test('both channels of a microphone are heard: they are mixed into the one that the library looks at', async () => {
  answer = new Response(MODULE);
  await apply();
  const [node] = FakeNode.made;
  expect([node?.channelCount, node?.channelCountMode]).toEqual([1, 'explicit']);
  expect(node?.options).toMatchObject({ processorOptions: { maxChannels: 1 } });
});

test('a microphone is asked for its own suppression or none, and is not refused where it has no choice', () => {
  const asked = (['browser', 'off', 'strong'] as const).map(
    (choice) => noiseInCalls.processing(choice).constraints,
  );
  const [on, off] = [true, false].map((noiseSuppression) => ({
    noiseSuppression,
    advanced: [{ noiseSuppression }],
  }));
  expect(asked).toEqual([on, off, off]);
});
