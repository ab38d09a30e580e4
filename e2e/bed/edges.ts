// How sharp a picture is: by its steepest edge, which no blur leaves.
import type { Page } from '@playwright/test';

type Noting = { bedEdges: Record<string, number[]> };

/** Notes from now on, of each picture that an element with this name shows, the steepest edge (0–255), first to last. */
export async function noteEdges(page: Page, testId: string): Promise<void> {
  await page.evaluate((testId) => {
    const noted: number[] = [];
    const width = 320;
    const height = 180;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    const steepest = (video: HTMLVideoElement): number => {
      context.drawImage(video, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      let most = 0;
      for (let at = 4; at < data.length; at += 4) {
        if (at % (4 * width) === 0) continue;
        const green = (data[at + 1] ?? 0) - (data[at - 3] ?? 0);
        most = Math.max(most, Math.abs(green));
      }
      return most;
    };
    const watched = new WeakSet<HTMLVideoElement>();
    const look = (): void => {
      for (const video of document.querySelectorAll<HTMLVideoElement>(`[data-testid="${testId}"]`)) {
        if (watched.has(video)) continue;
        watched.add(video);
        const note = (): void => {
          noted.push(steepest(video));
          video.requestVideoFrameCallback(note);
        };
        video.requestVideoFrameCallback(note);
      }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true });
    look();
    const all = (window as unknown as Partial<Noting>).bedEdges ?? {};
    Object.assign(window, { bedEdges: { ...all, [testId]: noted } });
  }, testId);
}

/** What was noted since the last look. */
export function edges(page: Page, testId: string): Promise<number[]> {
  return page.evaluate((testId) => (window as unknown as Noting).bedEdges[testId]?.splice(0) ?? [], testId);
}
