// When a page shows the other person, on its own clock: zero is the moment at which its navigation began.
import type { BrowserContext, Page } from '@playwright/test';

type Noting = { bedFirstFrame: Promise<number> };

/** Every page that this context opens from now on notes it, also one that is reloaded. */
export async function noteFirstFrame(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched = new WeakSet<Element>();
    const first = new Promise<number>((resolve) => {
      const look = (): void => {
        for (const video of document.querySelectorAll<HTMLVideoElement>('[data-testid="remote-video"]')) {
          if (watched.has(video)) continue;
          watched.add(video);
          video.requestVideoFrameCallback(() => resolve(performance.now()));
        }
      };
      new MutationObserver(look).observe(document, { subtree: true, childList: true });
    });
    Object.assign(window, { bedFirstFrame: first });
  });
}

/** Waits for it; milliseconds from the beginning of the navigation. */
export function firstFrame(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as Noting).bedFirstFrame);
}

/** Watches for how long the other person's picture stands still at most, in milliseconds, by the frames that are shown. */
export async function watchStill(page: Page): Promise<{ stop(): Promise<number> }> {
  await page.evaluate(() => {
    const video = document.querySelector<HTMLVideoElement>('[data-testid="remote-video"]');
    if (!video) throw new Error('nobody is shown');
    const watch = { longest: 0, running: true };
    let last = performance.now();
    const look = (): void => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - last);
      last = now;
      if (watch.running) video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    Object.assign(window, { bedStill: watch });
  });
  return {
    stop: () =>
      page.evaluate(() => {
        const { bedStill } = window as unknown as { bedStill: { longest: number; running: boolean } };
        bedStill.running = false;
        return bedStill.longest;
      }),
  };
}
