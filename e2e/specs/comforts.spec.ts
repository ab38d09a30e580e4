// What makes a call and the installed app comfortable: the app opens while the server is away, the screen stays on, a
// headset's keys work, and the picture goes into a small window.
import type { Page } from '@playwright/test';
import { talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** What the test notes of the page's own doings. */
type Noted = { locks: WakeLockSentinel[] };

test('the app opens while the server is away, says so, and goes on by itself', async ({ bring, server }) => {
  const alice = await bring('alice');
  const { page } = alice;
  await alice.connected(1);
  const kept = () =>
    page.evaluate(async () => {
      const caches = await Promise.all(
        (await window.caches.keys()).map(async (name) => (await window.caches.open(name)).keys()),
      );
      return caches.flat().map(({ url }) => new URL(url).pathname);
    });
  // Once nothing has happened for a while.
  await expect.poll(kept, { timeout: 45_000 }).toContain('/');
  expect((await kept()).filter((path) => path.startsWith('/api'))).toEqual([]);

  await server.kill();
  await page.reload();
  await expect(page.getByRole('heading')).toHaveText('No answer from the server');
  // Whatever it needs is there, in the other language too.
  await page.getByTestId('lang-switch').click();
  await expect(page.getByRole('heading')).toHaveText('服务器没有响应');
  await page.getByTestId('lang-switch').click();

  await server.restart();
  await alice.connected(2);
  await expect(page.getByTestId('nav-home')).toBeVisible();
});

/** Notes which locks of the screen the page has been given. */
async function noteLocks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted: Noted = Object.assign(window as unknown as Noted, { locks: [] });
    const { request } = WakeLock.prototype;
    WakeLock.prototype.request = async function (this: WakeLock, ...args) {
      const lock = await request.apply(this, args);
      noted.locks.push(lock);
      return lock;
    };
  });
}

test('a call with pictures keeps the screen on, takes the keys, and fits into a small window', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const { page } = alice;
  await noteLocks(page);
  const locked = () =>
    page.evaluate(() => (window as unknown as Noted).locks.filter((lock) => !lock.released).length);
  const session = () =>
    page.evaluate(() => [navigator.mediaSession.metadata?.title, navigator.mediaSession.playbackState]);
  await talk(alice, bob);
  await expect.poll(locked).toBe(1);
  expect(await session()).toEqual(['bob', 'playing']);

  const small = <T>(look: (window: Window) => T) =>
    page.evaluate((source) => {
      const windows = (window as unknown as { documentPictureInPicture: { window: Window | null } })
        .documentPictureInPicture;
      return (
        windows.window && (new Function(`return (${source})`)() as (window: Window) => T)(windows.window)
      );
    }, look.toString());
  await alice.menu();
  await page.getByTestId('menu-small').click();
  await expect(page.getByTestId('small-away')).toBeVisible();
  await expect
    .poll(() => small(({ document }) => document.querySelector('video')?.videoWidth ?? 0))
    .toBeGreaterThan(0);
  await small(({ document }) => document.querySelector<HTMLElement>('[data-testid="small-mute"]')?.click());
  await expect(page.getByTestId('call-mute')).toHaveAttribute('aria-pressed', 'true');
  expect(await session()).toEqual(['bob', 'paused']);
  await page.getByTestId('small-back').click();
  await expect(page.getByTestId('remote-video')).toHaveAttribute('data-shown', 'true');
  expect(await small(() => true)).toBe(null);

  await alice.menu();
  await page.getByTestId('menu-small').click();
  await expect.poll(() => small(({ document }) => document.title)).toBe('Call with bob');
  await bob.hangUp();
  await alice.expectState('ended');
  await expect.poll(() => small(() => true)).toBe(null);
  await expect.poll(locked).toBe(0);
  expect(await session()).toEqual([undefined, 'none']);
});
