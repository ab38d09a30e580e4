/**
 * The store's state, what it is told (`Input`) and what it answers (`Output`). All plain values, never changed in
 * place: a part that is the same object has not changed.
 */

import type { ClientError } from '../client-error.ts';
import type {
  Address,
  CallId,
  CallView,
  Candidate,
  ChangedThing,
  ClientMessage,
  Epoch,
  Gen,
  IceServer,
  MediaNotice,
  MessageId,
  PresenceStatus,
  RecordingWish,
  RelayLogin,
  Rev,
  Role,
  ServerMessage,
  SessionDescription,
  UserId,
} from '../protocol.ts';
import type { CallState, OfflineReason, Path, Peer, Recording } from '../public.ts';
import type { ControlMessage } from './control.ts';
import type { Evidence } from './diagnosis.ts';
import type { RememberedCall } from './resume.ts';
import type { TransferTo } from './transfer.ts';

/** Everything one device knows. */
export interface State {
  readonly device: { readonly id: string; readonly name: string };
  /** Begins the ids of this page's messages; another page of the same device has another. */
  readonly prefix: string;
  readonly nextId: number;
  /** Of the generator that spreads reconnects. */
  readonly seed: number;
  readonly link: Link;
  /** Tickets refused since the last `welcome`. */
  readonly refusals: number;
  readonly epoch: Epoch | undefined;
  readonly ice: readonly IceServer[];
  readonly privacy: Privacy;
  /** The application asks its user whether a call may be recorded. */
  readonly asksConsent: boolean;
  /** Not welcomed yet: a call of this device that is met now is one of the page before this one. */
  readonly fresh: boolean;
  /** Answered calls of the page before this one. */
  readonly remembered: readonly RememberedCall[];
  readonly pingInCallMs: number;
  readonly pingIdleMs: number;
  /** Calls that have not ended, oldest first. */
  readonly calls: readonly CallRecord[];
  /** Messages that have no `ok` or `error` yet, in the order they were first said. */
  readonly outbox: readonly Pending[];
  /** Answered calls that another device of our user carries. */
  readonly elsewhere: readonly ElsewhereRecord[];
  /** Calls that ended here, newest last. */
  readonly ended: readonly CallId[];
  /** Calls that another device of our user has, newest last: whatever becomes of them, this device does not end them. */
  readonly left: readonly CallId[];
  /** Contacts that are not offline. */
  readonly presence: Readonly<Record<UserId, PresenceStatus>>;
  /** Somebody looks at this page. */
  readonly seen: boolean;
  /** Media goes through the relay alone, so that nobody learns our addresses. */
  readonly hideAddress: boolean;
}

/**
 * The way to the server.
 *
 *     waiting ─→ opening ─→ online        any ─→ offline, for good
 *        ↑──────────┴──────────┘
 */
export type Link =
  | { readonly type: 'waiting'; readonly attempt: number; readonly retryAt: number }
  | { readonly type: 'opening'; readonly attempt: number; readonly until: number; readonly hello?: MessageId }
  | {
      readonly type: 'online';
      readonly me: UserId;
      readonly attempt: number;
      readonly since: number;
      readonly pingedAt: number;
      /** Something must be heard before this moment. */
      readonly deadBy: number | undefined;
      /** The relay's credentials grow old: connect again for new ones when there is no call. */
      readonly staleAt: number;
    }
  | { readonly type: 'offline'; readonly reason: OfflineReason };

/** What a user chose to send. */
export interface Choice {
  readonly audio: boolean;
  readonly video: boolean;
}

