// Bad networks. A device may have a network of its own, which is lost, changed and blocked without anybody else's
// noticing; or the one that all others share is changed under all of them.
//
//     const wifi = await network();                               fixtures of `test.ts`, undone after the test
//     const alice = await bring('alice', { network: wifi });      alice's browser runs inside
//
//     wifi.down();                      the address is taken off: nothing goes in or out, open sockets are not told
//     wifi.up();                        it is given back
//     wifi.move();                      another address in its place, as when a phone goes from Wi-Fi to mobile:
//                                       the server can be reached again, what was open before cannot go on
//     const lift = wifi.block('udp');   packets vanish both ways until `lift()`; the address stays, so nobody is told
//
//     const lift = wifi.muffle(port);   of what the device sends from this UDP port its sound vanishes, and nothing else
//
//     const widen = wifi.narrow(40);    so many kbit/s pass, each way, until `widen()`; more waits in a queue of its router for
//                                       up to a third of a second, and is lost
//
//     const lift = wifi.lose(20);       so many of a hundred UDP packets vanish, each way, at random, until `lift()`
//
//     sharedNetwork.move();             the same verbs under everybody without a network of their own. Signaling goes
//                                       over loopback there and stays; direct media and the relay (10.77.0.1) do not
//
// What blocks only WebSockets, and what makes the way longer, is in `proxy.ts`.
//
//     the test's namespace: servers, proxies, everybody else            a namespace for each network of one's own
//     media0 10.77.0.1/24 ── media1     net1 10.77.1.1/24 ═══════════ media0 10.77.1.2/24, default via 10.77.1.1
//                                       net2 10.77.2.1/24 ═══════════ media0 10.77.2.2/24, default via 10.77.2.1
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchOptions } from '@playwright/test';
import { chromium } from './chromium.ts';
import { Namespace } from './namespace.ts';
import type { Ports } from './server.ts';

/** Where the server is for those who are not in its namespace; its relay listens there for everybody. */
export const SERVER_ADDRESS = '10.77.0.1';
/** The same for those who have IPv6 alone, once a test has given it to the test's namespace. */
export const SERVER_ADDRESS_IPV6 = 'fd77::1';
/** A name that means the server's address to every browser in a network of one's own. */
export const SERVER_NAME = 'server.test';

/** - `signaling`: pages, account API and WebSockets, all over one port
 *  - `relay`: STUN and TURN, UDP and TCP
 *  - `udp`: any UDP, so that only TURN over TCP is left
 *  - `all but HTTPS`: whatever is not TCP to the server's port of HTTPS
 *  - `everything` */
export type Traffic = 'signaling' | 'relay' | 'udp' | 'all but HTTPS' | 'everything';

const INTERFACE = 'media0';

/** How the addresses of a network are written; one family is all a network has. */
type Family = {
  readonly version: 4 | 6;
  readonly server: string;
  readonly width: number;
  readonly subnet: (number: string) => string;
  readonly host: (subnet: string, host: number) => string;
};

export const IPV4: Family = {
  version: 4,
  server: SERVER_ADDRESS,
  width: 24,
  subnet: (number) => `10.77.${number}`,
  host: (subnet, host) => `${subnet}.${host}`,
};
export const IPV6: Family = {
  version: 6,
  server: SERVER_ADDRESS_IPV6,
  width: 64,
  subnet: (number) => `fd77:0:0:${number}`,
  host: (subnet, host) => `${subnet}::${host.toString(16)}`,
};

/** The end of a device's cable that is not the device's. */
export type FarEnd = { readonly namespace: Namespace; readonly name: string };

/** The verbs; `own`, `behind` and `shared` say where they work. */
export class Network {
  readonly #inside: Namespace;
  readonly #family: Family;
  readonly #subnet: string;
  readonly #gateway: string;
  readonly #firstHost: number;
  readonly #lastHost: number;
  /** None for the shared network. */
  readonly #far: FarEnd | undefined;
  readonly #ports: Ports;
  #host: number;
  #isUp = true;
  #blocks = 0;
  readonly #lifts = new Set<() => void>();
  #folder: string | undefined;
  #redirects = false;

