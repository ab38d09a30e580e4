import { describe, expect, it } from 'vitest';

import { BOTH, CALL, Desk, idOf, OTHER, view, viewOf } from './desk.ts';

/** Alice is in a call with Bob, of which the server has given her a capsule. */
function active(): Desk {
  const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
  desk
    .hear(view(3, 'connecting', { capsule: 'old' }))
    .tell({ type: 'connected', call: CALL, key: '0', path: 'direct' });
  for (const { id } of desk.sent()) desk.ok(id);
  desk.hear(view(4, 'active', { capsule: 'new' }));
  desk.take();
  return desk;
}

/** The server comes back with another store, which knows of no call. */
function lost(desk: Desk): Desk {
  desk.tell({ type: 'closed', code: 1006 }).pass(1_000);
  desk.take();
  return desk.welcome({ epoch: 'e-2' });
}

const ping = (epoch: string, ref: object) => ({
  type: 'ping',
  data: { epoch, calls: [{ id: CALL, ...ref }] },
});

describe('a call whose server has lost its store', () => {
  it('is given back at once by its newest capsule, and before anything else is said of it', () => {
    const desk = active();
    desk
      .tell({ type: 'closed', code: 1006 })
      .tell({ type: 'connected', call: CALL, key: '0', path: 'relay-udp' });
    const said = lost(desk)
      .sent()
      .filter(({ type }) => type !== 'hello');
    expect(said[0]).toEqual(ping('e-2', { rev: 0, media: true, capsule: 'new' }));
    expect(desk.call?.state.type).toBe('active');
  });

  it('is held by a snapshot of the new store, and heartbeats are short again', () => {
    const desk = lost(active()).hear(view(1, 'active', { capsule: 'newest' }));
    desk.take();
    desk.pass(20_000);
    expect(desk.sent()).toEqual([ping('e-2', { rev: 1 })]);
  });

  it('is given back again with every hello and heartbeat until the server has it', () => {
    const desk = lost(active());
    desk.take();
    desk.tell({ type: 'closed', code: 1006 }).pass(2_000);
    desk.take();
    desk.tell({ type: 'opened', ticket: 'tkt' });
    const [hello] = desk.sent();
    const calls = [{ id: CALL, rev: 0, capsule: 'new' }];
    expect(hello).toMatchObject({ type: 'hello', data: { epoch: 'e-2', calls } });
  });

  it('is over when the server says that it is', () => {
    const desk = lost(active()).hear({
      type: 'error',
      data: { code: 'not_found', retry: false, call: CALL },
    });
    expect(desk.call).toBeUndefined();
    expect(desk.take().at(-1)).toMatchObject({ type: 'release', state: { reason: 'server' } });
  });

  it('that was ended here meanwhile is given back to be ended for the other side', () => {
    const desk = active();
    desk.tell({ type: 'closed', code: 1006 }).tell({ type: 'hangup', call: CALL });
    const said = lost(desk)
      .sent()
      .filter(({ type }) => type !== 'hello');
    expect(said).toMatchObject([ping('e-2', { rev: 0, capsule: 'new' }), { type: 'hangup', call: CALL }]);
    desk.hear(view(1, 'active', { capsule: 'newest' }));
    expect(desk.call).toBeUndefined();
    desk.ok(idOf(said, 'hangup'));
    desk.pass(60_000);
    expect(desk.sent()).toEqual([{ type: 'ping', data: { epoch: 'e-2', calls: [] } }]);
  });

  it('is not given up to a device that an older capsule names, unless the server says so once it has seen ours', () => {
    const elsewhere = { you: 'elsewhere', answered_on: 'Phone' } as const;
    const desk = active().tell({ type: 'closed', code: 1006 }).pass(1_000);
    desk.welcome({ epoch: 'e-2', calls: [viewOf(1, 'active', elsewhere)] });
    expect(desk.call?.state.type).toBe('active');
    expect(desk.sent().at(-1)).toMatchObject(ping('e-2', { rev: 0, capsule: 'new' }));
    const ours = view(2, 'active', { capsule: 'newest' });
    expect(desk.hear(ours).hear({ type: 'pong', data: {} }).call?.state.type).toBe('active');
    expect(desk.sent()).toEqual([]);

    const other = active().tell({ type: 'closed', code: 1006 }).pass(1_000);
    other.welcome({ epoch: 'e-2', calls: [viewOf(1, 'active', elsewhere)] });
    other.take();
    other.hear({ type: 'pong', data: {} });
    expect(other.sent()).toMatchObject([{ type: 'ping' }]);
    expect(other.hear(view(1, 'active', elsewhere)).call).toBeUndefined();
  });

  it('that another device of ours has taken is not ended by this one, though an older capsule names it again', () => {
    const desk = active().hear(view(5, 'active', { you: 'elsewhere', answered_on: 'Phone', gen: 1 }));
    expect(desk.call).toBeUndefined();
    desk.tell({ type: 'closed', code: 1006 }).pass(1_000);
    desk.take();
    desk.welcome({ epoch: 'e-2', calls: [viewOf(1, 'active')] });
    expect(desk.sent().map(({ type }) => type)).toEqual(['hello']);
    desk.hear(view(2, 'active', { you: 'elsewhere', answered_on: 'Phone', gen: 1 }));
    expect(desk.state.elsewhere.map(({ id }) => id)).toEqual([CALL]);
  });

  it('that was ended here is told again until the server has seen its capsule', () => {
    const desk = active();
    desk.tell({ type: 'closed', code: 1006 }).tell({ type: 'hangup', call: CALL });
    const said = lost(desk).sent();
    desk.refuse(idOf(said, 'hangup'), 'not_your_call').pass(10_000);
    expect(desk.sent()).toMatchObject([{ type: 'hangup', call: CALL }]);
    desk.hear({ type: 'error', data: { code: 'not_found', retry: false, call: CALL } }).pass(10_000);
    expect(desk.sent()).toEqual([]);
  });

  it('is over if it came without a capsule', () => {
    const desk = new Desk().online().hear(view(2, 'ringing', { role: 'callee', you: 'ringing' }));
    expect(lost(desk).call).toBeUndefined();
  });

  it('needs no capsule if the server has kept it', () => {
    const desk = active();
    desk.tell({ type: 'closed', code: 1006 }).pass(1_000);
    desk.welcome({ calls: [viewOf(4, 'active', { capsule: 'newer' })] });
    expect(JSON.stringify(desk.sent())).not.toContain('capsule');
  });
});

describe('an invite', () => {
  it('keeps the epoch in which it was first sent', () => {
    const desk = new Desk().online().tell({ type: 'dial', call: CALL, to: 'bob', choice: BOTH });
    const data = { to: 'bob', media: ['audio', 'video'], epoch: 'e-1' };
    expect(desk.sent()).toMatchObject([{ type: 'invite', data }]);
    expect(lost(desk).sent().at(-1)).toMatchObject({ type: 'invite', data });
  });

  it('that nobody has heard yet makes a call in the epoch that it finds', () => {
    const desk = new Desk().online().tell({ type: 'closed', code: 1006 });
    desk.tell({ type: 'dial', call: OTHER, to: 'bob', choice: BOTH });
    expect(lost(desk).sent().at(-1)).toMatchObject({ type: 'invite', data: { epoch: 'e-2' } });
  });
});
