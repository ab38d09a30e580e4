import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ClientError } from '../src/client-error.ts';
import { Driver } from '../src/driver.ts';
import type { Call, CallState } from '../src/public.ts';
import { FakeMedia, NO_WITNESS } from './fake-media.ts';
import { FakeServer } from './fake-server.ts';

interface Person {
  readonly driver: Driver;
  readonly media: FakeMedia[];
  readonly errors: ClientError[];
  readonly rings: Call[];
}

const drivers: Driver[] = [];

/** Somebody with a device; `listens`: their application shows incoming calls. */
async function person(server: FakeServer, user: string, device = 'tab', listens = true): Promise<Person> {
  const media: FakeMedia[] = [];
  const errors: ClientError[] = [];
  const rings: Call[] = [];
  const driver = new Driver({
    url: 'ws://fake/ws',
    transport: server.transport(user),
    ticket: () => Promise.resolve('tkt'),
    device: () => Promise.resolve({ id: device, name: `${user}'s ${device}` }),
    media: (events) => {
      const made = new FakeMedia(events);
      media.push(made);
      return made;
    },
    now: () => Date.now(),
    witness: NO_WITNESS,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    log: undefined,
  });
  drivers.push(driver);
  driver.on('error', (error) => errors.push(error));
  if (listens) driver.on('incoming', (call) => rings.push(call));
  await driver.start();
  await vi.advanceTimersByTimeAsync(10);
  return { driver, media, errors, rings };
}

/** Every state that a call goes through. */
function history(call: Call): CallState['type'][] {
  const seen: CallState['type'][] = [];
  call.state.subscribe((state) => seen.push(state.type));
  return seen;
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(50);
}

