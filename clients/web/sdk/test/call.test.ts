import { describe, expect, it } from 'vitest';

import { BOTH, CALL, Desk, idOf, OTHER, ringing, SOUND, view } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };
const NOTHING = { audio: false, video: false };
const ANSWER = { type: 'answer', sdp: 'v=0 answer' };

/** Alice has called Bob and the server knows. */
function dialed(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.ok(idOf(desk.sent(), 'invite'), { call: CALL }).hear(view(1, 'inviting'));
  return desk;
}

/** Alice is in a call with Bob, who answered. */
function active(): Desk {
  const desk = dialed().hear(view(3, 'connecting'));
  desk.tell({ type: 'described', call: CALL, key: '0', description: OFFER });
  desk.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  return desk;
}

/** Bob calls Alice. */
function called(): Desk {
  return new Desk().online().hear(ringing(2));
}

describe('the caller', () => {
  it('is in a call with whom it has dialled, whatever the server says', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.hear(view(1, 'ringing', { peer: { id: 'carol', name: 'Bob' } }));
    expect(desk.call?.peer).toEqual({ id: 'bob', name: 'Bob', lost: false, contact: false });
    desk.hear(view(3, 'active', { peer: { id: 'dan', name: 'Dan' } }));
    expect(desk.call?.peer).toEqual({ id: 'bob', name: 'Dan', lost: false, contact: false });
  });

  it('dials, hears it ring, prepares an offer, and sends it when the other person answers', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
    expect(desk.take()).toEqual([
      {
        type: 'send',
        message: {
          type: 'invite',
          data: { to: 'bob', media: ['audio', 'video'], epoch: 'e-1' },
          call: CALL,
          id: 'p.2',
        },
      },
      { type: 'capture', call: CALL, choice: BOTH },
    ]);

    desk.ok('p.2', { call: CALL }).hear(view(1, 'inviting', { expires_in_ms: 20_000 }));
    expect(desk.call?.state).toEqual({ type: 'dialing' });

    desk.hear(view(2, 'ringing', { expires_in_ms: 60_000 }));
    expect(desk.call?.state).toEqual({ type: 'ringing', direction: 'out', until: desk.now + 60_000 });
    expect(desk.take()).toEqual([
      { type: 'prepare', call: CALL, key: '0', ice: desk.state.ice, gather: 'all' },
    ]);

    desk.hear(view(3, 'connecting', { peer: { id: 'bob', name: 'Bob', address: 'bob/phone' } }));
    expect(desk.call?.state).toEqual({ type: 'connecting' });
    expect(desk.take()).toEqual([
      { type: 'use', call: CALL, key: '0' },
      { type: 'offer', call: CALL, key: '0', ice: desk.state.ice, gather: 'all', restart: false },
    ]);

    desk.tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    expect(desk.sent()).toEqual([{ type: 'offer', data: OFFER, gen: 0, call: CALL, id: 'p.3' }]);
  });

  it('says connected once media flows, and counts the time from then', () => {
    const desk = dialed().hear(view(3, 'connecting'));
    desk.take();
    desk.tell({ type: 'connected', call: CALL, key: '0', path: 'relay-udp' });
    const since = desk.now;
    expect(desk.call?.state).toEqual({ type: 'active', since, path: 'relay-udp' });
    expect(desk.sent()).toMatchObject([{ type: 'connected', data: { route: 'relay_udp' }, call: CALL }]);

    desk.pass(5_000).hear(view(9, 'ended', { reason: 'hangup' }));
    expect(desk.take().at(-1)).toEqual({
      type: 'release',
      call: CALL,
      state: { type: 'ended', reason: 'remote-hangup', summary: { durationMs: 5_000 } },
    });
  });

  it('hangs up at once, whatever the server says of it', () => {
    const desk = active();
    desk.tell({ type: 'hangup', call: CALL });
    expect(desk.take()).toMatchObject([
      { type: 'tell', message: { type: 'hangup' } },
      { type: 'release', state: { reason: 'hangup' } },
      { type: 'send', message: { type: 'hangup', data: {}, call: CALL } },
    ]);
    expect(desk.hear(view(4, 'active')).call).toBeUndefined();
  });

  it('gives up before the answer: cancelled', () => {
    const desk = dialed();
    desk.take();
    desk.tell({ type: 'hangup', call: CALL });
    expect(desk.take()).toMatchObject([
      { type: 'release', state: { reason: 'cancelled' } },
      { type: 'send' },
    ]);
  });

  it('says nothing of a call that the server never heard of', () => {
    const desk = new Desk().start().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.tell({ type: 'hangup', call: CALL }).take();
    desk.welcome();
    expect(desk.sent().map(({ type }) => type)).toEqual(['hello']);
  });

  it.each([
    ['busy', 'busy'],
    ['not_found', 'not-found'],
    ['unreachable', 'unreachable'],
    ['you_busy', 'refused'],
    ['rate_limited', 'refused'],
  ] as const)('is refused with %s and ends as %s', (code, reason) => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.refuse(idOf(desk.sent(), 'invite'), code);
    expect(desk.take()).toMatchObject([{ type: 'release', state: { type: 'ended', reason } }]);
    expect(desk.state.outbox).toEqual([]);
  });

  it('gives up when no server takes the call in time', () => {
    const desk = new Desk().start().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.tell({ type: 'closed', code: 1006 }).take();
    desk.pass(20_000);
    expect(desk.take().filter(({ type }) => type === 'release')).toMatchObject([
      { state: { reason: 'unreachable' } },
    ]);
  });

  it('ends a call made while signed out, in an orderly way', () => {
    const desk = new Desk().start().tell({ type: 'ticket-failed', signedOut: true });
    desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    expect(desk.call?.state).toEqual({ type: 'dialing' });
    desk.pass(0);
    expect(desk.call).toBeUndefined();
  });
});

