// How long a page that is reloaded in a call takes until it shows the other person again, and how long the picture of the
// page that stayed stands still meanwhile. The pages are the app's; all is ours, so nothing is compared.
import { type Browser, chromium, expect, test } from '@playwright/test';
import { distanceTo } from '../../e2e/bed/distance.ts';
import { firstFrame, noteFirstFrame, watchStill } from '../../e2e/bed/first-frame.ts';
import { selectedPath } from '../../e2e/bed/media.ts';
import { Person } from '../../e2e/bed/person.ts';
import { type Forced, installProbes } from '../../e2e/bed/probes.ts';
import { Server } from '../../e2e/bed/server.ts';
import { chromium as options } from './chromium.ts';
import { type Column, table } from './table.ts';

/** Reloads of each page that count; one more before them warms up. */
const RELOADS = Number(process.env['BENCH_RELOADS'] ?? 5);
/** Half of the round trip to the server and to the relay in the last column. */
const DELAY_MS = Number(process.env['BENCH_DELAY_MS'] ?? 50);

/** Milliseconds: from the beginning of the navigation, and without a new picture on the other side. */
type Reload = { readonly caller: Seen; readonly callee: Seen };
type Seen = { readonly firstFrame: number; readonly still: number };
type Way = { readonly name: string; readonly relayed: boolean; readonly delayMs: number };

const WAYS: readonly Way[] = [
  { name: 'direct', relayed: false, delayMs: 0 },
  { name: 'relayed', relayed: true, delayMs: 0 },
  { name: `relayed, ${2 * DELAY_MS} ms round trip`, relayed: true, delayMs: DELAY_MS },
];

test('from the reload to the first frame', async () => {
  const browsers = [await chromium.launch(options), await chromium.launch(options)] as const;
  const columns: Column<Reload>[] = [];
  try {
    for (const way of WAYS) columns.push({ name: way.name, all: await measure(browsers, way) });
  } finally {
    for (const browser of browsers) await browser.close();
  }
  const rows = (['caller', 'callee'] as const).flatMap((who) => [
    { name: `the ${who} reloads and sees`, of: (reload: Reload) => reload[who].firstFrame },
    { name: '… and stands still for the other', of: (reload: Reload) => reload[who].still },
  ]);
  const text = table('ms after the navigation began', rows, columns, { compared: false });
  console.log(`\n${RELOADS} reloads of each page in one call\n\n${text}\n`);
});

async function measure(browsers: readonly [Browser, Browser], way: Way): Promise<Reload[]> {
  const server = await Server.start({
    http: { listen: '127.0.0.1:0' },
    relay: { listen: ['127.0.0.1:0'], host: '127.0.0.1' },
  });
  const distance = way.delayMs > 0 ? await distanceTo(server, way.delayMs) : undefined;
  const url = distance?.device.url ?? server.url;
  const forced: Forced = { ...distance?.device.forced, ...(way.relayed ? { relayTransport: 'udp' } : {}) };
  const enter = async (browser: Browser, name: string): Promise<Person> => {
    const context = await browser.newContext({ locale: 'en', permissions: ['local-network-access'] });
    await installProbes(context, forced);
    await noteFirstFrame(context);
    const person = new Person(name, context, await context.newPage());
    await person.signUp((await server.addUser(name)).replace(server.url, url));
    return person;
  };
  const caller = await enter(browsers[0], 'alice');
  const callee = await enter(browsers[1], 'bob');
  await caller.dial('bob');
  await callee.answer();
  const all: Reload[] = [];
  for (let nth = 0; nth <= RELOADS; nth += 1) {
    const reload = { caller: await reloads(caller, callee), callee: await reloads(callee, caller) };
    // Otherwise the figures would say something about the conditions.
    for (const { page } of [caller, callee]) {
      expect((await selectedPath(page))?.local === 'relay').toBe(way.relayed);
    }
    if (nth > 0) all.push(reload);
  }
  for (const person of [caller, callee]) await person.leave();
  await distance?.close();
  await server.stop();
  return all;
}

async function reloads(leaver: Person, stayer: Person): Promise<Seen> {
  for (const person of [leaver, stayer]) {
    await person.expectState('active');
    await person.expectPicture();
  }
  const watch = await watchStill(stayer.page);
  await leaver.page.reload();
  const seen = await firstFrame(leaver.page);
  await stayer.expectState('active');
  await stayer.expectPicture();
  return { firstFrame: seen, still: await watch.stop() };
}
