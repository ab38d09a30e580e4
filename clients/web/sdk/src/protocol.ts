/**
 * The words of the protocol. Generated from `crates/proto` by `cargo xtask generate`; not to be edited.
 */

/** A person's name on this server: what others dial. */
export type UserId = string;

/** One device of a user; unique among theirs. */
export type DeviceId = string;

/** A call: a UUID chosen by its caller. */
export type CallId = string;

/** A message's id, chosen by its sender. */
export type MessageId = string;

/** A device of a user, written `user/device`. */
export type Address = string;

/** One life of the server's store of live calls. */
export type Epoch = string;

/** A call's revision: apply only larger ones. */
export type Rev = number;

/** Which peer connection of a call. */
export type Gen = number;

/**
 * What a device says.
 */
export type ClientMessage = {
  /**
   * Which call; without it, the device's only live one.
   */
  call?: CallId;
  /**
   * Ask for an `ok` or `error` that names this id; unique for this device.
   */
  id?: MessageId;
  /**
   * Which peer connection; without it, the present one.
   */
  gen?: Gen;
  /**
   * Which of several ringing devices; not needed after `accept`.
   */
  to?: DeviceId;
} & (
  | { type: 'hello'; data: Hello }
  | { type: 'invite'; data: Invite }
  | { type: 'ringing'; data: Ringing }
  | { type: 'accept'; data: Accept }
  | { type: 'hangup'; data: Hangup }
  | { type: 'resume'; data: Nothing }
  | { type: 'take'; data: Take }
  | { type: 'transfer'; data: Transfer }
  | { type: 'recording'; data: Recording }
  | { type: 'offer'; data: SessionDescription }
  | { type: 'answer'; data: SessionDescription }
  | { type: 'candidate'; data: Candidates }
  | { type: 'media'; data: MediaNotice }
  | { type: 'connected'; data: Connected }
  | { type: 'ack'; data: Ack }
  | { type: 'presence'; data: OwnPresence }
  | { type: 'reach'; data: Reach }
  | { type: 'ping'; data: Ping }
  | { type: 'bye'; data: Nothing }
);

/**
 * What a device says, by `type`.
 */
export type ClientMessageBody =
  | { type: 'hello'; data: Hello }
  | { type: 'invite'; data: Invite }
  | { type: 'ringing'; data: Ringing }
  | { type: 'accept'; data: Accept }
  | { type: 'hangup'; data: Hangup }
  | { type: 'resume'; data: Nothing }
  | { type: 'take'; data: Take }
  | { type: 'transfer'; data: Transfer }
  | { type: 'recording'; data: Recording }
  | { type: 'offer'; data: SessionDescription }
  | { type: 'answer'; data: SessionDescription }
  | { type: 'candidate'; data: Candidates }
  | { type: 'media'; data: MediaNotice }
  | { type: 'connected'; data: Connected }
  | { type: 'ack'; data: Ack }
  | { type: 'presence'; data: OwnPresence }
  | { type: 'reach'; data: Reach }
  | { type: 'ping'; data: Ping }
  | { type: 'bye'; data: Nothing };

/**
 * What a device hears.
 */
export type ServerMessage = {
  /**
   * Which call; with relayed payloads.
   */
  call?: CallId;
  /**
   * Which peer connection; with relayed payloads.
   */
  gen?: Gen;
  /**
   * The sender's id; ack it.
   */
  id?: MessageId;
  /**
   * The message of this device that is answered.
   */
  re?: MessageId;
  /**
   * Who sent a relayed payload.
   */
  from?: Address;
} & (
  | { type: 'welcome'; data: Welcome }
  | { type: 'ok'; data: Done }
  | { type: 'error'; data: ErrorReply }
  | { type: 'call'; data: CallView }
  | { type: 'offer'; data: SessionDescription }
  | { type: 'answer'; data: SessionDescription }
  | { type: 'candidate'; data: Candidates }
  | { type: 'media'; data: MediaNotice }
  | { type: 'presence'; data: Presence }
  | { type: 'changed'; data: Changed }
  | { type: 'pong'; data: Nothing }
  | { type: 'bye'; data: Bye }
);

/**
 * What a device hears, by `type`.
 */
export type ServerMessageBody =
  | { type: 'welcome'; data: Welcome }
  | { type: 'ok'; data: Done }
  | { type: 'error'; data: ErrorReply }
  | { type: 'call'; data: CallView }
  | { type: 'offer'; data: SessionDescription }
  | { type: 'answer'; data: SessionDescription }
  | { type: 'candidate'; data: Candidates }
  | { type: 'media'; data: MediaNotice }
  | { type: 'presence'; data: Presence }
  | { type: 'changed'; data: Changed }
  | { type: 'pong'; data: Nothing }
  | { type: 'bye'; data: Bye };

/**
 * No data; write `{}` or leave `data` out.
 */
export type Nothing = Record<string, never>;

/**
 * `RTCSessionDescriptionInit`, passed on unread.
 */
export type SessionDescription = {
  /**
   * `offer` or `answer`.
   */
  type: string;
  /**
   * The description, RFC 8866 as RFC 8829 uses it.
   */
  sdp: string;
};

/**
 * `RTCIceCandidateInit`, passed on unread.
 */
export type Candidate = {
  /**
   * The candidate line, RFC 8839 §5.1.
   */
  candidate: string;
  /**
   * The media section it belongs to.
   */
  sdpMid?: string;
  /**
   * The same by number.
   */
  sdpMLineIndex?: number;
  /**
   * The ICE generation it belongs to.
   */
  usernameFragment?: string;
};

/**
 * One candidate, several, or null when there are no more.
 */
export type Candidates = Candidate | Array<Candidate> | null;

/**
 * What the sender shows now; the latest counts.
 */
