/** How a story is looked at by a program: opened in a look, and ready when this returns. */
import type { Page } from 'playwright-core';
import type { Language } from '../text/language.ts';
import { drawnReport } from './drawn-report.ts';

/** On what, in which language, and by which light. */
export interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly language: Language;
  readonly theme: 'light' | 'dark';
  readonly touch: boolean;
}

/** Phone and desk, both languages, light and dark, and the narrowest phone there is. */
export const LOOKS: readonly Look[] = [
  { name: 'phone-en-light', width: 390, height: 844, language: 'en', theme: 'light', touch: true },
  { name: 'phone-zh-dark', width: 390, height: 844, language: 'zh-CN', theme: 'dark', touch: true },
  { name: 'desk-en-dark', width: 1280, height: 800, language: 'en', theme: 'dark', touch: false },
  { name: 'desk-zh-light', width: 1280, height: 800, language: 'zh-CN', theme: 'light', touch: false },
  { name: 'narrow-en-dark', width: 320, height: 568, language: 'en', theme: 'dark', touch: true },
];

/** What is open in a story, by the test ids of what is pressed. */
const PRESSED: Readonly<Record<string, readonly string[]>> = {
  'active-menu': ['call-more'],
  'active-small': ['call-more', 'menu-small'],
  'beside-menu': ['call-more'],
  'active-quality': ['quality'],
  'active-quality-voice': ['quality'],
  'safety-compare': ['safety-mark'],
  'admin-user-open': ['admin-user-face-alice'],
  'transfer-form': ['call-more', 'menu-transfer'],
  'inspector-steps': ['call-more', 'menu-details'],
  'inspector-network': ['call-more', 'menu-details', 'tab-network'],
  'inspector-media': ['call-more', 'menu-details', 'tab-media'],
  'inspector-graphs': ['call-more', 'menu-details', 'tab-graphs'],
  'inspector-ended': ['ended-details'],
  'chat-open': ['call-chat'],
  'chat-voice': ['call-chat'],
  'chat-empty': ['call-more', 'menu-chat'],
  'chat-lost': ['call-chat'],
  'chat-ended': ['ended-chat'],
  'inspector-history': ['history-details'],
  'report-open': ['tab-graphs'],
};

/** What is typed in a story. */
const TYPED: Readonly<Record<string, readonly [field: string, typed: Record<Language, string>]>> = {
  'home-found': ['dial-input', { en: 'k', 'zh-CN': '陈' }],
};

/** Which file is opened in a story. */
const OPENED: Readonly<Record<string, () => string>> = {
  'report-open': () => JSON.stringify(drawnReport()),
  'report-bad': () => '{"format":"visavis-call-report","version":1}',
};

/** Opens a story, in the page as it is if that shows another in the same look; `address` is the development server's. */
export async function visit(page: Page, address: string, story: string, look: Look): Promise<void> {
  const inLook = `lang=${look.language}&theme=${look.theme}`;
  if (page.url().endsWith(inLook)) await page.evaluate(show, story);
  else await page.goto(`${address}stories.html?story=${story}&${inLook}`);
  await page.waitForFunction(() => document.getElementById('app')?.childElementCount);
  await page.waitForFunction(() => !document.querySelector('[data-loading]'));
  await page.waitForFunction(() =>
    [...document.querySelectorAll('video')].every((video) => video.readyState >= 2),
  );
  const typing = TYPED[story];
  if (typing) await page.getByTestId(typing[0]).fill(typing[1][look.language]);
  const file = OPENED[story]?.();
  if (file !== undefined) {
    const buffer = Buffer.from(file);
    const chosen = { name: 'visavis-call.json', mimeType: 'application/json', buffer };
    await page.getByTestId('report-file').setInputFiles(chosen);
  }
  for (const id of PRESSED[story] ?? []) await page.getByTestId(id).click();
  await page.waitForFunction(() => !document.querySelector('[data-loading]'));
  await page.evaluate(painted);
}

/** In the page, which has been opened with another story. */
function show(story: string): void {
  scrollTo(0, 0);
  (window as unknown as { showStory(story: string): void }).showStory(story);
}

/** In the page: waits until each picture that can be seen has been drawn. */
async function painted(): Promise<void> {
  const seen = [...document.querySelectorAll('video')].filter((video) =>
    video.checkVisibility({ visibilityProperty: true }),
  );
  await Promise.all(seen.map((video) => new Promise((resolve) => video.requestVideoFrameCallback(resolve))));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
