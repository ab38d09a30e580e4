// A person at a Chromium, driven by Playwright: the verbs of `verbs.ts`, and elements for what a test asks besides.
import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import { each, soon, Verbs } from './verbs.ts';

export class Person extends Verbs<Page> {
  readonly #context: BrowserContext;
  /** What the page sent and heard, by message type, newest last: only to know when it is connected again. */
  readonly heard: string[] = [];
  /** The relay, as the server has told this page of it: good for any connection, in a call or not. */
  iceServers: RTCIceServer[] = [];

  constructor(name: string, context: BrowserContext, page: Page) {
    super(name, page);
    this.#context = context;
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const said = payload.toString();
        const type = /^\{"type":"(\w+)"/.exec(said)?.[1];
        if (type) this.heard.push(type);
        if (type === 'welcome') this.iceServers = JSON.parse(said).data.ice.servers;
      }),
    );
  }

  get call(): Locator {
    return this.page.getByTestId('call-screen');
  }
  get remoteVideo(): Locator {
    return this.page.getByTestId('remote-video');
  }
  get incoming(): Locator {
    return this.page.getByTestId('incoming-card');
  }
  get waiting(): Locator {
    return this.page.getByTestId('waiting-card');
  }
  get remoteScreen(): Locator {
    return this.page.getByTestId('remote-screen');
  }
  get endedReason(): Locator {
    return this.page.getByTestId('ended-reason');
  }

  override async connected(times: number): Promise<void> {
    await soon(
      () => this.heard.filter((type) => type === 'welcome').length,
      `the server welcomes ${this.name}`,
    ).toBeGreaterThanOrEqual(times);
  }

  /** As by the switch "call waiting" of the settings. */
  async wantNoSecondCall(): Promise<void> {
    await this.page.evaluate(async () => {
      const preferences = (await (await fetch('/api/preferences')).json()) as object;
      const body = JSON.stringify({ ...preferences, call_waiting: false });
      const headers = { 'content-type': 'application/json' };
      const { ok, status } = await fetch('/api/preferences', { method: 'PUT', headers, body });
      if (!ok) throw new Error(`the preferences were answered with ${status}`);
    });
  }

  /** Puts the call on hold, or goes on with it, by the menu behind "more". */
  async hold(): Promise<void> {
    await this.menu();
    await this.page.getByTestId('menu-hold').click();
  }

  async resume(): Promise<void> {
    await this.page.getByTestId('call-resume').click();
  }

  /** Opens what is behind "more". */
  async menu(): Promise<void> {
    await this.call.hover();
    await this.page.getByTestId('call-more').click();
  }

  /** Hands the other person over to somebody, at once or after a word with them. */
  async transfer(to: string, how: 'go' | 'ask' = 'go'): Promise<void> {
    await this.menu();
    await this.page.getByTestId('menu-transfer').click();
    await this.page.getByTestId('transfer-to').fill(to);
    await this.page.getByTestId(`transfer-${how}`).click();
  }

  async expectHeld(by: 'nobody' | 'me' | 'peer' | 'both'): Promise<void> {
    await expect(this.call).toHaveAttribute('data-held', by);
  }

  override async leave(): Promise<void> {
    await this.#context.close();
  }
}

/** Alice calls Bob, and both see the other. */
export async function talk(alice: Person, bob: Person): Promise<void> {
  await alice.dial(bob.name);
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
}
