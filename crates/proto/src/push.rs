//! Web Push (RFC 8030): how a call reaches a device that is not connected. Bodies of the HTTP API, and the payloads that
//! its service worker gets.

use serde::{Deserialize, Serialize};

use crate::{CallId, DeviceId, EndReason, MediaKind, UserId};

/// `GET /api/push/key`: for `PushManager.subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PushKey {
    /// The server's public key (RFC 8292), base64url of the uncompressed P-256 point: the `applicationServerKey`.
    pub key: String,
}

/// `PUT /api/push`: where calls of this login's device are pushed to. One per device; the same again replaces it. It ends
/// with the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct PutPush {
    /// The device that a push wakes: the page it opens says `hello` with this id.
    pub device: DeviceId,
    /// What to call it, as in `hello`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `PushSubscription.endpoint`.
    pub endpoint: String,
    /// `PushSubscription.toJSON().keys`.
    pub keys: PushKeys,
}

/// The keys of a `PushSubscription`, base64url.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PushKeys {
    /// The browser's public key.
    pub p256dh: String,
    /// The shared secret of RFC 8291 §3.2.
    pub auth: String,
}

impl std::fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushKeys(…)")
    }
}

/// What a service worker gets: the decrypted payload of a push, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum PushMessage {
    /// Somebody calls.
    Call(PushedCall),
    /// A call rings no more. It takes the place of a `call` that has not been delivered yet.
    Stop(PushedStop),
}

/// A call that rings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PushedCall {
    /// Which.
    pub call: CallId,
    /// Who calls.
    pub from: UserId,
    /// How they are shown.
    pub name: String,
    /// What they ask for.
    pub media: Vec<MediaKind>,
    /// How long it still rings, counted from when the push was sent.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: u64,
    /// When it was sent, in milliseconds since 1970 by the server's clock. Compare it with nothing but the `Date` of this
    /// server's own answers; what counts is what `GET /api/calls/CALL` says.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub sent_at: u64,
    /// The device that is woken.
    pub device: DeviceId,
    /// `Authorization: Bearer TOKEN` for `/api/calls/CALL`; good for this call and this device, until it has ended.
    pub token: String,
}

impl std::fmt::Debug for PushedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushedCall").field("call", &self.call).finish_non_exhaustive()
    }
}

/// A call that rings no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct PushedStop {
    /// Which.
    pub call: CallId,
    /// Why it ended; absent if another device has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
}
