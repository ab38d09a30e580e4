// How every picture is taken: in both languages, both themes, on a phone and on a desk.
import { join } from 'node:path';
import type { Page } from '@playwright/test';

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

export type Look = {
  name: string;
  options: { viewport: { width: number; height: number }; locale: string; colorScheme: 'light' | 'dark' };
};

export const LOOKS: readonly Look[] = Object.entries(SIZES).flatMap(([size, viewport]) =>
  ['en', 'zh-CN'].flatMap((locale) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${size}-${locale}-${colorScheme}`,
      options: { viewport, locale, colorScheme },
    })),
  ),
);

export type Shot = (of: { page: Page }, name: string) => Promise<void>;

/** Takes pictures into the folder of a look, numbered in the order in which they are taken. */
export function camera(look: Look, series: string): Shot {
  let count = 0;
  return async ({ page }, name) => {
    count += 1;
    // Entrance movements are over.
    await page.waitForTimeout(400);
    const file = `${series}-${String(count).padStart(2, '0')}-${name}.png`;
    const folder = process.env['VISAVIS_SCREENS'] ?? join('..', 'target', 'screens');
    await page.screenshot({ path: join(folder, look.name, file) });
  };
}
