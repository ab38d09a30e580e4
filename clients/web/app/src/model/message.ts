/** What the model is told and what it asks for. */
import type {
  ClientError,
  DeviceKind,
  DeviceRole,
  GuestInvitation,
  Me,
  SignUpInvitation,
} from '@visavis/client';
import type { Wish } from '../push/wish.ts';
import type { AccountInput, AccountOutput } from './account.ts';
import type { CallElsewhere, CallSnapshot, Link, PastCall, Problem } from './model.ts';
import type { PeopleInput, PeopleOutput } from './people.ts';

/** What a user did, and what the server and the SDK answered. */
export type Input =
  /** The page opened, or its address changed; `token` is that of a sign-up link. */
  | { readonly type: 'open'; readonly token: string | null }
  | { readonly type: 'invitation'; readonly invitation: SignUpInvitation | null }
  | { readonly type: 'who-am-i'; readonly me: Me | null }
  /** The server did not answer while the page opened. */
  | { readonly type: 'no-server' }
  | { readonly type: 'retry' }
  | { readonly type: 'sign-up'; readonly displayName: string; readonly password: string }
  | { readonly type: 'log-in'; readonly name: string; readonly password: string }
  | { readonly type: 'signed-in'; readonly me: Me }
  | { readonly type: 'form-refused'; readonly problem: Problem }
  /** From the join page to the sign-in page. */
  | { readonly type: 'to-sign-in' }
  | { readonly type: 'sign-out' }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'connect-here' }
  | { readonly type: 'reload-history' }
  | { readonly type: 'history'; readonly calls: readonly PastCall[] }
  | { readonly type: 'history-failed' }
  | { readonly type: 'dial'; readonly to: string; readonly video: boolean }
  | { readonly type: 'call'; readonly call: CallSnapshot; readonly now: number }
  | { readonly type: 'answer'; readonly video: boolean }
  /** What other devices of this user carry has changed. */
  | { readonly type: 'elsewhere'; readonly calls: readonly CallElsewhere[] }
  | { readonly type: 'move-here'; readonly id: string }
  /** A call that rings during another: ends that one, or holds it, and answers. */
  | { readonly type: 'answer-waiting'; readonly serial: number; readonly hold: boolean }
  | { readonly type: 'decline-waiting'; readonly serial: number }
  /** Rings on, but not to be heard here. */
  | { readonly type: 'silence'; readonly serial: number }
  | { readonly type: 'hang-up' }
  | { readonly type: 'hold'; readonly on: boolean }
  /** Asks to record, agrees to it, or ends it. */
  | { readonly type: 'record'; readonly wish: 'ask' | 'agree' | 'stop' }
  /** The other person sees the same emoji as this call has shown, says our user. */
  | { readonly type: 'emoji-match'; readonly serial: number; readonly code: readonly string[] }
  /** What was recorded is whole, and was given to the user to keep. */
  | { readonly type: 'recording-saved'; readonly id: string; readonly problem?: 'full' | 'failed' }
  /** A page that is gone has recorded a call, and could not give it to its user. */
  | { readonly type: 'recording-left'; readonly id: string; readonly peer: string }
  | { readonly type: 'recording-failed' }
  | { readonly type: 'save-recording'; readonly id: string }
  /** Hands the other person over: to somebody by name. */
  | { readonly type: 'transfer'; readonly to: string }
  /** Connects the other person with that of another call. */
  | { readonly type: 'connect-calls'; readonly serial: number }
  /** Calls somebody beside the present call, which is held meanwhile. */
  | { readonly type: 'dial-beside'; readonly to: string }
  | { readonly type: 'transfer-failed'; readonly error: ClientError; readonly to: string }
  /** Goes on with a call that is on hold, in the place of the present one. */
  | { readonly type: 'change-over'; readonly serial: number }
  | { readonly type: 'mic'; readonly on: boolean }
  | { readonly type: 'camera'; readonly on: boolean }
  | { readonly type: 'screen'; readonly on: boolean }
  | { readonly type: 'use-device'; readonly role: DeviceRole; readonly id: string }
  | { readonly type: 'unblock' }
  | { readonly type: 'call-again' }
  | { readonly type: 'close-call' }
  | { readonly type: 'device-failed'; readonly error: ClientError; readonly device: DeviceKind }
  | { readonly type: 'dismiss-toast'; readonly id: number }
  /** Several, one after the other. */
  | { readonly type: 'all'; readonly inputs: readonly Input[] }
  /** A notification was pressed, says the service worker: never an address, which may come from anybody. */
  | { readonly type: 'answer-call'; readonly wish: Wish; readonly now: number }
  /** Whether nobody looks at this page. */
  | { readonly type: 'hidden'; readonly hidden: boolean }
  | AccountInput
  | GuestInput
  | SharedInput
  | PeopleInput;

