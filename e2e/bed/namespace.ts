// Network namespaces: the one the test runs in, and others that it makes beside it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Pairs of interfaces are called net1 to net254, and their networks 10.77.1.0/24 to 10.77.254.0/24. */
const MOST = 254;

export class Namespace {
  /** The test's own: servers, proxies, and everybody without a network of their own. */
  static readonly ofTest = new Namespace(undefined);

  readonly #holder: ChildProcess | undefined;

  private constructor(holder: ChildProcess | undefined) {
    this.#holder = holder;
  }

  /** A new one, with nothing but loopback. */
  static async make(): Promise<Namespace> {
    // It lives as long as this process, and the process no longer than we do: it reads until we end.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo inside; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const namespace = new Namespace(holder);
    // An interface has all its addresses at once. One that came a second later, when nobody else has been found to have it,
    // would be a change of the network, at which a browser gives up the page that is just coming.
    const without = (name: string): string => `echo 0 >/proc/sys/net/ipv6/conf/${name}/accept_dad`;
    namespace.run('sh', '-c', `${without('all')}; ${without('default')}`);
    namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  /** The beginning of a command line whose rest runs inside. */
  get enter(): readonly string[] {
    return this.#holder ? ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`] : [];
  }

  run(...command: readonly string[]): void {
    execute([...this.enter, ...command]);
  }

  /** Changes the packet filter: all of these lines, or none. */
  nft(lines: readonly string[]): void {
    execute([...this.enter, 'nft', '-f', '-'], `${lines.join('\n')}\n`);
  }

  /** Hands on packets between the interfaces of this namespace. */
  forward(): void {
    const [ipv4, ipv6] = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map(
      (name) => `/proc/sys/net/${name}`,
    );
    this.run('sh', '-c', `echo 1 >${ipv4}; echo 1 >${ipv6}`);
  }

  /** Makes a pair of interfaces, `near` in here and the other, which is up, in the test's namespace; tells its name. */
  joinTest(near: string): string {
    for (let number = 1; ; number++) {
      const far = `net${number}`;
      try {
        Namespace.ofTest.join(far, this, near);
        return far;
      } catch (error) {
        // Those of another test may still be on their way out.
        const isTaken = error instanceof Error && error.message.includes('File exists');
        if (!isTaken || number === MOST) throw error;
      }
    }
  }

  /** Makes a pair of interfaces, `here` in this namespace and `there` in the other; both are up. */
  join(here: string, other: Namespace, there: string): void {
    const pid = String(other.#holder?.pid);
    this.run('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', pid);
    this.run('ip', 'link', 'set', here, 'up');
    other.run('ip', 'link', 'set', there, 'up');
  }

  /** Its interfaces go with it, and so do their other ends. */
  async close(): Promise<void> {
    const ended = this.#holder && once(this.#holder, 'exit');
    this.#holder?.stdin?.end();
    await ended;
  }
}

function execute([program, ...words]: readonly string[], input = ''): void {
  if (program === undefined) throw new Error('an empty command line');
  execFileSync(program, words, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}
