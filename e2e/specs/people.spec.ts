// Who knows whom, who may call, and what the others notice of it: nothing.
import { addContact, contact, doTo, goTo, openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

test('contacts who know each other see whether the other is there', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await addContact(alice, 'bob');
  // To be seen takes two: until Bob knows Alice, too, she sees nothing of him.
  await expect(contact(alice, 'bob')).toHaveAttribute('data-status', 'offline');
  await addContact(bob, 'alice');
  await expect(contact(alice, 'bob')).toHaveAttribute('data-status', 'online');
  await expect(contact(bob, 'alice')).toHaveAttribute('data-status', 'online');

  await bob.leave();
  await expect(contact(alice, 'bob')).toHaveAttribute('data-status', 'offline');
  await doTo(alice, 'bob', 'await');
  await bring('bob');
  await expect(alice.page.getByTestId('toast')).toContainText('bob is online.');
  await expect(contact(alice, 'bob')).toHaveAttribute('data-status', 'online');
});

test('a contact is renamed, made a favourite, called from home, removed and put back', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await addContact(alice, 'bob');
  await doTo(alice, 'bob', 'favourite');
  await contact(alice, 'bob').getByTestId('person-rename').click();
  await alice.page.getByTestId('rename-input').fill('Bobby');
  await alice.page.keyboard.press('Enter');
  await expect(contact(alice, 'bob')).toContainText('Bobby');

  await goTo(alice, 'home');
  await alice.page.locator('[data-testid="favourite"][data-peer="bob"]').click();
  await bob.expectRinging('alice');
  await bob.decline();
  await alice.closeEnded();

  await goTo(alice, 'contacts');
  await doTo(alice, 'bob', 'remove');
  await expect(contact(alice, 'bob')).toHaveCount(0);
  await alice.page.getByTestId('toast-action').click();
  await expect(contact(alice, 'bob')).toContainText('Bobby');
  // What one device changes, another shows.
  const couch = await bring('alice');
  await goTo(couch, 'contacts');
  await expect(contact(couch, 'bob')).toContainText('Bobby');
  await doTo(alice, 'bob', 'remove');
  await expect(contact(couch, 'bob')).toHaveCount(0);
});

test('there is nobody of that name', async ({ bring }) => {
  const alice = await bring('alice');
  await goTo(alice, 'contacts');
  await alice.page.getByTestId('contact-search').fill('nobody');
  await alice.page.getByTestId('contact-add').click();
  await expect(alice.page.getByTestId('toast')).toHaveText(/There is nobody called “nobody” here/);
});

test.describe('with a short ring', () => {
  test.use({ settings: { calls: { ring_timeout_ms: 4000, unreachable_ms: 8000 } } });

  /** It rings for the caller and for nobody else, and ends like any call that nobody answers. */
  async function expectIgnored(caller: Person, callee: Person): Promise<void> {
    await caller.dial(callee.name);
    await caller.expectState('ringing');
    await expect(callee.incoming).toBeHidden();
    await caller.expectEnded(`${callee.name} didn’t answer. We left a missed call.`);
    await expect(callee.incoming).toBeHidden();
    await caller.closeEnded();
  }

  test('who is blocked hears it ringing and no answer, and leaves no trace', async ({ bring }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await alice.dial('bob');
    await bob.expectRinging('alice');
    await bob.decline();
    await alice.closeEnded();

    await goTo(bob, 'history');
    await bob.page.getByTestId('person-more').click();
    await bob.page.getByTestId('person-block').click();
    await expect(bob.page.getByTestId('toast')).toHaveText(/alice is blocked/);
    await expectIgnored(alice, bob);
    await bob.expectHistory([{ direction: 'in', outcome: 'declined', peer: 'alice' }]);

    await openSection(bob, 'blocked');
    await bob.page.getByTestId('unblock').click();
    await expect(bob.page.getByTestId('blocked')).toHaveCount(0);
    await alice.dial('bob');
    await bob.expectRinging('alice');
  });

  test('do not disturb: nothing rings, and a quiet missed call is counted until it is looked at', async ({
    bring,
  }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await bob.page.getByTestId('quiet-switch').click();
    await expect(bob.page.getByTestId('quiet-switch')).toHaveAttribute('aria-pressed', 'true');
    await expectIgnored(alice, bob);

    await expect(bob.page.getByTestId('badge-history')).toHaveText('1');
    await expect(bob.page).toHaveTitle('(1) Visavis');
    await goTo(bob, 'history');
    await expect(bob.page.getByTestId('history-item')).toContainText('did not ring');
    await expect(bob.page.getByTestId('badge-history')).toHaveCount(0);
    await expect(bob.page).toHaveTitle('Visavis');
    // Seen is seen, also for a page that is opened later.
    await bob.page.reload();
    await expect(bob.page.getByTestId('history-item')).toHaveCount(1);
    await expect(bob.page.getByTestId('badge-history')).toHaveCount(0);

    await openSection(bob, 'quiet');
    await bob.page.getByTestId('quiet-end').click();
    await expect(bob.page.getByTestId('quiet-hour')).toBeVisible();
    await alice.dial('bob');
    await bob.expectRinging('alice');
  });

  test('a stranger asks to talk, is allowed, and rings', async ({ bring }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await openSection(bob, 'calls');
    await bob.page.getByTestId('callers-contacts').click();
    await expectIgnored(alice, bob);

    await goTo(bob, 'home');
    const request = bob.page.getByTestId('request');
    await expect(request).toContainText('alice');
    await request.getByTestId('request-allow').click();
    await expect(request).toHaveCount(0);
    await alice.dial('bob');
    await bob.expectRinging('alice');
    await bob.answer('audio');
    await alice.expectState('active');
  });
});