export type MediaNotice = {
  /**
   * The microphone is heard.
   */
  audio: boolean;
  /**
   * The camera is seen.
   */
  video: boolean;
  /**
   * A screen is shared, as a further video track.
   */
  screen?: boolean;
  /**
   * The sender has put the call on hold.
   */
  hold?: boolean;
  /**
   * Media has stopped arriving at the sender, or its network is another one: the offerer restarts ICE.
   */
  lost?: boolean;
  /**
   * Camera or screen are on, but the sender's network is too weak for pictures: they are paused to keep the sound.
   */
  weak?: boolean;
  /**
   * Rises with each notice of a sender; the larger of two counts, whichever way they came.
   */
  n?: number;
};

/**
 * `hello`: the first message on a socket.
 */
export type Hello = {
  /**
   * A ticket from `POST /api/ticket`, good once, for 30 s.
   */
  token: string;
  /**
   * This device's id, kept by it.
   */
  device: DeviceId;
  /**
   * What to call this device, such as "Firefox on Linux".
   */
  name?: string;
  /**
   * The protocol's version, 1.
   */
  proto: number;
  /**
   * The store's epoch when this device was last connected.
   */
  epoch?: Epoch;
  /**
   * This device asks its user when the other person of a call wants to record it.
   */
  asks_consent?: boolean;
  /**
   * The calls this device believes to be live.
   */
  calls?: Array<CallRef>;
};

/**
 * A call and the revision held of it.
 */
export type CallRef = {
  /**
   * Which call.
   */
  id: CallId;
  /**
   * The newest revision this device has seen; 0 for none.
   */
  rev: Rev;
  /**
   * Media of this call still arrives here.
   */
  media?: boolean;
  /**
   * The newest capsule of this call, if it is of another epoch than the server's.
   */
  capsule?: string;
};

/**
 * `invite`: call somebody. The envelope's `call` names the call; the same invite again gives the same call.
 */
export type Invite = {
  /**
   * Whom to call.
   */
  to: UserId;
  /**
   * What the call shall carry.
   */
  media: Array<MediaKind>;
  /**
   * The server's epoch when this invite was first sent: in another one it makes no call.
   */
  epoch?: Epoch;
};

/**
 * A device alerts its user.
 */
export type Ringing = {
  /**
   * It would like an offer now, so that the path is there when its user answers.
   */
  warm?: boolean;
};

/**
 * `accept`: answer here. One device wins, the others learn `elsewhere`.
 */
export type Accept = {
  /**
   * What this device will send.
   */
  media: Array<MediaKind>;
};

/**
 * `hangup`: the one verb for ending.
 */
export type Hangup = {
  /**
   * Only if it is not simply the user's wish: `busy`, `media_failed`, `permission`,
   * `incompatible_media` or `connection_lost`.
   */
  reason?: EndReason;
  /**
   * How long ago it was, if the server could not be told then: until that moment the two were connected.
   */
  ago_ms?: number;
};

/**
 * Move a call here.
 */
export type Take = {
  /**
   * What this device will send; empty for a listener.
   */
  media: Array<MediaKind>;
};

/**
 * Hand the other person over: blind with `to`, attended with `call`; exactly one of them.
 */
export type Transfer = {
  /**
   * Somebody whom the other person shall call.
   */
  to?: UserId;
  /**
   * Another call of this device, to whose other person this one's shall be connected.
   */
  call?: CallId;
};

/**
 * `recording`: asks to record the call on this device, agrees to that, or ends it.
 */
export type Recording = {
  /**
   * How manieth question of this call it is about; the first is 1, each has the next number.
   */
  n: number;
  /**
   * What is wished.
   */
  wish: RecordingWish;
  /**
   * With `stop`: how long ago that was, if the server could not be told then.
   */
  ago_ms?: number;
};

/**
 * What a device wishes of a recording.
 */
export type RecordingWish = 'ask' | 'agree' | 'stop';

/**
 * `connected`: media flows on this device.
 */
export type Connected = {
  /**
   * The selected path.
   */
  route: Route;
};

/**
 * `ack`: the relayed payload `id` of device `from` has arrived here.
 */
export type Ack = {
  /**
   * Who sent it.
   */
  from: Address;
  /**
   * The id it had.
   */
  id: MessageId;
};

/**
 * `ping`: heartbeat. The server answers `pong`, and a `call` for each call whose revision differs.
 */
export type Ping = {
  /**
   * The epoch this device knows.
   */
  epoch: Epoch;
  /**
   * The calls it holds.
   */
  calls: Array<CallRef>;
};

/**
 * `welcome`: signed in. `calls` is the truth after any reconnect.
 */
export type Welcome = {
  /**
   * Who you are.
   */
  user: UserId;
  /**
   * Which device this is.
   */
  device: DeviceId;
  /**
   * The protocol's version, 1.
   */
  proto: number;
  /**
   * The life of the store of live calls.
   */
  epoch: Epoch;
  /**
   * Every live call of this device, and each that `hello` named.
   */
  calls: Array<CallView>;
  /**
   * How to find a network path.
   */
  ice: IceConfig;
  /**
   * Heartbeat intervals and limits.
   */
  limits: Limits;
  /**
   * Every contact of yours who has you among theirs, and is not offline.
   */
  presence?: Array<Presence>;
  /**
   * How you wish to be called; absent for guests.
   */
  preferences?: Preferences;
};

/**
 * STUN and TURN servers with a credential for this user.
 */
export type IceConfig = {
  /**
   * For `RTCConfiguration.iceServers`, as they are.
   */
  servers: Array<IceServer>;
  /**
   * How long the credential is good for; a reconnect brings a new one.
   */
  ttl_ms: number;
};

/**
 * One `RTCIceServer`.
 */
export type IceServer = {
  /**
   * `stun:` and `turn:` addresses.
   */
  urls: Array<string>;
  /**
   * For `turn:`.
   */
  username?: string;
  /**
   * For `turn:`.
   */
  credential?: string;
};

