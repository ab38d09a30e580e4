/** Sound first: what the ladder makes of a narrow network, without a browser and in virtual time. */
import { describe, expect, it } from 'vitest';

import { FigureReader } from '../src/media/figures.ts';
import {
  type Figures,
  Ladder,
  LONGEST_REST_MS,
  REST_MS,
  RUNGS,
  type Rung,
  type Step,
} from '../src/media/ladder.ts';

const [FULL, HALF, QUARTER, SOUND, THIN, THINNEST] = RUNGS;

/** A call that is looked at once a second. */
class Scene {
  now = 0;
  readonly ladder = new Ladder();
  /** Each step that differs from the one before, and when. */
  readonly steps: (Step & { readonly at: number })[] = [];
  #taken = 0;

  during(seconds: number, figures: Partial<Figures> | ((step: Step) => Partial<Figures>)): this {
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1_000;
      const seen = typeof figures === 'function' ? figures(this.last) : figures;
      const step = this.ladder.look({
        at: this.now,
        flows: true,
        pictures: true,
        lost: 0,
        rttMs: 40,
        ...seen,
      });
      const { rung, weak } = this.last;
      if (step.rung !== rung || step.weak !== weak) this.steps.push({ ...step, at: this.now });
    }
    return this;
  }

  get last(): Step {
    return this.steps.at(-1) ?? { rung: FULL, weak: false };
  }

  get name(): string {
    return nameOf(this.last);
  }

  /** What was done since the last time, by name. */
  take(): string[] {
    const names = this.steps.slice(this.#taken).map(nameOf);
    this.#taken = this.steps.length;
    return names;
  }
}

function nameOf({ rung, weak }: Step): string {
  const names = ['full', 'half', 'quarter', 'sound', 'thin', 'thinnest'];
  const found = names[(RUNGS as readonly Rung[]).indexOf(rung)];
  return `${found ?? 'trial'}${weak ? ', weak' : ''}`;
}

/** What Chromium sees of a link of so many kbit/s, depending on what is sent. */
function chromium(kbits: number): (step: Step) => Partial<Figures> {
  return ({ rung }) => {
    const sends = (rung.picture?.bitrate ?? 0) + rung.sound.bitrate + 480_000 / rung.sound.packetMs;
    const isFull = sends > kbits * 1_000;
    // It probes no further than twice what may be sent, and without pictures hardly further than what is.
    const ceiling = rung.picture ? 2 * sends : 1.5 * sends + 10_000;
    return {
      available: Math.min(kbits * 700, ceiling),
      ...(isFull ? { lost: 0.2, rttMs: 1_500 } : {}),
    };
  };
}

describe('a link that is wide', () => {
  it('carries everything', () => {
    const scene = new Scene().during(60, chromium(8_000));
    expect(scene.take()).toEqual([]);
  });

  it('is not taken for narrow by an estimate alone, as a busy machine makes it', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(60, { available: 40_000 });
    expect(scene.take()).toEqual([]);
  });

  it('is not taken for narrow where packets are lost by the way, in spite of an ample estimate', () => {
    const scene = new Scene().during(60, { available: 2_000_000, lost: 0.1 });
    expect(scene.take()).toEqual([]);
  });

  it('may be long: what is usual is not late', () => {
    const scene = new Scene().during(60, { rttMs: 900 });
    expect(scene.take()).toEqual([]);
  });
});

