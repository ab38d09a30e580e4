import type { Contact, Me } from '@visavis/client';
import { describe, expect, test, vi } from 'vitest';
import { keepAwaited, keptAwaited } from '../src/awaited.ts';
import type { Input, Output } from '../src/model/message.ts';
import { initialModel, type Model, type PastCall } from '../src/model/model.ts';
import { NOBODY, type OwnPreferences, requestsOf } from '../src/model/people.ts';
import { isQuiet, unseenCount } from '../src/model/people-update.ts';
import { update } from '../src/model/update.ts';
import { WISH_MS } from '../src/push/wish.ts';
import { nextMorning } from '../src/screens/settings/quiet.tsx';
import { RINGS_HERE, snapshot } from './call-models.ts';

/** Takes inputs in turn; gives the model after them and the outputs of the last. */
function run(model: Model, ...inputs: readonly Input[]): { model: Model; outputs: readonly Output[] } {
  let outputs: readonly Output[] = [];
  let after = model;
  for (const input of inputs) [after, outputs] = update(after, input);
  return { model: after, outputs };
}

const ME: Me = { name: 'alice', display_name: 'Alice' };
const BOB: Contact = { name: 'bob', display_name: 'Bobby', chosen_name: 'Bob', favourite: true };
const CAROL: Contact = { name: 'carol', display_name: 'Carol', chosen_name: 'Carol', favourite: false };
const PREFERENCES: OwnPreferences = {
  callers: 'everyone',
  call_waiting: true,
  do_not_disturb: { on: false, schedule: [] },
  favourites_ring_through: true,
  hide_address: false,
  quietUntil: null,
};

const past = (call: string, peer: string, change: Partial<PastCall> = {}): PastCall => ({
  call,
  peer,
  peer_name: peer,
  direction: 'in',
  outcome: 'missed',
  reason: 'no_answer',
  media: ['audio'],
  started_ago_ms: 0,
  duration_ms: 0,
  startedAt: 0,
  ...change,
});

const home = run(
  initialModel(true),
  { type: 'open', token: null },
  { type: 'who-am-i', me: ME },
  { type: 'contacts', contacts: [BOB, CAROL] },
  { type: 'blocks', blocks: [] },
).model;

describe('contacts', () => {
  test('are changed here at once, and on the server', () => {
    const change = { favourite: false, display_name: '' };
    const { model, outputs } = run(home, { type: 'put-contact', name: 'bob', change });
    expect(model.people.contacts.items[0]).toEqual({ ...BOB, favourite: false, display_name: 'Bob' });
    expect(outputs).toEqual([{ type: 'send-contact', name: 'bob', change }]);
  });

  test('that were removed come back as they were by pressing undo', () => {
    const removed = run(home, { type: 'remove-contact', name: 'bob' });
    expect(removed.model.people.contacts.items).toEqual([CAROL]);
    expect(removed.outputs).toEqual([{ type: 'delete-contact', name: 'bob' }]);
    const undo = removed.model.toast?.action?.input;
    expect(undo && run(removed.model, undo).outputs).toEqual([
      { type: 'send-contact', name: 'bob', change: { favourite: true, display_name: 'Bobby' } },
    ]);
  });

  test('are no contacts any more once they are blocked, and both is undone together', () => {
    const blocked = run(home, { type: 'block', name: 'bob', displayName: 'Bobby' });
    expect(blocked.model.people.contacts.items).toEqual([CAROL]);
    expect(blocked.model.people.blocks.items.map(({ name }) => name)).toEqual(['bob']);
    expect(blocked.outputs).toEqual([{ type: 'send-block', name: 'bob' }]);
    const undo = blocked.model.toast?.action?.input;
    const { model, outputs } = undo ? run(blocked.model, undo) : blocked;
    expect(model.people.blocks.items).toEqual([]);
    expect(outputs).toEqual([
      { type: 'delete-block', name: 'bob' },
      { type: 'send-contact', name: 'bob', change: { favourite: true, display_name: 'Bobby' } },
    ]);
  });

  test('are asked for again when the server did not do it, and the user is told why', () => {
    const why = { type: 'nobody', name: 'dave' } as const;
    const { model, outputs } = run(home, { type: 'not-done', what: 'contacts', why });
    expect(model.toast?.message).toEqual({ key: 'ended.not-found', params: { name: 'dave' } });
    expect(outputs).toEqual([{ type: 'load', what: 'contacts' }]);
  });

  test('stay on the screen when they could not be read again', () => {
    const { model } = run(home, { type: 'load-failed', what: 'contacts' });
    expect(model.people.contacts).toEqual({ status: 'failed', items: [BOB, CAROL] });
  });

  test('are read again when another device has changed them, and devices only where they are shown', () => {
    const news: Input = { type: 'changed', what: ['contacts', 'devices', 'history'] };
    const contacts: Output = { type: 'load', what: 'contacts' };
    const history: Output = { type: 'load-history', afterCall: false };
    expect(run(home, news).outputs).toEqual([contacts, history]);
    expect(run(home, { type: 'go', place: 'settings/devices' }, news).outputs).toEqual([
      contacts,
      { type: 'load', what: 'devices' },
      history,
    ]);
  });
});

