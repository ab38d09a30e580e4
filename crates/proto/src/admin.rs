//! What administrators see and do: bodies of the HTTP API under `/api/admin`. Nobody else is answered there.

use serde::{Deserialize, Serialize};

use crate::{CallId, CallState, EndReason, GuestLink, MediaKind, Route, UserId};

/// `GET /api/admin/users?after=NAME&search=TEXT&limit=N`: accounts by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminUserList {
    /// At most `limit`, itself at most 100 (default 50).
    pub users: Vec<AdminUser>,
    /// There are others after the last of these.
    pub more: bool,
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct AdminUser {
    /// What others dial.
    pub name: UserId,
    /// How they are shown.
    pub display_name: String,
    /// They administer the server.
    pub admin: bool,
    /// The account is shut: nobody signs in with it.
    pub disabled: bool,
    /// They have chosen a password.
    pub signed_up: bool,
    /// How many devices of theirs are connected.
    pub online: u32,
    /// When they were added.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub added_ago_ms: u64,
    /// When a browser of theirs was last used, within an hour; absent if none is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub last_seen_ago_ms: Option<u64>,
}

/// `POST /api/admin/users`: adds somebody, who chooses a password with the link of [`NewSignUpLink`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AddUser {
    /// What others will dial; how they are shown as well, until they choose otherwise.
    pub name: String,
}

/// `POST /api/admin/users` and `POST /api/admin/users/NAME/link`: with which somebody chooses a password, once. Links of
/// before end; a password stays valid until the link is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct NewSignUpLink {
    /// For whom.
    pub name: UserId,
    /// What to send them. It is not told again. It begins as [`NewGuestLink::url`](crate::NewGuestLink::url) does.
    pub url: String,
    /// How long it works.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: u64,
}

/// `PATCH /api/admin/users/NAME`: changes an account, answered by [`AdminUser`]. Refused with `conflict` if nobody could
/// administer the server afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ChangeUser {
    /// They administer the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<bool>,
    /// The account is shut: all its browsers are signed out, its calls end, and nobody signs in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// `GET /api/admin/links?limit=N`: everybody's guest links, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminLinkList {
    /// At most `limit`, itself at most 2,000 (default 200). `DELETE /api/admin/users/OWNER/links/ID` revokes one.
    pub links: Vec<AdminLink>,
    /// There are older ones.
    pub more: bool,
}

/// A guest link and its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminLink {
    /// Whose.
    pub owner: CallPerson,
    /// The link; its address is not known to the server.
    pub link: GuestLink,
}

/// Somebody in a list of administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CallPerson {
    /// What others dial.
    pub name: UserId,
    /// How they are shown.
    pub display_name: String,
}

/// `GET /api/admin/calls?limit=N`: calls that go on, the newest first. `DELETE /api/admin/calls/ID` ends one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminCallList {
    /// At most `limit`, itself at most 2,000 (default 200).
    pub calls: Vec<AdminCall>,
    /// How many there are.
    pub count: u32,
}

/// A call that goes on: who and how, and nothing of what is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct AdminCall {
    /// Which.
    pub id: CallId,
    /// Who called.
    pub caller: CallPerson,
    /// Who was called.
    pub callee: CallPerson,
    /// Where it stands.
    pub state: CallState,
    /// What the caller asked for.
    pub media: Vec<MediaKind>,
    /// When it began.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub started_ago_ms: u64,
    /// How its media travels, once it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
}

/// `GET /api/admin/failures?limit=N`: calls of the last 30 days that went wrong, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminFailureList {
    /// At most `limit`, itself at most 2,000 (default 200), of those that are still in a history.
    pub failures: Vec<AdminFailure>,
    /// There are older ones.
    pub more: bool,
}

/// A call that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminFailure {
    /// Which.
    pub call: CallId,
    /// Who called.
    pub caller: CallPerson,
    /// Who was called.
    pub callee: CallPerson,
    /// How it ended.
    pub reason: EndReason,
    /// What is probably behind it.
    pub diagnosis: FailureCause,
    /// When it began.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub started_ago_ms: u64,
    /// How long the two were connected.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub duration_ms: u64,
}

/// What is probably behind a call that went wrong, judged by its reason and by how the relay stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum FailureCause {
    /// No path for media, and there is no relay.
    NoRelay,
    /// No path for media, and the relay does not work.
    RelayBroken,
    /// No path for media, and some way to the relay does not work from the server itself.
    RelayUnsure,
    /// No path for media although the relay works: a network lets neither of them through.
    NoPath,
    /// A device was away for too long: its network, its battery, or a closed page.
    DeviceGone,
    /// A device may not use its microphone.
    NoMicrophone,
    /// The two browsers have no codec in common.
    NoCodec,
    /// The server had lost its record of the call.
    CallLost,
}

/// `GET /api/admin/relay`, and `POST /api/admin/relay/self-test`, which begins a new test and does not wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct AdminRelay {
    /// The relay in this server; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayCounts>,
    /// The last test; absent before the first, and where there is nothing to test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<RelayTest>,
    /// A test is under way; `test` is the one before it. Look again in a moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub testing: bool,
    /// From where devices reach the relay, the worst first, at most 100.
    pub networks: Vec<RelayNetwork>,
}

/// What a relay holds, and has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayCounts {
    /// Allocations open.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub allocations: u64,
    /// Allocations opened.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub allocations_opened: u64,
    /// TCP connections open.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub tcp_connections: u64,
    /// Bytes relayed, in either direction.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub bytes: u64,
    /// Packets relayed, in either direction.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub packets: u64,
}

/// What a test of the relay has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayTest {
    /// In one word.
    pub verdict: RelayVerdict,
    /// When.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub tested_ago_ms: u64,
    /// Way by way.
    pub ways: Vec<RelayWay>,
}

/// A test in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RelayVerdict {
    /// Every way works.
    Works,
    /// Some way does not work from the server itself; from outside it may.
    Unsure,
    /// A socket of the relay does not do its work.
    Broken,
}

/// One way to the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct RelayWay {
    /// What carries it.
    pub carrier: RelayCarrier,
    /// Where it begins.
    pub place: RelayPlace,
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why it does not work; absent if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<RelayProblem>,
    /// The same with the way out, in English; absent with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// What carries a way to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RelayCarrier {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TCP to a web port.
    Web,
    /// TLS to a web port.
    WebTls,
    /// TLS.
    Tls,
}

/// Where a way to the relay begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RelayPlace {
    /// At the socket itself, on this machine.
    Here,
    /// At the name or address that devices are told.
    Told,
    /// At `relay.external_ip`.
    External,
    /// At another relay.
    Elsewhere,
}

/// Why a way to the relay does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RelayProblem {
    /// Its name leads nowhere.
    NameUnknown,
    /// Nobody listens there.
    Closed,
    /// There is no way to that address.
    Unreachable,
    /// Nothing comes back.
    Silent,
    /// Something else than this relay answers.
    Stranger,
    /// It refuses.
    Refused,
    /// TLS ends at something else than this server.
    OtherCertificate,
    /// Its certificate is not trusted.
    Untrusted,
    /// Bytes go in and do not come out.
    Lost,
}

/// How the relay is reached from a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayNetwork {
    /// In CIDR notation, a /24 or a /48: no person's address.
    pub network: String,
    /// Over UDP.
    pub udp: RelayReach,
    /// Over TCP.
    pub tcp: RelayReach,
    /// Over TLS.
    pub tls: RelayReach,
}

/// How often devices have reached the relay by a way, and how often they have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayReach {
    /// Reached.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub reached: u64,
    /// Missed.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub missed: u64,
}
