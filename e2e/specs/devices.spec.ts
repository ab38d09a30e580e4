// One person with two devices, and two people with one thought.
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test('both devices ring, one answers, and the other says where', async ({ bring }) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob');
  await desk.expectRinging('alice');
  await couch.expectRinging('alice');

  await couch.answer();
  await desk.expectEnded(/^Answered on /);
  await alice.expectState('active');
  await couch.expectState('active');
  await alice.expectPicture();
  await couch.expectPicture();

  await desk.closeEnded();
  await alice.hangUp();
  await couch.expectEnded('alice hung up.');
  await couch.closeEnded();
  for (const device of [desk, couch]) {
    await device.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
  }
});

test('the device that did not answer never opens its camera', async ({ bring }) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob');
  await desk.expectRinging('alice');
  await couch.expectRinging('alice');
  await couch.answer();
  await desk.expectEnded(/^Answered on /);
  const live = await desk.page.evaluate(
    () => window.bed.tracks.filter(({ track }) => track.readyState === 'live').length,
  );
  expect(live).toBe(0);
});

test('two people who call each other at once are in one call', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await Promise.all([alice.dial('bob'), bob.dial('alice')]);

  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  await alice.watchEnd();
  await bob.watchEnd();
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  for (const person of [alice, bob]) {
    await person.expectNothingLeft();
    await person.closeEnded();
    await expect(person.page.getByTestId('history-item')).toHaveCount(1);
  }
});
