/** The notifications of this browser, as a page sees them. */
import type { NotificationData } from '../worker/scope.ts';

/** Takes the notification of a call away that is answered on this page: nothing is left to answer or to decline. */
export function closeNotice(call: string): Promise<void> {
  return closeIf({ tag: call }, () => true);
}

/** Those of calls that are not among `live`; null: all there are, since their user is gone. */
export function closeNotices(live: readonly string[] | null): Promise<void> {
  return closeIf({}, ({ tag, data }) => {
    const rings = (data as NotificationData | null)?.type === 'call';
    return live === null || (rings && !live.includes(tag));
  });
}

async function closeIf(filter: { tag?: string }, is: (notice: Notification) => boolean): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    for (const notice of (await registration?.getNotifications(filter)) ?? []) if (is(notice)) notice.close();
  } catch {
    // Who forbids us to look at notifications has allowed none.
  }
}
