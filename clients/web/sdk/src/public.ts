/**
 * What the package offers, as types. Nothing here runs: `index.ts` says where each comes from.
 *
 * Times are milliseconds. A moment is on this device's clock, as `Date.now()` counts.
 */
import type { Chat, ChatOptions } from './chat/public.ts';
import type { ClientError, DeviceKind } from './client-error.ts';
import type { DumpOptions, Inspection } from './inspect/inspection.ts';
import type { Check, PreflightOptions } from './preflight/check.ts';
import type { ChangedThing, PresenceStatus, Reach } from './protocol.ts';
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
 * - `removed` the account of one of the two is gone · `operator` an administrator ended it
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
  | 'operator'
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
  /** How it went, if media has flowed on this page. */
  readonly course?: Course;
}

/** How a call went, as this page saw it. With another person, after a transfer, it begins anew. */
export interface Course {
  /** Each level from its moment until the next, oldest first; at most 300: the shortest give way. `lost`: nothing flowed. */
  readonly levels: readonly { readonly at: number; readonly level: QualityLevel | 'lost' }[];
  readonly endedAt: number;
  /** Milliseconds from the first sight of the call until it rang, was answered, and media flowed. */
  readonly setup: { readonly ringing?: number; readonly answered?: number; readonly media?: number };
  /** Seconds in which the arriving sound was measured, and those of them with an opinion score of 3.6 or more. */
  readonly heard: { readonly seconds: number; readonly clear: number };
  /** The second with the worst level; of several, the one with the lowest opinion score. */
  readonly worst: Quality | undefined;
  /** What was wrong with it, if it was not a good call. */
  readonly cause: Cause | undefined;
}

/**
 * The most probable cause of a bad call.
 *
 * - `silent-mic` a microphone was on and gave nothing but silence · `one-sided` what one of them sent did not arrive
 * - `dropped` media stopped twice or more, or for long · `narrow` pictures were paused to keep the sound
 * - `no-udp` it went over TCP, which suffers most from what networks do · `loss`, `late`, `jitter` packets were lost, took
 *   long, or came unevenly · `busy` a device could not keep up with its own pictures
 */
export interface Cause {
  readonly code:
    | 'silent-mic'
    | 'one-sided'
    | 'dropped'
    | 'narrow'
    | 'no-udp'
    | 'loss'
    | 'late'
    | 'jitter'
    | 'busy';
  /** Whose it was. Of two ends of one path nobody can tell which half is bad, unless one has lost the server as well. */
  readonly side: 'here' | 'there' | 'between';
  /** What has carried the call last. */
  readonly path: Path;
}

/**
 * Why no media path was found, as far as this device can tell.
 *
 * - `offline-here`, `offline-there` this or the other device has lost the server as well
 * - `blocked-here` this browser found no address at all to be reached at: its network, a policy or an extension
 * - `nothing-from-there` the other device has told none
 * - `no-relay` the server offers no relay, and there is no direct path
 * - `relay-refused-here`, `relay-unreachable-here`, `relay-unreachable-there` one side got no address at the relay
 * - `relay-full` it had no room for this device. `GET /api/relay` may tell whether it works at all
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
    | 'relay-full'
    | 'no-path';
  /** The kinds of addresses that were found, here and there, and what relays answered. */
  readonly here: readonly ('host' | 'reflexive' | 'relay')[];
  readonly there: readonly ('host' | 'reflexive' | 'relay')[];
  readonly errors: readonly ('unreachable' | 'refused' | 'full')[];
  /** By which ways the relay was reached from here (`true`), and by which it was not. */
  readonly reach: Readonly<Reach>;
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
  /** Whose pictures are paused, since the network is too weak for them. */
  readonly weak: Readable<Weak>;
  /** How good the connection is, once a second; null for the first three seconds of each path. */
  readonly quality: Readable<Quality | null>;
  /** Who records the call, or asks to. Show it for as long as it is `on`. */
  readonly recording: Readable<Recording>;
  /**
   * Whether anybody is between the two devices, as far as the two people can tell: see `Safety`. Null as long as there is
   * nothing to compare, and for ever if the other person's client takes no part in it. Before the answer only contacts have it.
   */
  readonly safety: Readable<Safety | null>;
  /** Texts and files between the two, from the answer on. */
  readonly chat: Chat;
  /** What is sent from here. */
  readonly local: LocalMedia;
  /** What comes from there. */
  readonly remote: Readable<RemoteMedia>;
  /**
   * Answers a call that rings here. A missing camera or microphone does not stop it: `local.state` says what is
   * missing. If the call has ended meanwhile, its state says so. Rejects with `wrong-state` for any other call. Where several
   * people use the browser and its user has not confirmed who they are, it ends as `refused`, with the error `unconfirmed`,
   * and rings on as another call.
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
   * `ask`: asks the other person whether this device may record; nothing is recorded before `recording` is `on`. `agree`: our
   * user says yes to theirs. `stop`: takes the question back, says no, or ends it, on either side and at any time. Recording
   * itself is done by `recordCall` of `@visavis/client/recorder`.
   */
  record(wish: 'ask' | 'agree' | 'stop'): void;
  /**
   * Plays the other person's sound and picture in `element`, through every recovery, until the call ends or the
   * returned function is called. An `<audio>` element does for a call without pictures. `view`: `screen` for the screen
   * they share, with its sound.
   */
  attach(element: HTMLMediaElement, view?: 'camera' | 'screen'): () => void;
  /** Starts playing what the browser had blocked (`remote.blocked`). Call it from a click. */
  unblock(): Promise<void>;
  /**
   * What has happened so far, step by step, and its figures once a second, for `@visavis/client/inspect`; also after the end.
   * Rejects with `wrong-state` once eight newer calls of this page are kept, and with `server-unreachable` if the part of the
   * package that does it could not be loaded.
   */
  inspect(): Promise<Inspection>;
  /** The same as one JSON file. What is personal is left out of it, unless `options` say so. */
  dump(options?: DumpOptions): Promise<Blob>;
}

