/** What was wrong with a call: from counts to a cause, and from what is seen in each second to the counts. */
import { describe, expect, it } from 'vitest';

import { blank } from '../src/core/record.ts';
import { causeOf, type Tally } from '../src/media/cause.ts';
import { Counting, type Followed } from '../src/media/tally.ts';
import type { CallState, Quality } from '../src/public.ts';
import { CALL } from './desk.ts';

const NONE = { here: 0, there: 0 };
/** Five minutes of two who talk and see each other. */
const GOOD: Tally = {
  flowed: 300,
  bad: { loss: 0, late: 0, jitter: 0 },
  away: NONE,
  lost: { times: 0, seconds: 0 },
  weak: 0,
  unheard: 0,
  open: { here: 300, there: 300 },
  silent: NONE,
  pictures: { here: 300, there: 300 },
  busy: NONE,
  path: 'direct',
};

function bad(change: Partial<Tally['bad']>): Pick<Tally, 'bad'> {
  return { bad: { ...GOOD.bad, ...change } };
}

describe('the cause', () => {
  const table: [what: string, Partial<Tally>, cause: string][] = [
    ['nothing', {}, 'none'],
    ['a hitch', { ...bad({ loss: 4, late: 3 }), lost: { times: 1, seconds: 4 } }, 'none'],
    ['our microphone gives nothing', { silent: { here: 290, there: 20 } }, 'silent-mic here'],
    ['theirs gives nothing', { silent: { here: 0, there: 300 } }, 'silent-mic there'],
    [
      'theirs gives nothing, which they say after a moment',
      { open: { here: 14, there: 14 }, silent: { here: 0, there: 11 } },
      'silent-mic there',
    ],
    ['whoever only listens is heard to breathe', { silent: { here: 280, there: 0 } }, 'none'],
    ['muted nearly all the time', { open: { here: 5, there: 300 }, silent: { here: 5, there: 0 } }, 'none'],
    ['lost twice', { lost: { times: 2, seconds: 3 } }, 'dropped between'],
    [
      'lost twice where hardly anything passes',
      { lost: { times: 2, seconds: 1 }, weak: 40 },
      'narrow between',
    ],
    [
      'lost for longer than pictures were paused',
      { lost: { times: 2, seconds: 50 }, weak: 40 },
      'dropped between',
    ],
    ['lost for long', { lost: { times: 1, seconds: 10 } }, 'dropped between'],
    [
      'lost with the server here',
      { lost: { times: 2, seconds: 9 }, away: { here: 6, there: 0 } },
      'dropped here',
    ],
    [
      'lost with the server there',
      { lost: { times: 2, seconds: 9 }, away: { here: 1, there: 6 } },
      'dropped there',
    ],
    [
      'the server away from both',
      { lost: { times: 2, seconds: 9 }, away: { here: 6, there: 6 } },
      'dropped between',
    ],
    ['one of them unheard, and pictures paused for it', { unheard: 30, weak: 20 }, 'one-sided between'],
    ['pictures paused, and one of them unheard by the way', { unheard: 6, weak: 30 }, 'narrow between'],
    ['one of them unheard', { unheard: 6, ...bad({ loss: 40 }) }, 'one-sided between'],
    ['packets lost', bad({ loss: 40, late: 10 }), 'loss between'],
    ['packets lost for a tenth of it', bad({ loss: 30 }), 'loss between'],
    ['packets lost for less', bad({ loss: 29 }), 'none'],
    ['all of it in a short call', { flowed: 6, ...bad({ late: 5 }) }, 'late between'],
    ['late', bad({ late: 60, jitter: 50 }), 'late between'],
    ['uneven', bad({ jitter: 60 }), 'jitter between'],
    ['late by the relay', { ...bad({ late: 60 }), path: 'relay-udp' }, 'late between'],
    ['late by TCP', { ...bad({ late: 60 }), path: 'relay-tcp' }, 'no-udp here'],
    ['narrow by TLS', { weak: 100, path: 'relay-tls' }, 'no-udp here'],
    ['good by TCP', { path: 'relay-tcp' }, 'none'],
    ['pictures paused', { weak: 30, ...bad({ late: 100 }) }, 'narrow between'],
    ['pictures paused for a moment', { weak: 9 }, 'none'],
    ['our pictures are too much for this device', { busy: { here: 150, there: 0 } }, 'busy here'],
    ['theirs are for theirs', { busy: { here: 20, there: 290 } }, 'busy there'],
    ['for a moment', { busy: { here: 140, there: 0 } }, 'none'],
    ['the network comes before the device', { ...bad({ loss: 100 }), busy: GOOD.pictures }, 'loss between'],
  ];
  it.each(table)('%s', (_, change, expected) => {
    const cause = causeOf({ ...GOOD, ...change });
    expect(cause ? `${cause.code} ${cause.side}` : 'none').toBe(expected);
    if (cause) expect(cause.path).toBe(change.path ?? 'direct');
  });
});

const ACTIVE: CallState = { type: 'active', since: 0, path: 'relay-udp' };
const RECOVERING = { type: 'recovering', since: 0, lostAt: 0, cause: 'silence' } as const;

