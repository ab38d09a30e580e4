// A page that is left in the middle of a call, and come back to by the browser's "back".
import { talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** A page that was left in a call is not kept by Chromium, so "back" loads it anew: as a reload, with a longer way. */
test('who leaves the page for another and comes back by "back" is in the call again', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);
  await alice.page.goto('about:blank');
  await bob.expectState('recovering');
  await alice.page.goBack();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
});

for (const who of ['caller', 'callee'] as const) {
  // Told to the page as a browser that keeps one with a call would tell it; everything else is real.
  test(`the page of the ${who} goes into the browser’s cache and comes back out of it, and the call goes on`, async ({
    bring,
  }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await talk(alice, bob);
    const [leaver, stayer] = who === 'caller' ? [alice, bob] : [bob, alice];
    const tell = (type: 'pagehide' | 'pageshow'): Promise<void> =>
      leaver.page.evaluate((type) => {
        dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
      }, type);
    await tell('pagehide');
    await stayer.expectState('recovering');
    await tell('pageshow');
    await each([leaver, stayer], async (person) => {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
    });
    const open = await leaver.page.evaluate(
      () => window.bed.peers.filter(({ record }) => record.closedAt === undefined).length,
    );
    expect(open).toBe(1);
    await stayer.hangUp();
    await leaver.expectEnded(`${stayer.name} hung up.`);
  });
}
