import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Driver } from '../src/driver.ts';
import type { Preferences, ServerMessage } from '../src/protocol.ts';
import { CALL, Desk, SOUND, view } from './desk.ts';
import { FakeMedia, NO_WITNESS } from './fake-media.ts';

const hears = (user: string, status: 'online' | 'away' | 'offline'): ServerMessage => ({
  type: 'presence',
  data: { user, status },
});

describe('who is there', () => {
  it('is what welcome said, with every later word', () => {
    const presence = [
      { user: 'bob', status: 'away' as const },
      { user: 'carol', status: 'online' as const },
    ];
    const desk = new Desk().start().welcome({ presence });
    expect(desk.state.presence).toEqual({ bob: 'away', carol: 'online' });
    desk.hear(hears('bob', 'online')).hear(hears('carol', 'offline')).hear(hears('dave', 'away'));
    expect(desk.state.presence).toEqual({ bob: 'online', dave: 'away' });
  });

  it('is told anew by the next welcome', () => {
    const desk = new Desk().start().welcome({ presence: [{ user: 'bob', status: 'online' }] });
    desk.tell({ type: 'closed', code: 1006 }).pass(10_000).welcome();
    expect(desk.state.presence).toEqual({});
  });
});

describe('a page that nobody looks at', () => {
  const away = { type: 'presence', data: { status: 'away' } };
  const online = { type: 'presence', data: { status: 'online' } };

  it('is away, and online again once somebody does', () => {
    const desk = new Desk().online();
    desk.tell({ type: 'seen', yes: false }).tell({ type: 'seen', yes: false });
    expect(desk.sent()).toEqual([away]);
    desk.tell({ type: 'seen', yes: true });
    expect(desk.sent()).toEqual([online]);
  });

  it('says so again after each welcome, because the server takes a device for online', () => {
    const desk = new Desk().start().tell({ type: 'seen', yes: false });
    expect(desk.sent()).toEqual([]);
    desk.welcome();
    expect(desk.sent().filter(({ type }) => type === 'presence')).toEqual([away]);
  });
});

describe('the address of this device', () => {
  const gathers = (desk: Desk) => {
    desk.take();
    desk.tell({ type: 'dial', call: CALL, to: 'bob', choice: SOUND }).hear(view(1, 'ringing'));
    return desk.take().flatMap((output) => (output.type === 'prepare' ? [output.gather] : []));
  };
  const preferences: Preferences = {
    callers: 'everyone',
    call_waiting: true,
    do_not_disturb: { on: false, schedule: [] },
    favourites_ring_through: true,
    hide_address: true,
  };

  it('is told to nobody if the user wishes so: only the relay is asked', () => {
    expect(gathers(new Desk().online())).toEqual(['all']);
    expect(gathers(new Desk().start().welcome({ preferences }))).toEqual(['relay']);
  });

  it('follows a wish that has just changed, from the next path on', () => {
    expect(gathers(new Desk().online().tell({ type: 'hide-address', yes: true }))).toEqual(['relay']);
    const desk = new Desk().start().welcome({ preferences }).tell({ type: 'hide-address', yes: false });
    expect(gathers(desk)).toEqual(['all']);
  });
});

it('the other person of a call is a contact, or a guest with a link, if the server says so', () => {
  const desk = new Desk().online();
  const guest = { id: 'guest.k3f', name: 'Anna', guest: { label: 'Team' } };
  desk.hear(view(1, 'ringing', { role: 'callee', you: 'ringing', peer: guest }));
  expect(desk.call?.peer).toEqual({ ...guest, lost: false, contact: false });
  desk.hear(
    view(2, 'ringing', { role: 'callee', you: 'ringing', peer: { id: 'bob', name: 'Bob', contact: true } }),
  );
  expect(desk.call?.peer).toEqual({ id: 'bob', name: 'Bob', lost: false, contact: true });
  expect(desk.call?.id).toBe(CALL);
});

describe('the application', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reads who is there and is told what to ask for again', async () => {
    let say: (message: ServerMessage) => void = () => {};
    const driver = new Driver({
      url: 'ws://fake/ws',
      transport: {
        open: (_, events) => {
          say = (message) => events.message(JSON.stringify(message));
          return { send: () => {}, close: () => {} };
        },
      },
      ticket: () => Promise.resolve('tkt'),
      device: () => Promise.resolve({ id: 'tab', name: 'tab' }),
      media: (events) => new FakeMedia(events),
      now: () => Date.now(),
      witness: NO_WITNESS,
      random: (count) => new Uint8Array(count),
      log: undefined,
    });
    const changes: unknown[] = [];
    driver.on('changed', (what) => changes.push(what));
    await driver.start();
    say(hears('bob', 'away'));
    say({ type: 'changed', data: { what: ['history', 'contacts'] } });
    expect(driver.presence.value).toEqual({ bob: 'away' });
    expect(changes).toEqual([['history', 'contacts']]);
    driver.close();
  });
});
