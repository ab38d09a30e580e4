// How long a page takes to show something and to be of use, on a slow network and a slow device: the app at home, at a first
// visit and at a later one, and behind a guest's link. All is ours, so nothing is compared.
import { type Browser, type BrowserContext, chromium, type Page, test } from '@playwright/test';
import { openSection } from '../../e2e/bed/pages.ts';
import { Person } from '../../e2e/bed/person.ts';
import { Server } from '../../e2e/bed/server.ts';
import { chromium as options } from './chromium.ts';
import { type Column, table } from './table.ts';

/** Visits of each page that count; one more before them warms up. */
const VISITS = Number(process.env['BENCH_VISITS'] ?? 5);
/** What is called slow 4G, and a telephone of some years ago. */
const NETWORK = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};
const SLOWER = 4;
/** So long without a task that holds a page up, and there comes no other. */
const QUIET_MS = 2_000;

/** Milliseconds from the beginning of the navigation. */
type Visit = { readonly painted: number; readonly usable: number; readonly online: number };
type Sought = { readonly usable: string; readonly online: string };

const HOME: Sought = {
  usable: '[data-testid="dial-input"]',
  online: '[data-testid="link-status"][data-state="online"]',
};
/** A guest is not connected before they knock. */
const GUEST: Sought = { usable: '[data-testid="guest-name"]', online: '[data-testid="guest-knock"]' };

test('from the navigation to the first paint', async () => {
  const browser = await chromium.launch(options);
  const server = await Server.start({
    http: { listen: '127.0.0.1:0' },
    relay: { listen: ['127.0.0.1:0'], host: '127.0.0.1' },
  });
  try {
    const context = await browser.newContext({ locale: 'en' });
    const alice = new Person('alice', context, await context.newPage());
    await alice.signUp(await server.addUser('alice'));
    const link = await makeLink(alice);
    const cookies = await context.storageState();
    await context.close();
    const chinese = { locale: 'zh-CN', storageState: cookies };
    const columns: Column<Visit>[] = [
      {
        name: 'home',
        all: await measure(() =>
          firstVisit(browser, server.url, HOME, { locale: 'en', storageState: cookies }),
        ),
      },
      { name: 'home, in Chinese', all: await measure(() => firstVisit(browser, server.url, HOME, chinese)) },
      { name: 'home, again', all: await again(browser, server.url, cookies) },
      {
        name: 'a guest’s link',
        all: await measure(() => firstVisit(browser, link, GUEST, { locale: 'en' })),
      },
    ];
    const text = table(
      'ms after the navigation began',
      [
        { name: 'first contentful paint', of: ({ painted }) => painted },
        { name: 'it can be used', of: ({ usable }) => usable },
        { name: 'it is online', of: ({ online }) => online },
      ],
      columns,
      { compared: false },
    );
    console.log(`\n${VISITS} visits, 1.6 Mbit/s, 150 ms round trip, CPU ${SLOWER} times slower\n\n${text}\n`);
  } finally {
    await server.stop();
    await browser.close();
  }
});

async function measure(visit: () => Promise<Visit>): Promise<Visit[]> {
  const all: Visit[] = [];
  for (let nth = 0; nth <= VISITS; nth += 1) {
    const seen = await visit();
    if (nth > 0) all.push(seen);
  }
  return all;
}

/** In a browser that has nothing of it yet. */
async function firstVisit(
  browser: Browser,
  url: string,
  sought: Sought,
  settings: Parameters<Browser['newContext']>[0],
): Promise<Visit> {
  const context = await browser.newContext(settings);
  const seen = await look(context, url, sought);
  await context.close();
  return seen;
}

/** In one that has what may be kept. */
async function again(
  browser: Browser,
  url: string,
  storageState: Awaited<ReturnType<BrowserContext['storageState']>>,
): Promise<Visit[]> {
  const context = await browser.newContext({ locale: 'en', storageState });
  const all = await measure(() => look(context, url, HOME));
  await context.close();
  return all;
}

async function look(context: BrowserContext, url: string, sought: Sought): Promise<Visit> {
  const page = await context.newPage();
  await note(page, sought);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.emulateNetworkConditions', NETWORK);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.goto(url);
  await page.waitForFunction(
    (quiet) => {
      const { benchPaint } = window as unknown as { benchPaint: Visit & { busyUntil: number } };
      return (
        benchPaint.online > 0 && performance.now() - Math.max(benchPaint.online, benchPaint.busyUntil) > quiet
      );
    },
    QUIET_MS,
    { polling: 200 },
  );
  const seen = await page.evaluate(() => {
    const { benchPaint } = window as unknown as { benchPaint: Visit & { busyUntil: number } };
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const usable = Math.max(benchPaint.usable, benchPaint.busyUntil);
    return { painted: paint?.startTime ?? Number.NaN, usable, online: benchPaint.online };
  });
  await page.close();
  return seen;
}

/** Notes when what is sought is there, and when the last task ended that takes more than 50 ms. */
async function note(page: Page, sought: Sought): Promise<void> {
  await page.addInitScript(({ usable, online }) => {
    const noted = { usable: 0, online: 0, busyUntil: 0 };
    Object.assign(window, { benchPaint: noted });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) noted.busyUntil = startTime + duration;
    }).observe({ type: 'longtask', buffered: true });
    const watch = () => {
      if (noted.usable === 0 && document.querySelector(usable)) noted.usable = performance.now();
      if (noted.online === 0 && document.querySelector(online)) noted.online = performance.now();
    };
    new MutationObserver(watch).observe(document, { subtree: true, childList: true, attributes: true });
  }, sought);
}

/** A link that any number of guests may use. */
async function makeLink(owner: Person): Promise<string> {
  await openSection(owner, 'links');
  await owner.page.getByTestId('link-label').fill('Everybody');
  await owner.page.getByTestId('link-uses').selectOption('any');
  await owner.page.getByTestId('link-make').click();
  return owner.page.getByTestId('link-url').inputValue();
}
