/**
 * What the package offers, as types. Nothing here runs: `index.ts` says where each comes from.
 *
 * Times are milliseconds. A moment is on this device's clock, as `Date.now()` counts.
 */
import type { ClientError } from './client-error.ts';
import type { ChangedThing, PresenceStatus } from './protocol.ts';
import type { Transport } from './transport.ts';

/** A person's name on the server: what is dialled. */
export type UserId = string;

/** A value that changes: read it, watch it, or wait for it. */
export interface Readable<T> extends AsyncIterable<T> {
  /** What it is at this moment. */
  readonly value: T;
  /** Calls `run` at once and after each change, until the returned function is called. */
  subscribe(run: (value: T) => void): () => void;
  /** The first value that `wanted` accepts; rejects with `aborted` or `timeout`. */
  until<S extends T>(wanted: (value: T) => value is S, options?: UntilOptions): Promise<S>;
  until(wanted: (value: T) => boolean, options?: UntilOptions): Promise<T>;
}

/** When to give up waiting. */
export interface UntilOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** The way to the server. Calls go on without it; new ones need it. */
export type LinkState =
  /** `attempt` is 0 for the first try; `retryInMs` is 0 while a try runs. */
  | { readonly type: 'connecting'; readonly attempt: number; readonly retryInMs: number }
  | { readonly type: 'online'; readonly me: UserId }
  /** For good: only a new `connect` helps. */
  | { readonly type: 'offline'; readonly reason: OfflineReason };

/**
 * - `closed`: `client.close()` was called.
 * - `replaced`: the same device connected from somewhere else.
 * - `signed-out`: the login has ended, or no ticket is given without one.
 * - `incompatible`: the server speaks another version of the protocol.
 */
export type OfflineReason = 'closed' | 'replaced' | 'signed-out' | 'incompatible';

/** The network path of the media. */
export type Path = 'direct' | 'relay-udp' | 'relay-tcp' | 'relay-tls';

/** Where a call stands. `ended` comes exactly once and is the last. */
export type CallState =
  /** We call; none of their devices rings yet. */
  | { readonly type: 'dialing' }
  /** `in`: they call us. `until`: when the server gives up, if it said so. */
  | { readonly type: 'ringing'; readonly direction: 'in' | 'out'; readonly until: number | undefined }
  /** Answered; the media path is being made. */
  | { readonly type: 'connecting' }
  /** Media flows, since `since`. */
  | {
      readonly type: 'active';
      readonly since: number;
      readonly path: Path;
      /** What is sent does not arrive at this side for 4 s; a better path is being looked for. */
      readonly deaf?: 'me' | 'peer';
    }
  /** Media flowed since `since` and stopped at `lostAt`; a new path is being looked for. */
  | {
      readonly type: 'recovering';
      readonly since: number;
      readonly lostAt: number;
      readonly cause: RecoveryCause;
    }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly summary: CallSummary };

/**
 * Why media has stopped.
 *
 * - `silence` nothing arrives any more · `network` the connection is lost · `ice-failed` the browser has given it up
 * - `leaving` the other page was closed or is being reloaded, and is waited for
 * - `reloaded` this page was, and goes on with the call of the page before it
 */
export type RecoveryCause = 'silence' | 'network' | 'ice-failed' | 'leaving' | 'reloaded';

/**
 * Why a call ended, as this device's user should hear it.
 *
 * - `hangup` we hung up · `remote-hangup` they hung up
 * - `cancelled` we gave up before the answer · `remote-cancelled` they gave up before we answered
 * - `declined` we declined · `remote-declined` they declined
 * - `busy` they are in another call · `no-answer` it rang in vain · `missed` we let it ring
 * - `unreachable` none of their devices could be reached · `not-found` there is no such person
 * - `elsewhere` another device of ours answered, `summary.answeredOn`
 * - `media-failed` no media path · `connection-lost` a device was away too long
 * - `permission` a device may not use its microphone · `incompatible-media` no common codec
 * - `transferred` we handed the other person over to somebody else
 * - `removed` the account of one of the two is gone
 * - `refused` the server did not allow the call, `summary.error` · `server` the server ended it or lost it
 */
