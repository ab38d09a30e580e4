// A call is moved from one device of a person to another, and the other person hardly notices.
import { watchFrames } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';

test('a call moves to another device, and the one before it and nothing else ends', async ({ bring }) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob');
  await desk.expectRinging('alice');
  await couch.expectRinging('alice');
  await desk.answer();
  await alice.expectPicture();
  await desk.expectPicture();

  await couch.expectEnded(/^Answered on /);
  await couch.closeEnded();
  const there = couch.page.getByTestId('elsewhere');
  await expect(there).toContainText('In a call with alice on ');
  await desk.watchEnd();
  await there.getByTestId('move-here').click();

  await couch.expectState('active');
  await desk.expectEnded(/^Moved to /);
  await couch.expectPicture();
  await couch.expectSound();
  await alice.expectState('active');
  await alice.expectSound();
  // The camera stays off until bob turns it on, and he is told so.
  await alice.expectNoPicture();
  await expect(couch.page.getByTestId('toast')).toContainText('Your camera is off.');
  await couch.page.getByTestId('toast-action').click();
  await alice.expectPicture();

  // And back again, from the screen that says where it went.
  await desk.call.getByTestId('move-here').click();
  await desk.expectState('active');
  await couch.expectEnded(/^Moved to /);
  await alice.expectSound();

  await alice.watchEnd();
  await desk.hangUp();
  await alice.expectEnded('bob hung up.');
  await alice.expectNothingLeft();
  await expect(couch.page.getByTestId('move-here')).toBeHidden();
});

test('the picture of the other person goes on through a move', async ({ bring }) => {
  const [alice, desk] = await Promise.all([bring('alice'), bring('bob')]);
  const couch = await bring('bob');
  await alice.dial('bob');
  await couch.expectRinging('alice');
  await couch.answer();
  await alice.expectPicture();
  await desk.expectEnded(/^Answered on /);

  // What alice sends is shown on the new device as soon as it is there, and on the old one until then.
  const seen = await watchFrames(couch.page, 500);
  await desk.call.getByTestId('move-here').click();
  await desk.expectState('active');
  await desk.expectPicture();
  expect((await seen.stop())[0]).toBeGreaterThan(0);
  await alice.expectState('active');
});
