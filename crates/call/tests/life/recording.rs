//! Row 57: recording a call. Alice has called Bob, who answered at his desk; one of them wants to record.

use std::time::Duration;

use visavis_call::{Availability, Capsule, Record};
use visavis_call::{Effect, Event, RecordingStage, Timers, history, restore, transfer_to, transferable};
use visavis_proto::limits::RECORDINGS;
use visavis_proto::{
    CallId, Epoch, ErrorCode, PastRecording, RecordingEnd, RecordingState, RecordingWish, Rev, Timestamp,
};

use crate::world::*;

use RecordingWish::{Agree, Ask, Stop};

const PUBLISHED: [Effect; 1] = [Effect::Publish];

/// What a device sees of the newest question, in one line.
fn seen(world: &World, who: &str) -> String {
    let Some(recording) = world.view(who).and_then(|view| view.recording) else { return "nothing".into() };
    let by = if recording.by == visavis_proto::Role::Caller { "alice" } else { "bob" };
    let more = match recording.state {
        RecordingState::Asked => format!("asked, {} ms left", recording.expires_in_ms.unwrap()),
        RecordingState::On => format!("on for {} ms", recording.on_ms.unwrap()),
        RecordingState::Over => format!("over, {:?}", recording.reason.unwrap()).to_lowercase(),
    };
    format!("{} by {by}: {more}", recording.n)
}

/// Both see the same.
fn both_see(world: &World) -> String {
    assert_eq!(seen(world, ALICE), seen(world, DESK));
    seen(world, ALICE)
}

/// Bob records, since three seconds.
fn recorded() -> World {
    let mut world = World::active();
    world.recording(DESK, 1, Ask).unwrap();
    world.recording(ALICE, 1, Agree).unwrap();
    world.wait_s(3);
    world
}

/// `owner: who recorded, how long ago it began, for how long`, in seconds.
fn recordings(world: &World) -> Vec<String> {
    let line = |owner: &str, PastRecording { by_you, started_ago_ms, duration_ms }| {
        let by = if by_you { "you" } else { "the other" };
        format!("{owner}: {by}, {} s ago, {} s", started_ago_ms / 1000, duration_ms / 1000)
    };
    let rows = history(&world.record).into_iter();
    let entries = rows.map(|row| (row.owner.to_string(), row.entry(world.now).recordings));
    entries.flat_map(|(owner, list)| list.into_iter().map(move |one| line(&owner, one))).collect()
}