export type EndReason =
  | 'hangup'
  | 'remote-hangup'
  | 'cancelled'
  | 'remote-cancelled'
  | 'declined'
  | 'remote-declined'
  | 'busy'
  | 'no-answer'
  | 'missed'
  | 'unreachable'
  | 'not-found'
  | 'elsewhere'
  | 'media-failed'
  | 'connection-lost'
  | 'permission'
  | 'incompatible-media'
  | 'transferred'
  | 'removed'
  | 'refused'
  | 'server';

/** What is left of a call. */
export interface CallSummary {
  /** How long media could flow; 0 if it never did. */
  readonly durationMs: number;
  /** The name of our device that answered, for `elsewhere`. */
  readonly answeredOn?: string;
  /** Why the server refused, for `refused`. */
  readonly error?: ClientError;
  /** What was tried, for `media-failed`. */
  readonly diagnosis?: Diagnosis;
}

/**
 * Why no media path was found, as far as this device can tell.
 *
 * - `offline-here`, `offline-there` this or the other device has lost the server as well
 * - `blocked-here` this browser found no address at all to be reached at: its network, a policy or an extension
 * - `nothing-from-there` the other device has told none
 * - `no-relay` the server offers no relay, and there is no direct path
 * - `relay-refused-here`, `relay-unreachable-here`, `relay-unreachable-there` one side got no address at the relay
 * - `no-path` both did, and yet nothing went through
 */
export interface Diagnosis {
  readonly code:
    | 'offline-here'
    | 'offline-there'
    | 'blocked-here'
    | 'nothing-from-there'
    | 'no-relay'
    | 'relay-refused-here'
    | 'relay-unreachable-here'
    | 'relay-unreachable-there'
    | 'no-path';
  /** The kinds of addresses that were found, here and there, and what relays answered. */
  readonly here: readonly ('host' | 'reflexive' | 'relay')[];
  readonly there: readonly ('host' | 'reflexive' | 'relay')[];
  readonly errors: readonly ('unreachable' | 'refused' | 'full')[];
}

/** The other person. */
export interface Peer {
  readonly id: UserId;
  /** How to show them; the id until the server has said. */
  readonly name: string;
  /** Their device has lost the server. The media may well go on. */
  readonly lost: boolean;
  /** They are among our contacts. */
  readonly contact: boolean;
  /** They have no account, and came with a link of ours that is for `label`. */
  readonly guest?: { readonly label: string };
}

/** What to send. */
export interface MediaChoice {
  /** Default: true. */
  readonly audio?: boolean;
  /** Default: false. */
  readonly video?: boolean;
}

/** A call, from the first ring to `ended`. */
export interface Call {
  /** Changes once if both people called each other at the same time and the two calls became one. */
  readonly id: string;
  /** Who began, as this device's user saw it. */
  readonly direction: 'in' | 'out';
  /** What the caller asked for. */
  readonly media: { readonly audio: boolean; readonly video: boolean };
  readonly peer: Readable<Peer>;
  readonly state: Readable<CallState>;
  /**
   * The name of the person who put this call through: we were handed over to its other person, or they to us. Changes
   * with `peer`.
   */
  readonly transferredBy: string | undefined;
  /** Who has put the call on hold. */
  readonly held: Readable<Held>;
  /** What is sent from here. */
  readonly local: LocalMedia;
  /** What comes from there. */
  readonly remote: Readable<RemoteMedia>;
  /**
   * Answers a call that rings here. A missing camera or microphone does not stop it: `local.state` says what is
   * missing. If the call has ended meanwhile, its state says so. Rejects with `wrong-state` for any other call.
   */
  accept(choice?: MediaChoice): Promise<void>;
  /** Declines a call that rings here. In any other state, the same as `hangup`. */
  decline(): void;
  /** Ends the call, or gives up calling. Takes effect here at once; does nothing after the end. */
  hangup(): void;
  /**
   * Puts the call on hold, or goes on with it. On hold it sends and plays nothing; its microphone and camera are off
   * until it goes on, with what was on before. Only one call talks at a time: dialling, answering or resuming one puts
   * the others on hold.
   */
  hold(on: boolean): void;
  /**
   * Hands the other person over, and leaves: to somebody by name, whose devices then ring, or to the other person of
   * another answered call of this client. Rejects if that cannot be (`not-found`, `busy`, …); then the call goes on.
   *
   * For those who are handed over the same `Call` goes on, with another `peer`: its state goes back to `dialing` or
   * `connecting`, its elements stay attached, and it sends sound only until a camera is turned on anew.
   */
  transfer(to: UserId | Call): Promise<void>;
  /**
   * Plays the other person's sound and picture in `element`, through every recovery, until the call ends or the
   * returned function is called. An `<audio>` element does for a call without pictures. `view`: `screen` for the screen
   * they share, with its sound.
   */
  attach(element: HTMLMediaElement, view?: 'camera' | 'screen'): () => void;
  /** Starts playing what the browser had blocked (`remote.blocked`). Call it from a click. */
  unblock(): Promise<void>;
}