  private constructor(place: Place, ports: Ports) {
    this.#inside = place.inside;
    this.#family = place.family;
    this.#subnet = place.subnet;
    this.#gateway = place.gateway;
    this.#firstHost = place.firstHost;
    this.#lastHost = place.lastHost;
    this.#far = place.far;
    this.#ports = ports;
    this.#host = place.firstHost;
  }

  /** The network of everybody who has none of their own. */
  static shared(ports: Ports): Network {
    // 10.77.0.2 is where the default route points, and nobody.
    const range = { subnet: '10.77.0', gateway: '10.77.0.2', firstHost: 1, lastHost: 254 };
    return new Network({ ...range, inside: Namespace.ofTest, family: IPV4, far: undefined }, ports);
  }

  /** A namespace with one interface, from which the server and all other networks can be reached. */
  static async own(ports: Ports, family = IPV4): Promise<Network> {
    // The test's namespace hands on packets from one such network to another.
    Namespace.ofTest.forward();
    const inside = await Namespace.make();
    const name = inside.joinTest(INTERFACE);
    const far = { namespace: Namespace.ofTest, name };
    return Network.#at(far, inside, family, family.subnet(numberOf(name)), ports);
  }

  /** A namespace with one interface, behind this one of a router (`router.ts`). */
  static async behind(far: FarEnd, subnet: string, ports: Ports): Promise<Network> {
    const inside = await Namespace.make();
    far.namespace.join(far.name, inside, INTERFACE);
    return Network.#at(far, inside, IPV4, subnet, ports);
  }

