/** What is made of a microphone by a node of the Web Audio API, in a browser made up for it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { soundEffect } from '../src/effects.ts';

class FakeContext extends EventTarget {
  static readonly all: FakeContext[] = [];
  state = 'suspended';

  constructor() {
    super();
    FakeContext.all.push(this);
  }

  createMediaStreamSource = () => new FakeNode();
  createMediaStreamDestination = () => ({ stream: { getAudioTracks: () => [made] } });

  resume(): Promise<void> {
    if (this.state === 'closed') return Promise.reject(new Error('closed'));
    this.state = 'running';
    return Promise.resolve();
  }

  /** A second time it is refused, as by a browser. */
  close(): Promise<void> {
    if (this.state === 'closed') return Promise.reject(new Error('closed'));
    this.state = 'closed';
    return Promise.resolve();
  }
}

class FakeNode extends EventTarget {
  connect = <Node>(node: Node) => node;
  disconnect = () => undefined;
}

const microphone = {} as MediaStreamTrack;
const made = { stop: () => undefined };
let stop: AbortController;

beforeEach(() => {
  FakeContext.all.length = 0;
  stop = new AbortController();
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('MediaStream', class {});
});

afterEach(() => vi.unstubAllGlobals());

const states = () => FakeContext.all.map(({ state }) => state);
const asNode = (node: FakeNode) => node as unknown as AudioNode;

it('sends what comes out of the node, until it is stopped', async () => {
  const effect = soundEffect(() => Promise.resolve(asNode(new FakeNode())));
  const { track, stop: end } = await effect.apply(microphone, () => undefined, stop.signal);
  expect([track, states()]).toEqual([made, ['running']]);
  end();
  stop.abort();
  expect(states()).toEqual(['closed']);
});

it('has failed when the processor of its node throws', async () => {
  const node = new FakeNode();
  const problems: unknown[] = [];
  const effect = soundEffect(() => Promise.resolve(asNode(node)));
  await effect.apply(microphone, (cause) => problems.push(cause), stop.signal);
  node.dispatchEvent(new Event('processorerror'));
  expect(problems).toEqual([new Error('soundEffect: the processor threw')]);
});

it('leaves nothing open when it is not wanted any more, though its node never comes', () => {
  const told = vi.fn();
  const effect = soundEffect((_, signal) => {
    signal.addEventListener('abort', told);
    return new Promise(() => undefined);
  });
  void effect.apply(microphone, () => undefined, stop.signal);
  expect(states()).toEqual(['suspended']);
  stop.abort();
  expect([states(), told.mock.calls.length]).toEqual([['closed'], 1]);
});

it('opens nothing when it is not wanted before it begins', async () => {
  stop.abort();
  const effect = soundEffect(() => Promise.resolve(asNode(new FakeNode())));
  await expect(effect.apply(microphone, () => undefined, stop.signal)).rejects.toBe(stop.signal.reason);
  expect(states()).toEqual([]);
});

it('closes its context when there is no node', async () => {
  const effect = soundEffect(() => Promise.reject(new Error('no library')));
  await expect(effect.apply(microphone, () => undefined, stop.signal)).rejects.toThrow('no library');
  expect(states()).toEqual(['closed']);
});
