/** Row 57: a call is recorded only while both agree. */
import { describe, expect, it } from 'vitest';

import type { CallView } from '../src/protocol.ts';
import type { Recording } from '../src/public.ts';
import { BOTH, CALL, Desk, idOf, SOUND, view, WELCOME } from './desk.ts';

type Seen = NonNullable<CallView['recording']>;

/** Alice, who called, talks with Bob. */
function talking(start: Parameters<Desk['tell']>[0] | undefined = undefined): Desk {
  const desk = new Desk();
  if (start) desk.tell(start).welcome();
  else desk.online();
  desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND }).hear(view(3, 'active'));
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

function active(rev: number, recording: Partial<Seen>): ReturnType<typeof view> {
  return view(rev, 'active', { recording: { n: 1, by: 'caller', state: 'asked', ...recording } });
}

/** Alice has asked, Bob has agreed. */
function recording(): Desk {
  const desk = talking().tell({ type: 'record', call: CALL, wish: 'ask' });
  desk.ok(idOf(desk.sent(), 'recording'));
  desk.hear(active(4, { expires_in_ms: 30_000 })).hear(active(5, { state: 'on', on_ms: 0 }));
  desk.take();
  return desk;
}

/** Bob records, since Alice has agreed. */
function recorded(): Desk {
  const desk = talking().hear(active(4, { by: 'callee', expires_in_ms: 30_000 }));
  desk.tell({ type: 'record', call: CALL, wish: 'agree' });
  desk.ok(idOf(desk.sent(), 'recording')).hear(active(5, { by: 'callee', state: 'on', on_ms: 0 }));
  desk.take();
  return desk;
}

function shown(desk: Desk): Recording | undefined {
  return desk.call?.recording;
}

