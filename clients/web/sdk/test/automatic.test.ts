import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { automaticTransport } from '../src/page/automatic.ts';
import type { Connection, Transport, TransportEvents } from '../src/transport.ts';

/** A transport whose connections do what the test says. */
class Scripted implements Transport {
  readonly lines: { events: TransportEvents; sent: string[]; closed: boolean }[] = [];

  open(_: string, events: TransportEvents): Connection {
    const line = { events, sent: [] as string[], closed: false };
    this.lines.push(line);
    return {
      send: (text) => void line.sent.push(text),
      close: () => {
        line.closed = true;
      },
    };
  }

  get last(): TransportEvents {
    const line = this.lines.at(-1);
    if (!line) throw new Error('nothing was opened');
    return line.events;
  }
}

let socket: Scripted;
let stream: Scripted;
let log: string[];
let transport: Transport;
let told: string[];
let line: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  [socket, stream, log] = [new Scripted(), new Scripted(), []];
  transport = automaticTransport((text) => log.push(text), socket, stream);
});

afterEach(() => void vi.useRealTimers());

/** Opens a connection; how many WebSockets and streams have been tried so far. */
function open(): [number, number] {
  told = [];
  const mine = told;
  line = transport.open('ws://server/ws', {
    opened: () => mine.push('opened'),
    message: (text) => mine.push(text),
    closed: (code) => mine.push(`closed ${code}`),
  });
  return [socket.lines.length, stream.lines.length];
}

/** One whole connection on a stream, because no WebSocket opens. */
function blocked(): void {
  open();
  socket.last.closed(1006);
  stream.last.opened();
  stream.last.message('welcome');
  expect(told).toEqual(['opened', 'welcome']);
  stream.last.closed(1006);
}

describe('the way that is chosen', () => {
  it('is a WebSocket where one opens', () => {
    open();
    socket.last.opened();
    line.send('hello');
    socket.last.message('welcome');
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(['opened', 'welcome']);
    expect(socket.lines[0]?.sent).toEqual(['hello']);
    socket.last.closed(4409);
    expect(told).toEqual(['opened', 'welcome', 'closed 4409']);
    expect(stream.lines).toEqual([]);
    expect(log).toEqual([]);
  });

  it('is an event stream where none opens, at once, and for good after the second time', () => {
    open();
    socket.last.closed(1006);
    expect(told).toEqual([]);
    stream.last.opened();
    line.send('hello');
    stream.last.message('welcome');
    expect(told).toEqual(['opened', 'welcome']);
    expect(stream.lines[0]?.sent).toEqual(['hello']);
    stream.last.closed(1006);
    expect(told.at(-1)).toBe('closed 1006');

    blocked();
    expect(log).toEqual([
      'a WebSocket does not open here: messages go by event stream and POST',
      'a WebSocket does not open here: messages go by event stream and POST, for as long as this network stays',
    ]);
    expect(open()).toEqual([2, 3]);
    expect(socket.lines).toHaveLength(2);
  });

  it('is tried anew when the network has changed', () => {
    blocked();
    blocked();
    transport.networkChanged?.();
    expect(open()).toEqual([3, 2]);
  });

  it('is not held against WebSockets when the server is away altogether', () => {
    for (let round = 1; round <= 5; round += 1) {
      open();
      socket.last.closed(1006);
      stream.last.closed(1006);
      expect(told).toEqual(['closed 1006']);
      expect([socket.lines.length, stream.lines.length]).toEqual([round, round]);
    }
    expect(log).toEqual([]);
  });

  it('is forgotten when a WebSocket works in between', () => {
    blocked();
    open();
    socket.last.opened();
    socket.last.message('welcome');
    socket.last.closed(1006);
    blocked();
    expect(open()[0]).toBe(4);
  });

  it('is whatever opens first where a WebSocket keeps one waiting', () => {
    open();
    vi.advanceTimersByTime(2_999);
    expect(stream.lines).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(stream.lines).toHaveLength(1);
    stream.last.opened();
    expect(socket.lines[0]?.closed).toBe(true);
    socket.last.closed(1006);
    expect(told).toEqual(['opened']);

    open();
    vi.advanceTimersByTime(3_000);
    socket.last.opened();
    expect(stream.lines[1]?.closed).toBe(true);
    stream.last.opened();
    stream.last.message('too late');
    socket.last.message('welcome');
    expect(told).toEqual(['opened', 'welcome']);
  });

  it('waits for the one that is left when the other has failed', () => {
    open();
    vi.advanceTimersByTime(3_000);
    stream.last.closed(1006);
    expect(told).toEqual([]);
    socket.last.closed(1006);
    expect(told).toEqual(['closed 1006']);
    expect(stream.lines).toHaveLength(1);
  });

  it('is an event stream where WebSockets open and nothing gets through them, twice', () => {
    for (const end of [() => socket.last.closed(1006), () => line.close()]) {
      open();
      socket.last.opened();
      line.send('hello');
      end();
    }
    expect(log).toEqual([
      'a WebSocket is cut off before the server has answered: messages go by event stream and POST',
      'a WebSocket is cut off before the server has answered: messages go by event stream and POST, for as long as this network stays',
    ]);
    expect(open()).toEqual([2, 1]);
  });

  it('stays a WebSocket when the server itself closes it, or nothing was said on it', () => {
    for (let round = 1; round <= 3; round += 1) {
      open();
      socket.last.opened();
      line.send('hello');
      socket.last.closed(4400);
      open();
      socket.last.opened();
      line.close();
    }
    expect(stream.lines).toEqual([]);
    expect(log).toEqual([]);
  });

  it('is closed as a whole, whatever was being tried', () => {
    open();
    vi.advanceTimersByTime(3_000);
    line.close();
    expect([socket.lines[0]?.closed, stream.lines[0]?.closed]).toEqual([true, true]);
    socket.last.opened();
    stream.last.closed(1006);
    expect(told).toEqual([]);
  });
});
