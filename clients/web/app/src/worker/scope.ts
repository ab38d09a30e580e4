/** The part of a service worker's world that ours uses; TypeScript's own types cannot stand beside those of a page. */
import type { Wish } from '../push/wish.ts';

/** A notification as it is shown. */
export interface Shown {
  readonly tag: string;
  readonly data: unknown;
  close(): void;
}

/** What a notification may say besides its title. */
export interface ShowOptions {
  readonly body: string;
  readonly tag: string;
  readonly data: NotificationData;
  readonly icon: string;
  readonly badge: string;
  readonly lang: string;
  readonly requireInteraction?: boolean;
  readonly renotify?: boolean;
  readonly silent?: boolean;
  readonly vibrate?: readonly number[];
  readonly actions?: readonly { readonly action: string; readonly title: string }[];
}

/** A call that rings. */
export interface CallNotice {
  readonly type: 'call';
  readonly call: string;
  readonly name: string;
  readonly video: boolean;
  readonly token: string;
  /** It rings no longer than until then, by the clock of this device. */
  readonly until: number;
}

/** What a notification carries for its click. */
export type NotificationData =
  | CallNotice
  | { readonly type: 'missed'; readonly call: string }
  | { readonly type: 'online' }
  | { readonly type: 'test' };

/** What the worker tells a page of ours when a notification was pressed, and what it asks. */
export type WorkerMessage =
  | ({ readonly type: 'answer' } & Wish)
  | { readonly type: 'go'; readonly place: 'home' | 'history' }
  /** The answer, a `Standing`, goes to the port that came with it. */
  | { readonly type: 'standing'; readonly call: string | null };

/** How a call stands on a page. */
export type Standing =
  /** It rings or goes on there. */
  | 'here'
  /** The page says what became of it. */
  | 'over'
  /** The page has not heard of it, and may at any time. */
  | 'unheard'
  /** No call comes to this page: it is a guest's or nobody's, or another has taken its connection. */
  | 'never';

/** A page of this origin. */
export interface Page {
  readonly url: string;
  readonly visible: boolean;
  readonly focused: boolean;
  tell(message: Exclude<WorkerMessage, { type: 'standing' }>): void;
  /** What it says of a call; null if it says nothing for a moment, being closed, asleep or from before there was the question. */
  standing(call: string | null): Promise<Standing | null>;
  focus(): Promise<unknown>;
}

/** Everything the worker can do. */
export interface Scope {
  language(): Promise<'en' | 'zh-CN'>;
  pages(): Promise<readonly Page[]>;
  open(hash: string): Promise<unknown>;
  now(): number;
  pause(ms: number): Promise<void>;
  /** Leaves a wish for the page that is opened next, and gives the name by which it is taken. */
  leave(wish: Wish): Promise<string>;
  show(title: string, options: ShowOptions): Promise<void>;
  shown(tag: string): Promise<readonly Shown[]>;
  /** One more call than the icon of the app counts was missed. */
  countMissed(): Promise<void>;
  /** Asks the server about a call with the token of its push; null if it does not answer in time. */
  ask(path: string, method: 'GET' | 'POST', token: string): Promise<Answer | null>;
}

/** What the server said: the JSON of a success, or the code of a refusal. */
export type Answer =
  | { readonly type: 'ok'; readonly value: unknown }
  | { readonly type: 'refused'; readonly code: string };
