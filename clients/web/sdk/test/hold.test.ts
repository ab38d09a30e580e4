import { describe, expect, it } from 'vitest';

import { BOTH, CALL, Desk, idOf, OTHER, ringing, SOUND, view } from './desk.ts';

const CARE = { peer: { id: 'carol', name: 'Carol' } };
const SENDING = { audio: true, video: true };

/** Alice is in a call with Bob. */
function talking(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.ok(idOf(desk.sent(), 'invite'), { call: CALL }).hear(view(3, 'connecting'));
  desk.tell({ type: 'sending', call: CALL, notice: SENDING });
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  return desk;
}

/** And Carol calls. */
function waiting(): Desk {
  const desk = talking().hear(ringing(2, { id: OTHER, ...CARE }));
  desk.take();
  return desk;
}

function held(desk: Desk): Record<string, boolean> {
  return Object.fromEntries(desk.state.calls.map((call) => [call.peer.id, call.held]));
}

describe('a call', () => {
  it('on hold lets go of its devices and tells the other side, and again when it goes on', () => {
    const desk = talking();
    desk.tell({ type: 'hold', call: CALL, on: true });
    expect(desk.take()).toMatchObject([
      { type: 'hold', call: CALL, on: true },
      { type: 'send', message: { type: 'media', data: { audio: false, video: false, hold: true } } },
      { type: 'tell', message: { type: 'media', data: { audio: false, video: false, hold: true } } },
    ]);
    desk.tell({ type: 'hold', call: CALL, on: true });
    expect(desk.take()).toEqual([]);

    desk.tell({ type: 'hold', call: CALL, on: false });
    expect(desk.take()).toMatchObject([
      { type: 'hold', call: CALL, on: false },
      { type: 'send', message: { type: 'media', data: SENDING } },
      { type: 'tell', message: { type: 'media', data: SENDING } },
    ]);
  });

  it('says nothing of its devices while it is on hold', () => {
    const desk = talking().tell({ type: 'hold', call: CALL, on: true });
    desk.take();
    desk.tell({ type: 'sending', call: CALL, notice: SENDING });
    expect(desk.sent()).toMatchObject([{ data: { audio: false, video: false, hold: true } }]);
  });

  it('that the other side holds says so, and goes on when they do', () => {
    const desk = talking();
    desk.hear({ type: 'media', data: { audio: false, video: false, hold: true }, call: CALL, gen: 0 });
    expect(desk.call?.receiving?.hold).toBe(true);
    desk.hear({ type: 'media', data: SENDING, call: CALL, gen: 0 });
    expect(desk.call?.receiving?.hold).toBeUndefined();
  });

  it('that the other side holds sends nothing to them, and says nothing of it', () => {
    const desk = talking();
    const held = { audio: false, video: false, hold: true };
    for (const data of [
      { ...held, n: 1 },
      { ...held, n: 2 },
      { ...SENDING, n: 3 },
      { ...SENDING, n: 4 },
    ])
      desk.tell({ type: 'control', call: CALL, key: '0', message: { type: 'media', data } });
    expect(desk.take()).toEqual([
      { type: 'pause', call: CALL, on: true },
      { type: 'pause', call: CALL, on: false },
    ]);
  });

  it('that rings here cannot be held, and one that was answered on hold begins so', () => {
    const desk = new Desk().online().hear(ringing(2));
    desk.tell({ type: 'hold', call: CALL, on: true });
    expect(held(desk)).toEqual({ bob: false });

    const calling = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    calling.tell({ type: 'hold', call: CALL, on: true }).take();
    calling.hear(view(3, 'connecting'));
    expect(calling.sent()).toMatchObject([{ type: 'media', data: { hold: true } }]);
  });
});

describe('of two calls', () => {
  it('the first gives up its microphone before the second takes it', () => {
    const desk = waiting().tell({ type: 'accept', call: OTHER, choice: BOTH });
    expect(held(desk)).toEqual({ bob: true, carol: false });
    expect(desk.take().map(({ type }) => type)).toEqual(['hold', 'send', 'tell', 'send', 'capture', 'feed']);
  });

  it('one rings and the other talks on until the user decides', () => {
    const desk = waiting().tell({ type: 'alerting', call: OTHER });
    expect(held(desk)).toEqual({ bob: false, carol: false });
    expect(desk.sent()).toMatchObject([{ type: 'ringing', call: OTHER }]);
    desk.tell({ type: 'hangup', call: OTHER });
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'declined' } }, { type: 'send' }]);
    expect(desk.call?.state.type).toBe('active');
  });

  it('going on with one holds the other, in that order', () => {
    const desk = waiting().tell({ type: 'accept', call: OTHER, choice: SOUND });
    desk.take();
    desk.tell({ type: 'hold', call: CALL, on: false });
    expect(held(desk)).toEqual({ bob: false, carol: true });
    expect(desk.take().filter(({ type }) => type === 'hold')).toEqual([
      { type: 'hold', call: OTHER, on: true },
      { type: 'hold', call: CALL, on: false },
    ]);
  });

  it('the end of one leaves the other on hold, until its user goes on', () => {
    const desk = waiting().tell({ type: 'accept', call: OTHER, choice: SOUND });
    desk.tell({ type: 'hangup', call: OTHER });
    expect(held(desk)).toEqual({ bob: true });
  });

  it('a call that is dialled puts the present one on hold', () => {
    const desk = talking().tell({ type: 'dial', call: OTHER, to: 'carol', choice: SOUND });
    expect(held(desk)).toEqual({ bob: true, carol: false });
  });
});
