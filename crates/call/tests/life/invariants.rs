//! What holds of every step, whatever came before it.

use visavis_call::{
    Availability, Effect, Event, NewCall, Phase, Record, Screening, Signaling, Timers, deadline, history,
    step, transfer_to, transferable, view,
};
use visavis_proto::limits::WARM_DEVICES;
use visavis_proto::{
    Address, CallState, CallView, EndReason, ErrorCode, RecordingView, RecordingWish, RelayKind, Rev, Role,
    Timestamp, You,
};

use crate::world::{ALICE, CAROL, DESK, PHONE, address, new_call};

/// Takes `event` and gives the record to go on with, if there is a new one. Panics where a rule is broken.
pub(crate) fn checked_step(
    before: &Record,
    event: &Event,
    now: Timestamp,
    timers: &Timers,
) -> Option<Record> {
    let outcome = step(before, event.clone(), now, timers);
    only_devices_are_refused(event, &outcome);
    let Ok(Some(step)) = outcome else { return None };
    let after = step.record;
    assert_ne!(&after, before, "a commit that changes nothing: {event:?}");
    assert!(before.is_live(), "ended has returned by {event:?}");
    a_repeat_changes_nothing(&after, event, now, timers);
    the_answer_stays(before, &after, event);
    the_deadline_is_ahead(before, &after, event, now, timers);
    nothing_is_recorded_without_consent(before, &after, event);
    an_established_call_ends_for_a_reason(before, &after, event);
    effects_fit(before, &after, step.effects, now);
    views_fit(&after, now);
    let text = serde_json::to_string(&after).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), after);
    Some(after)
}

fn only_devices_are_refused(event: &Event, outcome: &Result<Option<visavis_call::Step>, ErrorCode>) {
    let Err(code) = outcome else { return };
    match event {
        Event::Ringing { .. }
        | Event::Accept { .. }
        | Event::Hangup { .. }
        | Event::Decline { .. }
        | Event::Connected { .. }
        | Event::Renew { .. }
        | Event::Take { .. } => assert!(
            matches!(
                code,
                ErrorCode::NotYourCall
                    | ErrorCode::CallEnded
                    | ErrorCode::AnsweredElsewhere
                    | ErrorCode::BadState
            ),
            "{event:?} was refused with {code:?}"
        ),
        Event::Recording { .. } => assert!(
            matches!(
                code,
                ErrorCode::NotYourCall
                    | ErrorCode::CallEnded
                    | ErrorCode::AnsweredElsewhere
                    | ErrorCode::BadState
                    | ErrorCode::Unreachable
                    | ErrorCode::Forbidden
            ),
            "{event:?} was refused with {code:?}"
        ),
        Event::Lost { .. }
        | Event::Leave { .. }
        | Event::Back { .. }
        | Event::Tick { .. }
        | Event::Restarted
        | Event::Terminate
        | Event::Removed => {
            panic!("the shell's {event:?} was refused with {code:?}")
        }
    }
}

fn a_repeat_changes_nothing(after: &Record, event: &Event, now: Timestamp, timers: &Timers) {
    let again = step(after, event.clone(), now, timers);
    assert!(matches!(again, Ok(None) | Err(_)), "{event:?} twice: {again:?}");
}

fn the_answer_stays(before: &Record, after: &Record, event: &Event) {
    let at = |record: &Record| record.answer().map(|answer| answer.at);
    let answered_by = |record: &Record| record.answer().map(|answer| answer.leg.address.clone());
    assert!(after.generation >= before.generation);
    let Some(answered) = at(before) else { return };
    assert_eq!(at(after), Some(answered), "two answers");
    let ends = |record: &Record| [Some(record.caller.address.clone()), answered_by(record)];
    let Event::Take { leg, .. } = event else {
        assert_eq!(ends(after), ends(before), "{event:?} has moved an end");
        return;
    };
    assert_eq!(after.generation.0, before.generation.0 + 1);
    let moved = ends(before).into_iter().zip(ends(after)).filter(|(before, after)| before != after);
    let moved: Vec<_> = moved.filter_map(|(before, after)| Some((before?, after?))).collect();
    let [(from, to)] = &moved[..] else { panic!("a take moved {moved:?}") };
    assert_eq!((&from.user, to), (&to.user, &leg.address), "a call is taken from oneself only");
}

