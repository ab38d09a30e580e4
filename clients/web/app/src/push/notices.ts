/** The notifications of calls, as a page sees them. */

/** Takes the notification of a call away that is answered on this page: nothing is left to answer or to decline. */
export async function closeNotice(call: string): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    for (const notice of (await registration?.getNotifications({ tag: call })) ?? []) notice.close();
  } catch {
    // Who forbids us to look at notifications has allowed none.
  }
}
