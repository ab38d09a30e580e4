/** Notifications of this browser: asks for them, subscribes to pushes, and tells the server where they go. */
import { deletePush, fetchPushKey, putPush } from '../api/people.ts';
import type { Send } from '../model/message.ts';
import { fill } from '../text/fill.ts';
import { language } from '../text/language.ts';
import { NOTIFICATIONS, type NotificationKey } from '../text/notifications.ts';
import type { NotificationData } from '../worker/scope.ts';
import { recall, remember } from './memory.ts';
import { subscriptionBody } from './subscription.ts';
import { hasWorkers, startWorker } from './worker.ts';

/** What can be done about notifications. */
export interface Push {
  /** Finds out how things are, and says the subscription again: a new login knows nothing of it. */
  ask(): Promise<void>;
  turn(on: boolean): Promise<void>;
  test(): Promise<void>;
  /** Somebody who was waited for is there. */
  tellOnline(name: string, id: string): Promise<void>;
}

/** For this page; `send` is told how things are. */
export function createPush(send: Send): Push {
  const supported = hasWorkers && 'PushManager' in window && 'Notification' in window;
  let registration: Promise<ServiceWorkerRegistration> | null = null;

  function worker(): Promise<ServiceWorkerRegistration> {
    registration ??= startWorker().catch((error: unknown) => {
      // The next one who asks tries again.
      registration = null;
      throw error;
    });
    return registration;
  }

  async function ask(): Promise<void> {
    // Also for those who want no notifications: it opens the app while the server is away.
    if (hasWorkers) worker().catch(() => {});
    if (!supported) return send({ type: 'push', status: 'unsupported' });
    if (Notification.permission === 'denied') return send({ type: 'push', status: 'denied' });
    try {
      const subscription = await (await worker()).pushManager.getSubscription();
      const on = subscription !== null && (await tellServer(subscription));
      send({ type: 'push', status: on ? 'on' : 'off' });
    } catch (error) {
      send({ type: 'push', status: isUntrusted(error) ? 'untrusted' : 'unsupported' });
    }
  }

  async function turnOn(): Promise<void> {
    const permission = await Notification.requestPermission();
    if (permission === 'denied') return send({ type: 'push', status: 'denied' });
    if (permission === 'default') return send({ type: 'push', status: 'off' });
    const key = await fetchPushKey();
    if (key.type !== 'ok') throw new Error('the server gave no key');
    const { pushManager } = await worker();
    const subscription = await pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: key.value.key,
    });
    if (!(await tellServer(subscription))) throw new Error('the server did not take the subscription');
    send({ type: 'push', status: 'on' });
  }

  async function turnOff(): Promise<void> {
    const subscription = await (await worker()).pushManager.getSubscription();
    await subscription?.unsubscribe();
    await deletePush(await device());
    send({ type: 'push', status: 'off' });
  }

  async function show(title: NotificationKey, body: NotificationKey, name: string, data: NotificationData) {
    if (!supported || Notification.permission !== 'granted') return;
    const texts = NOTIFICATIONS[language.value];
    try {
      await (await worker()).showNotification(fill(texts[title], { name }), {
        body: texts[body],
        tag: `${data.type}-${name}`,
        data,
        icon: '/favicon.svg',
        lang: language.value,
      });
    } catch {
      // A notification that cannot be shown is no reason to bother anybody: the page says it, too.
    }
  }

  return {
    ask,
    async turn(on) {
      if (!supported) return send({ type: 'push', status: 'unsupported' });
      try {
        await (on ? turnOn() : turnOff());
      } catch {
        send({ type: 'push-failed' });
        await ask();
      }
    },
    test: () => show('test', 'test.text', '', { type: 'test' }),
    async tellOnline(name) {
      if (document.visibilityState === 'hidden')
        await show('online', 'online.text', name, { type: 'online' });
    },
  };
}

/** A page may be opened in spite of a certificate, its worker may not. */
function isUntrusted(error: unknown): boolean {
  return location.protocol === 'https:' && error instanceof DOMException && error.name === 'SecurityError';
}

async function tellServer(subscription: PushSubscription): Promise<boolean> {
  return (await putPush(subscriptionBody(await device(), subscription))).type === 'ok';
}

/** This browser, as the server knows it for pushes. */
async function device(): Promise<string> {
  const kept = await recall('push-device');
  if (kept) return kept;
  const id = `browser-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
  await remember('push-device', id);
  return id;
}
