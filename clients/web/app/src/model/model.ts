/**
 * What the page shows, as one value. Screens are functions of it; `update` is the only one to change it.
 *
 *     loading ──► sign-in ──► home      (beside it: one call on the stage, others that wait, and one toast)
 *        │  └───────────────────▲
 *        ├──► unreachable       │
 *        ├──► join ─────────────┘
 *        └──► guest-door ──► guest
 */
import type {
  Call,
  CallState,
  Device,
  GuestInvitation,
  GuestOf,
  Held,
  HistoryEntry,
  LocalState,
  Me,
  OfflineReason,
  Peer,
  Quality,
  Recording,
  RemoteMedia,
  Safety,
  Weak,
} from '@visavis/client';
import type { Wish } from '../push/wish.ts';
import type { Key } from '../text/en.ts';
import type { Message } from '../text/language.ts';
import type { Input } from './message.ts';
import { NOBODY, type People } from './people.ts';
import type { Place } from './place.ts';

/** Everything there is to show. */
export interface Model {
  /** Microphone and camera exist only in a secure context. */
  readonly secure: boolean;
  readonly page: Page;
  /** Where in `home` one is, or will be once signed in. */
  readonly place: Place;
  /** Nobody looks at this page: it is behind another tab or window. */
  readonly hidden: boolean;
  readonly link: Link;
  readonly people: People;
  readonly history: History;
  /** The one that has the stage, or rings while there is none. */
  readonly call: CallModel | null;
  /** Those beside it: on hold, or ringing in its time. Oldest first. */
  readonly others: readonly CallModel[];
  /** Calls of this user that another of their devices carries. */
  readonly elsewhere: readonly CallElsewhere[];
  /** A notification was pressed, and its call has not come to this page yet. */
  readonly expected: Wish | null;
  /** Several people use this browser. */
  readonly shared: Shared | null;
  readonly toast: Toast | null;
}

/** A browser whose user confirms who they are before answering and before seeing what is theirs. */
export interface Shared {
  /** They have, a moment ago. */
  readonly open: boolean;
  /** Somebody is asked, and this is done once they have confirmed. */
  readonly asking: { readonly wanted: Input | null; readonly form: Form } | null;
}

/** What fills the screen beneath a call. */
export type Page =
  | { readonly type: 'loading' }
  /** `again`: what to try when the server may be back. */
  | { readonly type: 'unreachable'; readonly again: Extract<Input, { type: 'open' | 'open-guest' }> }
  | { readonly type: 'join'; readonly token: string; readonly invitation: Invitation; readonly form: Form }
  /** `ended`: the login ended by itself, so the page says why it asks. */
  | { readonly type: 'sign-in'; readonly ended: boolean; readonly form: Form }
  | { readonly type: 'home'; readonly me: Me }
  /** A guest link was opened; `me`: who is signed in on this browser, if anybody is. */
  | {
      readonly type: 'guest-door';
      readonly token: string;
      readonly link: GuestDoor;
      readonly me: Me | null;
      readonly form: Form;
    }
  /**
   * A guest has come in. `over`: their time is up, or the link was revoked. `asks`: the page was opened anew, perhaps by
   * somebody else.
   */
  | {
      readonly type: 'guest';
      readonly me: Me;
      readonly guest: GuestOf;
      readonly over: boolean;
      readonly asks: boolean;
    };

/** What we know of a guest link. */
export type GuestDoor =
  | { readonly type: 'checking' }
  | { readonly type: 'valid'; readonly invitation: GuestInvitation }
  /** It has expired, is used up, was revoked or never was: the server does not say which. */
  | { readonly type: 'closed' };

/** What we know of a sign-up link. */
export type Invitation =
  | { readonly type: 'checking' }
  | { readonly type: 'valid'; readonly name: string }
  | { readonly type: 'invalid' };

/** Where a form stands. */
export type Form =
  | { readonly type: 'ready' }
  | { readonly type: 'sending' }
  | { readonly type: 'refused'; readonly problem: Problem };

