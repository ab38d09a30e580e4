/** The warm ring: paths that are made while it rings, and what nobody learns by them. */
import { describe, expect, it } from 'vitest';

import type { Output, Privacy } from '../src/core/state.ts';
import { BOTH, CALL, Desk, OTHER, ringing, view, WELCOME } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };
const ANSWER = { type: 'answer', sdp: 'v=0 answer' };
const CANDIDATE = { candidate: 'candidate:1' };
const RELAY = { servers: [{ urls: ['turn:call.example.org'] }], ttl_ms: 86_400_000 };
const [PHONE, DESK, TABLET, WATCH] = ['bob/phone', 'bob/desk', 'bob/tablet', 'bob/watch'] as const;
const CONTACT = { id: 'bob', name: 'Bob', contact: true };

function online(privacy?: Privacy, ice = RELAY): Desk {
  const desk = new Desk();
  desk.tell({ type: 'start', device: { id: 'tab-1', name: 'Tab' }, ...(privacy ? { privacy } : {}) });
  desk.welcome({ ice });
  desk.take();
  return desk;
}

/** Alice calls Bob, and it rings at these devices. */
function calling(warm: readonly string[], desk = online(), peer = {}): Desk {
  desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  for (const { id } of desk.sent()) desk.ok(id, { call: CALL });
  return desk.hear(view(2, 'ringing', { warm: [...warm], ...peer }));
}

function offers(outputs: readonly Output[]): [string, string, boolean][] {
  return outputs.flatMap((output) =>
    output.type === 'offer' ? [[output.key, output.gather, output.restart] as [string, string, boolean]] : [],
  );
}

const drops = (outputs: readonly Output[]) =>
  outputs.flatMap((output) => (output.type === 'drop' ? [output.key] : []));

describe('the relay', () => {
  const servers = [
    { urls: ['stun:call.example.org'] },
    { urls: ['turn:call.example.org'], username: 'device', credential: 'd' },
  ];
  const OF_CALL = { username: 'call', credential: 'c' };
  const shown = (outputs: readonly Output[]) =>
    outputs.flatMap((output) => (output.type === 'offer' ? [output.ice] : []));

  it('is shown in each call what was issued for that call, the newest, and else what is for the device', () => {
    const desk = online(undefined, { servers, ttl_ms: 1 });
    calling([], desk).hear(view(3, 'ringing', { warm: [PHONE] }));
    expect(shown(desk.take())).toEqual([servers]);
    desk.hear(view(4, 'ringing', { warm: [PHONE, DESK], relay: OF_CALL }));
    const ofCall = [servers[0], { urls: ['turn:call.example.org'], ...OF_CALL }];
    expect(shown(desk.take())).toEqual([ofCall]);
    // A view that does not name it again takes nothing back.
    desk.hear(view(5, 'ringing', { warm: [PHONE, DESK, TABLET] }));
    expect(shown(desk.take())).toEqual([ofCall]);
    desk.hear(view(6, 'ringing', { warm: [WATCH], relay: { ...OF_CALL, username: 'later' } }));
    expect(shown(desk.take())).toEqual([[servers[0], { ...ofCall[1], username: 'later' }]]);
  });
});

