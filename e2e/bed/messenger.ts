// The example messenger of `clients/web/messenger`, and the people on its page.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { loudness, MOVES, motion, SOUNDS } from './media.ts';
import { Program } from './program.ts';
import type { Server } from './server.ts';

/** A port for a messenger that is yet to be started: the server wants to know it before. */
export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}

/** A messenger with these people, bound to a server whose `bridge.webhook` leads to this port. */
export async function startMessenger(
  server: Server,
  port: number,
  names: readonly string[],
): Promise<Program> {
  const { token, webhook_key } = await server.bridge();
  return Program.start('messenger', {
    PORT: String(port),
    PEOPLE: names.map((name) => `${name}:${password(name)}`).join(','),
    VISAVIS: server.url,
    VISAVIS_TOKEN: token,
    VISAVIS_WEBHOOK_KEY: webhook_key,
  });
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
  static async signIn(context: BrowserContext, messenger: Program, name: string): Promise<Chatter> {
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