/**
 * What a client must keep to.
 */
export type Limits = {
  /**
   * Heartbeat interval while in a call.
   */
  ping_in_call_ms: number;
  /**
   * Heartbeat interval otherwise.
   */
  ping_idle_ms: number;
  /**
   * Largest frame, in bytes.
   */
  frame_bytes: number;
  /**
   * Messages per second in the long run.
   */
  messages_per_second: number;
};

/**
 * `ok`: the message named by `re` was done, or had been done before.
 */
export type Done = {
  /**
   * The call it was about.
   */
  call?: CallId;
  /**
   * Both called each other: your invite became the answer to `call`, and the call you named never was.
   */
  merged?: boolean;
};

/**
 * `error`: the message named by `re` was refused.
 */
export type ErrorReply = {
  /**
   * Why.
   */
  code: ErrorCode;
  /**
   * The call it was about.
   */
  call?: CallId;
  /**
   * Whether the same message may succeed later.
   */
  retry: boolean;
  /**
   * When.
   */
  retry_after_ms?: number;
  /**
   * For the developer: what is wrong and the way out.
   */
  hint?: string;
};

/**
 * Why a message was refused. Do-not-disturb and block never show here: the caller sees `no_answer`.
 */
export type ErrorCode =
  | 'bad_message'
  | 'too_large'
  | 'unauthenticated'
  | 'auth_expired'
  | 'forbidden'
  | 'not_found'
  | 'unsupported'
  | 'conflict'
  | 'busy'
  | 'you_busy'
  | 'unreachable'
  | 'call_ended'
  | 'unconfirmed'
  | 'answered_elsewhere'
  | 'not_your_call'
  | 'wrong_gen'
  | 'bad_state'
  | 'rate_limited'
  | 'overloaded'
  | 'internal';

/**
 * `bye`: the server closes this socket.
 */
export type Bye = {
  /**
   * Why.
   */
  reason: ByeReason;
  /**
   * Connect again after this time; spread out, so that not all come at once.
   */
  retry_in_ms: number;
};

/**
 * Why the server closes a socket.
 */
export type ByeReason = 'restart' | 'replaced' | 'revoked' | 'overload';

/**
 * A call as one device sees it. Apply it only if `rev` is larger than the one held.
 */
export type CallView = {
  /**
   * Which call.
   */
  id: CallId;
  /**
   * Which decision this view shows.
   */
  rev: Rev;
  /**
   * Where the call stands.
   */
  state: CallState;
  /**
   * Whether this device's user made the call.
   */
  role: Role;
  /**
   * Where this device stands in it.
   */
  you: You;
  /**
   * The other person.
   */
  peer: PeerView;
  /**
   * What the caller asked for.
   */
  media: Array<MediaKind>;
  /**
   * The present peer connection; payloads of another are refused.
   */
  gen: Gen;
  /**
   * Who sends the offer once the call is `connecting`.
   */
  offerer: Role;
  /**
   * Time left in `inviting` or `ringing` until the server ends the call.
   */
  expires_in_ms: number;
  /**
   * For the caller: it does not ring, as too many calls of theirs were not answered of late; the other person will
   * see that they called.
   */
  quiet?: boolean;
  /**
   * For the caller, before the answer: devices that ring and would like an offer now, in the order in which they
   * rang, at most `limits::WARM_DEVICES`.
   */
  warm?: Array<Address>;
  /**
   * The call of this device that this one goes on with, after a transfer.
   */
  follows?: CallId;
  /**
   * The name of the person who transferred.
   */
  transferred_by?: string;
  /**
   * The name of the device that carries the call, when it is another one of yours.
   */
  answered_on?: string;
  /**
   * How long media has been flowing; only in an active call. A device that comes to the call later counts on from it.
   */
  active_ms?: number;
  /**
   * The newest question whether the call may be recorded; only in an active call, and only at its two ends.
   */
  recording?: RecordingView;
  /**
   * Why the call ended; only when it has.
   */
  reason?: EndReason;
  /**
   * How long the two were connected; only in an ended call that was answered.
   */
  duration_ms: number;
  /**
   * The call as its server keeps it, sealed: worth nothing but to be shown to that server again if it has lost its store.
   * Only while the call lives, and at most [`limits::CAPSULE_BYTES`](crate::limits::CAPSULE_BYTES).
   */
  capsule?: string;
  /**
   * For the relays of `welcome.ice` in this call, instead of the user name and credential there: it ends with the call, and
   * what was opened with it. Only for a device that is an end of the call, or rings, while the call lives.
   */
  relay?: RelayLogin;
};

/**
 * Where a call stands.
 */
export type CallState = 'inviting' | 'ringing' | 'connecting' | 'active' | 'ended';

/**
 * Which side of the call.
 */
export type Role = 'caller' | 'callee';

/**
 * Where the device that reads the view stands.
 */
export type You = 'ringing' | 'active' | 'elsewhere';

/**
 * The other person of a call.
 */
export type PeerView = {
  /**
   * Whom.
   */
  id: UserId;
  /**
   * How they wish to be shown.
   */
  name: string;
  /**
   * Their device, once it is known; payloads come `from` it.
   */
  address?: Address;
  /**
   * Their signaling is gone; the media may well go on.
   */
  lost?: boolean;
  /**
   * They are among *your* contacts. If not, tell them no IP address before the answer.
   */
  contact?: boolean;
  /**
   * They have no account here, and came with a link of yours.
   */
  guest?: GuestView;
};

/**
 * Somebody in a call or in the history who is, or was, a guest.
 */
export type GuestView = {
  /**
   * What the link is for that they came with.
   */
  label: string;
};

/**
 * The newest question of a call, and what became of it: part of [`CallView`](crate::CallView).
 */
