// Holding a call: nothing goes either way, the connection stays, and what was on is on again afterwards.
import { sentWithin } from '../bed/media.ts';
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** Kinds of the devices that a page has open. */
function open({ page }: Person): Promise<string[]> {
  return page.evaluate(() =>
    window.bed.tracks
      .filter(({ record, track }) => record.from === 'device' && track.readyState === 'live')
      .map(({ record }) => record.kind)
      .sort(),
  );
}

test('a call on hold sends and plays nothing, and goes on as it was', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await bob.expectPicture();

  await alice.hold();
  await alice.expectHeld('me');
  await bob.expectHeld('peer');
  await expect(bob.call).toContainText('alice put you on hold');
  expect(await open(alice)).toEqual([]);
  await alice.expectSilence();
  await bob.expectSilence();
  await expect(alice.remoteVideo).toBeHidden();
  await expect(bob.remoteVideo).toBeHidden();

  await alice.resume();
  for (const person of [alice, bob]) {
    await person.expectHeld('nobody');
    await person.expectPicture();
    await person.expectSound();
    expect(await open(person)).toEqual(['audio', 'video']);
  }
});

test('who is held sends nothing either, keeps the devices open, and goes on at once', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectPicture();
  await bob.expectPicture();
  await alice.hold();
  await bob.expectHeld('peer');
  // What was under way has gone out.
  await expect.poll(() => sentWithin(bob.page, 500)).toEqual({ audio: 0, video: 0 });
  // Longer than what is sent and does not arrive may last before either side looks for another path.
  expect(await sentWithin(bob.page, 6_000)).toEqual({ audio: 0, video: 0 });
  expect(await open(bob)).toEqual(['audio', 'video']);
  await each([alice, bob], (person) => person.expectState('active'));

  await alice.resume();
  await bob.expectHeld('nobody');
  const sent = await sentWithin(bob.page, 1_000);
  expect(sent.audio).toBeGreaterThan(20);
  expect(sent.video).toBeGreaterThan(5);
  await each([alice, bob], async (person) => {
    await person.expectPicture();
    await person.expectSound();
    await person.expectState('active');
  });
});

test('somebody else is called from within a call, which is on hold meanwhile', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.menu();
  await alice.page.getByTestId('menu-call').click();
  await alice.page.getByTestId('second-call-to').fill('carol');
  await alice.page.getByTestId('second-call-go').click();
  await bob.expectHeld('peer');
  await carol.expectRinging('alice');
  await carol.answer('audio');
  await carol.expectSound();
  await carol.hangUp();
  await expect(alice.call).toContainText('bob');
  await alice.expectHeld('me');
  await alice.resume();
  await bob.expectSound();
});

test('two who hold each other both have to resume', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await alice.hold();
  await bob.expectHeld('peer');
  await bob.hold();
  await alice.expectHeld('both');
  await alice.resume();
  await alice.expectHeld('peer');
  await bob.expectHeld('me');
  await bob.resume();
  await each([alice, bob], async (person) => {
    await person.expectHeld('nobody');
    await person.expectPicture();
  });

  await alice.hold();
  await bob.expectHeld('peer');
  await alice.watchEnd();
  await bob.watchEnd();
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());
});

test('who was muted before the hold is muted after it', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await bob.expectSound();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();
  await alice.hold();
  await bob.expectHeld('peer');
  await alice.resume();
  await bob.expectHeld('nobody');
  await expect(alice.page.getByTestId('call-mute')).toHaveAttribute('aria-pressed', 'true');
  expect(await open(alice)).toEqual([]);
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSound();
});
