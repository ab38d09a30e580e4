/**
 * What a push becomes, and what a press on it does. Nothing here rings for a call that is over: before the first ring
 * the server is asked, and each later word of it, a `stop` or the answer to `ringing`, silences what still rings.
 */
import type { CallView, PushedCall, PushedStop, PushMessage } from '@visavis/client';
import { fill } from '../text/fill.ts';
import { NOTIFICATIONS, type NotificationKey } from '../text/notifications.ts';
import type { Answer, NotificationData, Page, Scope, Shown, ShowOptions } from './scope.ts';

const VIBRATE = [400, 200, 400, 1000, 400, 200, 400];
const ICON = '/favicon.svg';

/** A push has arrived. */
export function takePush(scope: Scope, message: PushMessage): Promise<void> {
  switch (message.type) {
    case 'call':
      return ring(scope, message);
    case 'stop':
      return stop(scope, message);
  }
}

/** A notification, or one of its buttons, was pressed. */
export async function press(scope: Scope, shown: Shown, action: string): Promise<void> {
  const data = shown.data as NotificationData | null;
  shown.close();
  switch (data?.type) {
    case 'call':
      if (action === 'decline') {
        await scope.ask(`/api/calls/${data.call}/decline`, 'POST', data.token);
        return;
      }
      return answer(scope, data.call, action === 'answer' ? data.video : null);
    case 'missed':
      return lead(scope, 'history');
    case 'online':
    case 'test':
    case undefined:
      return lead(scope, 'home');
  }
}

async function ring(scope: Scope, pushed: PushedCall): Promise<void> {
  // A page that is looked at rings by itself.
  if ((await ourPages(scope)).some((page) => page.visible)) return;
  const before = fateOf(await scope.ask(`/api/calls/${pushed.call}`, 'GET', pushed.token));
  if (before !== 'rings') return settle(scope, pushed.call, pushed.name, before);
  const video = pushed.media.includes('video');
  const say = await speaker(scope);
  await scope.show(pushed.name, {
    ...(await look(scope)),
    body: say(video ? 'video' : 'voice'),
    tag: pushed.call,
    data: { type: 'call', call: pushed.call, name: pushed.name, video, token: pushed.token },
    requireInteraction: true,
    renotify: true,
    vibrate: VIBRATE,
    actions: [
      { action: 'answer', title: say('answer') },
      { action: 'decline', title: say('decline') },
    ],
  });
  const after = fateOf(await scope.ask(`/api/calls/${pushed.call}/ringing`, 'POST', pushed.token));
  // It may have ended while we asked. That the server is silent now is no reason to stop: it said that it rings.
  if (after === 'missed' || after === 'settled') await settle(scope, pushed.call, pushed.name, after);
}

async function stop(scope: Scope, { call, reason }: PushedStop): Promise<void> {
  const [shown] = await scope.shown(call);
  const data = shown?.data as NotificationData | null | undefined;
  const name = data?.type === 'call' ? data.name : null;
  await settle(scope, call, name, isMissed(reason) ? 'missed' : 'settled');
}

/** What there is to know of a call that may ring. */
type Fate =
  | 'rings'
  /** It ended unanswered. */
  | 'missed'
  /** It was answered or declined on another device. */
  | 'settled'
  /** The server cannot be asked, so nobody could answer either. */
  | 'unknown';

function fateOf(answer: Answer | null): Fate {
  if (!answer) return 'unknown';
  // A token that is good for nothing any more, or a call that others have dealt with.
  if (answer.type === 'refused') return answer.code === 'call_ended' ? 'missed' : 'settled';
  const { state, you, reason } = answer.value as CallView;
  switch (state) {
    case 'inviting':
    case 'ringing':
      return 'rings';
    case 'connecting':
    case 'active':
      return 'settled';
    case 'ended':
      return you !== 'elsewhere' && isMissed(reason) ? 'missed' : 'settled';
  }
}

function isMissed(reason: CallView['reason']): boolean {
  switch (reason) {
    case 'cancelled':
    case 'no_answer':
    case 'unreachable':
      return true;
    case 'hangup':
    case 'rejected':
    case 'busy':
    case 'media_failed':
    case 'connection_lost':
    case 'permission':
    case 'incompatible_media':
    case 'transferred':
    case 'policy':
    case 'server':
    case undefined:
      return false;
  }
}

/** Silences a call. If it was missed, its notification says so from now on. */
async function settle(
  scope: Scope,
  call: string,
  name: string | null,
  fate: 'missed' | 'settled' | 'unknown',
): Promise<void> {
  const rang = await scope.shown(call);
  for (const shown of rang) shown.close();
  if (fate === 'settled') return;
  // Whoever looks at a page sees it there.
  if (rang.length === 0 && (await ourPages(scope)).some((page) => page.visible)) return;
  const say = await speaker(scope);
  await scope.show(name === null ? say('missed') : say('missed.from', { name }), {
    ...(await look(scope)),
    body: say('missed.text'),
    tag: call,
    data: { type: 'missed', call },
    silent: true,
  });
}

/** The page that is open answers; without one, a new page does so at once. */
async function answer(scope: Scope, call: string, video: boolean | null): Promise<void> {
  const wish = { call, video, pressedAt: scope.now() };
  const page = await bestPage(scope);
  if (!page) {
    await scope.open(`#/wish/${await scope.leave(wish)}`);
    return;
  }
  page.tell({ type: 'answer', ...wish });
  await page.focus();
}

async function lead(scope: Scope, place: 'home' | 'history'): Promise<void> {
  const page = await bestPage(scope);
  if (!page) {
    await scope.open(place === 'home' ? '' : `#/${place}`);
    return;
  }
  page.tell({ type: 'go', place });
  await page.focus();
}

async function bestPage(scope: Scope): Promise<Page | undefined> {
  const pages = await ourPages(scope);
  return pages.find((page) => page.focused) ?? pages.find((page) => page.visible) ?? pages[0];
}

/** The app is at the root; the tutorial and others of this origin cannot take calls. */
async function ourPages(scope: Scope): Promise<readonly Page[]> {
  return (await scope.pages()).filter((page) => new URL(page.url).pathname === '/');
}

async function look(scope: Scope): Promise<Pick<ShowOptions, 'icon' | 'badge' | 'lang'>> {
  return { icon: ICON, badge: ICON, lang: await scope.language() };
}

async function speaker(
  scope: Scope,
): Promise<(key: NotificationKey, params?: Record<string, string>) => string> {
  const texts = NOTIFICATIONS[await scope.language()];
  return (key, params = {}) => fill(texts[key], params);
}
