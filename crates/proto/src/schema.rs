//! The messages as a foreign client sees them, for the generated JSON Schema and TypeScript types.
//!
//! The decoder in `client.rs` keeps relayed payloads raw; here the same messages are written as one tagged
//! union each, with the WebRTC dictionaries spelled out. A test reads every golden example both ways.

use std::fmt::Write;

use schemars::{JsonSchema, Schema, schema_for};
use ts_rs::{Config, TS};

use crate::{
    Accept, Ack, AddUser, Address, AdminCall, AdminCallList, AdminFailure, AdminFailureList, AdminLink,
    AdminLinkList, AdminRelay, AdminUser, AdminUserList, ApiError, Block, BlockList, Bye, ByeReason, CallId,
    CallPerson, CallRef, CallState, CallView, Callers, ChangeMe, ChangePassword, ChangeUser, Changed,
    ChangedThing, Channel, Closed, Confirm, Connected, Contact, ContactList, Delivered, DeviceId, DeviceView,
    Direction, DoNotDisturb, Done, EmbedOrigins, EmbeddedGuest, EndReason, EnterAsGuest, ErrorCode,
    ErrorReply, FailureCause, Gen, GuestInvitation, GuestLink, GuestLinkList, GuestOf, GuestView, Hangup,
    Hello, HistoryEntry, HistoryPage, HistorySeen, IceConfig, IceServer, Invite, Limits, Login, LoginList,
    LoginView, MakeGuestLink, Me, MediaKind, MessageId, NewGuestLink, NewSignUpLink, Outcome, OwnPresence,
    PastRecording, PeerView, Ping, Preferences, Presence, PresenceStatus, PushKey, PushKeys, PushMessage,
    PushedCall, PushedStop, PutContact, PutPush, QuietTime, Reach, Recording, RecordingEnd, RecordingState,
    RecordingView, RecordingWish, RelayCarrier, RelayCounts, RelayHealth, RelayLogin, RelayNetwork,
    RelayPlace, RelayProblem, RelayReach, RelayState, RelayTest, RelayVerdict, RelayWay, RenameLogin,
    Ringing, Role, Route, ShareDevice, SharedDevice, SignUp, SignUpInvitation, Take, Ticket, Transfer,
    Weekday, Welcome, You,
};

/// No data; write `{}` or leave `data` out.
#[derive(JsonSchema, TS)]
#[ts(type = "Record<string, never>")]
pub struct Nothing {}

/// `RTCSessionDescriptionInit`, passed on unread.
#[derive(JsonSchema, TS)]
pub struct SessionDescription {
    /// `offer` or `answer`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The description, RFC 8866 as RFC 8829 uses it.
    pub sdp: String,
}

/// `RTCIceCandidateInit`, passed on unread.
#[derive(JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct Candidate {
    /// The candidate line, RFC 8839 §5.1.
    pub candidate: String,
    /// The media section it belongs to.
    pub sdp_mid: Option<String>,
    /// The same by number.
    pub sdp_m_line_index: Option<u16>,
    /// The ICE generation it belongs to.
    pub username_fragment: Option<String>,
}

/// One candidate, several, or null when there are no more.
#[derive(JsonSchema, TS)]
#[serde(untagged)]
pub enum Candidates {
    /// One.
    One(Candidate),
    /// Several at once.
    Several(Vec<Candidate>),
    /// No more.
    End(()),
}

/// What the sender shows now; the latest counts.
#[derive(JsonSchema, TS)]
#[ts(optional_fields)]
pub struct MediaNotice {
    /// The microphone is heard.
    pub audio: bool,
    /// The camera is seen.
    pub video: bool,
    /// A screen is shared, as a further video track.
    pub screen: Option<bool>,
    /// The sender has put the call on hold.
    pub hold: Option<bool>,
    /// Media has stopped arriving at the sender, or its network is another one: the offerer restarts ICE.
    pub lost: Option<bool>,
    /// Camera or screen are on, but the sender's network is too weak for pictures: they are paused to keep the sound.
    pub weak: Option<bool>,
    /// Rises with each notice of a sender; the larger of two counts, whichever way they came.
    pub n: Option<u32>,
}

