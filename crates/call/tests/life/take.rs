//! Row 19: a call moves to another device of one of its people.

use visavis_call::{Availability, Effect};
use visavis_proto::{DeviceId, ErrorCode, Gen, MediaKind, RelayKind};

use crate::world::*;

const LAPTOP: &str = "alice/laptop";

#[test]
fn another_device_of_either_person_takes_the_call_and_the_first_one_sees_where_it_went() {
    let mut world = World::active();
    world.wait_s(10);
    assert_eq!(world.take(TABLET), told(&[Effect::Publish]));
    assert_eq!(world.record.generation, Gen(1));
    assert_eq!(world.see(TABLET), "active, active");
    assert_eq!(world.see(DESK), "active, elsewhere, on bob's tablet");
    assert_eq!(world.see(PHONE), "active, elsewhere, on bob's tablet");
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.view(ALICE).unwrap().peer.address, Some(address(TABLET)));

    assert_eq!(world.take(LAPTOP), told(&[Effect::Publish]));
    assert_eq!(world.record.generation, Gen(2));
    assert_eq!(world.see(ALICE), "active, elsewhere, on alice's laptop");
    assert_eq!(world.see(TABLET), "active, active");
    assert_eq!(world.view(TABLET).unwrap().peer.address, Some(address(LAPTOP)));

    world.wait_s(10);
    world.hang_up(LAPTOP).unwrap();
    assert_eq!(world.see(ALICE), "ended, elsewhere, on alice's laptop, hangup, after 20000 ms");
    assert_eq!(
        world.history(),
        ["alice: answered, 20 s, alice's laptop", "bob: answered, 20 s, bob's tablet"]
    );
}

#[test]
fn the_callers_other_devices_learn_of_a_call_when_it_is_answered() {
    let mut world = World::ringing();
    assert_eq!(world.see(LAPTOP), "nothing");
    assert_eq!(world.take(LAPTOP), Err(ErrorCode::NotYourCall));
    world.accept(DESK).unwrap();
    assert_eq!(world.see(LAPTOP), "connecting, elsewhere, on alice's phone");
    let mut unanswered = World::ringing();
    unanswered.hang_up(ALICE).unwrap();
    assert_eq!(unanswered.see(LAPTOP), "nothing", "and of one that never was, nothing");
}

#[test]
fn only_an_answered_call_that_goes_on_can_be_taken_and_only_by_its_people() {
    for mut world in [World::invited(), World::ringing()] {
        assert_eq!(world.take(PHONE), Err(ErrorCode::BadState));
        assert_eq!(world.take(ALICE), Err(ErrorCode::BadState));
        assert_eq!(world.take(CAROL), Err(ErrorCode::NotYourCall));
    }
    for mut world in [World::connecting(), World::active()] {
        assert_eq!(world.take(CAROL), Err(ErrorCode::NotYourCall));
        world.hang_up(ALICE).unwrap();
        assert_eq!(world.take(PHONE), Err(ErrorCode::CallEnded), "a take that crosses the hang-up");
        assert_eq!(world.take(LAPTOP), Err(ErrorCode::CallEnded));
    }
}

/// Row 40.
#[test]
fn a_take_that_is_said_again_has_one_effect() {
    let mut world = World::active();
    world.take(PHONE).unwrap();
    assert_eq!(world.take(PHONE), UNCHANGED);
    assert_eq!(world.take_seen(PHONE, 0), UNCHANGED);
    assert_eq!(world.take(ALICE), UNCHANGED, "who has the call has it already");
}

