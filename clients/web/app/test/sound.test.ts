import { expect, test } from 'vitest';
import { chimeFor, loopFor } from '../src/sound/plan.ts';
import { CHIMES, LOOPS } from '../src/sound/scores.ts';
import { call, RINGS_HERE } from './call-models.ts';

const active = call({ state: { type: 'active', since: 0, path: 'direct' } });
const over = { state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 1 } } } as const;

test('each state of a call has its sound, and a conversation has silence', () => {
  const states = [
    call(),
    call({ state: { type: 'ringing', direction: 'out', until: undefined } }),
    call(RINGS_HERE),
    call({ ...RINGS_HERE, attended: true }),
    call({ state: { type: 'connecting' } }),
    active,
    call({ state: { type: 'recovering', since: 0, lostAt: 0, cause: 'network' } }),
    call(over),
    null,
  ];
  expect(states.map(loopFor)).toEqual([
    'dialing',
    'ringback',
    'ringtone',
    null,
    null,
    null,
    'recovering',
    null,
    null,
  ]);
});

test('the beginning and the end of a conversation are heard once', () => {
  expect(chimeFor(call({ state: { type: 'connecting' } }), active)).toBe('connected');
  expect(chimeFor(active, active)).toBeNull();
  expect(chimeFor(active, call(over))).toBe('ended');
  expect(chimeFor(call(RINGS_HERE), call({ ...RINGS_HERE, ...over }))).toBeNull();
  expect(chimeFor(call(over), null)).toBeNull();
});

test('a loop is over before it begins again, and no sound is louder than the ear allows', () => {
  for (const { every, notes } of Object.values(LOOPS)) {
    expect(Math.max(...notes.map((note) => note.at + note.for))).toBeLessThanOrEqual(every);
  }
  const loudest = [...Object.values(LOOPS).map(({ notes }) => notes), ...Object.values(CHIMES)].map((notes) =>
    Math.max(
      ...notes.map(({ at }) =>
        notes.filter((n) => n.at <= at && at < n.at + n.for).reduce((sum, n) => sum + n.gain, 0),
      ),
    ),
  );
  expect(Math.max(...loudest)).toBeLessThan(1);
});
