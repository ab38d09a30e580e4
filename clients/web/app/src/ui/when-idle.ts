/** What can wait until the page has nothing else to do. */

/** How long after that it is done at the latest; where the browser cannot say that it is idle, then. */
const LATEST_MS = 3_000;

/** Does it then; the returned function takes it back. */
export function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(work, LATEST_MS);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(work, { timeout: LATEST_MS });
  return () => cancelIdleCallback(handle);
}
