// A way for a program of the test into a network: a port of loopback here is the same port of loopback there. A browser
// that listens for its driver listens inside, where no driver is.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network } from './network.ts';

export class Gate {
  readonly port: number;
  readonly #server: Server;
  readonly #inside: ChildProcess;
  readonly #open: Set<Socket>;

  private constructor(port: number, server: Server, inside: ChildProcess, open: Set<Socket>) {
    this.port = port;
    this.#server = server;
    this.#inside = inside;
    this.#open = open;
  }

  /** `folder` holds the socket in the middle, since files are seen from every network. */
  static async into(network: Network, folder: string): Promise<Gate> {
    const middle = join(folder, 'gate');
    const open = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(middle);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          open.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const program = fileURLToPath(new URL('gate-inside.mjs', import.meta.url));
    const [command = '', ...words] = [...network.enter, process.execPath, program, middle, String(port)];
    const inside = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(inside.stdout, 'data');
    return new Gate(port, server, inside, open);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    const ended = once(this.#inside, 'exit');
    this.#inside.stdin?.end();
    await ended;
  }
}
