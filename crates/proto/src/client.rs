//! What a device says: the envelope, one struct per message, and the decoder.
//!
//! ```json
//! {"type":"offer","data":{…}, "call":"…"?, "id":"d1.17"?, "gen":0?, "to":"phone"?}
//! ```
//!
//! Relayed payloads stay raw text: the server neither reads nor rebuilds them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::limits;
use crate::{
    Address, CallId, DeviceId, EndReason, Epoch, ErrorCode, Gen, MediaKind, MessageId, OwnPresence,
    PresenceStatus, Recording, Rev, Route, UserId,
};

/// A frame from a device, decoded.
#[derive(Debug, Clone)]
pub struct ClientFrame<'a> {
    /// The device wants an `ok` or `error` that names this id.
    pub id: Option<MessageId>,
    /// Which call; without it, the device's only live one.
    pub call: Option<CallId>,
    /// Which peer connection.
    pub generation: Option<Gen>,
    /// Which of several ringing devices; not needed after `accept`.
    pub to: Option<DeviceId>,
    /// What is said.
    pub body: ClientBody<'a>,
}

/// The message itself, by its `type`.
#[derive(Debug, Clone)]
pub enum ClientBody<'a> {
    /// The first message: who this is.
    Hello(Hello),
    /// Call somebody.
    Invite(Invite),
    /// This device really alerts its user.
    Ringing(Ringing),
    /// Answer.
    Accept(Accept),
    /// End: cancel, decline or hang up, as the state has it.
    Hangup(Hangup),
    /// This device has lost its peer connection (the page was reloaded): both make a new one.
    Resume,
    /// Move this call here from another device of the same user.
    Take(Take),
    /// Give the other person of this call to somebody else.
    Transfer(Transfer),
    /// Record this call, if the other person agrees; agree to it; or end it.
    Recording(Recording),
    /// Something for the other device, passed on unread.
    Relay(RelayKind, &'a RawValue),
    /// Media flows.
    Connected(Connected),
    /// A relayed payload has arrived here.
    Ack(Ack),
    /// Whether this device's page is looked at.
    Presence(OwnPresence),
    /// Which ways lead from this device to the relay.
    Reach(Reach),
    /// Heartbeat.
    Ping(Ping),
    /// Going away; do not wait for this device.
    Bye,
}

/// What may be relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelayKind {
    /// An SDP offer, as `RTCSessionDescriptionInit`.
    Offer,
    /// An SDP answer, as `RTCSessionDescriptionInit`.
    Answer,
    /// An `RTCIceCandidateInit`, an array of them, or null for the end.
    Candidate,
    /// What the sender shows now: `{"audio":bool,"video":bool}`; the latest counts.
    Media,
}

impl RelayKind {
    /// The `type` on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
            Self::Candidate => "candidate",
            Self::Media => "media",
        }
    }

    /// Most bytes its data may have.
    pub fn longest(self) -> usize {
        match self {
            Self::Offer | Self::Answer => limits::DESCRIPTION_BYTES,
            Self::Candidate => limits::CANDIDATE_BYTES,
            Self::Media => 1024,
        }
    }
}

/// `hello`: the first message on a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Hello {
    /// A ticket from `POST /api/ticket`, good once, for 30 s.
    pub token: String,
    /// This device's id, kept by it.
    pub device: DeviceId,
    /// What to call this device, such as "Firefox on Linux".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The protocol's version, 1.
    pub proto: u32,
    /// The store's epoch when this device was last connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// This device asks its user when the other person of a call wants to record it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub asks_consent: bool,
    /// The calls this device believes to be live.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<CallRef>>"))]
    pub calls: Vec<CallRef>,
}

/// A call and the revision held of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct CallRef {
    /// Which call.
    pub id: CallId,
    /// The newest revision this device has seen; 0 for none.
    pub rev: Rev,
    /// Media of this call still arrives here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub media: bool,
    /// The newest capsule of this call, if it is of another epoch than the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capsule: Option<String>,
}

/// `invite`: call somebody. The envelope's `call` names the call; the same invite again gives the same call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Invite {
    /// Whom to call.
    pub to: UserId,
    /// What the call shall carry.
    pub media: Vec<MediaKind>,
    /// The server's epoch when this invite was first sent: in another one it makes no call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
}

/// A device alerts its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Ringing {
    /// It would like an offer now, so that the path is there when its user answers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub warm: bool,
}

/// `accept`: answer here. One device wins, the others learn `elsewhere`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Accept {
    /// What this device will send.
    pub media: Vec<MediaKind>,
}

