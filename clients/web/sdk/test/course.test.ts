/** How a call went, told when it is over. */
import { expect, it } from 'vitest';

import { blank } from '../src/core/record.ts';
import type { LiveState } from '../src/core/state.ts';
import { Course, LEVELS_LIMIT } from '../src/media/course.ts';
import type { CallState, Quality, QualityLevel, Course as Told } from '../src/public.ts';
import { CALL } from './desk.ts';

const ACTIVE: CallState = { type: 'active', since: 0, path: 'direct' };
const RECOVERING: CallState = { type: 'recovering', since: 0, lostAt: 0, cause: 'silence' };

function quality(level: QualityLevel, mos?: number): Quality {
  const way = {
    level,
    kbps: 0,
    lossPct: 0,
    jitterMs: 0,
    silent: false,
    fps: 0,
    height: undefined,
    codecs: {},
  };
  return {
    level,
    mos,
    rttMs: 40,
    receiving: { ...way, concealedPct: 0, frozenMs: 0, busy: false },
    sending: { ...way, twice: false, limitedBy: 'none', availableKbps: undefined },
  };
}

/** A call, second by second. */
class Scene {
  now = 1_000_000;
  readonly course = new Course(() => true);

  follow(state: CallState, afterMs = 0): this {
    this.now += afterMs;
    this.course.follow({ ...blank(CALL, 0), state: state as LiveState }, this.now);
    return this;
  }

  during(seconds: number, now: Quality | null): this {
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1_000;
      this.course.measured(now, this.now);
    }
    return this;
  }

  get told(): Told | undefined {
    return this.course.summary(this.now).course;
  }

  /** Levels with the seconds since the beginning. */
  get levels(): string[] {
    return this.told?.levels.map(({ at, level }) => `${at / 1_000 - 1_000} ${level}`) ?? [];
  }
}

function answered(): Scene {
  return new Scene()
    .follow({ type: 'dialing' })
    .follow({ type: 'ringing', direction: 'out', until: undefined }, 200)
    .follow({ type: 'connecting' }, 3_000)
    .follow(ACTIVE, 300);
}

it('a call in which nothing was measured has none', () => {
  expect(answered().during(2, null).told).toBeUndefined();
});

it('it has the levels and when they changed, what was lost between them, and how long the beginning took', () => {
  const scene = answered();
  scene.now = 1_004_000;
  scene.during(3, null).during(10, quality('good', 4.3)).during(5, quality('poor', 2.8));
  scene
    .follow(RECOVERING)
    .during(4, quality('bad'))
    .follow(ACTIVE)
    .during(2, null)
    .during(6, quality('good', 4.3));
  expect(scene.levels).toEqual(['3.5 good', '18 poor', '22 lost', '26 good']);
  expect(scene.told).toMatchObject({
    endedAt: scene.now,
    setup: { ringing: 200, answered: 3_200, media: 3_500 },
    heard: { seconds: 21, clear: 16 },
    worst: { level: 'poor', mos: 2.8 },
  });
});

it('it names what was wrong with it, and not with the call before it', () => {
  const scene = answered().during(20, { ...quality('poor'), rttMs: 512 });
  expect(scene.told?.cause).toEqual({ code: 'late', side: 'between', path: 'direct' });
  scene.follow({ type: 'connecting' }, 1_000).follow(ACTIVE, 500).during(20, quality('good'));
  expect(scene.told?.cause).toBeUndefined();
});

it('with another person it begins anew', () => {
  const scene = answered().during(10, quality('bad', 1));
  scene.follow({ type: 'connecting' }, 1_000).follow(ACTIVE, 500).during(4, quality('good', 4.3));
  expect(scene.told?.setup).toEqual({ answered: 0, media: 500 });
  expect(scene.told?.levels.map(({ level }) => level)).toEqual(['good']);
  expect(scene.told?.heard).toEqual({ seconds: 4, clear: 4 });
});

it('a page that was reloaded has lost nothing that it had', () => {
  const scene = new Scene().follow(RECOVERING).follow(ACTIVE, 2_000).during(4, quality('good'));
  expect(scene.levels).toEqual(['2 good']);
});

it('of too many changes the shortest give way', () => {
  const scene = answered();
  scene.during(60, quality('good'));
  for (let round = 0; round < LEVELS_LIMIT; round += 1)
    scene.during(1, quality('fair')).during(9, quality('good'));
  const levels = scene.told?.levels ?? [];
  expect(levels).toHaveLength(LEVELS_LIMIT);
  expect(levels[0]).toEqual({ at: 1_003_500, level: 'good' });
});
