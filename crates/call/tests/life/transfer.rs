//! Row 32: handing the other person of a call over. Alice has called Bob; Bob, at his desk, hands her over to Carol, or Alice
//! hands him over.

use std::time::Duration;

use visavis_call::{
    Availability, Callee, Effect, Event, Handover, Introduction, NewCall, Record, Screened, Screening, Step,
    Ties, Timers, create, history, step, transfer_between, transfer_to, transferable, view,
};
use visavis_proto::{CallId, EndReason, ErrorCode, Gen, MediaKind, Outcome, Rev, Route, Timestamp};

use crate::world::*;

const BOTH: [MediaKind; 2] = [MediaKind::Audio, MediaKind::Video];

fn id(n: u128) -> CallId {
    format!("018f0000-0000-7000-8000-{n:012x}").parse().unwrap()
}

fn callee(user: &str) -> Callee {
    Callee { user: user.parse().unwrap(), name: display_name(user) }
}

/// `who` hands the other person of the world's call over to `to`.
fn blind(world: &World, who: &str, to: &str, callee_is: Availability) -> Result<Option<Handover>, ErrorCode> {
    let Some(caller) = transferable(&world.record, &address(who), world.now)? else { return Ok(None) };
    let new = NewCall { id: id(9), caller, callee: callee(to), ..new_call(ALICE, to, &BOTH) };
    let by = display_name(address(who).user.as_str());
    transfer_to(&world.record, &address(who), by, new, callee_is, world.now, &world.timers)
}

/// The same, towards somebody who may be called.
fn handed(world: &World, who: &str, to: &str) -> Handover {
    blind(world, who, to, Availability::Free).unwrap().unwrap()
}

/// Bob's desk has called Carol, too, and they have talked since `at`.
fn second_call(at: Timestamp) -> Record {
    let timers = Timers::default();
    let new = NewCall { id: id(2), ..new_call(DESK, "carol", &BOTH) };
    let accept = Event::Accept { leg: leg(CAROL), media: BOTH.to_vec() };
    let connected = Event::Connected { who: address(CAROL), route: Route::Direct };
    let mut record = create(new, Availability::Free, at, &timers).record;
    for event in [accept, connected] {
        record = step(&record, event, at, &timers).unwrap().unwrap().record;
    }
    record
}

/// Bob, at his desk, connects Alice and Carol.
fn attended(world: &World, second: &Record) -> Result<Option<Handover>, ErrorCode> {
    let introduction = Introduction {
        id: id(9),
        epoch: world.record.epoch.clone(),
        caller_name: "Alice".into(),
        callee: callee("carol"),
        ties: Ties::default(),
    };
    let (now, timers) = (world.now, &world.timers);
    transfer_between(&world.record, second, &address(DESK), "Bob".into(), introduction, now, timers)
}

/// What a device is told of where a call comes from.
fn origin(world: &World, who: &str) -> (Option<CallId>, Option<String>) {
    let view = view(&world.record, Rev(1), &address(who), world.now).unwrap();
    (view.follows, view.transferred_by)
}

fn reasons(steps: &[Step]) -> Vec<EndReason> {
    steps.iter().map(|step| step.record.end().unwrap().reason).collect()
}

/// A world that goes on with the new call.
fn go_on(world: &World, handover: &Handover) -> World {
    World::of(handover.new.record.clone(), world.now)
}

#[test]
fn a_blind_transfer_ends_the_call_and_lets_the_other_person_call_the_third() {
    let mut world = World::active();
    world.wait_s(30);
    let handover = handed(&world, DESK, "carol");
    assert_eq!(reasons(&handover.ended), [EndReason::Transferred]);
    assert_eq!(handover.ended[0].effects, OVER);
    assert_eq!(handover.new.effects, [Effect::Publish, Effect::Alert]);

    let mut new = go_on(&world, &handover);
    assert_eq!(new.see(ALICE), "inviting, active, 20000 ms left");
    assert_eq!(new.see(CAROL), "inviting, ringing, 20000 ms left");
    assert_eq!(new.see(DESK), "nothing");
    assert_eq!(origin(&new, ALICE), (Some(call_id()), Some("Bob".into())));
    assert_eq!(origin(&new, CAROL), (None, Some("Bob".into())), "she was in no call");
    new.accept(CAROL).unwrap();
    new.connected(CAROL).unwrap();
    new.wait_s(5);
    new.hang_up(ALICE).unwrap();
    assert_eq!(new.history(), ["alice: answered, 5 s, alice's phone", "carol: answered, 5 s, carol's phone"]);
}

