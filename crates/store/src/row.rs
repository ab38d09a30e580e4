//! What the store keeps, as its users see it.

use std::time::Duration;

use visavis_proto::{CallId, Direction, EndReason, MediaKind, Outcome, Timestamp, UserId};

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
}

/// A line of history with what is looked up when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// The line.
    pub row: HistoryRow,
    /// How the other person is shown; their id if they have no account here.
    pub peer_name: String,
}
