//! What the store keeps, as its users see it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use visavis_proto::{
    Address, CallId, Callers, Direction, EndReason, MediaKind, Outcome, QuietTime, Timestamp, UserId,
};

/// The SHA-256 of a token: the token itself is never kept, so that a stolen database opens no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What others dial.
    pub id: UserId,
    /// How they wish to be shown.
    pub display_name: String,
}

/// A person as the operator sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub user: User,
    /// When they were added.
    pub created: Timestamp,
    /// Whether they have chosen a password.
    pub signed_up: bool,
    /// They administer the server.
    pub admin: bool,
    /// It is shut: nobody signs in with it.
    pub disabled: bool,
    /// When a browser of theirs was last used, as far as was noted; `None` if none is signed in.
    pub last_seen: Option<Timestamp>,
}

/// What an administrator changes of an account; what is `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Whether they administer the server.
    pub admin: Option<bool>,
    /// Whether the account is shut.
    pub disabled: Option<bool>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The account as it is now, or as it was before it was removed.
    Done(Account),
    /// There is no such account.
    Nobody,
    /// Nothing: nobody could administer the server any more.
    LastAdministrator,
}

/// A call that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    /// Which.
    pub call: CallId,
    /// Who called.
    pub caller: User,
    /// Who was called.
    pub callee: User,
    /// How it ended.
    pub reason: EndReason,
    /// When it began.
    pub started: Timestamp,
    /// How long the two were connected.
    pub duration: Duration,
}

/// A link with which somebody may choose a password once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpLink {
    /// For whom.
    pub user: UserId,
    /// When it ends.
    pub expires: Timestamp,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub user: User,
    /// When it was last used, as far as was noted.
    pub last_seen: Timestamp,
    /// When it ends unless it is used.
    pub expires: Timestamp,
    /// It is a guest's: its end does not move.
    pub is_guest: bool,
    /// Several people use it, and its user confirms who they are.
    pub is_shared: bool,
    /// Its user administers the server.
    pub is_admin: bool,
}

/// A login as its user sees it among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLogin {
    /// Which.
    pub token: TokenHash,
    /// What the browser says it is.
    pub agent: Option<String>,
    /// What its user calls it.
    pub name: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, as far as was noted.
    pub last_seen: Timestamp,
    /// Calls are pushed to it.
    pub push: bool,
}

/// Where calls of a device are pushed to.
#[derive(Clone, PartialEq, Eq)]
pub struct PushTarget {
    /// The device that is woken.
    pub address: Address,
    /// With which login it was registered; it ends with that.
    pub login: TokenHash,
    /// What it is called.
    pub device_name: String,
    /// The push service's address for it, which is a secret.
    pub endpoint: String,
    /// The browser's public key.
    pub p256dh: Vec<u8>,
    /// The secret that the browser shares.
    pub auth: Vec<u8>,
}

impl std::fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushTarget").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What a guest link is made of, but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestLink {
    /// Names it among its owner's; it opens nothing.
    pub id: LinkId,
    /// What it is for.
    pub label: String,
    /// Guests are asked for their camera.
    pub video: bool,
    /// How many guests may be let in; `None`: any number.
    pub uses: Option<u32>,
    /// How many were.
    pub used: u32,
    /// When it ends; `None`: never.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

/// Names a guest link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkId(pub [u8; 8]);

/// Whose guest link it is, for somebody who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Whose.
    pub host: User,
    /// The link.
    pub link: GuestLink,
    /// How many guests came with it and are not gone.
    pub guests: u32,
}

/// One person's line about one ended call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Whose line.
    pub user: UserId,
    /// Which call.
    pub call: CallId,
    /// The other person.
    pub peer: UserId,
    /// Who called whom.
    pub direction: Direction,
    /// What became of it, for this person.
    pub outcome: Outcome,
    /// Why it ended.
    pub reason: EndReason,
    /// What it carried.
    pub media: Vec<MediaKind>,
    /// When it was made.
    pub started: Timestamp,
    /// How long the two were connected.
    pub duration: Duration,
    /// The person's device that took part.
    pub device_name: Option<String>,
    /// How the other person was shown, for when their account is gone.
    pub peer_name: String,
    /// It did not ring, and this person may know that.
    pub quiet: bool,
    /// It did not ring because the peer is no contact.
    pub request: bool,
    /// The peer was a guest, with a link of this label.
    pub guest: Option<String>,
    /// What was recorded, the oldest first.
    pub recordings: Vec<KeptRecording>,
}

