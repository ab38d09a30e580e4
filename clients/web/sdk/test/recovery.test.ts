/** A media path that is lost: who looks for another, when, how, and when to give up. */
import { describe, expect, it } from 'vitest';

import type { InterruptionCause, Output } from '../src/core/state.ts';
import { BOTH, CALL, Desk, view, viewOf } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };
const ANSWER = { type: 'answer', sdp: 'v=0 answer' };
const PATH = { call: CALL, key: '0' } as const;

/** Alice has called Bob, he has answered, and her offer is on its way. */
function connecting(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.hear(view(3, 'connecting')).tell({ type: 'described', ...PATH, description: OFFER });
  return settled(desk);
}

/** Alice, who offered, talks with Bob. */
function offerer(): Desk {
  return settled(connecting().tell({ type: 'connected', ...PATH, path: 'direct' }));
}

/** Bob, who answered, talks with Alice. */
function answerer(): Desk {
  const desk = new Desk().online().hear(view(2, 'ringing', { role: 'callee', you: 'ringing' }));
  desk.tell({ type: 'accept', call: CALL, choice: BOTH }).hear(view(3, 'connecting', { role: 'callee' }));
  desk.tell({ type: 'described', ...PATH, description: ANSWER });
  return settled(desk.tell({ type: 'connected', ...PATH, path: 'direct' }));
}

