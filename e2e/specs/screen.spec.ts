// A screen is shared beside the camera, and ends by either bar.
import { MOVES, motion } from '../bed/media.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** The size of what is shown in an element. */
async function expectSize({ remoteScreen }: Person, width: number): Promise<void> {
  const size = () =>
    remoteScreen.evaluate((video) => (video instanceof HTMLVideoElement ? video.videoWidth : 0));
  await expect.poll(size).toBe(width);
}

test('a shared screen has the stage, the camera stays beside it, and both ways to end it work', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await bob.expectPicture();

  await alice.call.hover();
  await alice.page.getByTestId('call-screen-share').click();
  await expect(alice.page.getByTestId('sharing')).toBeVisible();
  await expect(bob.remoteScreen).toBeVisible();
  await expectSize(bob, 1280);
  await expect.poll(() => motion(bob.remoteVideo), { message: 'the camera moves' }).toBeGreaterThan(MOVES);

  await alice.page.getByTestId('sharing-stop').click();
  await expect(bob.remoteScreen).toBeHidden();

  await alice.call.hover();
  await alice.page.getByTestId('call-screen-share').click();
  await expect(bob.remoteScreen).toBeVisible();
  // As the browser's own bar does: the track ends, and the page hears of it.
  await alice.page.evaluate(() => {
    const shared = window.bed.tracks.findLast(({ record }) => record.from === 'device');
    if (shared?.record.kind !== 'video') throw new Error('no screen is shared');
    shared.track.stop();
    shared.track.dispatchEvent(new Event('ended'));
  });
  await expect(alice.page.getByTestId('sharing')).toBeHidden();
  await expect(bob.remoteScreen).toBeHidden();
  await bob.expectPicture();

  await alice.call.hover();
  await alice.page.getByTestId('call-screen-share').click();
  await expect(bob.remoteScreen).toBeVisible();
  await alice.watchEnd();
  await bob.watchEnd();
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());
});
