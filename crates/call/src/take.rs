//! Taking a call to another device of one's own: the leg is replaced, the call goes on.

use visavis_proto::{ErrorCode, Gen, MediaKind, RecordingEnd, Role, Timestamp};

use crate::absence::set_review;
use crate::record::Place;
use crate::step::{Decision, changed, each_once};
use crate::{Effect, Leg, Phase, Record, Timers};

/// What the other person notices is a new peer connection. `connected`, and with it the call's duration, stays.
pub(crate) fn take(
    record: &Record,
    leg: Leg,
    media: &[MediaKind],
    seen: Option<Gen>,
    now: Timestamp,
    timers: &Timers,
) -> Decision {
    let side = match (&record.phase, record.place(&leg.address)) {
        (_, Place::Stranger) => return Err(ErrorCode::NotYourCall),
        (Phase::Ended(_), _) => return Err(ErrorCode::CallEnded),
        // There is nothing to take yet: who rings answers.
        (Phase::Inviting { .. } | Phase::Ringing { .. }, _) => return Err(ErrorCode::BadState),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Caller | Place::Answerer) => {
            return Ok(None);
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(side)) => side,
    };
    let mut next = record.clone();
    let generation = Gen(record.generation.0.saturating_add(1));
    let (Phase::Connecting { answer, .. } | Phase::Active { answer, .. }) = &mut next.phase else {
        return Err(ErrorCode::BadState);
    };
    let replaced = match side {
        Role::Caller => &mut next.caller,
        Role::Callee => &mut answer.leg,
    };
    // What the device wants to take the call from is gone: another one was quicker.
    if seen.is_some_and(|seen| seen < replaced.since) {
        return Err(ErrorCode::AnsweredElsewhere);
    }
    *replaced = Leg { since: generation, ..leg };
    if side == Role::Callee {
        answer.media = each_once(media);
    }
    if let Phase::Connecting { until, .. } = &mut next.phase {
        *until = now + timers.connect;
    }
    next.generation = generation;
    // Who is at the other device has not agreed, and what it would show there is not known.
    next.finish_recording(RecordingEnd::Left, now);
    set_review(&mut next, now, timers);
    Ok(changed(record, next, &[Effect::Publish]))
}
