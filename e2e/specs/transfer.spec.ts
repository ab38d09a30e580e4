// One person hands the other of a call over: to somebody by name, and after a word with that somebody.
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test('blind: bob is put through to carol, with sound only, and alice is out of it', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await bob.expectPicture();

  await alice.watchEnd();
  await alice.transfer('carol');
  await alice.expectEnded('You have put bob through.');
  await alice.expectNothingLeft();

  await expect(bob.call).toContainText('alice is putting you through');
  await expect(bob.call).toContainText('carol');
  await carol.expectRinging('bob');
  await expect(carol.incoming).toContainText('Put through by alice');
  await carol.answer('audio');
  for (const person of [bob, carol]) {
    await person.expectState('active');
    await person.expectSound();
    // Nobody's camera is on towards somebody whom they did not call.
    await person.expectNoPicture();
  }
  await bob.call.hover();
  await bob.page.getByTestId('call-camera').click();
  await carol.expectPicture();

  await bob.watchEnd();
  await carol.hangUp();
  await bob.expectEnded('carol hung up.');
  await bob.expectNothingLeft();
  await bob.closeEnded();
});

test('who is put through may hang up while it rings', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.transfer('carol');
  await carol.expectRinging('bob');
  await bob.watchEnd();
  await bob.hangUp();
  await bob.expectEnded('Call cancelled.');
  await bob.expectNothingLeft();
  await expect(carol.incoming).toBeHidden();
});

test('who is put through to somebody who declines calls back whoever put them through', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.transfer('carol');
  await carol.expectRinging('bob');
  await carol.decline();
  await bob.expectEnded('carol declined.');
  await expect(bob.page.getByTestId('ended-back')).toHaveText('Call alice back');
  await alice.closeEnded();
  await bob.page.getByTestId('ended-back').click();
  await alice.expectRinging('bob');
  await alice.answer('audio');
  await each([alice, bob], (person) => person.expectSound());
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await expect(bob.page.getByTestId('ended-back')).toBeHidden();
});

test('to nobody: it is said, and the call goes on', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.transfer('nobody');
  await expect(alice.page.getByTestId('toast')).toContainText('There is nobody called “nobody” here');
  await alice.expectState('active');
  await bob.expectSound();
  // A slip of the pen is mended where it stands.
  await expect(alice.page.getByTestId('transfer-to')).toHaveValue('nobody');
  await expect(alice.page.getByTestId('transfer-go')).toBeEnabled();
});

test('attended: alice asks carol first, then connects the two', async ({ bring }) => {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob', 'audio');
  await bob.answer('audio');
  await alice.expectState('active');
  await alice.transfer('carol', 'ask');
  await bob.expectHeld('peer');
  await carol.expectRinging('alice');
  await carol.answer('audio');
  await carol.expectSound();

  await alice.menu();
  await alice.page.getByTestId('menu-connect').click();
  await expect(bob.call).toContainText('carol');
  await expect(carol.call).toContainText('bob');
  await each([bob, carol], async (person) => {
    await person.expectState('active');
    await person.expectHeld('nobody');
    await person.expectSound();
  });
  await expect(alice.page.getByTestId('held-call')).toBeHidden();
  await carol.hangUp();
  await bob.expectEnded('carol hung up.');
});
