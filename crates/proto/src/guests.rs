//! Guest links: how somebody without an account calls a user. Bodies of the HTTP API.

use serde::{Deserialize, Serialize};

use crate::{Me, UserId};

/// `GET /api/links`: the reader's guest links, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct GuestLinkList {
    /// At most [`limits::LINKS`](crate::limits::LINKS). Links that have expired or are used up are shown until they are
    /// deleted.
    pub links: Vec<GuestLink>,
}

/// A link with which guests can call its owner, and nobody else. Its address is told only once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct GuestLink {
    /// For `DELETE /api/links/ID`. It opens nothing.
    pub id: String,
    /// What it is for, such as "dentist"; shown with each knock and to the guest.
    pub label: String,
    /// Guests are asked for their camera.
    pub video: bool,
    /// How many guests may still be let in; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    /// How many guests were let in.
    pub used: u32,
    /// How long it still works, 0 if it has expired; absent: until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: Option<u64>,
    /// When it was made.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub created_ago_ms: u64,
}

/// `POST /api/links`: makes a link, answered by [`NewGuestLink`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct MakeGuestLink {
    /// What it is for.
    pub label: String,
    /// How many guests may be let in, 1 or more; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// How long it works; absent: until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: Option<u64>,
    /// Guests are asked for their camera.
    #[serde(default)]
    #[cfg_attr(feature = "schema", ts(optional, as = "Option<bool>"))]
    pub video: bool,
}

/// A link that has just been made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct NewGuestLink {
    /// The link.
    pub link: GuestLink,
    /// What to send to the guest. The secret is behind the `#`, which browsers send to no server. It is not told again.
    /// It begins with `public.url`; without one with the address at which its maker reaches the server, or, if that is
    /// a loopback one, with the server's HTTPS address in its network, if it has one.
    pub url: String,
}

/// `POST /api/guest/check` with `{"token"}`: whose link it is. A link that was revoked, is used up or has expired is
/// refused with `not_found`, all alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct GuestInvitation {
    /// How the owner is shown.
    pub host_name: String,
    /// What the link is for.
    pub label: String,
    /// Guests are asked for their camera.
    pub video: bool,
    /// How long it still works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: Option<u64>,
}

/// `POST /api/guest`: signs a guest in, sets the cookie and answers [`Guest`]. Then a ticket, `hello` and an `invite` of
/// the host, as for everybody; the call that rings is the knock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct EnterAsGuest {
    /// From the link.
    pub token: String,
    /// How the guest wishes to be shown.
    pub name: String,
}

/// `POST /api/embed/guest`: the same on a page of another site, to which browsers give no cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct EmbeddedGuest {
    /// The secret of their login, which the page keeps: `Authorization: Bearer PASS`.
    pub pass: String,
    /// Who they are, with `guest`.
    pub me: Me,
}

/// `GET /api/embed/origins`: the sites whose pages may show calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct EmbedOrigins {
    /// As browsers write them in `Origin`.
    pub origins: Vec<String>,
}

/// A guest who is signed in: part of [`Me`](crate::Me).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct GuestOf {
    /// The only person a guest can call.
    pub host: UserId,
    /// How they are shown.
    pub host_name: String,
    /// What the link is for.
    pub label: String,
    /// Guests are asked for their camera.
    pub video: bool,
    /// When the guest is signed out.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub expires_in_ms: u64,
}

/// Somebody in a call or in the history who is, or was, a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct GuestView {
    /// What the link is for that they came with.
    pub label: String,
}