describe('the callee', () => {
  it('is told of the call, and says that it rings only when the application alerts', () => {
    const desk = called();
    expect(desk.take()).toEqual([{ type: 'announce', call: CALL }]);
    expect(desk.call?.state).toEqual({ type: 'ringing', direction: 'in', until: desk.now + 60_000 });

    desk.tell({ type: 'alerting', call: CALL });
    expect(desk.sent()).toEqual([{ type: 'ringing', data: {}, call: CALL, id: 'p.2' }]);
  });

  it('accepts, answers the offer, and acknowledges what arrives', () => {
    const desk = called();
    desk.take();
    desk.tell({ type: 'accept', call: CALL, choice: SOUND });
    expect(desk.call?.state).toEqual({ type: 'connecting' });
    expect(desk.take()).toEqual([
      { type: 'send', message: { type: 'accept', data: { media: ['audio'] }, call: CALL, id: 'p.2' } },
      { type: 'capture', call: CALL, choice: SOUND },
      { type: 'feed', call: CALL, key: '0' },
    ]);

    desk.ok('p.2').hear(view(3, 'connecting', { role: 'callee' }));
    desk.hear({ type: 'offer', data: OFFER, call: CALL, gen: 0, id: 'q.1', from: 'bob/tab' });
    expect(desk.take()).toEqual([
      { type: 'use', call: CALL, key: '0' },
      { type: 'send', message: { type: 'ack', data: { from: 'bob/tab', id: 'q.1' }, call: CALL } },
      {
        type: 'describe',
        call: CALL,
        key: '0',
        ice: desk.state.ice,
        gather: 'all',
        polite: true,
        description: OFFER,
      },
    ]);

    desk.tell({ type: 'described', call: CALL, key: '0', description: ANSWER });
    expect(desk.sent()).toMatchObject([{ type: 'answer', data: ANSWER, gen: 0, call: CALL }]);
  });

  it('declines', () => {
    const desk = called();
    desk.take();
    desk.tell({ type: 'hangup', call: CALL });
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'declined' } }, { type: 'send' }]);
  });

  it('stops ringing when another of its devices answers, and learns which', () => {
    const desk = called();
    desk.take();
    desk.hear(view(3, 'connecting', { role: 'callee', you: 'elsewhere', answered_on: 'Firefox on Android' }));
    expect(desk.take()).toEqual([
      {
        type: 'release',
        call: CALL,
        state: {
          type: 'ended',
          reason: 'elsewhere',
          summary: { durationMs: 0, answeredOn: 'Firefox on Android' },
        },
      },
    ]);
  });

  it('that was away hears of a call another of its devices has answered and ended', () => {
    const desk = called();
    desk.take();
    desk.hear(view(7, 'ended', { role: 'callee', you: 'elsewhere', answered_on: 'Phone', reason: 'hangup' }));
    expect(desk.take()).toMatchObject([
      { type: 'release', state: { reason: 'elsewhere', summary: { answeredOn: 'Phone' } } },
    ]);
  });

  it('loses the race against another of its devices', () => {
    const desk = called().tell({ type: 'accept', call: CALL, choice: BOTH });
    desk.refuse(idOf(desk.sent(), 'accept'), 'answered_elsewhere');
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'elsewhere' } }]);
  });

  it('does not answer where several people use the device and nobody has confirmed who they are', () => {
    const desk = called().tell({ type: 'accept', call: CALL, choice: BOTH });
    desk.refuse(idOf(desk.sent(), 'accept'), 'unconfirmed');
    expect(desk.take()).toMatchObject([
      { type: 'release', state: { reason: 'refused', summary: { error: { code: 'unconfirmed' } } } },
      { type: 'send', message: { type: 'ringing', data: {}, call: CALL } },
      { type: 'announce', call: CALL },
    ]);
    expect(desk.call).toMatchObject({ state: { type: 'ringing', direction: 'in' }, choice: NOTHING });
    // What the server says of it next declines it for nobody, and an answer counts again.
    desk.hear(ringing(3)).tell({ type: 'accept', call: CALL, choice: BOTH });
    expect(desk.sent().map(({ type }) => type)).toEqual(['accept']);
  });

  it('accepts a call that was cancelled a moment ago, whichever news comes first', () => {
    const byError = called().tell({ type: 'accept', call: CALL, choice: BOTH });
    byError.refuse(idOf(byError.sent(), 'accept'), 'call_ended');
    expect(byError.take()).toMatchObject([{ type: 'release', state: { reason: 'remote-cancelled' } }]);

    const byView = called().tell({ type: 'accept', call: CALL, choice: BOTH });
    byView.take();
    byView.hear(view(3, 'ended', { role: 'callee', reason: 'cancelled' }));
    expect(byView.take()).toMatchObject([{ type: 'release', state: { reason: 'remote-cancelled' } }]);
  });

  it('lets it ring until the server gives up: missed', () => {
    const desk = called();
    desk.take();
    desk.hear(view(3, 'ended', { role: 'callee', you: 'ringing', reason: 'no_answer' }));
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'missed' } }]);
  });

  it('does not ring for ever when it no longer hears of the server', () => {
    const desk = called().tell({ type: 'closed', code: 1006 });
    desk.take();
    desk.pass(70_000);
    expect(desk.take().filter(({ type }) => type === 'release')).toMatchObject([
      { state: { reason: 'missed' } },
    ]);
  });

  it('leaves a call ringing on other devices when its page goes away', () => {
    const desk = called();
    desk.take();
    desk.tell({ type: 'leave' });
    expect(desk.sent().map(({ type }) => type)).toEqual(['bye']);
  });
});

