// Where no direct path is allowed, the call goes through our own relay.
import { selectedPath } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

for (const transport of ['udp', 'tcp'] as const) {
  test(`a call over TURN/${transport.toUpperCase()} alone is seen and heard`, async ({ bring }) => {
    const forced = { relayTransport: transport };
    const [alice, bob] = await Promise.all([bring('alice', { forced }), bring('bob', { forced })]);

    await alice.dial('bob');
    await bob.expectRinging('alice');
    await bob.answer();

    for (const person of [alice, bob]) {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
      expect(await selectedPath(person.page)).toEqual({
        local: 'relay',
        remote: 'relay',
        relayProtocol: transport,
      });
      await person.watchEnd();
    }
    await bob.hangUp();
    await alice.expectEnded('bob hung up.');
    await each([alice, bob], (person) => person.expectNothingLeft());
  });
}

test('a relay that has died is done without until it is back, and the call goes on through it', async ({
  bring,
  server,
}) => {
  const forced = { relayTransport: 'udp' } as const;
  const [alice, bob] = await Promise.all([bring('alice', { forced }), bring('bob', { forced })]);
  await alice.dial('bob');
  await bob.answer();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });

  await server.kill();
  await each([alice, bob], (person) => person.expectState('recovering'));
  await server.restart();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
});
