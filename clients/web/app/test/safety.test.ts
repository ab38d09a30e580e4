/** What the page says of the emoji of a call, and when it says that they match. */
import { expect, test } from 'vitest';
import type { SafetyShown } from '../src/model/model.ts';
import { update } from '../src/model/update.ts';
import { learnCalls, say } from '../src/text/language.ts';
import { comparable, safetyMessage } from '../src/text/safety.ts';
import { announcements } from '../src/text/status.ts';
import { call, stage } from './call-models.ts';

await learnCalls();

const active = { state: { type: 'active', since: 0, path: 'direct' } } as const;
const safety = (status: SafetyShown['status']): SafetyShown => ({
  code: status === 'failed' ? [] : ['🎸', '🐙', '🌈', '🍕'],
  status,
  lasting: true,
});

test('another device than the one that was verified is told, and a call that could not be checked', () => {
  const said = (status: SafetyShown['status']) => {
    const message = safetyMessage(call({ ...active, safety: safety(status) }));
    return message && say(message);
  };
  expect([said('unverified'), said('verified'), said('changed'), said('failed')]).toEqual([
    null,
    null,
    'Bob’s device, name or connection changed – compare the emoji again',
    'This call could not be checked. Someone may be listening.',
  ]);
  expect(safetyMessage(call({ safety: safety('changed') }))).toBeNull();
  expect(safetyMessage(call(active))).toBeNull();
});

test('a screen reader says so, too', () => {
  const model = stage(call({ ...active, safety: safety('changed') }));
  expect(announcements(model, 0)).toContainEqual({ key: 'safety.changed', params: { name: 'Bob' } });
});

test('that the emoji match is said of the call and the emoji that were shown, once it is answered', () => {
  const { code } = safety('unverified');
  const outputs = (change: Parameters<typeof call>[0]) =>
    update(stage(call({ safety: safety('unverified'), ...change })), {
      type: 'emoji-match',
      serial: 1,
      code,
    })[1];
  expect(outputs(active)).toEqual([{ type: 'verify-call', serial: 1, code }]);
  const others = { ...safety('unverified'), code: ['🎸', '🐙', '🌈', '🍎'] };
  expect(outputs({ ...active, safety: others })).toEqual([]);
  expect(outputs({ ...active, serial: 2 })).toEqual([]);
  expect(outputs({ state: { type: 'dialing' } })).toEqual([]);
});

test('what is compared is something else with other emoji, in another call or with another name', () => {
  const shown = { ...active, safety: safety('unverified') };
  const before = comparable(call(shown));
  const others = { ...safety('unverified'), code: ['🎸', '🐙', '🌈', '🍎'] };
  const peer = { id: 'bob', name: 'Bob', lost: false, contact: true };
  const after = [
    { safety: others },
    { serial: 2 },
    { peer: { ...peer, name: 'Carol' } },
    { peer: { ...peer, id: 'carol' } },
  ].map((change) => comparable(call({ ...shown, ...change })));
  expect(new Set([before, ...after]).size).toBe(5);
  expect(comparable(call({ ...shown, safety: safety('verified'), peer: { ...peer, lost: true } }))).toBe(
    before,
  );
  expect([comparable(call(active)), comparable(call({ ...shown, safety: safety('failed') }))]).toEqual([
    '',
    '',
  ]);
});
