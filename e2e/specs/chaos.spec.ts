// Every tenth message is lost, every tenth comes twice, connections break: people notice nothing but a moment's wait.
import { test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

test.use({
  settings: {
    chaos: {
      enabled: true,
      lost_percent: 10,
      repeated_percent: 10,
      broken_percent: 3,
      delay_ms: 150,
      restart_s: 7,
    },
  },
});

test('a call is made, seen, heard and ended though messages are lost, repeated, late, and connections break', async ({
  bring,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await alice.dial('bob', 'video');
  await bob.expectRinging('alice');
  await bob.answer('video');
  await each([alice, bob], (person) => person.expectState('active'));
  await each([alice, bob], async (person) => {
    await person.expectPicture();
    await person.expectSound();
  });
  await alice.hangUp();
  await bob.expectEnded(/^alice hung up/);
  await alice.closeEnded();
  await bob.closeEnded();
  await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
});
