//! Whether a call rings: what the callee wishes, judged once when the invite comes.
//!
//! A screened call is an ordinary record of which the callee's devices are never told. Its caller sees what any caller
//! sees whom nobody answers; only the time at which it seems to ring comes from the shell instead of a device.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use visavis_proto::{Callers, Timestamp};

/// So many calls without an answer, within [`ATTEMPTS_WITHIN`], are enough.
const ATTEMPTS: usize = 3;
/// The time from the beginning of the first of them to the beginning of the last.
const ATTEMPTS_WITHIN: Duration = Duration::from_secs(5 * 60);
/// For so long after the last of them, further ones do not ring.
const SILENT_FOR: Duration = Duration::from_secs(10 * 60);
/// A favourite who calls again so soon means it.
const AGAIN_WITHIN: Duration = Duration::from_secs(3 * 60);
/// How far back the shell looks for [`Circumstances::attempts`].
pub const ATTEMPTS_COUNT_FOR: Duration = Duration::from_secs(20 * 60);

/// What the shell knows when an invite comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// What the caller is to the callee.
    pub caller: Acquaintance,
    /// Whose calls ring at the callee.
    pub callers: Callers,
    /// The callee wishes not to be disturbed just now.
    pub undisturbed: bool,
    /// A favourite's second call rings all the same.
    pub favourites_ring_through: bool,
    /// The caller's calls to the callee of late, as the caller's history has them; the oldest first.
    pub attempts: Vec<Attempt>,
}

/// What a caller is to a callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acquaintance {
    /// Nothing.
    Stranger,
    /// Among their contacts.
    Contact,
    /// Among their favourite contacts.
    Favourite,
    /// Came with a link of theirs, which is an invitation.
    Guest,
    /// Blocked.
    Blocked,
}

/// A call of before between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub started: Timestamp,
    /// Whether the callee could have heard it and did not answer. Else they spoke, which ends the counting.
    pub unanswered: bool,
}

/// Why a call does not ring. The caller is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screening {
    /// The callee has blocked the caller, and shall not hear of it either.
    Blocked,
    /// Only contacts may call, and the caller is none: a request.
    Stranger,
    /// Nobody may call, not even a contact.
    Nobody,
    /// The callee wishes not to be disturbed.
    Undisturbed,
    /// The caller has called too often without an answer.
    TooOften,
}

/// What is to be done with a call that the callee could take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Why it does not ring; `None`: it does.
    pub screening: Option<Screening>,
    /// The caller is told that it does not ring, since they have called too often. They are told so whatever the
    /// reason is: else its absence would tell of a block.
    pub told: bool,
}

/// How a record remembers that it does not ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screened {
    /// Why.
    pub why: Screening,
    /// When the caller sees it ring; `None`: it does not even seem to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings_at: Option<Timestamp>,
    /// See [`Verdict::told`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
}

/// Judges an invite. The first rule that holds is the reason.
pub fn judge(circumstances: &Circumstances, now: Timestamp) -> Verdict {
    let told = too_often(&circumstances.attempts, now);
    let screening = match (circumstances.caller, circumstances.callers) {
        (Acquaintance::Blocked, _) => Some(Screening::Blocked),
        (Acquaintance::Stranger, Callers::Contacts | Callers::Nobody) => Some(Screening::Stranger),
        (Acquaintance::Contact | Acquaintance::Favourite, Callers::Nobody) => Some(Screening::Nobody),
        (Acquaintance::Stranger, Callers::Everyone)
        | (Acquaintance::Contact | Acquaintance::Favourite, Callers::Everyone | Callers::Contacts)
        | (Acquaintance::Guest, _) => None,
    };
    let undisturbed = circumstances.undisturbed && !rings_through(circumstances, now);
    let screening =
        screening.or(undisturbed.then_some(Screening::Undisturbed)).or(told.then_some(Screening::TooOften));
    Verdict { screening, told }
}

fn rings_through(circumstances: &Circumstances, now: Timestamp) -> bool {
    let again = circumstances
        .attempts
        .last()
        .is_some_and(|last| last.unanswered && now.since(last.started) <= AGAIN_WITHIN);
    circumstances.favourites_ring_through && circumstances.caller == Acquaintance::Favourite && again
}

/// Whether [`ATTEMPTS`] in a row were too close together, and the last of them is not long past.
fn too_often(attempts: &[Attempt], now: Timestamp) -> bool {
    let since_they_spoke = attempts.rsplit(|attempt| !attempt.unanswered).next().unwrap_or_default();
    since_they_spoke.windows(ATTEMPTS).any(|row| {
        let (first, last) = (row[0].started, row[ATTEMPTS - 1].started);
        last.since(first) <= ATTEMPTS_WITHIN && now.since(last) < SILENT_FOR
    })
}
