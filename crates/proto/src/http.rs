//! The bodies of the HTTP API: accounts, tickets, history.

use serde::{Deserialize, Serialize};

use crate::{CallId, EndReason, ErrorCode, MediaKind, UserId};

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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Me {
    /// The account's name: what others dial.
    pub name: UserId,
    /// How others see it.
    pub display_name: String,
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

/// `GET /api/history?before=CALL&limit=N`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryPage {
    /// At most `limit`, itself at most 100 (default 50).
    pub calls: Vec<HistoryEntry>,
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
