/**
 * What a push becomes, and what a press on it does. Nothing here rings for a call that is over: before the first ring
 * the server is asked, and each later word of it, a `stop` or the answer to `ringing`, silences what still rings; so does
 * the time, if no word comes. A page rings by itself if it has the call, which it is asked: one that is open may be a guest's,
 * or without a connection.
 */
import type { CallView, PushedCall, PushedStop, PushMessage } from '@visavis/client';
import { fill } from '../text/fill.ts';
import { NOTIFICATIONS, type NotificationKey } from '../text/notifications.ts';
import type {
  Answer,
  CallNotice,
  NotificationData,
  Page,
  Scope,
  Shown,
  ShowOptions,
  Standing,
} from './scope.ts';

const VIBRATE = [400, 200, 400, 1000, 400, 200, 400];
const ICON = '/favicon.svg';
/** How long after a decline that nobody has heard it is said once more. */
const DECLINE_AGAIN_MS = 1_000;

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
export function press(scope: Scope, shown: Shown, action: string): Promise<void> {
  const data = shown.data as NotificationData | null;
  shown.close();
  switch (data?.type) {
    case 'call':
      if (action === 'decline') return decline(scope, data);
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
  const { call, name, token } = pushed;
  const looked = (await ourPages(scope)).filter(({ visible }) => visible);
  if ((await asked(looked, call)).some(({ standing }) => standing === 'here')) return;
  const before = fateOf(await scope.ask(`/api/calls/${call}`, 'GET', token));
  if (before !== 'rings') return settle(scope, call, name, before);
  const video = pushed.media.includes('video');
  const notice = {
    type: 'call',
    call,
    name,
    video,
    token,
    until: scope.now() + pushed.expires_in_ms,
  } as const;
  await show(scope, notice, { renotify: true, vibrate: VIBRATE });
  const after = fateOf(await scope.ask(`/api/calls/${call}/ringing`, 'POST', token));
  // It may have ended while we asked. That the server is silent now is no reason to stop: it said that it rings.
  if (after === 'missed' || after === 'settled') return settle(scope, call, name, after);
  return silenceInTime(scope, notice);
}

/** Shows a call with both answers. */
async function show(scope: Scope, notice: CallNotice, how: Partial<ShowOptions>): Promise<void> {
  const say = await speaker(scope);
  await scope.show(notice.name, {
    ...(await look(scope)),
    body: say(notice.video ? 'video' : 'voice'),
    tag: notice.call,
    data: notice,
    requireInteraction: true,
    actions: [
      { action: 'answer', title: say('answer') },
      { action: 'decline', title: say('decline') },
    ],
    ...how,
  });
}

/** Where no `stop` comes, the notification would stay for hours: looks once more when the call can ring no longer. */
async function silenceInTime(scope: Scope, { call, name, token, until }: CallNotice): Promise<void> {
  await scope.pause(Math.max(0, until - scope.now()));
  if (!(await scope.shown(call)).some(isCallNotice)) return;
  const fate = fateOf(await scope.ask(`/api/calls/${call}`, 'GET', token));
  if (fate !== 'rings') await settle(scope, call, name, fate);
}

/** A call that could not be declined rings on for its caller, so it is shown again. */
async function decline(scope: Scope, notice: CallNotice): Promise<void> {
  const say = () => scope.ask(`/api/calls/${notice.call}/decline`, 'POST', notice.token);
  if (await say()) return;
  await scope.pause(DECLINE_AGAIN_MS);
  if (await say()) return;
  await show(scope, notice, { silent: true });
  await silenceInTime(scope, notice);
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
    case 'operator':
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
  const open = await asked(await ourPages(scope), call);
  // Whoever looks at a page that knows of it sees it there.
  if (rang.length === 0 && open.some(({ page, standing }) => page.visible && knows(standing))) return;
  // A page of this user that is open counts by itself.
  const counts = open.some(({ standing }) => knows(standing) || standing === 'unheard');
  if (!counts && !rang.some(isMissedNotice)) await scope.countMissed();
  const say = await speaker(scope);
  await scope.show(name === null ? say('missed') : say('missed.from', { name }), {
    ...(await look(scope)),
    body: say('missed.text'),
    tag: call,
    data: { type: 'missed', call },
    silent: true,
  });
}

function knows(standing: Standing | null): boolean {
  return standing === 'here' || standing === 'over';
}

function isCallNotice({ data }: Shown): boolean {
  return (data as NotificationData | null)?.type === 'call';
}

function isMissedNotice({ data }: Shown): boolean {
  return (data as NotificationData | null)?.type === 'missed';
}

/** The page that is open answers; without one, a new page does so at once. */
async function answer(scope: Scope, call: string, video: boolean | null): Promise<void> {
  const wish = { call, video, pressedAt: scope.now() };
  const page = await bestPage(scope, call);
  if (!page) {
    await scope.open(`#/wish/${await scope.leave(wish)}`);
    return;
  }
  page.tell({ type: 'answer', ...wish });
  await page.focus();
}

async function lead(scope: Scope, place: 'home' | 'history'): Promise<void> {
  const page = await bestPage(scope, null);
  if (!page) {
    await scope.open(place === 'home' ? '' : `#/${place}`);
    return;
  }
  page.tell({ type: 'go', place });
  await page.focus();
}

/** The one in front of those that have the call, or else of those that may get it; one that is asleep says nothing. */
async function bestPage(scope: Scope, call: string | null): Promise<Page | undefined> {
  const able = (await asked(await ourPages(scope), call)).filter(({ standing }) => standing !== 'never');
  const having = able.filter(({ standing }) => standing === 'here');
  const pages = (having.length > 0 ? having : able).map(({ page }) => page);
  return pages.find((page) => page.focused) ?? pages.find((page) => page.visible) ?? pages[0];
}

/** Pages, with what each says of a call. */
function asked(pages: readonly Page[], call: string | null) {
  return Promise.all(pages.map(async (page) => ({ page, standing: await page.standing(call) })));
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
