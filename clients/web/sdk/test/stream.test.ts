import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { streamTransport } from '../src/page/stream.ts';
import type { ServerMessage } from '../src/protocol.ts';
import type { Connection } from '../src/transport.ts';
import { FakeServer } from './fake-server.ts';
import { StreamDoor } from './stream-door.ts';

const HELLO = { type: 'hello', id: 'h', data: { token: 'tkt', device: 'tab', proto: 1 } };
const PATIENCE = { timeout: 10_000 };

let server: FakeServer;
let door: StreamDoor;

beforeEach(async () => {
  server = new FakeServer();
  door = await StreamDoor.open(server.transport('alice'));
});

afterEach(() => door.close());

class Device {
  readonly events: string[] = [];
  readonly #connection: Connection;

  constructor() {
    this.#connection = streamTransport.open(door.url, {
      opened: () => this.events.push('opened'),
      message: (text) => this.events.push((JSON.parse(text) as ServerMessage).type),
      closed: (code) => this.events.push(`closed ${code}`),
    });
  }

  say(...messages: object[]): void {
    for (const message of messages) this.#connection.send(JSON.stringify(message));
  }

  close(): void {
    this.#connection.close();
  }

  async has(...events: string[]): Promise<void> {
    await expect.poll(() => this.events, PATIENCE).toEqual(events);
  }
}

function ping(n: number): object {
  return { type: 'ping', data: { epoch: `e-${n}`, calls: [] } };
}

/** The heartbeats that the server has heard. */
function heard(): string[] {
  return server.heard.flatMap(({ message }) => (message.type === 'ping' ? [message.data.epoch] : []));
}

async function online(): Promise<Device> {
  const device = new Device();
  await device.has('opened');
  device.say(HELLO);
  await device.has('opened', 'welcome');
  return device;
}

describe('an event stream with POSTs', { timeout: 30_000 }, () => {
  it('carries messages both ways, and what is said in one go in one POST', async () => {
    const device = await online();
    device.say(ping(1), ping(2));
    await device.has('opened', 'welcome', 'pong', 'pong');
    expect(door.posts).toEqual([
      `{"seq":1,"messages":[${JSON.stringify(HELLO)}]}`,
      `{"seq":2,"messages":[${JSON.stringify(ping(1))},${JSON.stringify(ping(2))}]}`,
    ]);
    device.close();
  });

  it('keeps what is said before the stream has opened', async () => {
    const device = new Device();
    device.say(HELLO);
    await device.has('opened', 'welcome');
    device.close();
  });

  it('says again what may not have arrived, and it is heard once', async () => {
    const device = await online();
    door.fates = ['lose the answer', 503, 'take'];
    device.say(ping(1));
    await expect.poll(() => door.posts.length, PATIENCE).toBe(4);
    expect(new Set(door.posts.slice(1)).size).toBe(1);
    await device.has('opened', 'welcome', 'pong');
    device.say(ping(2));
    await device.has('opened', 'welcome', 'pong', 'pong');
    expect(heard()).toEqual(['e-1', 'e-2']);
    device.close();
  });

  it('lets a POST overtake another without changing the order of what is heard', async () => {
    const device = await online();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    door.fates = [() => held.then(() => 'take' as const)];
    device.say(ping(1));
    await expect.poll(() => door.posts.length, PATIENCE).toBe(2);
    device.say(ping(2));
    await expect.poll(() => door.posts.length, PATIENCE).toBe(3);
    expect(heard()).toEqual([]);
    release();
    await device.has('opened', 'welcome', 'pong', 'pong');
    expect(heard()).toEqual(['e-1', 'e-2']);
    device.close();
  });

  it('is closed when the server will not have a POST, and when it cannot be reached', async () => {
    const refused = await online();
    door.fates = [404];
    refused.say(ping(1));
    await refused.has('opened', 'welcome', 'closed 1006');

    const device = await online();
    door.fates = [503, 503, 503, 503, 503];
    device.say(ping(2));
    await device.has('opened', 'welcome', 'closed 1006');
    expect(heard()).toEqual([]);
  });

  it('is closed with the code that the server gives, or without one when it is cut', async () => {
    const told = await online();
    server.cutAll();
    await told.has('opened', 'welcome', 'closed 1006');
    const device = await online();
    door.write('event: close\ndata: {"code":4409}\n\n');
    await device.has('opened', 'welcome', 'closed 4409');
    const cut = await online();
    door.cut();
    await cut.has('opened', 'welcome', 'closed 1006');
  });

  it('does not open where there is no event stream', async () => {
    door.status = 503;
    const refused = new Device();
    await refused.has('closed 1006');
    await door.close();
    const away = new Device();
    await away.has('closed 1006');
    door = await StreamDoor.open(server.transport('alice'));
  });

  it('passes over comments, and reads events however they are cut into pieces', async () => {
    const device = await online();
    // What is behind the first event has come with it.
    door.write(':\n\n:    \n\ndata: {"type":"pong","data":{}}\n\ndata: {"type":"by');
    await device.has('opened', 'welcome', 'pong');
    door.write('e",\ndata:"data":{}}\r\n\r\n');
    await device.has('opened', 'welcome', 'pong', 'bye');
    device.close();
  });

  it('says its last words after it was closed, and hears nothing more', async () => {
    const device = await online();
    device.say(ping(1), { type: 'bye', data: {} });
    device.close();
    await expect.poll(() => server.heard.at(-1)?.message.type, PATIENCE).toBe('bye');
    expect(heard()).toEqual(['e-1']);
    expect(device.events).toEqual(['opened', 'welcome']);
  });
});
