import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { bundle } from './browser/chromium.ts';

const KIB = 1024;

async function gzipped(file: string): Promise<number> {
  const code = await bundle(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), { minify: true });
  return gzipSync(code, { level: 9 }).length;
}

// The store decides the whole life of a call: hold, take, transfer, the warm ring, recovery and resuming are all in it.
it('the package stays small: 14 KiB without the media of a browser, 25 KiB with it', async () => {
  expect(await gzipped('driver.ts')).toBeLessThan(14 * KIB);
  expect(await gzipped('index.ts')).toBeLessThan(25 * KIB);
}, 60_000);
