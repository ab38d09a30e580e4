/** What this page says of a call when the service worker asks whether it has to ring. */
import type { Standing } from '../worker/scope.ts';
import type { Model } from './model.ts';

/** `id` as the server knows it; null asks only whether calls come to this page. */
export function standingOf({ page, link, call, others, history }: Model, id: string | null): Standing {
  if (page.type !== 'home' || link.type === 'offline') return 'never';
  const known = [call, ...others].find((one) => one?.id === id);
  if (known) return known.state.type === 'ended' ? 'over' : 'here';
  return history.calls.some((past) => past.call === id) ? 'over' : 'unheard';
}