describe('two people who call each other', () => {
  it('are merged by the reply to the invitation: the same call object, another id, the role of the callee', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.ok(idOf(desk.sent(), 'invite'), { call: OTHER, merged: true });
    expect(desk.take()).toEqual([{ type: 'rekey', from: CALL, to: OTHER }]);
    expect(desk.state.calls).toMatchObject([{ id: OTHER, role: 'callee', state: { type: 'connecting' } }]);

    desk.hear(view(3, 'connecting', { id: OTHER, role: 'callee' }));
    expect(desk.sent()).toEqual([]);
    desk.hear({ type: 'offer', data: OFFER, call: OTHER, gen: 0, id: 'q.1', from: 'bob/tab' });
    expect(desk.take().map(({ type }) => type)).toEqual(['send', 'describe']);
  });

  it('are merged also if the call arrives before the reply', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    const invite = idOf(desk.sent(), 'invite');
    desk.hear(view(3, 'connecting', { id: OTHER, role: 'callee' })).ok(invite, { call: OTHER, merged: true });
    expect(desk.take()).toEqual([
      { type: 'rekey', from: CALL, to: OTHER },
      { type: 'use', call: OTHER, key: '0' },
    ]);
    expect(desk.state.calls).toMatchObject([{ id: OTHER, state: { type: 'connecting' }, confirmed: true }]);
  });

  it('are merged as soon as the other call rings: nobody is asked whether to answer', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    desk.take();
    desk.hear(ringing(2, { id: OTHER }));
    expect(desk.take()).toMatchObject([
      { type: 'rekey', from: CALL, to: OTHER },
      { type: 'send', message: { type: 'accept', data: { media: ['audio'] }, call: OTHER } },
    ]);
  });

  it('do not stay merged with somebody who has hung up before the reply came', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    const invite = idOf(desk.sent(), 'invite');
    desk.tell({ type: 'hangup', call: CALL }).ok(invite, { call: OTHER, merged: true }).take();
    desk.hear(view(3, 'connecting', { id: OTHER, role: 'callee' }));
    expect(desk.sent()).toMatchObject([{ type: 'hangup', call: OTHER }]);
    expect(desk.state.calls).toEqual([]);
  });
});

