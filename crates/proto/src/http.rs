//! The bodies of the HTTP API: accounts, tickets, history.

use serde::{Deserialize, Serialize};

use crate::{
    CallId, EndReason, ErrorCode, GuestOf, GuestView, MediaKind, PastRecording, SharedDevice, UserId,
};

/// `POST /api/login`: sets the `visavis` cookie and answers [`Me`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Login {
    /// Who.
    pub name: String,
    /// Their password.
    pub password: String,
}

/// `POST /api/signup`: redeems a one-time link, sets the cookie and answers [`Me`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct SignUp {
    /// From the link.
    pub token: String,
    /// At least 8 characters, at most 256 bytes.
    pub password: String,
    /// How to be shown to others; the name itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// `PATCH /api/me`: how to be shown to others from now on; answers [`Me`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ChangeMe {
    /// The name itself if empty.
    pub display_name: String,
}

/// `POST /api/password`: another password, and with it the end of every other login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ChangePassword {
    /// The one of before.
    pub old: String,
    /// At least 8 characters, at most 256 bytes.
    pub new: String,
}

/// `POST /api/signup/check` with `{"token"}`: for whom a sign-up link is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SignUpInvitation {
    /// The account's name.
    pub name: UserId,
    /// How long the link is good for.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: u64,
}

/// `GET /api/me`: who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Me {
    /// The account's name: what others dial.
    pub name: UserId,
    /// How others see it.
    pub display_name: String,
    /// This is a guest, who can do nothing but call the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestOf>,
    /// Several people use this browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedDevice>,
    /// They administer the server: `/api/admin` answers them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub admin: bool,
}

/// `POST /api/ticket`: for `hello.token`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Ticket {
    /// Good once.
    pub ticket: String,
    /// How long.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: u64,
}

/// `GET /api/relay`: what to say where no device of a call has reached the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RelayHealth {
    /// In one word.
    pub state: RelayState,
}

/// How the relay stands, as far as the server can tell by its own test and by what devices have reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RelayState {
    /// It works, and some device has reached it lately: whoever does not is kept from it by their network.
    Works,
    /// Nothing is certain.
    Unsure,
    /// It has no room for anybody new.
    Full,
    /// It does not do its work, not even for the server.
    Failing,
}

/// `GET /api/history?before=CALL&limit=N`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryPage {
    /// At most `limit`, itself at most 100 (default 50).
    pub calls: Vec<HistoryEntry>,
    /// Missed calls that `POST /api/history/seen` has not counted as seen, on any page; without requests.
    pub missed: u32,
    /// Requests that were not seen: calls of people who may not ring.
    pub requests: u32,
}

/// `POST /api/history/seen`: the reader has seen their missed calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct HistorySeen {
    /// The newest call on the reader's screen: what is newer stays unseen. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// One ended call as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct HistoryEntry {
    /// Which call.
    pub call: CallId,
    /// The other person.
    pub peer: UserId,
    /// How they are shown.
    pub peer_name: String,
    /// Who called whom.
    pub direction: Direction,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it ended.
    pub reason: EndReason,
    /// What it carried.
    pub media: Vec<MediaKind>,
    /// How long ago it began, by the server's clock.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub started_ago_ms: u64,
    /// How long the two were connected.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub duration_ms: u64,
    /// The reader's device that took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
    /// It did not ring: do not disturb, too many calls in a row, or see `request`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub quiet: bool,
    /// Somebody who is no contact asks to talk to a reader whom only contacts may call. To allow it, add the contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub request: bool,
    /// A missed call that was not seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub unseen: bool,
    /// The other person was a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestView>,
    /// What was recorded, by whom and for how long; the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<Vec<PastRecording>>"))]
    pub recordings: Vec<PastRecording>,
}

/// Who called whom, seen by the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Direction {
    /// The reader was called.
    In,
    /// The reader called.
    Out,
}

/// What became of a call, seen by the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Outcome {
    /// The two spoke.
    Answered,
    /// The reader was called and did not answer.
    Missed,
    /// The reader declined.
    Declined,
    /// The reader called and nobody answered.
    Unanswered,
    /// It was answered but never connected, or the server ended it.
    Failed,
}

/// The body of every HTTP answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct ApiError {
    /// Why.
    pub code: ErrorCode,
    /// For the reader: what is wrong and the way out.
    pub message: String,
    /// When to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub retry_after_ms: Option<u64>,
}
