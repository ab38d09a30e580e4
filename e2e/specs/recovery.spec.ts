// Networks that vanish and change under a call, and a server that is away when somebody hangs up.
import { tellFigures } from '../bed/figures.ts';
import { selectedPath, watchGaps } from '../bed/media.ts';
import { talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';

/** How long an address change may be seen and heard. */
const BACK_WITHIN_MS = 2_500;

for (const who of ['caller', 'callee'] as const) {
  test(`sound and picture are back within 2.5 s when the ${who} goes to another network`, async ({
    bring,
    network,
  }) => {
    const wifi = await network();
    const alice = await bring('alice', who === 'caller' ? { network: wifi } : {});
    const bob = await bring('bob', who === 'callee' ? { network: wifi } : {});
    await talk(alice, bob);

    const watches = [await watchGaps(alice.page), await watchGaps(bob.page)];
    wifi.move();
    await alice.page.waitForTimeout(BACK_WITHIN_MS * 2);
    for (const [index, watch] of watches.entries()) {
      const { picture, sound } = await watch.stop();
      tellFigures(['caller', 'callee'][index] ?? '', { picture, sound });
      expect(picture, 'gap of the picture').toBeLessThan(BACK_WITHIN_MS);
      expect(sound, 'gap of the sound').toBeLessThan(BACK_WITHIN_MS);
      // Shorter than it takes to notice would mean that nothing was interrupted.
      expect(sound).toBeGreaterThan(500);
    }
    for (const person of [alice, bob]) await person.expectState('active');
  });
}

test('twenty seconds without network, and the call goes on', async ({ bring, network }) => {
  test.setTimeout(120_000);
  const wifi = await network();
  const alice = await bring('alice', { network: wifi });
  const bob = await bring('bob');
  await talk(alice, bob);

  wifi.down();
  for (const person of [alice, bob]) await person.expectState('recovering');
  await alice.page.waitForTimeout(20_000);
  for (const person of [alice, bob]) await person.expectState('recovering');
  wifi.up();
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
  }
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
});

test('a page that is closed for good is waited for, and then the call is over', async ({ bring }) => {
  const alice = await bring('alice');
  const bob = await bring('bob');
  await talk(alice, bob);
  await bob.leave();
  await alice.expectState('recovering');
  await expect(alice.endedReason).toBeVisible({ timeout: 30_000 });
  await alice.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
});

test('a call whose network lets no UDP through any more goes on through the relay over TCP', async ({
  bring,
  network,
}) => {
  const wifi = await network();
  const alice = await bring('alice', { network: wifi });
  const bob = await bring('bob');
  await talk(alice, bob);
  expect(await selectedPath(alice.page)).toMatchObject({ local: 'host' });

  wifi.block('udp');
  for (const person of [alice, bob]) await person.expectState('recovering');
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  }
  expect(await selectedPath(alice.page)).toMatchObject({ local: 'relay', relayProtocol: 'tcp' });
});

test('who hangs up while the server is dead for 30 s is heard at once, and the history is right when it is back', async ({
  bring,
  server,
}) => {
  test.setTimeout(120_000);
  const alice = await bring('alice');
  const bob = await bring('bob');
  await talk(alice, bob);

  await server.kill();
  await server.awayFor(15_000);
  for (const person of [alice, bob]) {
    await person.expectState('active');
    await person.expectPicture();
    await person.watchEnd();
  }
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  for (const person of [alice, bob]) await person.expectNothingLeft();
  await server.awayFor(30_000);

  await server.restart();
  for (const person of [alice, bob]) await person.connected(2);
  for (const person of [alice, bob]) await person.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
  await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
});
