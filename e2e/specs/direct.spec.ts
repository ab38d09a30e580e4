// A calls B and both see and hear each other.
import { selectedPath } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test('two people call, see and hear each other, hang up, and nothing stays open', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);

  await alice.dial('bob');
  await bob.expectRinging('alice');
  await alice.expectState('ringing');
  await bob.answer();

  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
    expect(await selectedPath(person.page)).toMatchObject({ local: 'host', remote: 'host' });
    await person.watchEnd();
  }
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());

  await alice.closeEnded();
  await bob.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
  await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
});

test('a call without pictures is heard and opens no camera', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);

  await alice.dial('bob', 'audio');
  await bob.expectRinging('alice');
  await bob.answer('audio');

  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectSound();
    const kinds = await person.page.evaluate(() =>
      window.bed.tracks
        .filter(({ record, track }) => record.from === 'device' && track.readyState === 'live')
        .map(({ record }) => record.kind),
    );
    expect(kinds).not.toContain('video');
    await person.watchEnd();
  }
  await bob.hangUp();
  await alice.expectEnded('bob hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());
});

test('mute silences the other side and the camera button darkens it', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await bob.expectState('active');
  await bob.expectPicture();
  await bob.expectSound();

  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSound();

  await alice.call.hover();
  await alice.page.getByTestId('call-camera').click();
  await bob.expectNoPicture();
  await alice.call.hover();
  await alice.page.getByTestId('call-camera').click();
  await bob.expectPicture();
});
