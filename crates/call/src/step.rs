//! The decisions. Each event has one function, which answers by phase and by the place of the device.
//!
//! All of them return `Ok(None)` when the record is already as the event would make it, so that a message
//! sent twice has one effect and needs no commit.

use std::time::Duration;

use visavis_proto::{Address, EndReason, ErrorCode, Gen, MediaKind, RecordingEnd, Role, Route, Timestamp};

use crate::absence::{come_back, leave, lose, restart, review_at, review_legs};
use crate::deadline::{both_away, caller_patience, left_at, seems_to_ring_at};
use crate::record::{Place, Version};
use crate::recording::{self, expire};
use crate::take::take;
use crate::{Answer, Availability, Effect, End, Event, Leg, NewCall, Phase, Record, Recorded, Step, Timers};

pub(crate) type Decision = Result<Option<Step>, ErrorCode>;

/// The record of a new call; a busy callee's is born ended.
///
/// The shell commits it only if the key is absent. If it is there and
/// [`leg_of`](Record::leg_of) says the inviting device is its caller, the invite is a repeat: answer `ok`.
pub fn create(new: NewCall, callee_is: Availability, now: Timestamp, timers: &Timers) -> Step {
    let phase = match callee_is {
        Availability::Free => Phase::Inviting { until: now + timers.unreachable },
        Availability::Busy => Phase::Ended(End {
            reason: EndReason::Busy,
            by: None,
            at: now,
            answer: None,
            connected: None,
            parted: None,
        }),
    };
    let record = Record {
        v: Version,
        id: new.id,
        epoch: new.epoch,
        restored: None,
        caller: new.caller,
        callee: new.callee,
        media: each_once(&new.media),
        created: now,
        generation: Gen(0),
        phase,
        ties: new.ties,
        screened: new.screened,
        transfer: None,
        recording: None,
    };
    let effects: &[Effect] = match (callee_is, &record.screened) {
        (Availability::Free, None) => &[Effect::Publish, Effect::Alert],
        (Availability::Free, Some(_)) => &[Effect::Publish],
        (Availability::Busy, _) => &[Effect::WriteHistory, Effect::Publish],
    };
    Step { record, effects }
}

/// What `event` makes of `record`: `None` if nothing changes, else the step to commit.
///
/// [`Event::Lost`], [`Event::Leave`], [`Event::Back`], [`Event::Tick`], [`Event::Restarted`], [`Event::Terminate`] and
/// [`Event::Removed`] come from
/// the shell itself and never fail.
///
/// # Errors
/// What the device is told: `not_your_call` for a stranger (the shell may say `not_found` to hide that the
/// call exists), `call_ended`, `answered_elsewhere` for a device that lost the race, `bad_state` for a verb
/// that makes no sense here.
pub fn step(record: &Record, event: Event, now: Timestamp, timers: &Timers) -> Decision {
    match event {
        Event::Ringing { who, warm } => ring(record, &who, warm, now, timers),
        Event::Accept { leg, media } => accept(record, leg, &media, now, timers),
        Event::Hangup { who, reason, ago } => hang_up(record, &who, reason, ago, now),
        Event::Decline { who } => decline(record, &who, now),
        Event::Connected { who, route } => connected(record, &who, route, now),
        Event::Renew { who, generation } => renew(record, &who, generation, now, timers),
        Event::Take { leg, media, seen } => take(record, leg, &media, seen, now, timers),
        Event::Recording { who, n, wish, ago } => recording::wish(record, &who, (n, wish), ago, now, timers),
        Event::Lost { who } => Ok(lose(record, &who, now, timers)),
        Event::Leave { who } => Ok(leave(record, &who, now, timers)),
        Event::Back { who } => Ok(come_back(record, &who, now, timers)),
        Event::Tick { media_flows } => Ok(tick(record, media_flows, now, timers)),
        Event::Restarted => Ok(restart(record, now, timers)),
        Event::Terminate if record.is_live() => Ok(Some(end(record, EndReason::Operator, None, now))),
        Event::Removed if record.is_live() => Ok(Some(end(record, EndReason::Policy, None, now))),
        Event::Terminate | Event::Removed => Ok(None),
    }
}

/// Ends a knock that may not be answered any more.
pub fn turn_away(record: &Record, now: Timestamp) -> Step {
    end(record, EndReason::Policy, None, now)
}

fn ring(record: &Record, who: &Address, warm: bool, now: Timestamp, timers: &Timers) -> Decision {
    match (&record.phase, record.place(who)) {
        (_, Place::Stranger) => Err(ErrorCode::NotYourCall),
        (Phase::Ended(_), _) => Err(ErrorCode::CallEnded),
        (_, Place::Caller) => Err(ErrorCode::BadState),
        (Phase::Inviting { until }, Place::Answerer | Place::Bystander(_)) => {
            let mut begun = begin_ringing(record, *until, now, timers);
            begun.record.list_warm(who, warm);
            Ok(Some(begun))
        }
        (Phase::Ringing { .. }, Place::Answerer | Place::Bystander(_)) => {
            let mut next = record.clone();
            next.list_warm(who, warm);
            Ok(changed(record, next, &[Effect::Publish]))
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Answerer) => Ok(None),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            Err(ErrorCode::AnsweredElsewhere)
        }
    }
}

