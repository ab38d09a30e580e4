/** A page that is reloaded in a call: what it leaves, what the next one does, and what the other side sees. */
import { describe, expect, it } from 'vitest';

import { remembered } from '../src/core/resume.ts';
import { readMemory } from '../src/page/memory.ts';
import { BOTH, CALL, Desk, OTHER, SOUND, view, viewOf } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };

/** Alice talks with Bob. */
function talking(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.hear(view(3, 'connecting')).tell({ type: 'described', call: CALL, key: '0', description: OFFER });
  desk.tell({ type: 'sending', call: CALL, notice: SOUND });
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  desk.take();
  return desk;
}

/** The page after it, with what it remembers. */
function reloaded(before: Desk, view = viewOf(5, 'active')): Desk {
  const desk = new Desk();
  desk.now = before.now + 700;
  desk.tell({
    type: 'start',
    device: { id: 'tab-1', name: 'Tab' },
    remembered: remembered(before.state),
  });
  return desk.welcome({ calls: [view] });
}

describe('a page that is reloaded', () => {
  it('remembers its answered calls, and nothing secret', () => {
    const desk = talking();
    const since = desk.now;
    desk.tell({ type: 'dial', call: OTHER, to: 'carol', choice: BOTH });
    const kept = remembered(desk.state);
    expect(kept).toEqual([{ id: CALL, gen: 0, since, choice: BOTH, held: true, dialled: 'bob' }]);
    desk.tell({ type: 'hangup', call: OTHER }).tell({ type: 'hold', call: CALL, on: false });
    expect(remembered(desk.state)).toEqual([
      { id: CALL, gen: 0, since, choice: SOUND, held: false, dialled: 'bob' },
    ]);
  });

  it('resumes the call with what was on, counts on, and offers by the next peer connection', () => {
    const before = talking();
    const since = before.now;
    const desk = reloaded(before);
    expect(desk.call?.state).toEqual({ type: 'recovering', since, lostAt: desk.now, cause: 'reloaded' });
    const outputs = desk.take();
    expect(outputs).toContainEqual({ type: 'capture', call: CALL, choice: SOUND });
    expect(outputs).toContainEqual({
      type: 'send',
      message: { type: 'resume', data: {}, gen: 0, call: CALL, id: 'p.2' },
    });
    expect(outputs.map(({ type }) => type)).not.toContain('use');

    desk.ok('p.2').hear(view(6, 'active', { gen: 1 }));
    expect(desk.take()).toEqual([
      { type: 'use', call: CALL, key: '1' },
      { type: 'offer', call: CALL, key: '1', ice: desk.state.ice, gather: 'all', restart: false },
    ]);
    desk.tell({ type: 'connected', call: CALL, key: '1', path: 'direct' });
    expect(desk.call?.state).toEqual({ type: 'active', since, path: 'direct' });
  });

  it('is still in a call with whom the page before has dialled, whatever the server says', () => {
    const peer = { id: 'carol', name: 'Carol' };
    const desk = reloaded(talking(), viewOf(5, 'active', { peer }));
    expect(desk.call?.peer.id).toBe('bob');
    desk.hear(view(6, 'active', { gen: 1, peer }));
    expect(desk.call?.peer.id).toBe('bob');

    const [kept] = remembered(talking().state);
    const odd = [{ ...kept, dialled: 7 }] as unknown as ReturnType<typeof remembered>;
    const other = new Desk().tell({ type: 'start', device: { id: 'tab-1', name: 'Tab' }, remembered: odd });
    expect(other.welcome({ calls: [viewOf(5, 'active', { peer })] }).call?.peer.id).toBe('carol');
  });

  it('goes straight on when the other side has been faster to say it', () => {
    const outputs = reloaded(talking(), viewOf(6, 'active', { gen: 1 })).take();
    expect(outputs).toContainEqual({ type: 'use', call: CALL, key: '1' });
  });

  it('waits for the offer of the other side where that is the one that offers', () => {
    const view = viewOf(6, 'active', { gen: 1, role: 'callee' });
    const types = reloaded(talking(), view)
      .take()
      .map(({ type }) => type);
    expect(types).toContain('use');
    expect(types).not.toContain('offer');
  });

  it('without memory goes on with microphone and camera off', () => {
    const desk = new Desk().start().welcome({ calls: [viewOf(5, 'active', { gen: 2 })] });
    expect(desk.take()).toContainEqual({
      type: 'capture',
      call: CALL,
      choice: { audio: false, video: false },
    });
    expect(desk.call).toMatchObject({ state: { type: 'recovering', cause: 'reloaded' }, key: '2' });
  });

  it('learns that the call is over, or goes on elsewhere', () => {
    const desk = reloaded(talking());
    desk.take();
    desk.hear(view(6, 'ended', { reason: 'hangup' }));
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'remote-hangup' } }]);

    const refused = reloaded(talking());
    refused.refuse('p.2', 'answered_elsewhere');
    expect(refused.call).toBeUndefined();
    expect(reloaded(talking(), viewOf(6, 'active', { you: 'elsewhere' })).call).toBeUndefined();
  });

  it('does not go on with a call that rang for it', () => {
    const desk = new Desk().start().welcome({ calls: [viewOf(2, 'ringing')] });
    expect(desk.sent()).toMatchObject([{ type: 'hello' }, { type: 'hangup', call: CALL }]);
    expect(desk.call).toBeUndefined();
  });
});

