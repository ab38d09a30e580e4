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
//     sharedNetwork.move();             the same verbs under everybody without a network of their own. Signaling goes
//                                       over loopback there and stays; direct media and the relay (10.77.0.1) do not
//
// What blocks only WebSockets, and what makes the way longer, is in `proxy.ts`.
//
//     the test's namespace: servers, proxies, everybody else            a namespace for each network of one's own
//     media0 10.77.0.1/24 ── media1     net1 10.77.1.1/24 ═══════════ media0 10.77.1.2/24, default via 10.77.1.1
//                                       net2 10.77.2.1/24 ═══════════ media0 10.77.2.2/24, default via 10.77.2.1
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchOptions } from '@playwright/test';
import { chromium } from './chromium.ts';
import type { Ports } from './server.ts';

/** Where the server is for those who are not in its namespace; its relay listens there for everybody. */
export const SERVER_ADDRESS = '10.77.0.1';

/** - `signaling`: pages, account API and WebSockets, all over one port
 *  - `relay`: STUN and TURN, UDP and TCP
 *  - `udp`: any UDP, so that only TURN over TCP is left
 *  - `everything` */
export type Traffic = 'signaling' | 'relay' | 'udp' | 'everything';

const INTERFACE = 'media0';
/** Networks of one's own are 10.77.1.0/24 to 10.77.254.0/24. */
const MOST = 254;

/** The verbs; `own` and `shared` say where they work. */
export class Network {
  readonly #enter: readonly string[];
  readonly #subnet: string;
  readonly #gateway: string;
  readonly #firstHost: number;
  readonly #lastHost: number;
  /** Its end in the test's namespace; none for the shared network. */
  readonly #far: string | undefined;
  readonly #ports: Ports;
  #host: number;
  #isUp = true;
  #blocks = 0;
  readonly #lifts = new Set<() => void>();
  #holder: ChildProcess | undefined;
  #folder: string | undefined;

  private constructor(place: Place, ports: Ports) {
    this.#enter = place.enter;
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
    const place = { enter: [], subnet: '10.77.0', gateway: '10.77.0.2', firstHost: 1, lastHost: 254 };
    // 10.77.0.2 is where the default route points, and nobody.
    return new Network({ ...place, far: undefined }, ports);
  }

  /** A namespace with one interface, from which the server and all other networks can be reached. */
  static async own(ports: Ports): Promise<Network> {
    // Of this namespace alone: it hands on packets from one such network to another.
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    // The namespace lives as long as this process, and the process no longer than we do: it reads until we end.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo inside; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const enter = ['nsenter', `--net=/proc/${holder.pid}/ns/net`];
    const number = firstFree((number) => [
      ...['ip', 'link', 'add', `net${number}`, 'type', 'veth'],
      ...['peer', 'name', INTERFACE, 'netns', String(holder.pid)],
    ]);
    const far = `net${number}`;
    const subnet = `10.77.${number}`;
    run(['ip', 'address', 'add', `${subnet}.1/24`, 'dev', far]);
    run(['ip', 'link', 'set', far, 'up']);
    for (const name of ['lo', INTERFACE]) run([...enter, 'ip', 'link', 'set', name, 'up']);
    const place = { enter, subnet, gateway: `${subnet}.1`, firstHost: 2, lastHost: 254, far };
    const network = new Network(place, ports);
    network.#holder = holder;
    network.#give();
    return network;
  }

  /** The address of the device in this network; undefined while it has none. */
  get address(): string | undefined {
    return this.#isUp ? `${this.#subnet}.${this.#host}` : undefined;
  }