#[test]
fn each_has_the_call_that_was_handed_over_in_their_history_with_its_duration() {
    let mut world = World::active();
    world.wait_s(30);
    let lines = |world: &World| -> Vec<_> {
        let handover = handed(world, DESK, "carol");
        let rows = history(&handover.ended[0].record).into_iter();
        rows.map(|row| (row.owner.to_string(), row.outcome, row.reason, row.duration.as_secs())).collect()
    };
    let line = |owner: &str, seconds| (owner.to_owned(), Outcome::Answered, EndReason::Transferred, seconds);
    assert_eq!(lines(&world), [line("alice", 30), line("bob", 30)]);
    assert_eq!(lines(&World::connecting()), [line("alice", 0), line("bob", 0)], "which did not fail");
}

#[test]
fn a_transfer_turns_on_no_camera() {
    let world = World::active();
    assert_eq!(handed(&world, DESK, "carol").new.record.media, [MediaKind::Audio]);
    let connected = attended(&world, &second_call(START)).unwrap().unwrap().new.record;
    assert_eq!(connected.media, [MediaKind::Audio]);
    assert_eq!(connected.answer().unwrap().media, [MediaKind::Audio]);
}

#[test]
fn either_person_may_hand_over_while_connecting_or_active_and_whoever_is_no_end_may_not() {
    let free = Availability::Free;
    for world in [World::connecting(), World::active()] {
        for (who, other) in [(ALICE, DESK), (DESK, ALICE)] {
            assert_eq!(handed(&world, who, "carol").new.record.caller.address, address(other));
        }
        for who in [PHONE, "alice/laptop"] {
            assert_eq!(blind(&world, who, "carol", free), Err(ErrorCode::AnsweredElsewhere), "{who}");
        }
        assert_eq!(blind(&world, CAROL, "dave", free), Err(ErrorCode::NotYourCall));
    }
    for world in [World::invited(), World::ringing()] {
        assert_eq!(blind(&world, ALICE, "carol", free), Err(ErrorCode::BadState));
        assert_eq!(blind(&world, "alice/laptop", "carol", free), Err(ErrorCode::NotYourCall));
    }
}

#[test]
fn a_call_is_handed_over_to_a_third_person_only() {
    let world = World::active();
    for (who, to) in [(DESK, "alice"), (DESK, "bob"), (ALICE, "bob"), (ALICE, "alice")] {
        assert_eq!(blind(&world, who, to, Availability::Free), Err(ErrorCode::BadState), "{who} to {to}");
    }
}

#[test]
fn towards_somebody_who_is_busy_nothing_is_handed_over() {
    assert_eq!(blind(&World::active(), DESK, "carol", Availability::Busy), Err(ErrorCode::Busy));
}

#[test]
fn towards_somebody_who_does_not_answer_or_has_blocked_them_it_ends_as_any_such_call() {
    let world = World::active();
    let mut new = go_on(&world, &handed(&world, DESK, "carol"));
    assert_eq!(new.wait_s(20), GIVEN_UP);
    assert_eq!(new.see(ALICE), "ended, active, unreachable");
    assert_eq!(new.history(), ["alice: unanswered, 0 s, alice's phone", "carol: missed, 0 s, -"]);

    let who = address(DESK);
    let caller = transferable(&world.record, &who, world.now).unwrap().unwrap();
    let screened = Some(Screened { why: Screening::Blocked, rings_at: None, told: false });
    let new = NewCall { id: id(9), caller, screened, ..new_call(ALICE, "carol", &[]) };
    let (by, free) = ("Bob".into(), Availability::Free);
    let handover = transfer_to(&world.record, &who, by, new, free, world.now, &world.timers);
    let handover = handover.unwrap().unwrap();
    assert_eq!(handover.new.effects, [Effect::Publish]);
    let new = go_on(&world, &handover);
    assert_eq!(
        (new.see(ALICE), new.see(CAROL)),
        ("inviting, active, 20000 ms left".into(), "nothing".into())
    );
}

/// Row 40.
#[test]
fn a_transfer_that_is_said_again_has_one_effect_and_one_that_crosses_the_hang_up_none() {
    let mut world = World::active();
    world.record = handed(&world, DESK, "carol").ended[0].record.clone();
    let free = Availability::Free;
    assert_eq!(blind(&world, DESK, "carol", free), Ok(None));
    assert_eq!(blind(&world, ALICE, "carol", free), Err(ErrorCode::CallEnded), "it was not her");
    assert_eq!(world.hang_up(ALICE), UNCHANGED, "nor does it matter that she hangs up now");

    let mut world = World::active();
    world.hang_up(ALICE).unwrap();
    assert_eq!(blind(&world, DESK, "carol", free), Err(ErrorCode::CallEnded));
}

