// Where one is signed in, and how to end it from elsewhere.
import { openSection } from '../bed/pages.ts';
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
