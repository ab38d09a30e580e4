// Microphones and cameras that come, go and are taken while people talk, as far as a browser without real ones can show it.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** As when the plug is pulled: the track ends, and the page hears of it. */
function unplug({ page }: Person, kind: 'audio' | 'video'): Promise<void> {
  return page.evaluate((kind) => {
    const found = window.bed.tracks.findLast(
      ({ record, track }) => record.from === 'device' && record.kind === kind && track.readyState === 'live',
    );
    if (!found) throw new Error(`no ${kind} is open`);
    found.track.stop();
    found.track.dispatchEvent(new Event('ended'));
  }, kind);
}

test('a microphone and a camera that are unplugged give way to others, and the user is told', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await bob.expectPicture();

  await unplug(alice, 'audio');
  const toast = alice.page.getByTestId('toast');
  await expect(toast).toContainText('Your microphone was unplugged. You now speak through');
  await bob.expectSound();
  await unplug(alice, 'video');
  await expect(toast).toContainText('Your camera was unplugged.');
  await bob.expectPicture();
  // And off, if that is not what they want.
  await unplug(alice, 'video');
  await alice.page.getByTestId('toast-action').click();
  await bob.expectNoPicture();
  await alice.expectState('active');
  await alice.watchEnd();
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  await alice.expectNothingLeft();
});

test('a camera that is turned on in a call shows at once and turns on no other', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.call.hover();
  await alice.page.getByTestId('call-camera').click();
  await bob.expectPicture();
  await expect(bob.page.getByTestId('call-camera')).toHaveAttribute('aria-pressed', 'false');
  await expect(bob.page.getByTestId('self-video')).toBeHidden();
  await alice.expectNoPicture();
});

test('a microphone that the system takes is told, and given back by a press', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await bob.expectSound();
  await alice.page.evaluate(() => {
    const taken = window.bed.tracks.findLast(({ record }) => record.from === 'device')?.track;
    if (!taken) throw new Error('no microphone is open');
    Object.defineProperty(taken, 'muted', { value: true });
    taken.dispatchEvent(new Event('mute'));
  });
  await expect(alice.call).toContainText('Another call or app took your microphone');
  await expect(bob.call).toContainText('alice is muted');
  await alice.page.getByTestId('mic-take-back').click();
  await expect(alice.call).not.toContainText('took your microphone');
  await expect(bob.call).not.toContainText('alice is muted');
  await bob.expectSound();
});

test('a call that is silenced here rings on there, and may be answered', async ({ bring }) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob', 'audio');
  await desk.expectRinging('alice');
  await couch.expectRinging('alice');
  await desk.page.keyboard.press('m');
  await expect(desk.page.getByTestId('incoming-silence')).toHaveText('Silenced on this device');
  await expect(couch.page.getByTestId('incoming-silence')).toHaveText('Silence');
  await alice.expectState('ringing');
  await desk.answer('audio');
  await alice.expectState('active');
});
