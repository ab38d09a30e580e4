// Somebody calls during a call: a card beside it, and three ways out.
import type { Person } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

type Bring = (name: string) => Promise<Person>;

/** Alice talks with Bob, with pictures, and Carol calls Alice. */
async function waiting(bring: Bring): Promise<[Person, Person, Person]> {
  const [alice, bob, carol] = await Promise.all([bring('alice'), bring('bob'), bring('carol')]);
  await alice.dial('bob');
  await bob.answer();
  await alice.expectState('active');
  await bob.expectPicture();
  await carol.dial('alice');
  await expect(alice.waiting).toContainText('carol');
  await carol.expectState('ringing');
  await alice.expectState('active');
  return [alice, bob, carol];
}

test('hold and answer: one is held, both may be changed over, and the one that stays is offered back', async ({
  bring,
}) => {
  const [alice, bob, carol] = await waiting(bring);
  await alice.page.getByTestId('waiting-hold').click();
  await expect(alice.waiting).toBeHidden();
  await alice.expectState('active');
  await expect(alice.call).toContainText('carol');
  await bob.expectHeld('peer');
  await bob.expectSilence();
  await carol.expectSound();
  await carol.expectPicture();

  await alice.call.hover();
  await alice.page.getByTestId('change-over').click();
  await expect(alice.call).toContainText('bob');
  await carol.expectHeld('peer');
  await bob.expectHeld('nobody');
  await bob.expectPicture();

  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  // Nobody is resumed unasked.
  await alice.expectHeld('me');
  await expect(alice.call).toContainText('carol');
  await carol.expectHeld('peer');
  await alice.resume();
  await carol.expectHeld('nobody');
  await carol.expectPicture();
  await alice.expectPicture();

  await alice.watchEnd();
  await carol.hangUp();
  await alice.expectEnded('carol hung up.');
  await alice.expectNothingLeft();
  await alice.closeEnded();
  await alice.expectHistory([
    { direction: 'in', outcome: 'answered', peer: 'carol' },
    { direction: 'out', outcome: 'answered', peer: 'bob' },
  ]);
});

test('end and answer: the first is hung up, the second begins', async ({ bring }) => {
  const [alice, bob, carol] = await waiting(bring);
  await alice.page.getByTestId('waiting-end').click();
  await bob.expectEnded('alice hung up.');
  await carol.expectState('active');
  await carol.expectSound();
  await expect(alice.call).toContainText('carol');
  await alice.expectHeld('nobody');
  await expect(alice.page.getByTestId('held-call')).toBeHidden();
});

test('decline: the first goes on as if nothing had been', async ({ bring }) => {
  const [alice, bob, carol] = await waiting(bring);
  await alice.page.getByTestId('waiting-decline').click();
  await carol.expectEnded('alice declined.');
  await expect(alice.waiting).toBeHidden();
  await alice.expectState('active');
  await bob.expectPicture();
  await bob.expectSound();
});

test('who gives up before the answer leaves a missed call and disturbs nobody', async ({ bring }) => {
  const [alice, bob, carol] = await waiting(bring);
  await carol.hangUp();
  await expect(alice.waiting).toBeHidden();
  await expect(alice.page.getByTestId('toast')).toContainText('carol hung up before you answered');
  await bob.expectSound();
  await alice.hangUp();
  await alice.closeEnded();
  await alice.expectHistory([
    { direction: 'in', outcome: 'missed', peer: 'carol' },
    { direction: 'out', outcome: 'answered', peer: 'bob' },
  ]);
});
