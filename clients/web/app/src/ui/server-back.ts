/** Waits for a server that did not answer. */
import { useEffect } from 'preact/hooks';
import { isTemporary, whoAmI } from '../api/account.ts';

/** When it is asked first, and how long is between two questions at most. */
const FIRST_MS = 2_000;
const LATER_MS = 20_000;

/** Calls `back` once it answers, while the component is shown. A device that comes online asks at once. */
export function useServerBack(back: () => void): void {
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let wait = FIRST_MS;
    const ask = async () => {
      clearTimeout(timer);
      const answer = await whoAmI();
      if (over.signal.aborted) return;
      if (answer.type === 'ok' || !isTemporary(answer)) return back();
      wait = Math.min(wait * 1.5, LATER_MS);
      timer = setTimeout(ask, wait);
    };
    timer = setTimeout(ask, wait);
    addEventListener('online', ask, { signal: over.signal });
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [back]);
}
