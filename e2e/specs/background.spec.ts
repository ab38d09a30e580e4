// What is behind somebody is blurred before it leaves their device: from the first picture on, and not sent if that fails.
import { join } from 'node:path';
import { edges, noteEdges } from '../bed/edges.ts';
import { goTo, openSection } from '../bed/pages.ts';
import type { Person } from '../bed/person.ts';
import { room } from '../bed/room.ts';
import { type Bring, expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** A chessboard as it is has edges of 150 and more, also in the first pictures, which are coarse. */
const SHARP = 100;
const BLURRED = 50;
/** Pictures that are looked at before it is believed. */
const ENOUGH = 15;

/** Alice, who is filmed in the room, and Bob. */
function bringBoth(bring: Bring, folder: string): Promise<[Person, Person]> {
  return Promise.all([bring('alice', { switches: room(join(folder, 'room.y4m')) }), bring('bob')]);
}

/** As in a browser without it. */
async function lacks({ page }: Person, what: 'MediaStreamTrackGenerator' | 'Worker'): Promise<void> {
  await page.addInitScript((what) => Reflect.deleteProperty(window, what), what);
  await page.reload();
}

/** Alice chooses in the settings to be blurred, and calls Bob; what both see of her is noted. */
async function call(alice: Person, bob: Person): Promise<void> {
  await openSection(alice, 'calls');
  await alice.page.getByTestId('background-blur').click();
  await goTo(alice, 'home');
  await noteEdges(alice.page, 'self-video');
  await noteEdges(bob.page, 'remote-video');
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], (person) => person.expectState('active'));
}

async function chooseInCall(person: Person, choice: 'off' | 'blur'): Promise<void> {
  await person.menu();
  await person.page.getByTestId('menu-background').selectOption(choice);
  await person.page.keyboard.press('Escape');
}

/** Waits until so many pictures have come, and tells the steepest edge of all that came. */
async function steepest({ page }: Person, testId: string, pictures = ENOUGH): Promise<number> {
  const seen: number[] = [];
  await expect
    .poll(async () => seen.push(...(await edges(page, testId))), {
      message: `pictures in ${testId}`,
      // A machine without a graphics card that is busy besides blurs one in some seconds.
      timeout: 120_000,
    })
    .toBeGreaterThanOrEqual(pictures);
  return Math.max(...seen);
}

for (const way of ['streams', 'a canvas'] as const) {
  test(`the first picture is blurred, by ${way}, and the background comes back when that is chosen`, async ({
    bring,
    server,
  }) => {
    const [alice, bob] = await bringBoth(bring, server.folder);
    if (way === 'a canvas') await lacks(alice, 'MediaStreamTrackGenerator');
    await call(alice, bob);
    expect(await steepest(bob, 'remote-video')).toBeLessThan(BLURRED);
    expect(await steepest(alice, 'self-video')).toBeLessThan(BLURRED);

    await chooseInCall(alice, 'off');
    await expect.poll(() => steepest(bob, 'remote-video', 1)).toBeGreaterThan(SHARP);

    await chooseInCall(alice, 'blur');
    await expect.poll(() => steepest(bob, 'remote-video', 1)).toBeLessThan(BLURRED);
    expect(await steepest(bob, 'remote-video')).toBeLessThan(BLURRED);
  });
}

test('where the background cannot be blurred nothing is seen, and there is a way out', async ({
  bring,
  server,
}) => {
  const [alice, bob] = await bringBoth(bring, server.folder);
  await lacks(alice, 'Worker');
  await Promise.all([
    expect(alice.page.getByTestId('toast')).toContainText('Your background cannot be blurred here'),
    call(alice, bob),
  ]);
  await expect(alice.page.getByTestId('call-camera')).toHaveAttribute('aria-pressed', 'false');
  await bob.expectSound();
  expect([await edges(bob.page, 'remote-video'), await edges(alice.page, 'self-video')]).toEqual([[], []]);

  await chooseInCall(alice, 'off');
  await alice.call.hover();
  await alice.page.getByTestId('call-camera').click();
  await expect.poll(() => steepest(bob, 'remote-video', 1)).toBeGreaterThan(SHARP);
});
