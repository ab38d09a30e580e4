/**
 * The app as this worker's version has it, kept for when the server does not answer. The page itself comes from the server
 * whenever that answers in time, so nobody stays with an old one; its parts, whose names tell their content, come from
 * here. Those of earlier versions stay for pages of theirs that are still open. What the API says is never kept.
 */

/** What a version of the app consists of. */
export interface ShellFiles {
  /** Another for each version. */
  readonly version: string;
  /** The script that the page of this version begins with, and no other page does. */
  readonly entry: string;
  /** Paths of all parts. */
  readonly parts: readonly string[];
}

/** What the shell needs of the worker's world. */
export interface ShellWorld {
  readonly caches: CacheStorage;
  readonly origin: string;
  fetch(request: Request | string, options?: RequestInit): Promise<Response>;
}

const PREFIX = 'visavis-shell-';
const PAGE = '/';
/** This version, and those before it whose pages may still be open. */
const KEPT_VERSIONS = 3;
/** A server that has not begun to answer by then is away, as far as somebody can tell who opens the app. */
const PATIENCE_MS = 3_000;

export class Shell {
  readonly #files: ShellFiles;
  readonly #world: ShellWorld;
  readonly #name: string;
  /** Several pages may ask at once. */
  #keeping: Promise<void> | null = null;

  constructor(files: ShellFiles, world: ShellWorld) {
    this.#files = files;
    this.#world = world;
    this.#name = PREFIX + files.version;
  }

  /** Keeps this version, if it is not kept yet. What cannot be had now is tried again at the next visit. */
  keep(): Promise<void> {
    this.#keeping ??= this.#keep().finally(() => {
      this.#keeping = null;
    });
    return this.#keeping;
  }

  async #keep(): Promise<void> {
    const { caches, fetch } = this.#world;
    try {
      const cache = await caches.open(this.#name);
      if (await cache.match(PAGE)) return;
      const page = await fetch(PAGE, { cache: 'no-cache' });
      // A newer server has a page, and a worker, of its own.
      if (!page.ok || !(await page.clone().text()).includes(this.#files.entry)) return;
      // One by one: a call on a narrow network is not to feel it. What was kept before somebody went is there already.
      for (const part of this.#files.parts) if (!(await cache.match(part))) await cache.add(part);
      // Last: a page that is kept has all of its parts.
      await cache.put(PAGE, page);
    } catch {
      // The server went away meanwhile, or there is no room.
    }
  }

  /** Forgets versions of which no page is open any more. */
  async clean(): Promise<void> {
    const { caches } = this.#world;
    const before = (await this.#versions()).filter((name) => name !== this.#name);
    const old = before.slice(0, Math.max(0, before.length - (KEPT_VERSIONS - 1)));
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  /** Whether this is a visit of the app, and not of another page of this server. */
  isVisit({ mode, url }: Pick<Request, 'mode' | 'url'>): boolean {
    return mode === 'navigate' && this.#pathOf(url) === PAGE;
  }

  isPart({ method, url }: Pick<Request, 'method' | 'url'>): boolean {
    return method === 'GET' && this.#pathOf(url)?.startsWith('/assets/') === true;
  }

  /** The page as the server has it now, `answer`; the one that is kept if that does not come. */
  async page(answer: Promise<Response>): Promise<Response> {
    const inTime = await Promise.race([answer.then(unlessBroken, () => undefined), patience()]);
    return inTime ?? (await this.#keptPage()) ?? answer;
  }

  async part(request: Request): Promise<Response> {
    const kept = await this.#world.caches.match(request, { ignoreVary: true }).catch(() => undefined);
    return kept ?? this.#world.fetch(request);
  }

  /** Of the newest version that is whole. */
  async #keptPage(): Promise<Response | undefined> {
    for (const name of (await this.#versions()).reverse()) {
      const page = await (await this.#world.caches.open(name)).match(PAGE);
      if (page) return page;
    }
    return undefined;
  }

  /** Oldest first. */
  async #versions(): Promise<string[]> {
    const names = await this.#world.caches.keys().catch(() => []);
    return names.filter((name) => name.startsWith(PREFIX));
  }

  #pathOf(url: string): string | undefined {
    const { origin, pathname } = new URL(url);
    return origin === this.#world.origin ? pathname : undefined;
  }
}

/** A proxy answers for a server that is away. */
function unlessBroken(answer: Response): Response | undefined {
  return answer.status < 500 ? answer : undefined;
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
}
