// People whose network has no IPv4: directly, by a relay that has none either, and with somebody who has no IPv6.
import { existsSync } from 'node:fs';
import { FIREFOX } from '../bed/firefox.ts';
import { selectedPair, selectedPath } from '../bed/media.ts';
import { freePort } from '../bed/messenger.ts';
import { Namespace } from '../bed/namespace.ts';
import { address, IPV4, IPV6, SERVER_ADDRESS, SERVER_ADDRESS_IPV6, SERVER_NAME } from '../bed/network.ts';
import { test as base, expect } from '../bed/test.ts';
import { each, type Verbs } from '../bed/verbs.ts';
import { startCall } from '../bed/ways.ts';

// Browsers of their own for each person take a while to start and to end.

/** The server has an address of each family in the test's namespace. */
const test = base.extend<{ relayHosts: string[] }>({
  relayHosts: [[`[${SERVER_ADDRESS_IPV6}]`], { option: true }],
  settings: async ({ relayHosts }, use) => {
    // One for all, since a name stands for each of them.
    const port = await freePort();
    address('add', SERVER_ADDRESS_IPV6, Namespace.ofTest, 'media0', IPV6);
    await use({
      http: { listen: '[::]:0' },
      relay: {
        listen: relayHosts.map((host) => `${host}:${port}`),
        host: SERVER_NAME,
        allow_peers: ['10.77.0.0/16', 'fd77::/16'],
      },
    });
    address('del', SERVER_ADDRESS_IPV6, Namespace.ofTest, 'media0', IPV6);
  },
});

async function expectTalk(
  people: readonly Verbs[],
  path: Record<string, string>,
  family: RegExp,
): Promise<void> {
  for (const person of people) {
    await person.expectState('active');
    await person.expectPicture();
    await person.expectSound();
    await expect.poll(() => selectedPath(person.page)).toMatchObject(path);
    const pair = await selectedPair(person.page);
    expect(String(pair?.local['address']), `the address of ${person.name}`).toMatch(family);
  }
}

test('two people without IPv4 see and hear each other directly', async ({ bring, network }) => {
  const [alice, bob] = await Promise.all([
    bring('alice', { network: await network(IPV6) }),
    bring('bob', { network: await network(IPV6) }),
  ]);
  await alice.dial('bob');
  await bob.answer();
  await expectTalk([alice, bob], { local: 'host', remote: 'host' }, /^fd77:/);
});

test.describe('in Chromium and Firefox', () => {
  // A Firefox comes by HTTPS: what `localhost` means there is an address of IPv4.
  test.use({ believed: true });
  test.skip(!existsSync(FIREFOX), `there is no ${FIREFOX}`);

  for (const transport of ['udp', 'tcp'] as const) {
    test(`two people without IPv4 talk over TURN/${transport.toUpperCase()} by a relay that has none either`, async ({
      bring,
      bringFirefox,
      network,
    }) => {
      const forced = { relayTransport: transport };
      const [alice, bob] = await Promise.all([
        bring('alice', { network: await network(IPV6), forced }),
        bringFirefox('bob', { network: await network(IPV6), forced }),
      ]);
      await startCall(alice, bob);
      const path = { local: 'relay', remote: 'relay', relayProtocol: transport };
      await expectTalk([alice, bob], path, /^fd77:/);
    });
  }
});

test.describe('with a relay of both families', () => {
  test.use({ relayHosts: [SERVER_ADDRESS, `[${SERVER_ADDRESS_IPV6}]`] });

  test('one without IPv4 and one without IPv6 meet at it', async ({ bring, network }) => {
    const [alice, bob] = await Promise.all([
      bring('alice', { network: await network(IPV6) }),
      bring('bob', { network: await network(IPV4) }),
    ]);
    await alice.dial('bob');
    await bob.answer();
    await each([alice, bob], async (person) => {
      await person.expectState('active');
      await person.expectPicture();
      await person.expectSound();
    });
    const path = await selectedPath(alice.page);
    expect([path?.local, path?.remote]).toContain('relay');
  });
});
