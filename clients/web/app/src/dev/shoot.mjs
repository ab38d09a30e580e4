/** Photographs every story in every look: `node src/dev/shoot.mjs OUT [STORY…]`, with Debian's Chromium or that of `CHROMIUM`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const [out = 'dist/screenshots', ...only] = process.argv.slice(2);

const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
await server.listen();
const address = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
});
await mkdir(out, { recursive: true });
try {
  const { STORIES } = await server.ssrLoadModule('/src/dev/all-stories.ts');
  const { LOOKS, visit } = await server.ssrLoadModule('/src/dev/visit.ts');
  const stories = Object.keys(STORIES).filter((name) => only.length === 0 || only.includes(name));
  for (const look of LOOKS) {
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.height },
      hasTouch: look.touch,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    for (const story of stories) {
      await visit(page, address, story, look);
      await page.screenshot({ path: join(out, `${story}.${look.name}.png`) });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