/** Everything said so far has been answered. */
function settled(desk: Desk): Desk {
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

function lose(desk: Desk, cause: InterruptionCause = 'silence'): Desk {
  return desk.tell({ type: 'interrupted', ...PATH, cause });
}

/** Lets time pass while the server is well. */
function wait(desk: Desk, ms: number): Desk {
  for (let left = ms; left > 0; left -= 400) desk.pass(Math.min(left, 400)).hear({ type: 'pong', data: {} });
  return desk;
}

function restarts(outputs: readonly Output[]): string[] {
  return outputs.flatMap((output) => (output.type === 'offer' && output.restart ? [output.gather] : []));
}

/** At which moments of the time ICE is restarted, and for which paths. */
function timeline(desk: Desk, ms: number): [number, string][] {
  const begin = desk.now;
  const seen: [number, string][] = restarts(desk.take()).map((gather) => [0, gather]);
  while (desk.now < begin + ms) {
    wait(desk, 100);
    for (const gather of restarts(desk.take())) seen.push([desk.now - begin, gather]);
  }
  return seen;
}

describe('a lost path', () => {
  it('is restarted by the offerer when it breaks, and the call goes on counting', () => {
    const desk = offerer();
    const since = desk.now;
    desk.pass(3_000).take();
    lose(desk);
    expect(desk.call?.state).toEqual({ type: 'recovering', since, lostAt: desk.now, cause: 'silence' });
    expect(restarts(desk.take())).toEqual(['all']);

    wait(desk, 500).tell({ type: 'connected', ...PATH, path: 'relay-tcp' });
    expect(desk.call?.state).toEqual({ type: 'active', since, path: 'relay-tcp' });
    expect(desk.sent()).toMatchObject([{ type: 'connected', data: { route: 'relay_tcp' } }]);
    expect(timeline(desk, 20_000)).toEqual([]);
  });

  it('is not restarted by the other side, which asks for it with its notice until media is back', () => {
    const desk = answerer().tell({ type: 'sending', call: CALL, notice: BOTH });
    settled(desk);
    lose(desk);
    const lost = { ...BOTH, lost: true };
    expect(desk.take().filter(({ type }) => type === 'tell')).toMatchObject([{ message: { data: lost } }]);
    expect(desk.state.outbox.map(({ message }) => message)).toMatchObject([{ type: 'media', data: lost }]);
    expect(timeline(desk, 5_000)).toEqual([]);
    expect(desk.call?.notices).toBe(3);
    desk.tell({ type: 'connected', ...PATH, path: 'direct' });
    expect(desk.take().find(({ type }) => type === 'tell')).toMatchObject({
      message: { data: { ...BOTH, n: 4 } },
    });
    expect(desk.state.outbox.map(({ message }) => message.data)).toContainEqual({ ...BOTH, n: 4 });
  });

  it('that only the other side misses is restarted when it asks, whichever way it does', () => {
    const desk = offerer();
    const data = { ...BOTH, lost: true, n: 5 };
    desk.hear({ type: 'media', data, call: CALL, gen: 0, id: 'q.7', from: 'bob/tab' });
    desk.tell({ type: 'control', ...PATH, message: { type: 'media', data } });
    expect(timeline(desk, 3_000)).toEqual([[0, 'all']]);
    expect(desk.call?.state.type).toBe('active');
  });

  it('is asked for once: not any more when an offer has come, and again if that leads nowhere', () => {
    const desk = answerer().tell({ type: 'sending', call: CALL, notice: BOTH });
    settled(desk);
    lose(desk);
    desk.hear({ type: 'offer', data: OFFER, call: CALL, gen: 0, id: 'q.7', from: 'bob/tab' });
    const asked = () =>
      desk.state.outbox.map(({ message }) => message.type === 'media' && message.data.lost === true);
    expect(asked()).toEqual([false]);
    wait(desk, 4_000);
    expect(asked()).toEqual([true]);
  });

  it('is not restarted twice because they ask: the offer that did not reach them goes out again', () => {
    const desk = lose(offerer());
    desk.tell({ type: 'described', ...PATH, description: OFFER });
    desk.take();
    const data = { ...BOTH, lost: true, n: 5 };
    wait(desk, 300).hear({ type: 'media', data, call: CALL, gen: 0, id: 'q.7', from: 'bob/tab' });
    expect(desk.sent()).toMatchObject([{ type: 'ack' }, { type: 'offer', data: OFFER }]);
    expect(timeline(desk, 3_000)).toEqual([]);
  });

  it('is looked for again every 4 s, for 8 s only by relays over TCP', () => {
    expect(timeline(lose(offerer()), 25_000)).toEqual([
      [0, 'all'],
      [4_000, 'all'],
      [8_000, 'all'],
      [12_000, 'relay-tcp'],
      [16_000, 'relay-tcp'],
      [20_000, 'all'],
      [24_000, 'all'],
    ]);
  });

  it('that was not found 12 s after the answer is looked for by relays over TCP', () => {
    expect(timeline(connecting(), 13_000)).toEqual([[12_000, 'relay-tcp']]);
  });

  it('is restarted once for two causes at once, and again if the second comes later', () => {
    const desk = lose(offerer());
    lose(desk, 'ice-failed');
    expect(timeline(desk, 3_000)).toEqual([
      [0, 'all'],
      [1_000, 'all'],
    ]);
  });

  it('is looked for at once when the network here has changed, also before it is lost, and again after it was', () => {
    const desk = offerer().tell({ type: 'network-changed' });
    expect(restarts(desk.take())).toEqual(['all']);
    expect(desk.call?.state.type).toBe('active');
    wait(lose(desk), 100).tell({ type: 'network-changed' });
    expect(restarts(desk.take())).toEqual(['all']);

    const other = answerer().tell({ type: 'sending', call: CALL, notice: BOTH });
    other.take();
    other.tell({ type: 'network-changed' });
    expect(other.sent().at(-1)).toMatchObject({ type: 'media', data: { ...BOTH, lost: true } });
  });

  it('that is found again brings the server back at once, too', () => {
    const desk = lose(offerer()).tell({ type: 'closed', code: 1006 });
    expect(desk.state.link.type).toBe('waiting');
    desk.take();
    desk.tell({ type: 'connected', ...PATH, path: 'direct' });
    expect(desk.take()).toContainEqual({ type: 'open' });
  });

  it('makes sure of the server as well, as soon as media pauses, and connects anew at once if it is silent', () => {
    const desk = offerer().tell({ type: 'suspect', ...PATH });
    expect(desk.sent().map(({ type }) => type)).toEqual(['ping']);
    desk.pass(300);
    lose(desk);
    desk.pass(199).take();
    expect(desk.state.link.type).toBe('online');
    desk.pass(1);
    expect(desk.take()).toEqual([{ type: 'shut' }, { type: 'open' }]);
  });

  it('is not restarted by a reconnect that carries the offer over', () => {
    const desk = lose(offerer()).tell({ type: 'described', ...PATH, description: OFFER });
    desk.pass(700).take();
    desk.welcome({ calls: [viewOf(3, 'active')] });
    const outputs = desk.take();
    expect(restarts(outputs)).toEqual([]);
    expect(outputs).toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ type: 'offer' }) }),
    );
  });

  it('is not asked for again by a reconnect that carries the wish over', () => {
    const desk = answerer().tell({ type: 'sending', call: CALL, notice: BOTH });
    settled(desk);
    lose(desk);
    desk.pass(700);
    desk.welcome({ calls: [viewOf(3, 'active', { role: 'callee' })] });
    const { notices } = desk.call ?? {};
    wait(desk, 3_000);
    expect(desk.call?.notices).toBe(notices);
  });

  it('is not looked for before there is anything to restart', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
    desk.hear(view(3, 'connecting'));
    desk.take();
    desk.tell({ type: 'network-changed' });
    expect(restarts(desk.take())).toEqual([]);
  });

  it('of a peer connection that is not the call’s own is no matter', () => {
    const desk = offerer().tell({ type: 'interrupted', call: CALL, key: '7', cause: 'silence' });
    expect(desk.call?.state.type).toBe('active');
    expect(desk.take()).toEqual([]);
  });
});

