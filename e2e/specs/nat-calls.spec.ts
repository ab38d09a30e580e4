// Calls through routers and firewalls, with the app as it is: seen and heard, by the way that is the best there is.
import { existsSync } from 'node:fs';
import { FIREFOX } from '../bed/firefox.ts';
import { expect, test } from '../bed/test.ts';
import { expectEnd, expectTalk, startCall } from '../bed/ways.ts';

// Browsers of their own for each person take a while to start and to end.

for (const [from, to, ways] of [
  ['port restricted', 'port restricted', /^direct$/],
  ['symmetric', 'address restricted', /^direct$/],
  ['symmetric', 'port restricted', /relay/],
] as const) {
  test(`a call from behind a ${from} NAT to one behind a ${to} one goes ${ways.source.includes('direct') ? 'directly' : 'through the relay'}`, async ({
    bring,
    router,
  }) => {
    const [alice, bob] = await Promise.all([
      bring('alice', { network: await (await router(from)).network() }),
      bring('bob', { network: await (await router(to)).network() }),
    ]);
    await startCall(alice, bob);
    await expectTalk([alice, bob], ways);
    await expectEnd(bob, alice);
  });
}

test.describe('with Firefox', () => {
  test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);

  for (const { caller, from, to, ways } of [
    { caller: 'Chromium', from: 'port restricted', to: 'port restricted', ways: /^direct$/ },
    { caller: 'Firefox', from: 'symmetric', to: 'symmetric', ways: /relay/ },
  ] as const) {
    const callee = caller === 'Firefox' ? 'Chromium' : 'Firefox';
    test(`${caller} behind a ${from} NAT calls ${callee} behind a ${to} one`, async ({
      bring,
      bringFirefox,
      router,
    }) => {
      const networks = [await (await router(from)).network(), await (await router(to)).network()] as const;
      const alice = await (caller === 'Firefox' ? bringFirefox : bring)('alice', { network: networks[0] });
      const bob = await (callee === 'Firefox' ? bringFirefox : bring)('bob', { network: networks[1] });
      await startCall(alice, bob);
      await expectTalk([alice, bob], ways);
      await expectEnd(alice, bob);
    });
  }
});

for (const browser of ['Chromium', 'Firefox'] as const) {
  test(`${browser} in a network without UDP talks by the relay over TCP`, async ({
    bring,
    bringFirefox,
    network,
  }) => {
    test.skip(browser === 'Firefox' && !existsSync(FIREFOX), `there is no ${FIREFOX}`);
    const office = await network();
    const alice = await (browser === 'Firefox' ? bringFirefox : bring)('alice', { network: office });
    const bob = await bring('bob');
    office.block('udp');
    await alice.dial('bob');
    await bob.answer();
    await expectTalk([alice], /^relay over tcp$/);
    await expectTalk([bob], /relay/);
    await expectEnd(alice, bob);
  });
}

test('the operator is told of a network from which the relay is reached over TCP and not over UDP', async ({
  bring,
  network,
  server,
}) => {
  const office = await network();
  const [alice, bob] = await Promise.all([bring('alice', { network: office }), bring('bob')]);
  office.block('udp');
  await alice.dial('bob');
  await bob.answer();
  await expectTalk([alice], /^relay over tcp$/);
  await alice.hangUp();

  const from = `${office.address?.replace(/\d+$/, '0')}/24`;
  const told = async () =>
    JSON.parse(await server.operator('/api/relay/networks')).find(
      ({ network }: { network: string }) => network === from,
    );
  await expect.poll(told).toMatchObject({ udp: { reached: 0 }, tcp: { missed: 0 } });
  const { udp, tcp } = await told();
  expect([udp.missed, tcp.reached]).toEqual([1, 1]);
});
