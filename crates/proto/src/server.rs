//! What a device hears: the envelope and one struct per message.
//!
//! ```json
//! {"type":"offer","data":{…}, "call":"…"?, "gen":0?, "id":"d1.17"?, "re":"d1.17"?, "from":"bob/phone"?}
//! ```

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Address, CallId, CallView, Changed, DeviceId, Epoch, ErrorCode, Gen, MessageId, Preferences, Presence,
    RelayKind, UserId, limits,
};

/// A frame for a device. Turn it into text with [`ServerFrame::encode`].
#[derive(Debug, Clone)]
pub struct ServerFrame<'a> {
    /// The device's message this answers.
    pub re: Option<&'a MessageId>,
    /// What is said.
    pub body: ServerBody<'a>,
}

/// The message itself, by its `type`.
#[derive(Debug, Clone)]
pub enum ServerBody<'a> {
    /// Signed in.
    Welcome(&'a Welcome),
    /// Done.
    Ok(&'a Done),
    /// Refused.
    Error(&'a ErrorReply),
    /// A call as it stands: the only lifecycle event.
    Call(&'a CallView),
    /// Something from the other device.
    Relay {
        /// What it is.
        kind: RelayKind,
        /// Of which call.
        call: CallId,
        /// Of which peer connection.
        generation: Gen,
        /// The sender's id for it, to be acked.
        id: Option<&'a MessageId>,
        /// Who sent it.
        from: &'a Address,
        /// The payload as it was sent.
        data: &'a RawValue,
    },
    /// A contact has come, gone or turned away.
    Presence(&'a Presence),
    /// Something of the user's own has changed.
    Changed(&'a Changed),
    /// The heartbeat's answer.
    Pong,
    /// The server closes this socket.
    Bye(&'a Bye),
}

/// `welcome`: signed in. `calls` is the truth after any reconnect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Welcome {
    /// Who you are.
    pub user: UserId,
    /// Which device this is.
    pub device: DeviceId,
    /// The protocol's version, 1.
    pub proto: u32,
    /// The life of the store of live calls.
    pub epoch: Epoch,
    /// Every live call of this device, and each that `hello` named.
    pub calls: Vec<CallView>,
    /// How to find a network path.
    pub ice: IceConfig,
    /// Heartbeat intervals and limits.
    pub limits: Limits,
    /// Every contact of yours who has you among theirs, and is not offline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<Presence>>"))]
    pub presence: Vec<Presence>,
    /// How you wish to be called; absent for guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<Preferences>,
}

/// STUN and TURN servers with a credential for this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct IceConfig {
    /// For `RTCConfiguration.iceServers`, as they are.
    pub servers: Vec<IceServer>,
    /// How long the credential is good for; a reconnect brings a new one.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub ttl_ms: u64,
}

/// One `RTCIceServer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct IceServer {
    /// `stun:` and `turn:` addresses.
    pub urls: Vec<String>,
    /// For `turn:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For `turn:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What a client must keep to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Limits {
    /// Heartbeat interval while in a call.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub ping_in_call_ms: u64,
    /// Heartbeat interval otherwise.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub ping_idle_ms: u64,
    /// Largest frame, in bytes.
    pub frame_bytes: usize,
    /// Messages per second in the long run.
    pub messages_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            ping_in_call_ms: ms(limits::PING_IN_CALL),
            ping_idle_ms: ms(limits::PING_IDLE),
            frame_bytes: limits::FRAME_BYTES,
            messages_per_second: limits::MESSAGES_PER_SECOND,
        }
    }
}

/// `ok`: the message named by `re` was done, or had been done before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Done {
    /// The call it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// Both called each other: your invite became the answer to `call`, and the call you named never was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub merged: bool,
}

/// `error`: the message named by `re` was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ErrorReply {
    /// Why.
    pub code: ErrorCode,
    /// The call it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// Whether the same message may succeed later.
    pub retry: bool,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub retry_after_ms: Option<u64>,
    /// For the developer: what is wrong and the way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// `bye`: the server closes this socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Bye {
    /// Why.
    pub reason: ByeReason,
    /// Connect again after this time; spread out, so that not all come at once.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub retry_in_ms: u64,
}

/// Why the server closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum ByeReason {
    /// The server restarts.
    Restart,
    /// The same device connected again; do not reconnect.
    Replaced,
    /// The login was ended; sign in again.
    Revoked,
    /// Too much to do.
    Overload,
}

#[derive(Serialize)]
struct Envelope<'a, D: Serialize> {
    #[serde(rename = "type")]
    kind: &'static str,
    data: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<CallId>,
    #[serde(rename = "gen", skip_serializing_if = "Option::is_none")]
    generation: Option<Gen>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    re: Option<&'a MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a Address>,
}

impl ServerFrame<'_> {
    /// The frame as JSON text.
    pub fn encode(&self) -> String {
        match &self.body {
            ServerBody::Welcome(welcome) => self.plain("welcome", welcome),
            ServerBody::Ok(ok) => self.plain("ok", ok),
            ServerBody::Error(error) => self.plain("error", error),
            ServerBody::Call(view) => self.plain("call", view),
            ServerBody::Relay { kind, call, generation, id, from, data } => text(&Envelope {
                kind: kind.name(),
                data,
                call: Some(*call),
                generation: Some(*generation),
                id: *id,
                re: None,
                from: Some(from),
            }),
            ServerBody::Presence(presence) => self.plain("presence", presence),
            ServerBody::Changed(changed) => self.plain("changed", changed),
            ServerBody::Pong => self.plain("pong", serde_json::Map::new()),
            ServerBody::Bye(bye) => self.plain("bye", bye),
        }
    }

    fn plain(&self, kind: &'static str, data: impl Serialize) -> String {
        text(&Envelope { kind, data, call: None, generation: None, id: None, re: self.re, from: None })
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our messages have string keys and no failing serializers")
}