fn begin_ringing(record: &Record, until: Timestamp, now: Timestamp, timers: &Timers) -> Step {
    let latest = record.created + timers.ring_limit;
    // After a restart `latest` may be long past; it then rings as long as it would have waited unheard.
    let until = (now + timers.ring).min(latest.max(until));
    let record = Record { phase: Phase::Ringing { since: now, until, warm: Vec::new() }, ..record.clone() };
    Step { record, effects: &[Effect::Publish] }
}

fn accept(record: &Record, leg: Leg, media: &[MediaKind], now: Timestamp, timers: &Timers) -> Decision {
    match (&record.phase, record.place(&leg.address)) {
        (_, Place::Stranger) => Err(ErrorCode::NotYourCall),
        (Phase::Ended(_), _) => Err(ErrorCode::CallEnded),
        (_, Place::Caller) => Err(ErrorCode::BadState),
        (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Answerer | Place::Bystander(_)) => {
            let answer = Answer { leg, media: each_once(media), at: now };
            let review = review_at(record.caller.signaling, answer.leg.signaling, now, timers);
            let mut record = record.clone();
            record.phase = Phase::Connecting { answer, until: now + timers.connect, review };
            Ok(Some(Step { record, effects: &[Effect::Publish, Effect::StopAlerting] }))
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Answerer) => Ok(None),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            Err(ErrorCode::AnsweredElsewhere)
        }
    }
}

fn hang_up(
    record: &Record,
    who: &Address,
    given: Option<EndReason>,
    ago: Duration,
    now: Timestamp,
) -> Decision {
    let (reason, by) = match (&record.phase, record.place(who)) {
        (_, Place::Stranger) => return Err(ErrorCode::NotYourCall),
        // Both hang up: the first has decided, the second has what it wanted.
        (Phase::Ended(_), _) => return Ok(None),
        (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Caller) => {
            (EndReason::Cancelled, Role::Caller)
        }
        (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Answerer | Place::Bystander(_)) => {
            let busy = given == Some(EndReason::Busy);
            (if busy { EndReason::Busy } else { EndReason::Rejected }, Role::Callee)
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Caller) => {
            (reason_after_answer(given), Role::Caller)
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Answerer) => {
            (reason_after_answer(given), Role::Callee)
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            return Err(ErrorCode::AnsweredElsewhere);
        }
    };
    Ok(Some(parted(end(record, reason, Some(by), now), ago, now)))
}

/// The word of a notification that may be older than the answer: it is about the ringing and nothing else.
fn decline(record: &Record, who: &Address, now: Timestamp) -> Decision {
    match (&record.phase, record.place(who)) {
        (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Caller) => Err(ErrorCode::BadState),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Caller | Place::Answerer) => {
            Err(ErrorCode::CallEnded)
        }
        (
            Phase::Inviting { .. } | Phase::Ringing { .. },
            Place::Answerer | Place::Bystander(_) | Place::Stranger,
        )
        | (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_) | Place::Stranger)
        | (Phase::Ended(_), _) => hang_up(record, who, None, Duration::ZERO, now),
    }
}

/// What somebody says of the past shortens the time that the two were connected, and nothing else.
fn parted(mut step: Step, ago: Duration, now: Timestamp) -> Step {
    if let Phase::Ended(end) = &mut step.record.phase
        && let Some(connected) = end.connected
        && !ago.is_zero()
    {
        let parted = connected + now.since(connected).saturating_sub(ago);
        end.parted = Some(parted);
        let recorded = step.record.recording.iter_mut().flat_map(|recording| &mut recording.kept);
        for Recorded { since, until, .. } in recorded {
            *until = (*until).min(parted).max(*since);
        }
    }
    step
}

/// A device may name a fault of its own; for the words that only the server says, it has hung up.
fn reason_after_answer(given: Option<EndReason>) -> EndReason {
    match given {
        Some(
            fault @ (EndReason::MediaFailed
            | EndReason::ConnectionLost
            | EndReason::Permission
            | EndReason::IncompatibleMedia),
        ) => fault,
        None
        | Some(
            EndReason::Hangup
            | EndReason::Cancelled
            | EndReason::Rejected
            | EndReason::Busy
            | EndReason::NoAnswer
            | EndReason::Unreachable
            | EndReason::Transferred
            | EndReason::Policy
            | EndReason::Operator
            | EndReason::Server,
        ) => EndReason::Hangup,
    }
}

