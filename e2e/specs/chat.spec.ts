// What two people write and send to each other during a call, past the server.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { FIREFOX } from '../bed/firefox.ts';
import type { Person } from '../bed/person.ts';
import { type Screen, shown } from '../bed/screen.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

const KIB = 1024;
const MIB = KIB ** 2;

interface Somebody {
  readonly name: string;
  readonly page: Screen;
}

/** Opens the chat as soon as there is one. */
async function openChat({ page }: Somebody): Promise<void> {
  await expect.poll(() => shown(page.getByTestId('call-chat'))).toBeDefined();
  await page.getByTestId('call-chat').click();
  await expect.poll(() => shown(page.getByTestId('chat-field'))).toBeDefined();
}

async function write({ page }: Somebody, text: string): Promise<void> {
  await page.getByTestId('chat-field').fill(text);
  await page.getByTestId('chat-send').click();
}

/** What stands in the chat, one line an entry, without the time. */
function entries({ page }: Somebody): Promise<string[]> {
  return page.getByTestId('chat-entry').evaluateAll((all) =>
    all.map((entry) =>
      [...entry.children]
        .filter((part) => !part.matches('time, .visually-hidden'))
        .map((part) => part.textContent)
        .join(' · '),
    ),
  );
}

/** How each file stands. */
function files({ page }: Somebody): Promise<(string | null)[]> {
  return page
    .getByTestId('chat-file-row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-state')));
}

/** Drops a file onto the page, as from a folder. */
function drop({ page }: Somebody, name: string, size: number): Promise<void> {
  return page.evaluate(
    ([name, size]) => {
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255);
      const carried = new DataTransfer();
      carried.items.add(new File([bytes], name));
      document.body.dispatchEvent(
        new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }),
      );
    },
    [name, size] as const,
  );
}

/** SHA-256 of what `drop` has dropped. */
function dropped(size: number): string {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255);
  return createHash('sha256').update(bytes).digest('hex');
}

/** Saves the first file that has come, and says under which name, with its SHA-256. */
async function saved(page: Page): Promise<readonly [name: string, sha256: string]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('chat-save').click(),
  ]);
  const content = new Uint8Array(readFileSync(await download.path()));
  return [download.suggestedFilename(), createHash('sha256').update(content).digest('hex')];
}

async function inCall(
  alice: Somebody & Pick<Person, 'dial' | 'expectState'>,
  bob: Pick<Person, 'answer' | 'expectState'>,
): Promise<void> {
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], (person) => person.expectState('active'));
}

test('Chromium and Firefox write to each other, a file arrives as it was sent, and each may break one off', async ({
  bring,
  bringFirefox,
}) => {
  test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);
  const [alice, bob] = await Promise.all([bring('alice'), bringFirefox('bob')]);
  await inCall(alice, bob);
  await openChat(alice);
  await write(alice, 'Look: https://example.org/');
  await expect
    .poll(() => shown(bob.page.getByTestId('chat-note')))
    .toMatchObject({
      text: 'alice: Look: https://example.org/Open',
    });
  await openChat(bob);
  await write(bob, 'Thanks');
  await expect.poll(() => entries(alice)).toEqual(['Look: https://example.org/ · Delivered', 'Thanks']);
  await expect.poll(() => entries(bob)).toEqual(['Look: https://example.org/', 'Thanks · Delivered']);

  await drop(bob, 'holiday.bin', 300 * KIB);
  await alice.page.getByTestId('chat-accept').click();
  await expect.poll(() => files(alice), { timeout: 90_000 }).toEqual(['done']);
  expect(await saved(alice.page)).toEqual(['holiday.bin', dropped(300 * KIB)]);
  await expect.poll(() => files(bob)).toEqual(['done']);

  await drop(alice, 'large.bin', 12 * MIB);
  await bob.page.getByTestId('chat-accept').click();
  await expect.poll(() => files(bob)).toEqual(['done', 'flowing']);
  await bob.page.getByTestId('chat-cancel').click();
  await expect.poll(() => files(alice)).toEqual(['done', 'cancelled']);
  await drop(alice, 'large.bin', 12 * MIB);
  await bob.page.getByTestId('chat-accept').click();
  await expect.poll(() => files(bob)).toEqual(['done', 'cancelled', 'flowing']);
  await alice.page.getByTestId('chat-cancel').click();
  await expect.poll(() => files(bob)).toEqual(['done', 'cancelled', 'cancelled']);
  await each([alice, bob], (person) => person.expectPicture());
});

test('a file whose network goes in the middle is gone on with, and is whole; what is written meanwhile comes once', async ({
  bring,
  network,
}) => {
  const wifi = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  await inCall(alice, bob);
  for (const person of [alice, bob]) await openChat(person);
  await drop(alice, 'holiday.bin', MIB);
  await bob.page.getByTestId('chat-accept').click();
  const moved = () =>
    bob.page.evaluate(() => document.querySelector<HTMLProgressElement>('.chat-file progress')?.value ?? 0);
  await expect.poll(moved, { intervals: [50] }).toBeGreaterThan(50_000);
  wifi.down();
  await alice.expectState('recovering');
  expect(await files(bob)).not.toEqual(['done']);
  await write(bob, 'Are you there?');
  wifi.up();
  await expect.poll(() => files(bob), { timeout: 60_000 }).toEqual(['done']);
  expect(await saved(bob.page)).toEqual(['holiday.bin', dropped(MIB)]);
  await expect.poll(async () => (await entries(alice)).at(-1)).toBe('Are you there?');
  expect(await entries(alice)).toHaveLength(2);

  // What was said stays readable, and what has come can be saved, until the end of the call is closed.
  await alice.hangUp();
  await bob.page.getByTestId('ended-chat').click();
  expect(await saved(bob.page)).toEqual(['holiday.bin', dropped(MIB)]);
});
