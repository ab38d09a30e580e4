// A router with a NAT of a known kind, as at home, in an office or at a mobile operator: devices behind it have private
// addresses, and everybody else sees them all at the router's one.
//
//     const home = await router('symmetric');                       a fixture of `test.ts`
//     const alice = await bring('alice', { network: await home.network() });
//     home.become('full cone');                                     from the next packet of each new flow on
//
//     the test's namespace        the router's                      a namespace for each device
//     net1 10.77.1.1/24 ═════════ wan0 10.77.1.2/24
//                                 lan1 192.168.1.1/24 ═════════════ media0 192.168.1.2/24, default via 192.168.1.1
//                                 lan2 192.168.2.1/24 ═════════════ media0 192.168.2.2/24, default via 192.168.2.1
//
// All homes use the same private networks, as homes do. The kinds are made of two behaviours (RFC 4787 §4.1 and §5):
//
//     kind                 a socket's outside port is           and lets in
//     full cone            one for all destinations             everybody
//     address restricted   one for all destinations             every port of an address that was sent to
//     port restricted      one for all destinations             the addresses and ports that were sent to
//     symmetric            another one for each destination     the address and port that it was made for
//
// Linux, whose NAT this is, behaves as `port restricted`, and with random ports as `symmetric`. For the first two the
// packet filter notes who has sent from which port and to whom, and lets strangers in by these notes.
// `bed-routers.spec.ts` proves each kind by its packets.
import { Namespace } from './namespace.ts';
import { type FarEnd, IPV4, Network, numberOf } from './network.ts';
import type { Ports } from './server.ts';

export const NATS = ['full cone', 'address restricted', 'port restricted', 'symmetric'] as const;
export type Nat = (typeof NATS)[number];

export type RouterOptions = {
  /** Devices behind the router do not reach each other at their private addresses, as in guest networks and at mobile
   *  operators. */
  apart?: boolean;
  /** They reach each other at their outside addresses (RFC 4787 §6). */
  hairpins?: boolean;
};

const OUTSIDE = 'wan0';
/** The devices' interfaces and addresses. */
const INSIDE = { interfaces: '"lan*"', addresses: '192.168.0.0/16' };

export class Router {
  readonly #inside: Namespace;
  readonly #outside: string;
  readonly #ports: Ports;
  readonly #networks: Network[] = [];
  readonly address: string;

  private constructor(inside: Namespace, outside: string, ports: Ports) {
    this.#inside = inside;
    this.#outside = outside;
    this.#ports = ports;
    this.address = IPV4.host(IPV4.subnet(numberOf(outside)), 2);
  }

  static async start(nat: Nat, ports: Ports, options: RouterOptions = {}): Promise<Router> {
    Namespace.ofTest.forward();
    const inside = await Namespace.make();
    inside.forward();
    const router = new Router(inside, inside.joinTest(OUTSIDE), ports);
    const { address, gateway } = router;
    Namespace.ofTest.run('ip', 'address', 'add', `${gateway}/24`, 'dev', router.#outside);
    inside.run('ip', 'address', 'add', `${address}/24`, 'dev', OUTSIDE);
    inside.run('ip', 'route', 'add', 'default', 'via', gateway);
    router.become(nat, options);
    return router;
  }

  /** The next router outside: an address of the test's namespace. */
  get gateway(): string {
    return IPV4.host(IPV4.subnet(numberOf(this.#outside)), 1);
  }

  /** A network for one more device behind it. */
  async network(): Promise<Network> {
    const number = this.#networks.length + 1;
    const far: FarEnd = { namespace: this.#inside, name: `lan${number}` };
    const network = await Network.behind(far, `192.168.${number}`, this.#ports);
    this.#networks.push(network);
    return network;
  }

  become(nat: Nat, options: RouterOptions = {}): void {
    this.#inside.nft(['add table ip nat', 'delete table ip nat', ...table(nat, options, this.address)]);
  }

  async close(): Promise<void> {
    for (const network of this.#networks) await network.close();
    Namespace.ofTest.run('ip', 'link', 'del', this.#outside);
    await this.#inside.close();
  }
}

/** Which of those who have not been answered yet get in, and where to. */
function letIn(nat: Nat): string[] {
  const toItsUser = 'dnat to udp dport map @users';
  switch (nat) {
    case 'full cone':
      return [`iifname ${OUTSIDE} ${toItsUser}`];
    case 'address restricted':
      return [`iifname ${OUTSIDE} udp dport . ip saddr @spoken_to ${toItsUser}`];
    case 'port restricted':
    case 'symmetric':
      // Flows that are answered need no rule.
      return [];
  }
}

function table(nat: Nat, { apart, hairpins }: RouterOptions, address: string): string[] {
  const fromInside = `iifname ${INSIDE.interfaces}`;
  // An outside port is the inside one, unless another device has it: two whose sockets have the same port are not told
  // apart by the notes. Ports are chosen at random by browsers, so that this is as good as never.
  const notes = 'flags dynamic, timeout; timeout 5m; size 65535;';
  return [
    'table ip nat {',
    `map users { type inet_service : ipv4_addr; ${notes} }`,
    `set spoken_to { type inet_service . ipv4_addr; ${notes} }`,
    'chain forward {',
    'type filter hook forward priority 0;',
    `oifname ${OUTSIDE} update @users { udp sport : ip saddr }`,
    `oifname ${OUTSIDE} update @spoken_to { udp sport . ip daddr }`,
    // Nothing from outside is meant for a private address but what NAT has sent there.
    `iifname ${OUTSIDE} ct state new ct status & dnat == 0 drop`,
    ...(apart ? [`${fromInside} oifname ${INSIDE.interfaces} ct status & dnat == 0 drop`] : []),
    '}',
    'chain prerouting {',
    'type nat hook prerouting priority dstnat;',
    ...letIn(nat),
    ...(hairpins ? [`${fromInside} ip daddr ${address} dnat to udp dport map @users`] : []),
    '}',
    'chain postrouting {',
    'type nat hook postrouting priority srcnat;',
    ...(nat === 'symmetric' ? [`oifname ${OUTSIDE} meta l4proto udp masquerade fully-random`] : []),
    `oifname ${OUTSIDE} masquerade`,
    // RFC 4787 §6, REQ-9 a: who is spoken to sees the outside address here, too.
    `oifname ${INSIDE.interfaces} ip saddr ${INSIDE.addresses} ct status & dnat != 0 snat to ${address}`,
    '}',
    'chain input {',
    // What nobody asked for vanishes. A word about it would also take its port from the device that has it.
    'type filter hook input priority 0;',
    `ip daddr ${address} drop`,
    '}',
    '}',
  ];
}
