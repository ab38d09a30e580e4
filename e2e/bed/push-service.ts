// A push service of the test's own (RFC 8030): the server pushes to it, and the test decrypts (RFC 8291) what has come and hands it
// to the browser's service worker, as the service of a browser's vendor would.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page, Worker } from '@playwright/test';
import { expect } from '@playwright/test';
import type { Person } from './person.ts';
import type { Settings } from './server.ts';

/** A push as it came in: the payload, and how the server wished it to be carried. */
export type Push = {
  payload: Record<string, unknown>;
  topic: string | undefined;
  ttl: number;
  urgency: string;
};

/** What a browser keeps of its subscription. */
type Keys = {
  readonly pair: CryptoKeyPair;
  readonly open: Uint8Array<ArrayBuffer>;
  readonly auth: Uint8Array<ArrayBuffer>;
};

/** Where it listens: an address of the namespace's network, which the server takes for a private one. */
const HOST = '10.77.0.1';

export class PushService {
  /** What the server has to be told, so that it pushes to a private network and trusts our certificate. */
  readonly settings: Settings;
  readonly #folder: string;
  readonly #server: Server;
  readonly #keys: Keys;
  readonly pushes: Push[] = [];

  private constructor(server: Server, keys: Keys, folder: string) {
    this.#server = server;
    this.#folder = folder;
    this.settings = { push: { allow_networks: [`${HOST}/32`], authorities: join(folder, 'cert.pem') } };
    this.#keys = keys;
    server.on('request', (request, response) => {
      const chunks: number[] = [];
      request.on('data', (chunk: Iterable<number>) => chunks.push(...chunk));
      request.on('end', () => {
        const { topic, ttl, urgency } = request.headers;
        void decrypt(Uint8Array.from(chunks), keys).then((plain) => {
          const payload = JSON.parse(new TextDecoder().decode(plain));
          this.pushes.push({
            payload,
            topic: topic?.toString(),
            ttl: Number(ttl),
            urgency: urgency?.toString() ?? '',
          });
          response.writeHead(201).end();
        });
      });
    });
  }

  static async start(): Promise<PushService> {
    const folder = mkdtempSync(join(tmpdir(), 'visavis-push-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=push', '-nodes'];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    // Ours is no authority but in name: the server would take no authority for a push service.
    const extensions = [
      '-addext',
      `subjectAltName=IP:${HOST}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    execFileSync('openssl', [...kind, ...made, ...extensions], { stdio: 'ignore' });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const pair = await crypto.subtle.generateKey(P256, true, ['deriveBits']);
    const open = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return new PushService(server, { pair, open, auth: crypto.getRandomValues(new Uint8Array(16)) }, folder);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** From now on this person's browser subscribes here: its own way needs its vendor's service. */
  async serve(page: Page): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    const subscription = {
      endpoint: `https://${HOST}:${port}/push/1`,
      keys: {
        p256dh: base64url(this.#keys.open),
        auth: base64url(this.#keys.auth),
      },
    };
    await page.addInitScript((json) => {
      let current: object | null = null;
      PushManager.prototype.subscribe = (options) => {
        const made = {
          ...json,
          options,
          toJSON: () => json,
          unsubscribe: () => {
            current = null;
            return Promise.resolve(true);
          },
        };
        current = made;
        return Promise.resolve(made as unknown as PushSubscription);
      };
      PushManager.prototype.getSubscription = () => Promise.resolve(current as PushSubscription | null);
    }, subscription);
  }

  /** The next push of this kind. */
  async next(type: 'call' | 'stop'): Promise<Push> {
    const find = () => this.pushes.find(({ payload }) => payload['type'] === type);
    await expect.poll(find, { message: `a push of type ${type}` }).toBeDefined();
    const found = find();
    if (!found) throw new Error(`there is no push of type ${type}`);
    this.pushes.splice(this.pushes.indexOf(found), 1);
    return found;
  }
}

const P256 = { name: 'ECDH', namedCurve: 'P-256' };

/** RFC 8188 §2.1 holds the header, RFC 8291 §3.4 the keys; one record, as every push has. */
async function decrypt(body: Uint8Array<ArrayBuffer>, { pair, open, auth }: Keys): Promise<Uint8Array> {
  const idLength = body[20] ?? 0;
  const salt = body.slice(0, 16);
  const sender = body.slice(21, 21 + idLength);
  const theirs = await crypto.subtle.importKey('raw', sender, P256, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, pair.privateKey, 256);
  const material = await hkdf(auth, shared, [...ascii('WebPush: info\0'), ...open, ...sender], 256);
  const key = await hkdf(salt, material, ascii('Content-Encoding: aes128gcm\0'), 128);
  const iv = await hkdf(salt, material, ascii('Content-Encoding: nonce\0'), 96);
  const aes = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const plain = new Uint8Array(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, aes, body.slice(21 + idLength)),
  );
  // A delimiter of 2 ends the last record; zeros may follow it.
  return plain.slice(0, plain.lastIndexOf(2));
}

async function hkdf(
  salt: Uint8Array<ArrayBuffer>,
  material: ArrayBuffer,
  info: Iterable<number>,
  bits: number,
): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: Uint8Array.from(info) };
  return crypto.subtle.deriveBits(how, key, bits);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** A notification as its user sees it. */
export type Notice = { title: string; body: string; actions: string[] };

/** The service worker of a person's browser. */
export class SleepingBrowser {
  readonly #worker: Worker;
  readonly #session: CDPSession;
  readonly #registration: string;
  readonly #origin: string;