/** Who has put a call on hold. */
export interface Held {
  readonly me: boolean;
  readonly peer: boolean;
}

/** What arrives. */
export interface RemoteMedia {
  /** They send sound: a microphone is on and not muted. */
  readonly audio: boolean;
  /** They send a picture. */
  readonly video: boolean;
  /** They share a screen. */
  readonly screen: boolean;
  /** The browser wants a click before it plays sound: see `Call.unblock`. */
  readonly blocked: boolean;
}

/** What this device sends in one call. */
export interface LocalMedia {
  readonly state: Readable<LocalState>;
  /** How loud the microphone is, 0 to 1. Measured, about ten times a second, only while somebody subscribes. */
  readonly level: Readable<number>;
  /** Somebody talks while the microphone is muted. Listened for only while somebody subscribes. */
  readonly talkingWhileMuted: Readable<boolean>;
  /** What there is to choose from; empty until the user has allowed a device. Looked up while somebody subscribes. */
  readonly devices: Readable<readonly Device[]>;
  /** Unmutes or mutes. Unmuting asks for the microphone if there is none yet, and rejects if that fails. */
  mic(on: boolean): Promise<void>;
  /** Starts or stops the camera; its light goes out. Rejects if there is none to start. */
  camera(on: boolean): Promise<void>;
  /**
   * Shares a screen, with its sound if the user allows it, or ends that. Call it from a click. Rejects with
   * `permission-dismissed` if the user chose none. The browser's own bar may end it: `state.screen` tells.
   */
  screen(on: boolean, options?: { readonly audio?: boolean }): Promise<void>;
  /** Goes over to another device, in this call and later ones. Rejects if it cannot be had; then nothing changes. */
  use(role: DeviceRole, id: string): Promise<void>;
  /** Shows our own picture in `element`, without sound, until the call ends or the returned function is called. */
  attach(element: HTMLMediaElement): () => void;
}

/** Which devices are in use, and what went wrong with those that are not. */
export interface LocalState {
  /**
   * `lost`: it was unplugged, and there is no other. `none`: never had one. `taken`: the system has given it to another
   * app, such as a telephone call; `mic(true)` asks for it again.
   */
  readonly mic: 'on' | 'muted' | 'taken' | 'lost' | 'none';
  readonly camera: 'on' | 'off' | 'lost' | 'none';
  readonly screen: 'on' | 'off';
  /** What the browser calls the one in use, or last in use. */
  readonly micLabel?: string;
  readonly cameraLabel?: string;
  readonly micError?: ClientError;
  readonly cameraError?: ClientError;
}

/** What a device is good for. */
export type DeviceRole = 'mic' | 'camera' | 'speaker';

/** A microphone, camera or speaker of this machine. */
export interface Device {
  readonly role: DeviceRole;
  readonly id: string;
  /** As the browser calls it. */
  readonly label: string;
}

