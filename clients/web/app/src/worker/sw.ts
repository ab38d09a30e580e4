/** The service worker: wakes for calls while no page is open. It keeps no pages and answers no requests. */
import type { PushMessage } from '@visavis/client';
import { recall } from '../push/memory.ts';
import { subscriptionBody } from '../push/subscription.ts';
import { leaveWish } from '../push/wish.ts';
import { chooseLanguage } from '../text/choose-language.ts';
import { press, takePush } from './ring.ts';
import type { Answer, Scope, Shown, ShowOptions } from './scope.ts';

/** A call that the server says nothing of for so long does not ring. */
const PATIENCE_MS = 3_000;

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}

interface WindowPage {
  readonly url: string;
  readonly visibilityState: string;
  readonly focused: boolean;
  postMessage(message: unknown): void;
  focus(): Promise<unknown>;
}

interface Worker {
  readonly registration: {
    showNotification(title: string, options: ShowOptions): Promise<void>;
    getNotifications(filter: { readonly tag: string }): Promise<readonly Shown[]>;
    readonly pushManager: PushManager;
  };
  readonly clients: {
    matchAll(options: object): Promise<readonly WindowPage[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', run: (event: Lasting) => void): void;
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
      // A browser may not let us; the page was told in any case.
      focus: () => page.focus().catch(() => {}),
    }));
  },
  open: (hash) => worker.clients.openWindow(`/${hash}`),
  now: () => Date.now(),
  leave: leaveWish,
  show: (title, options) => worker.registration.showNotification(title, options),
  shown: (tag) => worker.registration.getNotifications({ tag }),
  ask,
};

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('push', (event) => {
  const message = event.data?.json() as PushMessage | undefined;
  if (message) event.waitUntil(takePush(scope, message));
});
worker.addEventListener('notificationclick', (event) =>
  event.waitUntil(press(scope, event.notification, event.action)),
);
worker.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event.oldSubscription)));

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