export type RecordingView = {
  /**
   * How manieth it is.
   */
  n: number;
  /**
   * Who has asked, and would record.
   */
  by: Role;
  /**
   * Where it stands.
   */
  state: RecordingState;
  /**
   * `asked`: time left for the answer.
   */
  expires_in_ms?: number;
  /**
   * `on`: for how long.
   */
  on_ms?: number;
  /**
   * `over`: why.
   */
  reason?: RecordingEnd;
};

/**
 * What a relay wants to be shown.
 */
export type RelayLogin = {
  /**
   * For `RTCIceServer.username`.
   */
  username: string;
  /**
   * For `RTCIceServer.credential`.
   */
  credential: string;
};

/**
 * Where a recording stands.
 */
export type RecordingState = 'asked' | 'on' | 'over';

/**
 * Why nothing is recorded any more.
 */
export type RecordingEnd = 'withdrawn' | 'refused' | 'unanswered' | 'stopped' | 'revoked' | 'left';

/**
 * A kind of media.
 */
export type MediaKind = 'audio' | 'video';

/**
 * The network path of the media, as `connected` reports it.
 */
export type Route = 'direct' | 'relay_udp' | 'relay_tcp' | 'relay_tls';

/**
 * Why a call ended.
 */
export type EndReason =
  | 'hangup'
  | 'cancelled'
  | 'rejected'
  | 'busy'
  | 'no_answer'
  | 'unreachable'
  | 'media_failed'
  | 'connection_lost'
  | 'permission'
  | 'incompatible_media'
  | 'transferred'
  | 'policy'
  | 'operator'
  | 'server';

/**
 * `POST /api/login`: sets the `visavis` cookie and answers [`Me`].
 */
export type Login = {
  /**
   * Who.
   */
  name: string;
  /**
   * Their password.
   */
  password: string;
};

/**
 * `POST /api/signup`: redeems a one-time link, sets the cookie and answers [`Me`].
 */
export type SignUp = {
  /**
   * From the link.
   */
  token: string;
  /**
   * At least 8 characters, at most 256 bytes.
   */
  password: string;
  /**
   * How to be shown to others; the name itself if absent.
   */
  display_name?: string;
};

/**
 * `POST /api/signup/check` with `{"token"}`: for whom a sign-up link is.
 */
export type SignUpInvitation = {
  /**
   * The account's name.
   */
  name: UserId;
  /**
   * How long the link is good for.
   */
  expires_in_ms: number;
};

/**
 * `GET /api/me`: who is signed in.
 */
export type Me = {
  /**
   * The account's name: what others dial.
   */
  name: UserId;
  /**
   * How others see it.
   */
  display_name: string;
  /**
   * This is a guest, who can do nothing but call the host.
   */
  guest?: GuestOf;
  /**
   * Several people use this browser.
   */
  shared?: SharedDevice;
  /**
   * They administer the server: `/api/admin` answers them.
   */
  admin?: boolean;
};

/**
 * `PATCH /api/me`: how to be shown to others from now on; answers [`Me`].
 */
export type ChangeMe = {
  /**
   * The name itself if empty.
   */
  display_name: string;
};

/**
 * `POST /api/password`: another password, and with it the end of every other login.
 */
export type ChangePassword = {
  /**
   * The one of before.
   */
  old: string;
  /**
   * At least 8 characters, at most 256 bytes.
   */
  new: string;
};

/**
 * `POST /api/ticket`: for `hello.token`.
 */
export type Ticket = {
  /**
   * Good once.
   */
  ticket: string;
  /**
   * How long.
   */
  expires_in_ms: number;
};

/**
 * `GET /api/relay`: what to say where no device of a call has reached the relay.
 */
export type RelayHealth = {
  /**
   * In one word.
   */
  state: RelayState;
};

/**
 * How the relay stands, as far as the server can tell by its own test and by what devices have reached.
 */
export type RelayState = 'works' | 'unsure' | 'full' | 'failing';

/**
 * `GET /api/history?before=CALL&limit=N`: newest first.
 */
export type HistoryPage = {
  /**
   * At most `limit`, itself at most 100 (default 50).
   */
  calls: Array<HistoryEntry>;
  /**
   * Missed calls that `POST /api/history/seen` has not counted as seen, on any page; without requests.
   */
  missed: number;
  /**
   * Requests that were not seen: calls of people who may not ring.
   */
  requests: number;
};

/**
 * One ended call as its reader sees it.
 */
export type HistoryEntry = {
  /**
   * Which call.
   */
  call: CallId;
  /**
   * The other person.
   */
  peer: UserId;
  /**
   * How they are shown.
   */
  peer_name: string;
  /**
   * Who called whom.
   */
  direction: Direction;
  /**
   * What became of it.
   */
  outcome: Outcome;
  /**
   * Why it ended.
   */
  reason: EndReason;
  /**
   * What it carried.
   */
  media: Array<MediaKind>;
  /**
   * How long ago it began, by the server's clock.
   */
  started_ago_ms: number;
  /**
   * How long the two were connected.
   */
  duration_ms: number;
  /**
   * The reader's device that took part.
   */
  device_name?: string;
  /**
   * It did not ring: do not disturb, too many calls in a row, or see `request`.
   */
  quiet?: boolean;
  /**
   * Somebody who is no contact asks to talk to a reader whom only contacts may call. To allow it, add the contact.
   */
  request?: boolean;
  /**
   * A missed call that was not seen.
   */
  unseen?: boolean;
  /**
   * The other person was a guest.
   */
  guest?: GuestView;
  /**
   * What was recorded, by whom and for how long; the oldest first.
   */
  recordings?: Array<PastRecording>;
};

/**
 * Something that was recorded in an ended call: part of [`HistoryEntry`](crate::HistoryEntry).
 */
export type PastRecording = {
  /**
   * The reader asked and recorded, and the other person agreed; else the other way round.
   */
  by_you: boolean;
  /**
   * When the other one agreed, and it began.
   */
  started_ago_ms: number;
  /**
   * How long it went on.
   */
  duration_ms: number;
};

