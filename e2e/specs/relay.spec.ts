// Where no direct path is allowed, the call goes through our own relay.
import { selectedPath } from '../bed/media.ts';
import { expect, test } from '../bed/test.ts';

for (const transport of ['udp', 'tcp'] as const) {
  test(`a call over TURN/${transport.toUpperCase()} alone is seen and heard`, async ({ bring }) => {
    const forced = { relayTransport: transport };
    const alice = await bring('alice', { forced });
    const bob = await bring('bob', { forced });

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
    for (const person of [alice, bob]) await person.expectNothingLeft();
  });
}

test('a relay that has died is done without until it is back, and the call goes on through it', async ({
  bring,
  server,
}) => {
  test.slow();
  const forced = { relayTransport: 'udp' } as const;
  const alice = await bring('alice', { forced });
  const bob = await bring('bob', { forced });
  await alice.dial('bob');
  await bob.answer();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
  }

  await server.kill();
  for (const person of [alice, bob]) await person.expectState('recovering');
  await server.restart();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  }
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
});
