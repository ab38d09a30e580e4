// What an operator can get wrong: the server says what, where and what to do, and ends; nothing half-started stays.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { binary, DEFAULTS, merge, Server, type Settings, toml } from '../bed/server.ts';

type Outcome = { code: number | null; text: string };
type Serve = (settings: Settings | string, data?: string) => Promise<Outcome>;

/** A server that must not start is given this long to say so. */
const ENDS_WITHIN_MS = 10_000;

const test = base.extend<{ folder: string; serve: Serve }>({
  folder: async ({ browserName: _ }, use, info) => {
    const folder = info.outputPath('operator');
    mkdirSync(folder, { recursive: true });
    await use(folder);
  },
  serve: async ({ folder }, use) => {
    await use((settings, data = join(folder, 'data')) => {
      const config = join(folder, 'visavis.toml');
      writeFileSync(config, typeof settings === 'string' ? settings : toml(merge(DEFAULTS, settings)));
      return new Promise((resolve) => {
        const words = ['serve', '--config', config, '--data', data];
        const child = execFile(
          binary,
          words,
          { timeout: ENDS_WITHIN_MS, killSignal: 'SIGKILL' },
          (_, out, err) => {
            resolve({ code: child.exitCode, text: `${out}${err}` });
          },
        );
      });
    });
  },
});

test('a port that is in use is named with its key', async ({ serve }) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { code, text } = await serve({ http: { listen: `127.0.0.1:${port}` } });
  other.close();

  expect(code).toBe(1);
  expect(text).toContain(`127.0.0.1:${port}`);
  expect(text).toContain('http.listen');
  expect(text).toMatch(/in use/i);
});

test('a data folder that cannot be made is named', async ({ serve, folder }) => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { code, text } = await serve({}, join(file, 'data'));
  expect(code).toBe(1);
  expect(text).toContain(join(file, 'data'));
});

test('a data folder that cannot be written is named', async ({ serve, folder }) => {
  const data = join(folder, 'read-only');
  mkdirSync(data);
  // A superuser may write whatever the mode says, but not to a read-only file system.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', data]);
  const { code, text } = await serve({}, data);
  execFileSync('umount', [data]);
  expect(code).toBe(1);
  expect(text).toContain(data);
  expect(text).toMatch(/read-only|writ/i);
});

test('a config file that is no TOML is named with the line', async ({ serve }) => {
  const { code, text } = await serve('[http]\nlisten = "127.0.0.1:0"\n[relay\n');
  expect(code).toBe(2);
  expect(text).toMatch(/visavis\.toml:3\b|visavis\.toml.*line 3/s);
});

test('a key that does not exist is named with the line and the nearest that does', async ({ serve }) => {
  const { code, text } = await serve('[http]\n\nlistn = "127.0.0.1:0"\n');
  expect(code).toBe(2);
  expect(text).toMatch(/visavis\.toml:3\b|visavis\.toml.*line 3/s);
  expect(text).toContain('listn');
  expect(text).toContain('listen');
});

test('a value of the wrong kind is named with its key and line', async ({ serve }) => {
  const { code, text } = await serve('[calls]\nring_timeout_ms = "soon"\n');
  expect(code).toBe(2);
  expect(text).toMatch(/visavis\.toml:2\b|visavis\.toml.*line 2/s);
  expect(text).toContain('ring_timeout_ms');
});

test('a truncated database is named, and left as it is', async () => {
  const server = await Server.start();
  await server.addUser('alice');
  await server.kill();
  const isDatabase = (name: string): boolean =>
    readFileSync(join(server.data, name)).subarray(0, 6).toString() === 'SQLite';
  const databases = readdirSync(server.data).filter(
    (name) => statSync(join(server.data, name)).isFile() && isDatabase(name),
  );
  expect(databases.length).toBeGreaterThan(0);
  for (const name of databases) {
    const path = join(server.data, name);
    // Without its log beside it, the file alone must tell.
    execFileSync('rm', ['-f', `${path}-wal`, `${path}-shm`]);
    truncateSync(path, 1000);
  }
  const failure = await server.restart().then(
    () => 'it started',
    (error: Error) => error.message,
  );
  expect(failure).toContain('ended with 1');
  expect(databases.some((name) => failure.includes(join(server.data, name)))).toBe(true);
  for (const name of databases) expect(statSync(join(server.data, name)).size).toBe(1000);
  await server.stop();
});
