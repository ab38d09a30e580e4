// An example program of `clients/web`, started as its README says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const READY_WITHIN_MS = 15_000;

export class Program {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #log: string[];

  private constructor(url: string, child: ChildProcess, log: string[]) {
    this.url = url;
    this.#process = child;
    this.#log = log;
  }

  /** Starts `server.js` of this example, and waits until it says where it is. */
  static async start(example: string, settings: Readonly<Record<string, string>>): Promise<Program> {
    const path = fileURLToPath(new URL(`../../clients/web/${example}/server.js`, import.meta.url));
    const child = spawn(process.execPath, [path], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    const ready = new Promise<string>((resolve, reject) => {
      const give = (why: string): void => reject(new Error(`the ${example} ${why}:\n${log.join('')}`));
      const timer = setTimeout(() => give('is not ready'), READY_WITHIN_MS);
      child.stdout.on('data', (chunk: Buffer) => {
        log.push(chunk.toString());
        const url = /^ready: (\S+)/m.exec(log.join(''))?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      });
      child.once('exit', (code) => give(`ended with ${code}`));
    });
    return new Program(await ready, child, log);
  }

  /** Everything it printed. */
  get log(): string {
    return this.#log.join('');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
