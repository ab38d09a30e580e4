import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { shellFiles } from '../shell-files.ts';
import { Shell, type ShellFiles } from '../src/worker/shell.ts';

const ORIGIN = 'https://calls.example.org';

/** A browser's caches, with no more than the shell asks of them. */
class Caches {
  readonly kept = new Map<string, Map<string, Response>>();
  readonly #fetch: (path: string) => Promise<Response>;

  constructor(fetch: (path: string) => Promise<Response>) {
    this.#fetch = fetch;
  }

  keys = () => Promise.resolve([...this.kept.keys()]);
  delete = (name: string) => Promise.resolve(this.kept.delete(name));
  match = (request: Request) => {
    const found = [...this.kept.values()].map((files) => files.get(new URL(request.url).pathname));
    return Promise.resolve(found.find((file) => file)?.clone());
  };
  open = (name: string) => {
    const files = this.kept.get(name) ?? new Map<string, Response>();
    this.kept.set(name, files);
    return Promise.resolve({
      match: (path: string) => Promise.resolve(files.get(path)?.clone()),
      put: (path: string, response: Response) => Promise.resolve(void files.set(path, response)),
      add: async (path: string) => {
        const answer = await this.#fetch(path);
        if (!answer.ok) throw new TypeError('a part is not there');
        files.set(path, answer);
      },
    });
  };
}

/** A server that has one version of the app, or is away. */
class Server {
  version: string | null = 'one';
  readonly asked: string[] = [];

  fetch = (request: Request | string): Promise<Response> => {
    const path = typeof request === 'string' ? request : new URL(request.url).pathname;
    this.asked.push(path);
    const { version } = this;
    if (version === null) return Promise.reject(new TypeError('Failed to fetch'));
    if (path === '/') return Promise.resolve(new Response(`<script src="/assets/index-${version}.js">`));
    const own = path.includes(`-${version}.`);
    return Promise.resolve(own ? new Response(`${path} as served`) : new Response('', { status: 404 }));
  };
}

const filesOf = (version: string): ShellFiles => ({
  version,
  entry: `/assets/index-${version}.js`,
  parts: [`/assets/index-${version}.js`, `/assets/call-screen-${version}.js`],
});
const PAGE = (version: string) => `<script src="/assets/index-${version}.js">`;

let server: Server;
let caches: Caches;
beforeEach(() => {
  server = new Server();
  caches = new Caches(server.fetch);
});
afterEach(() => void vi.useRealTimers());

/** The worker of this version, which has run. */
async function worker(version: string): Promise<Shell> {
  const world = { caches: caches as unknown as CacheStorage, origin: ORIGIN, fetch: server.fetch };
  const shell = new Shell(filesOf(version), world);
  await shell.keep();
  await shell.clean();
  return shell;
}

const visit = async (shell: Shell) => (await shell.page(server.fetch('/'))).text();
const part = async (shell: Shell, name: string) =>
  (await shell.part(new Request(`${ORIGIN}/assets/${name}`))).text();