#[test]
fn who_is_gone_cannot_be_handed_over_and_who_is_away_for_a_moment_has_15_s_to_find_the_new_call() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.wait_s(7);
    let mut new = go_on(&world, &handed(&world, DESK, "carol"));
    new.ring(CAROL).unwrap();
    assert_eq!(new.wait_s(14), []);
    assert_eq!(new.back(ALICE), told(&[]));
    world.wait_s(1);
    assert_eq!(world.see(DESK), "active, active, peer lost");
    assert_eq!(blind(&world, DESK, "carol", Availability::Free), Err(ErrorCode::Unreachable));

    let mut world = World::active();
    world.leave(ALICE).unwrap();
    assert_eq!(blind(&world, DESK, "carol", Availability::Free), Err(ErrorCode::Unreachable));
}

#[test]
fn an_attended_transfer_connects_the_two_who_talked_to_the_same_device() {
    let mut world = World::active();
    world.wait_s(30);
    let handover = attended(&world, &second_call(START + Duration::from_secs(10))).unwrap().unwrap();
    assert_eq!(reasons(&handover.ended), [EndReason::Transferred; 2]);
    let seconds = |step: &Step| step.record.end().unwrap().duration().unwrap().as_secs();
    assert_eq!(handover.ended.iter().map(seconds).collect::<Vec<_>>(), [30, 20]);
    assert_eq!(handover.new.effects, [Effect::Publish]);

    let mut new = go_on(&world, &handover);
    assert_eq!(new.see(ALICE), "connecting, active");
    assert_eq!(new.see(CAROL), "connecting, active");
    assert_eq!(new.see(DESK), "nothing");
    assert_eq!(new.see("carol/tablet"), "connecting, elsewhere, on carol's phone");
    assert_eq!(new.record.generation, Gen(0));
    assert_eq!(new.record.peer_of(&address(ALICE)), Some(&address(CAROL)));
    assert_eq!(origin(&new, ALICE), (Some(call_id()), Some("Bob".into())));
    assert_eq!(origin(&new, CAROL), (Some(id(2)), Some("Bob".into())));

    new.wait_s(29);
    assert_eq!(new.connected(CAROL), told(&[Effect::Publish]));
    new.wait_s(4);
    new.hang_up(CAROL).unwrap();
    assert_eq!(new.history(), ["alice: answered, 4 s, alice's phone", "carol: answered, 4 s, carol's phone"]);
}

#[test]
fn an_attended_transfer_needs_two_answered_calls_of_one_device_with_two_people() {
    let world = World::active();
    let second = second_call(START);
    let new = NewCall { id: id(2), ..new_call(DESK, "carol", &BOTH) };
    let unanswered = create(new, Availability::Free, START, &world.timers).record;
    assert_eq!(attended(&world, &unanswered), Err(ErrorCode::BadState));
    assert_eq!(attended(&World::ringing(), &second), Err(ErrorCode::BadState));
    assert_eq!(attended(&world, &world.record), Err(ErrorCode::BadState), "with herself");
    let mut other_device = World::active();
    other_device.take(PHONE).unwrap();
    assert_eq!(attended(&other_device, &second), Err(ErrorCode::AnsweredElsewhere));

    let handover = attended(&world, &second).unwrap().unwrap();
    let (first, second) = (&handover.ended[0].record, &handover.ended[1].record);
    assert_eq!(attended(&World::of(first.clone(), START), second), Ok(None), "said again");
    assert_eq!(attended(&world, second), Err(ErrorCode::CallEnded));
}

#[test]
fn a_connected_call_both_of_whose_devices_are_away_waits_for_them() {
    let mut world = World::active();
    let mut second = World::of(second_call(START), START);
    world.lose(ALICE).unwrap();
    second.lose(CAROL).unwrap();
    let mut new = go_on(&world, &attended(&world, &second.record).unwrap().unwrap());
    assert_eq!(new.wait_s(60), [Effect::Publish]);
    assert_eq!(new.back(ALICE), told(&[Effect::Publish]));
    assert_eq!(new.back(CAROL), told(&[Effect::Publish]));
    assert_eq!(new.connected(ALICE), told(&[Effect::Publish]));
}

#[test]
fn the_record_of_a_call_that_was_handed_over_reads_as_it_was_written() {
    let handover = attended(&World::active(), &second_call(START)).unwrap().unwrap();
    for record in [&handover.new.record, &handover.ended[0].record] {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), *record);
    }
}