#[test]
fn nothing_is_recorded_before_the_other_side_has_agreed() {
    let mut world = World::active();
    assert_eq!(both_see(&world), "nothing");
    assert_eq!(world.recording(DESK, 1, Ask), told(&PUBLISHED));
    assert_eq!(both_see(&world), "1 by bob: asked, 30000 ms left");
    assert!(!world.record.is_recorded());
    assert_eq!(world.recording(DESK, 1, Agree), Err(ErrorCode::BadState), "with himself");
    assert_eq!(world.recording(PHONE, 1, Agree), Err(ErrorCode::AnsweredElsewhere), "nor on his phone");
    assert_eq!(world.recording("alice/laptop", 1, Agree), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(world.recording(CAROL, 1, Agree), Err(ErrorCode::NotYourCall));
    assert_eq!(world.recording(ALICE, 2, Agree), Err(ErrorCode::BadState), "to another question");
    world.wait_s(4);
    assert_eq!(world.recording(ALICE, 1, Agree), told(&PUBLISHED));
    world.wait_s(2);
    assert_eq!(both_see(&world), "1 by bob: on for 2000 ms");
    assert_eq!(seen(&world, PHONE), "nothing", "it is no end of the call");
}

#[test]
fn both_have_in_their_history_who_recorded_since_when_and_for_how_long() {
    let mut world = recorded();
    assert_eq!(world.recording(DESK, 1, Stop), told(&PUBLISHED));
    assert_eq!(both_see(&world), "1 by bob: over, stopped");
    world.wait_s(10);
    world.recording(ALICE, 2, Ask).unwrap();
    world.recording(DESK, 2, Agree).unwrap();
    world.wait_s(5);
    assert_eq!(world.hang_up(ALICE), told(&OVER));
    assert_eq!(
        recordings(&world),
        [
            "alice: the other, 18 s ago, 3 s",
            "alice: you, 5 s ago, 5 s",
            "bob: you, 18 s ago, 3 s",
            "bob: the other, 5 s ago, 5 s"
        ]
    );
    assert_eq!(seen(&world, ALICE), "nothing", "it is over with the call");
}

#[test]
fn a_question_that_came_to_nothing_leaves_nothing_in_the_history() {
    let refused = |who: &str, over: &str| {
        let mut world = World::active();
        world.recording(DESK, 1, Ask).unwrap();
        assert_eq!(world.recording(who, 1, Stop), told(&PUBLISHED));
        assert_eq!(both_see(&world), over);
        assert_eq!(world.recording(ALICE, 1, Agree), Err(ErrorCode::BadState), "too late");
        world.hang_up(ALICE).unwrap();
        assert_eq!(recordings(&world), [""; 0]);
    };
    refused(ALICE, "1 by bob: over, refused");
    refused(DESK, "1 by bob: over, withdrawn");
}

#[test]
fn who_is_asked_and_says_nothing_for_30_s_has_not_agreed() {
    let mut world = World::active();
    world.recording(ALICE, 1, Ask).unwrap();
    assert_eq!(world.wait(Duration::from_millis(29_999)), []);
    assert_eq!(world.wait(Duration::from_millis(1)), PUBLISHED);
    assert_eq!(both_see(&world), "1 by alice: over, unanswered");
    assert_eq!(world.recording(DESK, 1, Agree), Err(ErrorCode::BadState));

    let mut world = World::active();
    world.recording(ALICE, 1, Ask).unwrap();
    world.now = world.now + Duration::from_secs(30);
    assert_eq!(world.recording(DESK, 1, Agree), Err(ErrorCode::BadState), "before the timer has come");
}

#[test]
fn of_two_who_ask_at_once_one_asks_and_the_other_is_asked() {
    let mut world = World::active();
    assert_eq!(world.recording(ALICE, 1, Ask), told(&PUBLISHED));
    assert_eq!(world.recording(DESK, 1, Ask), Err(ErrorCode::BadState), "which is no consent");
    assert_eq!(both_see(&world), "1 by alice: asked, 30000 ms left");
    world.recording(DESK, 1, Agree).unwrap();
    assert_eq!(world.recording(DESK, 2, Ask), Err(ErrorCode::BadState), "one at a time");
    assert_eq!(world.recording(ALICE, 2, Ask), Err(ErrorCode::BadState));
}

#[test]
fn either_may_stop_it_at_any_time() {
    for (who, over) in [(DESK, "1 by bob: over, stopped"), (ALICE, "1 by bob: over, revoked")] {
        let mut world = recorded();
        assert_eq!(world.recording(who, 1, Stop), told(&PUBLISHED));
        assert_eq!(both_see(&world), over);
        world.hang_up(DESK).unwrap();
        assert_eq!(recordings(&world), ["alice: the other, 3 s ago, 3 s", "bob: you, 3 s ago, 3 s"]);
    }
}

#[test]
fn what_the_server_hears_late_was_over_when_it_was_said() {
    let stop = |world: &mut World, seconds| {
        let ago = Duration::from_secs(seconds);
        world.event(Event::Recording { who: address(ALICE), n: 1, wish: Stop, ago })
    };
    let mut world = recorded();
    world.wait_s(20);
    stop(&mut world, 15).unwrap();
    world.hang_up(ALICE).unwrap();
    assert_eq!(recordings(&world)[0], "alice: the other, 23 s ago, 8 s");

    let mut world = recorded();
    stop(&mut world, 1000).unwrap();
    world.hang_up(ALICE).unwrap();
    assert_eq!(recordings(&world)[0], "alice: the other, 3 s ago, 0 s", "but not before it began");

    let mut world = recorded();
    world.wait_s(20);
    world.hang_up_ago(ALICE, 15).unwrap();
    assert_eq!(recordings(&world)[0], "alice: the other, 23 s ago, 8 s");
}

#[test]
fn a_wish_that_is_said_again_has_one_effect() {
    let mut world = World::active();
    world.recording(DESK, 1, Ask).unwrap();
    assert_eq!(world.recording(DESK, 1, Ask), UNCHANGED);
    world.recording(ALICE, 1, Agree).unwrap();
    assert_eq!(world.recording(ALICE, 1, Agree), UNCHANGED);
    assert_eq!(world.recording(DESK, 1, Ask), UNCHANGED);
    world.recording(ALICE, 1, Stop).unwrap();
    assert_eq!(world.recording(DESK, 1, Stop), UNCHANGED);
    assert_eq!(world.recording(DESK, 1, Ask), UNCHANGED, "it was this one that was stopped");
    world.recording(DESK, 2, Ask).unwrap();
    assert_eq!(world.recording(ALICE, 1, Stop), UNCHANGED, "which is over for long");
    assert_eq!(both_see(&world), "2 by bob: asked, 30000 ms left");
    world.hang_up(DESK).unwrap();
    assert_eq!(world.recording(ALICE, 2, Stop), UNCHANGED);
    assert_eq!(world.recording(ALICE, 2, Agree), Err(ErrorCode::CallEnded));
}

#[test]
fn nobody_is_asked_before_media_flows_or_without_end() {
    for mut world in [World::invited(), World::ringing(), World::connecting()] {
        assert_eq!(world.recording(ALICE, 1, Ask), Err(ErrorCode::BadState));
    }
    let mut world = World::active();
    assert_eq!(world.recording(ALICE, 2, Ask), Err(ErrorCode::BadState), "there was no first one");
    for n in 1..=RECORDINGS {
        world.recording(ALICE, n, Ask).unwrap();
        world.recording(DESK, n, Stop).unwrap();
    }
    assert_eq!(world.recording(ALICE, RECORDINGS + 1, Ask), Err(ErrorCode::Forbidden));
}

#[test]
fn who_is_lost_is_not_asked_and_is_not_recorded_any_more() {
    let mut world = recorded();
    world.lose(ALICE).unwrap();
    assert_eq!(world.wait(Duration::from_millis(7_999)), []);
    assert_eq!(both_see(&world), "1 by bob: on for 10999 ms");
    assert_eq!(world.wait(Duration::from_millis(1)), PUBLISHED);
    assert_eq!(both_see(&world), "1 by bob: over, left");
    assert_eq!(world.recording(DESK, 2, Ask), Err(ErrorCode::Unreachable));
    world.back(ALICE).unwrap();
    assert_eq!(both_see(&world), "1 by bob: over, left", "nor does it go on");
    assert_eq!(world.recording(DESK, 2, Ask), told(&PUBLISHED));
}

#[test]
fn a_page_that_goes_takes_its_recording_along_and_one_that_is_recorded_may_reload() {
    let mut world = recorded();
    assert_eq!(world.leave(ALICE), told(&[]));
    assert_eq!(world.back(ALICE), told(&[]));
    assert_eq!(both_see(&world), "1 by bob: on for 3000 ms");
    assert_eq!(world.leave(DESK), told(&PUBLISHED));
    assert_eq!(both_see(&world), "1 by bob: over, left");
}

#[test]
fn what_was_agreed_does_not_move_to_another_device() {
    for taker in [PHONE, "alice/laptop"] {
        let mut world = recorded();
        assert_eq!(world.take(taker), told(&PUBLISHED));
        let line = seen(&world, if taker == PHONE { ALICE } else { DESK });
        assert_eq!((line.as_str(), seen(&world, taker)), ("1 by bob: over, left", line.clone()));
        world.hang_up(taker).unwrap();
        assert_eq!(recordings(&world), ["alice: the other, 3 s ago, 3 s", "bob: you, 3 s ago, 3 s"]);
    }
    let mut world = World::active();
    world.recording(DESK, 1, Ask).unwrap();
    world.take("alice/laptop").unwrap();
    assert_eq!(world.recording("alice/laptop", 1, Agree), Err(ErrorCode::BadState));
}

#[test]
fn who_is_handed_over_is_not_recorded_in_the_call_that_follows() {
    let world = recorded();
    let (who, id): (_, CallId) = (address(DESK), "018f0000-0000-7000-8000-000000000009".parse().unwrap());
    let caller = transferable(&world.record, &who, world.now).unwrap().unwrap();
    let new = visavis_call::NewCall { id, caller, ..new_call(ALICE, "carol", &[]) };
    let free = Availability::Free;
    let handover = transfer_to(&world.record, &who, "Bob".into(), new, free, world.now, &world.timers);
    let handover = handover.unwrap().unwrap();
    assert_eq!(handover.new.record.recording, None);
    let ended = World::of(handover.ended[0].record.clone(), world.now);
    assert_eq!(recordings(&ended), ["alice: the other, 3 s ago, 3 s", "bob: you, 3 s ago, 3 s"]);
}

#[test]
fn a_restart_leaves_what_was_agreed_and_gives_a_question_15_s_more() {
    let mut world = recorded();
    world.restart_after(Duration::from_secs(5)).unwrap();
    world.back(ALICE).unwrap();
    world.back(DESK).unwrap();
    assert_eq!(both_see(&world), "1 by bob: on for 8000 ms");

    let mut world = World::active();
    world.recording(ALICE, 1, Ask).unwrap();
    world.wait_s(25);
    world.restart_after(Duration::ZERO).unwrap();
    assert_eq!(both_see(&world), "1 by alice: asked, 15000 ms left");
}

fn capsule(world: &World, rev: u64) -> Capsule {
    Capsule { rev: Rev(rev), at: world.now, record: world.record.clone() }
}

/// By a server that has lost its store since.
fn rebuilt(current: Option<&Record>, capsule: &Capsule, now: Timestamp) -> Option<Record> {
    let epoch: Epoch = "epoch-2".parse().unwrap();
    restore(current, capsule, &epoch, now, &Timers::default()).map(|step| step.record)
}

/// What is sealed in a capsule comes back with it; but what was stopped since stays so, whichever capsule comes later.
#[test]
fn what_was_agreed_outlives_the_loss_of_the_store_and_so_does_its_end() {
    let mut world = World::active();
    world.recording(DESK, 1, Ask).unwrap();
    let older = capsule(&world, 5);
    world.recording(ALICE, 1, Agree).unwrap();
    let newer = capsule(&world, 6);

    let record = rebuilt(None, &newer, world.now).unwrap();
    assert!(record.is_recorded());

    let mut after = World::of(rebuilt(None, &older, world.now).unwrap(), world.now);
    after.back(ALICE).unwrap();
    after.recording(ALICE, 1, Stop).unwrap();
    let record = rebuilt(Some(&after.record), &newer, after.now).unwrap();
    let over = RecordingStage::Over { why: RecordingEnd::Refused };
    assert_eq!(record.recording.unwrap().stage, over);
}

/// Two stores were lost: in the one the call went on at the desk, in the other on the phone, where nobody has agreed.
#[test]
fn what_was_agreed_with_one_device_is_not_believed_of_another_that_a_newer_capsule_names() {
    let mut world = World::active();
    let at_the_desk = capsule(&world, 5);
    world.take(PHONE).unwrap();
    let on_the_phone = capsule(&world, 6);

    let mut after = World::of(rebuilt(None, &at_the_desk, world.now).unwrap(), world.now);
    for device in [ALICE, DESK] {
        after.back(device).unwrap();
    }
    after.recording(ALICE, 1, Ask).unwrap();
    after.recording(DESK, 1, Agree).unwrap();
    after.wait_s(4);
    let record = rebuilt(Some(&after.record), &on_the_phone, after.now).unwrap();
    let mut moved = World::of(record, after.now);
    assert_eq!(seen(&moved, PHONE), "1 by alice: over, left");
    moved.hang_up(ALICE).unwrap();
    assert_eq!(recordings(&moved), ["alice: you, 4 s ago, 4 s", "bob: the other, 4 s ago, 4 s"]);
}

#[test]
fn what_was_recorded_before_and_after_the_loss_of_a_store_is_in_the_history_once() {
    let mut world = World::active();
    let older = capsule(&world, 5);
    world.recording(DESK, 1, Ask).unwrap();
    world.recording(ALICE, 1, Agree).unwrap();
    world.wait_s(2);
    world.recording(DESK, 1, Stop).unwrap();
    world.recording(DESK, 2, Ask).unwrap();
    let newer = capsule(&world, 9);

    let mut after = World::of(rebuilt(None, &older, world.now).unwrap(), world.now);
    for device in [ALICE, DESK] {
        after.back(device).unwrap();
    }
    after.wait_s(10);
    after.recording(ALICE, 1, Ask).unwrap();
    after.recording(DESK, 1, Agree).unwrap();
    after.wait_s(3);
    let record = rebuilt(Some(&after.record), &newer, after.now).unwrap();
    let again = rebuilt(Some(&record), &capsule(&after, 10), after.now);
    let mut whole = World::of(again.unwrap_or(record), after.now);
    assert_eq!(seen(&whole, ALICE), "2 by bob: asked, 17000 ms left");
    whole.hang_up(ALICE).unwrap();
    assert_eq!(
        recordings(&whole),
        [
            "alice: the other, 15 s ago, 2 s",
            "alice: you, 3 s ago, 3 s",
            "bob: you, 15 s ago, 2 s",
            "bob: the other, 3 s ago, 3 s"
        ]
    );
}
