// A longer way to the server: proxies that hold everything back for some milliseconds each way, since kernels do not
// always have a way to do that, and that can be told to break WebSockets.
//
//     const far = await distance(50);                    a fixture of `test.ts`: 50 ms each way, 100 ms round trip,
//     const alice = await bring('alice', far.device);    to signaling and to the relay
//
//     const signaling = await proxySignaling();          without delay
//     const alice = await bring('alice', { url: signaling.url });
//     const lift = signaling.blockWebSockets();          those that are open end, new ones are refused, until `lift()`;
//                                                        pages and other HTTP requests pass
//
// Only what is sent is held back. That a TCP connection is being opened is not: a proxy has accepted it before it can
// know where it leads. Direct media does not pass here: force the relay (`forced: { relayTransport }`).
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';

export type Target = { host: string; port: number };

/** What may be under way in one direction; then the sender of a stream has to wait, and packets are lost. */
const STREAM_BYTES_UNDER_WAY = 4 * 1024 * 1024;
const PACKETS_UNDER_WAY = 4096;
/** Devices whose packets are told apart by their address. */
const MOST_SENDERS = 1024;

export class TcpProxy {
  /** How long each direction holds back what it carries. */
  delayMs: number;
  readonly #server: NetServer;
  readonly #host: string;
  readonly #open = new Set<Socket>();
  readonly #webSockets = new Set<Socket>();
  #refusesWebSockets = false;

  private constructor(server: NetServer, host: string, delayMs: number) {
    this.#server = server;
    this.#host = host;
    this.delayMs = delayMs;
  }

  static async start(target: Target, delayMs = 0, host = '127.0.0.1'): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, host, delayMs);
    server.on('connection', (near) => proxy.#carry(near, target));
    server.listen(0, host);
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address and port, as in a TURN URL. */
  get authority(): string {
    return `${this.#host}:${this.port}`;
  }

  /** For pages: a secure context without a certificate. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Ends every open WebSocket and refuses new ones, as middleboxes do that do not know them. */
  blockWebSockets(): () => void {
    this.#refusesWebSockets = true;
    for (const socket of this.#webSockets) socket.destroy();
    return () => {
      this.#refusesWebSockets = false;
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #carry(near: Socket, target: Target): void {
    const far = connect({ ...target, allowHalfOpen: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay();
      this.#open.add(socket);
      // An end without a word on one side is passed on as one; what was wrong is known to that side.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#open.delete(socket);
        this.#webSockets.delete(socket);
        if (socket.errored || !socket.readableEnded) other.destroy();
      });
    }
    this.#pipe(far, near);
    this.#pipe(near, far, (chunk) => {
      if (!asksForWebSocket(chunk)) return true;
      if (!this.#refusesWebSockets) {
        this.#webSockets.add(near);
        return true;
      }
      near.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      far.destroy();
      return false;
    });
  }

  #pipe(from: Socket, to: Socket, mayPass: (chunk: Buffer) => boolean = () => true): void {
    let underWay = 0;
    from.on('data', (chunk) => {
      if (!mayPass(chunk)) return;
      underWay += chunk.length;
      if (underWay > STREAM_BYTES_UNDER_WAY) from.pause();
      // Timers of one length fire in the order in which they were set.
      setTimeout(() => {
        to.write(bytes(chunk), () => {
          underWay -= chunk.length;
          if (underWay <= STREAM_BYTES_UNDER_WAY) from.resume();
        });
      }, this.delayMs);
    });
    from.on('end', () => setTimeout(() => to.end(), this.delayMs));
  }
}

/** A browser asks on a fresh connection, so its first packet begins with the request. */
function asksForWebSocket(chunk: Buffer): boolean {
  return (
    chunk.subarray(0, 4).toString('latin1') === 'GET ' &&
    /^upgrade: *websocket\r$/im.test(chunk.toString('latin1'))
  );
}

export class UdpProxy {
  /** How long each direction holds back what it carries. */
  delayMs: number;
  readonly #near: UdpSocket;
  readonly #host: string;
  readonly #target: Target;
  /** A socket towards the target for each sender, so that the answers find back. */
  readonly #far = new Map<string, UdpSocket>();
  #underWay = 0;
  #closed = false;

  private constructor(near: UdpSocket, host: string, target: Target, delayMs: number) {
    this.#near = near;
    this.#host = host;
    this.#target = target;
    this.delayMs = delayMs;
  }

  static async start(target: Target, delayMs = 0, host = '127.0.0.1'): Promise<UdpProxy> {
    const near = createSocket('udp4');
    const proxy = new UdpProxy(near, host, target, delayMs);
    near.on('message', (packet, from) => proxy.#onward(packet, from.address, from.port));
    near.bind(0, host);
    await once(near, 'listening');
    return proxy;
  }

  get port(): number {
    return this.#near.address().port;
  }

  get authority(): string {
    return `${this.#host}:${this.port}`;
  }

  close(): void {
    this.#closed = true;
    this.#near.close();
    for (const socket of this.#far.values()) socket.close();
  }

  #onward(packet: Buffer, address: string, port: number): void {
    const sender = `${address}:${port}`;
    let far = this.#far.get(sender);
    if (!far) {
      if (this.#far.size >= MOST_SENDERS) return;
      far = createSocket('udp4');
      far.on('message', (answer) => this.#later(() => this.#near.send(bytes(answer), port, address, ignore)));
      this.#far.set(sender, far);
    }
    const socket = far;
    this.#later(() => socket.send(bytes(packet), this.#target.port, this.#target.host, ignore));
  }

  #later(send: () => void): void {
    if (this.#underWay >= PACKETS_UNDER_WAY) return;
    this.#underWay++;
    setTimeout(() => {
      this.#underWay--;
      if (!this.#closed) send();
    }, this.delayMs);
  }
}

/** A packet that cannot be sent is lost, as anywhere. */
function ignore(): void {}

function bytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
