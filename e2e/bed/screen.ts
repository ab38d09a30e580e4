// What the bed needs of a page, whatever drives its browser: Playwright's own page is one, and Firefox's in `firefox.ts`.
import type { Locator, Page } from '@playwright/test';

/** An element, looked for again with each verb. */
export type Spot = Pick<Locator, 'click' | 'fill' | 'hover' | 'evaluate' | 'evaluateAll'>;

export interface Screen {
  goto(url: string): Promise<unknown>;
  getByTestId(id: string): Spot;
  evaluate: Page['evaluate'];
}

/** What an element shows; nothing while it is not there or not to be seen. Does not wait for it. */
export type Shown = { text: string; state: string | null } | undefined;

export function shown(spot: Spot): Promise<Shown> {
  return spot.evaluateAll(([element]) => {
    if (!element?.checkVisibility()) return undefined;
    const text = (element.textContent ?? '').replace(/\s+/g, ' ').trim();
    return { text, state: element.getAttribute('data-state') };
  });
}
