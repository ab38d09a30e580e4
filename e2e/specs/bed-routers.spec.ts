// The bed's routers prove themselves: each NAT maps and filters as its kind does, whatever a browser makes of it.
import { type Address, behaviour, Insider, mapped, ROUNDS, Stranger } from '../bed/behaviour.ts';
import { Namespace } from '../bed/namespace.ts';
import { SERVER_ADDRESS } from '../bed/network.ts';
import { NATS } from '../bed/router.ts';
import { test as base, expect } from '../bed/test.ts';

const test = base.extend<{ stun: Address }>({
  stun: async ({ server }, use) => use({ address: SERVER_ADDRESS, port: server.ports.relayUdp }),
});

test('each NAT maps and filters as its kind does', async ({ router, stun }) => {
  const home = await router('full cone');
  const network = await home.network();
  const insider = Insider.in(network);
  const found: Record<string, unknown> = {};
  for (const [index, nat] of NATS.entries()) {
    home.become(nat);
    found[nat] = await behaviour(insider, 2 * index, stun, [SERVER_ADDRESS, home.gateway]);
  }
  expect(found).toEqual({
    'full cone': { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
    'address restricted': { mapping: 'endpoint-independent', filtering: 'address-dependent' },
    'port restricted': { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
    symmetric: { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' },
  });
  await insider.close();
});

test('devices behind one router meet at their private addresses and at their outside ones as it lets them', async ({
  router,
  stun,
}) => {
  const home = await router('port restricted');
  const networks = [await home.network(), await home.network()] as const;
  const [alice, bob] = [Insider.in(networks[0]), Insider.in(networks[1])];
  const stranger = await Stranger.at(SERVER_ADDRESS);

  const found: Record<string, unknown> = {};
  let socket = 0;
  for (const options of [{}, { apart: true }, { hairpins: true }, { apart: true, hairpins: true }]) {
    home.become('port restricted', options);
    socket++;
    const ofAlice = await mapped(alice, socket, stun);
    const ofBob = await mapped(bob, socket, stun);
    expect([ofAlice.address, ofBob.address]).toEqual([home.address, home.address]);
    bob.say(socket, stranger.address, Buffer.from(`here is bob ${socket}`));
    const bobSeenAt = await stranger.whoSays(`here is bob ${socket}`);
    const bobInside = { address: String(networks[1].address), port: ofBob.port };
    for (let round = 0; round < ROUNDS; round++) {
      const words = `here is alice ${socket} ${round}`;
      alice.say(socket, bobInside, Buffer.from('private'));
      alice.say(socket, ofBob, Buffer.from('outside'));
      alice.say(socket, stranger.address, Buffer.from(words));
      await stranger.whoSays(words);
      stranger.say(bobSeenAt, words);
      await bob.hears(socket, (packet) => packet.toString() === words);
    }
    const heard = new Set(bob.heard(socket).filter((text) => /^[a-z]+$/.test(text)));
    found[Object.keys(options).join(', ') || 'neither'] = [...heard].toSorted();
  }
  expect(found).toEqual({
    neither: ['private'],
    apart: [],
    hairpins: ['outside', 'private'],
    'apart, hairpins': ['outside'],
  });
  stranger.close();
  for (const insider of [alice, bob]) await insider.close();
});

test('nobody gets in at a port that was never used, nor at a private address', async ({ router, stun }) => {
  const home = await router('full cone');
  const network = await home.network();
  const insider = Insider.in(network);
  const stranger = await Stranger.at(SERVER_ADDRESS);
  const seenAt = await mapped(insider, 1, stun);
  // The second socket listens at a port of its own, of which nobody outside knows.
  const neighbour = await home.network();
  const other = Insider.in(neighbour);
  other.say(1, { address: String(network.address), port: seenAt.port }, Buffer.from('neighbour'));
  const inside = await insider.whoSaid(1, 'neighbour');
  expect(inside.address).toBe(neighbour.address);
  // Somebody in the next network may point anywhere.
  Namespace.ofTest.run('ip', 'route', 'add', '192.168.0.0/16', 'via', home.address);
  for (let round = 0; round < ROUNDS; round++) {
    stranger.say({ address: home.address, port: inside.port }, 'unused');
    stranger.say({ address: String(network.address), port: seenAt.port }, 'private');
    stranger.say(seenAt, `known ${round}`);
    await insider.hears(1, (packet) => packet.toString() === `known ${round}`);
  }
  expect(insider.heard(1).filter((text) => text === 'private')).toEqual([]);
  expect(other.heard(1)).toEqual([]);
  Namespace.ofTest.run('ip', 'route', 'del', '192.168.0.0/16');
  stranger.close();
  for (const one of [insider, other]) await one.close();
});