/**
 * Who called whom, seen by the reader.
 */
export type Direction = 'in' | 'out';

/**
 * What became of a call, seen by the reader.
 */
export type Outcome = 'answered' | 'missed' | 'declined' | 'unanswered' | 'failed';

/**
 * The body of every HTTP answer that is not a success.
 */
export type ApiError = {
  /**
   * Why.
   */
  code: ErrorCode;
  /**
   * For the reader: what is wrong and the way out.
   */
  message: string;
  /**
   * When to try again.
   */
  retry_after_ms?: number;
};

/**
 * `presence` from a device: whether its page is looked at. A device that says nothing is `online`.
 */
export type OwnPresence = {
  /**
   * `online` or `away`; to be `offline` is to be disconnected.
   */
  status: PresenceStatus;
};

/**
 * `presence` from the server: a contact who has this user among their contacts, too, has come, gone or turned away.
 */
export type Presence = {
  /**
   * Who.
   */
  user: UserId;
  /**
   * What they are now.
   */
  status: PresenceStatus;
};

/**
 * Whether somebody is there.
 */
export type PresenceStatus = 'online' | 'away' | 'offline';

/**
 * `reach`: by which ways this device has reached the relay when it looked for a path: `true` where the relay gave it an
 * address, `false` where the relay was not reached; absent is what is not known.
 */
export type Reach = {
  /**
   * `turn:` over UDP.
   */
  udp?: boolean;
  /**
   * `turn:` over TCP.
   */
  tcp?: boolean;
  /**
   * `turns:`, TLS over TCP.
   */
  tls?: boolean;
};

/**
 * `changed`: something of this user's own has changed, here or on another device; ask for it again.
 */
export type Changed = {
  /**
   * What to ask for.
   */
  what: Array<ChangedThing>;
};

/**
 * What may have changed, by the page of the API that tells it.
 */
export type ChangedThing = 'history' | 'contacts' | 'blocks' | 'preferences' | 'devices' | 'links';

/**
 * `POST /api/history/seen`: the reader has seen their missed calls.
 */
export type HistorySeen = {
  /**
   * The newest call on the reader's screen: what is newer stays unseen. Absent: all of them.
   */
  call?: CallId;
};

/**
 * `GET /api/contacts`: favourites first, then by the name that is shown.
 */
export type ContactList = {
  /**
   * At most [`limits::CONTACTS`](crate::limits::CONTACTS).
   */
  contacts: Array<Contact>;
};

/**
 * Somebody whom the reader has among their contacts.
 */
export type Contact = {
  /**
   * Who.
   */
  name: UserId;
  /**
   * How to show them: the name the reader gave them, else the one they chose.
   */
  display_name: string;
  /**
   * The name they chose.
   */
  chosen_name: string;
  /**
   * Shown first, and may ring through `do_not_disturb`.
   */
  favourite: boolean;
};

/**
 * `PUT /api/contacts/NAME`: adds somebody or changes what is given; answered by the [`Contact`].
 */
export type PutContact = {
  /**
   * Left as it is if absent.
   */
  favourite?: boolean;
  /**
   * Left as it is if absent; empty for the name they chose.
   */
  display_name?: string;
};

/**
 * `GET /api/blocks`.
 */
export type BlockList = {
  /**
   * At most [`limits::BLOCKS`](crate::limits::BLOCKS), the newest first.
   */
  blocks: Array<Block>;
};

/**
 * Somebody whose calls do not ring and leave no line in the history. They are never told.
 */
export type Block = {
  /**
   * Who.
   */
  name: UserId;
  /**
   * How to show them.
   */
  display_name: string;
  /**
   * Since when.
   */
  blocked_ago_ms: number;
};

/**
 * `GET` and `PUT /api/preferences`, and `welcome.preferences`: how a user wishes to be called. What a `PUT` leaves out
 * gets its default.
 */
export type Preferences = {
  /**
   * Whose calls ring.
   */
  callers: Callers;
  /**
   * A second call rings while one is on; else its caller hears `busy`.
   */
  call_waiting: boolean;
  /**
   * When nothing rings.
   */
  do_not_disturb: DoNotDisturb;
  /**
   * A favourite's second call within 3 minutes rings all the same.
   */
  favourites_ring_through: boolean;
  /**
   * All media goes through the relay, so that nobody learns this user's IP address.
   */
  hide_address: boolean;
};

/**
 * Whose calls ring.
 */
export type Callers = 'everyone' | 'contacts' | 'nobody';

/**
 * When nothing rings: calls leave a quiet line in the history, and their callers hear an ordinary `no_answer`.
 */
export type DoNotDisturb = {
  /**
   * On by hand.
   */
  on: boolean;
  /**
   * When `on` ends by itself; absent: never.
   */
  ends_in_ms?: number;
  /**
   * Every week, whether `on` or not; at most [`limits::QUIET_TIMES`](crate::limits::QUIET_TIMES).
   */
  schedule: Array<QuietTime>;
  /**
   * The time zone of `schedule`, an IANA name such as `Europe/Berlin`: unlike an offset, it stays right when the
   * clocks change. Absent: UTC.
   */
  zone?: string;
};

/**
 * A part of every week.
 */
export type QuietTime = {
  /**
   * The days on which it begins.
   */
  days: Array<Weekday>;
  /**
   * When it begins, as in `22:00`.
   */
  from: string;
  /**
   * When it ends; not later than `from` means on the next day.
   */
  to: string;
};

/**
 * A day of the week.
 */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/**
 * `GET /api/devices`: every login of the reader, the one that asks first, then the last used first.
 */
export type LoginList = {
  /**
   * The logins.
   */
  logins: Array<LoginView>;
};

/**
 * A browser that is signed in.
 */