/** A call that has not ended. */
export interface CallRecord {
  readonly id: CallId;
  readonly direction: 'in' | 'out';
  readonly role: Role;
  readonly state: LiveState;
  /** When `state` was entered. */
  readonly enteredAt: number;
  /** Since when media flows, says the server: longer than we know, if the call began on another device. */
  readonly since?: number | undefined;
  /** When the server gives up on a call nobody has answered. */
  readonly expiresAt: number | undefined;
  readonly peer: Peer;
  /** Whom our user has dialled: whatever the server says, this call is with them. */
  readonly dialled?: UserId | undefined;
  /** What the caller asked for. */
  readonly asked: Choice;
  /** What our user wants to send. */
  readonly choice: Choice;
  /** Our user has put it on hold. */
  readonly held: boolean;
  readonly rev: Rev;
  readonly capsule: Capsule | undefined;
  /** What the relay is shown in this call, instead of what it is shown for the device. */
  readonly relay: RelayLogin | undefined;
  readonly gen: Gen;
  readonly offerer: Role;
  /** The server knows the call: it is named in heartbeats. */
  readonly known: boolean;
  /** The server has said that this device is one of the two ends: payloads may be sent. */
  readonly confirmed: boolean;
  /** The peer connection that carries the call, or will. */
  readonly key: PeerKey;
  /** When the call counts as recovering, if it goes on by a new peer connection that has no media yet. */
  readonly renewBy: number | undefined;
  /** Whether it is recorded, and how manieth question that is. */
  readonly recording: Recording;
  readonly recordingN: number;
  /** Our user hands the other person over. */
  readonly handsOver: boolean;
  /** We are handed over: until when the call that follows may come. */
  readonly followBy: number | undefined;
  /** The name of the person who handed us, or the other person, over. */
  readonly transferredBy: string | undefined;
  /** Devices for which a peer connection was made while it rings; as callee, whether we have asked for one. */
  readonly warm: readonly Address[];
  readonly asksWarm: boolean;
  /** Our user has been alerted. */
  readonly alerted: boolean;
  /** It was made by relays alone, since the other person was not to learn an address before the answer. */
  readonly narrow: boolean;
  /** It has an offer or answer of ours, so there is something to restart. */
  readonly negotiated: boolean;
  /** The path that `connected` was said of. */
  readonly reported: Path | undefined;
  /** When ICE was last restarted, and when it is to be again. */
  readonly restartedAt: number;
  readonly restartAt: number | undefined;
  /** What the present peer connection has tried. */
  readonly tried: Evidence;
  /** What we send now, for the other side to show. */
  readonly sending: MediaNotice | undefined;
  /** What the other side says it sends. */
  readonly receiving: MediaNotice | undefined;
  /** How many notices of ours there were. */
  readonly notices: number;
  /** We have asked the side that offered for a restart. */
  readonly lost: boolean;
  /** When media last arrived. */
  readonly flowedAt: number | undefined;
  /** Payloads that have arrived, as `from id`. */
  readonly seen: readonly string[];
}

/** A call that another device of our user carries: what it takes to take it over. */
export interface ElsewhereRecord {
  readonly id: CallId;
  readonly rev: Rev;
  readonly gen: Gen;
  readonly role: Role;
  readonly offerer: Role;
  readonly peer: CallView['peer'];
  /** Its name. */
  readonly device: string;
  readonly video: boolean;
}

export type LiveState = Exclude<CallState, { type: 'ended' }>;
export type EndedState = Extract<CallState, { type: 'ended' }>;

/** What the server gave us to keep of a call, in case it loses its own record. */
export interface Capsule {
  readonly epoch: Epoch | undefined;
  readonly text: string;
  /** A server that does not know it yet says that another device has the call. */
  readonly contradicted?: true;
}

/** A message that waits for its `ok` or `error`. */
export interface Pending {
  readonly id: MessageId;
  readonly call: CallId;
  readonly message: ClientMessage;
  readonly saidAt: number;
  /** How often it was sent. */
  readonly tries: number;
  /** When to send it again on the same connection. */
  readonly retryAt: number | undefined;
  /** Of a call that we have ended: a server that has lost the call needs it to tell the other side. */
  readonly capsule?: Capsule | undefined;
}

/** Why a media path is gone. */
export type InterruptionCause = Extract<CallState, { type: 'recovering' }>['cause'];

/**
 * Names one peer connection of a call: its generation, and for one that was made for a ringing device that device's
 * address behind it.
 */
export type PeerKey = string;

/** Which paths to look for: all, none that shows an address of ours, or only those that pass where UDP does not. */
export type Gather = 'all' | 'relay' | 'relay-tcp';

/** What others may learn of where this device is. */
export interface Privacy {
  readonly warmRing: boolean;
  readonly relay: 'strangers' | 'always' | 'never';
}

/** What the store is told. */
export type Input =
  /** The link. */
  | {
      readonly type: 'start';
      readonly device: State['device'];
      readonly privacy?: Privacy;
      readonly asksConsent?: boolean | undefined;
      readonly remembered?: readonly RememberedCall[];
    }
  | { readonly type: 'opened'; readonly ticket: string }
  | { readonly type: 'ticket-failed'; readonly signedOut: boolean }
  | { readonly type: 'closed'; readonly code: number }
  | { readonly type: 'hear'; readonly message: ServerMessage }
  | { readonly type: 'network-changed' }
  /** Somebody wants to know whether the server is there. */
  | { readonly type: 'probe' }
  /** Whether somebody looks at this page. */
  | { readonly type: 'seen'; readonly yes: boolean }
  /** Whether media goes through the relay alone, from the next path on. */
  | { readonly type: 'hide-address'; readonly yes: boolean }
  | { readonly type: 'timeout' }
  /** The page goes away, perhaps to come back. */
  | { readonly type: 'leave' }
  | { readonly type: 'come-back' }
  | { readonly type: 'close' }
  /** The user. */
  | { readonly type: 'dial'; readonly call: CallId; readonly to: UserId; readonly choice: Choice }
  | { readonly type: 'alerting'; readonly call: CallId }
  | { readonly type: 'accept'; readonly call: CallId; readonly choice: Choice }
  | { readonly type: 'hangup'; readonly call: CallId }
  | { readonly type: 'take'; readonly call: CallId; readonly choice: Choice }
  | { readonly type: 'hold'; readonly call: CallId; readonly on: boolean }
  | { readonly type: 'transfer'; readonly call: CallId; readonly to: TransferTo }
  | { readonly type: 'record'; readonly call: CallId; readonly wish: RecordingWish }
  /** The media. */
  | {
      readonly type: 'described';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly description: SessionDescription;
    }
  | {
      readonly type: 'gathered';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly candidates: Candidate[] | null;
    }
  | { readonly type: 'sending'; readonly call: CallId; readonly notice: MediaNotice }
  | { readonly type: 'connected'; readonly call: CallId; readonly key: PeerKey; readonly path: Path }
  | { readonly type: 'flowing'; readonly call: CallId; readonly key: PeerKey }
  /** Media has paused; it may be nothing. */
  | { readonly type: 'suspect'; readonly call: CallId; readonly key: PeerKey }
  | {
      readonly type: 'interrupted';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly cause: InterruptionCause;
    }
  /** What is sent does not arrive, or arrives again. */
  | {
      readonly type: 'deaf';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly who: 'me' | 'peer' | undefined;
    }
  /** The other device, past the server. */
  | {
      readonly type: 'control';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly message: ControlMessage;
    }
  | { readonly type: 'tried'; readonly call: CallId; readonly key: PeerKey; readonly evidence: Evidence }
  | {
      readonly type: 'broken';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly reason: 'media_failed' | 'incompatible_media';
    };