/// Row 55: both saw the same peer connection; the second to commit steps again.
#[test]
fn of_two_devices_that_take_a_call_at_once_the_first_has_it() {
    let mut world = World::active();
    let mut other_node = World::active();
    assert_eq!(world.take_seen(PHONE, 0), other_node.take_seen(TABLET, 0));
    other_node.record = world.record.clone();
    assert_eq!(other_node.take_seen(TABLET, 0), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(other_node.see(TABLET), "active, elsewhere, on bob's phone");
    assert_eq!(other_node.take_seen(TABLET, 1), told(&[Effect::Publish]), "its user wants it all the same");
    assert_eq!(world.take_seen(PHONE, 0), UNCHANGED);
    world.record = other_node.record.clone();
    assert_eq!(world.take_seen(PHONE, 0), Err(ErrorCode::AnsweredElsewhere), "said again too late");
}

#[test]
fn both_people_may_take_the_call_at_once_and_both_have_it() {
    let mut world = World::active();
    assert_eq!(world.take_seen(LAPTOP, 0), told(&[Effect::Publish]));
    assert_eq!(world.take_seen(PHONE, 0), told(&[Effect::Publish]));
    assert_eq!(world.record.generation, Gen(2));
    assert_eq!(world.see(LAPTOP), "active, active");
    assert_eq!(world.see(PHONE), "active, active");
}

#[test]
fn a_take_while_connecting_gives_the_new_device_its_30_s() {
    for who in [PHONE, LAPTOP] {
        let mut world = World::connecting();
        world.wait_s(29);
        world.take(who).unwrap();
        assert_eq!(world.see(who), "connecting, active");
        assert_eq!(world.wait_s(29), []);
        assert_eq!(world.connected(who), told(&[Effect::Publish]));
        assert_eq!(world.see(who), "active, active");
    }
    let mut world = World::connecting();
    world.take(PHONE).unwrap();
    assert_eq!(world.wait_s(30), OVER);
    assert_eq!(world.see(PHONE), "ended, active, media_failed");
}

#[test]
fn the_device_that_took_the_call_reports_media_and_the_one_that_had_it_does_not() {
    let mut world = World::active();
    world.take(PHONE).unwrap();
    assert_eq!(world.connected(PHONE), UNCHANGED, "the call has been active all the while");
    assert_eq!(world.connected(DESK), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(world.renew(DESK, 1), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(world.renew(PHONE, 1), told(&[Effect::Publish]));
}

#[test]
fn the_device_that_had_the_call_can_neither_end_nor_lose_it() {
    let mut world = World::active();
    world.take(PHONE).unwrap();
    let before = world.record.clone();
    assert_eq!(world.hang_up(DESK), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(world.lose(DESK), UNCHANGED);
    assert_eq!(world.back(DESK), UNCHANGED);
    assert_eq!(world.record, before);
    assert_eq!(world.wait_s(300), []);
}

#[test]
fn a_call_may_be_taken_from_a_device_that_is_lost_and_its_grace_is_over() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.wait_s(30);
    assert_eq!(world.see(ALICE), "active, active, peer lost");
    assert_eq!(world.take(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.wait_s(300), []);
    world.lose(PHONE).unwrap();
    assert_eq!(world.wait_s(67), [Effect::Publish], "the new device has a full grace of its own");
    assert_eq!(world.wait_s(1), OVER);
}

#[test]
fn a_take_while_the_other_side_is_lost_leaves_its_grace_as_it_is_counted_anew() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.wait_s(20);
    world.take(PHONE).unwrap();
    assert_eq!(world.see(PHONE), "active, active, peer lost");
    assert_eq!(world.wait_s(59), []);
    assert_eq!(world.wait_s(1), OVER);
}

#[test]
fn a_call_that_was_taken_may_be_taken_back() {
    let mut world = World::active();
    world.take(PHONE).unwrap();
    assert_eq!(world.take(DESK), told(&[Effect::Publish]));
    assert_eq!(world.record.generation, Gen(2));
    assert_eq!(world.see(PHONE), "active, elsewhere, on bob's desk");
}

#[test]
fn payloads_follow_the_call_to_the_device_that_took_it() {
    let mut world = World::active();
    world.take(PHONE).unwrap();
    world.take(LAPTOP).unwrap();
    let goes = |from: &str, to: Option<&str>| {
        let to: Option<DeviceId> = to.map(|device| device.parse().unwrap());
        world.record.recipient(&address(from), to.as_ref(), RelayKind::Offer).map(ToString::to_string)
    };
    assert_eq!(goes(LAPTOP, None), Ok(PHONE.into()));
    assert_eq!(goes(PHONE, None), Ok(LAPTOP.into()));
    assert_eq!(goes(ALICE, None), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(goes(DESK, None), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(goes(LAPTOP, Some("desk")), Err(ErrorCode::AnsweredElsewhere));
}

/// Row 9: of a call between two devices of one person, a third takes the answered end.
#[test]
fn in_a_call_to_oneself_a_third_device_takes_the_end_that_answered() {
    let to_oneself = new_call("bob/desk", "bob", &[MediaKind::Audio]);
    let (mut world, _) = World::with(to_oneself, Availability::Free);
    world.accept(TABLET).unwrap();
    world.connected(DESK).unwrap();
    assert_eq!(world.take(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(PHONE), "active, active");
    assert_eq!(world.see(TABLET), "active, elsewhere, on bob's phone");
    assert_eq!(world.see(DESK), "active, active");
    assert_eq!(world.take(DESK), UNCHANGED);
    world.hang_up(DESK).unwrap();
    assert_eq!(world.history(), ["bob: answered, 0 s, bob's desk"]);
}

#[test]
fn what_the_new_device_sends_is_recorded_in_place_of_what_the_old_one_did() {
    let mut world = World::active();
    let media = vec![MediaKind::Video, MediaKind::Audio];
    world.event(visavis_call::Event::Take { leg: leg(PHONE), media, seen: None }).unwrap();
    assert_eq!(world.record.answer().unwrap().media, [MediaKind::Audio, MediaKind::Video]);
    assert_eq!(world.record.media, [MediaKind::Audio], "what was asked for is history");
}