fn connected(record: &Record, who: &Address, route: Route, now: Timestamp) -> Decision {
    match (&record.phase, record.place(who)) {
        (_, Place::Stranger) => Err(ErrorCode::NotYourCall),
        (Phase::Ended(_), _) => Err(ErrorCode::CallEnded),
        (Phase::Inviting { .. } | Phase::Ringing { .. }, _) => Err(ErrorCode::BadState),
        (Phase::Connecting { answer, review, .. }, Place::Caller | Place::Answerer) => {
            let phase = Phase::Active { answer: answer.clone(), connected: now, route, review: *review };
            let record = Record { phase, ..record.clone() };
            Ok(Some(Step { record, effects: &[Effect::Publish] }))
        }
        // The other leg's report, or a later route: the first has decided.
        (Phase::Active { .. }, Place::Caller | Place::Answerer) => Ok(None),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            Err(ErrorCode::AnsweredElsewhere)
        }
    }
}

fn renew(record: &Record, who: &Address, replaced: Gen, now: Timestamp, timers: &Timers) -> Decision {
    let mut next = record.clone();
    match (&mut next.phase, record.place(who)) {
        (_, Place::Stranger) => return Err(ErrorCode::NotYourCall),
        (Phase::Ended(_), _) => return Err(ErrorCode::CallEnded),
        // Before the answer there is nothing to replace.
        (Phase::Inviting { .. } | Phase::Ringing { .. }, _) => return Ok(None),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            return Err(ErrorCode::AnsweredElsewhere);
        }
        (_, Place::Caller | Place::Answerer) if replaced != record.generation => return Ok(None),
        (Phase::Connecting { until, .. }, Place::Caller | Place::Answerer) => *until = now + timers.connect,
        (Phase::Active { .. }, Place::Caller | Place::Answerer) => {}
    }
    next.generation = Gen(record.generation.0.saturating_add(1));
    Ok(changed(record, next, &[Effect::Publish]))
}

fn tick(record: &Record, media_flows: bool, now: Timestamp, timers: &Timers) -> Option<Step> {
    match &record.phase {
        Phase::Inviting { until } | Phase::Ringing { until, .. } => {
            let ringing = matches!(record.phase, Phase::Ringing { .. });
            if caller_patience(record, timers).is_some_and(|patience| now >= patience) {
                return Some(end(record, EndReason::Cancelled, None, now));
            }
            if seems_to_ring_at(record).is_some_and(|at| now >= at) && now < *until {
                return Some(begin_ringing(record, *until, now, timers));
            }
            let reason = if ringing { EndReason::NoAnswer } else { EndReason::Unreachable };
            (now >= *until).then(|| end(record, reason, None, now))
        }
        Phase::Connecting { answer, until, review } => {
            let gone = left_at(record, timers).is_some_and(|at| now >= at);
            if !gone && now >= *until && !both_away(record, answer) && !media_flows {
                return Some(end(record, EndReason::MediaFailed, None, now));
            }
            review_legs(record, *review, media_flows, now, timers)
        }
        Phase::Active { review, .. } => {
            let Some(expired) = expire(record, now) else {
                return review_legs(record, *review, media_flows, now, timers);
            };
            let reviewed = review_legs(&expired, *review, media_flows, now, timers);
            let Some(Step { record, effects }) = reviewed else {
                return Some(Step { record: expired, effects: &[Effect::Publish] });
            };
            // What the legs alone would not be worth, the question is.
            let effects = if effects.is_empty() { &[Effect::Publish] } else { effects };
            Some(Step { record, effects })
        }
        Phase::Ended(_) => None,
    }
}

pub(crate) fn end(record: &Record, reason: EndReason, by: Option<Role>, now: Timestamp) -> Step {
    let (answer, connected) = match &record.phase {
        Phase::Connecting { answer, .. } => (Some(answer.clone()), None),
        Phase::Active { answer, connected, .. } => (Some(answer.clone()), Some(*connected)),
        Phase::Inviting { .. } | Phase::Ringing { .. } | Phase::Ended(_) => (None, None),
    };
    let alerted = answer.is_none() && record.screened.is_none();
    let effects: &[Effect] = if alerted {
        &[Effect::WriteHistory, Effect::Publish, Effect::StopAlerting]
    } else {
        &[Effect::WriteHistory, Effect::Publish]
    };
    let phase = Phase::Ended(End { reason, by, at: now, answer, connected, parted: None });
    let mut record = Record { phase, ..record.clone() };
    record.finish_recording(RecordingEnd::Left, now);
    Step { record, effects }
}

pub(crate) fn changed(before: &Record, record: Record, effects: &'static [Effect]) -> Option<Step> {
    (record != *before).then_some(Step { record, effects })
}

pub(crate) fn each_once(media: &[MediaKind]) -> Vec<MediaKind> {
    [MediaKind::Audio, MediaKind::Video].into_iter().filter(|kind| media.contains(kind)).collect()
}
