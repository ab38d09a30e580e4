// What an administrator does in the app, as the others notice it.
import { goTo, openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** Alice, who was the first on this server and so administers it, opens one part of it. */
async function administer(alice: Person, part: string): Promise<void> {
  await openSection(alice, 'admin');
  await alice.page.getByTestId(`admin-${part}`).click();
}

test('an administrator adds somebody, ends a call of theirs, revokes a link and tests the relay', async ({
  bring,
}) => {
  // The first one administers the server.
  const alice = await bring('alice');
  await expect(alice.page.getByTestId('home-invite')).toBeVisible();
  const bob = await bring('bob');
  await expect(bob.page.getByTestId('home-invite')).toHaveCount(0);
  await goTo(bob, 'settings');
  await expect(bob.page.getByTestId('section-links')).toBeVisible();
  await expect(bob.page.getByTestId('section-admin')).toHaveCount(0);
  await bob.page.evaluate(() => {
    location.hash = '#/admin/users';
  });
  await expect(bob.page.getByTestId('admin-refused')).toBeVisible();
  await expect(bob.page.getByTestId('admin-add-name')).toHaveCount(0);

  await administer(alice, 'users');
  await alice.page.getByTestId('admin-add-name').fill('dora');
  await alice.page.getByTestId('admin-add').click();
  const link = await alice.page.getByTestId('admin-link-url').inputValue();
  await alice.page.getByTestId('admin-link-done').click();
  await expect(alice.page.getByTestId('admin-user-dora')).toContainText('Has not signed up yet');
  const dora = await bring('dora', { link });

  await openSection(bob, 'links');
  await bob.page.getByTestId('link-label').fill('Team');
  await bob.page.getByTestId('link-make').click();
  await bob.page.getByTestId('link-done').click();
  await administer(alice, 'links');
  await expect(alice.page.getByTestId('admin-link')).toContainText('of bob');
  await alice.page.getByTestId('admin-link-revoke').click();
  await alice.page.getByTestId('admin-link-revoke').click();
  await expect(alice.page.getByTestId('admin-no-links')).toBeVisible();
  await expect(bob.page.getByTestId('link')).toHaveCount(0);

  await goTo(bob, 'home');
  await bob.dial('dora');
  await dora.expectRinging('bob');
  await dora.answer();
  await each([bob, dora], (person) => person.expectState('active'));
  await administer(alice, 'calls');
  await expect(alice.page.getByTestId('admin-call')).toContainText('bob and dora');
  await expect(alice.page.getByTestId('admin-call')).toContainText('Talking');
  await alice.page.getByTestId('admin-call-end').click();
  await alice.page.getByTestId('admin-call-end').click();
  for (const person of [bob, dora]) {
    await person.expectEnded('An administrator of the server ended this call.');
  }
  await expect(alice.page.getByTestId('admin-no-calls')).toBeVisible();

  await administer(alice, 'relay');
  const testing = alice.page.waitForResponse('**/api/admin/relay/self-test');
  await alice.page.getByTestId('admin-test').click();
  expect((await testing).status()).toBe(200);
  await expect(alice.page.getByTestId('admin-test')).toBeEnabled();
  const here = alice.page.getByTestId('admin-way').filter({ hasText: 'UDP, on this machine' });
  await expect(here.first()).toContainText('✓');
});

test('an account that is shut is out at once, and a word takes it back', async ({ bring }) => {
  // The first one administers the server.
  const alice = await bring('alice');
  const bob = await bring('bob');
  await administer(alice, 'users');
  await alice.page.getByTestId('admin-user-face-bob').click();
  await alice.page.getByTestId('admin-user-bob').getByTestId('admin-shut').click();
  await expect(alice.page.getByTestId('admin-news')).toContainText('bob can no longer sign in.');
  await expect(bob.page.getByTestId('login-name')).toBeVisible();
  await alice.page.getByTestId('admin-undo').click();
  await expect(alice.page.getByTestId('admin-news')).toContainText('bob can sign in again.');

  await alice.page.getByTestId('admin-user-face-alice').click();
  await alice.page.getByTestId('admin-user-alice').getByTestId('admin-appoint').click();
  await expect(alice.page.getByTestId('admin-news')).toContainText(
    'Nobody else who has signed up administers the server.',
  );
});