export type LoginView = {
  /**
   * For `PATCH` and `DELETE /api/devices/ID`. It opens nothing.
   */
  id: string;
  /**
   * What its user calls it, else what it says it is, such as "Firefox on Linux".
   */
  name: string;
  /**
   * Since when.
   */
  created_ago_ms: number;
  /**
   * When it was last used; within an hour, as that is how often it is noted.
   */
  last_seen_ago_ms: number;
  /**
   * It is the one that asks.
   */
  current: boolean;
  /**
   * Calls reach it while no page of it is open.
   */
  push: boolean;
  /**
   * Its devices that are connected now.
   */
  devices: Array<DeviceView>;
};

/**
 * A device that is connected.
 */
export type DeviceView = {
  /**
   * Which.
   */
  device: DeviceId;
  /**
   * As its `hello` named it.
   */
  name: string;
  /**
   * `online` or `away`.
   */
  status: PresenceStatus;
};

/**
 * `PATCH /api/devices/ID`: names a login.
 */
export type RenameLogin = {
  /**
   * The new name; empty for what it says it is.
   */
  name: string;
};

/**
 * `GET /api/links`: the reader's guest links, the newest first.
 */
export type GuestLinkList = {
  /**
   * At most [`limits::LINKS`](crate::limits::LINKS). Links that have expired or are used up are shown until they are
   * deleted.
   */
  links: Array<GuestLink>;
};

/**
 * A link with which guests can call its owner, and nobody else. Its address is told only once, when it is made.
 */
export type GuestLink = {
  /**
   * For `DELETE /api/links/ID`. It opens nothing.
   */
  id: string;
  /**
   * What it is for, such as "dentist"; shown with each knock and to the guest.
   */
  label: string;
  /**
   * Guests are asked for their camera.
   */
  video: boolean;
  /**
   * How many guests may still be let in; absent: any number.
   */
  uses_left?: number;
  /**
   * How many guests were let in.
   */
  used: number;
  /**
   * How long it still works, 0 if it has expired; absent: until it is deleted.
   */
  expires_in_ms?: number;
  /**
   * When it was made.
   */
  created_ago_ms: number;
};

/**
 * `POST /api/links`: makes a link, answered by [`NewGuestLink`].
 */
export type MakeGuestLink = {
  /**
   * What it is for.
   */
  label: string;
  /**
   * How many guests may be let in, 1 or more; absent: any number.
   */
  uses?: number;
  /**
   * How long it works; absent: until it is deleted.
   */
  expires_in_ms?: number;
  /**
   * Guests are asked for their camera.
   */
  video?: boolean;
};

/**
 * A link that has just been made.
 */
export type NewGuestLink = {
  /**
   * The link.
   */
  link: GuestLink;
  /**
   * What to send to the guest. The secret is behind the `#`, which browsers send to no server. It is not told again.
   * It begins with `public.url`; without one with the address at which its maker reaches the server, or, if that is
   * a loopback one, with the server's HTTPS address in its network, if it has one.
   */
  url: string;
};

/**
 * `POST /api/guest/check` with `{"token"}`: whose link it is. A link that was revoked, is used up or has expired is
 * refused with `not_found`, all alike.
 */
export type GuestInvitation = {
  /**
   * How the owner is shown.
   */
  host_name: string;
  /**
   * What the link is for.
   */
  label: string;
  /**
   * Guests are asked for their camera.
   */
  video: boolean;
  /**
   * How long it still works.
   */
  expires_in_ms?: number;
};

/**
 * `POST /api/guest`: signs a guest in, sets the cookie and answers [`Guest`]. Then a ticket, `hello` and an `invite` of
 * the host, as for everybody; the call that rings is the knock.
 */
export type EnterAsGuest = {
  /**
   * From the link.
   */
  token: string;
  /**
   * How the guest wishes to be shown.
   */
  name: string;
};

/**
 * `POST /api/embed/guest`: the same on a page of another site, to which browsers give no cookie.
 */
export type EmbeddedGuest = {
  /**
   * The secret of their login, which the page keeps: `Authorization: Bearer PASS`.
   */
  pass: string;
  /**
   * Who they are, with `guest`.
   */
  me: Me;
};

/**
 * `GET /api/embed/origins`: the sites whose pages may show calls.
 */
export type EmbedOrigins = {
  /**
   * As browsers write them in `Origin`.
   */
  origins: Array<string>;
};

/**
 * A guest who is signed in: part of [`Me`](crate::Me).
 */
export type GuestOf = {
  /**
   * The only person a guest can call.
   */
  host: UserId;
  /**
   * How they are shown.
   */
  host_name: string;
  /**
   * What the link is for.
   */
  label: string;
  /**
   * Guests are asked for their camera.
   */
  video: boolean;
  /**
   * When the guest is signed out.
   */
  expires_in_ms: number;
};

/**
 * Part of [`Me`](crate::Me): several people use this browser. Answering, the history and settings need a confirmation.
 */
export type SharedDevice = {
  /**
   * For how long what was confirmed still counts; 0 if nobody has confirmed.
   */
  open_for_ms: number;
};

/**
 * `PUT /api/shared`: several people use this browser from now on.
 */
export type ShareDevice = {
  /**
   * What confirms its user here: [`limits::PIN_DIGITS`](crate::limits::PIN_DIGITS) digits.
   */
  pin: string;
};

/**
 * `POST /api/confirm`, answered by [`SharedDevice`].
 */
export type Confirm = {
  /**
   * The PIN of this browser, or the password of the account.
   */
  secret: string;
};

/**
 * `GET /api/push/key`: for `PushManager.subscribe`.
 */
export type PushKey = {
  /**
   * The server's public key (RFC 8292), base64url of the uncompressed P-256 point: the `applicationServerKey`.
   */
  key: string;
};

/**
 * `PUT /api/push`: where calls of this login's device are pushed to. One per device; the same again replaces it. It ends
 * with the login.
 */