  /** The address is taken off the interface, and with it every route. */
  down(): void {
    if (!this.#isUp) throw new Error('the network is down already');
    this.#in('ip', 'address', 'del', `${this.address}/24`, 'dev', INTERFACE);
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
    while (this.#gateway === `${this.#subnet}.${this.#host}`);
    this.#give();
  }

  /** Makes packets vanish, both ways and without a word, until the returned function is called. */
  block(traffic: Traffic): () => void {
    const table = `bed-${this.#far ?? 'shared'}-${this.#blocks++}`;
    const [toDevice, fromDevice] = rules(traffic, this.#ports);
    // Always on the way in: a packet dropped on the way out is an error that its sender sees.
    this.#filter(table, 'input', this.#far ? toDevice : [...toDevice, ...fromDevice]);
    if (this.#far) this.#filterFromDevice(table, fromDevice);
    return this.#lifting(() => {
      this.#in('nft', 'delete', 'table', 'inet', table);
      if (this.#far) run(['nft', 'delete', 'table', 'inet', table]);
    });
  }

  /** Makes the sound vanish that the device sends from this UDP port: pictures and ICE pass, so that nobody notices but
   *  by listening. */
  muffle(port: number): () => void {
    if (!this.#far) throw new Error('only a network of its own can be muffled');
    const table = `bed-${this.#far}-${this.#blocks++}`;
    // RFC 3550 §5.1, behind the 8 bytes of UDP: version 2, and after the marker the payload type; Chromium's of Opus is 111.
    this.#filterFromDevice(table, [`udp sport ${port} @th,64,2 2 @th,73,7 111`]);
    return this.#lifting(() => run(['nft', 'delete', 'table', 'inet', table]));
  }

  /** How a Chromium is started inside: `localhost`, a secure context, means the server there, too. */
  chromium(): LaunchOptions {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'visavis-network-'));
    const inside = join(this.#folder, 'chromium');
    const command = [...this.#enter, chromium.executablePath].join(' ');
    writeFileSync(inside, `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(inside, 0o755);
    const args = [...(chromium.args ?? []), `--host-resolver-rules=MAP localhost ${SERVER_ADDRESS}`];
    return { ...chromium, executablePath: inside, args };
  }

  /** Everything is as before the first verb. */
  async close(): Promise<void> {
    for (const lift of [...this.#lifts]) lift();
    if (this.#folder) rmSync(this.#folder, { recursive: true });
    if (this.#far) {
      run(['ip', 'link', 'del', this.#far]);
      const ended = this.#holder && once(this.#holder, 'exit');
      this.#holder?.stdin?.end();
      await ended;
      return;
    }
    if (this.#isUp && this.#host === this.#firstHost) return;
    if (this.#isUp) this.down();
    this.#host = this.#firstHost;
    this.#give();
  }

  #give(): void {
    this.#isUp = true;
    this.#in('ip', 'address', 'add', `${this.address}/24`, 'dev', INTERFACE);
    this.#in('ip', 'route', 'replace', 'default', 'via', this.#gateway);
  }

  #in(...command: string[]): void {
    run([...this.#enter, ...command]);
  }

  #filterFromDevice(table: string, wanted: readonly string[]): void {
    const rules = wanted.map((rule) => `iifname ${this.#far} ${rule}`);
    nft([], table, 'prerouting', rules);
  }

  /** Undoes it once, by the returned function or at the end. */
  #lifting(undo: () => void): () => void {
    const lift = (): void => {
      if (this.#lifts.delete(lift)) undo();
    };
    this.#lifts.add(lift);
    return lift;
  }

  #filter(table: string, hook: string, wanted: readonly string[]): void {
    nft(this.#enter, table, hook, wanted);
  }
}

type Place = {
  enter: readonly string[];
  subnet: string;
  gateway: string;
  firstHost: number;
  lastHost: number;
  far: string | undefined;
};

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
    case 'everything':
      return [['meta l4proto { tcp, udp, icmp }'], ['meta l4proto { tcp, udp, icmp }']];
  }
}

function nft(enter: readonly string[], table: string, hook: string, wanted: readonly string[]): void {
  const chain = `type filter hook ${hook} priority 0;`;
  const lines = wanted.map((rule) => `add rule inet ${table} ${hook} ${rule} drop`);
  run(
    [...enter, 'nft', '-f', '-'],
    [`add table inet ${table}`, `add chain inet ${table} ${hook} { ${chain} }`, ...lines, ''].join('\n'),
  );
}

/** The first number for which the command succeeds: interfaces of another test may still be on their way out. */
function firstFree(command: (number: number) => string[]): number {
  for (let number = 1; ; number++) {
    try {
      run(command(number));
      return number;
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('File exists');
      if (!isTaken || number === MOST) throw error;
    }
  }
}

function run([program, ...words]: readonly string[], input = ''): void {
  if (program === undefined) throw new Error('an empty command line');
  execFileSync(program, words, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}