describe('the caller, while it rings', () => {
  it('offers to each device that would like it, three at most, and prepares nothing else', () => {
    const desk = calling([PHONE, DESK, TABLET, WATCH]);
    const outputs = desk.take();
    expect(offers(outputs)).toEqual([
      ['0 bob/phone', 'relay', false],
      ['0 bob/desk', 'relay', false],
      ['0 bob/tablet', 'relay', false],
    ]);
    expect(outputs.map(({ type }) => type)).not.toContain('prepare');
    desk.hear(view(3, 'ringing', { warm: [PHONE, DESK, TABLET] }));
    expect(offers(desk.take())).toEqual([]);
  });

  it('names the device in what it says, and hears each by its own peer connection', () => {
    const desk = calling([PHONE, DESK]);
    desk.take();
    desk.tell({ type: 'described', call: CALL, key: '0 bob/phone', description: OFFER });
    desk.tell({ type: 'described', call: CALL, key: '0 bob/desk', description: OFFER });
    desk.tell({ type: 'gathered', call: CALL, key: '0 bob/desk', candidates: [CANDIDATE] });
    expect(desk.sent()).toMatchObject([
      { type: 'offer', to: 'phone', gen: 0 },
      { type: 'offer', to: 'desk', gen: 0 },
      { type: 'candidate', to: 'desk', gen: 0 },
    ]);
    desk.hear({ type: 'answer', data: ANSWER, call: CALL, gen: 0, id: 'q.1', from: DESK });
    desk.hear({ type: 'candidate', data: CANDIDATE, call: CALL, gen: 0, id: 'q.2', from: DESK });
    desk.hear({ type: 'answer', data: ANSWER, call: CALL, gen: 0, id: 'q.3', from: WATCH });
    expect(desk.take()).toMatchObject([
      { type: 'send', message: { type: 'ack' } },
      { type: 'describe', key: '0 bob/desk', description: ANSWER },
      { type: 'send', message: { type: 'ack' } },
      { type: 'add-candidates', key: '0 bob/desk' },
    ]);
  });

  it('hides its addresses from strangers, and only from them', () => {
    const gathers = (desk: Desk) => offers(desk.take()).map(([, gather]) => gather);
    expect(gathers(calling([PHONE]))).toEqual(['relay']);
    expect(gathers(calling([PHONE], online(), { peer: CONTACT }))).toEqual(['all']);
    const never = online({ warmRing: true, relay: 'never' });
    expect(gathers(calling([PHONE], never))).toEqual(['all']);
    const always = online({ warmRing: true, relay: 'always' });
    expect(gathers(calling([PHONE], always, { peer: CONTACT }))).toEqual(['relay']);
    const wished = online().tell({ type: 'hide-address', yes: true });
    expect(gathers(calling([PHONE], wished, { peer: CONTACT }))).toEqual(['relay']);
  });

  it.each([
    ['there is no relay to hide behind', online(undefined, WELCOME.ice), {}, []],
    [
      'there is no relay, but they are a contact',
      online(undefined, WELCOME.ice),
      { peer: CONTACT },
      ['0 bob/phone'],
    ],
    ['it is not wanted', online({ warmRing: false, relay: 'never' }), {}, []],
  ] as const)('stays cold or not: %s', (_, desk, peer, made) => {
    const outputs = calling([PHONE], desk, peer).take();
    expect(offers(outputs).map(([key]) => key)).toEqual(made);
    expect(outputs.filter(({ type }) => type === 'prepare')).toHaveLength(made.length === 0 ? 1 : 0);
  });

  it('restarts every path when its network changes', () => {
    const desk = calling([PHONE, DESK]);
    desk.take();
    desk.tell({ type: 'network-changed' });
    expect(offers(desk.take())).toEqual([
      ['0 bob/phone', 'relay', true],
      ['0 bob/desk', 'relay', true],
    ]);
  });

  it('closes the path to a device that is gone, and makes a new one when it is back', () => {
    const desk = calling([PHONE, DESK]);
    desk.take();
    desk.hear(view(3, 'ringing', { warm: [DESK] }));
    expect(drops(desk.take())).toEqual(['0 bob/phone']);
    desk.hear(view(4, 'ringing', { warm: [DESK, PHONE] }));
    expect(offers(desk.take())).toEqual([['0 bob/phone', 'relay', false]]);
  });
});

describe('the answer', () => {
  const answer = (desk: Desk, address: string, peer: object = { id: 'bob', name: 'Bob' }) =>
    desk.hear(view(5, 'connecting', { peer: { ...CONTACT, contact: false, ...peer, address } }));

  it('makes one of the warm paths the call’s and closes the others, without negotiating', () => {
    const desk = answer(calling([PHONE, DESK]), DESK);
    const outputs = desk.take();
    expect(drops(outputs)).toEqual(['0 bob/phone']);
    expect(outputs.at(-1)).toEqual({ type: 'use', call: CALL, key: '0 bob/desk' });
    desk.hear({ type: 'answer', data: ANSWER, call: CALL, gen: 0, id: 'q.1', from: DESK });
    expect(desk.take()).toContainEqual(expect.objectContaining({ type: 'describe', key: '0 bob/desk' }));
  });

  it('of a device that was not warm is offered to as ever', () => {
    const desk = calling([PHONE]);
    desk.take();
    const outputs = answer(desk, WATCH).take();
    expect(drops(outputs)).toEqual(['0 bob/phone']);
    expect(offers(outputs)).toEqual([['0', 'all', false]]);
  });

  it('lets both look for a direct path, once media flows, or after a second without', () => {
    const flows = answer(calling([PHONE]), PHONE);
    flows.take();
    flows.tell({ type: 'connected', call: CALL, key: '0 bob/phone', path: 'relay-udp' });
    expect(offers(flows.take())).toEqual([['0 bob/phone', 'all', true]]);
    flows.tell({ type: 'connected', call: CALL, key: '0 bob/phone', path: 'direct' });
    const outputs = flows.take();
    expect(offers(outputs)).toEqual([]);
    expect(outputs).toMatchObject([{ message: { type: 'connected', data: { route: 'direct' } } }]);

    const silent = answer(calling([PHONE]), PHONE);
    silent.take();
    silent.pass(1_000);
    expect(offers(silent.take())).toEqual([['0 bob/phone', 'all', true]]);
  });

  it('widens nothing where nothing was narrow, or where it is to stay so', () => {
    const open = answer(calling([PHONE], online(), { peer: CONTACT }), PHONE, CONTACT);
    const closed = answer(calling([PHONE], online({ warmRing: true, relay: 'always' })), PHONE);
    const wished = answer(calling([PHONE], online().tell({ type: 'hide-address', yes: true })), PHONE);
    for (const desk of [open, closed, wished]) {
      desk.take();
      desk.tell({ type: 'connected', call: CALL, key: '0 bob/phone', path: 'relay-udp' });
      expect(offers(desk.take())).toEqual([]);
    }
  });
});

