//! Devices that go away, say so or do not, and come back; and the server that does.

use visavis_proto::{Address, EndReason, RecordingEnd, Timestamp};

use crate::deadline::{both_away, left_at};
use crate::record::Place;
use crate::step::{changed, end};
use crate::{Effect, Phase, Record, Signaling, Step, Timers};

pub(crate) fn lose(record: &Record, who: &Address, now: Timestamp, timers: &Timers) -> Option<Step> {
    let mut next = record.clone();
    if next.list_warm(who, false) {
        return changed(record, next, &[Effect::Publish]);
    }
    let signaling = signaling_mut(&mut next, who)?;
    if !signaling.is_here() {
        return None;
    }
    *signaling = Signaling::Away { since: now };
    set_review(&mut next, now, timers);
    // Nobody is told: most are back before `lost_after`.
    changed(record, next, &[])
}

/// The device has said that it goes.
pub(crate) fn leave(record: &Record, who: &Address, now: Timestamp, timers: &Timers) -> Option<Step> {
    let mut next = record.clone();
    if next.list_warm(who, false) {
        return changed(record, next, &[Effect::Publish]);
    }
    let signaling = signaling_mut(&mut next, who)?;
    let before = *signaling;
    *signaling = before.leaving(now);
    if *signaling == before {
        return None;
    }
    set_review(&mut next, now, timers);
    let recording_ends = next.recorder_goes(who, now);
    // Nobody is told that it goes: it may be a reload.
    changed(record, next, if recording_ends { &[Effect::Publish] } else { &[] })
}

pub(crate) fn come_back(record: &Record, who: &Address, now: Timestamp, timers: &Timers) -> Option<Step> {
    let mut next = record.clone();
    let nobody_could_report = record.answer().is_some_and(|answer| both_away(record, answer));
    let signaling = signaling_mut(&mut next, who)?;
    let was_told = signaling.is_lost();
    *signaling = Signaling::Here;
    if let Phase::Connecting { until, .. } = &mut next.phase
        && nobody_could_report
    {
        *until = now + timers.connect;
    }
    if next == *record {
        return None;
    }
    set_review(&mut next, now, timers);
    changed(record, next, if was_told { &[Effect::Publish] } else { &[] })
}

pub(crate) fn restart(record: &Record, now: Timestamp, timers: &Timers) -> Option<Step> {
    let mut next = record.clone();
    match &mut next.phase {
        Phase::Inviting { until } => {
            *until = (*until).max(now + timers.restart);
            next.caller.signaling = next.caller.signaling.after_restart(now);
        }
        Phase::Ringing { until, warm, .. } => {
            *until = (*until).max(now + timers.restart);
            // Who comes back and rings on says so.
            warm.clear();
            next.caller.signaling = next.caller.signaling.after_restart(now);
        }
        // With both legs away, `until` is not judged; it is set anew when one of them is back.
        Phase::Connecting { .. } | Phase::Active { .. } => next.wait_for_consent(now + timers.restart),
        Phase::Ended(_) => return None,
    }
    for signaling in next.answered_legs_mut().into_iter().flatten() {
        *signaling = signaling.after_restart(now);
    }
    set_review(&mut next, now, timers);
    // Nobody is connected yet; but what changes in a snapshot is told, whoever may be there to hear it.
    let listed = !record.warm().is_empty();
    changed(record, next, if listed { &[Effect::Publish] } else { &[] })
}

/// Tells of legs that are away for too long, and ends the call when their grace is over and no media flows.
pub(crate) fn review_legs(
    record: &Record,
    review: Timestamp,
    media_flows: bool,
    now: Timestamp,
    timers: &Timers,
) -> Option<Step> {
    // What was heard of its media is no comfort: it has gone with the page.
    if left_at(record, timers).is_some_and(|at| now >= at) {
        return Some(end(record, EndReason::ConnectionLost, None, now));
    }
    let mut next = record.clone();
    let mut newly_lost = false;
    let mut all_here = true;
    for signaling in next.answered_legs_mut().into_iter().flatten() {
        if signaling.told_at(timers).is_some_and(|at| now >= at) {
            *signaling = signaling.told();
            newly_lost = true;
        }
        all_here &= signaling.is_here();
    }
    if newly_lost {
        // Who cannot be told anything can neither see that it is recorded nor say that it shall end.
        next.finish_recording(RecordingEnd::Left, now);
    }
    if now >= review {
        // Liveness is signaling or media: with either of them the call goes on.
        if !all_here && !media_flows {
            return Some(end(record, EndReason::ConnectionLost, None, now));
        }
        set_review(&mut next, now, timers);
    }
    if let Phase::Connecting { answer, until, .. } = &mut next.phase
        && now >= *until
        && !both_away(record, answer)
    {
        // Media flows, though neither leg has come to say so.
        *until = now + timers.connect;
    }
    changed(record, next, if newly_lost { &[Effect::Publish] } else { &[] })
}

/// The signaling of a leg of a live call.
fn signaling_mut<'a>(record: &'a mut Record, who: &Address) -> Option<&'a mut Signaling> {
    if !record.is_live() {
        return None;
    }
    match record.place(who) {
        Place::Caller => Some(&mut record.caller.signaling),
        Place::Answerer => record.answered_legs_mut().map(|[_, answerer]| answerer),
        Place::Bystander(_) | Place::Stranger => None,
    }
}

pub(crate) fn set_review(record: &mut Record, now: Timestamp, timers: &Timers) {
    let caller = record.caller.signaling;
    match &mut record.phase {
        Phase::Connecting { answer, review, .. } | Phase::Active { answer, review, .. } => {
            *review = review_at(caller, answer.leg.signaling, now, timers);
        }
        Phase::Inviting { .. } | Phase::Ringing { .. } | Phase::Ended(_) => {}
    }
}

/// When to judge the legs, given that one of them has just changed. The grace of a lost leg runs only while
/// the other one is here to wait for it.
pub(crate) fn review_at(
    caller: Signaling,
    answerer: Signaling,
    now: Timestamp,
    timers: &Timers,
) -> Timestamp {
    match (caller.is_here(), answerer.is_here()) {
        (true, true) => now + timers.renew,
        (false, false) => now + timers.both_lost,
        (true, false) | (false, true) if caller.is_lost() || answerer.is_lost() => now + timers.lost_grace,
        (true, false) | (false, true) => now + timers.lost_after + timers.lost_grace,
    }
}