describe('a link that gets narrow', () => {
  it('of 40 kbit/s loses the picture within four seconds, and then carries a frugal sound', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(4, chromium(40));
    expect(scene.take()).toEqual(['thin, weak']);
    expect(scene.last.rung.sound).toEqual({ bitrate: 12_000, packetMs: 60 });
  });

  it('of 100 kbit/s keeps the sound as it is', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(4, chromium(100));
    expect(scene.take()).toEqual(['sound, weak']);
  });

  it('of 300 kbit/s keeps a small picture', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(20, chromium(300));
    expect(scene.take()).toEqual(['quarter']);
  });

  it('of 300 kbit/s is tried with a larger picture, ever more seldom', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(400, chromium(300));
    const tries = scene.steps.filter((step) => nameOf(step) === 'half').map(({ at }) => at);
    const rests = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    // And what it takes to see that it was too much.
    expect(rests).toEqual([2, 4].map((times) => 4 * times * REST_MS + 2_000));
  });

  it('and was so from its first second loses the picture, too, though nothing quicker was ever seen', () => {
    // What Chromium told of a call that began on 40 kbit/s: for ten seconds nothing was reported as lost.
    const scene = new Scene().during(8, { available: 94_800, rttMs: 1_705 });
    expect(scene.take()).toEqual(['sound, weak']);
  });

  it('and is full loses the picture in spite of an ample estimate, as after a change of the pair', () => {
    const full = { available: 1_000_000, lost: 0.4, rttMs: 1_750 };
    const scene = new Scene().during(10, chromium(8_000)).during(6, full);
    expect(scene.take()).toEqual(['half', 'quarter', 'sound, weak']);
  });

  it('where the browser tells no estimate goes down by what is lost, rung by rung', () => {
    const scene = new Scene().during(10, {}).during(20, { lost: 0.3 });
    expect(scene.take()).toEqual(['half', 'quarter', 'sound, weak', 'thin, weak', 'thinnest, weak']);
  });

  it('and a voice call changes its sound alone, and says nothing of weakness', () => {
    const scene = new Scene()
      .during(10, { pictures: false, available: 100_000 })
      .during(8, (step) => ({ ...chromium(40)(step), pictures: false }));
    expect(scene.take()).toEqual(['thin']);
  });

  it('is noticed by sound alone, on which reports come every five seconds', () => {
    const scene = new Scene().during(10, { pictures: false, available: 100_000 });
    const late = { rttMs: 1_500, lost: 0.3 };
    const silent = { rttMs: undefined, lost: undefined };
    for (let round = 0; round < 2; round += 1) {
      scene.during(1, { pictures: false, available: 30_000, ...late });
      scene.during(4, { pictures: false, available: 30_000, ...silent });
    }
    expect(scene.take()).toEqual(['thin']);
  });
});

describe('a picture that is paused', () => {
  function paused(): Scene {
    const scene = new Scene().during(10, chromium(8_000)).during(5, chromium(60));
    expect(scene.take()).toEqual(['thin, weak']);
    return scene;
  }

  it('comes back when the link is wide again, a small one first, of which nobody is told before it holds', () => {
    const scene = paused().during(80, chromium(8_000));
    expect(scene.take()).toEqual(['trial, weak', 'quarter', 'half', 'full']);
  });

  it('grows again though the estimate is kept small by what is sent', () => {
    const scene = new Scene().during(10, chromium(8_000)).during(8, chromium(300));
    expect(scene.take()).toEqual(['quarter']);
    // What Chromium told of a free link on which a fourth of the picture was sent.
    scene.during(60, ({ rung }) => ({ available: rung === QUARTER ? 273_097 : 3_400_000 }));
    expect(scene.take()).toEqual(['half', 'full']);
  });

  it('is tried with the sound left as frugal as it is', () => {
    const scene = paused().during(6, chromium(8_000));
    expect(scene.take()).toEqual(['trial, weak']);
    expect(scene.last.rung.sound).toEqual(THIN.sound);
    expect(scene.last.rung.picture).toEqual(QUARTER.picture);
  });

  it('is given up at once where the trial strains the link, and tried ever more seldom', () => {
    const scene = paused().during(240, chromium(60));
    const trials = scene.steps.filter((step) => nameOf(step) === 'trial, weak').map(({ at }) => at);
    const rests = trials.slice(1).map((at, index) => at - (trials[index] ?? 0));
    // And a second, after which the trial has failed.
    expect(rests).toEqual([2, 4, 8, 8].map((times) => times * REST_MS + 1_000));
    expect(rests.at(-1)).toBe(LONGEST_REST_MS + 1_000);
    const told = scene.steps.some(({ weak }) => !weak);
    expect(told, 'nobody was told that it is back').toBe(false);
  });

  it('is tried soon where the browser has found room by itself, however often it failed before', () => {
    const scene = paused().during(200, chromium(60));
    scene.take();
    const before = scene.now;
    // What Chromium told after its probes on a link that was free again, with sound alone.
    scene.during(60, ({ rung }) =>
      rung.picture ? chromium(8_000)({ rung, weak: false }) : { available: 377_739 },
    );
    expect(scene.take()).toEqual(['trial, weak', 'quarter', 'half', 'full']);
    const back = scene.steps.find(({ at, weak }) => at > before && !weak)?.at ?? Number.NaN;
    expect(back - before).toBeLessThanOrEqual(REST_MS + 4_000);
  });

  it('is tried at the first rest again, once it was back for a while', () => {
    const scene = paused().during(60, chromium(60)).during(120, chromium(8_000));
    expect(scene.name).toBe('full');
    scene.take();
    scene.during(5, chromium(60));
    expect(scene.take()).toEqual(['thin, weak']);
    scene.during(9, chromium(60));
    expect(scene.take()).toContain('trial, weak');
  });

  it('is no matter of the network while the user sends none, and goes on being one when they do again', () => {
    const scene = paused().during(1, { pictures: false, available: 30_000 });
    expect(scene.take()).toEqual(['thin']);
    scene.during(1, { available: 30_000 });
    expect(scene.take()).toEqual(['thin, weak']);
  });

  it('comes back at once after a voice call has found its sound again', () => {
    const scene = paused().during(60, { pictures: false, available: 80_000 });
    expect(scene.take()).toEqual(['thin', 'sound', 'quarter', 'half', 'full']);
    scene.during(1, { available: 80_000 });
    expect(scene.last.weak).toBe(false);
  });

  it('comes back by itself where the browser tells no estimate, too', () => {
    const scene = new Scene().during(10, {}).during(7, { lost: 0.3 });
    expect(scene.name).toBe('sound, weak');
    scene.take();
    scene.during(60, {});
    expect(scene.take()).toEqual(['trial, weak', 'quarter', 'half', 'full']);
  });
});

