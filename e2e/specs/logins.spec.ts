// Where one is signed in, and how to end it from elsewhere.
import { goTo, openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

const logins = (person: Person) => person.page.getByTestId('login');
const otherLogin = (person: Person) => person.page.locator('[data-testid="login"][data-current="false"]');

test('a browser is given a name, and is signed out from another, which stays', async ({ bring }) => {
  const desk = await bring('alice');
  const couch = await bring('alice');
  await openSection(desk, 'devices');
  await expect(logins(desk)).toHaveCount(2);
  await expect(logins(desk).first()).toContainText('This browser');
  await expect(otherLogin(desk)).toContainText('Open now');

  await otherLogin(desk).getByTestId('login-rename').click();
  await desk.page.getByTestId('rename-input').fill('Couch');
  await desk.page.keyboard.press('Enter');
  await expect(otherLogin(desk)).toContainText('Couch');

  await otherLogin(desk).getByTestId('login-sign-out').click();
  await expect(otherLogin(desk).getByTestId('login-sign-out')).toHaveText('Sign out there?');
  await otherLogin(desk).getByTestId('login-sign-out').click();
  await expect(logins(desk)).toHaveCount(1);
  await expect(couch.page.getByTestId('login-name')).toBeVisible();
  await expect(couch.page.getByText('You were signed out.')).toBeVisible();
  await couch.page.reload();
  await expect(couch.page.getByTestId('login-name')).toBeVisible();
});

test('signing out holds while the server does not hear of it, which is told as soon as it does', async ({
  bring,
  server,
}) => {
  const alice = await bring('alice');
  const { page } = alice;
  const cookie = async () => (await page.request.get(`${server.url}/api/me`)).status();
  await page.route('**/api/logout', (route) =>
    route.fulfill({ status: 503, json: { code: 'overloaded', message: 'not now' } }),
  );
  await goTo(alice, 'settings');
  await page.getByTestId('sign-out').click();
  await expect(page.getByTestId('login-name')).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('login-name')).toBeVisible();
  expect(await cookie()).toBe(200);

  await page.unroute('**/api/logout');
  await page.reload();
  await expect(page.getByTestId('login-name')).toBeVisible();
  expect(await cookie()).toBe(401);
});

test('every other browser is signed out at once', async ({ bring }) => {
  const desk = await bring('alice');
  const couch = await bring('alice');
  const kitchen = await bring('alice');
  await openSection(desk, 'devices');
  await expect(logins(desk)).toHaveCount(3);
  await desk.page.getByTestId('sign-out-others').click();
  await desk.page.getByTestId('sign-out-others').click();
  for (const device of [couch, kitchen]) await expect(device.page.getByTestId('login-name')).toBeVisible();
  await expect(logins(desk)).toHaveCount(1);
});

test('the own name and password are changed in the settings, and the other browsers are signed out', async ({
  bring,
}) => {
  const desk = await bring('alice');
  const [couch, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await openSection(desk, 'account');
  await desk.page.getByTestId('account-name').fill('Alice Martin');
  await desk.page.getByTestId('account-name-save').click();
  await expect(desk.page.locator('.settings-me')).toContainText('Alice Martin');

  await desk.page.getByTestId('account-old').fill('a guess');
  await desk.page.getByTestId('account-new').fill('battery staple');
  await desk.page.getByTestId('account-password-save').click();
  await expect(desk.page.getByRole('alert')).toHaveText('The old password is wrong.');
  await desk.page.getByTestId('account-old').fill('correct horse battery alice');
  await desk.page.getByTestId('account-password-save').click();
  await expect(desk.page.getByText('Your password is changed.')).toBeVisible();
  await expect(couch.page.getByTestId('login-name')).toBeVisible();

  await couch.page.getByTestId('login-name').fill('alice');
  await couch.page.getByTestId('login-password').fill('battery staple');
  await couch.page.getByTestId('login-submit').click();
  await expect(couch.page.getByTestId('dial-input')).toBeVisible();
  await couch.connected(2);
  await couch.dial('bob', 'audio');
  await bob.expectRinging('Alice Martin');
});
