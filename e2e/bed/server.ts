// A server of the test's own: the real binary with a data folder and a config file that are thrown away afterwards.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SERVER_NAME } from './network.ts';

/** Sections of the config file. */
export type Settings = Record<string, Record<string, string | number | boolean | string[]>>;

/** What the server writes to `run.json` once it listens. */
type RunFile = { http: string; https: string | null; relay_udp: string[]; relay_tcp: string[] };

/** Where one server listens; the same after a restart. */
export type Ports = {
  readonly signaling: number;
  /** 0 where HTTPS is off. */
  readonly https: number;
  readonly relayUdp: number;
  readonly relayTcp: number;
};

/** Ports are chosen by the system. Pages come over loopback, or from a network of their own (`network.ts`); the relay's
 *  address is that of the namespace, where two relayed peers meet. */
export const DEFAULTS: Settings = {
  http: { listen: '0.0.0.0:0' },
  https: { listen: '' },
  relay: { listen: ['10.77.0.1:0'], host: '10.77.0.1', allow_peers: ['10.77.0.0/16'] },
};

/** A server that has not said `ready` by then never will. */
const READY_WITHIN_MS = 15_000;

export const binary = process.env['VISAVIS_BINARY'] ?? 'visavis';

export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'visavis-e2e-'));
  readonly data = join(this.folder, 'data');
  readonly config = join(this.folder, 'visavis.toml');
  #settings: Settings;
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #url = '';
  #ports: Ports = { signaling: 0, https: 0, relayUdp: 0, relayTcp: 0 };
  #log = '';
  /** Since when it is gone, on this process's clock. */
  #goneAt = 0;

  private constructor(settings: Settings, environment: NodeJS.ProcessEnv) {
    this.#settings = settings;
    this.#environment = environment;
  }

  static async start(settings: Settings = {}, environment: NodeJS.ProcessEnv = {}): Promise<Server> {
    const server = new Server(merge(DEFAULTS, settings), environment);
    await server.#start();
    return server;
  }

  /** Where the pages are; `localhost` is a secure context without a certificate. */
  /** What the operator sees at this path. */
  async operator(path: string): Promise<string> {
    const secrets = readFileSync(join(this.data, 'secrets.toml'), 'utf8');
    const token = /^metrics_token = "(.*)"/m.exec(secrets)?.[1];
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${token}` } });
    return await answer.text();
  }

  get url(): string {
    return this.#url;
  }

  /** The same for those who have a network of their own, where HTTPS is on. */
  get secureUrl(): string {
    return `https://${SERVER_NAME}:${this.#ports.https}`;
  }

  get ports(): Ports {
    return this.#ports;
  }

  /** The host part of the relay's address. */
  get relayHost(): string {
    return String(this.#settings['relay']?.['host']);
  }

  /** Everything it printed, for the report of a failed test. */
  get log(): string {
    return this.#log;
  }

  /** Makes a user and returns the one-time link by which they choose a password. */
  async addUser(name: string): Promise<string> {
    const words = ['user', 'add', name, '--config', this.config, '--data', this.data, '--base-url', this.url];
    const { stdout } = await promisify(execFile)(binary, [...words, '--json']);
    const { link } = JSON.parse(stdout) as { link: string };
    return link;
  }

  /** What a messenger needs to know. */
  async bridge(): Promise<{ token: string; webhook_key: string }> {
    const words = ['bridge', '--json', '--config', this.config, '--data', this.data];
    const { stdout } = await promisify(execFile)(binary, words);
    return JSON.parse(stdout) as { token: string; webhook_key: string };
  }

  /** The power goes: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Waits until it has been away for so long, without being started meanwhile. */
  async awayFor(ms: number): Promise<void> {
    const rest = this.#goneAt + ms - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    if (this.#process) throw new Error('the server is not away');
  }

  /** Comes back where it was: same data, same ports. */
  async restart(): Promise<void> {
    await this.#start();
  }

  /** The same binary takes over from the one that runs, as a new version would; resolves when it serves. Returns what ends
   *  when the old one has. */
  async upgrade(): Promise<{ readonly oldEnds: Promise<void> }> {
    const old = this.#process;
    if (!old) throw new Error('no server runs that could hand over');
    const ended = new Promise<void>((resolve) => old.once('exit', () => resolve()));
    await this.#run(['--upgrade']);
    return { oldEnds: ended };
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    writeFileSync(this.config, toml(this.#settings));
    await this.#run([]);
  }

  async #run(flags: readonly string[]): Promise<void> {
    const child = spawn(binary, ['serve', '--config', this.config, '--data', this.data, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#environment },
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      const give = (why: string): void => reject(new Error(`the server ${why}:\n${this.#log}`));
      const timer = setTimeout(() => give('is not ready'), READY_WITHIN_MS);
      let printed = '';
      const hear = (chunk: Buffer): void => {
        this.#log += chunk;
      };
      child.stderr?.on('data', hear);
      child.stdout?.on('data', (chunk: Buffer) => {
        hear(chunk);
        printed += chunk;
        if (!/^ready\b/m.test(printed)) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('error', (error) => give(`cannot be started (${error.message})`));
      child.once('exit', (code) => {
        clearTimeout(timer);
        give(`ended with ${code}`);
      });
    });
    const run = JSON.parse(readFileSync(join(this.data, 'run.json'), 'utf8')) as RunFile;
    const portOfUrl = (url: string | null): number => (url === null ? 0 : Number(new URL(url).port));
    const [port, https] = [portOfUrl(run.http), portOfUrl(run.https)];
    this.#url = `http://localhost:${port}`;
    const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1) ?? 0);
    this.#ports = {
      signaling: port,
      https,
      relayUdp: portOf(run.relay_udp[0]),
      relayTcp: portOf(run.relay_tcp[0]),
    };
    const on = (section: string, port: number): string => {
      const listen = String(this.#settings[section]?.['listen']);
      return listen && `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`;
    };
    this.#settings = merge(this.#settings, {
      http: { listen: on('http', port) },
      https: { listen: on('https', https) },
      relay: { listen: run.relay_udp },
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
    this.#goneAt = performance.now();
  }
}

export function merge(base: Settings, over: Settings): Settings {
  const merged = { ...base };
  for (const [section, keys] of Object.entries(over)) merged[section] = { ...base[section], ...keys };
  return merged;
}

/** A JSON string, number, boolean or list of strings is written the same in TOML. */
export function toml(settings: Settings): string {
  const sections = Object.entries(settings).map(([section, keys]) => {
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return [`[${section}]`, ...lines].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}