/**
 * What two people compare to know that nobody is between them, not even the server. Another connection of the same call, as
 * after a reload or on another device, has other emoji; whom our user has verified stays so where it is `lasting`.
 */
export interface Safety {
  /**
   * Four emoji. Both sides see the same if there is nobody between them; whoever is has one chance in 16,777,216. Empty if it
   * has `failed`. `emojiName` of `@visavis/client/safety` says what to call them.
   */
  readonly code: readonly string[];
  /**
   * - `unverified` the emoji have not been compared
   * - `verified` they have, now or in an earlier call with this device of theirs, under the name that is shown now
   * - `changed` they have been with another device of this person, under another name, or with an earlier connection of this
   *   call of which nothing could be kept
   * - `failed` the other side breaks the rules, takes no part although this person has been verified, or has begun anew more
   *   than eight times in this call; or this page could not fetch what compares
   */
  readonly status: 'unverified' | 'verified' | 'changed' | 'failed';
  /**
   * `verify` holds in later calls, too. Not with guests, and not where either browser can keep no key: then it holds for this
   * connection, and the next one of this call is `changed`.
   */
  readonly lasting: boolean;
  /**
   * Our user has compared the emoji, and they are the same. `code`: those that were shown. Rejects with `wrong-state`, and
   * verifies nobody, if meanwhile the call has others, or another name is shown.
   */
  verify(code: readonly string[]): Promise<void>;
}

/** Whether the call is recorded, on which side, and what became of the question. */
export type Recording =
  | { readonly type: 'none' }
  /** Nothing is recorded. `until`: when the server gives up waiting for an answer. */
  | { readonly type: 'asked'; readonly by: 'me' | 'peer'; readonly until: number }
  /** Both have agreed. */
  | { readonly type: 'on'; readonly by: 'me' | 'peer'; readonly since: number }
  | { readonly type: 'over'; readonly by: 'me' | 'peer'; readonly reason: RecordingEnd };

/**
 * Why nothing is recorded any more.
 *
 * - `refused` who was asked said no · `unanswered` or nothing · `withdrawn` who had asked no longer wanted it
 * - `stopped` who recorded has stopped · `revoked` who had agreed does not any more
 * - `left` a device went away, or the call went on at another one
 * - `unsupported` their application cannot ask them · `unreachable` nobody could be asked now
 */
export type RecordingEnd =
  | 'refused'
  | 'unanswered'
  | 'withdrawn'
  | 'stopped'
  | 'revoked'
  | 'left'
  | 'unsupported'
  | 'unreachable';

/** Who has put a call on hold. */
export interface Held {
  readonly me: boolean;
  readonly peer: boolean;
}

/**
 * Pictures are paused to keep the sound, since the network is too weak for both; they come back by themselves, and camera
 * and screen stay on. `me`: those that we send, `peer`: those that they send.
 */
export interface Weak {
  readonly me: boolean;
  readonly peer: boolean;
}

/**
 * How good a connection is, by what three of the last five seconds were.
 *
 * - `good` below 250 ms there and back, 2 % lost and 30 ms of jitter · `fair` below 400 ms and 5 %
 * - `poor` below 800 ms and 12 % · `bad` worse than that, or nothing has arrived for 2 s
 */
export type QualityLevel = 'good' | 'fair' | 'poor' | 'bad';

/**
 * What was measured of a connection. Shares, rates and pictures in a second are those of the last five seconds; what is not
 * known, or does not flow, is undefined.
 */
