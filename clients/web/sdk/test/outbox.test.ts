import { describe, expect, it } from 'vitest';

import { CALL, Desk, idOf, OTHER, ringing, SOUND, view, viewOf } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };
const CANDIDATE = { candidate: 'candidate:1 1 udp 1 198.51.100.7 5000 typ host', sdpMid: '0' };

/** Alice's call to Bob has been answered; nothing waits for a reply. */
function connecting(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
  desk.ok(idOf(desk.sent(), 'invite'), { call: CALL }).hear(view(3, 'connecting'));
  desk.take();
  return desk;
}

function types(desk: Desk): string[] {
  return desk.sent().map(({ type }) => type);
}

describe('a message', () => {
  it('that has no answer is said again after a reconnect, in the old order', () => {
    const desk = connecting();
    desk.tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    desk.tell({ type: 'gathered', call: CALL, key: '0', candidates: [CANDIDATE] });
    desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
    const before = desk.sent();
    expect(before.map(({ type }) => type)).toEqual(['offer', 'candidate', 'connected']);

    desk.ok(before[1]?.id).tell({ type: 'closed', code: 1006 }).pass(700).take();
    desk.welcome({ calls: [viewOf(3, 'connecting')] });
    const after = desk.sent();
    expect(after.slice(1)).toEqual([before[0], before[2]]);
    expect(after[0]).toMatchObject({ type: 'hello', data: { epoch: 'e-1', calls: [{ id: CALL, rev: 3 }] } });
  });

  it('that was said while offline goes out with the next welcome', () => {
    const desk = connecting().tell({ type: 'closed', code: 1006 });
    desk.tell({ type: 'hangup', call: CALL }).pass(700).take();
    desk.welcome();
    expect(types(desk)).toEqual(['hello', 'hangup']);
  });

  it('of a hang-up says how long ago that was, each time it is said, if the server hears it late', () => {
    const desk = connecting();
    desk.tell({ type: 'hangup', call: CALL });
    expect(desk.sent(), 'at once').toMatchObject([{ type: 'hangup', data: {} }]);
    desk.tell({ type: 'closed', code: 1006 }).pass(9_000).take();
    desk.welcome().tell({ type: 'closed', code: 1006 }).pass(3_000).welcome();
    expect(desk.sent().filter(({ type }) => type === 'hangup')).toMatchObject([
      { data: { ago_ms: 9_000 } },
      { data: { ago_ms: 12_000 } },
    ]);
  });

  it('for the other device is sent again after 1, 2, 4, 8 and 8 seconds, until that device has it', () => {
    const desk = connecting().tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    const [offer] = desk.sent();
    const times: number[] = [];
    const start = desk.now;
    while (desk.now - start < 25_000) {
      desk.pass(500);
      for (const message of desk.sent()) if (message.type === 'offer') times.push(desk.now - start);
    }
    expect(times).toEqual([1_000, 3_000, 7_000, 15_000, 23_000]);
    desk.ok(offer?.id).pass(4_000);
    expect(types(desk)).not.toContain('offer');
  });

  it('is not settled by an answer that speaks of another call', () => {
    const desk = connecting().tell({ type: 'hangup', call: CALL });
    const id = idOf(desk.sent(), 'hangup');
    desk.ok(id, { call: OTHER }).tell({ type: 'closed', code: 1006 }).pass(700).take();
    desk.welcome();
    expect(types(desk)).toEqual(['hello', 'hangup']);
    desk.ok(id, { call: CALL }).tell({ type: 'closed', code: 1006 }).pass(2_000).take();
    desk.welcome();
    expect(types(desk)).toEqual(['hello']);
  });

  it('for a device that is away waits and is sent again', () => {
    const desk = connecting().tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    desk.refuse(idOf(desk.sent(), 'offer'), 'unreachable', true).pass(999);
    expect(types(desk)).toEqual([]);
    desk.pass(1);
    expect(types(desk)).toEqual(['offer']);
  });

  it('that may have been too many is said again when the server is ready for it', () => {
    const desk = connecting().tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
    const [connected] = desk.sent();
    desk.hear({ type: 'error', data: { code: 'rate_limited', retry: true, retry_after_ms: 700 } }).pass(699);
    expect(desk.sent()).toEqual([]);
    desk.pass(1);
    expect(desk.sent()).toEqual([connected]);
  });

  it('that media flows is said once more before a hang-up, unless the server has heard it', () => {
    const desk = connecting().tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
    const [connected] = desk.sent();
    desk.tell({ type: 'hangup', call: CALL });
    expect(desk.sent()).toMatchObject([{ ...connected }, { type: 'hangup' }]);

    const known = connecting().tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
    known.ok(idOf(known.sent(), 'connected')).tell({ type: 'hangup', call: CALL });
    expect(types(known)).toEqual(['hangup']);
  });

  it('that is refused for good is given up', () => {
    const desk = connecting().tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    desk.refuse(idOf(desk.sent(), 'offer'), 'wrong_gen');
    expect(desk.state.outbox).toEqual([]);
  });

  it('that asks for a call again and is refused ends nothing if the server has told of the call', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    const invite = idOf(desk.sent(), 'invite');
    desk
      .hear(view(1, 'ringing', { capsule: 'kept' }))
      .tell({ type: 'closed', code: 1006 })
      .pass(2_000);
    // The server has lost its calls meanwhile, and makes none by what was first said before.
    desk.welcome({ epoch: 'another', calls: [] }).refuse(invite, 'call_ended');
    expect(desk.call?.state.type).toBe('ringing');
    expect(desk.state.outbox).toEqual([]);
  });

  it('about a call is forgotten when the call ends', () => {
    const desk = connecting().tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    desk.hear(view(4, 'ended', { reason: 'hangup' }));
    expect(desk.state.outbox).toEqual([]);
  });

  it('has its own id, which begins with that of the page', () => {
    const desk = connecting();
    for (const n of [1, 2, 3])
      desk.tell({ type: 'gathered', call: CALL, key: '0', candidates: [{ candidate: `${n}` }] });
    const ids = desk.sent().map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => id?.startsWith('p.'))).toBe(true);
  });
});

