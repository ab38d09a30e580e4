// The tutorial page, served as it stands, calls itself in two tabs through the teaching endpoint.
import { MOVES, motion } from '../bed/media.ts';
import { installProbes } from '../bed/probes.ts';
import { expect, test } from '../bed/test.ts';

test.use({ settings: { teaching: { enabled: true } } });

test('the tutorial page calls itself in two tabs', async ({ browser, server }) => {
  const context = await browser.newContext();
  await installProbes(context);
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) await tab.goto(`${server.url}/tutorial/?room=lesson`);
  for (const tab of tabs) {
    // Its videos: the own picture, muted, and the other's.
    const remote = tab.locator('video:not([muted])');
    await expect.poll(() => motion(remote)).toBeGreaterThan(MOVES);
  }
  await context.close();
});

test.describe('with teaching off', () => {
  test.use({ settings: { teaching: { enabled: false } } });

  test('the teaching endpoint is not there', async ({ server }) => {
    const response = await fetch(`${server.url}/signal?room=lesson`);
    expect(response.status).toBe(404);
  });
});
