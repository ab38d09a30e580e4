// A person at a Firefox: the distribution's, without a screen, driven by puppeteer over WebDriver BiDi. (Playwright's own
// driver asks of it what only newer ones know.) It runs in the namespace of everybody; each has a Firefox of their own,
// since one that shows another page gives no camera to the first.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { type Browser, launch, type Page as PuppeteerPage } from 'puppeteer-core';
import type { Authority } from './authority.ts';
import { Gate } from './gate.ts';
import { arrivingLoudness } from './media.ts';
import type { Network } from './network.ts';
import { type Forced, probe } from './probes.ts';
import type { Screen, Spot } from './screen.ts';
import { Verbs } from './verbs.ts';

export const FIREFOX = process.env['VISAVIS_FIREFOX'] ?? '/usr/bin/firefox-esr';

const PREFERENCES = {
  // A picture and a tone in place of a camera and a microphone, given without a question.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  // As in Chromium: enough to see that a camera is alive.
  'media.navigator.video.default_fps': 10,
  // Plays without a click.
  'media.autoplay.default': 0,
  // A test asks which addresses are used.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // Pages of the browser's own, which nobody looks at, and processes for sites to come.
  'browser.startup.page': 0,
  'dom.ipc.processPrelaunch.enabled': false,
  // The namespace leads nowhere; nothing is to be looked for there.
  'app.update.auto': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'intl.accept_languages': 'en',
};

/** What the verbs need of a page, in Playwright's words. */
class FirefoxPage implements Screen {
  readonly puppet: PuppeteerPage;

  constructor(puppet: PuppeteerPage) {
    this.puppet = puppet;
  }

  goto(url: string): Promise<unknown> {
    return this.puppet.goto(url);
  }

  getByTestId(id: string): Spot {
    const { puppet } = this;
    const selector = `[data-testid="${id}"]`;
    const spot = {
      click: () => puppet.locator(selector).click(),
      hover: () => puppet.locator(selector).hover(),
      fill: (text: string) => puppet.locator(selector).fill(text),
      evaluate: async (run: never, argument: never) => {
        await puppet.waitForSelector(selector);
        return await puppet.$eval(selector, run, argument);
      },
      evaluateAll: (run: never, argument: never) => puppet.$$eval(selector, run, argument),
    };
    return spot as Spot;
  }

  readonly evaluate = ((run: never, argument: never) =>
    this.puppet.evaluate(run, argument)) as Screen['evaluate'];
}

type Options = {
  forced?: Forced | undefined;
  /** Where it runs; else in the namespace of everybody. */
  network?: Network | undefined;
  /** Whom it believes besides those it came with. */
  authority?: Authority | undefined;
};

export class FirefoxPerson extends Verbs<FirefoxPage> {
  readonly #browser: Browser;
  readonly #home: string;
  readonly #gate: Gate | undefined;

  private constructor(
    name: string,
    page: FirefoxPage,
    browser: Browser,
    home: string,
    gate: Gate | undefined,
  ) {
    super(name, page);
    this.#browser = browser;
    this.#home = home;
    this.#gate = gate;
  }

  static async start(name: string, { forced = {}, network, authority }: Options): Promise<FirefoxPerson> {
    const home = mkdtempSync(join(tmpdir(), 'visavis-firefox-'));
    const profile = join(home, 'profile');
    mkdirSync(profile);
    authority?.convince(profile);
    const gate = network && (await Gate.into(network, home));
    const browser = await launch({
      browser: 'firefox',
      executablePath: network?.firefox(FIREFOX) ?? FIREFOX,
      ...(gate && { debuggingPort: gate.port }),
      headless: true,
      userDataDir: profile,
      env: { ...process.env, HOME: home },
      extraPrefsFirefox: PREFERENCES,
    });
    const [page = await browser.newPage()] = await browser.pages();
    await page.setViewport({ width: 1280, height: 720 });
    await page.evaluateOnNewDocument(probe, forced);
    await page.evaluateOnNewDocument(countWelcomes);
    // A page that was never in front waits for that before it opens a camera.
    await page.bringToFront();
    return new FirefoxPerson(name, new FirefoxPage(page), browser, home, gate);
  }

  override async connected(times: number): Promise<void> {
    await expect
      .poll(() =>
        this.page.evaluate(() => (window as unknown as { bedWelcomes: number }).bedWelcomes, undefined),
      )
      .toBeGreaterThanOrEqual(times);
  }

  override async leave(): Promise<void> {
    if (this.#browser.connected) await this.#browser.close();
    await this.#gate?.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  protected override hears(): Promise<number> {
    return arrivingLoudness(this.page, this.page.getByTestId('remote-video'));
  }
}

/** Runs inside the page: counts what Playwright sees from outside. */
function countWelcomes(): void {
  const counted = window as unknown as { bedWelcomes: number };
  counted.bedWelcomes = 0;
  window.WebSocket = class extends window.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => {
        if (typeof data === 'string' && data.startsWith('{"type":"welcome"')) counted.bedWelcomes++;
      });
    }
  };
}