/** What happens at a browser that several people use. */
export type SharedInput =
  /** Its user is to confirm who they are; `wanted` is done after that. */
  | { readonly type: 'ask-confirm'; readonly wanted: Input | null }
  | { readonly type: 'confirm'; readonly secret: string }
  | { readonly type: 'confirmed' }
  | { readonly type: 'confirm-refused'; readonly problem: Problem }
  | { readonly type: 'confirm-cancel' }
  /** Its user goes, or was away for too long. */
  | { readonly type: 'lock' }
  /** From now on several people use it, with this PIN; null: one person does. */
  | { readonly type: 'share'; readonly pin: string | null }
  | { readonly type: 'shared'; readonly on: boolean }
  /** The server says that nobody has confirmed who they are. */
  | { readonly type: 'unconfirmed' };

/** What somebody without an account does. */
export type GuestInput =
  | { readonly type: 'open-guest'; readonly token: string }
  /** `me`: who is signed in on this browser. */
  | { readonly type: 'guest-invitation'; readonly invitation: GuestInvitation | null; readonly me: Me | null }
  /** Comes in and calls the host; or calls again. */
  | { readonly type: 'knock'; readonly name: string; readonly video: boolean }
  | { readonly type: 'guest-entered'; readonly me: Me; readonly video: boolean }
  | { readonly type: 'guest-is-me' }
  | { readonly type: 'leave-as-guest' };

/** What is to be done about it. */
export type Output =
  | { readonly type: 'check-invitation'; readonly token: string }
  | { readonly type: 'ask-who-am-i' }
  | {
      readonly type: 'send-sign-up';
      readonly token: string;
      readonly displayName: string;
      readonly password: string;
    }
  | { readonly type: 'send-log-in'; readonly name: string; readonly password: string }
  | { readonly type: 'send-log-out' }
  /** Takes the sign-up token out of the address, so that it is neither kept nor shared. */
  | { readonly type: 'clear-address' }
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** Notifications of calls that are not live any more, by the ids of those that are; null: all there are. */
  | { readonly type: 'close-notices'; readonly live: readonly string[] | null }
  /** `afterCall`: the server may need a moment until the call that just ended is in it. */
  | { readonly type: 'load-history'; readonly afterCall: boolean }
  | { readonly type: 'start-call'; readonly to: string; readonly video: boolean }
  | { readonly type: 'accept-call'; readonly serial: number; readonly video: boolean }
  | { readonly type: 'take-call'; readonly id: string }
  | { readonly type: 'end-call'; readonly serial: number }
  | { readonly type: 'transfer-call'; readonly serial: number; readonly to: string | number }
  | { readonly type: 'hold-call'; readonly serial: number; readonly on: boolean }
  | { readonly type: 'record-call'; readonly serial: number; readonly wish: 'ask' | 'agree' | 'stop' }
  | { readonly type: 'verify-call'; readonly serial: number; readonly code: readonly string[] }
  | { readonly type: 'save-recording'; readonly id: string }
  /** Of pages before this one, which could not save them. */
  | { readonly type: 'look-for-recordings' }
  | { readonly type: 'set-mic'; readonly serial: number; readonly on: boolean }
  | { readonly type: 'set-camera'; readonly serial: number; readonly on: boolean }
  | { readonly type: 'share-screen'; readonly serial: number; readonly on: boolean }
  | { readonly type: 'use-device'; readonly serial: number; readonly role: DeviceRole; readonly id: string }
  | { readonly type: 'unblock-sound'; readonly serial: number }
  | { readonly type: 'check-guest-link'; readonly token: string }
  | {
      readonly type: 'send-guest';
      readonly token: string;
      readonly name: string;
      readonly video: boolean;
    }
  | AccountOutput
  | { readonly type: 'send-confirm'; readonly secret: string }
  | { readonly type: 'send-lock' }
  | { readonly type: 'send-share'; readonly pin: string | null }
  | PeopleOutput;

/** Hands an input to the model. */
export type Send = (input: Input) => void;
