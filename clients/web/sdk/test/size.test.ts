import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { bundle } from './browser/chromium.ts';

const KIB = 1024;

async function gzipped(file: string): Promise<number> {
  const code = await bundle(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), { minify: true });
  return gzipSync(code, { level: 9 }).length;
}

it('the package stays small: 12 KiB without the media of a browser, 24 KiB with it', async () => {
  expect(await gzipped('driver.ts')).toBeLessThan(12 * KIB);
  expect(await gzipped('index.ts')).toBeLessThan(24 * KIB);
}, 60_000);
