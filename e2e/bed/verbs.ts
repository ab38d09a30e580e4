// What a person does and notices in a call, on any browser: through the real pages, by what is on the screen.
import { expect } from '@playwright/test';
import { leftOpen, noteWhen, opened, whenSeen } from './leaks.ts';
import { loudness, MOVES, motion, SOUNDS } from './media.ts';
import { type Screen, type Spot, shown } from './screen.ts';

export type Media = 'video' | 'audio';
export type CallState = 'dialing' | 'ringing' | 'connecting' | 'active' | 'recovering' | 'ended';

/** A line of the call history, as its attributes say. */
export type HistoryLine = { direction: string; outcome: string; peer: string };

/** As `expect.poll`, and looks more often: what one waits for comes soon. */
export function soon<T>(look: () => T | Promise<T>, message: string) {
  return expect.poll(look, { intervals: [50, 100, 200, 250], message });
}

/** Sees to all of them at once. */
export async function each<P>(people: readonly P[], what: (person: P) => Promise<void>): Promise<void> {
  await Promise.all(people.map(what));
}

export abstract class Verbs<S extends Screen = Screen> {
  readonly name: string;
  readonly page: S;

  constructor(name: string, page: S) {
    this.name = name;
    this.page = page;
  }

  /** Waits until the server has welcomed this page `times` times since it was opened. */
  abstract connected(times: number): Promise<void>;

  /** The device is gone: no goodbye from the person, whatever the page itself says. */
  abstract leave(): Promise<void>;

  /** The loudest moment (RMS, 0–1) of what the other side says. */
  protected hears(): Promise<number> {
    return loudness(this.#remote);
  }

  get #screen(): Spot {
    return this.page.getByTestId('call-screen');
  }
  get #remote(): Spot {
    return this.page.getByTestId('remote-video');
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
    await this.#expectShown('dial-input');
    await this.connected(1);
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
    await this.#screen.hover();
    await this.page.getByTestId('call-end').click();
  }

  async closeEnded(): Promise<void> {
    await this.page.getByTestId('ended-close').click();
    await this.#expectShown('dial-input');
  }

  async expectState(state: CallState): Promise<void> {
    await soon(async () => (await shown(this.#screen))?.state, `the call of ${this.name}`).toBe(state);
  }

  async expectRinging(from: string): Promise<void> {
    await soon(() => this.#text('incoming-card'), `what rings at ${this.name}`).toContain(from);
  }

  /** The call is over and the screen says why, in these words. */
  async expectEnded(words: string | RegExp): Promise<void> {
    const told = soon(() => this.#text('ended-reason'), `what ${this.name} is told`);
    if (typeof words === 'string') await told.toBe(words);
    else await told.toMatch(words);
  }

  /** The other side is seen and heard. */
  async expectPicture(): Promise<void> {
    await soon(() => motion(this.#remote), `${this.name} sees motion`).toBeGreaterThan(MOVES);
  }

  async expectSound(): Promise<void> {
    await soon(() => this.hears(), `${this.name} hears sound`).toBeGreaterThan(SOUNDS);
  }

  async expectSilence(): Promise<void> {
    await soon(() => this.hears(), `${this.name} hears nothing`).toBeLessThan(SOUNDS / 10);
  }

  /** The picture stands still, or there is none. */
  async expectNoPicture(): Promise<void> {
    const moves = async (): Promise<number> => ((await shown(this.#remote)) ? await motion(this.#remote) : 0);
    await soon(moves, `${this.name} sees no motion`).toBe(0);
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
    await soon(read, `the history of ${this.name}`).toEqual(lines);
  }

  async #text(id: string): Promise<string> {
    return (await shown(this.page.getByTestId(id)))?.text ?? '';
  }

  async #expectShown(id: string): Promise<void> {
    await soon(
      async () => (await shown(this.page.getByTestId(id))) !== undefined,
      `${this.name} is shown ${id}`,
    ).toBe(true);
  }
}

function password(name: string): string {
  return `correct horse battery ${name}`;
}