describe('giving up', () => {
  it.each([
    ['on a path that is never found', connecting()],
    ['on a path that stays lost while both reach the server', lose(offerer())],
  ])('%s takes 30 s', (_, desk) => {
    wait(desk, 29_999);
    expect(desk.call).toBeDefined();
    desk.take();
    desk.pass(1);
    const ends = desk.take();
    expect(ends).toMatchObject([
      { type: 'release', state: { reason: 'media-failed', summary: { diagnosis: { here: [], there: [] } } } },
      { type: 'send', message: { type: 'hangup', data: { reason: 'media_failed' } } },
    ]);
  });

  it('takes 60 s while the server is gone, too, and 30 s from its return', () => {
    const alone = lose(offerer()).tell({ type: 'closed', code: 1006 });
    alone.pass(59_999);
    expect(alone.call?.state.type).toBe('recovering');
    alone.pass(1);
    expect(alone.call).toBeUndefined();

    const back = lose(offerer()).tell({ type: 'closed', code: 1006 }).pass(20_000);
    back.welcome({ calls: [viewOf(3, 'active')] });
    wait(back, 29_999);
    expect(back.call?.state.type).toBe('recovering');
    back.pass(1);
    expect(back.call).toBeUndefined();
  });

  it('says what was tried', () => {
    const desk = connecting().tell({
      type: 'tried',
      ...PATH,
      evidence: { here: ['host'], there: ['host', 'relay'], errors: [], reach: { udp: false } },
    });
    desk.hear(view(4, 'ended', { reason: 'media_failed' }));
    expect(desk.take().find(({ type }) => type === 'release')).toMatchObject({
      state: {
        reason: 'media-failed',
        summary: { diagnosis: { code: 'no-relay', here: ['host'], there: ['host', 'relay'], errors: [] } },
      },
    });
  });

  it('tells the server at the end by which ways the relay was reached, and nothing if none was tried', () => {
    const reaches = (desk: Desk) => desk.sent().filter(({ type }) => type === 'reach');
    const tried = { here: [], there: [], errors: [], reach: { udp: false, tcp: true } };
    const desk = offerer().tell({ type: 'tried', ...PATH, evidence: tried });
    expect(reaches(desk)).toEqual([]);
    desk.hear(view(9, 'ended', { reason: 'hangup' }));
    expect(reaches(desk)).toEqual([{ type: 'reach', data: { udp: false, tcp: true } }]);

    const untried = offerer();
    untried.hear(view(9, 'ended', { reason: 'hangup' }));
    expect(reaches(untried)).toEqual([]);
  });
});