describe('a path that pauses', () => {
  it('is not judged by what was lost in the pause', () => {
    const scene = new Scene().during(10, chromium(8_000));
    scene.during(10, { flows: false, available: 20_000, lost: undefined, rttMs: undefined });
    scene.during(2, { available: 300_000, lost: 0.9, rttMs: 4_000 });
    scene.during(10, chromium(8_000));
    expect(scene.take()).toEqual([]);
  });
});

it('a rung lower always takes less', () => {
  const needs = [FULL, HALF, QUARTER, SOUND, THIN, THINNEST].map((rung) => rung.needs);
  expect(needs).toEqual([...needs].sort((one, other) => other - one));
});

describe('figures', () => {
  const report = (change: {
    packets?: number;
    reportedAt?: number;
    measured?: number;
    available?: number;
  }) => {
    const { packets = 0, reportedAt = 0, measured = 0, available } = change;
    return new Map<string, Record<string, unknown>>([
      ['I', { type: 'inbound-rtp', kind: 'audio', packetsReceived: packets }],
      ['R', { type: 'remote-inbound-rtp', timestamp: reportedAt, fractionLost: 0.25, roundTripTime: 0.2 }],
      ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
      [
        'P',
        {
          type: 'candidate-pair',
          responsesReceived: measured,
          currentRoundTripTime: 0.3,
          availableOutgoingBitrate: available,
        },
      ],
      ['Q', { type: 'candidate-pair', responsesReceived: 1, availableOutgoingBitrate: 1 }],
    ]);
  };

  it('are of the pair in use, and of what was reported since the last look', () => {
    const reader = new FigureReader();
    expect(reader.read(report({ packets: 1, available: 90_000 }), 1, true)).toEqual({
      at: 1,
      flows: true,
      pictures: true,
      available: 90_000,
      lost: undefined,
      rttMs: undefined,
    });
    expect(reader.read(report({ packets: 2, reportedAt: 1, measured: 1 }), 2, false)).toEqual({
      at: 2,
      flows: true,
      pictures: false,
      available: undefined,
      lost: 0.25,
      rttMs: 300,
    });
    expect(reader.read(report({ packets: 2, reportedAt: 1, measured: 1 }), 3, false)).toMatchObject({
      flows: false,
      lost: undefined,
      rttMs: undefined,
    });
  });
});