describe('a recording', () => {
  it('is asked for, and on when the server says that the other person has agreed', () => {
    const desk = talking().tell({ type: 'record', call: CALL, wish: 'ask' });
    expect(desk.sent()).toMatchObject([{ type: 'recording', call: CALL, data: { n: 1, wish: 'ask' } }]);
    expect(shown(desk)).toEqual({ type: 'asked', by: 'me', until: desk.now + 30_000 });
    desk.hear(active(4, { expires_in_ms: 29_000 }));
    expect(shown(desk)).toEqual({ type: 'asked', by: 'me', until: desk.now + 29_000 });
    desk.hear(active(5, { state: 'on', on_ms: 200 }));
    expect(shown(desk)).toEqual({ type: 'on', by: 'me', since: desk.now - 200 });
  });

  it('of the other side is agreed to by our user alone', () => {
    const desk = talking().hear(active(4, { by: 'callee', expires_in_ms: 30_000 }));
    expect(shown(desk)).toMatchObject({ type: 'asked', by: 'peer' });
    expect(desk.sent()).toEqual([]);
    desk.tell({ type: 'record', call: CALL, wish: 'agree' });
    expect(desk.sent()).toMatchObject([{ type: 'recording', data: { n: 1, wish: 'agree' } }]);
    expect(shown(desk)).toMatchObject({ type: 'asked' });
    desk.hear(active(5, { by: 'callee', state: 'on', on_ms: 0 }));
    expect(shown(desk)).toMatchObject({ type: 'on', by: 'peer' });
  });

  it('is not agreed to by the side that asks, nor when nobody asks', () => {
    const desk = talking().tell({ type: 'record', call: CALL, wish: 'agree' });
    desk.tell({ type: 'record', call: CALL, wish: 'stop' });
    expect(desk.sent()).toEqual([]);
    desk.tell({ type: 'record', call: CALL, wish: 'ask' }).take();
    desk.tell({ type: 'record', call: CALL, wish: 'agree' });
    desk.tell({ type: 'record', call: CALL, wish: 'ask' });
    expect(desk.sent()).toEqual([]);
  });

  it.each([
    ['the side that records', recording, { by: 'me', reason: 'stopped' }],
    ['the side that is recorded', recorded, { by: 'peer', reason: 'revoked' }],
  ] as const)('is stopped by %s at once, past the server and through it', (_, begin, over) => {
    const desk = begin().tell({ type: 'record', call: CALL, wish: 'stop' });
    expect(shown(desk)).toEqual({ type: 'over', ...over });
    expect(desk.take()).toMatchObject([
      { type: 'tell', message: { type: 'recording-stop' } },
      { type: 'send', message: { type: 'recording', data: { n: 1, wish: 'stop' } } },
    ]);
  });

  it('is stopped by the other side past the server, whatever the server still says of it', () => {
    const stop = { type: 'recording-stop' } as const;
    const desk = recording().tell({ type: 'control', call: CALL, key: '0', message: stop });
    expect(shown(desk)).toEqual({ type: 'over', by: 'me', reason: 'revoked' });
    desk.hear(active(6, { state: 'on', on_ms: 100 }));
    expect(shown(desk)).toMatchObject({ type: 'over' });
    expect(desk.sent()).toMatchObject([{ type: 'recording', data: { n: 1, wish: 'stop' } }]);
    desk.hear(active(7, { state: 'over', reason: 'revoked' }));
    expect(shown(desk)).toMatchObject({ type: 'over', reason: 'revoked' });
  });

  it('that is over at the server is told to the other side, which may have lost the server', () => {
    const desk = recorded().hear(active(6, { by: 'callee', state: 'over', reason: 'left' }));
    expect(shown(desk)).toEqual({ type: 'over', by: 'peer', reason: 'left' });
    expect(desk.take()).toMatchObject([{ type: 'tell', message: { type: 'recording-stop' } }]);
  });

  it('that is stopped while the server is away is told to it when it is back, and how long ago that was', () => {
    const desk = recording().tell({ type: 'closed', code: 1006 });
    desk.tell({ type: 'record', call: CALL, wish: 'stop' });
    expect(desk.take()).toMatchObject([{}, { type: 'tell' }].slice(1));
    desk.pass(5_000);
    desk.tell({ type: 'network-changed' }).welcome({ calls: [viewData(6, { state: 'on', on_ms: 9_000 })] });
    const stop = desk.sent().find(({ type }) => type === 'recording');
    expect(stop).toMatchObject({ data: { n: 1, wish: 'stop', ago_ms: 5_000 } });
    expect(shown(desk)).toMatchObject({ type: 'over' });
  });

  it('is one at a time: of two who ask at once the first asks', () => {
    const desk = talking().tell({ type: 'record', call: CALL, wish: 'ask' });
    const id = idOf(desk.sent(), 'recording');
    desk.hear(active(4, { by: 'callee', expires_in_ms: 30_000 })).refuse(id, 'bad_state');
    expect(shown(desk)).toMatchObject({ type: 'asked', by: 'peer' });
  });

  it.each([
    ['unsupported', 'unsupported'],
    ['unreachable', 'unreachable'],
  ] as const)('that cannot be asked for is over: %s', (code, reason) => {
    const desk = talking().tell({ type: 'record', call: CALL, wish: 'ask' });
    desk.refuse(idOf(desk.sent(), 'recording'), code, code === 'unreachable');
    expect(shown(desk)).toEqual({ type: 'over', by: 'me', reason });
    expect(
      desk
        .pass(20_000)
        .sent()
        .filter(({ type }) => type === 'recording'),
    ).toEqual([]);
    desk.tell({ type: 'record', call: CALL, wish: 'ask' });
    expect(desk.sent()).toMatchObject([{ data: { n: 1, wish: 'ask' } }]);
  });

  it('is asked for in another question after the first', () => {
    const desk = recording().hear(active(6, { state: 'over', reason: 'stopped' }));
    desk.take();
    desk.tell({ type: 'record', call: CALL, wish: 'ask' });
    expect(desk.sent()).toMatchObject([{ data: { n: 2, wish: 'ask' } }]);
    desk.hear(active(7, { state: 'over', reason: 'stopped' }));
    expect(shown(desk)).toMatchObject({ type: 'asked', by: 'me' });
  });

  it('is not asked for without the server', () => {
    const desk = talking().tell({ type: 'closed', code: 1006 });
    desk.take();
    desk.tell({ type: 'record', call: CALL, wish: 'ask' });
    expect(shown(desk)).toEqual({ type: 'over', by: 'me', reason: 'unreachable' });
    expect(desk.take()).toEqual([]);
  });

  it('of the page before this one has ended with it', () => {
    const next = new Desk().start().welcome({ calls: [viewData(6, { state: 'on', on_ms: 100 })] });
    expect(shown(next)).toEqual({ type: 'over', by: 'me', reason: 'left' });
    expect(next.sent().filter(({ type }) => type === 'recording')).toMatchObject([
      { data: { wish: 'stop' } },
    ]);
  });

  it('goes on at a page that is recorded and was reloaded', () => {
    const next = new Desk()
      .start()
      .welcome({ calls: [viewData(6, { by: 'callee', state: 'on', on_ms: 100 })] });
    expect(shown(next)).toMatchObject({ type: 'on', by: 'peer' });
  });

  it('does not go on in the call with another person that follows', () => {
    const desk = recording().hear(view(6, 'ended', { reason: 'transferred' }));
    const id = '0192d5f0-7a10-7cc3-98c4-dc0c0c073991';
    desk.hear(view(1, 'connecting', { id, follows: CALL, peer: { id: 'carol', name: 'Carol' } }));
    expect(desk.call?.id).toBe(id);
    expect(shown(desk)).toEqual({ type: 'none' });
  });

  it('is asked of this device only if the application says that it asks its user', () => {
    const hello = (asksConsent: boolean) => {
      const desk = new Desk().tell({ type: 'start', device: { id: 'tab-1', name: 'Tab' }, asksConsent });
      return desk.tell({ type: 'opened', ticket: 'tkt' }).sent();
    };
    expect(hello(true)).toMatchObject([{ type: 'hello', data: { asks_consent: true } }]);
    expect(hello(false)[0]?.data).not.toHaveProperty('asks_consent');
    expect(WELCOME.proto).toBe(1);
  });
});

function viewData(rev: number, parts: Partial<Seen>): CallView {
  const message = active(rev, parts);
  if (message.type !== 'call') throw new Error('a view is a call');
  return { ...message.data, media: [...(BOTH.video ? (['audio'] as const) : [])] };
}