fn the_deadline_is_ahead(before: &Record, after: &Record, event: &Event, now: Timestamp, timers: &Timers) {
    let due = deadline(after, timers);
    assert_eq!(due.is_some(), after.is_live(), "{after:?}");
    if let (Event::Tick { .. }, Some(due)) = (event, due) {
        assert!(due > now, "a tick at {now:?} leaves one due at {due:?}");
        assert!(deadline(before, timers) <= Some(now), "a tick did something before it was due");
    }
}

/// It begins by the word of who was asked alone, at the two devices at which it was asked; and what was recorded is kept.
fn nothing_is_recorded_without_consent(before: &Record, after: &Record, event: &Event) {
    let kept = |record: &Record| record.recording.as_ref().map_or(0, |recording| recording.kept.len());
    let ended = usize::from(before.is_recorded() && !after.is_recorded());
    assert_eq!(kept(after), kept(before) + ended, "{event:?} has lost what was recorded, or made it up");
    if !after.is_recorded() {
        return;
    }
    let ends =
        |record: &Record| (record.caller.address.clone(), record.answer().unwrap().leg.address.clone());
    assert!(matches!(after.phase, Phase::Active { .. }));
    assert_eq!(ends(before), ends(after));
    let legs = [after.caller.signaling, after.answer().unwrap().leg.signaling];
    assert!(!legs.into_iter().any(Signaling::is_lost), "{event:?} records somebody who is gone");
    if before.is_recorded() {
        return;
    }
    let Event::Recording { who, wish: RecordingWish::Agree, .. } = event else {
        panic!("{event:?} has begun a recording")
    };
    let asked = before.recording.as_ref().expect("nobody has asked");
    assert_eq!(before.leg_of(who), Some(asked.by.other()), "the side that asked has agreed with itself");
}

fn an_established_call_ends_for_a_reason(before: &Record, after: &Record, event: &Event) {
    let Phase::Active { .. } = before.phase else { return };
    if after.is_live() {
        assert!(matches!(after.phase, Phase::Active { .. }), "an active call went back by {event:?}");
        return;
    }
    match event {
        Event::Hangup { who, .. } => assert!(before.leg_of(who).is_some(), "{who} is no leg"),
        Event::Tick { media_flows } => assert!(!media_flows || has_left(before), "ended with media"),
        Event::Terminate | Event::Removed => {}
        Event::Ringing { .. }
        | Event::Accept { .. }
        | Event::Connected { .. }
        | Event::Renew { .. }
        | Event::Take { .. }
        | Event::Recording { .. }
        | Event::Lost { .. }
        | Event::Leave { .. }
        | Event::Back { .. }
        | Event::Decline { .. }
        | Event::Restarted => panic!("{event:?} ended an active call"),
    }
}

fn has_left(record: &Record) -> bool {
    let answerer = record.answer().map(|answer| answer.leg.signaling);
    [Some(record.caller.signaling), answerer]
        .into_iter()
        .flatten()
        .any(|signaling| matches!(signaling, Signaling::Leaving { .. } | Signaling::Left { .. }))
}

fn effects_fit(before: &Record, after: &Record, effects: &[Effect], now: Timestamp) {
    let has = |effect| effects.contains(&effect);
    let rings = |record: &Record| record.is_live() && record.answer().is_none();
    let alerts = |record: &Record| rings(record) && record.screened.is_none();
    assert_eq!(has(Effect::StopAlerting), alerts(before) && !rings(after));
    assert_eq!(has(Effect::WriteHistory), !after.is_live());
    assert!(!has(Effect::Alert), "only a new call alerts");
    // The time that is left changes by itself; everything else a device sees must be told.
    let shown = |record: &Record, device| {
        let recording = |view: &CallView| {
            view.recording.clone().map(|recording| RecordingView { expires_in_ms: None, ..recording })
        };
        view(record, Rev(1), &device, now).map(|view| CallView {
            expires_in_ms: None,
            recording: recording(&view),
            ..view
        })
    };
    let changed = devices().into_iter().any(|device| shown(before, device.clone()) != shown(after, device));
    assert_eq!(has(Effect::Publish), changed, "{before:?} {after:?}");
}