describe('somebody who is waited for', () => {
  const waiting = run(home, { type: 'await', person: { id: 'bob', name: 'Bobby' } }).model;

  test('is told of once, when they are online, with a way to call', () => {
    const away = run(waiting, { type: 'presence', presence: { bob: 'away' } });
    expect(away.outputs).toEqual([]);
    const { model, outputs } = run(away.model, { type: 'presence', presence: { bob: 'online' } });
    expect(outputs).toEqual([{ type: 'notify-online', person: { id: 'bob', name: 'Bobby' } }]);
    expect(model.toast).toMatchObject({
      message: { key: 'toast.online', params: { name: 'Bobby' } },
      action: { input: { type: 'dial', to: 'bob', video: false } },
    });
    expect(
      run(model, { type: 'presence', presence: {} }, { type: 'presence', presence: { bob: 'online' } })
        .outputs,
    ).toEqual([]);
  });

  test('is waited for by the next page of the same user, too', () => {
    const stored = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, text: string) => stored.set(key, text),
      removeItem: (key: string) => stored.delete(key),
    });
    keepAwaited('alice', waiting.people.awaited);
    const kept = keptAwaited('alice');
    const { model } = run(home, { type: 'awaited-before', people: kept });
    expect(model.people.awaited).toEqual([{ id: 'bob', name: 'Bobby' }]);
    expect(run(model, { type: 'presence', presence: { bob: 'online' } }).outputs).toHaveLength(1);
    expect(keptAwaited('carol'), 'another user').toEqual([]);
    stored.forEach((_, key) => void stored.set(key, '{"user":"alice","people":[{"id":1}'));
    expect(keptAwaited('alice'), 'nonsense').toEqual([]);
    keepAwaited('alice', []);
    expect(stored.size).toBe(0);
    vi.unstubAllGlobals();
  });

  test('may be forgotten again', () => {
    const { model } = run(waiting, { type: 'await-no-more', id: 'bob' });
    expect(run(model, { type: 'presence', presence: { bob: 'online' } }).outputs).toEqual([]);
  });
});

describe('missed calls', () => {
  const calls = [past('c2', 'bob'), past('c1', 'carol')];
  const told: readonly Input[] = [
    { type: 'history', calls },
    { type: 'unseen', missed: 2, requests: 0 },
  ];

  test('are counted until the history is opened', () => {
    const missed = run(home, ...told);
    expect(missed.outputs).toEqual([]);
    expect(missed.model.people.unseen).toEqual({ missed: 2, requests: 0 });
    const { model, outputs } = run(missed.model, { type: 'go', place: 'history' });
    expect(outputs).toEqual([
      { type: 'show-address', place: 'history' },
      { type: 'mark-seen', call: 'c2' },
    ]);
    expect(model.people.unseen).toEqual({ missed: 0, requests: 0 });
  });

  test('leave the number on the icon alone until the server has said it, and of nobody there are none', () => {
    const { model } = run(home, ...told);
    const locked = run(model, { type: 'shared', on: true }).model;
    const left = run(model, { type: 'sign-out' }).model;
    const loading = initialModel(true);
    expect([home, loading, model, locked, left].map(unseenCount)).toEqual([null, null, 2, null, 0]);
  });

  test('count as seen only once somebody looks at the page', () => {
    const hidden = run(home, { type: 'go', place: 'history' }, { type: 'hidden', hidden: true }, ...told);
    expect(hidden.outputs).toEqual([]);
    expect(run(hidden.model, { type: 'hidden', hidden: false }).outputs).toEqual([
      { type: 'mark-seen', call: 'c2' },
    ]);
  });

  test('stand behind older ones that were read before', () => {
    const first = run(home, ...told, { type: 'more-history' });
    expect(first.outputs).toEqual([{ type: 'load-older-history', before: 'c1' }]);
    const older = run(first.model, { type: 'older-history', calls: [past('c0', 'bob')], end: true }).model;
    expect(older.people.older).toBe('none');
    const { model } = run(older, { type: 'history', calls: [past('c3', 'bob'), ...calls] });
    expect(model.history.calls.map(({ call }) => call)).toEqual(['c3', 'c2', 'c1', 'c0']);
  });
});