  static #at(far: FarEnd, inside: Namespace, family: Family, subnet: string, ports: Ports): Network {
    const gateway = family.host(subnet, 1);
    address('add', gateway, far.namespace, far.name, family);
    const place = { inside, family, subnet, gateway, firstHost: 2, lastHost: 254, far };
    const network = new Network(place, ports);
    network.#give();
    return network;
  }

  /** The beginning of a command line whose rest runs in this network. */
  get enter(): readonly string[] {
    return this.#inside.enter;
  }

  /** The address of the device in this network; undefined while it has none. */
  get address(): string | undefined {
    return this.#isUp ? this.#addressOf(this.#host) : undefined;
  }

  /** The address is taken off the interface, and with it every route. */
  down(): void {
    if (!this.#isUp) throw new Error('the network is down already');
    address('del', this.#addressOf(this.#host), this.#inside, INTERFACE, this.#family);
    this.#isUp = false;
  }

  /** The address it had is given back. */
  up(): void {
    if (this.#isUp) throw new Error('the network is up already');
    this.#give();
  }

  /** Another address takes the place of this one; the old one is gone before the new one is there. */
  move(): void {
    if (this.#isUp) this.down();
    do this.#host = this.#host < this.#lastHost ? this.#host + 1 : this.#firstHost;
    while (this.#gateway === this.#addressOf(this.#host));
    this.#give();
  }

  /** Makes packets vanish, both ways and without a word, until the returned function is called. */
  block(traffic: Traffic): () => void {
    const far = this.#far;
    if (!far && traffic === 'all but HTTPS') throw new Error("everybody's pages come over loopback");
    const table = `bed-${far?.name ?? 'shared'}-${this.#blocks++}`;
    const [toDevice, fromDevice] = rules(traffic, this.#ports);
    // Always on the way in: a packet dropped on the way out is an error that its sender sees.
    drop(this.#inside, table, 'input', far ? toDevice : [...toDevice, ...fromDevice]);
    if (far) dropFrom(far, table, fromDevice);
    return this.#lifting(() => {
      for (const namespace of [this.#inside, far?.namespace]) {
        namespace?.nft([`delete table inet ${table}`]);
      }
    });
  }

  /** Makes the sound vanish that the device sends from this UDP port: pictures and ICE pass, so that nobody notices but
   *  by listening. */
  muffle(port: number): () => void {
    const far = this.#far;
    if (!far) throw new Error('only a network of its own can be muffled');
    const table = `bed-${far.name}-${this.#blocks++}`;
    // RFC 3550 §5.1, behind the 8 bytes of UDP: version 2, and after the marker the payload type; Chromium's of Opus is 111.
    dropFrom(far, table, [`udp sport ${port} @th,64,2 2 @th,73,7 111`]);
    return this.#lifting(() => far.namespace.nft([`delete table inet ${table}`]));
  }

  /** Loses so many percent of what goes by UDP, each way, at random. */
  lose(percent: number): () => void {
    const far = this.#far;
    if (!far) throw new Error('only a network of its own can lose packets');
    const table = `bed-${far.name}-${this.#blocks++}`;
    const rule = `meta l4proto udp numgen random mod 100 < ${percent}`;
    drop(this.#inside, table, 'input', [rule]);
    dropFrom(far, table, [rule]);
    return this.#lifting(() => {
      for (const namespace of [this.#inside, far.namespace]) namespace.nft([`delete table inet ${table}`]);
    });
  }

  /** Lets so many kbit/s pass, each way: what is more queues up, and is lost when the queue is full. */
  narrow(kbits: number): () => void {
    const far = this.#far;
    if (!far) throw new Error('only a network of its own can be narrow');
    const queue = ['root', 'tbf', 'rate', `${kbits}kbit`, 'burst', '3kb', 'latency', '300ms'];
    far.namespace.run('tc', 'qdisc', 'replace', 'dev', far.name, ...queue);
    this.#inside.run('tc', 'qdisc', 'replace', 'dev', INTERFACE, ...queue);
    return this.#lifting(() => {
      far.namespace.run('tc', 'qdisc', 'del', 'dev', far.name, 'root');
      this.#inside.run('tc', 'qdisc', 'del', 'dev', INTERFACE, 'root');
    });
  }

  /** How a Chromium is started inside: `localhost`, a secure context, means the server there, too. */
  chromium(): LaunchOptions {
    const executablePath = this.#program('chromium', chromium.executablePath ?? 'chromium');
    const { version, server } = this.#family;
    const there = version === 4 ? server : `[${server}]`;
    const args = [...(chromium.args ?? []), `--host-resolver-rules=MAP localhost ${there}`];
    return { ...chromium, executablePath, args };
  }

  /** The same for a Firefox, which cannot be told what `localhost` means: packets of IPv4 can. */
  firefox(path: string): string {
    if (!this.#redirects && this.#family.version === 4) {
      sendLocalhostTo(SERVER_ADDRESS, this.#inside, this.#ports);
      this.#redirects = true;
    }
    return this.#program('firefox', path);
  }

  /** A program that runs this one inside, where the server has a name. */
  #program(name: string, path: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'visavis-network-'));
    const [inside, hosts] = [join(this.#folder, name), join(this.#folder, 'hosts')];
    // Chromium looks the name of a relay up with a dot at its end, so that no other name is tried.
    writeFileSync(
      hosts,
      `${readFileSync('/etc/hosts', 'utf8')}\n${this.#family.server} ${SERVER_NAME} ${SERVER_NAME}.\n`,
    );
    const named = `mount --bind ${hosts} /etc/hosts && exec ${path} "$@"`;
    const enter = [...this.enter, 'unshare', '--mount', 'sh', '-c'].join(' ');
    writeFileSync(inside, `#!/bin/sh\nexec ${enter} '${named}' ${name} "$@"\n`);
    chmodSync(inside, 0o755);
    return inside;
  }

  /** Everything is as before the first verb. */
  async close(): Promise<void> {
    for (const lift of [...this.#lifts]) lift();
    if (this.#folder) rmSync(this.#folder, { recursive: true });
    if (this.#far) {
      this.#far.namespace.run('ip', 'link', 'del', this.#far.name);
      await this.#inside.close();
      return;
    }
    if (this.#isUp && this.#host === this.#firstHost) return;
    if (this.#isUp) this.down();
    this.#host = this.#firstHost;
    this.#give();
  }

  #addressOf(host: number): string {
    return this.#family.host(this.#subnet, host);
  }

  #give(): void {
    this.#isUp = true;
    address('add', this.#addressOf(this.#host), this.#inside, INTERFACE, this.#family);
    this.#inside.run(`ip`, `-${this.#family.version}`, 'route', 'replace', 'default', 'via', this.#gateway);
  }

  /** Undoes it once, by the returned function or at the end. */
  #lifting(undo: () => void): () => void {
    const lift = (): void => {
      if (this.#lifts.delete(lift)) undo();
    };
    this.#lifts.add(lift);
    return lift;
  }
}

type Place = {
  inside: Namespace;
  family: Family;
  subnet: string;
  gateway: string;
  firstHost: number;
  lastHost: number;
  far: FarEnd | undefined;
};

/** The number of a pair of interfaces, by which its network is called. */
export function numberOf(name: string): string {
  return name.replace('net', '');
}

/** Gives an address to an interface, or takes it; nobody else can have it. */
export function address(
  verb: 'add' | 'del',
  address: string,
  namespace: Namespace,
  name: string,
  { version, width }: Family,
): void {
  const atOnce = version === 6 && verb === 'add' ? ['nodad'] : [];
  namespace.run('ip', 'address', verb, `${address}/${width}`, 'dev', name, ...atOnce);
}

/** What matches the traffic on its way to the device, and from it. */
function rules(traffic: Traffic, ports: Ports): [string[], string[]] {
  const both = (matches: (end: 'sport' | 'dport') => string[]): [string[], string[]] => [
    matches('sport'),
    matches('dport'),
  ];
  switch (traffic) {
    case 'signaling':
      return both((end) => [`tcp ${end} ${ports.signaling}`]);
    case 'relay':
      return both((end) => [`udp ${end} ${ports.relayUdp}`, `tcp ${end} ${ports.relayTcp}`]);
    case 'udp':
      return [['meta l4proto udp'], ['meta l4proto udp']];
    case 'all but HTTPS':
      // The driver of a Firefox comes to it over loopback.
      return both((end) => [
        'iifname != lo meta l4proto { udp, icmp }',
        `iifname != lo tcp ${end} != ${ports.https}`,
      ]);
    case 'everything':
      return [['meta l4proto { tcp, udp, icmp }'], ['meta l4proto { tcp, udp, icmp }']];
  }
}

/** What is said to the server's port of loopback goes to the server. A connection does not outlive a change of address in
 *  silence, as others do. */
function sendLocalhostTo(server: string, inside: Namespace, { signaling }: Ports): void {
  // Addresses of loopback may leave it, which they do by none of their own.
  inside.run('sh', '-c', `echo 1 >/proc/sys/net/ipv4/conf/${INTERFACE}/route_localnet`);
  inside.nft([
    'table ip localhost {',
    'chain output {',
    'type nat hook output priority -100;',
    `ip daddr 127.0.0.1 tcp dport ${signaling} dnat to ${server}`,
    '}',
    'chain postrouting {',
    'type nat hook postrouting priority srcnat;',
    `ip saddr 127.0.0.1 oifname ${INTERFACE} masquerade`,
    '}',
    '}',
  ]);
}

/** Drops what comes from the device behind this end. */
function dropFrom({ namespace, name }: FarEnd, table: string, wanted: readonly string[]): void {
  const rules = wanted.map((rule) => `iifname ${name} ${rule}`);
  drop(namespace, table, 'prerouting', rules);
}

function drop(namespace: Namespace, table: string, hook: string, wanted: readonly string[]): void {
  // Before any NAT: a rule means the addresses that the device uses.
  const chain = `type filter hook ${hook} priority ${hook === 'input' ? 0 : -150};`;
  const lines = wanted.map((rule) => `add rule inet ${table} ${hook} ${rule} drop`);
  namespace.nft([`add table inet ${table}`, `add chain inet ${table} ${hook} { ${chain} }`, ...lines]);
}