/// `hangup`: the one verb for ending.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Hangup {
    /// Only if it is not simply the user's wish: `busy`, `media_failed`, `permission`,
    /// `incompatible_media` or `connection_lost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// How long ago it was, if the server could not be told then: until that moment the two were connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub ago_ms: Option<u64>,
}

/// Move a call here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Take {
    /// What this device will send; empty for a listener.
    pub media: Vec<MediaKind>,
}

/// Hand the other person over: blind with `to`, attended with `call`; exactly one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Transfer {
    /// Somebody whom the other person shall call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UserId>,
    /// Another call of this device, to whose other person this one's shall be connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// `connected`: media flows on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Connected {
    /// The selected path.
    pub route: Route,
}

/// `ack`: the relayed payload `id` of device `from` has arrived here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Ack {
    /// Who sent it.
    pub from: Address,
    /// The id it had.
    pub id: MessageId,
}

/// `reach`: by which ways this device has reached the relay when it looked for a path: `true` where the relay gave it an
/// address, `false` where the relay was not reached; absent is what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Reach {
    /// `turn:` over UDP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub udp: Option<bool>,
    /// `turn:` over TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<bool>,
    /// `turns:`, TLS over TCP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
}

/// `ping`: heartbeat. The server answers `pong`, and a `call` for each call whose revision differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Ping {
    /// The epoch this device knows.
    pub epoch: Epoch,
    /// The calls it holds.
    pub calls: Vec<CallRef>,
}

/// Why a frame was not understood. Its text goes to the device as `hint`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{hint}")]
pub struct DecodeError {
    /// The code to answer with.
    pub code: ErrorCode,
    /// What is wrong, naming the field.
    pub hint: String,
    /// The id to answer to, if that much could be read.
    pub re: Option<MessageId>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    call: Option<CallId>,
    #[serde(default)]
    id: Option<MessageId>,
    #[serde(default, rename = "gen")]
    generation: Option<Gen>,
    #[serde(default)]
    to: Option<DeviceId>,
}

impl<'a> ClientFrame<'a> {
    /// The `id` of a frame that is otherwise not read, so that its sender can be told which one was refused. `None` if it
    /// has none, is too large or is no JSON object.
    pub fn id_of(text: &str) -> Option<MessageId> {
        #[derive(Deserialize)]
        struct Identified {
            id: MessageId,
        }
        if text.len() > limits::FRAME_BYTES {
            return None;
        }
        serde_json::from_str::<Identified>(text).ok().map(|identified| identified.id)
    }

    /// Reads one text frame.
    ///
    /// # Errors
    /// `bad_message` for what is not the JSON described above, `unsupported` for an unknown `type`,
    /// `too_large` for a frame, payload or list over its limit.
    pub fn decode(text: &'a str) -> Result<Self, DecodeError> {
        if text.len() > limits::FRAME_BYTES {
            let hint = format!("a frame has at most {} bytes", limits::FRAME_BYTES);
            return Err(DecodeError { code: ErrorCode::TooLarge, hint, re: None });
        }
        // Serde would take an array of the fields in their order.
        if text.trim_start().starts_with('[') {
            let hint = "not a message: an array, where an object with \"type\" is expected".to_owned();
            return Err(DecodeError { code: ErrorCode::BadMessage, hint, re: None });
        }
        let envelope: Envelope<'a> = serde_json::from_str(text).map_err(|error| DecodeError {
            code: ErrorCode::BadMessage,
            hint: brief(format!("not a message: {error}")),
            re: Self::id_of(text),
        })?;
        let body = ClientBody::decode(&envelope.kind, envelope.data).map_err(|(code, hint)| DecodeError {
            code,
            hint: brief(hint),
            re: envelope.id.clone(),
        })?;
        Ok(Self {
            id: envelope.id,
            call: envelope.call,
            generation: envelope.generation,
            to: envelope.to,
            body,
        })
    }
}

/// A hint that quotes the message keeps its ends, which say what was expected and where: the answer to a message is not
/// larger than the message.
fn brief(hint: String) -> String {
    const END: usize = 96;
    let count = hint.chars().count();
    if count <= limits::HINT_CHARS {
        return hint;
    }
    let start: String = hint.chars().take(limits::HINT_CHARS - END - 1).collect();
    let end: String = hint.chars().skip(count - END).collect();
    format!("{start}…{end}")
}

type Wrong = (ErrorCode, String);

