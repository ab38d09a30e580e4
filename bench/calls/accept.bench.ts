// How long it takes from the callee's click on "answer" to the first remote frame when everything is far away: Visavis next
// to simple-peer and PeerJS, in turn, in the same browsers, through one relay.
import { chromium, expect, test } from '@playwright/test';
import { chromium as options } from './chromium.ts';
import { peerjs } from './peerjs.ts';
import { simplePeer } from './simple-peer.ts';
import type { Moments, Pair, Place } from './system.ts';
import { type Row, table } from './table.ts';
import { visavis } from './visavis.ts';

/** Calls of each system that count; one more before them warms up. */
const CALLS = Number(process.env['BENCH_CALLS'] ?? 10);
/** Half of the round trip to the server and to the relay. */
const DELAY_MS = Number(process.env['BENCH_DELAY_MS'] ?? 50);
/** People do not answer faster. */
const RING_MS = Number(process.env['BENCH_RING_MS'] ?? 2000);

const ROWS: readonly Row[] = [
  { name: 'the caller sees the callee', of: ({ accepted, callerFrame }) => callerFrame - accepted },
  { name: 'the callee sees the caller', of: ({ accepted, calleeFrame }) => calleeFrame - accepted },
  {
    name: 'both see each other',
    of: ({ accepted, callerFrame, calleeFrame }) => Math.max(callerFrame, calleeFrame) - accepted,
  },
];

test('from the answer to the first frame, next to simple-peer and PeerJS', async () => {
  const [callerBrowser, calleeBrowser] = [await chromium.launch(options), await chromium.launch(options)];
  const place = { callerBrowser, calleeBrowser, delayMs: DELAY_MS, relayed: true, ringMs: RING_MS };
  const runs: { name: string; pair: Pair; all: Moments[] }[] = [];
  const measure = async ({ pair }: { pair: Pair }): Promise<Moments> => {
    const { sizes, relayed, ...moments } = await pair.call();
    // Otherwise the figures would say something about the conditions.
    expect({ sizes, relayed }).toEqual({ sizes: ['640×480', '640×480'], relayed: true });
    return moments;
  };
  const begin = async <P extends Pair>(
    { name, open }: { name: string; open: (place: Place) => Promise<P> },
    iceServers: RTCIceServer[],
  ): Promise<P> => {
    const pair = await open({ ...place, iceServers });
    runs.push({ name, pair, all: [] });
    await measure({ pair });
    return pair;
  };
  try {
    const ours = await begin(visavis, []);
    const relay = await ours.iceServers();
    for (const system of [simplePeer, peerjs]) await begin(system, relay);
    for (let nth = 0; nth < CALLS; nth += 1) {
      for (const run of runs) run.all.push(await measure(run));
    }
  } finally {
    for (const { pair } of runs) await pair.close();
    for (const browser of [callerBrowser, calleeBrowser]) await browser.close();
  }
  const about = `${CALLS} calls each, ${2 * DELAY_MS} ms round trip to server and relay, relayed media, answered after ${RING_MS} ms`;
  console.log(`\n${about}\n\n${table('ms after the answer', ROWS, runs)}\n`);
});
