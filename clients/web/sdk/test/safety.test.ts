import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Peer, Safety } from '../src/public.ts';
import { Source } from '../src/readable.ts';
import type { Kept } from '../src/safety/store.ts';
import { unwatched } from '../src/safety/unwatched.ts';
import { type Compared, SafetyWatch } from '../src/safety/watch.ts';

/** What each of the two browsers keeps. */
const kept = new Map<string, Kept[]>();
/** Whose device has which key, and who has none. */
const secrets = new Map<string, CryptoKeyPair>();

vi.mock('../src/safety/store.ts', () => ({
  async deviceKey(me: string) {
    const pair = secrets.get(me);
    if (!pair) return undefined;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    const sign = async (data: BufferSource) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, data));
    return { publicKey, sign };
  },
  verifiedKeys: (me: string, other: string) => Promise.resolve(kept.get(`${me} ${other}`) ?? []),
  keepVerified(me: string, other: string, one: Kept) {
    kept.set(`${me} ${other}`, [...(kept.get(`${me} ${other}`) ?? []), one]);
    return Promise.resolve();
  },
}));

async function newKey(user: string): Promise<void> {
  secrets.set(user, (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair);
}

beforeEach(async () => {
  kept.clear();
  for (const user of ['alice', 'bob']) await newKey(user);
});

afterEach(() => vi.useRealTimers());

interface Person {
  readonly watch: SafetyWatch;
  readonly told: (Safety | null)[];
  /** Whom the server says that the call is with. */
  readonly peer: Source<Peer>;
  latest(): Safety | null | undefined;
}

/** One end of a connection. `certificate` is a byte that fills the fingerprint. */
function end(
  me: string,
  peer: Partial<Peer> & { readonly id: string },
  certificates: readonly [string, string],
  say: (data: unknown) => void,
  compared: Compared = { exchanges: 0 },
): Person {
  const described = (byte: string) => ({
    sdp: `a=fingerprint:sha-256 ${Array(32).fill(byte).join(':')}\r\n`,
  });
  const [mine, theirs] = certificates;
  const connection = {
    currentLocalDescription: described(mine),
    currentRemoteDescription: described(theirs),
    sctp: null,
  } as RTCPeerConnection;
  const told: (Safety | null)[] = [];
  const shown = new Source<Peer>({ name: peer.id, lost: false, contact: false, ...peer });
  const events = { who: () => ({ me, peer: shown }), safety: (safety: Safety | null) => told.push(safety) };
  const watch = new SafetyWatch(connection, events, compared, say);
  return { watch, told, peer: shown, latest: () => told.at(-1) };
}

/** Alice and Bob, connected; what is known of the people may differ. */
function connect(
  more: {
    readonly contact?: boolean;
    readonly bobIsGuest?: boolean;
    /** Of alice's call, if it had a connection before. */
    readonly compared?: Compared;
    /** Whom alice is shown. */
    readonly shown?: { readonly id: string; readonly name: string };
  } = {},
) {
  const { contact = false, shown = { id: 'bob' } } = more;
  const label = more.bobIsGuest ? { guest: { label: 'shop' } } : {};
  const hear = (data: unknown) => bob.watch.hear(data);
  const alice = end('alice', { ...shown, contact, ...label }, ['01', '02'], hear, more.compared);
  const bob = end(more.bobIsGuest ? 'guest.x' : 'bob', { id: 'alice', contact }, ['02', '01'], (data) =>
    alice.watch.hear(data),
  );
  return { alice, bob };
}

/** That the emoji on the screen are the same. */
async function match(safety: Safety | null | undefined): Promise<void> {
  await safety?.verify(safety.code);
}

async function talk(pair = connect()) {
  for (const { watch } of [pair.alice, pair.bob]) {
    watch.opened();
    watch.used();
  }
  await vi.waitFor(() => {
    for (const { told } of [pair.alice, pair.bob]) expect(told).toHaveLength(1);
  });
  return { alice: pair.alice.latest(), bob: pair.bob.latest(), people: pair };
}

it('both see the same four emoji, which nobody has compared yet', async () => {
  const { alice, bob } = await talk();
  expect(alice).toMatchObject({ status: 'unverified', lasting: true, code: { length: 4 } });
  expect(bob).toMatchObject({ status: 'unverified', lasting: true, code: alice?.code });
});

it('whom somebody has verified is verified in later calls, on that side alone', async () => {
  const first = await talk();
  await match(first.alice);
  expect(first.people.alice.latest()).toMatchObject({
    status: 'verified',
    lasting: true,
    code: first.alice?.code,
  });
  const { alice, bob } = await talk();
  expect([alice?.status, bob?.status]).toEqual(['verified', 'unverified']);
  expect(alice?.code).not.toEqual(first.alice?.code);
});

it('another device of somebody verified is told, and verifying it keeps both', async () => {
  await match((await talk()).alice);
  await newKey('bob');
  const { alice } = await talk();
  expect(alice?.status).toBe('changed');
  await match(alice);
  expect((await talk()).alice?.status).toBe('verified');
  expect(kept.get('alice bob')).toHaveLength(2);
});

it('a device without a key is verified for one connection only', async () => {
  secrets.delete('bob');
  const first = await talk();
  expect(first.alice).toMatchObject({ status: 'unverified', lasting: false });
  await match(first.alice);
  expect(first.people.alice.latest()).toMatchObject({ status: 'verified', lasting: false });
  expect((await talk()).alice?.status).toBe('unverified');
});

it('a guest is verified for one connection only, and shows no key', async () => {
  const { alice, bob } = await talk(connect({ bobIsGuest: true }));
  expect([alice?.lasting, bob?.lasting]).toEqual([false, false]);
  expect(alice?.code).toEqual(bob?.code);
});

it.each([
  ['a guest', { bobIsGuest: true }],
  ['a device without a key', {}],
])(
  'who verified %s is told when the call goes on with another connection, until it ends',
  async (_, more) => {
    secrets.delete('bob');
    const compared = { exchanges: 0 };
    const again = () => talk(connect({ ...more, compared }));
    await match((await again()).alice);
    const { alice } = await again();
    expect(alice?.status).toBe('changed');
    await match(alice);
    expect((await again()).alice?.status).toBe('changed');
    expect((await talk(connect(more))).alice?.status).toBe('unverified');
  },
);

describe('what the server says of who it is', () => {
  it('verifies nobody: a key that was kept under another name is a changed one', async () => {
    await match((await talk(connect({ shown: { id: 'carol', name: 'Bob' } }))).alice);
    const shown = async (name: string) =>
      (await talk(connect({ shown: { id: 'carol', name } }))).alice?.status;
    expect([await shown('Bob'), await shown('Carol')]).toEqual(['verified', 'changed']);
  });

  it.each([
    ['name', { name: 'Carol' }, 'changed'],
    ['person', { id: 'carol' }, 'unverified'],
  ])('takes the emoji back when it names another %s, and they are judged anew', async (_, other, status) => {
    const { alice, people } = await talk();
    await match(alice);
    const verified = people.alice.latest();
    people.alice.peer.set({ ...people.alice.peer.value, ...other });
    expect(people.alice.latest()).toBeNull();
    await vi.waitFor(() => expect(people.alice.latest()).toMatchObject({ status, code: alice?.code }));
    await expect(match(verified)).rejects.toMatchObject({ code: 'wrong-state' });
    expect(people.alice.latest()?.status).toBe(status);
  });

  it('changes nothing when it is only that their device was lost', async () => {
    const { people } = await talk();
    people.alice.peer.set({ ...people.alice.peer.value, lost: true });
    expect(people.alice.told).toHaveLength(1);
  });
});

it('only the emoji of this connection verify it', async () => {
  const { alice, bob, people } = await talk();
  const before = (await talk()).alice?.code ?? [];
  await expect(alice?.verify(before)).rejects.toMatchObject({ code: 'wrong-state' });
  people.bob.watch.stop();
  await expect(match(bob)).rejects.toMatchObject({ code: 'wrong-state' });
  expect([people.alice.told.length, kept.size]).toEqual([1, 0]);
});

it('a call has eight exchanges, and the ninth has failed whatever it says', async () => {
  const compared = { exchanges: 0 };
  for (let round = 0; round < 8; round += 1) {
    expect((await talk(connect({ compared }))).alice?.status).toBe('unverified');
  }
  const { alice } = connect({ compared, contact: true });
  alice.watch.opened();
  await vi.waitFor(() => expect(alice.latest()).toMatchObject({ status: 'failed', code: [] }));
});

it('contacts compare while it rings, others once they talk', async () => {
  const contacts = connect({ contact: true });
  for (const { watch } of [contacts.alice, contacts.bob]) watch.opened();
  await vi.waitFor(() => expect(contacts.bob.told).toHaveLength(1));
  const said: unknown[] = [];
  const stranger = end('alice', { id: 'carol' }, ['01', '02'], (data) => said.push(data));
  stranger.watch.opened();
  expect(said).toEqual([]);
  stranger.watch.used();
  await vi.waitFor(() => expect(said).toHaveLength(1));
});

it('silence of somebody verified is told after ten seconds, and that of others never', async () => {
  await match((await talk()).alice);
  vi.useFakeTimers();
  const silent = (id: string, compared?: Compared) =>
    end('alice', { id }, ['01', '02'], () => undefined, compared);
  const once = { me: 'alice', id: 'dan', name: 'dan', keeps: false };
  const [bob, carol, dan] = [silent('bob'), silent('carol'), silent('dan', { exchanges: 1, once })];
  for (const { watch } of [bob, carol, dan]) watch.used();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(bob.told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  for (const { latest } of [bob, dan]) {
    expect(latest()).toMatchObject({ status: 'failed', code: [], lasting: false });
  }
  await vi.advanceTimersByTimeAsync(60_000);
  expect(carol.told).toEqual([]);
});

it('a side that breaks the rules has failed, whoever it is', async () => {
  const bob = end('bob', { id: 'alice' }, ['02', '01'], () => undefined);
  bob.watch.opened();
  bob.watch.used();
  bob.watch.hear({ v: 1, commitment: 'rubbish' });
  await vi.waitFor(() => expect(bob.latest()?.status).toBe('failed'));
});

it('a connection that is closed has nothing to compare any more', async () => {
  const pair = connect();
  for (const { watch } of [pair.alice, pair.bob]) watch.opened();
  pair.alice.watch.stop();
  for (const { watch } of [pair.alice, pair.bob]) watch.used();
  pair.alice.watch.hear({ v: 1 });
  await Promise.resolve();
  expect(pair.alice.told).toEqual([null]);
});

it('a page that could not fetch what compares says that the call is not checked, once it goes this way', async () => {
  const told: Safety[] = [];
  const watch = unwatched((safety) => void told.push(safety));
  watch.opened();
  watch.hear({ v: 1 });
  expect(told).toEqual([]);
  watch.used();
  expect(told).toMatchObject([{ status: 'failed', code: [], lasting: false }]);
  await expect(told[0]?.verify([])).rejects.toMatchObject({ code: 'wrong-state' });
});