describe('one-way sound', () => {
  it('is named, and the side that is not heard looks for another path', () => {
    const desk = offerer().tell({ type: 'deaf', ...PATH, who: 'peer' });
    expect(desk.call?.state).toMatchObject({ type: 'active', deaf: 'peer' });
    expect(restarts(desk.take())).toEqual(['all']);
    desk.tell({ type: 'deaf', ...PATH, who: undefined });
    expect(desk.call?.state).not.toHaveProperty('deaf');
  });

  it('is left to the other side where it is this one that hears nothing', () => {
    const desk = offerer().tell({ type: 'deaf', ...PATH, who: 'me' });
    expect(desk.call?.state).toMatchObject({ type: 'active', deaf: 'me' });
    expect(restarts(desk.take())).toEqual([]);
  });
});

describe('past the server', () => {
  const control = (desk: Desk, message: Parameters<typeof said>[0]) => desk.tell(said(message));
  const said = (
    message: { type: 'hangup' } | { type: 'leaving' } | { type: 'media'; data: typeof BOTH & { n?: number } },
  ) => ({ type: 'control', ...PATH, message }) as const;

  it('a hang-up ends the call, and the server hears it from both', () => {
    const desk = control(offerer().pass(2_000), { type: 'hangup' });
    expect(desk.take()).toMatchObject([
      { type: 'release', state: { reason: 'remote-hangup', summary: { durationMs: 2_000 } } },
      { type: 'send', message: { type: 'hangup', data: {} } },
    ]);
  });

  it('a hang-up while the server is away is told to it when it is back, and the call does not come back with it', () => {
    const desk = offerer().tell({ type: 'closed', code: 1006 }).pass(100);
    control(desk, { type: 'hangup' });
    desk.pass(5_000).take();
    desk.welcome({ calls: [viewOf(3, 'active')] });
    expect(desk.sent().filter(({ type }) => type === 'hangup')).toHaveLength(1);
    expect(desk.state.calls).toEqual([]);
  });

  it('our own hang-up is told there too, and a fault of ours is not: it has no path', () => {
    const desk = offerer().tell({ type: 'hangup', call: CALL });
    expect(desk.take()[0]).toEqual({ type: 'tell', call: CALL, message: { type: 'hangup' } });
  });

  it('of two notices the later counts, whichever way it came', () => {
    const desk = offerer();
    control(desk, { type: 'media', data: { audio: false, video: true, n: 8 } });
    desk.hear({ type: 'media', data: { ...BOTH, n: 7 }, call: CALL, gen: 0, id: 'q.7', from: 'bob/tab' });
    expect(desk.call?.receiving).toEqual({ audio: false, video: true, n: 8 });
    desk.hear({ type: 'media', data: BOTH, call: CALL, gen: 0, id: 'q.8', from: 'bob/tab' });
    expect(desk.call?.receiving).toEqual(BOTH);
  });

  it('our notices are numbered, and go both ways', () => {
    const desk = offerer().tell({ type: 'sending', call: CALL, notice: BOTH });
    desk.take();
    desk.tell({ type: 'sending', call: CALL, notice: { audio: false, video: true } });
    const data = { audio: false, video: true, n: 2 };
    expect(desk.take()).toMatchObject([
      { type: 'send', message: { type: 'media', data } },
      { type: 'tell', message: { type: 'media', data } },
    ]);
  });

  it('a page that leaves is waited for, and nothing is restarted for it', () => {
    const desk = control(offerer(), { type: 'leaving' });
    expect(desk.call?.state).toMatchObject({ type: 'recovering', cause: 'leaving', lostAt: desk.now });
    lose(desk);
    expect(timeline(desk, 10_000)).toEqual([]);
    expect(desk.call?.state).toMatchObject({ cause: 'leaving' });
    desk.tell({ type: 'connected', ...PATH, path: 'direct' });
    expect(desk.call?.state.type).toBe('active');
  });
});
