// The example messenger of `clients/web/messenger`, started as its README says, and the people on its page.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { loudness, MOVES, motion, SOUNDS } from './media.ts';
import type { Server } from './server.ts';

const PROGRAM = fileURLToPath(new URL('../../clients/web/messenger/server.js', import.meta.url));
const READY_WITHIN_MS = 15_000;

/** A port for a messenger that is yet to be started: the server wants to know it before. */
export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}

export class Messenger {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #log: string[];

  private constructor(url: string, child: ChildProcess, log: string[]) {
    this.url = url;
    this.#process = child;
    this.#log = log;
  }

  /** A messenger with these people, bound to a server whose `bridge.webhook` leads to this port. */
  static async start(server: Server, port: number, names: readonly string[]): Promise<Messenger> {
    const { token, webhook_key } = await server.bridge();
    const child = spawn(process.execPath, [PROGRAM], {
      env: {
        ...process.env,
        PORT: String(port),
        PEOPLE: names.map((name) => `${name}:${password(name)}`).join(','),
        VISAVIS: server.url,
        VISAVIS_TOKEN: token,
        VISAVIS_WEBHOOK_KEY: webhook_key,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    const ready = new Promise<string>((resolve, reject) => {
      const give = (why: string): void => reject(new Error(`the messenger ${why}:\n${log.join('')}`));
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
    return new Messenger(await ready, child, log);
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

/** Somebody on the messenger's page. */
export class Chatter {
  readonly name: string;
  readonly page: Page;

  private constructor(name: string, page: Page) {
    this.name = name;
    this.page = page;
  }

  /** Signs in, and waits until calls reach this page. */
  static async signIn(context: BrowserContext, messenger: Messenger, name: string): Promise<Chatter> {
    const page = await context.newPage();
    await page.goto(messenger.url);
    await page.fill('#name', name);
    await page.fill('#password', password(name));
    await page.click('text=Sign in');
    await expect(page.locator('body')).toHaveAttribute('data-link', 'online');
    return new Chatter(name, page);
  }

  async chat(to: string, text: string): Promise<void> {
    await this.page.selectOption('#to', to);
    await this.page.fill('#text', text);
    await this.page.click('text=Send');
  }

  async expectChat(line: string): Promise<void> {
    await expect(this.page.locator('#chat')).toContainText(line);
  }

  async dial(peer: string): Promise<void> {
    await this.page.selectOption('#to', peer);
    await this.page.click('#call');
  }

  async answer(): Promise<void> {
    await this.page.click('#accept');
  }

  async hangUp(): Promise<void> {
    await this.page.click('#hang-up');
  }

  async expectStatus(status: string | RegExp): Promise<void> {
    await expect(this.page.locator('#status')).toHaveText(status);
  }

  async expectMedia(): Promise<void> {
    const remote = this.page.locator('#remote');
    await expect.poll(() => motion(remote), { message: `${this.name} sees motion` }).toBeGreaterThan(MOVES);
    await expect
      .poll(() => loudness(remote), { message: `${this.name} hears sound` })
      .toBeGreaterThan(SOUNDS);
  }
}

function password(name: string): string {
  return `correct horse battery ${name}`;
}
