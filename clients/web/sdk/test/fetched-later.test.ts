/** Calls before the life of calls is here: what concerns them waits, and nothing of it is lost. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { ClientError } from '../src/client-error.ts';
import { Driver } from '../src/driver.ts';
import type { Call, CallState } from '../src/public.ts';
import { FakeMedia, NO_WITNESS } from './fake-media.ts';
import { FakeServer } from './fake-server.ts';

interface Person {
  readonly driver: Driver;
  readonly started: Promise<void>;
  readonly rings: Call[];
  readonly errors: ClientError[];
}

let server: FakeServer;
const drivers: Driver[] = [];

/** Somebody whose page fetches the rest by `fetchMedia`. */
function person(user: string, fetchMedia: () => Promise<unknown>): Person {
  const rings: Call[] = [];
  const errors: ClientError[] = [];
  const driver = new Driver({
    url: 'ws://fake/ws',
    transport: server.transport(user),
    ticket: () => Promise.resolve('tkt'),
    device: () => Promise.resolve({ id: 'tab', name: `${user}'s tab` }),
    media: (events) => new FakeMedia(events),
    fetchMedia,
    now: () => Date.now(),
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    log: undefined,
    witness: NO_WITNESS,
  });
  drivers.push(driver);
  driver.on('incoming', (call) => rings.push(call));
  driver.on('error', (error) => errors.push(error));
  return { driver, started: driver.start(), rings, errors };
}

const here = () => Promise.resolve();

function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Alice and Bob, one of whom has the rest of the page only once it is let in. */
async function pair(
  late: 'alice' | 'bob',
): Promise<{ alice: Person; bob: Person; letIn: () => Promise<void> }> {
  const { passed, open } = gate();
  const of = (user: 'alice' | 'bob') => person(user, user === late ? () => passed : here);
  const people = { alice: of('alice'), bob: of('bob') };
  await people[late === 'alice' ? 'bob' : 'alice'].started;
  await settle();
  const letIn = async () => {
    open();
    await people[late].started;
    await settle();
  };
  return { ...people, letIn };
}

function history(call: Call): CallState['type'][] {
  const seen: CallState['type'][] = [];
  call.state.subscribe((state) => seen.push(state.type));
  return seen;
}

const settle = () => vi.advanceTimersByTimeAsync(50);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

afterEach(() => {
  for (const driver of drivers.splice(0)) driver.close();
  vi.useRealTimers();
});

it('a call that comes too early rings as soon as it can', async () => {
  const { alice, bob, letIn } = await pair('bob');
  const out = alice.driver.call('bob');
  const outgoing = history(out);
  await settle();
  expect([bob.driver.link.value.type, bob.rings, outgoing]).toEqual(['online', [], ['dialing']]);

  await letIn();
  expect(outgoing).toEqual(['dialing', 'ringing']);
  await bob.rings[0]?.accept();
  await settle();
  expect(outgoing).toEqual(['dialing', 'ringing', 'connecting', 'active']);
  expect(bob.rings.map(({ state }) => state.value.type)).toEqual(['active']);
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

it('a call that is made too early goes its way, and what is said of it is taken in order', async () => {
  const { alice, bob, letIn } = await pair('alice');
  const out = alice.driver.call('bob', { video: true });
  const outgoing = history(out);
  await settle();
  await bob.rings[0]?.accept();
  await settle();
  expect(outgoing).toEqual(['dialing']);

  await letIn();
  expect(outgoing).toEqual(['dialing', 'ringing', 'connecting', 'active']);
  out.hangup();
  await settle();
  expect(bob.rings.map(({ state }) => state.value)).toMatchObject([{ reason: 'remote-hangup' }]);
});

it('whoever gives up before it is here has given up', async () => {
  const { alice, bob, letIn } = await pair('alice');
  const out = alice.driver.call('bob');
  await settle();
  out.hangup();
  await settle();
  expect(out.state.value).toMatchObject({ type: 'ended', reason: 'cancelled' });
  expect(bob.rings.map(({ state }) => state.value)).toMatchObject([{ reason: 'remote-cancelled' }]);

  await letIn();
  expect([alice.driver.calls.value, alice.rings, alice.errors]).toEqual([[], [], []]);
});

it('what a connection has said that is gone is not taken', async () => {
  const { alice, bob, letIn } = await pair('bob');
  const out = alice.driver.call('bob');
  await settle();
  out.hangup();
  await settle();
  server.cutAll();
  await vi.advanceTimersByTimeAsync(2_000);

  await letIn();
  expect([bob.rings, bob.driver.link.value.type]).toEqual([[], 'online']);
});

it('is fetched again when it could not be had, and says so if somebody waits for it', async () => {
  const answers = [Promise.reject(new Error('no network')), Promise.reject(new Error('no network')), here()];
  for (const answer of answers) answer.catch(() => undefined);
  const alice = person('alice', here);
  const bob = person('bob', () => answers.shift() ?? here());
  await Promise.all([alice.started, bob.started]);
  await settle();
  expect(bob.errors).toEqual([]);

  alice.driver.call('bob');
  await settle();
  expect([bob.errors.map(({ code }) => code), bob.rings]).toEqual([['server-unreachable'], []]);
  await vi.advanceTimersByTimeAsync(2_000);
  await settle();
  expect(bob.rings.map(({ state }) => state.value.type)).toEqual(['ringing']);
});
