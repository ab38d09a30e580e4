// How a network treats UDP, in the words of RFC 4787 and found out as RFC 5780 does it: by a socket inside, our own STUN
// server, and strangers outside.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Network } from './network.ts';

export type Address = { address: string; port: number };
/** Which packets of others share a mapping, or pass: all, those of one address, or those of one address and port. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';
export type Behaviour = { mapping: Dependence; filtering: Dependence };

type Heard = { socket: number; from: Address; packet: Buffer };

/** So often does everybody call before what was not heard counts as kept out: packets of one wire rarely overtake. */
export const ROUNDS = 3;

/** Sockets of a device in a network, each known by a number. */
export class Insider {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #heard: Heard[] = [];
  #wake: () => void = () => undefined;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { packet, ...rest } = JSON.parse(line) as { socket: number; from: Address; packet: string };
      this.#heard.push({ ...rest, packet: Buffer.from(packet, 'base64') });
      this.#wake();
    });
  }

  static in(network: Network): Insider {
    const inside = fileURLToPath(new URL('inside.mjs', import.meta.url));
    const [program = '', ...words] = [...network.enter, process.execPath, inside];
    return new Insider(spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  say(socket: number, to: Address, packet: Buffer): void {
    this.#child.stdin.write(`${JSON.stringify({ socket, to, packet: packet.toString('base64') })}\n`);
  }

  /** Waits until this socket has heard such a packet; returns it. */
  async hears(socket: number, is: (packet: Buffer) => boolean): Promise<Buffer> {
    return (await this.#hears(socket, is)).packet;
  }

  /** Waits until this socket has heard these words; tells whom they seem to be from. */
  async whoSaid(socket: number, text: string): Promise<Address> {
    return (await this.#hears(socket, (packet) => packet.toString() === text)).from;
  }

  async #hears(socket: number, is: (packet: Buffer) => boolean): Promise<Heard> {
    for (;;) {
      const found = this.#heard.find((heard) => heard.socket === socket && is(heard.packet));
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What this socket has heard until now, as text. */
  heard(socket: number): string[] {
    return this.#heard.filter((heard) => heard.socket === socket).map(({ packet }) => packet.toString());
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}

/** Somebody on the internet. */
export class Stranger {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #heard = new Map<string, Address>();
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (packet, { address, port }) => {
      this.#heard.set(packet.toString(), { address, port });
      this.#wake();
    });
  }

  static async at(host: string): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new Stranger(socket, host);
  }

  get address(): Address {
    return { address: this.#host, port: this.#socket.address().port };
  }

  say(to: Address, text: string): void {
    this.#socket.send(text, to.port, to.address);
  }

  /** Waits for these words; tells whom they seem to be from. */
  async whoSays(text: string): Promise<Address> {
    for (;;) {
      const from = this.#heard.get(text);
      if (from) return from;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** How this STUN server sees a socket inside (RFC 8489 §5, §14.2; IPv4 alone). */
export async function mapped(insider: Insider, socket: number, stun: Address): Promise<Address> {
  const cookie = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
  const transaction = randomBytes(12);
  insider.say(socket, stun, Buffer.concat([Buffer.from([0, 1, 0, 0]), cookie, transaction].map(bytes)));
  const answer = await insider.hears(socket, (packet) => packet.subarray(8, 20).equals(bytes(transaction)));
  if (answer.readUInt16BE(0) !== 0x0101 || answer.readUInt16BE(20) !== 0x0020 || answer[25] !== 1) {
    throw new Error(`not the answer of a STUN server: ${answer.toString('hex')}`);
  }
  const address = answer.subarray(28, 32).map((byte, index) => byte ^ (cookie[index] ?? 0));
  return { address: address.join('.'), port: answer.readUInt16BE(26) ^ cookie.readUInt16BE(0) };
}

/** Asks with the sockets `socket` and `socket + 1`, which must be new. `stun` and `hosts` are three addresses, of which `stun` and the
 *  first are of one host. */
export async function behaviour(
  insider: Insider,
  socket: number,
  stun: Address,
  hosts: readonly [sameHost: string, otherHost: string],
): Promise<Behaviour> {
  const samePort = await Stranger.at(hosts[0]);
  const sameHost = await Stranger.at(hosts[0]);
  const otherHost = await Stranger.at(hosts[1]);

  const toStun = await mapped(insider, socket, stun);
  insider.say(socket, sameHost.address, Buffer.from('mapping'));
  insider.say(socket, otherHost.address, Buffer.from('mapping'));
  const mapping = dependence(
    same(toStun, await sameHost.whoSays('mapping')),
    same(toStun, await otherHost.whoSays('mapping')),
  );

  // A socket that has spoken to one of them alone; the last in each round is the one who surely gets in.
  const asking = socket + 1;
  insider.say(asking, samePort.address, Buffer.from('filtering'));
  const seenAt = await samePort.whoSays('filtering');
  for (let round = 0; round < ROUNDS; round++) {
    otherHost.say(seenAt, 'other host');
    sameHost.say(seenAt, 'same host');
    samePort.say(seenAt, `same port ${round}`);
    await insider.hears(asking, (packet) => packet.toString() === `same port ${round}`);
  }
  const heard = insider.heard(asking);
  const filtering = dependence(heard.includes('same host'), heard.includes('other host'));

  for (const stranger of [samePort, sameHost, otherHost]) stranger.close();
  return { mapping, filtering };
}

function dependence(sameHost: boolean, otherHost: boolean): Dependence {
  if (otherHost) return 'endpoint-independent';
  return sameHost ? 'address-dependent' : 'address-and-port-dependent';
}

function same(one: Address, other: Address): boolean {
  return one.address === other.address && one.port === other.port;
}

function bytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