describe('two people', () => {
  let server: FakeServer;
  let alice: Person;
  let bob: Person;

  beforeEach(async () => {
    vi.useFakeTimers();
    server = new FakeServer();
    alice = await person(server, 'alice');
    bob = await person(server, 'bob');
  });

  afterEach(() => {
    for (const driver of drivers.splice(0)) driver.close();
    vi.useRealTimers();
  });

  it('call, ring, answer, talk and hang up', async () => {
    const out = alice.driver.call('Bob ', { video: true });
    const outgoing = history(out);
    await settle();
    const [incoming] = bob.rings;
    expect(incoming).toMatchObject({ direction: 'in', media: { audio: true, video: true } });
    expect(incoming?.peer.value).toEqual({ id: 'alice', name: 'alice', lost: false, contact: false });
    expect(bob.driver.current.value).toBe(incoming);

    const answered = incoming ? history(incoming) : [];
    await incoming?.accept({ video: false });
    await settle();
    expect(out.remote.value).toEqual({ audio: true, video: false, screen: false, blocked: false });
    expect(incoming?.remote.value).toEqual({ audio: true, video: true, screen: false, blocked: false });

    incoming?.hangup();
    await settle();
    expect(outgoing).toEqual(['dialing', 'ringing', 'connecting', 'active', 'ended']);
    expect(answered).toEqual(['ringing', 'connecting', 'active', 'ended']);
    expect(out.state.value).toMatchObject({ reason: 'remote-hangup' });
    expect(incoming?.state.value).toMatchObject({ reason: 'hangup' });
    expect(alice.driver.calls.value).toEqual([]);
    expect(alice.driver.current.value).toBeNull();
    expect(alice.media[0]?.asked).toEqual(['capture', 'prepare', 'offer', 'answer', 'release']);
    // Media that lingers may still ask.
    expect(alice.media[0]?.events.peer().value.id).toBe('bob');
    expect([...alice.errors, ...bob.errors]).toEqual([]);
  });

  it('are both told whose pictures a weak network pauses, and when it lets them through again', async () => {
    const out = alice.driver.call('bob', { video: true });
    await settle();
    const [incoming] = bob.rings;
    await incoming?.accept({ video: true });
    await settle();
    const strong = { me: false, peer: false };
    expect([out.weak.value, incoming?.weak.value]).toEqual([strong, strong]);

    alice.media[0]?.events.sending({ audio: true, video: false, weak: true });
    await settle();
    expect(out.weak.value).toEqual({ me: true, peer: false });
    expect(incoming?.weak.value).toEqual({ me: false, peer: true });
    expect(incoming?.remote.value).toMatchObject({ audio: true, video: false });

    out.hold(true);
    await settle();
    expect([out.weak.value, incoming?.weak.value], 'nothing is sent on hold').toEqual([strong, strong]);
    out.hold(false);

    alice.media[0]?.events.sending({ audio: true, video: true });
    await settle();
    expect([out.weak.value, incoming?.weak.value]).toEqual([strong, strong]);
    expect(incoming?.remote.value).toMatchObject({ audio: true, video: true });
  });

  it('release their media in the same task in which the end is shown', async () => {
    const call = alice.driver.call('bob');
    await settle();
    let releasedBefore: boolean | undefined;
    call.state.subscribe((state) => {
      if (state.type === 'ended') releasedBefore = alice.media[0]?.asked.at(-1) === 'release';
    });
    call.hangup();
    expect(call.state.value).toMatchObject({ type: 'ended', reason: 'cancelled' });
    expect(releasedBefore).toBe(true);
  });

  it('who call each other at once are in one call, and nobody is asked to answer', async () => {
    const fromAlice = alice.driver.call('bob');
    const fromBob = bob.driver.call('alice');
    await settle();
    expect(fromAlice.id).toBe(fromBob.id);
    expect([fromAlice.state.value.type, fromBob.state.value.type]).toEqual(['active', 'active']);
    expect([...alice.rings, ...bob.rings]).toEqual([]);
  });

  it('one of whom calls back while it rings: that answers', async () => {
    const out = alice.driver.call('bob');
    await settle();
    const back = bob.driver.call('alice');
    expect(back).toBe(bob.rings[0]);
    await settle();
    expect(out.state.value.type).toBe('active');
  });

  it('one of whom has two devices: one answers, the other learns where', async () => {
    const phone = await person(server, 'bob', 'phone');
    alice.driver.call('bob');
    await settle();
    await phone.rings[0]?.accept();
    await settle();
    expect(phone.rings[0]?.state.value.type).toBe('active');
    expect(bob.rings[0]?.state.value).toMatchObject({
      type: 'ended',
      reason: 'elsewhere',
      summary: { answeredOn: 'bob/phone' },
    });
  });

  it('one of whom takes the call to another device', async () => {
    const phone = await person(server, 'bob', 'phone');
    const out = alice.driver.call('bob', { video: true });
    await settle();
    await bob.rings[0]?.accept();
    await settle();
    expect(phone.driver.elsewhere.value).toMatchObject([
      { peer: { id: 'alice' }, device: 'bob/tab', video: true },
    ]);
    expect(bob.driver.elsewhere.value).toEqual([]);

    const [there] = phone.driver.elsewhere.value;
    const taken = there?.take();
    await settle();
    expect([taken?.state.value.type, out.state.value.type]).toEqual(['active', 'active']);
    expect(bob.rings[0]?.state.value).toMatchObject({
      reason: 'elsewhere',
      summary: { answeredOn: 'bob/phone' },
    });
    expect(bob.media[0]?.asked.at(-1)).toBe('linger');
    expect(alice.media[0]?.used).toEqual(['0', '1']);
    expect(phone.driver.elsewhere.value).toEqual([]);
    expect(bob.driver.elsewhere.value).toMatchObject([{ device: 'bob/phone' }]);
    // It is here already: what the application still holds of it takes nothing.
    taken?.hangup();
    expect(() => there?.take()).toThrow(ClientError);

    await settle();
    expect(out.state.value).toMatchObject({ reason: 'remote-hangup' });
    expect(bob.driver.elsewhere.value).toEqual([]);
  });

  it('do not ring where no application listens, until one does', async () => {
    const deaf = await person(server, 'carol', 'tab', false);
    const call = alice.driver.call('carol');
    await settle();
    expect(call.state.value).toEqual({ type: 'dialing' });
    const rings: Call[] = [];
    deaf.driver.on('incoming', (ring) => rings.push(ring));
    await settle();
    expect(rings).toHaveLength(1);
    expect(call.state.value.type).toBe('ringing');
  });

  it('keep talking while the server is away, and its return carries the hang-up over', async () => {
    const out = alice.driver.call('bob');
    await settle();
    await bob.rings[0]?.accept();
    await settle();
    server.down = true;
    server.cutAll();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(alice.driver.link.value.type).toBe('connecting');
    expect(out.state.value.type).toBe('active');
    expect(bob.rings[0]?.state.value.type).toBe('active');

    out.hangup();
    server.down = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(alice.driver.link.value).toEqual({ type: 'online', me: 'alice' });
    expect(bob.rings[0]?.state.value).toMatchObject({ type: 'ended', reason: 'remote-hangup' });
  });

  it('may hang up from within what tells them of a change', async () => {
    const out = alice.driver.call('bob');
    out.state.subscribe((state) => {
      if (state.type === 'ringing') out.hangup();
    });
    const seen = history(out);
    await settle();
    expect(seen).toEqual(['dialing', 'ended']);
    expect(bob.rings[0]?.state.value).toMatchObject({ type: 'ended', reason: 'remote-cancelled' });
  });

  it('stop calling when the signal is aborted', async () => {
    const giveUp = new AbortController();
    const out = alice.driver.call('bob', { signal: giveUp.signal });
    await settle();
    giveUp.abort();
    expect(out.state.value).toMatchObject({ type: 'ended', reason: 'cancelled' });
  });

  it('cannot accept a call that they made themselves', async () => {
    const out = alice.driver.call('bob');
    await expect(out.accept()).rejects.toMatchObject({ code: 'wrong-state' });
    out.hangup();
    await expect(out.accept()).resolves.toBeUndefined();
  });

  it('may ask to be told of calls once, or until a signal', async () => {
    const once: Call[] = [];
    const until: Call[] = [];
    const stop = new AbortController();
    bob.driver.on('incoming', (call) => once.push(call), { once: true });
    bob.driver.on('incoming', (call) => until.push(call), { signal: stop.signal });
    for (let round = 0; round < 2; round += 1) {
      const out = alice.driver.call('bob');
      await settle();
      out.hangup();
      await settle();
      stop.abort();
    }
    expect([once.length, until.length, bob.rings.length]).toEqual([1, 1, 2]);
  });
});

