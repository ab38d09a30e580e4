import { describe, expect, it } from 'vitest';

import { RECONNECT_JITTER_MS, RECONNECT_MS } from '../src/core/limits.ts';
import { BOTH, CALL, Desk, OTHER, SOUND, view, viewOf } from './desk.ts';

const OFFER = { type: 'offer', sdp: 'v=0 offer' };

function pings(desk: Desk): unknown[] {
  return desk.sent().flatMap((message) => (message.type === 'ping' ? [message.data] : []));
}

function opens(desk: Desk): number {
  return desk.take().filter(({ type }) => type === 'open').length;
}

/** Alice is in a call with Bob. */
function active(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk.hear(view(3, 'connecting')).tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  return desk;
}

describe('the link', () => {
  it('says hello with a ticket and is online with welcome', () => {
    const desk = new Desk().start();
    expect(desk.take()).toEqual([{ type: 'open' }]);
    desk.tell({ type: 'opened', ticket: 'tkt' });
    const data = { token: 'tkt', device: 'tab-1', name: 'Chrome on Linux', proto: 1 };
    expect(desk.sent()).toEqual([{ type: 'hello', data, id: 'p.1' }]);
    desk.welcome();
    expect(desk.state.link).toMatchObject({ type: 'online', me: 'alice' });
  });

  it('comes back after 0, 300, 1200, 2700, 4800, 7000 and 7000 ms, each with a little added', () => {
    const desk = new Desk().online().pass(60_000).hear({ type: 'pong', data: {} });
    desk.take();
    const waits: number[] = [];
    desk.tell({ type: 'closed', code: 1006 });
    for (let tries = 0; tries < 7; tries += 1) {
      const { link } = desk.state;
      if (link.type !== 'waiting') throw new Error(`the link is ${link.type}`);
      waits.push(link.retryAt - desk.now);
      desk.pass(link.retryAt - desk.now);
      expect(opens(desk)).toBe(1);
      desk.tell({ type: 'closed', code: 1006 });
    }
    const least = [...RECONNECT_MS, 7000];
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(least[index] ?? Number.NaN);
      expect(wait).toBeLessThanOrEqual((least[index] ?? Number.NaN) + RECONNECT_JITTER_MS);
    }
    expect(new Set(waits.map((wait, index) => wait - (least[index] ?? 0))).size).toBe(7);
  });

  it('does not hurry back to a server that greets and hangs up', () => {
    const desk = new Desk().start();
    for (let round = 1; round <= 4; round += 1) {
      desk.welcome().tell({ type: 'closed', code: 1006 });
      expect(desk.state.link).toMatchObject({ type: 'waiting', attempt: round });
      desk.pass(10_000 - 1);
      desk.welcome();
    }
  });

  it('gives a try ten seconds', () => {
    const desk = new Desk().start();
    desk.take();
    desk.pass(9_999);
    expect(desk.take()).toEqual([]);
    desk.pass(1);
    expect(desk.take()).toEqual([{ type: 'shut' }]);
  });

  it('waits as long as the server asks for when it restarts', () => {
    const desk = new Desk().online().hear({ type: 'bye', data: { reason: 'restart', retry_in_ms: 2_600 } });
    expect(desk.take()).toEqual([{ type: 'shut' }]);
    desk.pass(2_599);
    expect(opens(desk)).toBe(0);
    desk.pass(1);
    expect(opens(desk)).toBe(1);
  });

  it.each([
    ['replaced', 'replaced'],
    ['revoked', 'signed-out'],
  ] as const)('stays away after bye %s', (reason, shown) => {
    const desk = new Desk().online().hear({ type: 'bye', data: { reason, retry_in_ms: 0 } });
    expect(desk.state.link).toEqual({ type: 'offline', reason: shown });
    desk.pass(600_000);
    expect(opens(desk)).toBe(0);
  });

  it('stays away from a server that speaks another protocol', () => {
    const desk = new Desk().start();
    desk.welcome({ proto: 2 });
    expect(desk.state.link).toEqual({ type: 'offline', reason: 'incompatible' });
  });

  it('believes only the third refused ticket in a row', () => {
    const desk = new Desk().start();
    for (const last of [false, false, true]) {
      desk.tell({ type: 'opened', ticket: 'old' });
      const hello = desk.sent().at(-1);
      desk.refuse(hello?.id, 'unauthenticated');
      expect(desk.state.link.type).toBe(last ? 'offline' : 'waiting');
      desk.pass(2_000);
    }
  });

  it('tries at once when the network is back', () => {
    const desk = new Desk().start().tell({ type: 'closed', code: 1006 });
    desk.take();
    desk.tell({ type: 'network-changed' });
    expect(opens(desk)).toBe(1);
  });

  it('fetches new relay credentials before the old ones end, but not during a call', () => {
    const ttl_ms = 100_000;
    const ice = { servers: [], ttl_ms };
    const idle = new Desk().start().welcome({ ice });
    idle.take();
    for (let waited = 0; waited < 80_000; waited += 10_000)
      idle.pass(10_000).hear({ type: 'pong', data: {} });
    expect(opens(idle)).toBe(1);

    const busy = new Desk().start().welcome({ ice });
    busy.tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND }).hear(view(3, 'active'));
    busy.tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
    for (const { id } of busy.sent()) busy.ok(id);
    for (let waited = 0; waited < 200_000; waited += 10_000)
      busy.pass(10_000).hear({ type: 'pong', data: {} });
    expect(opens(busy)).toBe(0);
  });
});