/// That something was recorded, which one of the two asked for and the other agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRecording {
    /// The person whose line it is asked, and recorded; else the other one.
    pub by_owner: bool,
    /// When the other one agreed.
    pub since: Timestamp,
    /// When it was over.
    pub until: Timestamp,
}

/// A line of history with what is looked up when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// The line.
    pub row: HistoryRow,
    /// How the other person is shown today.
    pub peer_name: String,
    /// A missed call that was not seen.
    pub unseen: bool,
}

/// How many lines of a history were not seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Missed calls, without requests.
    pub missed: u32,
    /// Requests.
    pub requests: u32,
}

/// Somebody on a user's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub user: User,
    /// What the list's owner calls them.
    pub given_name: Option<String>,
    /// Shown first.
    pub favourite: bool,
}

impl Contact {
    /// How the list's owner sees them.
    pub fn shown_name(&self) -> &str {
        self.given_name.as_deref().unwrap_or(&self.user.display_name)
    }
}

/// What a change of a contact says; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactChange {
    /// Whether they are a favourite.
    pub favourite: Option<bool>,
    /// What to call them; `Some(None)` for the name they chose.
    pub given_name: Option<Option<String>>,
}

/// Why somebody is not added to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdded {
    /// Nobody has this name.
    Nobody,
    /// The list is as long as it may be.
    Full,
}

/// Somebody whom a user does not want to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Who.
    pub user: User,
    /// Since when.
    pub since: Timestamp,
}

/// How a user wishes to be called, as it is kept. A key that is missing, because an older version wrote it, has its
/// default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptPreferences {
    /// Whose calls ring.
    pub callers: Callers,
    /// A second call rings, too.
    pub call_waiting: bool,
    /// Do not disturb is on by hand.
    pub undisturbed: bool,
    /// When that ends by itself.
    pub undisturbed_until: Option<Timestamp>,
    /// When nothing rings in any week.
    pub schedule: Vec<QuietTime>,
    /// The time zone of the schedule.
    pub zone: Option<String>,
    /// A favourite's second call rings all the same.
    pub favourites_ring_through: bool,
    /// All media goes through the relay.
    pub hide_address: bool,
}

impl Default for KeptPreferences {
    fn default() -> Self {
        Self {
            callers: Callers::Everyone,
            call_waiting: true,
            undisturbed: false,
            undisturbed_until: None,
            schedule: Vec::new(),
            zone: None,
            favourites_ring_through: true,
            hide_address: false,
        }
    }
}

/// What is known of two people when one calls the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealings {
    /// Who is called.
    pub callee: User,
    /// Who is called is a guest.
    pub callee_is_guest: bool,
    /// How the callee wishes to be called.
    pub preferences: KeptPreferences,
    /// The callee has blocked the caller.
    pub blocked: bool,
    /// The caller, as the callee has them among their contacts.
    pub callees_contact: Option<Contact>,
    /// The callee, as the caller has them among their contacts.
    pub callers_contact: Option<Contact>,
    /// The caller is a guest.
    pub guest: Option<Guest>,
    /// The calls between the two since the time asked for, the oldest first, as the caller's history has them.
    pub calls: Vec<HistoryRow>,
}

/// Somebody without an account, who came with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Whose link it was: the only person they can call.
    pub host: User,
    /// What the link is for.
    pub label: String,
    /// They are asked for their camera.
    pub video: bool,
    /// With which link, unless it was revoked while they talked.
    pub link: Option<LinkId>,
    /// Until when they may stay.
    pub expires: Timestamp,
    /// They may knock: the link is there, and open, unless they were let in before.
    pub may_knock: bool,
}

/// What the answer to a guest's knock does to their link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetIn {
    /// It uses the link of this host.
    First(UserId),
    /// They were let in before.
    Again,
    /// The link lets nobody in any more.
    LinkOver,
}
