import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { expect, test, vi } from 'vitest';

const KIB = 1024;

test('the first page needs at most 60 KiB of scripts', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  // As it ships: the test runner's own mode would bring what helps developers.
  vi.stubEnv('NODE_ENV', 'production');
  const built = await build({ root, mode: 'production', logLevel: 'error', build: { write: false } });
  const chunks = (built as Rollup.RollupOutput).output.filter((file) => file.type === 'chunk');
  const first = new Set<string>();
  const need = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    for (const other of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) need(other);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) need(fileName);
  // Fetched by name: the dictionary of the page's language, the larger of the two.
  const words = chunks.filter(({ name }) => name === 'en' || name === 'zh-cn');
  const dictionary = Math.max(...words.map(({ code }) => gzipSync(code).length));
  const sizes = chunks.filter(({ fileName }) => first.has(fileName)).map(({ code }) => gzipSync(code).length);
  const total = sizes.reduce((sum, size) => sum + size, dictionary);
  expect(words.map(({ name, fileName }) => [name, first.has(fileName)]).sort()).toEqual([
    ['en', false],
    ['zh-cn', false],
  ]);
  expect(total / KIB).toBeLessThanOrEqual(60);
}, 60_000);
