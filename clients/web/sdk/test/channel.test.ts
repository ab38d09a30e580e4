import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { channelTransport } from '../src/channel.ts';
import type { ParcelDown, ParcelUp, ServerMessage } from '../src/protocol.ts';
import type { Carrier, Connection } from '../src/transport.ts';

const HELLO = JSON.stringify({ type: 'hello', data: { token: '', device: 'tab-1', proto: 1 } });

/** A messenger whose texts the test reads, and brings when it likes. */
class Messenger implements Carrier {
  readonly up: ParcelUp[] = [];
  readonly #receivers = new Set<(text: string) => void>();
  fails = false;

  send(text: string): Promise<void> {
    if (this.fails) return Promise.reject(new Error('the messenger is offline'));
    this.up.push(JSON.parse(text));
    return Promise.resolve();
  }

  receive(run: (text: string) => void): () => void {
    this.#receivers.add(run);
    return () => void this.#receivers.delete(run);
  }

  bring(text: string): void {
    for (const run of this.#receivers) run(text);
  }

  get listeners(): number {
    return this.#receivers.size;
  }
}

let messenger: Messenger;
let told: string[];
let line: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  messenger = new Messenger();
  open();
});

afterEach(() => void vi.useRealTimers());

function open(): void {
  told = [];
  const mine = told;
  line = channelTransport(messenger).open('', {
    opened: () => mine.push('opened'),
    message: (text) => mine.push((JSON.parse(text) as ServerMessage & { n: string }).n),
    closed: (code) => mine.push(`closed ${code}`),
  });
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1);
}

async function greet(): Promise<string> {
  line.send(HELLO);
  await settle();
  return messenger.up.at(-1)?.channel ?? '';
}

/** A parcel of messages that are known by a letter. */
function down(channel: string, seq: number, letters = '', close?: number): string {
  const messages = [...letters].map((n) => ({ type: 'pong', data: {}, n })) as unknown as ServerMessage[];
  const parcel: ParcelDown = { channel, seq, messages, ...(close === undefined ? {} : { close }) };
  return JSON.stringify(parcel);
}

describe('a channel of the application', () => {
  it('carries numbered parcels, which say of which device and connection they are', async () => {
    const channel = await greet();
    line.send('{"type":"ping"}');
    line.send('{"type":"bye"}');
    await settle();
    expect(told).toEqual(['opened']);
    const [hello] = [JSON.parse(HELLO)];
    expect(messenger.up).toEqual([
      { device: 'tab-1', channel, seq: 1, messages: [hello] },
      { device: 'tab-1', channel, seq: 2, messages: [{ type: 'ping' }, { type: 'bye' }] },
    ]);
    expect(channel).toMatch(/^[\w-]{16,64}$/);
    open();
    expect(await greet()).not.toBe(channel);
  });

  it('asks for no ticket', () => {
    expect(channelTransport(messenger).vouched).toBe(true);
  });

  it('gives on each message once and in order, however they come', async () => {
    const channel = await greet();
    messenger.bring(down(channel, 3, 'c'));
    messenger.bring(down(channel, 1, 'ab'));
    messenger.bring(down(channel, 1, 'ab'));
    messenger.bring(down(channel, 2, 'bcd'));
    expect(told).toEqual(['opened', 'a', 'b', 'c', 'd']);
  });

  it('passes over what belongs to another connection, and what is no parcel at all', async () => {
    const channel = await greet();
    const texts = [
      '',
      'hello there',
      'null',
      '[]',
      '{}',
      `{"channel":"${channel}"}`,
      down('another', 1, 'x'),
    ];
    for (const text of texts) messenger.bring(text);
    messenger.bring(`{"channel":"${channel}","seq":"1","messages":[{}]}`);
    expect(told).toEqual(['opened']);
  });

  it('closes with the code of the server, behind what was said before', async () => {
    const channel = await greet();
    messenger.bring(down(channel, 3, 'c', 4409));
    expect(told).toEqual(['opened']);
    messenger.bring(down(channel, 1, 'ab'));
    expect(told).toEqual(['opened', 'a', 'b', 'c', 'closed 4409']);
    expect(messenger.listeners).toBe(0);
  });

  it('closes at once when the server does not know the connection', async () => {
    const channel = await greet();
    messenger.bring(down(channel, 1, 'ab'));
    messenger.bring(down(channel, 0, '', 4503));
    expect(told).toEqual(['opened', 'a', 'b', 'closed 4503']);
  });

  it('closes when the messenger fails, or too much is missing', async () => {
    messenger.fails = true;
    await greet();
    expect(told).toEqual(['opened', 'closed 1006']);

    messenger.fails = false;
    open();
    const channel = await greet();
    for (let seq = 2; seq <= 258; seq += 1) messenger.bring(down(channel, seq, 'x'));
    expect(told).toEqual(['opened', 'closed 1006']);
  });

  it('says its last words after it was closed, and hears nothing more', async () => {
    const channel = await greet();
    line.send('{"type":"hangup"}');
    line.send('{"type":"bye"}');
    line.close();
    messenger.bring(down(channel, 1, 'a'));
    await settle();
    expect(messenger.up.at(-1)?.messages.map(({ type }) => type)).toEqual(['hangup', 'bye']);
    expect(told).toEqual(['opened']);
    expect(messenger.listeners).toBe(0);
  });
});
