/**
 * Photographs every story: `node src/dev/shoot.mjs OUT [STORY…]`, with Debian's Chromium or that of `CHROMIUM`.
 * Phone and desk, both languages, light and dark.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const [out = 'dist/screenshots', ...only] = process.argv.slice(2);
const LOOKS = [
  { name: 'phone-en-light', width: 390, height: 844, lang: 'en', theme: 'light', touch: true },
  { name: 'phone-zh-dark', width: 390, height: 844, lang: 'zh-CN', theme: 'dark', touch: true },
  { name: 'desk-en-dark', width: 1280, height: 800, lang: 'en', theme: 'dark', touch: false },
  { name: 'desk-zh-light', width: 1280, height: 800, lang: 'zh-CN', theme: 'light', touch: false },
  { name: 'narrow-en-dark', width: 320, height: 568, lang: 'en', theme: 'dark', touch: true },
];

/** What is open in a story. */
const PRESSED = {
  'active-menu': ['call-more'],
  'beside-menu': ['call-more'],
  'transfer-form': ['call-more', 'menu-transfer'],
};

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
  const stories = Object.keys(STORIES).filter((name) => only.length === 0 || only.includes(name));
  for (const look of LOOKS) {
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.height },
      hasTouch: look.touch,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    for (const story of stories) {
      await page.goto(`${address}stories.html?story=${story}&lang=${look.lang}&theme=${look.theme}`);
      await page.waitForFunction(() => document.getElementById('app')?.childElementCount);
      await page.waitForFunction(() => !document.querySelector('[data-loading]'));
      await page.waitForFunction(() =>
        [...document.querySelectorAll('video')].every((video) => video.readyState >= 2),
      );
      for (const id of PRESSED[story] ?? []) await page.getByTestId(id).click();
      await page.evaluate(painted);
      await page.screenshot({ path: join(out, `${story}.${look.name}.png`) });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}

/** In the page: waits until each picture that can be seen has been drawn. */
async function painted() {
  const drawn = (video) => new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const seen = [...document.querySelectorAll('video')].filter((video) =>
    video.checkVisibility({ visibilityProperty: true }),
  );
  await Promise.all(seen.map(drawn));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
