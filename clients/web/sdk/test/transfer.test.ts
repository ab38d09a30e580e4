/** Handing a call over, and being handed over. */
import { describe, expect, it } from 'vitest';

import type { CallView } from '../src/protocol.ts';
import { BOTH, CALL, Desk, idOf, OTHER, ringing, SOUND, view } from './desk.ts';

const NEXT = '0192d5f0-7a10-7cc3-98c4-dc0c0c073991';
const CAROL = { id: 'carol', name: 'Carol' };

/** Alice talks with Bob, with pictures. */
function talking(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.hear(view(3, 'connecting')).tell({
    type: 'sending',
    call: CALL,
    notice: { audio: true, video: true },
  });
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

/** And Carol is beside. */
function talkingToTwo(): Desk {
  const desk = talking().hear(ringing(2, { id: OTHER, peer: CAROL }));
  desk.tell({ type: 'accept', call: OTHER, choice: SOUND });
  desk.hear(view(3, 'active', { id: OTHER, role: 'callee', peer: CAROL }));
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

const over = (rev: number, parts: Partial<CallView> = {}) =>
  view(rev, 'ended', { reason: 'transferred', duration_ms: 5_000, ...parts });
const next = (state: CallView['state'], parts: Partial<CallView> = {}) =>
  view(1, state, {
    id: NEXT,
    peer: CAROL,
    media: ['audio'],
    follows: CALL,
    transferred_by: 'Bob',
    ...parts,
  });

describe('whoever hands a call over', () => {
  it('says to whom, and is out of it when it is done', () => {
    const desk = talking().tell({ type: 'transfer', call: CALL, to: { to: 'carol' } });
    const sent = desk.sent();
    expect(sent).toMatchObject([{ type: 'transfer', data: { to: 'carol' }, call: CALL }]);
    desk.ok(idOf(sent, 'transfer')).hear(over(4));
    expect(desk.take()).toMatchObject([
      { type: 'release', state: { reason: 'transferred', summary: { durationMs: 5_000 } } },
    ]);
  });

  it('connects the people of two calls, and is out of both', () => {
    const desk = talkingToTwo().tell({ type: 'transfer', call: CALL, to: { call: OTHER } });
    expect(desk.sent()).toMatchObject([{ type: 'transfer', data: { call: OTHER }, call: CALL }]);
    desk.hear(over(4)).hear(over(4, { id: OTHER, role: 'callee', peer: CAROL }));
    expect(desk.state.calls).toEqual([]);
  });

  it('goes on with the call if it cannot be', () => {
    const desk = talking().tell({ type: 'transfer', call: CALL, to: { to: 'nobody' } });
    desk.refuse(idOf(desk.sent(), 'transfer'), 'not_found');
    expect(desk.take()).toMatchObject([
      { type: 'transfer-refused', call: CALL, error: { code: 'not-found' } },
    ]);
    expect(desk.call?.state.type).toBe('active');
    // What the other side does later is the other side's.
    desk.hear(over(4));
    expect(desk.call?.followBy).toBeDefined();
  });

  it('cannot do it with a call that nobody has answered', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.take();
    desk.tell({ type: 'transfer', call: CALL, to: { to: 'carol' } });
    expect(desk.take()).toMatchObject([{ type: 'transfer-refused', error: { code: 'wrong-state' } }]);
    const two = talking().hear(ringing(2, { id: OTHER, peer: CAROL }));
    two.take();
    two.tell({ type: 'transfer', call: CALL, to: { call: OTHER } });
    expect(two.take()).toMatchObject([{ type: 'transfer-refused' }]);
  });
});

describe('whoever is handed over', () => {
  it('calls the next person in the same call, with sound only', () => {
    const desk = talking().hear(over(4));
    expect(desk.take()).toEqual([]);
    desk.hear(next('inviting'));
    expect(desk.take()).toEqual([
      { type: 'rekey', from: CALL, to: NEXT },
      { type: 'begin-anew', call: NEXT, choice: SOUND },
    ]);
    expect(desk.call).toMatchObject({
      id: NEXT,
      peer: { id: 'carol', name: 'Carol' },
      state: { type: 'dialing' },
      transferredBy: 'Bob',
      direction: 'out',
    });
    desk.hear(next('ringing', { rev: 2 })).hear(next('connecting', { rev: 3 }));
    expect(desk.take().map(({ type }) => type)).toEqual(['prepare', 'use', 'offer', 'send', 'tell']);
    desk.tell({ type: 'connected', call: NEXT, key: '0', path: 'direct' });
    expect(desk.call?.state.type).toBe('active');
  });

  it('rings out in the next call, whoever began the first', () => {
    const desk = new Desk().online().hear(ringing(2)).tell({ type: 'accept', call: CALL, choice: SOUND });
    desk
      .hear(view(3, 'active', { role: 'callee' }))
      .hear(over(4, { role: 'callee' }))
      .hear(next('ringing'));
    expect(desk.call?.state).toMatchObject({ type: 'ringing', direction: 'out' });
  });

  it('is connected with somebody who talks already', () => {
    const desk = talking()
      .hear(over(4))
      .hear(next('connecting', { role: 'callee' }));
    expect(desk.call).toMatchObject({ id: NEXT, state: { type: 'connecting' }, role: 'callee' });
    expect(desk.take().map(({ type }) => type)).toEqual(['rekey', 'begin-anew', 'use', 'send', 'tell']);
  });

  it('stays muted if they were', () => {
    const desk = talking().tell({ type: 'sending', call: CALL, notice: { audio: false, video: true } });
    desk.take();
    desk.hear(next('inviting'));
    expect(desk.take().at(-1)).toMatchObject({ type: 'begin-anew', choice: { audio: false, video: false } });
  });

  it('hears of the end of the first call after the second has begun, and stays in the second', () => {
    const desk = talking().hear(next('connecting')).hear(over(4));
    expect(desk.state.calls.map(({ id }) => id)).toEqual([NEXT]);
  });

  it('waits 5 s for the next call, and no longer', () => {
    const desk = talking().hear(over(4)).pass(4_999);
    expect(desk.state.calls).toHaveLength(1);
    desk.pass(1);
    expect(desk.take().at(-1)).toMatchObject({ type: 'release', state: { reason: 'connection-lost' } });
  });

  it('may hang up while it rings', () => {
    const desk = talking().hear(over(4)).hear(next('ringing'));
    desk.take();
    desk.tell({ type: 'hangup', call: NEXT });
    expect(desk.take()).toMatchObject([
      { type: 'release', call: NEXT, state: { reason: 'cancelled' } },
      { type: 'send', message: { type: 'hangup', call: NEXT } },
    ]);
  });
});

it('whoever is called by it learns who did it', () => {
  const desk = new Desk().online().hear(ringing(2, { transferred_by: 'Alice' }));
  expect(desk.call).toMatchObject({ transferredBy: 'Alice', state: { type: 'ringing', direction: 'in' } });
});