describe('news of a call', () => {
  it('counts only if it is newer', () => {
    const desk = dialed().hear(view(3, 'connecting'));
    desk.take();
    desk.hear(view(2, 'ringing')).hear(view(3, 'ended', { reason: 'busy' }));
    expect(desk.call?.state).toEqual({ type: 'connecting' });
    expect(desk.take()).toEqual([]);
  });

  it('that has ended here is answered with the end, once', () => {
    const desk = active().tell({ type: 'hangup', call: CALL });
    const hangup = idOf(desk.sent(), 'hangup');
    expect(desk.hear(view(5, 'active')).sent()).toEqual([]);
    desk.ok(hangup).hear(view(6, 'active'));
    expect(desk.sent()).toMatchObject([{ type: 'hangup', call: CALL }]);
  });

  it('of a call of this device that it does not hold, long after it began: nobody can go on with it', () => {
    const desk = new Desk().start().welcome({ calls: [] });
    desk.take();
    desk.hear(view(7, 'active'));
    expect(desk.sent()).toMatchObject([{ type: 'hangup', data: { reason: 'connection_lost' }, call: CALL }]);
  });

  it('says when the other device has lost the server', () => {
    const desk = active().hear(view(5, 'active', { peer: { id: 'bob', name: 'Bob', lost: true } }));
    expect(desk.call?.peer.lost).toBe(true);
    expect(desk.call?.state.type).toBe('active');
  });

  it('of a state that this client does not know changes nothing', () => {
    const desk = active();
    // A later protocol may have more states; the wire does not know our types.
    const later = { ...view(8, 'active'), data: { ...view(8, 'active').data, state: 'held' } } as never;
    desk.hear(later);
    expect(desk.call?.state.type).toBe('active');
  });
});

describe('the media path', () => {
  it('carries the latest of what we show, and shows the latest of what they say', () => {
    const desk = active();
    desk.take();
    desk.tell({ type: 'sending', call: CALL, notice: SOUND });
    desk.tell({ type: 'sending', call: CALL, notice: BOTH });
    desk.sent();
    expect(desk.state.outbox.map(({ message }) => message)).toMatchObject([{ type: 'media', data: BOTH }]);

    desk.hear({ type: 'media', data: SOUND, call: CALL, gen: 0, id: 'q.7', from: 'bob/phone' });
    expect(desk.call?.receiving).toEqual(SOUND);
  });
});