describe('requests to talk', () => {
  const calls = [
    past('c4', 'dave', { request: true }),
    past('c3', 'bob', { request: true }),
    past('c2', 'dave', { request: true }),
    past('c1', 'erin', { request: true }),
    past('c0', 'frank'),
  ];

  test('are those of people who are neither contacts nor blocked, each once', () => {
    const erin = { name: 'erin', display_name: 'Erin', blocked_ago_ms: 0 };
    const { model } = run(home, { type: 'blocks', blocks: [erin] });
    expect(requestsOf(model.people, calls).map(({ call }) => call)).toEqual(['c4']);
  });

  test('wait until it is known who is a stranger', () => {
    expect(requestsOf(NOBODY, calls)).toEqual([]);
  });
});

describe('preferences', () => {
  test('count the end of the silence on the clock of this device', () => {
    const told = { ...PREFERENCES, do_not_disturb: { on: true, ends_in_ms: 60_000, schedule: [] } };
    const { model } = run(home, { type: 'preferences', preferences: told, now: 1_000 });
    expect(model.people.preferences?.quietUntil).toBe(61_000);
    expect([60_999, 61_000].map((now) => isQuiet(model.people.preferences, now))).toEqual([true, false]);
  });

  test('hold here before the server has said so', () => {
    const preferences: OwnPreferences = { ...PREFERENCES, callers: 'contacts' };
    const { model, outputs } = run(home, { type: 'set-preferences', preferences });
    expect(model.people.preferences).toEqual(preferences);
    expect(outputs).toEqual([{ type: 'send-preferences', preferences }]);
  });

  test('know when it is morning next', () => {
    const at = (day: number, hour: number) => new Date(2026, 2, day, hour, 30).getTime();
    const eight = (day: number) => new Date(2026, 2, day, 8).getTime();
    expect([at(3, 23), at(4, 2), at(31, 8)].map(nextMorning)).toEqual([eight(4), eight(4), eight(32)]);
  });
});

describe('guest links and logins', () => {
  const link = { id: 'l1', label: 'Team', video: true, used: 0, created_ago_ms: 0 };

  test('show the address of a new link until one leaves the page', () => {
    const made = { link, url: 'https://calls.example.org/#/guest/t' };
    const { model } = run(home, { type: 'go', place: 'settings/links' }, { type: 'link-made', made });
    expect(model.people.newLink).toEqual(made);
    expect(model.people.links.items).toEqual([link]);
    expect(run(model, { type: 'go', place: 'home' }).model.people.newLink).toBeNull();
  });

  test('are gone from the list at once', () => {
    const { model, outputs } = run(home, { type: 'links', links: [link] }, { type: 'revoke-link', id: 'l1' });
    expect(model.people.links.items).toEqual([]);
    expect(outputs).toEqual([{ type: 'delete-link', id: 'l1' }]);
  });

  test('signing out everywhere else leaves the browser in use', () => {
    const login = (id: string, current: boolean) => ({
      id,
      name: id,
      created_ago_ms: 0,
      last_seen_ago_ms: 0,
      current,
      push: false,
      devices: [],
    });
    const logins = [login('here', true), login('there', false), login('far', false)];
    const { model, outputs } = run(home, { type: 'logins', logins }, { type: 'sign-out-others' });
    expect(model.people.logins.items.map(({ id }) => id)).toEqual(['here']);
    expect(outputs).toEqual([{ type: 'delete-other-logins' }]);
  });
});

