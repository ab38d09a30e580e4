// Networks that vanish and change under a call, and a server that is away when somebody hangs up.
import { tellFigures } from '../bed/figures.ts';
import { selectedPath, watchGaps } from '../bed/media.ts';
import { talk } from '../bed/person.ts';
import { expect, test } from '../bed/test.ts';
import { each } from '../bed/verbs.ts';

/** How long an address change may be seen and heard. */
const BACK_WITHIN_MS = 2_500;

for (const [who, candidatesLateMs] of [
  ['caller', 0],
  ['callee', 0],
  // A check from the new address is here before the message that names it, as where the server is far away.
  ['caller', 300],
  ['callee', 300],
] as const) {
  const within = BACK_WITHIN_MS + candidatesLateMs;
  const late = candidatesLateMs ? `, whose new address is told ${candidatesLateMs} ms late` : '';
  test(`sound and picture are back within ${within} ms when the ${who} goes to another network${late}`, async ({
    bring,
    network,
  }) => {
    const wifi = await network();
    const mover = { network: wifi, forced: { candidatesLateMs } };
    const [alice, bob] = await Promise.all([
      bring('alice', who === 'caller' ? mover : {}),
      bring('bob', who === 'callee' ? mover : {}),
    ]);
    await talk(alice, bob);

    const watches = [await watchGaps(alice.page), await watchGaps(bob.page)];
    wifi.move();
    await alice.page.waitForTimeout(BACK_WITHIN_MS * 2);
    for (const [index, watch] of watches.entries()) {
      const { picture, sound } = await watch.stop();
      tellFigures(['caller', 'callee'][index] ?? '', { picture, sound });
      expect(picture, 'gap of the picture').toBeLessThan(within);
      expect(sound, 'gap of the sound').toBeLessThan(within);
      // Shorter than it takes to notice would mean that nothing was interrupted.
      expect(sound).toBeGreaterThan(500);
    }
    await each([alice, bob], (person) => person.expectState('active'));
  });
}

test('twenty seconds without network, and the call goes on', async ({ bring, network }) => {
  const wifi = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  await talk(alice, bob);

  wifi.down();
  await each([alice, bob], (person) => person.expectState('recovering'));
  await alice.page.waitForTimeout(20_000);
  await each([alice, bob], (person) => person.expectState('recovering'));
  wifi.up();
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
  });
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
});

test('a page that is closed for good is waited for, and then the call is over', async ({ bring }) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
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
  const [alice, bob] = await Promise.all([bring('alice', { network: wifi }), bring('bob')]);
  await talk(alice, bob);
  expect(await selectedPath(alice.page)).toMatchObject({ local: 'host' });

  wifi.block('udp');
  await each([alice, bob], (person) => person.expectState('recovering'));
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
  });
  expect(await selectedPath(alice.page)).toMatchObject({ local: 'relay', relayProtocol: 'tcp' });
});

test('who hangs up while the server is dead for 30 s is heard at once, and the history is right when it is back', async ({
  bring,
  server,
}) => {
  const [alice, bob] = await Promise.all([bring('alice'), bring('bob')]);
  await talk(alice, bob);

  await server.kill();
  await server.awayFor(15_000);
  await each([alice, bob], async (person) => {
    await person.expectState('active');
    await person.expectPicture();
    await person.watchEnd();
  });
  await alice.call.hover();
  await alice.page.getByTestId('call-mute').click();
  await bob.expectSilence();
  await alice.hangUp();
  await bob.expectEnded('alice hung up.');
  await each([alice, bob], (person) => person.expectNothingLeft());
  await server.awayFor(30_000);

  await server.restart();
  for (const person of [alice, bob]) await person.connected(2);
  for (const person of [alice, bob]) await person.closeEnded();
  await alice.expectHistory([{ direction: 'out', outcome: 'answered', peer: 'bob' }]);
  await bob.expectHistory([{ direction: 'in', outcome: 'answered', peer: 'alice' }]);
});
