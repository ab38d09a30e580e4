//! The browsers in which a user is signed in, and their devices: bodies of the HTTP API.

use serde::{Deserialize, Serialize};

use crate::{DeviceId, PresenceStatus};

/// `GET /api/devices`: every login of the reader, the one that asks first, then the last used first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LoginList {
    /// The logins.
    pub logins: Vec<LoginView>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LoginView {
    /// For `PATCH` and `DELETE /api/devices/ID`. It opens nothing.
    pub id: String,
    /// What its user calls it, else what it says it is, such as "Firefox on Linux".
    pub name: String,
    /// Since when.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub created_ago_ms: u64,
    /// When it was last used; within an hour, as that is how often it is noted.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub last_seen_ago_ms: u64,
    /// It is the one that asks.
    pub current: bool,
    /// Calls reach it while no page of it is open.
    pub push: bool,
    /// Its devices that are connected now.
    pub devices: Vec<DeviceView>,
}

/// A device that is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DeviceView {
    /// Which.
    pub device: DeviceId,
    /// As its `hello` named it.
    pub name: String,
    /// `online` or `away`.
    pub status: PresenceStatus,
}

/// `PATCH /api/devices/ID`: names a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RenameLogin {
    /// The new name; empty for what it says it is.
    pub name: String,
}
