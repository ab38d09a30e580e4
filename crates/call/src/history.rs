//! What an ended call leaves behind for its people.

use std::time::Duration;

use visavis_proto::{
    CallId, Direction, EndReason, GuestView, HistoryEntry, MediaKind, Outcome, Role, Timestamp, UserId,
};

use crate::{End, Record, Recorded, Screening};

/// One line in one person's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Whose history.
    pub owner: UserId,
    /// Which call.
    pub call: CallId,
    /// The other person.
    pub peer: UserId,
    /// How they were shown.
    pub peer_name: String,
    /// Who called whom.
    pub direction: Direction,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it ended.
    pub reason: EndReason,
    /// What the caller had asked for.
    pub media: Vec<MediaKind>,
    /// When the invite came.
    pub started: Timestamp,
    /// How long the two were connected; zero if never.
    pub duration: Duration,
    /// The owner's device that took part.
    pub device_name: Option<String>,
    /// It did not ring, and this line's owner may know that.
    pub quiet: bool,
    /// It did not ring because the peer is no contact of the owner, who may want to change that.
    pub request: bool,
    /// The peer was a guest, with a link of this label.
    pub guest: Option<String>,
    /// What was recorded.
    pub recordings: Vec<Recorded>,
}

impl HistoryRow {
    /// The row as it is sent.
    pub fn entry(self, now: Timestamp) -> HistoryEntry {
        HistoryEntry {
            call: self.call,
            peer: self.peer,
            peer_name: self.peer_name,
            direction: self.direction,
            outcome: self.outcome,
            reason: self.reason,
            media: self.media,
            started_ago_ms: milliseconds(now.since(self.started)),
            duration_ms: milliseconds(self.duration),
            device_name: self.device_name,
            quiet: self.quiet,
            request: self.request,
            unseen: self.outcome == Outcome::Missed,
            guest: self.guest.map(|label| GuestView { label }),
            recordings: self
                .recordings
                .iter()
                .map(|recorded| recorded.seen_by(self.direction, now))
                .collect(),
        }
    }
}

/// The rows of an ended call: one per person, so a call to oneself leaves one, and so does that of a blocked caller.
/// Empty while it is live.
pub fn history(record: &Record) -> Vec<HistoryRow> {
    let Some(end) = record.end() else { return Vec::new() };
    let screening = record.screened.map(|screened| screened.why);
    let row = |role: Role| {
        let (owner, peer, peer_name, device_name) = match role {
            Role::Caller => (
                &record.caller.address.user,
                &record.callee.user,
                &record.callee.name,
                Some(record.caller.device_name.clone()),
            ),
            Role::Callee => (
                &record.callee.user,
                &record.caller.address.user,
                &record.caller.user_name,
                end.answer.as_ref().map(|answer| answer.leg.device_name.clone()),
            ),
        };
        HistoryRow {
            owner: owner.clone(),
            call: record.id,
            peer: peer.clone(),
            peer_name: peer_name.clone(),
            direction: match role {
                Role::Caller => Direction::Out,
                Role::Callee => Direction::In,
            },
            outcome: outcome(end, role),
            reason: end.reason,
            media: record.media.clone(),
            started: record.created,
            duration: end.duration().unwrap_or_default(),
            device_name,
            quiet: match role {
                Role::Caller => record.screened.is_some_and(|screened| screened.told),
                Role::Callee => record.screened.is_some(),
            },
            request: role == Role::Callee && screening == Some(Screening::Stranger),
            guest: record.ties.guest.clone().filter(|_| role == Role::Callee),
            recordings: record.recording.iter().flat_map(|recording| &recording.kept).cloned().collect(),
        }
    };
    let to_oneself = record.caller.address.user == record.callee.user;
    // Who has blocked somebody wants to hear nothing of them.
    if to_oneself || screening == Some(Screening::Blocked) {
        vec![row(Role::Caller)]
    } else {
        vec![row(Role::Caller), row(Role::Callee)]
    }
}

fn outcome(end: &End, reader: Role) -> Outcome {
    if end.connected.is_some() {
        return Outcome::Answered;
    }
    if end.answer.is_some() {
        let handed_over = end.reason == EndReason::Transferred;
        return if handed_over { Outcome::Answered } else { Outcome::Failed };
    }
    match (end.reason, reader) {
        (EndReason::Server | EndReason::Policy | EndReason::Operator, _) => Outcome::Failed,
        (EndReason::Rejected, Role::Callee) => Outcome::Declined,
        (_, Role::Callee) => Outcome::Missed,
        (_, Role::Caller) => Outcome::Unanswered,
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