type Way = Partial<Quality['receiving'] & Quality['sending']>;

function quality(change: Partial<Quality> = {}, receiving: Way = {}, sending: Way = {}): Quality {
  const way = {
    level: 'good',
    kbps: 0,
    lossPct: 0,
    jitterMs: 5,
    silent: false,
    height: 360,
    codecs: {},
  } as const;
  return {
    level: 'good',
    mos: 4.3,
    rttMs: 40,
    ...change,
    receiving: { ...way, fps: 30, concealedPct: 0, frozenMs: 0, busy: false, ...receiving },
    sending: { ...way, fps: 30, twice: false, limitedBy: 'none', availableKbps: undefined, ...sending },
  };
}

const SENDING = { audio: true, video: true };

/** A call of which this is told for so many seconds each. */
class Scene {
  #now = 0;
  #online = true;
  readonly #counting = new Counting(() => this.#online);

  during(seconds: number, call: Partial<Followed>, measured: Quality | null, online = true): this {
    this.#online = online;
    const { peer } = blank(CALL, 0);
    const followed = { state: ACTIVE, peer, sending: SENDING, receiving: SENDING, held: false, ...call };
    this.#counting.follow(followed as Followed, this.#now);
    for (let second = 0; second < seconds; second += 1) {
      this.#now += 1_000;
      this.#counting.second(measured);
    }
    return this;
  }

  get cause(): string {
    const cause = this.#counting.cause(this.#now);
    return cause ? `${cause.code} ${cause.side} ${cause.path}` : 'none';
  }
}

const LOST = { ...blank(CALL, 0).peer, lost: true };

describe('what is counted', () => {
  const table: [what: string, Partial<Followed>, Quality, cause: string][] = [
    ['a good call', {}, quality(), 'none'],
    ['loss on the way here', {}, quality({ level: 'poor' }, { lossPct: 5 }), 'loss between relay-udp'],
    ['loss on the way there', {}, quality({ level: 'poor' }, {}, { lossPct: 9 }), 'loss between relay-udp'],
    ['nothing that comes at all', {}, quality({ level: 'bad' }), 'loss between relay-udp'],
    ['a long way', {}, quality({ rttMs: 400 }), 'late between relay-udp'],
    ['uneven arrival', {}, quality({}, { jitterMs: 100 }), 'jitter between relay-udp'],
    ['sound that is made up', {}, quality({ mos: 3 }), 'jitter between relay-udp'],
    [
      'their network, which has lost the server',
      { peer: LOST },
      quality({ rttMs: 900 }),
      'late there relay-udp',
    ],
    ['silence from there', {}, quality({}, { silent: true }), 'silent-mic there relay-udp'],
    ['silence from here', {}, quality({}, {}, { silent: true }), 'silent-mic here relay-udp'],
    ['muted here', { sending: { ...SENDING, audio: false } }, quality({}, {}, { silent: true }), 'none'],
    ['nobody says what is sent', { receiving: undefined }, quality({}, { silent: true }), 'none'],
    ['a busy device', {}, quality({}, {}, { limitedBy: 'cpu' }), 'busy here relay-udp'],
    ['a busy device there', {}, quality({}, { busy: true }), 'busy there relay-udp'],
    ['a busy one that sends no picture', {}, quality({}, {}, { limitedBy: 'cpu', fps: 0 }), 'none'],
    [
      'pictures paused there',
      { receiving: { ...SENDING, weak: true } },
      quality(),
      'narrow between relay-udp',
    ],
    ['unheard', { state: { ...ACTIVE, deaf: 'me' } }, quality(), 'one-sided between relay-udp'],
    ['on hold here', { held: true }, quality({ level: 'bad' }), 'none'],
    ['on hold there', { receiving: { ...SENDING, hold: true } }, quality({ level: 'bad' }), 'none'],
  ];
  it.each(table)('%s', (_, call, measured, expected) => {
    expect(new Scene().during(20, call, measured).cause).toBe(expected);
  });

  it('what was lost, and who had lost the server meanwhile', () => {
    const lost = (online: boolean, change: Partial<Followed> = {}) =>
      new Scene()
        .during(10, {}, quality())
        .during(12, { state: RECOVERING, ...change }, null, online)
        .during(10, {}, quality()).cause;
    expect([lost(true), lost(false), lost(true, { peer: LOST })]).toEqual(
      ['between', 'here', 'there'].map((side) => `dropped ${side} relay-udp`),
    );
  });

  it('what was lost until the end', () => {
    expect(new Scene().during(10, {}, quality()).during(12, { state: RECOVERING }, null, false).cause).toBe(
      'dropped here relay-udp',
    );
  });

  it('a page that is reloaded is nobody’s network', () => {
    const reloads = new Scene();
    for (let count = 0; count < 3; count += 1) {
      reloads.during(9, { state: { ...RECOVERING, cause: 'leaving' } }, null).during(9, {}, quality());
    }
    expect(reloads.cause).toBe('none');
  });
});
