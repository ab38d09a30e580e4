// The page of one person: a button, and a fresh video element for each call that notes when its first frame is shown.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from '@playwright/test';
import type { Times } from './system.ts';

/** What a page offers to the script of each system. */
export type Bench = {
  /** Set by the system: what the button does. */
  click(): void;
  /** Set by the system: ends the call that is. Resolves when this page has let go of it. */
  hangUp(): Promise<void>;
  /** The element for the other person's picture in this call. */
  readonly video: HTMLVideoElement;
  /** The callee's page has heard of the call. */
  rings(): void;
  /** Wall-clock milliseconds of what happened in this call. */
  readonly seen: { clicked?: number; rang?: number; frame?: number };
  readonly firstFrame: Promise<void>;
  /** Forgets the last call. */
  reset(): void;
};

declare global {
  interface Window {
    bench: Bench;
  }
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>call set-up</title><button id="call">call</button>';
/** Let the last call's teardown be over before the next click. */
const PAUSE_MS = 500;

/** Opens a page of ours at the server's address, so that the server's API is of the same origin, with `script` at hand. */
export async function openPage(browser: Browser, url: string, library: string): Promise<Page> {
  // A context has a window of its own: no page lies behind another.
  // Chromium takes a page that did not come over loopback for one of the internet, and would ask before it connects here.
  const context = await browser.newContext({ permissions: ['local-network-access'] });
  const script = readFileSync(fileURLToPath(import.meta.resolve(library)), 'utf8');
  await context.route('**/bench/', (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await context.route('**/bench/library.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  const page = await context.newPage();
  await page.goto(new URL('/bench/', url).href);
  await page.evaluate(prepare);
  return page;
}

/** Runs inside the page. */
function prepare(): void {
  // Comparable between the browsers of one machine, unlike `performance.now()`.
  const now = (): number => performance.timeOrigin + performance.now();
  const fresh = (): Pick<Bench, 'video' | 'seen' | 'firstFrame'> => {
    const video = document.createElement('video');
    video.autoplay = true;
    video.playsInline = true;
    const seen: Bench['seen'] = {};
    const firstFrame = new Promise<void>((resolve) => {
      video.requestVideoFrameCallback(() => {
        seen.frame = now();
        resolve();
      });
    });
    document.querySelector('video')?.remove();
    document.body.append(video);
    return { video, seen, firstFrame };
  };
  window.bench = {
    click: () => {},
    hangUp: () => Promise.resolve(),
    rings: () => {
      window.bench.seen.rang = now();
    },
    reset: () => {
      Object.assign(window.bench, fresh());
    },
    ...fresh(),
  };
  document.querySelector('button')?.addEventListener('click', () => {
    window.bench.seen.clicked = now();
    window.bench.click();
  });
}

/** One call between two prepared pages. */
export async function callOnce(caller: Page, callee: Page): Promise<Times> {
  for (const page of [caller, callee]) await page.evaluate(() => window.bench.reset());
  await caller.waitForTimeout(PAUSE_MS);
  const frames = [caller, callee].map((page) => page.evaluate(() => window.bench.firstFrame));
  await caller.click('button');
  await Promise.all(frames);
  const [here, there] = await Promise.all(
    [caller, callee].map((page) => page.evaluate(() => window.bench.seen)),
  );
  for (const page of [caller, callee]) await page.evaluate(() => window.bench.hangUp());
  const since = (moment: number | undefined): number =>
    (moment ?? Number.NaN) - (here?.clicked ?? Number.NaN);
  return { rings: since(there?.rang), caller: since(here?.frame), callee: since(there?.frame) };
}
