//! Parcels: how messages travel where the way itself keeps no order. Each message has a number, so that a parcel that
//! comes twice has no second effect and one that comes early waits. The messages themselves stay raw text.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DeviceId, UserId};

/// The body of `POST /sse`; the channel is named by `Authorization`.
#[derive(Debug, Deserialize)]
pub struct Parcel<'a> {
    /// The number of the first message; the first of all is 1, each has the next number.
    pub seq: u64,
    /// What the device says.
    #[serde(borrow)]
    pub messages: Vec<&'a RawValue>,
}

/// The answer to a parcel that has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Delivered {
    /// The number of the next message that is waited for: all before it have arrived.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub next: u64,
}

/// The event `channel`, the first of an event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Channel {
    /// What `POST /sse` shows as `Authorization: Bearer`: whoever has it speaks as this device.
    pub channel: String,
}

/// The event `close`, the last of an event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Closed {
    /// What a WebSocket would have closed with.
    pub code: u16,
}

/// The body of `POST /bridge/messages`: a messenger hands over what one of its users says.
#[derive(Debug, Deserialize)]
pub struct FromMessenger<'a> {
    /// Who, as the messenger knows them: their name on this server.
    pub user: UserId,
    /// What their device gave the messenger, unread.
    #[serde(borrow)]
    pub parcel: ParcelUp<'a>,
}

/// A parcel from a device through a messenger.
#[derive(Debug, Deserialize)]
pub struct ParcelUp<'a> {
    /// Which device of the user, as in its `hello`.
    pub device: DeviceId,
    /// One connection of the device, which chooses it anew each time: 16 to 64 letters, digits, `-` and `_`.
    pub channel: String,
    /// The number of the first message; the first of a channel is 1.
    pub seq: u64,
    /// What the device says.
    #[serde(borrow)]
    pub messages: Vec<&'a RawValue>,
}

/// The body of the webhook: what a messenger brings to one of its users.
#[derive(Debug, Serialize)]
pub struct ToMessenger<'a> {
    /// For whom.
    pub user: &'a UserId,
    /// For which of their devices.
    pub device: &'a DeviceId,
    /// What that device is to be given, unread.
    pub parcel: ParcelDown<'a>,
}

/// A parcel to a device through a messenger.
#[derive(Debug, Serialize)]
pub struct ParcelDown<'a> {
    /// Which of the device's connections.
    pub channel: &'a str,
    /// The number of the first message; the first of a channel is 1.
    pub seq: u64,
    /// What the device hears.
    pub messages: Vec<&'a RawValue>,
    /// With this the connection ends: what a WebSocket would have closed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<u16>,
}
