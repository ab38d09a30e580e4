/** What pages and the service worker both know: a worker has no `localStorage`, so it is kept in a cache. */

/** What can be remembered. */
export type MemoryKey = 'language' | 'push-device' | 'wish' | 'unseen';

const CACHE = 'visavis-memory';

/** What was remembered; null if nothing was, or if the browser forbids storage. */
export async function recall(key: MemoryKey): Promise<string | null> {
  try {
    const kept = await (await caches.open(CACHE)).match(addressOf(key));
    return kept ? await kept.text() : null;
  } catch {
    return null;
  }
}

/** Keeps a text. */
export async function remember(key: MemoryKey, text: string): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(addressOf(key), new Response(text));
  } catch {
    // Without storage the worker speaks the browser's language, and this browser is a new device to each push.
  }
}

/** Removes what was kept; true for the one who did it. */
export async function forget(key: MemoryKey): Promise<boolean> {
  try {
    return await (await caches.open(CACHE)).delete(addressOf(key));
  } catch {
    return false;
  }
}

/** Addresses are all that a cache takes as keys; nothing is ever asked from them. */
function addressOf(key: MemoryKey): string {
  return `/memory/${key}`;
}
