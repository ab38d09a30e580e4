// How long a call takes from the click to the first remote frame: Visavis next to PeerJS, in turn, in the same browsers.
import { chromium, test } from '@playwright/test';
import { chromium as options } from './chromium.ts';
import { peerjs } from './peerjs.ts';
import type { Moments, Pair } from './system.ts';
import { type Row, table } from './table.ts';
import { visavis } from './visavis.ts';

/** Calls of each system that count; one more before them warms up. */
const CALLS = Number(process.env['BENCH_CALLS'] ?? 10);

const ROWS: readonly Row[] = [
  { name: 'the callee rings', of: ({ clicked, rang }) => rang - clicked },
  { name: 'the caller sees the callee', of: ({ clicked, callerFrame }) => callerFrame - clicked },
  { name: 'the callee sees the caller', of: ({ clicked, calleeFrame }) => calleeFrame - clicked },
  {
    name: 'both see each other',
    of: ({ clicked, callerFrame, calleeFrame }) => Math.max(callerFrame, calleeFrame) - clicked,
  },
];

test('call set-up next to PeerJS', async () => {
  const [callerBrowser, calleeBrowser] = [await chromium.launch(options), await chromium.launch(options)];
  const runs: { name: string; pair: Pair; all: Moments[] }[] = [];
  try {
    for (const { name, open } of [visavis, peerjs]) {
      const pair = await open({
        callerBrowser,
        calleeBrowser,
        delayMs: 0,
        relayed: false,
        iceServers: [],
        ringMs: undefined,
      });
      runs.push({ name, pair, all: [] });
    }
    for (const { pair } of runs) await pair.call();
    for (let nth = 0; nth < CALLS; nth += 1) {
      for (const { pair, all } of runs) all.push(await pair.call());
    }
  } finally {
    for (const { pair } of runs) await pair.close();
    for (const browser of [callerBrowser, calleeBrowser]) await browser.close();
  }
  console.log(`\n${CALLS} calls each\n\n${table('ms after the click', ROWS, runs)}\n`);
});
