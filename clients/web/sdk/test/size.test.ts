import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { published } from './browser/chromium.ts';

const KIB = 1024;

/** The scripts without which it does not begin, and all there are, in KiB. */
async function gzipped(file: string): Promise<{ readonly first: number; readonly all: number }> {
  const chunks = await published(fileURLToPath(new URL(`../src/${file}`, import.meta.url)));
  const first = new Set<string>();
  const need = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    for (const other of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) need(other);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) need(fileName);
  const size = (some: typeof chunks) =>
    some.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0) / KIB;
  return { first: size(chunks.filter(({ fileName }) => first.has(fileName))), all: size(chunks) };
}

// Not counted in the first figures is what is fetched while the page connects: the life of calls and what makes peer
// connections. What records is loaded when it is needed.
it('the package stays small: 12 KiB without the media of a browser, 20 KiB with it, and what calls need comes after that', async () => {
  const driver = await gzipped('driver.ts');
  const index = await gzipped('index.ts');
  expect(driver.first).toBeLessThan(12);
  expect(driver.all).toBeLessThan(18);
  expect(index.first).toBeLessThan(20);
  // Six of it are what makes the report of a call, and five what compares its keys, fetched when the first one begins;
  // three are the checks before one, and three what measures how good it is. Seven are the chat, fetched when a call is answered.
  // Half of one is what may be made of a track before it is sent, a quarter how a narrow network is begun with.
  expect(index.all).toBeLessThan(32 + 6 + 5 + 3 + 3 + 7 + 0.5 + 0.25);
  expect((await gzipped('inspect/reporter.ts')).all).toBeLessThan(6.5);
  expect((await gzipped('recorder.ts')).all).toBeLessThan(3);
  // A page that only shows the button of `<visavis-call>` loads nothing else of the package.
  expect((await gzipped('element.ts')).first).toBeLessThan(10);
}, 60_000);
