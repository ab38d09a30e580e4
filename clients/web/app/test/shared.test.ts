/** Row 60: a browser that several people use. Everybody sees who calls; only its user answers, and sees what is theirs. */
import { ClientError } from '@visavis/client';
import { expect, test } from 'vitest';
import type { Input, Output } from '../src/model/message.ts';
import { initialModel, type Model } from '../src/model/model.ts';
import type { OwnPreferences } from '../src/model/people.ts';
import { isLocked } from '../src/model/shared-update.ts';
import { update } from '../src/model/update.ts';
import { RINGS_HERE, snapshot } from './call-models.ts';

function run(model: Model, ...inputs: readonly Input[]): { model: Model; outputs: readonly Output[] } {
  let outputs: readonly Output[] = [];
  let after = model;
  for (const input of inputs) [after, outputs] = update(after, input);
  return { model: after, outputs };
}

const shows = (change: Parameters<typeof snapshot>[0]): Input => ({
  type: 'call',
  call: snapshot(change),
  now: 0,
});
const me = { name: 'alice', display_name: 'Alice', shared: { open_for_ms: 0 } };
const opened = run(initialModel(true), { type: 'open', token: null }, { type: 'who-am-i', me });
const locked = opened.model;
const ringing = run(locked, shows(RINGS_HERE)).model;
const answer: Input = { type: 'answer', video: false };
const types = (outputs: readonly Output[]) => outputs.map(({ type }) => type);

test('a page that is opened there is locked, and asks the server for nothing that is its user’s', () => {
  expect(locked.shared).toEqual({ open: false, asking: null });
  expect(opened.outputs).toEqual([
    { type: 'clear-address' },
    { type: 'connect' },
    { type: 'load', what: 'preferences' },
    { type: 'ask-push' },
  ]);
  expect(run(locked, { type: 'reload-history' }).outputs).toEqual([]);
  const places = ['home', 'contacts', 'history', 'settings', 'settings/devices'] as const;
  expect(places.filter((place) => isLocked(locked, place))).toEqual(places.slice(1));
});

test('to answer its user confirms who they are, and the call is answered as they wished', () => {
  const asked = run(ringing, answer);
  expect(asked.outputs).toEqual([]);
  expect(asked.model.shared?.asking).toEqual({ wanted: answer, form: { type: 'ready' } });
  expect(asked.model.call?.attended).toBe(false);
  const sent = run(asked.model, { type: 'confirm', secret: '2580' });
  expect(sent.outputs).toEqual([{ type: 'send-confirm', secret: '2580' }]);
  expect(run(sent.model, { type: 'confirm', secret: '2580' }).outputs).toEqual([]);
  const confirmed = run(sent.model, { type: 'confirmed' });
  const theirs = ['look-for-recordings', 'load-history', 'load', 'load'];
  expect(types(confirmed.outputs)).toEqual([...theirs, 'accept-call']);
  expect(confirmed.model.shared).toEqual({ open: true, asking: null });
});

test('a wrong PIN is told, and the call rings on', () => {
  const { model } = run(
    ringing,
    answer,
    { type: 'confirm', secret: '1111' },
    { type: 'confirm-refused', problem: { type: 'wrong' } },
  );
  expect(model.shared?.asking?.form).toEqual({ type: 'refused', problem: { type: 'wrong' } });
  expect(model.call?.state.type).toBe('ringing');
  expect(run(model, { type: 'confirm-cancel' }).model.shared).toEqual({ open: false, asking: null });
});

test('anybody may decline, silence and call; calling the one who rings here is answering', () => {
  expect(types(run(ringing, { type: 'hang-up' }).outputs)).toEqual(['end-call']);
  expect(run(ringing, { type: 'silence', serial: 1 }).model.call?.silenced).toBe(true);
  expect(types(run(locked, { type: 'dial', to: 'carol', video: false }).outputs)).toEqual(['start-call']);
  expect(run(ringing, { type: 'dial', to: ' Bob ', video: false }).model.shared?.asking).not.toBeNull();
});

test('a notification that is pressed there asks, too', () => {
  const wish = { call: 'call-1', video: false, pressedAt: 0 };
  const { model, outputs } = run(ringing, { type: 'answer-call', wish, now: 0 });
  expect([model.shared?.asking?.wanted, types(outputs)]).toEqual([answer, []]);
});

test('a call is moved there, or answered beside another, by its user alone', () => {
  const elsewhere = { id: 'c', peer: snapshot().peer, device: 'Phone' };
  const { model } = run(locked, { type: 'elsewhere', calls: [elsewhere] }, { type: 'move-here', id: 'c' });
  expect(model.shared?.asking?.wanted).toEqual({ type: 'move-here', id: 'c' });
  const beside: Input = { type: 'answer-waiting', serial: 2, hold: true };
  expect(run(locked, beside).model.shared?.asking?.wanted).toEqual(beside);
});

test('nobody is asked any more for a call that has gone', () => {
  const gone = { state: { type: 'ended', reason: 'remote-cancelled', summary: { durationMs: 0 } } } as const;
  const { model } = run(ringing, answer, shows({ ...RINGS_HERE, ...gone }));
  expect(model.shared).toEqual({ open: false, asking: null });
});

