/** What the tests of a file that run in a browser share, and what each has for itself. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';

import { bundleBed, launch, openBed } from './chromium.ts';

/** One browser for the file, and in it a page with the bed for each test, which `use` is given. */
export function eachTestOpensBed(use: (page: Page) => void): void {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    script = await bundleBed();
    browser = await launch();
  }, 60_000);

  afterAll(() => browser.close());

  beforeEach(async () => {
    const page = await openBed(browser, script);
    use(page);
    return () => page.context().close();
  });
}
