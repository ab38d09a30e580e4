/** The service worker: wakes for calls while no page is open, and opens the app while the server is away. */
import type { PushMessage } from '@visavis/client';
import { recall, remember } from '../push/memory.ts';
import { subscriptionBody } from '../push/subscription.ts';
import { leaveWish } from '../push/wish.ts';
import { chooseLanguage } from '../text/choose-language.ts';
import { press, takePush } from './ring.ts';
import type { Answer, Scope, Shown, ShowOptions, Standing, WorkerMessage } from './scope.ts';
import { Shell, type ShellFiles } from './shell.ts';

/** Written in by the build. */
declare const SHELL: ShellFiles;

/** A call that the server says nothing of for so long does not ring. */
const PATIENCE_MS = 3_000;
/** A page that says nothing for so long is asleep or gone. A press may open a page only for a second (Firefox). */
const PAGE_PATIENCE_MS = 300;

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}

/** A page asks for something. */
interface Asking extends Lasting {
  readonly request: Request;
  /** What the server says to a visit, asked for while the worker was still starting; nothing where that is off. */
  readonly preloadResponse?: Promise<Response | undefined>;
  respondWith(answer: Promise<Response>): void;
}

interface WindowPage {
  readonly url: string;
  readonly visibilityState: string;
  readonly focused: boolean;
  postMessage(message: WorkerMessage, ports?: readonly MessagePort[]): void;
  focus(): Promise<unknown>;
}

interface Worker {
  readonly registration: {
    showNotification(title: string, options: ShowOptions): Promise<void>;
    getNotifications(filter: { readonly tag: string }): Promise<readonly Shown[]>;
    readonly pushManager: PushManager;
    readonly navigationPreload?: { enable(): Promise<void> };
  };
  readonly clients: {
    matchAll(options: object): Promise<readonly WindowPage[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate' | 'message', run: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', run: (event: Asking) => void): void;
  addEventListener(
    type: 'push',
    run: (event: Lasting & { readonly data: { json(): unknown } | null }) => void,
  ): void;
  addEventListener(
    type: 'notificationclick',
    run: (event: Lasting & { readonly action: string; readonly notification: Shown }) => void,
  ): void;
  addEventListener(
    type: 'pushsubscriptionchange',
    run: (event: Lasting & { readonly oldSubscription?: PushSubscription | null }) => void,
  ): void;
}

const worker = self as unknown as Worker;

const scope: Scope = {
  language: async () => chooseLanguage(await recall('language'), navigator.languages),
  pages: async () => {
    const found = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
    return found.map((page) => ({
      url: page.url,
      visible: page.visibilityState === 'visible',
      focused: page.focused,
      tell: (message) => page.postMessage(message),
      standing: (call) => standingOn(page, call),
      // A browser may not let us; the page was told in any case.
      focus: () => page.focus().catch(() => {}),
    }));
  },
  open: (hash) => worker.clients.openWindow(`/${hash}`),
  now: () => Date.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  leave: leaveWish,
  show: (title, options) => worker.registration.showNotification(title, options),
  shown: (tag) => worker.registration.getNotifications({ tag }),
  countMissed,
  ask,
};

const shell = new Shell(SHELL, {
  caches,
  origin: location.origin,
  fetch: (request, options) => fetch(request, options),
});

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
// A page says so once nothing has happened for a while: what rings needs none of it.
worker.addEventListener('message', (event) => event.waitUntil(shell.keep()));
worker.addEventListener('activate', (event) => {
  const { navigationPreload } = worker.registration;
  event.waitUntil(Promise.all([shell.clean(), navigationPreload?.enable(), worker.clients.claim()]));
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (shell.isPart(request)) return event.respondWith(shell.part(request));
  if (!shell.isVisit(request)) return;
  const answer = (async () => (await event.preloadResponse) ?? fetch(request))();
  event.respondWith(shell.page(answer));
});
worker.addEventListener('push', (event) => {
  const message = event.data?.json() as PushMessage | undefined;
  if (message) event.waitUntil(takePush(scope, message));
});
worker.addEventListener('notificationclick', (event) =>
  event.waitUntil(press(scope, event.notification, event.action)),
);
worker.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event.oldSubscription)));

function standingOn(page: WindowPage, call: string | null): Promise<Standing | null> {
  const { port1, port2 } = new MessageChannel();
  return new Promise<Standing | null>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data as Standing);
    setTimeout(() => resolve(null), PAGE_PATIENCE_MS);
    page.postMessage({ type: 'standing', call }, [port2]);
  }).finally(() => port1.close());
}

/** A page that is opened then writes what the server says. */
async function countMissed(): Promise<void> {
  const count = Number(await recall('unseen')) + 1;
  await remember('unseen', String(count));
  // Not installed, or not allowed: there is no icon to write on.
  if ('setAppBadge' in navigator) await navigator.setAppBadge(count).catch(() => {});
}

/** The push service gave us up: asks it for a new place, and tells the server. */
async function renew(old: PushSubscription | null | undefined): Promise<void> {
  const device = await recall('push-device');
  const key = old?.options.applicationServerKey;
  if (!device || !key) return;
  const fresh = await worker.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  await fetch('/api/push', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscriptionBody(device, fresh)),
  });
}

async function ask(path: string, method: 'GET' | 'POST', token: string): Promise<Answer | null> {
  try {
    const response = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: '{}' } : {}),
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const value: unknown = await response.json();
    if (response.ok) return { type: 'ok', value };
    const code = (value as { code?: unknown }).code;
    return response.status < 500 && typeof code === 'string' ? { type: 'refused', code } : null;
  } catch {
    return null;
  }
}
