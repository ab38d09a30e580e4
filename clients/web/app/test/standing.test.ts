import { expect, test } from 'vitest';
import type { Input } from '../src/model/message.ts';
import { initialModel, type Model, type PastCall } from '../src/model/model.ts';
import { standingOf } from '../src/model/standing.ts';
import { update } from '../src/model/update.ts';
import { RINGS_HERE, snapshot } from './call-models.ts';

const run = (model: Model, ...inputs: readonly Input[]): Model =>
  inputs.reduce((before, input) => update(before, input)[0], model);

const shows = (change: Parameters<typeof snapshot>[0]): Input => ({
  type: 'call',
  call: snapshot(change),
  now: 0,
});
const opened = run(initialModel(true), { type: 'open', token: null });
const home = run(opened, { type: 'who-am-i', me: { name: 'alice', display_name: 'Alice' } });
const ringing = run(home, shows({ ...RINGS_HERE, id: 'c1' }), shows({ ...RINGS_HERE, serial: 2, id: 'c2' }));

test('a page has the calls that ring and go on there, and waits for others, connected or not', () => {
  for (const link of [{ type: 'online' }, { type: 'connecting' }] as const) {
    const model = run(ringing, { type: 'link', link });
    expect(['c1', 'c2', 'c3', null].map((call) => standingOf(model, call))).toEqual([
      'here',
      'here',
      'unheard',
      'unheard',
    ]);
  }
});

test('a page tells of calls that have ended there, and of those in its history', () => {
  const missed = { type: 'ended', reason: 'remote-cancelled', summary: { durationMs: 0 } } as const;
  const over = run(
    home,
    shows({ ...RINGS_HERE, id: 'c1' }),
    shows({ direction: 'in', id: 'c1', state: missed }),
  );
  expect(standingOf(over, 'c1')).toBe('over');
  const past: PastCall = {
    call: 'c9',
    peer: 'bob',
    peer_name: 'Bob',
    direction: 'in',
    outcome: 'missed',
    reason: 'cancelled',
    media: ['audio'],
    started_ago_ms: 0,
    startedAt: 0,
    duration_ms: 0,
  };
  expect(standingOf(run(home, { type: 'history', calls: [past] }), 'c9')).toBe('over');
});

test('no call comes to a page of a guest or of nobody, nor to one whose connection another has', () => {
  const guest = { host: 'alice', host_name: 'Alice', label: 'Plumber', video: false, expires_in_ms: 1 };
  const pages = [
    opened,
    run(opened, { type: 'who-am-i', me: null }),
    run(opened, { type: 'who-am-i', me: { name: 'guest.x', display_name: 'Anna', guest } }),
    run(home, { type: 'open-guest', token: 't' }),
    run(home, { type: 'link', link: { type: 'offline', reason: 'replaced' } }),
  ];
  expect(pages.map((page) => standingOf(page, 'c1'))).toEqual(pages.map(() => 'never'));
});
