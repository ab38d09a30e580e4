/** What the page itself lives through. */

export interface PageEvents {
  /** The network is another one, or is back. */
  networkChanged(): void;
  /** Whether somebody looks at the page. */
  seen(yes: boolean): void;
  /** The page goes away, perhaps to come back from the browser's cache. */
  leaving(): void;
  /** It is back from there. */
  cameBack(): void;
}

/** Watches until the returned function is called. */
export function watchPage(events: PageEvents): () => void {
  const watching = new AbortController();
  const { signal } = watching;
  window.addEventListener('online', () => events.networkChanged(), { signal });
  const look = () => events.seen(document.visibilityState !== 'hidden');
  document.addEventListener('visibilitychange', look, { signal });
  look();
  window.addEventListener('pagehide', () => events.leaving(), { signal });
  // A machine that slept wakes with dead sockets, and a page from the cache has lost its own.
  window.addEventListener('pageshow', ({ persisted }) => persisted && events.cameBack(), { signal });
  document.addEventListener('resume', () => events.networkChanged(), { signal });
  watchKind(() => events.networkChanged(), signal);
  return () => watching.abort();
}

/** Phones tell when they go from Wi-Fi to mobile. The same event tells of every new guess of the speed. */
function watchKind(changed: () => void, signal: AbortSignal): void {
  const { connection } = navigator as { connection?: EventTarget & { readonly type?: string } };
  let before = connection?.type;
  const look = () => {
    const type = connection?.type;
    if (type === before) return;
    before = type;
    if (type !== 'none') changed();
  };
  connection?.addEventListener?.('change', look, { signal });
}
