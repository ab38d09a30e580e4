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
  const sizes = chunks.filter(({ fileName }) => first.has(fileName)).map(({ code }) => gzipSync(code).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(0);
  expect(total / KIB).toBeLessThanOrEqual(60);
}, 60_000);