/** Why the server did not take a form. */
export type Problem =
  | { readonly type: 'wrong' }
  | { readonly type: 'rate-limited'; readonly until: number }
  | { readonly type: 'unreachable' }
  /** A sign-up link that was good when the page opened. */
  | { readonly type: 'gone' }
  /** The password is right, and an administrator has shut the account. */
  | { readonly type: 'shut' }
  | { readonly type: 'other'; readonly code: string };

/** The way to the server. */
export type Link =
  | { readonly type: 'connecting' }
  | { readonly type: 'online' }
  | { readonly type: 'offline'; readonly reason: OfflineReason };

/** The list of past calls. A failed reload keeps what was there. */
export interface History {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly calls: readonly PastCall[];
}

/** An ended call with its beginning on this device's clock. */
export interface PastCall extends HistoryEntry {
  readonly startedAt: number;
}

/** A call as the SDK shows it at one moment. */
export interface CallSnapshot {
  /** Tells this page's calls apart; the SDK's id may change when two calls become one. */
  readonly serial: number;
  /** As the server knows it. */
  readonly id: string;
  readonly direction: Call['direction'];
  readonly media: Call['media'];
  readonly peer: Peer;
  readonly state: CallState;
  readonly held: Held;
  readonly weak: Weak;
  readonly quality: Quality | null;
  readonly recording: Recording;
  /** What the two may compare, if there is anything. */
  readonly safety?: SafetyShown;
  readonly local: LocalState;
  readonly remote: RemoteMedia;
  /** The name of the person who put it through. */
  readonly transferredBy?: string;
  /** It was moved here from another device of this user. */
  readonly taken?: boolean;
  /** Somebody talks while the microphone is muted. */
  readonly talking: boolean;
  readonly devices: readonly Device[];
}

/** The emoji of a call and what is known of them. */
export type SafetyShown = Pick<Safety, 'code' | 'status' | 'lasting'>;

/** A call that another device of this user carries, and that may be moved here. */
export interface CallElsewhere {
  readonly id: string;
  readonly peer: Peer;
  /** The name of that device. */
  readonly device: string;
}

/** A call on the screen; ended ones stay until they are closed. */
export interface CallModel extends CallSnapshot {
  /** The user called or pressed answer: the call has the whole screen, also after its end. */
  readonly attended: boolean;
  /** The user wants no sound of it here; it rings on for everybody else. */
  readonly silenced: boolean;
  /** It ended while it waited for the other person's page, which had been closed. */
  readonly pageClosed?: boolean;
  /** Who handed us over to somebody with whom we have not talked yet: they may be called back. */
  readonly broughtBy?: Peer;
  /** Our camera was not taken along when the call was moved here, or put through to somebody else. */
  readonly cameraLeft?: boolean;
  /** It is to be put through, and the server has not answered yet. */
  readonly transferring?: boolean;
  /** When `state.type` became what it is, for texts that change while one waits. */
  readonly stateSince: number;
  /** When `local.micError` became what it is. */
  readonly micErrorSince?: number;
}

/** The last state of a call. */
export type Ended = Extract<CallState, { type: 'ended' }>;

/** A short notice that goes away by itself. */
export interface Toast {
  /** Tells one toast from the next with the same text. */
  readonly id: number;
  readonly message: Message;
  /** Nothing is wrong. */
  readonly calm?: boolean;
  /** A button, such as one that takes back what was just done. */
  readonly action?: { readonly key: Key; readonly input: Input };
}

/** The page before anything is known. */
export function initialModel(secure: boolean): Model {
  return {
    secure,
    page: { type: 'loading' },
    place: 'home',
    hidden: false,
    link: { type: 'connecting' },
    people: NOBODY,
    history: { status: 'loading', calls: [] },
    call: null,
    others: [],
    elsewhere: [],
    expected: null,
    shared: null,
    toast: null,
  };
}
