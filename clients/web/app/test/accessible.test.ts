/** Every screen is read by axe: what a screen reader, a keyboard or weak eyes would stumble over is a fault. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STORIES } from '../src/dev/all-stories.ts';
import { LOOKS, type Look, visit } from '../src/dev/visit.ts';

let folder: string;
let server: PreviewServer;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'visavis-stories-'));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const input = join(root, 'stories.html');
  const target = { outDir: folder, emptyOutDir: true };
  await build({ root, logLevel: 'error', build: { ...target, rolldownOptions: { input } } });
  // Each story is a page of its own: asked for anew, its scripts would take longer than axe.
  const headers = { 'cache-control': 'max-age=3600' };
  server = await preview({ root, logLevel: 'error', build: target, preview: { port: 0, headers } });
  browser = await chromium.launch({
    executablePath: process.env['VISAVIS_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
  });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
});

/** What axe has against the page: the rule, and where. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

async function open(look: Look): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    hasTouch: look.touch,
    reducedMotion: 'reduce',
  });
  await context.addInitScript({ content: axe.source });
  return context.newPage();
}

describe.each(LOOKS.filter(({ width }) => width >= 390))('$name', (look) => {
  test('axe finds nothing on any screen', async () => {
    const found: Record<string, string[]> = {};
    const left = Object.keys(STORIES);
    // While one page is drawn, axe reads the other.
    const read = async () => {
      const page = await open(look);
      for (let story = left.pop(); story !== undefined; story = left.pop()) {
        await visit(page, server.resolvedUrls?.local[0] ?? '', story, look);
        const here = await faults(page);
        if (here.length > 0) found[story] = here;
      }
      await page.context().close();
    };
    await Promise.all([read(), read()]);
    expect(found).toEqual({});
  }, 600_000);
});
