/** When this browser keeps the app, so that it opens while the server is away. */
import { effect, type ReadonlySignal } from '@preact/signals';
import { hasWorkers } from './worker.ts';

/** For so long nothing has happened: by then the page is whole, and no call wants the network and the machine. */
const QUIET_MS = 10_000;

/** Has the service worker keep it once the page has been quiet for a while. */
export function keepWhenQuiet(busy: ReadonlySignal<boolean>): void {
  if (!hasWorkers) return;
  effect(() => {
    if (busy.value) return;
    const timer = setTimeout(
      () => void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage('keep')),
      QUIET_MS,
    );
    return () => clearTimeout(timer);
  });
}
