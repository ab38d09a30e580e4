// A phone's screen is narrow: nothing may be wider, or the browser zooms out and everything gets small.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** What reaches over the right edge of the screen, and how wide the page is for the browser. */
function tooWide({ page }: Person): Promise<unknown> {
  return page.evaluate(() => ({
    page: document.documentElement.scrollWidth - innerWidth,
    parts: [...document.querySelectorAll('.home-top > *, .nav, .controls > *, .self-tile')]
      .filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map((part) => part.className),
  }));
}

for (const [width, locale] of [
  [390, 'en'],
  [320, 'en'],
  [390, 'zh-CN'],
  [320, 'zh-CN'],
] as const) {
  test(`nothing is wider than ${width} px while the server is away, at home and in a call (${locale})`, async ({
    bring,
    server,
  }) => {
    const phone = { viewport: { width, height: 700 }, isMobile: true, hasTouch: true, locale };
    const [alice, bob, carol] = await Promise.all([
      bring('alice', phone),
      bring('bob', phone),
      bring('carol', phone),
    ]);
    await alice.dial('bob');
    await bob.answer();
    await alice.expectPicture();
    await server.kill();
    await carol.page.locator('[data-testid=link-status][data-state=connecting]').waitFor();
    await alice.page
      .locator('[data-testid=link-status][data-state=connecting]')
      .waitFor({ state: 'attached' });
    expect(await tooWide(carol)).toEqual({ page: 0, parts: [] });
    expect(await tooWide(alice)).toEqual({ page: 0, parts: [] });
    await server.restart();
  });
}