export type PutPush = {
  /**
   * The device that a push wakes: the page it opens says `hello` with this id.
   */
  device: DeviceId;
  /**
   * What to call it, as in `hello`.
   */
  name?: string;
  /**
   * `PushSubscription.endpoint`.
   */
  endpoint: string;
  /**
   * `PushSubscription.toJSON().keys`.
   */
  keys: PushKeys;
};

/**
 * The keys of a `PushSubscription`, base64url.
 */
export type PushKeys = {
  /**
   * The browser's public key.
   */
  p256dh: string;
  /**
   * The shared secret of RFC 8291 §3.2.
   */
  auth: string;
};

/**
 * What a service worker gets: the decrypted payload of a push, as JSON.
 */
export type PushMessage = ({ type: 'call' } & PushedCall) | ({ type: 'stop' } & PushedStop);

/**
 * A call that rings.
 */
export type PushedCall = {
  /**
   * Which.
   */
  call: CallId;
  /**
   * Who calls.
   */
  from: UserId;
  /**
   * How they are shown.
   */
  name: string;
  /**
   * What they ask for.
   */
  media: Array<MediaKind>;
  /**
   * How long it still rings, counted from when the push was sent.
   */
  expires_in_ms: number;
  /**
   * When it was sent, in milliseconds since 1970 by the server's clock. Compare it with nothing but the `Date` of this
   * server's own answers; what counts is what `GET /api/calls/CALL` says.
   */
  sent_at: number;
  /**
   * The device that is woken.
   */
  device: DeviceId;
  /**
   * `Authorization: Bearer TOKEN` for `/api/calls/CALL`; good for this call and this device, until it has ended.
   */
  token: string;
};

/**
 * A call that rings no more.
 */
export type PushedStop = {
  /**
   * Which.
   */
  call: CallId;
  /**
   * Why it ended; absent if another device has answered.
   */
  reason?: EndReason;
};

/**
 * The body of `POST /sse`.
 */
export type Parcel = {
  /**
   * The number of the first message; the first of all is 1, each has the next number.
   */
  seq: number;
  /**
   * What the device says, at most 64 messages.
   */
  messages: Array<ClientMessage>;
};

/**
 * What a device gives its messenger for `POST /bridge/messages`.
 */
export type ParcelUp = {
  /**
   * Which device of the user, as in its `hello`.
   */
  device: DeviceId;
  /**
   * One connection of the device, which chooses it anew each time: 16 to 64 letters, digits, `-` and `_`.
   */
  channel: string;
  /**
   * The number of the first message; the first of a channel is 1.
   */
  seq: number;
  /**
   * What the device says, at most 64 messages.
   */
  messages: Array<ClientMessage>;
};

/**
 * What the webhook gives a messenger for a device.
 */
export type ParcelDown = {
  /**
   * Which of the device's connections.
   */
  channel: string;
  /**
   * The number of the first message; 0 with `close` if the server does not know the connection.
   */
  seq: number;
  /**
   * What the device hears.
   */
  messages: Array<ServerMessage>;
  /**
   * With this the connection ends: what a WebSocket would have closed with.
   */
  close?: number;
};

/**
 * The answer to a parcel that has arrived.
 */
export type Delivered = {
  /**
   * The number of the next message that is waited for: all before it have arrived.
   */
  next: number;
};

/**
 * The event `channel`, the first of an event stream.
 */
export type Channel = {
  /**
   * What `POST /sse` shows as `Authorization: Bearer`: whoever has it speaks as this device.
   */
  channel: string;
};

/**
 * The event `close`, the last of an event stream.
 */
export type Closed = {
  /**
   * What a WebSocket would have closed with.
   */
  code: number;
};

/**
 * `GET /api/admin/users?after=NAME&search=TEXT&limit=N`: accounts by name.
 */
export type AdminUserList = {
  /**
   * At most `limit`, itself at most 100 (default 50).
   */
  users: Array<AdminUser>;
  /**
   * There are others after the last of these.
   */
  more: boolean;
};

/**
 * An account as administrators see it.
 */
export type AdminUser = {
  /**
   * What others dial.
   */
  name: UserId;
  /**
   * How they are shown.
   */
  display_name: string;
  /**
   * They administer the server.
   */
  admin: boolean;
  /**
   * The account is shut: nobody signs in with it.
   */
  disabled: boolean;
  /**
   * They have chosen a password.
   */
  signed_up: boolean;
  /**
   * How many devices of theirs are connected.
   */
  online: number;
  /**
   * When they were added.
   */
  added_ago_ms: number;
  /**
   * When a browser of theirs was last used, within an hour; absent if none is signed in.
   */
  last_seen_ago_ms?: number;
};

/**
 * `POST /api/admin/users`: adds somebody, who chooses a password with the link of [`NewSignUpLink`].
 */
export type AddUser = {
  /**
   * What others will dial; how they are shown as well, until they choose otherwise.
   */
  name: string;
};

/**
 * `POST /api/admin/users` and `POST /api/admin/users/NAME/link`: with which somebody chooses a password, once. Links of
 * before end; a password stays valid until the link is used.
 */
export type NewSignUpLink = {
  /**
   * For whom.
   */
  name: UserId;
  /**
   * What to send them. It is not told again. It begins as [`NewGuestLink::url`](crate::NewGuestLink::url) does.
   */
  url: string;
  /**
   * How long it works.
   */
  expires_in_ms: number;
};

/**
 * `PATCH /api/admin/users/NAME`: changes an account, answered by [`AdminUser`]. Refused with `conflict` if nobody could
 * administer the server afterwards.
 */
export type ChangeUser = {
  /**
   * They administer the server.
   */
  admin?: boolean;
  /**
   * The account is shut: all its browsers are signed out, its calls end, and nobody signs in with it.
   */
  disabled?: boolean;
};

/**
 * `GET /api/admin/links?limit=N`: everybody's guest links, the newest first.
 */
