// The server dies without a word in the middle of a call and comes back; the people notice nothing.
import { watchFrames } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test('a call outlives the server: media flows on, pages come back, hanging up is heard', async ({
  bring,
  server,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });

  const watches = [await watchFrames(alice.page, 300), await watchFrames(bob.page, 300)];
  await server.kill();
  // Long enough that both pages have noticed and tried in vain.
  await alice.page.waitForTimeout(2500);
  await server.restart();
  await alice.connected(2);
  await bob.connected(2);
  for (const watch of watches) {
    const windows = await watch.stop();
    expect(windows.length).toBeGreaterThan(5);
    expect(windows, 'frames decoded in each 300 ms').not.toContain(0);
  }

  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectSound();
    await person.watchEnd();
  });
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  for (const person of [alice, bob]) {
    await person.expectNothingLeft();
    await person.closeEnded();
  }
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
  await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
});

test('a call that rings when the server dies rings on and is answered', async ({ bring, server }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob');
  await bob.expectRinging('alice');

  await server.kill();
  await server.restart();
  await alice.connected(2);
  await bob.connected(2);

  await bob.expectRinging('alice');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
});