fn views_fit(record: &Record, now: Timestamp) {
    for device in devices() {
        let view = view(record, Rev(1), &device, now);
        assert_eq!(view.is_some(), record.concerns(&device));
        let peer = record.peer_of(&device);
        if let Some(peer) = peer {
            assert_eq!(record.peer_of(peer), Some(&device), "payloads go both ways or not at all");
        }
        let Some(view) = view else {
            assert_eq!(peer, None);
            continue;
        };
        payloads_fit(record, &device);
        assert!(view.warm.is_empty() || record.leg_of(&device) == Some(Role::Caller));
        let unanswered = matches!(view.state, CallState::Inviting | CallState::Ringing);
        let ended = view.state == CallState::Ended;
        assert_eq!(view.expires_in_ms.is_some(), unanswered);
        assert_eq!(view.reason.is_some(), ended);
        assert!(ended || view.duration_ms.is_none());
        assert_eq!(view.you == You::Active, record.leg_of(&device).is_some());
        assert_eq!(view.you == You::Elsewhere, view.answered_on.is_some());
        assert!(unanswered || ended || view.you != You::Ringing, "it rings after the answer");
        assert!(view.warm.is_empty() || (unanswered && view.warm.len() <= WARM_DEVICES));
        assert!(!(ended && view.peer.lost));
    }
    let blocked = record.screened.is_some_and(|screened| screened.why == Screening::Blocked);
    let lines = if blocked { 1 } else { 2 };
    assert_eq!(history(record).len(), if record.is_live() { 0 } else { lines });
    nobody_hears_of_a_screened_call(record);
}

fn nobody_hears_of_a_screened_call(record: &Record) {
    if record.screened.is_none() {
        return;
    }
    assert_eq!(record.answer(), None);
    assert_eq!(record.people().collect::<Vec<_>>(), [&record.caller.address.user]);
    let concerned: Vec<_> = devices().into_iter().filter(|device| record.concerns(device)).collect();
    assert_eq!(concerned, std::slice::from_ref(&record.caller.address));
}

/// Whoever hands over is out of it, the other end is in the new call, and nothing else has changed.
pub(crate) fn a_transfer_moves_the_other_end(record: &Record, now: Timestamp, timers: &Timers) {
    for who in devices() {
        let Ok(Some(leg)) = transferable(record, &who, now) else { continue };
        assert_eq!(record.peer_of(&who), Some(&leg.address));
        let new = NewCall { caller: leg.clone(), ..new_call(ALICE, "dave", &[]) };
        let free = Availability::Free;
        let Ok(Some(handover)) = transfer_to(record, &who, "X".into(), new, free, now, timers) else {
            panic!("{who} may hand over and may not: {record:?}")
        };
        let [ended] = &handover.ended[..] else { panic!("one call ends") };
        let end = ended.record.end().unwrap();
        assert_eq!((end.reason, end.by), (EndReason::Transferred, record.leg_of(&who)));
        assert_eq!(end.answer.as_ref(), record.answer());
        assert_eq!(transferable(&ended.record, &who, now), Ok(None), "a repeat changes nothing");
        assert_eq!(transferable(&ended.record, &leg.address, now), Err(ErrorCode::CallEnded));
        effects_fit(record, &ended.record, ended.effects, now);
        let new = &handover.new.record;
        assert_eq!(new.leg_of(&leg.address), Some(Role::Caller));
        assert!(deadline(new, timers).is_some_and(|due| due > now));
        views_fit(new, now);
    }
}

/// Payloads go between the caller and those who asked for it, after the answer between the two ends, and the other way
/// just as well; what a device shows goes nowhere before it has answered.
fn payloads_fit(record: &Record, from: &Address) {
    for to in devices() {
        let passes =
            |from: &Address, to: &Address, kind| record.recipient(from, Some(&to.device), kind) == Ok(to);
        let offers = passes(from, &to, RelayKind::Offer);
        assert_eq!(offers, passes(&to, from, RelayKind::Answer), "{from} {to}");
        assert_eq!(offers, record.passes(from, &to));
        let live_peers = record.is_live() && record.peer_of(from) == Some(&to);
        let caller = &record.caller.address;
        let warm = |ringing: &Address| record.warm().contains(ringing);
        let warms = (from == caller && warm(&to)) || (to == *caller && warm(from));
        assert_eq!(offers, live_peers || warms, "{from} {to}");
        assert_eq!(
            passes(from, &to, RelayKind::Media),
            live_peers || (warms && from == caller),
            "{from} {to}"
        );
    }
}

fn devices() -> [Address; 5] {
    [ALICE, "alice/laptop", DESK, PHONE, CAROL].map(address)
}