export interface Quality {
  /** Of the worse of the two ways. */
  readonly level: QualityLevel;
  /**
   * The estimated mean opinion score of the sound that arrives, 1 (bad) to 4.4: a heuristic after the E-model (ITU-T G.107)
   * from delay and audible concealment. Nobody has compared it with people's opinion.
   */
  readonly mos: number | undefined;
  /** There and back. */
  readonly rttMs: number | undefined;
  readonly receiving: QualityOfWay & {
    /** The share of the sound that was made up where packets were missing, as far as it could be heard. */
    readonly concealedPct: number | undefined;
    /** How long the picture stood still. */
    readonly frozenMs: number;
    /** Their device is too busy for the picture that it sends. */
    readonly busy: boolean;
  };
  readonly sending: QualityOfWay & {
    /** Each piece of sound is sent twice, since packets are lost. */
    readonly twice: boolean;
    /** What keeps the picture smaller than the camera's. */
    readonly limitedBy: 'none' | 'cpu' | 'bandwidth';
    /** What the browser believes the path to carry, while pictures are sent. Firefox does not say. */
    readonly availableKbps: number | undefined;
  };
}

/** Of what goes one way. */
export interface QualityOfWay {
  readonly level: QualityLevel;
  /** Sound and pictures, with the headers of RTP. */
  readonly kbps: number;
  readonly lossPct: number | undefined;
  readonly jitterMs: number | undefined;
  /** Its sound is nothing but silence: it is muted, or the microphone gives none. Of its own Firefox does not say. */
  readonly silent: boolean;
  readonly fps: number;
  /** Of the picture, in pixels. */
  readonly height: number | undefined;
  /** As the standards call them, such as `opus` and `VP8`. */
  readonly codecs: { readonly audio?: string; readonly video?: string };
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
  /**
   * Works on what the device gives before it is sent, from now on in this call; `{}` sends it as it is. For other
   * constraints an open device is opened anew, without a gap. An effect that fails is reported by the event `error` with the
   * code `effect-failed`, and the track is sent as it is, unless the effect `hides`. Rejects if the device cannot be had with
   * the constraints; then nothing changes, but one that was to be hidden is let go of.
   */
  process(device: DeviceKind, processing: Processing): Promise<void>;
  /**
   * Shows our own picture in `element`, which is muted, until the call ends or the returned function is called. `view`: `screen`
   * for the screen we share.
   */
  attach(element: HTMLMediaElement, view?: 'camera' | 'screen'): () => void;
}

/** How a device's track is worked on before it is sent. */
export interface Processing {
  /** Asked of the browser beside what `connect` was told, such as `{ noiseSuppression: false }`. */
  readonly constraints?: MediaTrackConstraints;
  /** Another track is sent in the place of the device's own. */
  readonly effect?: TrackEffect;
}

/** Makes another track of a device's; see `@visavis/client/effects`. */
export interface TrackEffect {
  /**
   * Begins with a track, which it must not stop, and rejects if it cannot. Called anew for each track. `failed` is for later:
   * it cannot go on. `signal` is aborted when it is not wanted any more, ready or not; what was made is stopped besides.
   */
  apply(
    track: MediaStreamTrack,
    failed: (cause: unknown) => void,
    signal: AbortSignal,
  ): Promise<EffectedTrack>;
  /**
   * The device's own track is never sent nor shown while this effect is chosen: nothing is, until it is ready. If it fails, the
   * device is let go of, and `LocalState` has the error `effect-failed`. Default: false.
   */
  readonly hides?: boolean;
}

/** What an effect has made: another track, or the device's own, changed. */
export interface EffectedTrack {
  readonly track: MediaStreamTrack;
  /** Ends the track if it is not the device's, and lets go of everything that made it. */
  stop(): void;
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
  /**
   * Looks whether a call would work: the server, bytes through the relay by UDP, TCP and TLS, microphone, camera and speaker, all
   * at once and within 8 s, not counting the time in which the browser asks its user. Nothing of it is open afterwards. Only
   * rejects with `aborted`, and with `server-unreachable` if the part of the package that does it could not be loaded; what is
   * wrong is in the checks.
   */
  preflight(options?: PreflightOptions): Promise<readonly Check[]>;
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
  /**
   * `red`: whether sound is sent twice (RFC 2198) while packets are lost. `auto` (default): if the other browser knows how, and
   * there is room; it doubles the rate of the sound. Chromium only.
   */
  readonly audio?: { readonly red?: 'auto' | 'never' };
  /** Added to the configuration of every peer connection, such as `{ iceTransportPolicy: 'relay' }`. */
  readonly rtc?: Omit<RTCConfiguration, 'iceServers'>;
  /**
   * This application shows `Call.recording`: it asks its user, and tells them all the time while a call is recorded. Without
   * it the other person is told that nobody here can be asked. Default: false.
   */
  readonly asksConsent?: boolean;
  /** This application shows `Call.chat`. Without it the other person is told that there is none here. Default: it does not. */
  readonly chat?: ChatOptions;
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
