// Browsers that play no sound before somebody has touched the page, as they all are by themselves.
import { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

const SHY = ['--autoplay-policy=document-user-activation-required'];

async function talk(alice: Person, bob: Person): Promise<void> {
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await each([alice, bob], (person) => person.expectState('active'));
  await bob.expectSound();
}

/**
 * As a browser that was closed opens its tabs again: what the tab had kept is there, and nobody has touched it yet. Whatever
 * a test asks of a page counts as a touch, so the page itself tells when it may not play, and until `bob` has the other one
 * back it is left alone.
 */
async function restored(person: Person, bob: Person): Promise<{ alice: Person; refused: string[] }> {
  const { page } = person;
  const context = page.context();
  const kept = await page.evaluate(() => Object.entries(sessionStorage));
  const alice = new Person(person.name, context, await context.newPage());
  const refused: string[] = [];
  alice.page.on('console', (message) => {
    if (message.text().startsWith('NotAllowedError')) refused.push(message.text());
  });
  await alice.page.addInitScript((kept) => {
    for (const [key, value] of kept) sessionStorage.setItem(key, value);
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = async function () {
      try {
        await play.call(this);
      } catch (error) {
        const { name } = error as DOMException;
        // biome-ignore lint/suspicious/noConsole: what a page may call in a test counts as a touch, too.
        console.info(`${name}: ${this.paused ? 'paused' : 'plays'}`);
        throw error;
      }
    };
  }, kept);
  const url = page.url();
  await page.close();
  await bob.expectState('recovering');
  await alice.page.goto(url);
  await bob.expectState('active');
  return { alice, refused };
}

const tap = ({ page }: Person) => page.getByRole('button', { name: 'Tap to hear bob' });

test('a page that goes on with a call untouched and muted may not play, asks for a tap, and plays after it', async ({
  bring,
}) => {
  const [before, bob] = await Promise.all([bring('alice', { switches: SHY }), bring('bob')]);
  await talk(before, bob);
  await before.call.hover();
  await before.page.getByTestId('call-mute').click();
  await bob.expectSilence();

  const { alice, refused } = await restored(before, bob);
  expect(new Set(refused)).toEqual(new Set(['NotAllowedError: paused']));
  await expect(tap(alice)).toBeVisible();
  await tap(alice).click();
  await expect(tap(alice)).toBeHidden();
  await alice.expectState('active');
  await alice.expectSound();
  await bob.expectSilence();
});

test('a page that goes on with a call untouched and captures may play as soon as it does', async ({
  bring,
}) => {
  const [before, bob] = await Promise.all([bring('alice', { switches: SHY }), bring('bob')]);
  await talk(before, bob);

  const { alice } = await restored(before, bob);
  await bob.expectSound();
  await expect(tap(alice)).toBeHidden();
  await alice.expectState('active');
  await alice.expectSound();
});
