/**
 * What the page shows, as one value. Screens are functions of it; `update` is the only one to change it.
 *
 *     loading ──► sign-in ──► home      (beside it: at most one call, and one toast)
 *        │  └───────────────────▲
 *        ├──► unreachable       │
 *        └──► join ─────────────┘
 */
import type {
  Call,
  CallState,
  HistoryEntry,
  LocalState,
  Me,
  OfflineReason,
  Peer,
  RemoteMedia,
} from '@visavis/client';
import type { Message } from '../text/language.ts';

/** Everything there is to show. */
export interface Model {
  /** Microphone and camera exist only in a secure context. */
  readonly secure: boolean;
  readonly page: Page;
  readonly link: Link;
  readonly history: History;
  readonly call: CallModel | null;
  readonly toast: Toast | null;
}

/** What fills the screen beneath a call. */
export type Page =
  | { readonly type: 'loading' }
  /** `token`: the sign-up link that waits for the next try. */
  | { readonly type: 'unreachable'; readonly token: string | null }
  | { readonly type: 'join'; readonly token: string; readonly invitation: Invitation; readonly form: Form }
  /** `ended`: the login ended by itself, so the page says why it asks. */
  | { readonly type: 'sign-in'; readonly ended: boolean; readonly form: Form }
  | { readonly type: 'home'; readonly me: Me };

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
  readonly direction: Call['direction'];
  readonly media: Call['media'];
  readonly peer: Peer;
  readonly state: CallState;
  readonly local: LocalState;
  readonly remote: RemoteMedia;
}

/** The one call on the screen; ended calls stay until they are closed. */
export interface CallModel extends CallSnapshot {
  /** The user called or pressed answer: the call has the whole screen, also after its end. */
  readonly attended: boolean;
  /** When `state.type` became what it is, for texts that change while one waits. */
  readonly stateSince: number;
}

/** The last state of a call. */
export type Ended = Extract<CallState, { type: 'ended' }>;

/** A short notice that goes away by itself. */
export interface Toast {
  /** Tells one toast from the next with the same text. */
  readonly id: number;
  readonly message: Message;
}

/** The page before anything is known. */
export function initialModel(secure: boolean): Model {
  return {
    secure,
    page: { type: 'loading' },
    link: { type: 'connecting' },
    history: { status: 'loading', calls: [] },
    call: null,
    toast: null,
  };
}
