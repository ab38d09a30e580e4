// Somebody without an account: from the link to the conversation, and what a link that is over says.
import type { Page } from '@playwright/test';
import { goTo, openSection } from '../bed/pages.ts';
import { Person } from '../bed/person.ts';
import { installProbes } from '../bed/probes.ts';
import { test as base, expect } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

type Visit = (name: string, link: string) => Promise<Person>;

const test = base.extend<{ visit: Visit }>({
  /** Opens a link in a browser of its own, in which nobody is signed in. */
  visit: async ({ browser }, use) => {
    const guests: Person[] = [];
    await use(async (name, link) => {
      const context = await browser.newContext({ locale: 'en' });
      await installProbes(context);
      const page = await context.newPage();
      const guest = new Person(name, context, page);
      guests.push(guest);
      await page.goto(link);
      return guest;
    });
    for (const guest of guests) await guest.leave();
  },
});

interface Limits {
  readonly label: string;
  readonly uses?: 'one' | 'five' | 'any';
}

/** Makes a link as its owner does, and gives back its address. */
async function makeLink(owner: Person, { label, uses = 'one' }: Limits): Promise<string> {
  await openSection(owner, 'links');
  await owner.page.getByTestId('link-label').fill(label);
  await owner.page.getByTestId('link-uses').selectOption(uses);
  await owner.page.getByTestId('link-make').click();
  const address = await owner.page.getByTestId('link-url').inputValue();
  // The bed's server has no address but localhost.
  await expect(owner.page.getByTestId('link-here-only')).toBeVisible();
  await owner.page.getByTestId('link-done').click();
  await expect(owner.page.getByTestId('link')).toContainText(label);
  return address;
}

async function knock(page: Page, name: string): Promise<void> {
  await page.getByTestId('guest-name').fill(name);
  await page.getByTestId('guest-knock').click();
}

test('a guest knocks, is let in, is seen and heard, and the link is used up', async ({ bring, visit }) => {
  const alice = await bring('alice');
  const link = await makeLink(alice, { label: 'Team' });
  const anna = await visit('Anna', link);
  await expect(anna.page.getByRole('heading', { name: 'alice invites you to a call' })).toBeVisible();
  await expect(anna.page.getByTestId('guest-door')).toContainText('Team');
  await knock(anna.page, 'Anna');

  await alice.expectRinging('Anna');
  await expect(alice.incoming).toContainText('knocks (link “Team”)');
  await alice.answer();
  await each([alice, anna], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  await expect(alice.page.getByTestId('link-facts')).toHaveText(/Used up/);
  // A guest can call nobody else, and is not offered to.
  await anna.page.getByTestId('call-more').click();
  await expect(anna.page.getByTestId('menu-hold')).toBeVisible();
  for (const line of ['menu-call', 'menu-transfer']) {
    await expect(anna.page.getByTestId(line)).toHaveCount(0);
  }
  await anna.page.keyboard.press('Escape');

  await alice.hangUp();
  await anna.expectEnded('alice hung up.');
  // Nobody asks a guest to keep people: they have nowhere to.
  await expect(anna.page.getByTestId('ended-add')).toHaveCount(0);
  await alice.page.getByTestId('ended-close').click();
  await goTo(alice, 'history');
  await expect(alice.page.getByTestId('history-item')).toContainText('Guest: Team');

  const second = await visit('Ben', link);
  await expect(second.page.getByTestId('guest-closed')).toBeVisible();

  // The one who was let in may come back until they leave, and nothing rings for them afterwards.
  await anna.page.getByTestId('ended-close').click();
  await anna.page.getByTestId('guest-again').click();
  await alice.expectRinging('Anna');
  await alice.decline();
  await anna.expectEnded('alice declined.');
  await anna.page.getByTestId('ended-close').click();
  await anna.page.getByTestId('guest-leave').click();
  await expect(anna.page.getByTestId('guest-over')).toBeVisible();
  await anna.page.goto(link);
  await expect(anna.page.getByTestId('guest-closed')).toBeVisible();
});

test('a knock that is declined uses nothing', async ({ bring, visit }) => {
  const alice = await bring('alice');
  const link = await makeLink(alice, { label: 'Dentist' });
  const anna = await visit('Anna', link);
  await knock(anna.page, 'Anna');
  await alice.expectRinging('Anna');
  await alice.decline();
  await anna.expectEnded('alice declined.');

  const ben = await visit('Ben', link);
  await knock(ben.page, 'Ben');
  await alice.expectRinging('Ben');
});

test('a link that is revoked lets nobody in, and signs out who has come by it', async ({ bring, visit }) => {
  const alice = await bring('alice');
  const link = await makeLink(alice, { label: 'Family', uses: 'any' });
  const anna = await visit('Anna', link);
  await knock(anna.page, 'Anna');
  await alice.expectRinging('Anna');
  await alice.decline();
  await anna.expectEnded('alice declined.');

  // Once to be asked, once to be sure.
  await alice.page.getByTestId('link-revoke').click();
  await expect(alice.page.getByTestId('link-revoke')).toHaveText('For good?');
  await alice.page.getByTestId('link-revoke').click();
  await expect(alice.page.getByTestId('link')).toHaveCount(0);
  await expect(anna.page.getByTestId('guest-over')).toBeVisible();
  const ben = await visit('Ben', link);
  await expect(ben.page.getByTestId('guest-closed')).toBeVisible();
});

test('a link that has expired says that it no longer works', async ({ bring, visit }) => {
  const alice = await bring('alice');
  const link = await alice.page.evaluate(async () => {
    const response = await fetch('/api/links', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'Today', video: false, expires_in_ms: 1 }),
    });
    const { url } = (await response.json()) as { url: string };
    return url;
  });
  const anna = await visit('Anna', link);
  await expect(anna.page.getByTestId('guest-closed')).toHaveText(/expired/);
  await openSection(alice, 'links');
  await expect(alice.page.getByTestId('link-facts')).toHaveText(/Expired/);
});

test('the page of a guest that is opened again asks whether it is still them', async ({ bring, visit }) => {
  const alice = await bring('alice');
  const link = await makeLink(alice, { label: 'Kiosk', uses: 'any' });
  const anna = await visit('Anna', link);
  await knock(anna.page, 'Anna');
  await alice.expectRinging('Anna');
  await alice.decline();
  await anna.expectEnded('alice declined.');

  await anna.page.reload();
  await expect(anna.page.getByTestId('guest-asks')).toContainText('Are you Anna?');
  await anna.page.getByTestId('guest-is-me').click();
  await expect(anna.page.getByTestId('guest-again')).toBeVisible();

  await anna.page.reload();
  await anna.page.getByTestId('guest-not-me').click();
  await expect(anna.page.getByTestId('guest-over')).toBeVisible();
  await anna.page.goto(link);
  await expect(anna.page.getByTestId('guest-name')).toHaveValue('');
});
