//! A browser that several people use: bodies of the HTTP API.

use serde::{Deserialize, Serialize};

/// Part of [`Me`](crate::Me): several people use this browser. Answering, the history and settings need a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SharedDevice {
    /// For how long what was confirmed still counts; 0 if nobody has confirmed.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub open_for_ms: u64,
}

/// `PUT /api/shared`: several people use this browser from now on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ShareDevice {
    /// What confirms its user here: [`limits::PIN_DIGITS`](crate::limits::PIN_DIGITS) digits.
    pub pin: String,
}

/// `POST /api/confirm`, answered by [`SharedDevice`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Confirm {
    /// The PIN of this browser, or the password of the account.
    pub secret: String,
}