export type AdminLinkList = {
  /**
   * At most `limit`, itself at most 2,000 (default 200). `DELETE /api/admin/users/OWNER/links/ID` revokes one.
   */
  links: Array<AdminLink>;
  /**
   * There are older ones.
   */
  more: boolean;
};

/**
 * A guest link and its owner.
 */
export type AdminLink = {
  /**
   * Whose.
   */
  owner: CallPerson;
  /**
   * The link; its address is not known to the server.
   */
  link: GuestLink;
};

/**
 * Somebody in a list of administrators.
 */
export type CallPerson = {
  /**
   * What others dial.
   */
  name: UserId;
  /**
   * How they are shown.
   */
  display_name: string;
};

/**
 * `GET /api/admin/calls?limit=N`: calls that go on, the newest first. `DELETE /api/admin/calls/ID` ends one.
 */
export type AdminCallList = {
  /**
   * At most `limit`, itself at most 2,000 (default 200).
   */
  calls: Array<AdminCall>;
  /**
   * How many there are.
   */
  count: number;
};

/**
 * A call that goes on: who and how, and nothing of what is said.
 */
export type AdminCall = {
  /**
   * Which.
   */
  id: CallId;
  /**
   * Who called.
   */
  caller: CallPerson;
  /**
   * Who was called.
   */
  callee: CallPerson;
  /**
   * Where it stands.
   */
  state: CallState;
  /**
   * What the caller asked for.
   */
  media: Array<MediaKind>;
  /**
   * When it began.
   */
  started_ago_ms: number;
  /**
   * How its media travels, once it does.
   */
  route?: Route;
};

/**
 * `GET /api/admin/failures?limit=N`: calls of the last 30 days that went wrong, the newest first.
 */
export type AdminFailureList = {
  /**
   * At most `limit`, itself at most 2,000 (default 200), of those that are still in a history.
   */
  failures: Array<AdminFailure>;
  /**
   * There are older ones.
   */
  more: boolean;
};

/**
 * A call that went wrong.
 */
export type AdminFailure = {
  /**
   * Which.
   */
  call: CallId;
  /**
   * Who called.
   */
  caller: CallPerson;
  /**
   * Who was called.
   */
  callee: CallPerson;
  /**
   * How it ended.
   */
  reason: EndReason;
  /**
   * What is probably behind it.
   */
  diagnosis: FailureCause;
  /**
   * When it began.
   */
  started_ago_ms: number;
  /**
   * How long the two were connected.
   */
  duration_ms: number;
};

/**
 * What is probably behind a call that went wrong, judged by its reason and by how the relay stands now.
 */
export type FailureCause =
  | 'no_relay'
  | 'relay_broken'
  | 'relay_unsure'
  | 'no_path'
  | 'device_gone'
  | 'no_microphone'
  | 'no_codec'
  | 'call_lost';

/**
 * `GET /api/admin/relay`, and `POST /api/admin/relay/self-test`, which begins a new test and does not wait for it.
 */
export type AdminRelay = {
  /**
   * The relay in this server; absent if there is none.
   */
  relay?: RelayCounts;
  /**
   * The last test; absent before the first, and where there is nothing to test.
   */
  test?: RelayTest;
  /**
   * A test is under way; `test` is the one before it. Look again in a moment.
   */
  testing?: boolean;
  /**
   * From where devices reach the relay, the worst first, at most 100.
   */
  networks: Array<RelayNetwork>;
};

/**
 * What a relay holds, and has done since it started.
 */
export type RelayCounts = {
  /**
   * Allocations open.
   */
  allocations: number;
  /**
   * Allocations opened.
   */
  allocations_opened: number;
  /**
   * TCP connections open.
   */
  tcp_connections: number;
  /**
   * Bytes relayed, in either direction.
   */
  bytes: number;
  /**
   * Packets relayed, in either direction.
   */
  packets: number;
};

/**
 * What a test of the relay has found.
 */
export type RelayTest = {
  /**
   * In one word.
   */
  verdict: RelayVerdict;
  /**
   * When.
   */
  tested_ago_ms: number;
  /**
   * Way by way.
   */
  ways: Array<RelayWay>;
};

/**
 * A test in one word.
 */
export type RelayVerdict = 'works' | 'unsure' | 'broken';

/**
 * One way to the relay.
 */
export type RelayWay = {
  /**
   * What carries it.
   */
  carrier: RelayCarrier;
  /**
   * Where it begins.
   */
  place: RelayPlace;
  /**
   * A name or an address.
   */
  host: string;
  /**
   * The port.
   */
  port: number;
  /**
   * Why it does not work; absent if it does.
   */
  problem?: RelayProblem;
  /**
   * The same with the way out, in English; absent with it.
   */
  cause?: string;
};

/**
 * What carries a way to the relay.
 */
export type RelayCarrier = 'udp' | 'tcp' | 'web' | 'web_tls' | 'tls';

/**
 * Where a way to the relay begins.
 */
export type RelayPlace = 'here' | 'told' | 'external' | 'elsewhere';

/**
 * Why a way to the relay does not work.
 */
export type RelayProblem =
  | 'name_unknown'
  | 'closed'
  | 'unreachable'
  | 'silent'
  | 'stranger'
  | 'refused'
  | 'other_certificate'
  | 'untrusted'
  | 'lost';

/**
 * How the relay is reached from a network.
 */
export type RelayNetwork = {
  /**
   * In CIDR notation, a /24 or a /48: no person's address.
   */
  network: string;
  /**
   * Over UDP.
   */
  udp: RelayReach;
  /**
   * Over TCP.
   */
  tcp: RelayReach;
  /**
   * Over TLS.
   */
  tls: RelayReach;
};

/**
 * How often devices have reached the relay by a way, and how often they have not.
 */
export type RelayReach = {
  /**
   * Reached.
   */
  reached: number;
  /**
   * Missed.
   */
  missed: number;
};
