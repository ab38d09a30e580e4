/** What the application is shown of the state. */
import type { CallRecord, State } from './core/state.ts';
import type { LinkState } from './public.ts';

/** Which call comes first on a screen. */
export function rank({ state, held }: CallRecord): number {
  switch (state.type) {
    case 'dialing':
      return 1;
    case 'ringing':
      return state.direction === 'out' ? 1 : 3;
    default:
      return held ? 2 : 0;
  }
}

/** How the application sees the way to the server. */
export function publicLink({ link }: State, now: number): LinkState {
  switch (link.type) {
    case 'waiting':
    case 'opening': {
      const retryAt = link.type === 'waiting' && Number.isFinite(link.retryAt) ? link.retryAt : now;
      return {
        type: 'connecting',
        attempt: link.attempt,
        retryInMs: Math.max(0, Math.round(retryAt - now)),
      };
    }
    case 'online':
      return { type: 'online', me: link.me };
    case 'offline':
      return { type: 'offline', reason: link.reason };
  }
}

/** What is news if it changes. */
export function gist(link: LinkState): string {
  switch (link.type) {
    case 'connecting':
      // The countdown is the application's; only a new wait or its end is news.
      return `${link.attempt} ${link.retryInMs > 0}`;
    case 'online':
      return link.me;
    case 'offline':
      return '';
  }
}