describe('the other side of a reload', () => {
  it('waits, and shows the old picture until the next peer connection has media', () => {
    const desk = talking();
    const since = desk.now;
    desk.pass(1_000).tell({ type: 'control', call: CALL, key: '0', message: { type: 'leaving' } });
    expect(desk.call?.state).toMatchObject({ type: 'recovering', cause: 'leaving' });
    desk.take();
    desk.pass(800).hear(view(6, 'active', { gen: 1 }));
    expect(desk.take()).toMatchObject([{ type: 'use', key: '1' }, { type: 'offer', key: '1' }, {}, {}]);
    // The last words of the old one change nothing.
    desk.tell({ type: 'control', call: CALL, key: '0', message: { type: 'leaving' } });
    desk.tell({ type: 'interrupted', call: CALL, key: '0', cause: 'silence' });
    desk.tell({ type: 'connected', call: CALL, key: '1', path: 'direct' });
    expect(desk.call?.state).toEqual({ type: 'active', since, path: 'direct' });
  });
});

describe('a page from the browser’s cache', () => {
  it('asks for new peer connections, and connects', () => {
    const desk = talking().tell({ type: 'closed', code: 1006 });
    desk.take();
    desk.tell({ type: 'come-back' });
    expect(desk.take()).toEqual([{ type: 'open' }]);
    desk.welcome({ calls: [viewOf(3, 'active')] });
    expect(desk.sent()).toContainEqual(expect.objectContaining({ type: 'resume', gen: 0, call: CALL }));
  });
});

describe('the memory of a tab', () => {
  const call = { id: CALL, gen: 0, since: 5, choice: SOUND, held: false };
  it.each([
    ['of this device is read', JSON.stringify({ device: 'tab-1', calls: [call] }), [call]],
    [
      'of another device is not: the tab was duplicated',
      JSON.stringify({ device: 'tab-2', calls: [call] }),
      [],
    ],
    ['that is none is empty', null, []],
    ['that is no JSON is empty', '{', []],
    ['of another shape is empty', '{"device":"tab-1","calls":7}', []],
    ['is read call by call', JSON.stringify({ device: 'tab-1', calls: [7, { id: CALL }, call] }), [call]],
  ])('%s', (_, text, calls) => {
    expect(readMemory(text, 'tab-1')).toEqual(calls);
  });
});
