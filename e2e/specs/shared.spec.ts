// A device that several people use: everybody sees who calls, its user answers; and a guest who may be somebody else.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

const PIN = '2580';

/** Alice says in the settings that several people use this device. */
async function share({ page }: Person): Promise<void> {
  await page.getByTestId('nav-settings').click();
  await page.getByTestId('section-devices').click();
  await page.getByTestId('shared-switch').click();
  await page.getByTestId('shared-pin').fill(PIN);
  await page.getByTestId('shared-save').click();
  await expect(page.getByTestId('locked')).toBeVisible();
}

async function confirm({ page }: Person, secret: string): Promise<void> {
  await page.getByTestId('confirm-secret').fill(secret);
  await page.getByTestId('confirm-go').click();
}

test('on a shared device a call is answered by its user alone, and what is theirs is shown to nobody else', async ({
  bring,
  server,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  const beside = await alice.page.context().newPage();
  await beside.goto(`${server.url}/#/history`);
  await expect(beside.getByTestId('locked')).toBeHidden();
  await share(alice);
  await expect(beside.getByTestId('locked'), 'another page of the browser').toBeVisible();
  await beside.close();
  for (const place of ['contacts', 'history', 'settings']) {
    await alice.page.getByTestId(`nav-${place}`).click();
    await expect(alice.page.getByTestId('locked')).toContainText('Only alice may see this.');
  }
  await alice.page.getByTestId('nav-home').click();

  await bob.dial('alice');
  await alice.expectRinging('bob');
  await expect(alice.page.getByTestId('incoming-asks')).toContainText('Answer as alice: confirm it’s you');
  await alice.answer();
  await confirm(alice, '1111');
  await expect(alice.page.getByTestId('confirm')).toContainText('neither the PIN nor the password');
  await bob.expectState('ringing');
  await confirm(alice, PIN);
  await each([alice, bob], (person) => person.expectPicture());
  await bob.hangUp();
  await alice.closeEnded();
  await alice.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'bob' }]);

  await alice.page.getByTestId('lock').click();
  await expect(alice.page.getByTestId('history-item')).toHaveCount(0);
  // Nor by asking the server past the page.
  const status = await alice.page.evaluate(async () => (await fetch('/api/history')).status);
  expect(status).toBe(403);

  await alice.page.reload();
  await alice.page.getByTestId('unlock').click();
  await confirm(alice, 'correct horse battery alice');
  await alice.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'bob' }]);
  await alice.page.getByTestId('nav-settings').click();
  await alice.page.getByTestId('section-devices').click();
  await alice.page.getByTestId('shared-switch').click();
  await expect(alice.page.getByTestId('toast')).toContainText('This device is yours alone again.');
});

test('a call rings on that is answered on a page which does not know that its user has gone', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await share(alice);
  await alice.page.getByTestId('unlock').click();
  await confirm(alice, PIN);
  await expect(alice.page.getByTestId('shared-open')).toBeVisible();
  await alice.page.evaluate(() => fetch('/api/confirm', { method: 'DELETE' }));
  await bob.dial('alice');
  await alice.answer();
  await expect(alice.page.getByTestId('confirm')).toBeVisible();
  await bob.expectState('ringing');
  await confirm(alice, PIN);
  await alice.answer();
  await each([alice, bob], (person) => person.expectPicture());
});

test('anybody may call from a shared device, and decline', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await share(alice);
  await alice.page.getByTestId('nav-home').click();
  await alice.dial('bob');
  await bob.answer();
  await alice.expectPicture();
  await alice.hangUp();
  await bob.closeEnded();
  await alice.closeEnded();
  await bob.dial('alice');
  await alice.expectRinging('bob');
  await alice.decline();
  await bob.expectEnded('alice declined.');
});