impl<'a> ClientBody<'a> {
    fn decode(kind: &str, data: Option<&'a RawValue>) -> Result<Self, Wrong> {
        Ok(match kind {
            "hello" => {
                let hello: Hello = read(kind, data)?;
                call_refs("hello.data.calls", &hello.calls)?;
                Self::Hello(hello)
            }
            "invite" => {
                let invite: Invite = read(kind, data)?;
                some_media("invite.data.media", &invite.media)?;
                Self::Invite(invite)
            }
            "ringing" => Self::Ringing(read(kind, data)?),
            "accept" => {
                let accept: Accept = read(kind, data)?;
                at_most("accept.data.media", accept.media.len(), 2)?;
                Self::Accept(accept)
            }
            "hangup" => Self::Hangup(match data {
                Some(_) => read(kind, data)?,
                None => Hangup::default(),
            }),
            "resume" => Self::Resume,
            "take" => {
                let take: Take = read(kind, data)?;
                at_most("take.data.media", take.media.len(), 2)?;
                Self::Take(take)
            }
            "transfer" => {
                let transfer: Transfer = read(kind, data)?;
                if transfer.to.is_some() == transfer.call.is_some() {
                    let hint = "transfer.data needs either \"to\" (somebody) or \"call\" (your other call)";
                    return Err((ErrorCode::BadMessage, hint.to_owned()));
                }
                Self::Transfer(transfer)
            }
            "recording" => Self::Recording(read(kind, data)?),
            "offer" => Self::relay(RelayKind::Offer, data)?,
            "answer" => Self::relay(RelayKind::Answer, data)?,
            "candidate" => Self::relay(RelayKind::Candidate, data)?,
            "media" => Self::relay(RelayKind::Media, data)?,
            "connected" => Self::Connected(read(kind, data)?),
            "ack" => Self::Ack(read(kind, data)?),
            "presence" => {
                let presence: OwnPresence = read(kind, data)?;
                if presence.status == PresenceStatus::Offline {
                    let hint = "presence.data.status is \"online\" or \"away\"; say bye to be offline";
                    return Err((ErrorCode::BadMessage, hint.to_owned()));
                }
                Self::Presence(presence)
            }
            "reach" => Self::Reach(read(kind, data)?),
            "ping" => {
                let ping: Ping = read(kind, data)?;
                call_refs("ping.data.calls", &ping.calls)?;
                Self::Ping(ping)
            }
            "bye" => Self::Bye,
            unknown => {
                let shown: String = unknown.chars().take(40).collect();
                return Err((ErrorCode::Unsupported, format!("protocol 1 has no message type {shown:?}")));
            }
        })
    }

    fn relay(kind: RelayKind, data: Option<&'a RawValue>) -> Result<Self, Wrong> {
        let data = match (kind, data) {
            (_, Some(data)) => data,
            // `"data":null` and an absent `data` read alike; for a candidate both mean "no more of them".
            (RelayKind::Candidate, None) => RawValue::NULL,
            (_, None) => return Err((ErrorCode::BadMessage, format!("{} needs data", kind.name()))),
        };
        let (bytes, limit) = (data.get().len(), kind.longest());
        if bytes > limit {
            let hint = format!("{}.data has {bytes} bytes, the limit is {limit}", kind.name());
            return Err((ErrorCode::TooLarge, hint));
        }
        if depth(data.get()) > limits::PAYLOAD_DEPTH {
            let hint = format!("{}.data is nested deeper than {} levels", kind.name(), limits::PAYLOAD_DEPTH);
            return Err((ErrorCode::BadMessage, hint));
        }
        Ok(Self::Relay(kind, data))
    }
}

/// How deep lists and objects are nested in a JSON text.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn read<'a, T: Deserialize<'a>>(kind: &str, data: Option<&'a RawValue>) -> Result<T, Wrong> {
    let text = data.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|error| (ErrorCode::BadMessage, format!("{kind}.data: {error}")))
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<(), Wrong> {
    if count > limit {
        return Err((ErrorCode::TooLarge, format!("{what} has {count}, the limit is {limit}")));
    }
    Ok(())
}

fn call_refs(what: &str, calls: &[CallRef]) -> Result<(), Wrong> {
    at_most(what, calls.len(), limits::CALL_REFS)?;
    let capsules = || calls.iter().filter_map(|call| call.capsule.as_deref());
    at_most(&format!("{what}[].capsule"), capsules().count(), limits::CAPSULES)?;
    match capsules().map(str::len).find(|&bytes| bytes > limits::CAPSULE_BYTES) {
        Some(bytes) => {
            let hint = format!("{what}[].capsule has {bytes} bytes, the limit is {}", limits::CAPSULE_BYTES);
            Err((ErrorCode::TooLarge, hint))
        }
        None => Ok(()),
    }
}

fn some_media(what: &str, media: &[MediaKind]) -> Result<(), Wrong> {
    at_most(what, media.len(), 2)?;
    if media.is_empty() {
        return Err((
            ErrorCode::BadMessage,
            format!("{what} is empty: ask for \"audio\", \"video\" or both"),
        ));
    }
    Ok(())
}