describe('the callee, while it rings', () => {
  const offer = { type: 'offer', data: OFFER, call: CALL, gen: 0, id: 'q.1', from: 'bob/tab' } as const;

  /** Bob calls Alice, whose application alerts her. */
  function called(desk = online()): Desk {
    return desk.hear(ringing(2)).tell({ type: 'alerting', call: CALL });
  }

  it('asks for an offer, answers it without showing an address, and sends nothing yet', () => {
    const desk = called();
    expect(desk.sent()).toMatchObject([{ type: 'ringing', data: { warm: true } }]);
    desk.hear(offer);
    expect(desk.take()).toMatchObject([
      { type: 'send', message: { type: 'ack' } },
      { type: 'describe', key: '0', gather: 'relay', description: OFFER },
    ]);
    desk.tell({ type: 'described', call: CALL, key: '0', description: ANSWER });
    desk.tell({ type: 'gathered', call: CALL, key: '0', candidates: [CANDIDATE] });
    expect(desk.sent().map(({ type }) => type)).toEqual(['answer', 'candidate']);
  });

  it('sends at the click, and plays when the server has said that it is the one: not when another was faster', () => {
    const won = called().hear(offer).tell({ type: 'described', call: CALL, key: '0', description: ANSWER });
    won.take();
    won.tell({ type: 'accept', call: CALL, choice: BOTH });
    expect(won.take()).toMatchObject([
      { type: 'send', message: { type: 'accept' } },
      { type: 'capture' },
      { type: 'feed', call: CALL, key: '0' },
    ]);
    won.hear(view(3, 'connecting', { role: 'callee' }));
    expect(won.take()).toEqual([{ type: 'use', call: CALL, key: '0' }]);

    const lost = called().hear(offer).tell({ type: 'accept', call: CALL, choice: BOTH });
    lost.take();
    lost.hear(view(3, 'connecting', { role: 'callee', you: 'elsewhere' }));
    expect(lost.take().map(({ type }) => type)).toEqual(['release']);
  });

  it('does not ask where it could not hide, and takes no offer then', () => {
    const desk = called(online(undefined, WELCOME.ice));
    expect(desk.sent()).toMatchObject([{ type: 'ringing', data: {} }]);
    expect(desk.hear(offer).take()).toEqual([]);
  });

  it('asks again when it is back at the server, which has forgotten it', () => {
    const desk = called().tell({ type: 'closed', code: 1006 }).pass(1_000);
    desk.take();
    desk.welcome({ ice: RELAY, calls: [(ringing(2) as { data: (typeof WELCOME.calls)[0] }).data] });
    expect(desk.sent().filter(({ type }) => type === 'ringing')).toMatchObject([{ data: { warm: true } }]);
  });
});

describe('two people who call each other while it rings warm', () => {
  it('close what they have made for the call that is no more', () => {
    const desk = calling([PHONE]);
    desk.take();
    desk.state = {
      ...desk.state,
      calls: desk.state.calls.map((call) => ({ ...call, known: false, state: { type: 'dialing' } })),
    };
    desk.hear(ringing(2, { id: OTHER }));
    expect(drops(desk.take())).toEqual(['0 bob/phone']);
    expect(desk.state.calls).toMatchObject([{ id: OTHER, warm: [] }]);
  });
});