describe('the heartbeat', () => {
  it('beats every 55 s when idle and every 20 s in a call', () => {
    const idle = new Desk().online();
    for (let waited = 0; waited < 110_000; waited += 5_000) idle.pass(5_000).hear({ type: 'pong', data: {} });
    expect(pings(idle)).toEqual([
      { epoch: 'e-1', calls: [] },
      { epoch: 'e-1', calls: [] },
    ]);

    const busy = active();
    busy.take();
    for (let waited = 0; waited < 40_000; waited += 5_000) busy.pass(5_000).hear({ type: 'pong', data: {} });
    expect(pings(busy)).toHaveLength(2);
  });

  it('names the calls it holds and whether their media arrives', () => {
    const desk = active();
    desk.take();
    desk.pass(15_000).tell({ type: 'flowing', call: CALL, key: '0' }).pass(5_000);
    expect(pings(desk)).toEqual([{ epoch: 'e-1', calls: [{ id: CALL, rev: 3, media: true }] }]);
    desk.hear({ type: 'pong', data: {} }).pass(20_000);
    expect(pings(desk)).toEqual([{ epoch: 'e-1', calls: [{ id: CALL, rev: 3 }] }]);
  });

  it('that nothing answers for half an interval more means a dead connection; media is left alone', () => {
    const desk = active();
    desk.pass(20_000).take();
    desk.pass(9_999);
    expect(desk.state.link.type).toBe('online');
    desk.pass(1);
    expect(desk.state.link.type).toBe('opening');
    expect(desk.take()).toEqual([{ type: 'shut' }, { type: 'open' }]);
    expect(desk.call?.state.type).toBe('active');
  });

  it('ends a call that the server does not know any more', () => {
    const desk = active().pass(20_000);
    desk.take();
    desk.hear({ type: 'error', data: { code: 'not_found', call: CALL, retry: false } });
    expect(desk.take()).toMatchObject([{ type: 'release', state: { reason: 'server' } }]);
  });

  it('is not disturbed by a call that begins after a long idle time', () => {
    const desk = new Desk().online().pass(50_000);
    desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND }).take();
    desk.pass(1);
    expect(pings(desk)).toHaveLength(1);
    expect(desk.state.link.type).toBe('online');
  });

  it('probes at once when the network has changed', () => {
    const desk = active();
    desk.take();
    desk.tell({ type: 'network-changed' });
    expect(pings(desk)).toHaveLength(1);
    desk.pass(499);
    expect(desk.state.link.type).toBe('online');
    desk.pass(1);
    expect(desk.state.link.type).toBe('opening');

    const idle = new Desk().online().tell({ type: 'network-changed' }).pass(4_999);
    expect(idle.state.link.type).toBe('online');
    idle.pass(1);
    expect(idle.state.link.type).toBe('waiting');
  });
});

describe('after a reconnect', () => {
  it('what welcome says of a call is the truth', () => {
    const desk = active().tell({ type: 'closed', code: 1006 }).pass(2_000);
    desk.take();
    desk.welcome({ calls: [viewOf(4, 'ended', { reason: 'hangup', duration_ms: 1_234 })] });
    expect(desk.take().filter(({ type }) => type === 'release')).toMatchObject([
      { state: { reason: 'remote-hangup', summary: { durationMs: 1_234 } } },
    ]);
  });

  it('a store that has lost the call ends it, although its revisions are lower', () => {
    const desk = active().tell({ type: 'closed', code: 1006 }).pass(2_000);
    desk.take();
    desk.welcome({ epoch: 'e-2', calls: [viewOf(0, 'ended', { reason: 'server' })] });
    expect(desk.take().filter(({ type }) => type === 'release')).toMatchObject([
      { state: { reason: 'server' } },
    ]);
  });

  it('a call that welcome leaves out is lost, but not one that the server has not heard of yet', () => {
    const desk = active().tell({ type: 'closed', code: 1006 }).pass(2_000);
    desk.tell({ type: 'dial', call: OTHER, to: 'carol', choice: SOUND }).take();
    desk.welcome({ calls: [] });
    expect(desk.take().filter(({ type }) => type === 'release')).toMatchObject([
      { call: CALL, state: { reason: 'server' } },
    ]);
    expect(desk.state.calls.map(({ id }) => id)).toEqual([OTHER]);
  });

  it('a call that the server has kept goes on, and its broken path is looked for again', () => {
    const desk = active().tell({ type: 'described', call: CALL, key: '0', description: OFFER });
    for (const { id } of desk.sent()) desk.ok(id);
    desk.tell({ type: 'interrupted', call: CALL, key: '0', cause: 'network' });
    desk.tell({ type: 'closed', code: 1006 }).pass(2_000).take();
    desk.welcome({ calls: [viewOf(3, 'active')] });
    expect(desk.take().filter(({ type }) => type === 'offer')).toMatchObject([{ restart: true }]);
    expect(desk.call?.state.type).toBe('recovering');
  });
});

describe('leaving', () => {
  it('gives up what nobody has answered, and tells the other side of an answered call that it leaves', () => {
    const calling = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND });
    calling.take();
    calling.tell({ type: 'leave' });
    expect(calling.sent().map(({ type }) => type)).toEqual(['hangup', 'bye']);

    const talking = active();
    talking.take();
    talking.tell({ type: 'leave' });
    expect(talking.take()).toMatchObject([
      { type: 'tell', message: { type: 'leaving' } },
      { type: 'send', message: { type: 'bye' } },
    ]);
  });

  it('for good ends every call and closes the connection', () => {
    const desk = active();
    desk.take();
    desk.tell({ type: 'close' });
    expect(desk.take().map((output) => (output.type === 'send' ? output.message.type : output.type))).toEqual(
      ['tell', 'release', 'hangup', 'bye', 'shut'],
    );
    expect(desk.state.link).toEqual({ type: 'offline', reason: 'closed' });
  });
});
