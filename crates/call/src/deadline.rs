//! When a call wants to be looked at again.

use visavis_proto::Timestamp;

use crate::{Answer, Leg, Phase, Record, Signaling, Timers};

/// When the next [`Event::Tick`](crate::Event::Tick) is due. Always given while the call is live; never after.
///
/// Any node that knows the call may tick it: a tick too many or too early does nothing.
pub fn deadline(record: &Record, timers: &Timers) -> Option<Timestamp> {
    match &record.phase {
        Phase::Inviting { until } | Phase::Ringing { until, .. } => {
            let due = seems_to_ring_at(record).map_or(*until, |at| at.min(*until));
            Some(caller_patience(record, timers).map_or(due, |patience| patience.min(due)))
        }
        Phase::Connecting { answer, until, review } => {
            let judged = if both_away(record, answer) { *review } else { (*until).min(*review) };
            Some(told_at(record, answer, timers).map_or(judged, |told| told.min(judged)))
        }
        Phase::Active { answer, review, .. } => {
            Some(told_at(record, answer, timers).map_or(*review, |told| told.min(*review)))
        }
        Phase::Ended(_) => None,
    }
}

/// When an unanswered call is given up because its caller has gone.
pub(crate) fn caller_patience(record: &Record, timers: &Timers) -> Option<Timestamp> {
    match record.caller.signaling {
        Signaling::Here => None,
        Signaling::Away { since } | Signaling::Lost { since } => Some(since + timers.caller_grace),
    }
}

/// When a screened call that does not seem to ring yet shall do so.
pub(crate) fn seems_to_ring_at(record: &Record) -> Option<Timestamp> {
    match &record.phase {
        Phase::Inviting { .. } => record.screened.and_then(|screened| screened.rings_at),
        Phase::Ringing { .. } | Phase::Connecting { .. } | Phase::Active { .. } | Phase::Ended(_) => None,
    }
}

/// Nobody can report media while both are away, so its absence proves nothing.
pub(crate) fn both_away(record: &Record, answer: &Answer) -> bool {
    !record.caller.signaling.is_here() && !answer.leg.signaling.is_here()
}

/// When the first leg that is away becomes lost.
fn told_at(record: &Record, answer: &Answer, timers: &Timers) -> Option<Timestamp> {
    let told = |leg: &Leg| match leg.signaling {
        Signaling::Away { since } => Some(since + timers.lost_after),
        Signaling::Here | Signaling::Lost { .. } => None,
    };
    [told(&record.caller), told(&answer.leg)].into_iter().flatten().min()
}
