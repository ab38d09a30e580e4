// A whole call without a pointer: the keys alone, and at every step it can be seen where one is.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** More stops than any page has. */
const STOPS = 60;

/** Goes on with Tab until this has the focus, and sees that it does. */
async function tabTo({ page }: Person, testId: string): Promise<void> {
  for (let stop = 0; stop < STOPS; stop++) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      // A field's frame may be that of the box around it.
      const framed = [element, element.parentElement ?? element].map((part) => getComputedStyle(part));
      const isSeen =
        element.checkVisibility({ opacityProperty: true }) &&
        framed.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && outlineWidth !== '0px');
      return { id: element.dataset['testid'], isSeen };
    });
    if (here.id !== testId) continue;
    expect(here.isSeen, `it can be seen that ${testId} has the focus`).toBe(true);
    return;
  }
  throw new Error(`Tab does not reach ${testId}`);
}

/** Presses what has this test id. */
async function press(person: Person, testId: string): Promise<void> {
  await tabTo(person, testId);
  await person.page.keyboard.press('Enter');
}

test('somebody calls, mutes, holds, goes on and hangs up by the keys alone', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);

  await tabTo(alice, 'dial-input');
  await alice.page.keyboard.type('bob');
  await press(alice, 'dial-video');
  await bob.expectRinging('alice');
  await bob.page.keyboard.press('Space');
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });

  await press(alice, 'call-mute');
  await bob.expectSilence();
  await alice.page.keyboard.press('Enter');
  await bob.expectSound();

  await press(alice, 'call-camera');
  await bob.expectNoPicture();
  await alice.page.keyboard.press('Enter');
  await bob.expectPicture();

  await press(alice, 'call-more');
  await press(alice, 'menu-hold');
  await bob.expectHeld('peer');
  await press(alice, 'call-resume');
  await bob.expectHeld('nobody');

  await press(alice, 'call-more');
  await alice.page.keyboard.press('Escape');
  await expect(alice.page.getByTestId('menu-hold')).toBeHidden();
  await expect(alice.page.getByTestId('call-more')).toBeFocused();

  await press(bob, 'call-end');
  await alice.expectEnded('bob hung up.');
  for (const person of [alice, bob]) {
    await person.page.keyboard.press('Escape');
    await expect(person.page.getByTestId('dial-input')).toBeVisible();
  }
});

test('a call is declined by Escape, and made quiet by M', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'audio');
  await bob.expectRinging('alice');
  await bob.page.keyboard.press('m');
  await expect(bob.page.getByTestId('incoming-silence')).toBeDisabled();
  await bob.expectRinging('alice');
  await bob.page.keyboard.press('Escape');
  await alice.expectEnded('bob declined.');
});