/// What a device says.
#[derive(JsonSchema, TS)]
#[ts(optional_fields)]
pub struct ClientMessage {
    /// The message.
    #[serde(flatten)]
    pub body: ClientMessageBody,
    /// Which call; without it, the device's only live one.
    pub call: Option<CallId>,
    /// Ask for an `ok` or `error` that names this id; unique for this device.
    pub id: Option<MessageId>,
    /// Which peer connection; without it, the present one.
    pub r#gen: Option<Gen>,
    /// Which of several ringing devices; not needed after `accept`.
    pub to: Option<DeviceId>,
}

/// What a device says, by `type`.
#[derive(JsonSchema, TS)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ClientMessageBody {
    /// The first message on a socket.
    Hello(Hello),
    /// Call somebody.
    Invite(Invite),
    /// This device alerts its user.
    Ringing(Ringing),
    /// Answer.
    Accept(Accept),
    /// Cancel, decline or hang up.
    Hangup(Hangup),
    /// Make a new peer connection in place of the one named by `gen`, which this device has lost.
    Resume(Nothing),
    /// Move the call to this device.
    Take(Take),
    /// Hand the other person over.
    Transfer(Transfer),
    /// Record the call, agree to that, or end it.
    Recording(Recording),
    /// For the other device.
    Offer(SessionDescription),
    /// For the other device.
    Answer(SessionDescription),
    /// For the other device.
    Candidate(Candidates),
    /// For the other device: what is shown now.
    Media(MediaNotice),
    /// Media flows.
    Connected(Connected),
    /// A relayed payload has arrived.
    Ack(Ack),
    /// Whether this device's page is looked at.
    Presence(OwnPresence),
    /// Which ways lead from this device to the relay.
    Reach(Reach),
    /// Heartbeat.
    Ping(Ping),
    /// Going away for good.
    Bye(Nothing),
}

/// What a device hears.
#[derive(JsonSchema, TS)]
#[ts(optional_fields)]
pub struct ServerMessage {
    /// The message.
    #[serde(flatten)]
    pub body: ServerMessageBody,
    /// Which call; with relayed payloads.
    pub call: Option<CallId>,
    /// Which peer connection; with relayed payloads.
    pub r#gen: Option<Gen>,
    /// The sender's id; ack it.
    pub id: Option<MessageId>,
    /// The message of this device that is answered.
    pub re: Option<MessageId>,
    /// Who sent a relayed payload.
    pub from: Option<Address>,
}

/// What a device hears, by `type`.
#[derive(JsonSchema, TS)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ServerMessageBody {
    /// Signed in.
    Welcome(Welcome),
    /// Done, or had been done before.
    Ok(Done),
    /// Refused.
    Error(ErrorReply),
    /// A call as it stands.
    Call(CallView),
    /// From the other device.
    Offer(SessionDescription),
    /// From the other device.
    Answer(SessionDescription),
    /// From the other device.
    Candidate(Candidates),
    /// From the other device: what it shows now.
    Media(MediaNotice),
    /// A contact has come, gone or turned away.
    Presence(Presence),
    /// Something of the user's own has changed: ask for it again.
    Changed(Changed),
    /// The heartbeat's answer.
    Pong(Nothing),
    /// The server closes this socket.
    Bye(Bye),
}

/// The body of `POST /sse`.
#[derive(JsonSchema, TS)]
pub struct Parcel {
    /// The number of the first message; the first of all is 1, each has the next number.
    #[ts(type = "number")]
    pub seq: u64,
    /// What the device says, at most 64 messages.
    pub messages: Vec<ClientMessage>,
}

/// What a device gives its messenger for `POST /bridge/messages`.
#[derive(JsonSchema, TS)]
pub struct ParcelUp {
    /// Which device of the user, as in its `hello`.
    pub device: DeviceId,
    /// One connection of the device, which chooses it anew each time: 16 to 64 letters, digits, `-` and `_`.
    pub channel: String,
    /// The number of the first message; the first of a channel is 1.
    #[ts(type = "number")]
    pub seq: u64,
    /// What the device says, at most 64 messages.
    pub messages: Vec<ClientMessage>,
}

/// What the webhook gives a messenger for a device.
#[derive(JsonSchema, TS)]
#[ts(optional_fields)]
pub struct ParcelDown {
    /// Which of the device's connections.
    pub channel: String,
    /// The number of the first message; 0 with `close` if the server does not know the connection.
    #[ts(type = "number")]
    pub seq: u64,
    /// What the device hears.
    pub messages: Vec<ServerMessage>,
    /// With this the connection ends: what a WebSocket would have closed with.
    pub close: Option<u16>,
}

