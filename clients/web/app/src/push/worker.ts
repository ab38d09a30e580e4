/** The service worker of this browser: it rings while no page is open, and opens the app while the server is away. */
import { effect } from '@preact/signals';
import { standingOf } from '../model/standing.ts';
import type { Store } from '../model/store.ts';
import { language } from '../text/language.ts';
import type { WorkerMessage } from '../worker/scope.ts';
import { remember } from './memory.ts';

/** Whether this browser has such things, for this page. */
export const hasWorkers = window.isSecureContext && 'serviceWorker' in navigator;

/** Does what it tells this page, and answers what it asks. */
export function hearWorker({ send, model }: Store): void {
  if (!hasWorkers) return;
  navigator.serviceWorker.addEventListener('message', ({ data, ports }: MessageEvent<WorkerMessage>) => {
    switch (data.type) {
      case 'answer':
        return send({ type: 'answer-call', wish: data, now: Date.now() });
      case 'go':
        return send({ type: 'go', place: data.place });
      case 'standing':
        return ports[0]?.postMessage(standingOf(model.value, data.call));
    }
  });
}

/** Starts it, or finds the one that runs. */
export async function startWorker(): Promise<ServiceWorkerRegistration> {
  const { serviceWorker } = navigator;
  // The worker writes notifications in the language of the page.
  effect(() => void remember('language', language.value));
  await serviceWorker.register('/sw.js');
  return serviceWorker.ready;
}