describe('a payload that arrives', () => {
  const offer = { type: 'offer', data: OFFER, call: CALL, gen: 0, id: 'q.1', from: 'bob/tab' } as const;

  it('twice is acknowledged twice and used once', () => {
    const desk = connecting().hear(offer).hear(offer);
    expect(desk.take().map(({ type }) => type)).toEqual(['send', 'describe', 'send']);
  });

  it('from two devices under one id is two payloads', () => {
    const desk = connecting()
      .hear(offer)
      .hear({ ...offer, from: 'bob/phone' });
    expect(desk.take().filter(({ type }) => type === 'describe')).toHaveLength(2);
  });

  it('before our answer has left is not taken, and so comes again', () => {
    const desk = new Desk().online().hear(ringing(2));
    desk.take();
    desk.hear(offer);
    expect(desk.take()).toEqual([]);
  });

  it('for an unknown call, or another peer connection, has no effect', () => {
    const desk = connecting()
      .hear({ ...offer, call: OTHER })
      .hear({ ...offer, gen: 1 });
    expect(desk.take()).toEqual([]);
  });

  it('as a single candidate, several, or the end of them, is understood', () => {
    const desk = connecting();
    const envelope = { type: 'candidate', call: CALL, gen: 0, from: 'bob/tab' } as const;
    desk.hear({ ...envelope, data: CANDIDATE, id: 'q.2' });
    desk.hear({ ...envelope, data: [CANDIDATE, CANDIDATE], id: 'q.3' });
    desk.hear({ ...envelope, data: null, id: 'q.4' });
    const added = desk.take().filter(({ type }) => type === 'add-candidates');
    expect(added).toMatchObject([{ candidates: [CANDIDATE] }, { candidates: [CANDIDATE, CANDIDATE] }]);
  });
});