  private constructor(worker: Worker, session: CDPSession, registration: string, origin: string) {
    this.#worker = worker;
    this.#session = session;
    this.#registration = registration;
    this.#origin = origin;
  }

  /** Closes the app's page, and keeps the browser: another page of the same origin stands in its place. */
  static async of({ page }: Person, url: string): Promise<SleepingBrowser> {
    const session = await page.context().newCDPSession(page);
    const registration = new Promise<string>((resolve) =>
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const ours = registrations.find(({ scopeURL }) => scopeURL === `${url}/`);
        if (ours) resolve(ours.registrationId);
      }),
    );
    await session.send('ServiceWorker.enable');
    const [worker = await page.context().waitForEvent('serviceworker')] = page.context().serviceWorkers();
    await page.goto(`${url}/favicon.svg`);
    return new SleepingBrowser(worker, session, await registration, url);
  }

  /** The push service wakes the worker. */
  async deliver({ payload }: Push): Promise<void> {
    await this.#session.send('ServiceWorker.deliverPushMessage', {
      origin: this.#origin,
      registrationId: this.#registration,
      data: JSON.stringify(payload),
    });
  }

  notices(): Promise<Notice[]> {
    return this.#worker.evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      const shown = await registration.getNotifications();
      return shown.map((notice) => ({
        title: notice.title,
        body: notice.body,
        actions: ((notice as unknown as { actions: { title: string }[] }).actions ?? []).map(
          ({ title }) => title,
        ),
      }));
    });
  }

  /** Waits for these and no others. Where they do not come, tells which pages the worker takes for open. */
  async expectNotices(notices: readonly Notice[]): Promise<void> {
    try {
      await expect.poll(() => this.notices()).toEqual(notices);
    } catch (error) {
      const pages = await this.#worker.evaluate(async () => {
        const { clients } = globalThis as unknown as {
          clients: { matchAll(of: object): Promise<{ url: string; visibilityState: string }[]> };
        };
        const open = await clients.matchAll({ includeUncontrolled: true });
        return open.map(({ url, visibilityState }) => `${url} ${visibilityState}`);
      });
      throw new Error(`${String(error)}\nopen pages: ${pages.join(', ')}`);
    }
  }

  /**
   * Presses the one notification, or one of its buttons, and gives back which pages the worker wished to open. A press that no
   * person made may open no window, so the wish is all there is to see; the test opens the page.
   */
  press(action: string): Promise<string[]> {
    return this.#worker.evaluate(async (action) => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        clients: { openWindow: (url: string) => Promise<null> };
        NotificationEvent: new (type: string, init: object) => Event;
        dispatchEvent(event: Event): boolean;
      };
      const opened: string[] = [];
      scope.clients.openWindow = (url) => {
        opened.push(url);
        return Promise.resolve(null);
      };
      const [notification] = await scope.registration.getNotifications();
      const event = new scope.NotificationEvent('notificationclick', { notification, action });
      let done: Promise<unknown> = Promise.resolve();
      Object.assign(event, {
        waitUntil: (work: Promise<unknown>) => {
          done = work;
        },
      });
      scope.dispatchEvent(event);
      await done;
      return opened;
    }, action);
  }
}