/** What the store wants done. */
export type Output =
  /** Get a ticket and open a connection, in place of any other. */
  | { readonly type: 'open' }
  | { readonly type: 'shut' }
  | { readonly type: 'send'; readonly message: ClientMessage }
  /** Tell the application of a call that rings here. */
  | { readonly type: 'announce'; readonly call: CallId }
  /** Start microphone and camera. */
  | { readonly type: 'capture'; readonly call: CallId; readonly choice: Choice }
  /** Send and play nothing, or go on. */
  | { readonly type: 'hold'; readonly call: CallId; readonly on: boolean }
  /** The other side holds the call: send nothing, with every device as it is, or go on. */
  | { readonly type: 'pause'; readonly call: CallId; readonly on: boolean }
  /** Make a peer connection and an offer, gather candidates, and keep all of it. */
  | {
      readonly type: 'prepare';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly ice: readonly IceServer[];
      readonly gather: Gather;
    }
  /** This peer connection is not needed any more. */
  | { readonly type: 'drop'; readonly call: CallId; readonly key: PeerKey }
  /** Send by this peer connection what is captured, though the call may turn out not to be ours. */
  | { readonly type: 'feed'; readonly call: CallId; readonly key: PeerKey }
  /** This peer connection carries the call from now on. */
  | { readonly type: 'use'; readonly call: CallId; readonly key: PeerKey }
  | {
      readonly type: 'offer';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly ice: readonly IceServer[];
      readonly gather: Gather;
      readonly restart: boolean;
    }
  /** A description of the other side; an offer is to be answered. */
  | {
      readonly type: 'describe';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly ice: readonly IceServer[];
      readonly gather: Gather;
      readonly polite: boolean;
      readonly description: SessionDescription;
    }
  | {
      readonly type: 'add-candidates';
      readonly call: CallId;
      readonly key: PeerKey;
      readonly candidates: readonly Candidate[];
    }
  /** Say it to the other device, past the server. */
  | { readonly type: 'tell'; readonly call: CallId; readonly message: ControlMessage }
  /** The call goes on with another person: close what there was, and send this of what is open. */
  | { readonly type: 'begin-anew'; readonly call: CallId; readonly choice: Choice }
  | { readonly type: 'transfer-refused'; readonly call: CallId; readonly error: ClientError }
  /** The call has another id from now on. */
  | { readonly type: 'rekey'; readonly from: CallId; readonly to: CallId }
  /**
   * The call has ended: stop every track, close every connection. `lingers`: it goes on on another device, so send on
   * until the other side has closed this connection.
   */
  | {
      readonly type: 'release';
      readonly call: CallId;
      readonly state: EndedState;
      readonly lingers?: boolean;
    }
  /** Something of this user's own has changed; the application may ask for it. */
  | { readonly type: 'changed'; readonly what: readonly ChangedThing[] }
  | { readonly type: 'report'; readonly error: ClientError };

/** A device that has not connected yet. `seed` and `prefix` are random. */
export function initialState(prefix: string, seed: number): State {
  return {
    device: { id: '', name: '' },
    prefix,
    nextId: 1,
    seed,
    link: { type: 'waiting', attempt: 0, retryAt: Number.POSITIVE_INFINITY },
    refusals: 0,
    epoch: undefined,
    ice: [],
    privacy: { warmRing: true, relay: 'strangers' },
    asksConsent: false,
    fresh: true,
    remembered: [],
    pingInCallMs: 20_000,
    pingIdleMs: 55_000,
    calls: [],
    outbox: [],
    elsewhere: [],
    ended: [],
    left: [],
    presence: {},
    seen: true,
    hideAddress: false,
  };
}
