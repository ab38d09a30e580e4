// A person at a device: does what a person does, through the real pages, and reads what is on the screen.
import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import { leftOpen, noteWhen, opened, whenSeen } from './leaks.ts';
import { loudness, MOVES, motion, SOUNDS } from './media.ts';

export type Media = 'video' | 'audio';
export type CallState = 'dialing' | 'ringing' | 'connecting' | 'active' | 'recovering' | 'ended';

/** A line of the call history, as its attributes say. */
export type HistoryLine = { direction: string; outcome: string; peer: string };

export class Person {
  readonly name: string;
  readonly page: Page;
  readonly #context: BrowserContext;
  /** What the page sent and heard, by message type, newest last: only to know when it is connected again. */
  readonly heard: string[] = [];

  constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.page = page;
    this.#context = context;
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const type = /^\{"type":"(\w+)"/.exec(payload.toString())?.[1];
        if (type) this.heard.push(type);
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
  get endedReason(): Locator {
    return this.page.getByTestId('ended-reason');
  }

  /** Opens the one-time link, chooses a password, and is at home afterwards. */
  async signUp(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.getByTestId('join-password').fill(password(this.name));
    await this.page.getByTestId('join-submit').click();
    await this.#home();
  }

  async signIn(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.getByTestId('login-name').fill(this.name);
    await this.page.getByTestId('login-password').fill(password(this.name));
    await this.page.getByTestId('login-submit').click();
    await this.#home();
  }

  /** At home and known to the server, so that calls reach this device. */
  async #home(): Promise<void> {
    await expect(this.page.getByTestId('dial-input')).toBeVisible();
    await this.connected(1);
  }

  /** Waits until the server has welcomed this page `times` times since it was opened. */
  async connected(times: number): Promise<void> {
    await expect
      .poll(() => this.heard.filter((type) => type === 'welcome').length)
      .toBeGreaterThanOrEqual(times);
  }

  async dial(peer: string, media: Media = 'video'): Promise<void> {
    await this.page.getByTestId('dial-input').fill(peer);
    await this.page.getByTestId(`dial-${media}`).click();
  }

  async answer(media: Media = 'video'): Promise<void> {
    await this.page.getByTestId(`incoming-${media}`).click();
  }

  async decline(): Promise<void> {
    await this.page.getByTestId('incoming-decline').click();
  }

  async hangUp(): Promise<void> {
    // The controls hide while nobody moves; a person who wants to hang up moves.
    await this.call.hover();
    await this.page.getByTestId('call-end').click();
  }

  async closeEnded(): Promise<void> {
    await this.page.getByTestId('ended-close').click();
    await expect(this.page.getByTestId('dial-input')).toBeVisible();
  }

  async expectState(state: CallState): Promise<void> {
    await expect(this.call).toHaveAttribute('data-state', state);
  }

  async expectRinging(from: string): Promise<void> {
    await expect(this.incoming).toContainText(from);
  }

  /** The call is over and the screen says why, in these words. */
  async expectEnded(words: string | RegExp): Promise<void> {
    await expect(this.endedReason).toHaveText(words);
  }

  /** The other side is seen and heard. */
  async expectPicture(): Promise<void> {
    await expect
      .poll(() => motion(this.remoteVideo), { message: `${this.name} sees motion` })
      .toBeGreaterThan(MOVES);
  }

  async expectSound(): Promise<void> {
    await expect
      .poll(() => loudness(this.remoteVideo), { message: `${this.name} hears sound` })
      .toBeGreaterThan(SOUNDS);
  }

  async expectSilence(): Promise<void> {
    await expect
      .poll(() => loudness(this.remoteVideo), { message: `${this.name} hears nothing` })
      .toBeLessThan(SOUNDS / 10);
  }

  /** The picture stands still, or there is none. */
  async expectNoPicture(): Promise<void> {
    const moves = async (): Promise<number> =>
      (await this.remoteVideo.isVisible()) ? await motion(this.remoteVideo) : 0;
    await expect.poll(moves, { message: `${this.name} sees no motion` }).toBe(0);
  }

  /** Call before the end of a call, and `expectNothingLeft` behind it. */
  async watchEnd(): Promise<void> {
    await noteWhen(this.page, '[data-testid="ended-reason"]');
  }

  /** Every track ended and every peer connection closed within 200 ms of the screen saying so. */
  async expectNothingLeft(): Promise<void> {
    const endedAt = await whenSeen(this.page);
    expect(endedAt, `${this.name} saw the call end`).toBeDefined();
    const all = await opened(this.page);
    expect(all.peers.length, `${this.name} had a peer connection`).toBeGreaterThan(0);
    expect(all.tracks.length, `${this.name} had tracks`).toBeGreaterThan(0);
    await expect
      .poll(async () => leftOpen(await opened(this.page), endedAt ?? Number.NaN), { timeout: 1000 })
      .toEqual({ tracks: [], peers: [] });
  }

  /** Newest first. */
  async expectHistory(lines: HistoryLine[]): Promise<void> {
    const read = (): Promise<HistoryLine[]> =>
      this.page.getByTestId('history-item').evaluateAll((items) =>
        items.map((item) => ({
          direction: item.getAttribute('data-direction') ?? '',
          outcome: item.getAttribute('data-outcome') ?? '',
          peer: item.getAttribute('data-peer') ?? '',
        })),
      );
    await expect.poll(read, { message: `the history of ${this.name}` }).toEqual(lines);
  }

  /** The device is gone: no goodbye from the person, whatever the page itself says. */
  async leave(): Promise<void> {
    await this.#context.close();
  }
}

function password(name: string): string {
  return `correct horse battery ${name}`;
}
