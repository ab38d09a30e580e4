/** A browser's push subscription as the server takes it. */
import type { PutPush } from '@visavis/client';

/** Throws if the browser gave no keys: without them nothing can be sent. */
export function subscriptionBody(device: string, subscription: PushSubscription): PutPush {
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh, auth } = keys ?? {};
  if (!endpoint || !p256dh || !auth) throw new Error('the push subscription has no keys');
  return { device, endpoint, keys: { p256dh, auth } };
}
