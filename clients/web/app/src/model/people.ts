/** What the page knows of people: whom this user knows, who may call, and where else they are signed in. */
import type {
  Block,
  ChangedThing,
  Contact,
  GuestLink,
  LoginView,
  MakeGuestLink,
  NewGuestLink,
  Preferences,
  PresenceStatus,
  PutContact,
  UserId,
} from '@visavis/client';
import { type OwnAccount, UNCHANGED } from './account.ts';
import type { PastCall } from './model.ts';
import type { Place } from './place.ts';

/** A list that the server keeps. A failed reload keeps what was there. */
export interface Shelf<T> {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly items: readonly T[];
}

/** How this user wishes to be called, with the end of the silence on this device's clock. */
export interface OwnPreferences extends Preferences {
  readonly quietUntil: number | null;
}

/** Whether calls reach this browser while no page of it is open. */
export type PushStatus =
  /** Not asked yet, or being changed. */
  | 'unknown'
  /** This browser cannot, or not for this page. */
  | 'unsupported'
  /** The browser takes the page, but runs no service worker: it does not trust the server's certificate. */
  | 'untrusted'
  /** The user said no to the browser. */
  | 'denied'
  | 'off'
  | 'on';

/** Somebody this user waits for. */
export interface Awaited {
  readonly id: UserId;
  readonly name: string;
}

/** Everything about people. */
export interface People {
  readonly contacts: Shelf<Contact>;
  readonly blocks: Shelf<Block>;
  readonly logins: Shelf<LoginView>;
  readonly links: Shelf<GuestLink>;
  readonly preferences: OwnPreferences | null;
  readonly account: OwnAccount;
  /** Contacts that are not offline, as far as one may know. */
  readonly presence: Readonly<Record<UserId, PresenceStatus>>;
  /** Missed calls and requests that were not looked at; null until the server has said so. */
  readonly unseen: { readonly missed: number; readonly requests: number } | null;
  /** Whether there are calls older than those in the history. */
  readonly older: 'maybe' | 'loading' | 'none';
  /** Whom to tell of when they come online. */
  readonly awaited: readonly Awaited[];
  /** A link that was just made: its address is told this once. */
  readonly newLink: NewGuestLink | null;
  readonly push: PushStatus;
}

/** The lists that are asked for one by one. */
export type Thing = Exclude<ChangedThing, 'history'>;

/** What is told about people. */
export type PeopleInput =
  | { readonly type: 'go'; readonly place: Place }
  | { readonly type: 'contacts'; readonly contacts: readonly Contact[] }
  | { readonly type: 'blocks'; readonly blocks: readonly Block[] }
  | { readonly type: 'logins'; readonly logins: readonly LoginView[] }
  | { readonly type: 'links'; readonly links: readonly GuestLink[] }
  | { readonly type: 'preferences'; readonly preferences: Preferences; readonly now: number }
  | { readonly type: 'load-failed'; readonly what: Thing }
  | { readonly type: 'reload'; readonly what: Thing }
  /** The server says that something of ours is not what it was. */
  | { readonly type: 'changed'; readonly what: readonly ChangedThing[] }
  | { readonly type: 'presence'; readonly presence: People['presence'] }
  | { readonly type: 'unseen'; readonly missed: number; readonly requests: number }
  | { readonly type: 'more-history' }
  | { readonly type: 'older-history'; readonly calls: readonly PastCall[]; readonly end: boolean }
  | { readonly type: 'older-history-failed' }
  /** Adds somebody, or changes what is given. */
  | { readonly type: 'put-contact'; readonly name: UserId; readonly change: PutContact }
  | { readonly type: 'remove-contact'; readonly name: UserId }
  | { readonly type: 'block'; readonly name: UserId; readonly displayName: string }
  | { readonly type: 'unblock-person'; readonly name: UserId }
  | { readonly type: 'set-preferences'; readonly preferences: OwnPreferences }
  | { readonly type: 'rename-login'; readonly id: string; readonly name: string }
  | { readonly type: 'sign-out-login'; readonly id: string }
  | { readonly type: 'sign-out-others' }
  | { readonly type: 'make-link'; readonly link: MakeGuestLink }
  | { readonly type: 'link-made'; readonly made: NewGuestLink }
  | { readonly type: 'forget-new-link' }
  | { readonly type: 'revoke-link'; readonly id: string }
  | { readonly type: 'await'; readonly person: Awaited }
  /** Waited for when this page was last open. */
  | { readonly type: 'awaited-before'; readonly people: readonly Awaited[] }
  | { readonly type: 'await-no-more'; readonly id: UserId }
  | { readonly type: 'set-push'; readonly on: boolean }
  | { readonly type: 'push'; readonly status: PushStatus }
  /** The browser or the server did not do what it takes. */
  | { readonly type: 'push-failed' }
  | { readonly type: 'test-notification' }
  /** The server did not do what was asked; what was shown is put right by asking again. */
  | { readonly type: 'not-done'; readonly what: Thing; readonly why: NotDone }
  /** The page is looked at again. */
  | { readonly type: 'looked-at' };