/// The JSON Schema of everything a device may say.
pub fn client_schema() -> Schema {
    schema_for!(ClientMessage)
}

/// The JSON Schema of everything a device may hear.
pub fn server_schema() -> Schema {
    schema_for!(ServerMessage)
}

/// The TypeScript declarations of all messages and of the HTTP bodies, unformatted.
pub fn typescript() -> String {
    let config = Config::new();
    let mut out = String::from(
        "/**\n * The words of the protocol. Generated from `crates/proto` by `cargo xtask generate`; not to be edited.\n */\n",
    );
    macro_rules! declare {
        ($($name:ident),* $(,)?) => {$(
            if let Some(docs) = <$name as TS>::docs() {
                out.push('\n');
                out.push_str(docs.trim_end());
            }
            out.push_str("\nexport ");
            out.push_str(&<$name as TS>::decl(&config));
            out.push('\n');
        )*};
    }
    // What is text or a number on the wire has no declaration of its own in ts-rs.
    for (name, kind, says) in [
        ("UserId", "string", "A person's name on this server: what others dial."),
        ("DeviceId", "string", "One device of a user; unique among theirs."),
        ("CallId", "string", "A call: a UUID chosen by its caller."),
        ("MessageId", "string", "A message's id, chosen by its sender."),
        ("Address", "string", "A device of a user, written `user/device`."),
        ("Epoch", "string", "One life of the server's store of live calls."),
        ("Rev", "number", "A call's revision: apply only larger ones."),
        ("Gen", "number", "Which peer connection of a call."),
    ] {
        writeln!(out, "\n/** {says} */\nexport type {name} = {kind};").expect("a String takes any text");
    }
    declare!(
        ClientMessage,
        ClientMessageBody,
        ServerMessage,
        ServerMessageBody,
        Nothing,
        SessionDescription,
        Candidate,
        Candidates,
        MediaNotice,
        Hello,
        CallRef,
        Invite,
        Ringing,
        Accept,
        Hangup,
        Take,
        Transfer,
        Recording,
        RecordingWish,
        Connected,
        Ack,
        Ping,
        Welcome,
        IceConfig,
        IceServer,
        Limits,
        Done,
        ErrorReply,
        ErrorCode,
        Bye,
        ByeReason,
        CallView,
        CallState,
        Role,
        You,
        PeerView,
        GuestView,
        RecordingView,
        RelayLogin,
        RecordingState,
        RecordingEnd,
        MediaKind,
        Route,
        EndReason,
        Login,
        SignUp,
        SignUpInvitation,
        Me,
        ChangeMe,
        ChangePassword,
        Ticket,
        RelayHealth,
        RelayState,
        HistoryPage,
        HistoryEntry,
        PastRecording,
        Direction,
        Outcome,
        ApiError,
        OwnPresence,
        Presence,
        PresenceStatus,
        Reach,
        Changed,
        ChangedThing,
        HistorySeen,
        ContactList,
        Contact,
        PutContact,
        BlockList,
        Block,
        Preferences,
        Callers,
        DoNotDisturb,
        QuietTime,
        Weekday,
        LoginList,
        LoginView,
        DeviceView,
        RenameLogin,
        GuestLinkList,
        GuestLink,
        MakeGuestLink,
        NewGuestLink,
        GuestInvitation,
        EnterAsGuest,
        EmbeddedGuest,
        EmbedOrigins,
        GuestOf,
        SharedDevice,
        ShareDevice,
        Confirm,
        PushKey,
        PutPush,
        PushKeys,
        PushMessage,
        PushedCall,
        PushedStop,
        Parcel,
        ParcelUp,
        ParcelDown,
        Delivered,
        Channel,
        Closed,
        AdminUserList,
        AdminUser,
        AddUser,
        NewSignUpLink,
        ChangeUser,
        AdminLinkList,
        AdminLink,
        CallPerson,
        AdminCallList,
        AdminCall,
        AdminFailureList,
        AdminFailure,
        FailureCause,
        AdminRelay,
        RelayCounts,
        RelayTest,
        RelayVerdict,
        RelayWay,
        RelayCarrier,
        RelayPlace,
        RelayProblem,
        RelayNetwork,
        RelayReach,
    );
    out
}
