import { expect, test } from 'vitest';
import type { CallModel } from '../src/model/model.ts';
import { chimeFor, loopFor } from '../src/sound/plan.ts';
import { CHIMES, LOOPS } from '../src/sound/scores.ts';
import { bellTurn } from '../src/sound/turn.ts';
import { call, RINGS_HERE, stage } from './call-models.ts';

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
  expect(states.map((state) => loopFor(stage(state)))).toEqual([
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
  const chime = (before: CallModel | null, after: CallModel | null) => chimeFor(stage(before), stage(after));
  expect(chime(call({ state: { type: 'connecting' } }), active)).toBe('connected');
  expect(chime(active, active)).toBeNull();
  expect(chime(active, call(over))).toBe('ended');
  expect(chime(call(RINGS_HERE), call({ ...RINGS_HERE, ...over }))).toBeNull();
  expect(chime(call(over), null)).toBeNull();
});

test('a second call is heard softly, unless it is silenced, and ending one of two sounds as any end', () => {
  const second = call({ ...RINGS_HERE, serial: 2 });
  expect(loopFor(stage(active, second))).toBe('waiting');
  expect(loopFor(stage(active, { ...second, silenced: true }))).toBeNull();
  expect(loopFor(stage(call({ ...RINGS_HERE, silenced: true })))).toBeNull();

  const held = { ...active, serial: 2 };
  expect(chimeFor(stage(active, held), stage(held, active))).toBeNull();
  expect(chimeFor(stage(active, held), stage(held))).toBe('ended');
});

test('of two pages of one browser one rings, and the other goes on when it is closed', async () => {
  const held = new Set<string>();
  const locks = {
    request: async (name: string, _: LockOptions, run: (lock: Lock | null) => unknown) => {
      if (held.has(name)) {
        run(null);
        return;
      }
      held.add(name);
      await run({ name, mode: 'exclusive' });
      held.delete(name);
    },
  } as unknown as LockManager;
  const rung: string[] = [];
  const [one, other] = [bellTurn(locks), bellTurn(locks)];
  const round = async () => {
    one.take(() => rung.push('one'));
    other.take(() => rung.push('other'));
    await Promise.resolve();
  };
  await round();
  await round();
  expect(rung).toEqual(['one', 'one']);
  one.leave();
  await Promise.resolve();
  await Promise.resolve();
  other.take(() => rung.push('other'));
  expect(rung).toEqual(['one', 'one', 'other']);
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