describe('a visit', () => {
  test('has the page of the server, whatever is kept', async () => {
    const shell = await worker('one');
    server.version = 'two';
    expect(await visit(shell)).toBe(PAGE('two'));
  });

  test('has the page that is kept while the server is away, with all of its parts', async () => {
    const shell = await worker('one');
    server.version = null;
    expect(await visit(shell)).toBe(PAGE('one'));
    expect(await part(shell, 'call-screen-one.js')).toBe('/assets/call-screen-one.js as served');
  });

  test('has the page that is kept when a proxy answers in the place of the server', async () => {
    const shell = await worker('one');
    const answer = await shell.page(Promise.resolve(new Response('Bad gateway', { status: 502 })));
    expect(await answer.text()).toBe(PAGE('one'));
  });

  test('waits three seconds for the server', async () => {
    const shell = await worker('one');
    vi.useFakeTimers();
    let came: string | undefined;
    void shell.page(new Promise(() => {})).then(async (page) => {
      came = await page.text();
    });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(came).toBe(undefined);
    await vi.advanceTimersByTimeAsync(1);
    expect(came).toBe(PAGE('one'));
  });

  test('fails as it would have without us where nothing is kept', async () => {
    server.version = null;
    const shell = await worker('one');
    await expect(visit(shell)).rejects.toThrow('Failed to fetch');
  });

  test('is one of the app, and not of another page or of the API', async () => {
    const shell = await worker('one');
    const isVisit = (url: string, mode: RequestMode = 'navigate') => shell.isVisit({ mode, url });
    expect(isVisit(`${ORIGIN}/#/contacts`)).toBe(true);
    expect(isVisit(`${ORIGIN}/`, 'cors')).toBe(false);
    expect(isVisit(`${ORIGIN}/tutorial/`)).toBe(false);
    expect(isVisit(`${ORIGIN}/api/me`)).toBe(false);
    expect(isVisit('https://elsewhere.example.org/')).toBe(false);
    const isPart = (path: string, method = 'GET') => shell.isPart({ method, url: ORIGIN + path });
    expect([isPart('/assets/a.js'), isPart('/assets/a.js', 'POST'), isPart('/api/me')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a version', () => {
  test('is kept only whole, and at the next visit if it could not be had at first', async () => {
    server.version = null;
    const shell = await worker('one');
    expect([...(caches.kept.get('visavis-shell-one') ?? [])]).toEqual([]);
    server.version = 'one';
    await shell.keep();
    expect([...(caches.kept.get('visavis-shell-one')?.keys() ?? [])]).toEqual([
      '/assets/index-one.js',
      '/assets/call-screen-one.js',
      '/',
    ]);
  });

  test('is fetched once', async () => {
    const shell = await worker('one');
    const asked = server.asked.length;
    await shell.keep();
    expect(server.asked).toHaveLength(asked);
  });

  test('is fetched once for several pages that ask at once', async () => {
    server.version = null;
    const shell = await worker('one');
    server.version = 'one';
    const asked = server.asked.length;
    await Promise.all([shell.keep(), shell.keep()]);
    expect(server.asked.slice(asked)).toEqual(['/', '/assets/index-one.js', '/assets/call-screen-one.js']);
  });

  test('does not take the page of a newer one for its own', async () => {
    server.version = 'two';
    await worker('one');
    expect([...(caches.kept.get('visavis-shell-one') ?? [])]).toEqual([]);
  });

  test('leaves the parts of the one before to pages that are still open', async () => {
    await worker('one');
    server.version = 'two';
    const shell = await worker('two');
    expect(await part(shell, 'call-screen-one.js')).toBe('/assets/call-screen-one.js as served');
    server.version = null;
    expect(await visit(shell)).toBe(PAGE('two'));
  });

  test('is forgotten after two others, and nothing else is', async () => {
    await caches.open('visavis-memory');
    for (const version of ['one', 'two', 'three', 'four']) {
      server.version = version;
      await worker(version);
    }
    expect(await caches.keys()).toEqual([
      'visavis-memory',
      'visavis-shell-two',
      'visavis-shell-three',
      'visavis-shell-four',
    ]);
  });

  test('is read from what was built', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'visavis-shell-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(
      join(folder, 'index.html'),
      '<script type="module" crossorigin src="/assets/index-x.js">',
    );
    for (const name of ['index-x.js', 'en-y.js', 'index-z.css', 'model.bin']) {
      await writeFile(join(folder, 'assets', name), '');
    }
    const { version, ...files } = shellFiles(folder);
    await writeFile(join(folder, 'assets', 'more-q.js'), '');
    const next = shellFiles(folder);
    await rm(folder, { recursive: true });
    expect(files).toEqual({
      entry: '/assets/index-x.js',
      parts: ['/assets/en-y.js', '/assets/index-x.js', '/assets/index-z.css'],
    });
    expect(next.version).not.toBe(version);
  });
});