test('locking takes away what was shown, here and on the server', () => {
  const shown = run(
    locked,
    { type: 'ask-confirm', wanted: null },
    { type: 'confirm', secret: '2580' },
    { type: 'confirmed' },
    { type: 'blocks', blocks: [{ name: 'eve', display_name: 'Eve', blocked_ago_ms: 1 }] },
    {
      type: 'contacts',
      contacts: [{ name: 'bob', display_name: 'Bob', chosen_name: 'Bob', favourite: true }],
    },
  );
  expect(isLocked(shown.model, 'settings')).toBe(false);
  const again = run(shown.model, { type: 'lock' });
  expect(again.outputs).toEqual([{ type: 'send-lock' }]);
  expect([again.model.people.blocks.items, again.model.people.contacts.items]).toEqual([[], []]);
  expect(isLocked(again.model, 'settings')).toBe(true);
  expect(run(again.model, { type: 'lock' }).outputs).toEqual([]);
});

test('its user says that several people use it, and later that they do not', () => {
  const own = run(
    initialModel(true),
    { type: 'open', token: null },
    { type: 'who-am-i', me: { name: 'alice', display_name: 'Alice' } },
  );
  expect(own.model.shared).toBeNull();
  const sent = run(own.model, { type: 'share', pin: '2580' });
  expect(sent.outputs).toEqual([{ type: 'send-share', pin: '2580' }]);
  const shared = run(sent.model, { type: 'shared', on: true });
  expect([shared.model.shared, shared.model.toast?.message.key]).toEqual([
    { open: false, asking: null },
    'toast.shared.on',
  ]);
  const alone = run(shared.model, { type: 'shared', on: false });
  expect([alone.model.shared, alone.model.toast?.message.key]).toEqual([null, 'toast.shared.off']);
});

test('what its user alone may change is not changed by whoever is there', () => {
  const preferences: OwnPreferences = {
    callers: 'everyone',
    call_waiting: true,
    hide_address: false,
    favourites_ring_through: false,
    do_not_disturb: { on: true, schedule: [], zone: 'UTC' },
    quietUntil: null,
  };
  const inputs: readonly Input[] = [
    { type: 'set-preferences', preferences },
    { type: 'put-contact', name: 'bob', change: {} },
    { type: 'remove-contact', name: 'bob' },
    { type: 'block', name: 'bob', displayName: 'Bob' },
  ];
  for (const input of inputs) {
    const { model, outputs } = run(locked, input);
    expect([model.shared?.asking?.wanted, outputs]).toEqual([input, []]);
  }
});

test('an answer that the server refuses, since nobody has confirmed, rings on, and its user is asked', () => {
  const own = run(
    initialModel(true),
    { type: 'open', token: null },
    { type: 'who-am-i', me: { name: 'alice', display_name: 'Alice' } },
    shows(RINGS_HERE),
    answer,
    shows({ ...RINGS_HERE, state: { type: 'connecting' } }),
    // The same call rings on as another one of this page.
    shows({ ...RINGS_HERE, serial: 2 }),
  );
  const error = new ClientError('unconfirmed');
  const refused = { type: 'ended', reason: 'refused', summary: { durationMs: 0, error } } as const;
  const { model } = run(own.model, shows({ ...RINGS_HERE, state: refused }));
  expect(model.call).toMatchObject({ serial: 2, attended: false, state: { type: 'ringing' } });
  expect([model.others, model.toast]).toEqual([[], null]);
  expect(model.shared).toEqual({ open: false, asking: { wanted: null, form: { type: 'ready' } } });
});

test('a page that hears from the server that nobody has confirmed shows nothing more', () => {
  const own = run(locked, { type: 'ask-confirm', wanted: null }, { type: 'confirmed' }).model;
  expect(isLocked(own, 'history')).toBe(false);
  const { model, outputs } = run(own, { type: 'unconfirmed' });
  expect([isLocked(model, 'history'), outputs]).toEqual([true, []]);
});

test('a page that another page of the browser says is one person’s again loads what is theirs', () => {
  const { model, outputs } = run(locked, { type: 'shared', on: false });
  expect([model.shared, types(outputs)]).toEqual([
    null,
    ['look-for-recordings', 'load-history', 'load', 'load'],
  ]);
});

test('a guest whose page is opened anew is asked whether it is them', () => {
  const guest = { host: 'alice', host_name: 'Alice', label: 'Plumber', video: false, expires_in_ms: 1 };
  const anna = { name: 'guest-1', display_name: 'Anna', guest };
  const again = run(initialModel(true), { type: 'open', token: null }, { type: 'who-am-i', me: anna });
  expect(again.model.page).toMatchObject({ type: 'guest', asks: true });
  expect(run(again.model, { type: 'guest-is-me' }).model.page).toMatchObject({ asks: false, over: false });
  const left = run(again.model, { type: 'leave-as-guest' });
  expect([left.model.page, types(left.outputs)]).toMatchObject([
    { over: true },
    ['disconnect', 'send-log-out'],
  ]);
});
