// Who connects how: browsers in every kind of network connect to each other, and docs/nat.md says what they find.
//
// Its tables are written by: cargo xtask test e2e specs/nat.spec --update-snapshots
import { BareEnd, type Way } from '../bed/bare.ts';
import { measured } from '../bed/document.ts';
import type { Network } from '../bed/network.ts';
import { NATS, type Router } from '../bed/router.ts';
import { test } from '../bed/test.ts';

const PLACES = ['public address', ...NATS, 'no UDP', 'HTTPS alone'] as const;

// So that there is a way to the relay where nothing but HTTPS gets out.
test.use({ believed: true });

/** One who can be anywhere: a browser in a network without a NAT, and one behind a router. */
type Traveller = { outside: { end: BareEnd; network: Network }; inside: { end: BareEnd; router: Router } };

/** Goes there; returns the end of a connection and the way back. */
function enter({ outside, inside }: Traveller, place: (typeof PLACES)[number]): [BareEnd, () => void] {
  switch (place) {
    case 'public address':
      return [outside.end, () => undefined];
    case 'no UDP':
      return [outside.end, outside.network.block('udp')];
    case 'HTTPS alone':
      return [outside.end, outside.network.block('all but HTTPS')];
    default:
      inside.router.become(place);
      return [inside.end, () => undefined];
  }
}

test('who connects how is as docs/nat.md says', async ({ bring, network, router }, info) => {
  const open = [await network(), await network()] as const;
  const homes = [await router('full cone'), await router('full cone')] as const;
  const [alice, bob] = await Promise.all([
    bring('alice', { network: open[0] }),
    bring('bob', { network: open[1] }),
  ]);
  const atHome = async (name: string, home: Router): Promise<BareEnd> =>
    BareEnd.in((await bring(name, { network: await home.network() })).page);
  const caller: Traveller = {
    outside: { end: await BareEnd.in(alice.page), network: open[0] },
    inside: { end: await atHome('alan', homes[0]), router: homes[0] },
  };
  const callee: Traveller = {
    outside: { end: await BareEnd.in(bob.page), network: open[1] },
    inside: { end: await atHome('bert', homes[1]), router: homes[1] },
  };
  const { iceServers } = alice;

  const ways: (string | Way)[][] = [];
  for (const from of PLACES) {
    const row: string[] = [`**${from}**`];
    for (const to of PLACES) {
      const [[near, leave], [far, leaveToo]] = [enter(caller, from), enter(callee, to)];
      row.push(await near.connect(far, iceServers));
      for (const back of [leave, leaveToo]) back();
    }
    ways.push(row);
  }
  measured(info, 'docs/nat.md', 'networks', [['caller ↓ callee →', ...PLACES], ...ways]);

  const relays: string[][] = [];
  for (const [place, carrier, words] of [
    ['public address', 'udp', 'UDP'],
    ['no UDP', 'tcp', 'TCP'],
    ['HTTPS alone', 'tls', 'TLS on the web port'],
  ] as const) {
    const [near, leave] = enter(caller, place);
    await near.expectRelay(callee.outside.end, iceServers, carrier);
    leave();
    relays.push([`**${place}**`, words]);
  }
  measured(info, 'docs/nat.md', 'relay', [['network', 'the relay is reached by'], ...relays]);

  const neighbour = await atHome('carol', homes[0]);
  const neighbours: string[][] = [];
  for (const [name, options] of [
    ['reach each other at home', {}],
    ['are kept apart, and the router turns their packets round', { apart: true, hairpins: true }],
    ['are kept apart', { apart: true }],
  ] as const) {
    homes[0].become('port restricted', options);
    neighbours.push([`**${name}**`, await caller.inside.end.connect(neighbour, iceServers)]);
  }
  measured(info, 'docs/nat.md', 'neighbours', [['two devices behind one router', 'way'], ...neighbours]);
});