/** Why the server did not do it. */
export type NotDone =
  | { readonly type: 'nobody'; readonly name: UserId }
  | { readonly type: 'full' }
  | { readonly type: 'other' };

/** What is to be done about people. */
export type PeopleOutput =
  | { readonly type: 'load'; readonly what: Thing }
  | { readonly type: 'load-older-history'; readonly before: string }
  | { readonly type: 'mark-seen'; readonly call: string }
  | { readonly type: 'send-contact'; readonly name: UserId; readonly change: PutContact }
  | { readonly type: 'delete-contact'; readonly name: UserId }
  | { readonly type: 'send-block'; readonly name: UserId }
  | { readonly type: 'delete-block'; readonly name: UserId }
  | { readonly type: 'send-preferences'; readonly preferences: OwnPreferences }
  | { readonly type: 'send-login-name'; readonly id: string; readonly name: string }
  | { readonly type: 'delete-login'; readonly id: string }
  | { readonly type: 'delete-other-logins' }
  | { readonly type: 'send-link'; readonly link: MakeGuestLink }
  | { readonly type: 'delete-link'; readonly id: string }
  | { readonly type: 'ask-push' }
  | { readonly type: 'turn-push'; readonly on: boolean }
  | { readonly type: 'show-test-notification' }
  /** Somebody who was waited for is there, also for a user who looks elsewhere. */
  | { readonly type: 'notify-online'; readonly person: Awaited }
  | { readonly type: 'show-address'; readonly place: Place };

const LOADING = { status: 'loading', items: [] } as const;

/** Before anything is known. */
export const NOBODY: People = {
  contacts: LOADING,
  blocks: LOADING,
  logins: LOADING,
  links: LOADING,
  preferences: null,
  account: UNCHANGED,
  presence: {},
  unseen: null,
  older: 'maybe',
  awaited: [],
  newLink: null,
  push: 'unknown',
};

/** The contact of that name, if there is one. */
export function contactOf(people: People, name: UserId): Contact | undefined {
  return people.contacts.items.find((contact) => contact.name === name);
}

/** Whether this user has blocked them. */
export function isBlocked(people: People, name: UserId): boolean {
  return people.blocks.items.some((block) => block.name === name);
}

/** People who may not ring and asked to talk, newest first; each once. */
export function requestsOf(people: People, calls: readonly PastCall[]): readonly PastCall[] {
  // Until it is known whom this user knows, nobody is called a stranger.
  if (people.contacts.status === 'loading' || people.blocks.status === 'loading') return [];
  const known = new Set<string>();
  for (const { name } of people.contacts.items) known.add(name);
  for (const { name } of people.blocks.items) known.add(name);
  return calls.filter(({ peer, request }) => {
    if (request !== true || known.has(peer)) return false;
    known.add(peer);
    return true;
  });
}
