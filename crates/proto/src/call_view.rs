//! The call object: what one device is told of one call. Lifecycle is state, not events; a client's screen
//! is a function of the newest view it has.

use serde::{Deserialize, Serialize};

use crate::{Address, CallId, Gen, GuestView, RecordingView, Rev, UserId};

/// A call as one device sees it. Apply it only if `rev` is larger than the one held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct CallView {
    /// Which call.
    pub id: CallId,
    /// Which decision this view shows.
    pub rev: Rev,
    /// Where the call stands.
    pub state: CallState,
    /// Whether this device's user made the call.
    pub role: Role,
    /// Where this device stands in it.
    pub you: You,
    /// The other person.
    pub peer: PeerView,
    /// What the caller asked for.
    pub media: Vec<MediaKind>,
    /// The present peer connection; payloads of another are refused.
    #[serde(rename = "gen")]
    pub generation: Gen,
    /// Who sends the offer once the call is `connecting`.
    pub offerer: Role,
    /// Time left in `inviting` or `ringing` until the server ends the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: Option<u64>,
    /// For the caller: it does not ring, as too many calls of theirs were not answered of late; the other person will
    /// see that they called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub quiet: bool,
    /// For the caller, before the answer: devices that ring and would like an offer now, in the order in which they
    /// rang, at most `limits::WARM_DEVICES`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<Address>>"))]
    pub warm: Vec<Address>,
    /// The call of this device that this one goes on with, after a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<CallId>,
    /// The name of the person who transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_by: Option<String>,
    /// The name of the device that carries the call, when it is another one of yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_on: Option<String>,
    /// How long media has been flowing; only in an active call. A device that comes to the call later counts on from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub active_ms: Option<u64>,
    /// The newest question whether the call may be recorded; only in an active call, and only at its two ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingView>,
    /// Why the call ended; only when it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// How long the two were connected; only in an ended call that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub duration_ms: Option<u64>,
    /// The call as its server keeps it, sealed: worth nothing but to be shown to that server again if it has lost its store.
    /// Only while the call lives, and at most [`limits::CAPSULE_BYTES`](crate::limits::CAPSULE_BYTES).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capsule: Option<String>,
    /// For the relays of `welcome.ice` in this call, instead of the user name and credential there: it ends with the call, and
    /// what was opened with it. Only for a device that is an end of the call, or rings, while the call lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayLogin>,
}

/// What a relay wants to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayLogin {
    /// For `RTCIceServer.username`.
    pub username: String,
    /// For `RTCIceServer.credential`.
    pub credential: String,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum CallState {
    /// No device of the callee has said that it rings.
    Inviting,
    /// At least one device rings.
    Ringing,
    /// Answered; the media path is being made.
    Connecting,
    /// Media flows.
    Active,
    /// Over, for ever.
    Ended,
}

/// Which side of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Role {
    /// Who called.
    Caller,
    /// Who was called.
    Callee,
}

impl Role {
    /// The other side.
    pub fn other(self) -> Role {
        match self {
            Role::Caller => Role::Callee,
            Role::Callee => Role::Caller,
        }
    }
}

/// Where the device that reads the view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum You {
    /// This device may answer.
    Ringing,
    /// This device is one of the two ends (the caller's from the start).
    Active,
    /// Another device of yours is the end.
    Elsewhere,
}

/// The other person of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct PeerView {
    /// Whom.
    pub id: UserId,
    /// How they wish to be shown.
    pub name: String,
    /// Their device, once it is known; payloads come `from` it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Their signaling is gone; the media may well go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub lost: bool,
    /// They are among *your* contacts. If not, tell them no IP address before the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub contact: bool,
    /// They have no account here, and came with a link of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestView>,
}

/// A kind of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// The network path of the media, as `connected` reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Route {
    /// Between the two devices.
    Direct,
    /// Through a relay, reached over UDP.
    RelayUdp,
    /// Through a relay, reached over TCP.
    RelayTcp,
    /// Through a relay, reached over TLS.
    RelayTls,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum EndReason {
    /// One of the two hung up after the answer.
    Hangup,
    /// The caller gave up before the answer.
    Cancelled,
    /// The callee declined.
    Rejected,
    /// The callee is in another call.
    Busy,
    /// It rang until the time was up.
    NoAnswer,
    /// No device of the callee ever rang.
    Unreachable,
    /// The media path could not be made, or broke for good.
    MediaFailed,
    /// A device went away for longer than the grace time.
    ConnectionLost,
    /// A device was not allowed to use its microphone.
    Permission,
    /// The two have no codec in common.
    IncompatibleMedia,
    /// The other person was handed over to somebody else, or you were.
    Transferred,
    /// The operator ended it: the account of one of the two is gone.
    Policy,
    /// An administrator ended it.
    Operator,
    /// The server ended it, or has lost its record.
    Server,
}