describe('a guest', () => {
  const GUEST: Me = {
    name: 'guest.k3fq',
    display_name: 'Anna',
    guest: { host: 'alice', host_name: 'Alice', label: 'Team', video: true, expires_in_ms: 1 },
  };
  const invitation = { host_name: 'Alice', label: 'Team', video: true };
  const door = run(initialModel(true), { type: 'open-guest', token: 't' });
  const open = run(door.model, { type: 'guest-invitation', invitation, me: null }).model;

  test('is told whose link it is', () => {
    expect(door.outputs).toEqual([{ type: 'disconnect' }, { type: 'check-guest-link', token: 't' }]);
    expect(open.page).toMatchObject({ type: 'guest-door', link: { type: 'valid', invitation } });
  });

  test('comes in by knocking, which is a call to the host', () => {
    const knocked = run(open, { type: 'knock', name: 'Anna', video: false });
    expect(knocked.outputs).toEqual([{ type: 'send-guest', token: 't', name: 'Anna', video: false }]);
    const { model, outputs } = run(knocked.model, { type: 'guest-entered', me: GUEST, video: false });
    expect(model.page).toMatchObject({ type: 'guest', over: false });
    expect(outputs).toEqual([
      { type: 'clear-address' },
      { type: 'connect' },
      { type: 'start-call', to: 'alice', video: false },
    ]);
  });

  test('reads that a link is closed, whether at once or when they knock', () => {
    const atOnce = run(door.model, { type: 'guest-invitation', invitation: null, me: null });
    const later = run(
      open,
      { type: 'knock', name: 'Anna', video: true },
      { type: 'form-refused', problem: { type: 'gone' } },
    );
    for (const { model } of [atOnce, later]) {
      expect(model.page).toMatchObject({ type: 'guest-door', link: { type: 'closed' } });
    }
  });

  test('who has come in by a link that is used up since may knock again', () => {
    const { model } = run(door.model, { type: 'guest-invitation', invitation: null, me: GUEST });
    expect(model.page.type).toBe('guest');
    expect(run(model, { type: 'knock', name: 'Anna', video: true }).outputs).toEqual([
      { type: 'start-call', to: 'alice', video: true },
    ]);
  });

  test('whose page is reloaded is still a guest, and calls nobody by themselves', () => {
    const { model, outputs } = run(
      initialModel(true),
      { type: 'open', token: null },
      { type: 'who-am-i', me: GUEST },
    );
    expect(model.page.type).toBe('guest');
    expect(outputs).toEqual([{ type: 'clear-address' }, { type: 'connect' }]);
  });

  test('whose time is up reads so, and is not asked for a password', () => {
    const inside = run(open, { type: 'guest-entered', me: GUEST, video: true }).model;
    const { model } = run(inside, { type: 'link', link: { type: 'offline', reason: 'signed-out' } });
    expect(model.page).toMatchObject({ type: 'guest', over: true });
  });
});

describe('a notification that was pressed', () => {
  const rings = (id: string, now = 0): Input => ({
    type: 'call',
    call: snapshot({ ...RINGS_HERE, id }),
    now,
  });
  const pressed = (video: boolean | null, now = 0): Input => ({
    type: 'answer-call',
    wish: { call: 'c1', video, pressedAt: 0 },
    now,
  });

  test('answers its call as soon as it rings here, and no other', () => {
    const expecting = run(home, pressed(false)).model;
    expect(run(expecting, rings('c2')).model.call?.attended).toBe(false);
    const { model, outputs } = run(expecting, rings('c1'));
    expect(model.call?.attended).toBe(true);
    expect(model.expected).toBeNull();
    expect(outputs.map(({ type }) => type)).toEqual(['accept-call']);
  });

  test('answers a call that rings here already', () => {
    const { outputs } = run(home, rings('c1'), pressed(false));
    expect(outputs.map(({ type }) => type)).toEqual(['accept-call']);
  });

  test('answers nothing any more after 30 seconds: the call rings', () => {
    const expecting = run(home, pressed(true)).model;
    expect(run(expecting, rings('c1', WISH_MS)).outputs.map(({ type }) => type)).toEqual(['accept-call']);
    const { model, outputs } = run(expecting, rings('c1', WISH_MS + 1));
    expect([model.call?.attended, model.expected, outputs]).toEqual([false, null, []]);
    expect(run(model, rings('c1', 1)).outputs).toEqual([]);
  });

  test('that is told of late, to a page that slept, answers nothing', () => {
    expect(run(home, rings('c1'), pressed(true, WISH_MS + 1)).outputs).toEqual([]);
  });

  test('beside its buttons only shows the call', () => {
    const { model, outputs } = run(home, rings('c1'), pressed(null));
    expect(model.call?.attended).toBe(false);
    expect(outputs).toEqual([]);
  });

  test('too late says what became of the call', () => {
    const late = (change: Partial<PastCall>) =>
      run(home, pressed(true), { type: 'history', calls: [past('c1', 'bob', change)] }).model.toast?.message;
    expect(late({})).toEqual({ key: 'toast.too-late', params: { name: 'bob' } });
    expect(late({ outcome: 'answered', device_name: 'Chrome on Linux' })).toEqual({
      key: 'ended.elsewhere',
      params: { device: 'Chrome on Linux' },
    });
  });
});