describe('a device', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    for (const driver of drivers.splice(0)) driver.close();
    vi.useRealTimers();
  });

  it('without a login goes offline and says so', async () => {
    const errors: ClientError[] = [];
    const server = new FakeServer();
    const driver = new Driver({
      url: 'ws://fake/ws',
      transport: server.transport('alice'),
      ticket: () => Promise.reject(new ClientError('signed-out')),
      device: () => Promise.resolve({ id: 'tab', name: 'tab' }),
      media: (events) => new FakeMedia(events),
      now: () => Date.now(),
      witness: NO_WITNESS,
      random: (count) => crypto.getRandomValues(new Uint8Array(count)),
      log: undefined,
    });
    driver.on('error', (error) => errors.push(error));
    await driver.start();
    await settle();
    expect(driver.link.value).toEqual({ type: 'offline', reason: 'signed-out' });
    expect(errors.map(({ code }) => code)).toEqual(['signed-out']);
  });

  it('reports what it cannot read, and goes on', async () => {
    let say: (text: string) => void = () => undefined;
    const errors: ClientError[] = [];
    const driver = new Driver({
      url: 'ws://fake/ws',
      transport: {
        open: (_, events) => {
          say = events.message;
          return { send: () => undefined, close: () => undefined };
        },
      },
      ticket: () => Promise.resolve('tkt'),
      device: () => Promise.resolve({ id: 'tab', name: 'tab' }),
      media: (events) => new FakeMedia(events),
      now: () => Date.now(),
      witness: NO_WITNESS,
      random: (count) => crypto.getRandomValues(new Uint8Array(count)),
      log: undefined,
    });
    drivers.push(driver);
    driver.on('error', (error) => errors.push(error));
    await driver.start();
    for (const text of ['', '[]', '{"type":7}', '{"type":"call","data":{"id":"x"}}', '{"type":"tomorrow"}'])
      say(text);
    expect(errors.map(({ code }) => code)).toEqual(['protocol', 'protocol', 'protocol', 'protocol']);
    expect(driver.link.value.type).toBe('connecting');
  });
});
