//! Whom a user knows, who may call them, and who sees that they are there: bodies of the HTTP API, and the messages
//! `presence` and `changed`.

use serde::{Deserialize, Serialize};

use crate::UserId;

/// `GET /api/contacts`: favourites first, then by the name that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ContactList {
    /// At most [`limits::CONTACTS`](crate::limits::CONTACTS).
    pub contacts: Vec<Contact>,
}

/// Somebody whom the reader has among their contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Contact {
    /// Who.
    pub name: UserId,
    /// How to show them: the name the reader gave them, else the one they chose.
    pub display_name: String,
    /// The name they chose.
    pub chosen_name: String,
    /// Shown first, and may ring through `do_not_disturb`.
    pub favourite: bool,
}

/// `PUT /api/contacts/NAME`: adds somebody or changes what is given; answered by the [`Contact`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct PutContact {
    /// Left as it is if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
    /// Left as it is if absent; empty for the name they chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// `GET /api/blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BlockList {
    /// At most [`limits::BLOCKS`](crate::limits::BLOCKS), the newest first.
    pub blocks: Vec<Block>,
}

/// Somebody whose calls do not ring and leave no line in the history. They are never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Block {
    /// Who.
    pub name: UserId,
    /// How to show them.
    pub display_name: String,
    /// Since when.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub blocked_ago_ms: u64,
}

/// `GET` and `PUT /api/preferences`, and `welcome.preferences`: how a user wishes to be called. What a `PUT` leaves out
/// gets its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Preferences {
    /// Whose calls ring.
    pub callers: Callers,
    /// A second call rings while one is on; else its caller hears `busy`.
    pub call_waiting: bool,
    /// When nothing rings.
    pub do_not_disturb: DoNotDisturb,
    /// A favourite's second call within 3 minutes rings all the same.
    pub favourites_ring_through: bool,
    /// All media goes through the relay, so that nobody learns this user's IP address.
    pub hide_address: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            callers: Callers::Everyone,
            call_waiting: true,
            do_not_disturb: DoNotDisturb::default(),
            favourites_ring_through: true,
            hide_address: false,
        }
    }
}

/// Whose calls ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Callers {
    /// Everybody's.
    #[default]
    Everyone,
    /// Those of contacts; others leave a request in the history.
    Contacts,
    /// Nobody's.
    Nobody,
}

/// When nothing rings: calls leave a quiet line in the history, and their callers hear an ordinary `no_answer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(optional_fields))]
pub struct DoNotDisturb {
    /// On by hand.
    pub on: bool,
    /// When `on` ends by itself; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional, type = "number"))]
    pub ends_in_ms: Option<u64>,
    /// Every week, whether `on` or not; at most [`limits::QUIET_TIMES`](crate::limits::QUIET_TIMES).
    pub schedule: Vec<QuietTime>,
    /// The time zone of `schedule`, an IANA name such as `Europe/Berlin`: unlike an offset, it stays right when the
    /// clocks change. Absent: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// A part of every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct QuietTime {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// When it begins, as in `22:00`.
    pub from: String,
    /// When it ends; not later than `from` means on the next day.
    pub to: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// `presence` from the server: a contact who has this user among their contacts, too, has come, gone or turned away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// What they are now.
    pub status: PresenceStatus,
}

/// `presence` from a device: whether its page is looked at. A device that says nothing is `online`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OwnPresence {
    /// `online` or `away`; to be `offline` is to be disconnected.
    pub status: PresenceStatus,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum PresenceStatus {
    /// A device is connected and looked at.
    Online,
    /// Devices are connected; none is looked at.
    Away,
    /// No device is connected, as far as the reader may know.
    Offline,
}

/// `changed`: something of this user's own has changed, here or on another device; ask for it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Changed {
    /// What to ask for.
    pub what: Vec<ChangedThing>,
}

/// What may have changed, by the page of the API that tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum ChangedThing {
    /// `GET /api/history`.
    History,
    /// `GET /api/contacts`.
    Contacts,
    /// `GET /api/blocks`.
    Blocks,
    /// `GET /api/preferences`.
    Preferences,
    /// `GET /api/devices`.
    Devices,
    /// `GET /api/links`.
    Links,
}