/** The connection of this device to a server, and its calls. */
export interface Client {
  readonly link: Readable<LinkState>;
  /** Every call that has not ended, oldest first. */
  readonly calls: Readable<readonly Call[]>;
  /** Answered calls of this user that another of their devices carries. */
  readonly elsewhere: Readable<readonly ElsewhereCall[]>;
  /** The one to show: answered before outgoing before on hold before ringing here; null if there is none. */
  readonly current: Readable<Call | null>;
  /**
   * Contacts of ours, who have us among theirs too, and are not offline. Of anybody else, and while the server has not
   * been reached, nothing is known. Ours follows from whether this page is looked at.
   */
  readonly presence: Readable<Readonly<Record<UserId, PresenceStatus>>>;
  /**
   * Sends all media through the relay, from the next path on, so that the other person learns no IP address of ours. Each
   * time the server is reached it says how the user wishes it; this is for a wish that has just changed.
   */
  hideAddress(yes: boolean): void;
  /** Calls somebody. Never throws: a call that cannot be made ends with its reason. Aborting `signal` hangs up. */
  call(to: UserId, options?: MediaChoice & { readonly signal?: AbortSignal }): Call;
  /** Calls `run` at each event, until the returned function is called or `signal` is aborted. */
  on<K extends keyof ClientEvents>(
    event: K,
    run: (detail: ClientEvents[K]) => void,
    options?: { readonly signal?: AbortSignal; readonly once?: boolean },
  ): () => void;
  /** Hangs up every call and leaves the server. */
  close(): void;
}

/** A call that another device of this user carries. */
export interface ElsewhereCall {
  readonly id: string;
  readonly peer: Peer;
  /** The name of that device. */
  readonly device: string;
  /** The caller asked for pictures. */
  readonly video: boolean;
  /**
   * Moves it here: the other person sees a blink at most, and the other device's call ends as `elsewhere`. If it has
   * ended meanwhile, the returned call says so. Throws `wrong-state` for one that is not in `Client.elsewhere` any more.
   */
  take(choice?: MediaChoice): Call;
}

/** What `Client.on` tells. */
export interface ClientEvents {
  /** A call rings here. */
  incoming: Call;
  /** Something of ours has changed on the server, from here or another device: ask for it again over HTTP. */
  changed: readonly ChangedThing[];
  /** Something went wrong that no promise reports. Calls tell of their end by their state, not here. */
  error: ClientError;
}

/** What `connect` needs; on a page that the server itself delivers, nothing. */
export interface ConnectOptions {
  /** The server: its WebSocket (`wss://calls.example.org/ws`) or page. Default: where this page came from. */
  readonly url?: string | URL;
  /**
   * A fresh ticket for each connection. Default: `POST /api/ticket` with this page's cookie. A rejection with
   * `new ClientError('signed-out')` ends the connection; any other is tried again.
   */
  readonly ticket?: () => Promise<string>;
  /** Who this device is among its user's. Default: this tab, with a name such as "Chrome on Linux". */
  readonly device?: { readonly id: string; readonly name: string };
  /** What to ask of microphone and camera. */
  readonly media?: { readonly audio?: MediaTrackConstraints; readonly video?: MediaTrackConstraints };
  /**
   * What others may learn of where this device is.
   *
   * - `warmRing` finds the path while it rings, so that picture and sound are there at the answer. Default: true.
   * - `relay`: from whom the device's addresses are hidden behind the relay. `strangers` (default): from people who are not
   *   contacts, until the call is answered. `always`: from everybody, during the call, too. `never`: from nobody.
   */
  readonly privacy?: { readonly warmRing?: boolean; readonly relay?: 'strangers' | 'always' | 'never' };
  /** Added to the configuration of every peer connection, such as `{ iceTransportPolicy: 'relay' }`. */
  readonly rtc?: Omit<RTCConfiguration, 'iceServers'>;
  /** Carries the messages. Default: a WebSocket, and where none gets through, an event stream with POSTs. */
  readonly transport?: Transport;
  /** Told what happens, for the console or a file. Never given tickets, addresses or session descriptions. */
  readonly log?: (entry: LogEntry) => void;
}

/** A line of the log. */
export interface LogEntry {
  readonly at: number;
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
}
