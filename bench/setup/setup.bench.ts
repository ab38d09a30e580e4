// How long a call takes from the click to the first remote frame: Visavis next to PeerJS, in turn, in the same browsers.
import { chromium, test } from '@playwright/test';
import { chromium as options } from '../../e2e/bed/chromium.ts';
import { peerjs } from './peerjs.ts';
import type { Pair, Times } from './system.ts';
import { visavis } from './visavis.ts';

/** Calls of each system that count; one more before them warms up. */
const CALLS = Number(process.env['BENCH_CALLS'] ?? 10);

const ROWS: { readonly name: string; readonly of: (times: Times) => number }[] = [
  { name: 'the callee rings', of: (times) => times.rings },
  { name: 'the caller sees the callee', of: (times) => times.caller },
  { name: 'the callee sees the caller', of: (times) => times.callee },
  { name: 'both see each other', of: (times) => Math.max(times.caller, times.callee) },
];

test('call set-up next to PeerJS', async () => {
  const browsers = [await chromium.launch(options), await chromium.launch(options)] as const;
  const runs: { name: string; pair: Pair; all: Times[] }[] = [];
  try {
    for (const system of [visavis, peerjs]) {
      runs.push({ name: system.name, pair: await system.open(...browsers), all: [] });
    }
    for (const { pair } of runs) await pair.call();
    for (let nth = 0; nth < CALLS; nth += 1) {
      for (const { pair, all } of runs) all.push(await pair.call());
    }
  } finally {
    for (const { pair } of runs) await pair.close();
    for (const browser of browsers) await browser.close();
  }
  print(runs);
});

/** A Markdown table: median (least–most) in milliseconds after the click. */
function print(runs: readonly { name: string; all: readonly Times[] }[]): void {
  const lines = [
    ['ms after the click', ...runs.map(({ name }) => name), 'ratio of the medians'],
    ['---', ...runs.map(() => '---:'), '---:'],
    ...ROWS.map(({ name, of }) => {
      const series = runs.map(({ all }) => all.map(of).sort((a, b) => a - b));
      const [ours, theirs] = series.map(median);
      const shown = series.map(
        (s) => `${median(s).toFixed(0)} (${s[0]?.toFixed(0)}–${s.at(-1)?.toFixed(0)})`,
      );
      return [name, ...shown, ((theirs ?? Number.NaN) / (ours ?? Number.NaN)).toFixed(2)];
    }),
  ];
  const table = lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
  console.log(`\n${CALLS} calls each\n\n${table}\n`);
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
