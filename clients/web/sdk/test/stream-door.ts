/** The door for event streams and POSTs of a server in memory, over real HTTP. What is hard for a device can be asked for. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Parcel } from '../src/protocol.ts';
import type { Connection, Transport } from '../src/transport.ts';

/** What becomes of a POST: taken, taken but its answer lost, or refused with a status. */
type Fate = 'take' | 'lose the answer' | number;

interface Line {
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly early: Map<number, string>;
  next: number;
}

export class StreamDoor {
  /** The bodies of all POSTs, in the order in which they came. */
  readonly posts: string[] = [];
  /** What becomes of the next POSTs; beyond, they are taken. */
  fates: (Fate | (() => Promise<Fate>))[] = [];
  /** What a device is told as the WebSocket's address. */
  readonly url: string;
  /** The status of `GET /sse`, 200 for a stream. */
  status = 200;
  readonly #http: Server;
  readonly #lines = new Map<string, Line>();
  #channels = 0;

  private constructor(http: Server) {
    this.#http = http;
    this.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`;
  }

  static async open(behind: Transport): Promise<StreamDoor> {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const door = new StreamDoor(http);
    http.on('request', (request, response) => {
      if (request.method === 'GET') door.#stream(behind, response);
      else void door.#post(request, response);
    });
    return door;
  }

  /** Ends every stream without a word. */
  cut(): void {
    for (const { response } of this.#lines.values()) response.destroy();
  }

  /** Writes this to every stream. */
  write(text: string): void {
    for (const { response } of this.#lines.values()) response.write(text);
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  #stream(behind: Transport, response: ServerResponse): void {
    if (this.status !== 200) return void response.writeHead(this.status).end();
    this.#channels += 1;
    const channel = `channel-${this.#channels}`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = (name: string, data: unknown) =>
      response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const connection = behind.open('', {
      opened: () => event('channel', { channel }),
      message: (text) => void response.write(`data: ${text}\n\n`),
      closed: (code) => {
        event('close', { code });
        response.end();
      },
    });
    this.#lines.set(channel, { response, connection, early: new Map(), next: 1 });
    response.on('close', () => connection.close());
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request) body += piece;
    this.posts.push(body);
    const line = this.#lines.get(request.headers.authorization?.slice('Bearer '.length) ?? '');
    const next = this.fates.shift() ?? 'take';
    const fate = typeof next === 'function' ? await next() : next;
    if (!line) return void response.writeHead(404).end();
    if (typeof fate === 'number') return void response.writeHead(fate).end();
    const { seq, messages } = JSON.parse(body) as Parcel;
    for (const [index, message] of messages.entries()) {
      if (seq + index >= line.next) line.early.set(seq + index, JSON.stringify(message));
    }
    for (let due = line.early.get(line.next); due !== undefined; due = line.early.get(line.next)) {
      line.early.delete(line.next);
      line.next += 1;
      line.connection.send(due);
    }
    if (fate === 'lose the answer') return void response.destroy();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ next: line.next }));
  }
}
