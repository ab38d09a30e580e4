/** Calls that another device of one's own carries, and taking them over: on this device, the one before, and the peer's. */
import { describe, expect, it } from 'vitest';

import { BOTH, CALL, Desk, idOf, OTHER, ringing, SOUND, view, viewOf } from './desk.ts';

const THERE = { role: 'callee', you: 'elsewhere', answered_on: 'Firefox on Linux' } as const;
const there = (rev: number, parts: object = {}) => view(rev, 'active', { ...THERE, ...parts });

/** A call with Bob that Alice carries on her other device. */
function beside(): Desk {
  const desk = new Desk().online().hear(there(5));
  desk.take();
  return desk;
}

/** Alice has called Bob and talks with him on this device. */
function talking(role: 'caller' | 'callee' = 'caller'): Desk {
  const desk = new Desk().online();
  if (role === 'caller') desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  else desk.hear(ringing(2)).tell({ type: 'accept', call: CALL, choice: BOTH });
  desk.hear(view(3, 'connecting', { role }));
  desk.tell({ type: 'sending', call: CALL, notice: { audio: true, video: true } });
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

describe('a call on another device', () => {
  it('is known from its answer to its end', () => {
    const desk = new Desk().online().hear(ringing(2));
    expect(desk.state.elsewhere).toEqual([]);
    desk.hear(view(3, 'connecting', THERE));
    expect(desk.state.elsewhere).toMatchObject([
      { id: CALL, rev: 3, peer: { id: 'bob' }, device: 'Firefox on Linux', role: 'callee' },
    ]);
    expect(desk.state.calls).toEqual([]);
    desk.hear(view(9, 'ended', { ...THERE, reason: 'hangup' }));
    expect(desk.state.elsewhere).toEqual([]);
  });

  it('comes with the welcome and goes with the next, and is named in heartbeats', () => {
    const desk = new Desk().start().welcome({ calls: [viewOf(5, 'active', THERE)] });
    expect(desk.state.elsewhere).toHaveLength(1);
    desk.take();
    desk.pass(55_000);
    expect(desk.sent()).toMatchObject([{ type: 'ping', data: { calls: [{ id: CALL, rev: 5 }] } }]);
    desk.tell({ type: 'closed', code: 1006 }).pass(2_000).welcome();
    expect(desk.state.elsewhere).toEqual([]);
  });

  it('that the server no longer knows is gone', () => {
    const desk = beside();
    desk.hear({ type: 'error', data: { code: 'not_found', retry: false, call: CALL } });
    expect(desk.state.elsewhere).toEqual([]);
  });
});

describe('taking a call', () => {
  it('asks for it, opens the devices, and answers the offer that comes', () => {
    const desk = beside().tell({ type: 'take', call: CALL, choice: SOUND });
    expect(desk.state.elsewhere).toEqual([]);
    expect(desk.take()).toEqual([
      {
        type: 'send',
        message: { type: 'take', data: { media: ['audio'] }, gen: 0, call: CALL, id: expect.any(String) },
      },
      { type: 'capture', call: CALL, choice: SOUND },
    ]);
    const since = desk.now - 61_250;
    desk.hear(view(6, 'active', { role: 'callee', gen: 1, active_ms: 61_250 }));
    expect(desk.take()).toMatchObject([{ type: 'use', call: CALL, key: '1' }]);
    desk.hear({ type: 'offer', data: { type: 'offer', sdp: 'v=0' }, call: CALL, gen: 1 });
    expect(desk.take()).toMatchObject([{ type: 'describe', key: '1' }]);
    desk.pass(900).tell({ type: 'connected', call: CALL, key: '1', path: 'direct' });
    expect(desk.call?.state, 'counts on').toEqual({ type: 'active', since, path: 'direct' });
  });

  it('of one’s own making offers anew', () => {
    const desk = new Desk().online().hear(there(5, { role: 'caller' }));
    desk.tell({ type: 'take', call: CALL, choice: SOUND }).hear(view(6, 'active', { gen: 1 }));
    expect(desk.take().filter(({ type }) => type === 'offer')).toMatchObject([{ key: '1', restart: false }]);
  });

  it('holds what goes on here', () => {
    const desk = talking().hear(there(5, { id: OTHER }));
    desk.tell({ type: 'take', call: OTHER, choice: SOUND });
    expect(desk.state.calls.map(({ held }) => held)).toEqual([true, false]);
  });

  it('is not put off by older news of the other device', () => {
    const desk = beside().tell({ type: 'take', call: CALL, choice: SOUND }).hear(there(6));
    expect(desk.call?.state.type).toBe('connecting');
  });

  it.each([
    ['answered_elsewhere', 'elsewhere'],
    ['call_ended', 'remote-hangup'],
    ['internal', 'server'],
  ] as const)('that is refused with %s ends as %s, and lets go of the microphone at once', (code, reason) => {
    const desk = beside().tell({ type: 'take', call: CALL, choice: SOUND });
    desk.refuse(idOf(desk.sent(), 'take'), code);
    expect(desk.take()).toEqual([
      { type: 'release', call: CALL, state: { type: 'ended', reason, summary: { durationMs: 0 } } },
    ]);
  });

  it('does nothing for a call that is not there', () => {
    const desk = new Desk().online().tell({ type: 'take', call: CALL, choice: SOUND });
    expect([desk.take(), desk.state.calls]).toEqual([[], []]);
  });
});

describe('a call that is taken', () => {
  it('ends on the device before, which is sent on until the other side has seen the new one', () => {
    const desk = talking().hear(view(6, 'active', { you: 'elsewhere', answered_on: 'Phone', gen: 1 }));
    expect(desk.take()).toMatchObject([
      {
        type: 'release',
        lingers: true,
        state: { reason: 'elsewhere', summary: { answeredOn: 'Phone' } },
      },
    ]);
    expect(desk.state.elsewhere).toMatchObject([{ id: CALL, device: 'Phone' }]);
  });

  it('goes on at the other person’s by a new peer connection, without a break', () => {
    const desk = talking().hear(view(6, 'active', { gen: 1 }));
    const outputs = desk.take();
    expect(outputs.map(({ type }) => type)).toEqual(['use', 'offer', 'send', 'tell']);
    expect(outputs).toMatchObject([{ key: '1' }, { key: '1', restart: false }, {}, {}]);
    expect(desk.call?.state.type).toBe('active');
    desk.pass(3_000).tell({ type: 'connected', call: CALL, key: '1', path: 'direct' }).pass(10_000);
    expect(desk.call?.state).toMatchObject({ type: 'active', since: expect.any(Number) });
  });

  it('waits at the other person’s for the offer, if the device that took it makes it', () => {
    const desk = talking('callee').hear(view(6, 'active', { role: 'callee', gen: 1 }));
    expect(desk.take().map(({ type }) => type)).toEqual(['use', 'send', 'tell']);
  });

  it('counts as recovering when the new one brings nothing in 4 s', () => {
    const desk = talking()
      .hear(view(6, 'active', { gen: 1 }))
      .pass(3_999);
    expect(desk.call?.state.type).toBe('active');
    expect(desk.pass(1).call?.state.type).toBe('recovering');
  });

  it('hears the notices of the new device, which counts them anew', () => {
    const desk = talking();
    const notice = (n: number, audio: boolean, gen: number) =>
      desk.hear({ type: 'media', data: { audio, video: false, n }, call: CALL, gen });
    notice(7, true, 0);
    desk.hear(view(6, 'active', { gen: 1 }));
    notice(1, false, 1);
    expect(desk.call?.receiving).toMatchObject({ audio: false, n: 1 });
  });
});
