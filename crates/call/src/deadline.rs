//! When a call wants to be looked at again.

use visavis_proto::Timestamp;

use crate::{Answer, Phase, Record, Timers};

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
            Some(gone_at(record, answer, timers).map_or(judged, |gone| gone.min(judged)))
        }
        Phase::Active { answer, review, .. } => {
            let others = [gone_at(record, answer, timers), record.consent_until()];
            Some(others.into_iter().flatten().fold(*review, Timestamp::min))
        }
        Phase::Ended(_) => None,
    }
}

/// When an unanswered call is given up because its caller has gone.
pub(crate) fn caller_patience(record: &Record, timers: &Timers) -> Option<Timestamp> {
    record.caller.signaling.gone_since().map(|since| since + timers.caller_grace)
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

/// When the first leg that has left is given up, and the call with it.
pub(crate) fn left_at(record: &Record, timers: &Timers) -> Option<Timestamp> {
    let answerer = record.answer().map(|answer| answer.leg.signaling);
    let legs = [Some(record.caller.signaling), answerer];
    legs.into_iter().flatten().filter_map(|leg| leg.missed_at(timers)).min()
}

/// When the first leg that is away is to be told of, or given up.
fn gone_at(record: &Record, answer: &Answer, timers: &Timers) -> Option<Timestamp> {
    let told = [&record.caller, &answer.leg].map(|leg| leg.signaling.told_at(timers));
    told.into_iter().chain([left_at(record, timers)]).flatten().min()
}
