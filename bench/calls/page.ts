// The page of one person: a button to call, one to answer, and a fresh video element for each call that notes when its
// first frame is shown.
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from '@playwright/test';
import { selectedPath } from '../../e2e/bed/media.ts';
import { type Forced, installProbes } from '../../e2e/bed/probes.ts';
import type { Conditions, Moments } from './system.ts';

/** What a page offers to the script of each system. */
export type Bench = {
  /** Set by the system: calls the other person. */
  click(): void;
  /** Set by the system: answers the call that rings. */
  accept(): void;
  /** Set by the system: ends the call that is. Resolves when this page has let go of it. */
  hangUp(): Promise<void>;
  /** The element for the other person's picture in this call. */
  readonly video: HTMLVideoElement;
  /** Called by the system: this page has heard of a call. */
  rings(): void;
  /** What happened in this call, on the wall clock. */
  readonly seen: { clicked?: number; rang?: number; accepted?: number; frame?: number; size?: string };
  readonly ringing: Promise<void>;
  readonly firstFrame: Promise<void>;
  /** Forgets the last call. */
  reset(): void;
};

declare global {
  interface Window {
    bench: Bench;
  }
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>calls</title><button id="call">call</button><button id="accept">accept</button>';
/** Let the last call's teardown be over before the next click. */
const PAUSE_MS = 500;

export type PageOptions = {
  readonly url: string;
  readonly library: string;
  readonly forced?: Forced;
  /** The page answers as soon as it rings. */
  readonly answersItself: boolean;
};

/** Opens a page of ours at the server's address, so that the server's API is of the same origin, with `library` at hand. */
export async function openPage(browser: Browser, options: PageOptions): Promise<Page> {
  // A context has a window of its own: no page lies behind another.
  // Chromium takes a page that did not come over loopback for one of the internet, and would ask before it connects here.
  const context = await browser.newContext({ permissions: ['local-network-access'] });
  await installProbes(context, options.forced);
  const library = fileURLToPath(import.meta.resolve(options.library));
  await context.route('**/bench/', (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await context.route('**/bench/*.js', (route) => {
    const name = basename(new URL(route.request().url()).pathname);
    // A library may be in several files, which name each other.
    const path = name === 'library.js' ? library : join(dirname(library), name);
    return route.fulfill({ contentType: 'text/javascript', path });
  });
  const page = await context.newPage();
  await page.goto(new URL('/bench/', options.url).href);
  await page.evaluate(prepare, options.answersItself);
  return page;
}

/** Runs inside the page. */
function prepare(answersItself: boolean): void {
  // Comparable between the browsers of one machine, unlike `performance.now()`.
  const now = (): number => performance.timeOrigin + performance.now();
  let hear = (): void => {};
  const fresh = (): Pick<Bench, 'video' | 'seen' | 'ringing' | 'firstFrame'> => {
    const video = document.createElement('video');
    video.autoplay = true;
    video.playsInline = true;
    const seen: Bench['seen'] = {};
    const ringing = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const firstFrame = new Promise<void>((resolve) => {
      video.requestVideoFrameCallback((_, { width, height }) => {
        seen.frame = now();
        seen.size = `${width}×${height}`;
        resolve();
      });
    });
    document.querySelector('video')?.remove();
    document.body.append(video);
    return { video, seen, ringing, firstFrame };
  };
  const accept = (): void => {
    window.bench.seen.accepted = now();
    window.bench.accept();
  };
  window.bench = {
    click: () => {},
    accept: () => {},
    hangUp: () => Promise.resolve(),
    rings: () => {
      window.bench.seen.rang = now();
      hear();
      if (answersItself) accept();
    },
    reset: () => {
      Object.assign(window.bench, fresh());
    },
    ...fresh(),
  };
  document.querySelector('#call')?.addEventListener('click', () => {
    window.bench.seen.clicked = now();
    window.bench.click();
  });
  document.querySelector('#accept')?.addEventListener('click', accept);
}

/** One call between two prepared pages. */
export async function callOnce(
  caller: Page,
  callee: Page,
  ringMs: number | undefined,
): Promise<Moments & Conditions> {
  const pages = [caller, callee];
  for (const page of pages) await page.evaluate(() => window.bench.reset());
  await caller.waitForTimeout(PAUSE_MS);
  const frames = pages.map((page) => page.evaluate(() => window.bench.firstFrame));
  await caller.click('#call');
  if (ringMs !== undefined) {
    await callee.evaluate(() => window.bench.ringing);
    await callee.waitForTimeout(ringMs);
    await callee.click('#accept');
  }
  await Promise.all(frames);
  const [here, there] = await Promise.all(pages.map((page) => page.evaluate(() => window.bench.seen)));
  const paths = await Promise.all(pages.map((page) => selectedPath(page)));
  for (const page of pages) await page.evaluate(() => window.bench.hangUp());
  return {
    clicked: here?.clicked ?? Number.NaN,
    rang: there?.rang ?? Number.NaN,
    accepted: there?.accepted ?? Number.NaN,
    callerFrame: here?.frame ?? Number.NaN,
    calleeFrame: there?.frame ?? Number.NaN,
    sizes: [here?.size ?? '', there?.size ?? ''],
    relayed: paths.every((path) => path?.local === 'relay'),
  };
}
