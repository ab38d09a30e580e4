//! Recording a call, to which both people say yes: what devices say of it, and what they are told.

use serde::{Deserialize, Serialize};

use crate::Role;

/// `recording`: asks to record the call on this device, agrees to that, or ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct Recording {
    /// How manieth question of this call it is about; the first is 1, each has the next number.
    pub n: u32,
    /// What is wished.
    pub wish: RecordingWish,
    /// With `stop`: how long ago that was, if the server could not be told then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub ago_ms: Option<u64>,
}

/// What a device wishes of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RecordingWish {
    /// To record here, if the other person agrees.
    Ask,
    /// The other device may. Only who was asked can say so.
    Agree,
    /// No more of it: the question is taken back or refused, the recording ends.
    Stop,
}

/// The newest question of a call, and what became of it: part of [`CallView`](crate::CallView).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct RecordingView {
    /// How manieth it is.
    pub n: u32,
    /// Who has asked, and would record.
    pub by: Role,
    /// Where it stands.
    pub state: RecordingState,
    /// `asked`: time left for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: Option<u64>,
    /// `on`: for how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub on_ms: Option<u64>,
    /// `over`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RecordingEnd>,
}

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RecordingState {
    /// One side asks; nothing is recorded.
    Asked,
    /// The other has agreed: the side that asked records.
    On,
    /// Nothing is recorded any more, or ever was.
    Over,
}

/// Why nothing is recorded any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RecordingEnd {
    /// Who had asked no longer wanted it.
    Withdrawn,
    /// Who was asked said no.
    Refused,
    /// Who was asked said nothing in time.
    Unanswered,
    /// Who recorded has stopped.
    Stopped,
    /// Who had agreed does not any more.
    Revoked,
    /// One of the two devices went away, or gave the call to another: nobody there has agreed.
    Left,
}

/// Something that was recorded in an ended call: part of [`HistoryEntry`](crate::HistoryEntry).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PastRecording {
    /// The reader asked and recorded, and the other person agreed; else the other way round.
    pub by_you: bool,
    /// When the other one agreed, and it began.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub started_ago_ms: u64,
    /// How long it went on.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub duration_ms: u64,
}
