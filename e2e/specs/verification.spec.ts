// The emoji of a call: the same in both browsers, remembered, and others on both sides if somebody is in the middle.
import { existsSync } from 'node:fs';
import { FIREFOX } from '../bed/firefox.ts';
import { Middle } from '../bed/middle.ts';
import { addContact, contact, doTo, goTo } from '../bed/pages.ts';
import { type Person, talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each, type Verbs } from '../bed/verbs.ts';

type Shown = { status: string | undefined; code: string | undefined };

/** What stands beside the name, once something does. */
function shown({ page }: Verbs): Promise<Shown> {
  return page
    .getByTestId('safety-mark')
    .evaluate(
      ({ dataset }: HTMLElement) => ({ status: dataset['status'], code: dataset['code'] }),
      undefined,
    );
}

function note({ page }: Verbs): Promise<string[]> {
  return page
    .getByTestId('safety-note')
    .evaluateAll((notes: HTMLElement[]) => notes.map(({ dataset }) => dataset['status'] ?? ''), undefined);
}

async function match(
  person: Verbs,
  from: 'safety-mark' | 'safety-note-compare' = 'safety-mark',
): Promise<void> {
  await person.page.getByTestId('call-screen').hover();
  await person.page.getByTestId(from).click();
  await person.page.getByTestId('safety-match').click();
  await expect.poll(() => shown(person)).toMatchObject({ status: 'verified' });
}

async function call(one: Verbs, other: Verbs): Promise<void> {
  await one.dial(other.name);
  await other.expectRinging(one.name);
  await other.answer();
  await each([one, other], (person) => person.expectState('active'));
}

async function end(one: Verbs, other: Verbs): Promise<void> {
  await one.hangUp();
  await other.expectEnded(`${one.name} hung up.`);
  for (const person of [one, other]) await person.closeEnded();
}

/** As after clearing the browser's data: the key of this device, and all that was verified, are gone. */
async function loseKeys({ page }: Verbs): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deletion = indexedDB.deleteDatabase('visavis-safety');
        deletion.addEventListener('success', () => resolve());
        deletion.addEventListener('error', () => reject(deletion.error));
      }),
    undefined,
  );
}

for (const caller of ['Firefox', 'Chromium'] as const) {
  const callee = caller === 'Firefox' ? 'Chromium' : 'Firefox';
  test(`${caller} and ${callee} show the same emoji, whoever was verified in ${caller} stays so, and another device is told`, async ({
    bring,
    bringFirefox,
  }) => {
    test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);
    const alice: Verbs = await (caller === 'Firefox' ? bringFirefox : bring)('alice');
    const bob: Verbs = await (callee === 'Firefox' ? bringFirefox : bring)('bob');
    await call(alice, bob);
    const first = await shown(alice);
    expect(first.status).toBe('unverified');
    expect([...(first.code ?? '')]).toHaveLength(4);
    expect(await shown(bob)).toEqual(first);
    await match(alice);
    expect(await shown(bob)).toEqual(first);
    await end(alice, bob);

    await call(bob, alice);
    const later = await shown(alice);
    expect(later.status).toBe('verified');
    expect(later.code).not.toBe(first.code);
    expect(await shown(bob)).toEqual({ status: 'unverified', code: later.code });
    await end(bob, alice);

    await loseKeys(bob);
    await call(alice, bob);
    await expect.poll(() => note(alice)).toEqual(['changed']);
    expect((await shown(alice)).code).toBe((await shown(bob)).code);
    await match(alice, 'safety-note-compare');
    await end(alice, bob);
  });
}

async function areContacts(one: Person, other: Person): Promise<void> {
  for (const [person, name] of [
    [one, other.name],
    [other, one.name],
  ] as const) {
    await addContact(person, name);
    await goTo(person, 'home');
  }
}

test('somebody verified is so while they ring and among the contacts, until that is forgotten', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await areContacts(alice, bob);
  await call(alice, bob);
  await match(bob);
  await end(alice, bob);

  await alice.dial('bob');
  await bob.expectRinging('alice');
  await expect(bob.page.getByTestId('incoming-known')).toHaveText('Verified');
  await bob.answer();
  await bob.expectState('active');
  await end(alice, bob);

  await goTo(bob, 'contacts');
  await expect(contact(bob, 'alice').getByTestId('verified')).toBeVisible();
  await doTo(bob, 'alice', 'forget-verified');
  await expect(contact(bob, 'alice').getByTestId('verified')).toBeHidden();
  await goTo(bob, 'home');
  await call(alice, bob);
  await expect.poll(() => shown(bob)).toMatchObject({ status: 'unverified' });
});

test('who compares while the other page is reloaded begins again with the new emoji', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await call(alice, bob);
  const before = await shown(alice);
  await alice.page.getByTestId('call-screen').hover();
  await alice.page.getByTestId('safety-mark').click();
  const panel = alice.page.getByTestId('safety-panel');
  await expect(panel).toBeVisible();
  await bob.page.reload();
  await expect(panel).toBeHidden();
  await expect.poll(async () => (await shown(alice)).code).not.toBe(before.code);
  await expect(panel).toBeHidden();
  await match(alice);
});

test.describe('somebody in the middle', () => {
  test('who takes part in it shows each side other emoji, and is none of the devices that were verified', async ({
    bring,
    browser,
  }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await areContacts(alice, bob);
    await call(alice, bob);
    for (const person of [alice, bob]) await match(person);
    await end(alice, bob);

    const mallory = await browser.newPage();
    const middle = await Middle.beside(alice, mallory, 'plays');
    await talk(alice, bob);
    const codes: (string | undefined)[] = [];
    for (const person of [alice, bob]) {
      await expect.poll(() => note(person)).toEqual(['changed']);
      codes.push((await shown(person)).code);
    }
    expect(codes).toEqual(middle.codes.map((code) => code?.join('')));
    expect(codes[0]).not.toBe(codes[1]);
    await mallory.close();
  });

  test('who passes on what each side says is found out', async ({ bring, browser }) => {
    const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
    await areContacts(alice, bob);
    await call(alice, bob);
    for (const person of [alice, bob]) await match(person);
    await end(alice, bob);

    const mallory = await browser.newPage();
    await Middle.beside(alice, mallory, 'forwards');
    await talk(alice, bob);
    await expect.poll(async () => [...(await note(alice)), ...(await note(bob))]).toContain('failed');
    await mallory.close();
  });
});
