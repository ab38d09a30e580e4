// A network that carries little: sound first.
import { arrivedWithin } from '../bed/media.ts';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

const BOTH_PAUSED = 'Weak network – video paused to keep voice';

/** Both are told why they see nothing. */
async function expectPaused(...people: readonly Person[]): Promise<void> {
  for (const person of people) {
    await expect(person.call, person.name).toContainText(BOTH_PAUSED, { timeout: 30_000 });
    await expect(person.call, person.name).toHaveAttribute('data-picture', 'false');
  }
}

test('on 40 kbit/s the sound goes on without a picture, which comes back with the network', async ({
  bring,
  network,
}) => {
  test.setTimeout(300_000);
  const mobile = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: mobile }), bring('bob')]);
  await talk(alice, bob);

  const widen = mobile.narrow(40);
  await expectPaused(alice, bob);
  for (const person of [alice, bob]) {
    // What waited in the queue of the network is through.
    await expect
      .poll(() => arrivedWithin(person.page, 4_000), {
        message: `${person.name} gets the sound`,
        timeout: 60_000,
      })
      .toBeGreaterThan(0.95);
    await person.expectState('active');
    await person.expectSound();
  }

  widen();
  for (const person of [alice, bob]) {
    await expect(person.call, person.name).not.toContainText('Weak network', { timeout: 90_000 });
    await person.expectPicture();
    await person.expectSound();
  }

  await alice.hangUp();
  for (const { page, name } of [alice, bob]) {
    await expect(page.getByTestId('course'), `what ${name} is told in the end`).toContainText(
      'is too slow for pictures',
    );
    await expect(page.getByTestId('copy-report'), name).toBeVisible();
  }
});
