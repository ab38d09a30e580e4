//! From the invite to the last ring.

use std::time::Duration;

use visavis_call::{Availability, Effect, Timers};
use visavis_proto::{ErrorCode, MediaKind};

use crate::world::*;

#[test]
fn an_invite_is_shown_to_the_caller_and_alerts_all_devices_of_the_callee() {
    let (world, effects) = World::with(new_call(ALICE, "bob", &[MediaKind::Audio]), Availability::Free);
    assert_eq!(effects, [Effect::Publish, Effect::Alert]);
    assert_eq!(world.see(ALICE), "inviting, active, 20000 ms left");
    for device in [DESK, PHONE, TABLET] {
        assert_eq!(world.see(device), "inviting, ringing, 20000 ms left");
    }
    assert_eq!(world.see(CAROL), "nothing");
    assert_eq!(world.see("alice/laptop"), "nothing", "the caller's other devices take no part");
    assert!(world.history().is_empty());
}

#[test]
fn media_asked_for_twice_or_in_another_order_is_the_same_media() {
    let asked = [MediaKind::Video, MediaKind::Audio, MediaKind::Video];
    let (world, _) = World::with(new_call(ALICE, "bob", &asked), Availability::Free);
    assert_eq!(world.record.media, [MediaKind::Audio, MediaKind::Video]);
}

/// Row 2.
#[test]
fn a_call_to_a_busy_callee_is_born_ended_and_a_missed_call() {
    let (mut world, effects) = World::with(new_call(ALICE, "bob", &[MediaKind::Audio]), Availability::Busy);
    assert_eq!(effects, [Effect::WriteHistory, Effect::Publish]);
    assert_eq!(world.see(ALICE), "ended, active, busy");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: missed, 0 s, -"]);
    assert_eq!(world.accept(DESK), Err(ErrorCode::CallEnded));
}

/// Row 3.
#[test]
fn a_callee_none_of_whose_devices_rings_is_unreachable_after_20_s() {
    let mut world = World::invited();
    assert_eq!(world.wait_s(19), []);
    assert_eq!(world.see(ALICE), "inviting, active, 1000 ms left");
    assert_eq!(world.wait_s(1), GIVEN_UP);
    assert_eq!(world.see(ALICE), "ended, active, unreachable");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: missed, 0 s, -"]);
}

/// Row 3.
#[test]
fn it_rings_for_60_s_from_the_first_device_that_rings() {
    let mut world = World::invited();
    world.wait_s(10);
    assert_eq!(world.ring(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, 60000 ms left");
    world.wait_s(30);
    assert_eq!(world.ring(PHONE), UNCHANGED, "a second device does not start the time again");
    assert_eq!(world.wait_s(29), []);
    assert_eq!(world.wait_s(1), GIVEN_UP);
    assert_eq!(world.see(ALICE), "ended, active, no_answer");
    assert_eq!(world.see(DESK), "ended, ringing, no_answer");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: missed, 0 s, -"]);
}

/// Row 3.
#[test]
fn a_late_ring_does_not_stretch_the_call_past_90_s() {
    let timers = Timers { unreachable: Duration::from_secs(50), ..Timers::default() };
    let new = new_call(ALICE, "bob", &[MediaKind::Audio]);
    let mut world = World::with_timers(new, Availability::Free, timers).0;
    world.wait_s(45);
    world.ring(DESK).unwrap();
    assert_eq!(world.see(DESK), "ringing, ringing, 45000 ms left");
    assert_eq!(world.wait_s(45), GIVEN_UP);
    assert_eq!(world.now.since(START).as_secs(), 90);
}

/// Row 3: an operator may let it ring for less time than it waits for a device.
#[test]
fn a_short_ring_time_ends_the_call_although_it_would_have_waited_longer_unheard() {
    let timers = Timers { ring: Duration::from_secs(5), ..Timers::default() };
    let new = new_call(ALICE, "bob", &[MediaKind::Audio]);
    let mut world = World::with_timers(new, Availability::Free, timers).0;
    world.ring(DESK).unwrap();
    assert_eq!(world.see(ALICE), "ringing, active, 5000 ms left");
    assert_eq!(world.wait_s(5), GIVEN_UP);
    assert_eq!(world.see(ALICE), "ended, active, no_answer");
}

#[test]
fn only_the_callee_can_ring_or_answer() {
    for mut world in [World::invited(), World::ringing()] {
        for (who, refusal) in [
            (ALICE, ErrorCode::BadState),
            ("alice/laptop", ErrorCode::NotYourCall),
            (CAROL, ErrorCode::NotYourCall),
        ] {
            assert_eq!(world.ring(who), Err(refusal), "{who}");
            assert_eq!(world.accept(who), Err(refusal), "{who}");
        }
    }
}

#[test]
fn media_before_the_answer_is_refused() {
    let mut world = World::ringing();
    assert_eq!(world.connected(ALICE), Err(ErrorCode::BadState));
    assert_eq!(world.connected(DESK), Err(ErrorCode::BadState));
    assert_eq!(world.connected(CAROL), Err(ErrorCode::NotYourCall));
}

/// Row 16: a tab that is closed while it rings, and one that is reloaded.
#[test]
fn a_caller_who_goes_away_has_15_s_to_come_back() {
    let mut world = World::ringing();
    assert_eq!(world.lose(ALICE), told(&[]));
    assert_eq!(world.wait_s(14), []);
    assert_eq!(world.back(ALICE), told(&[]));
    assert_eq!(world.see(ALICE), "ringing, active, 46000 ms left");

    world.lose(ALICE).unwrap();
    assert_eq!(world.wait_s(15), GIVEN_UP);
    assert_eq!(world.see(DESK), "ended, ringing, cancelled");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: missed, 0 s, -"]);
}

#[test]
fn a_caller_who_goes_away_does_not_make_it_ring_longer() {
    let mut world = World::ringing();
    world.wait_s(55);
    world.lose(ALICE).unwrap();
    assert_eq!(world.wait_s(5), GIVEN_UP);
    assert_eq!(world.see(DESK), "ended, ringing, no_answer");
}

#[test]
fn a_ringing_device_that_goes_away_changes_nothing() {
    let mut world = World::ringing();
    assert_eq!(world.lose(DESK), UNCHANGED);
    assert_eq!(world.back(DESK), UNCHANGED);
    assert_eq!(world.lose(CAROL), UNCHANGED);
}

/// Row 12.
#[test]
fn a_restart_gives_a_ringing_call_at_least_15_s_more() {
    let mut world = World::ringing();
    world.wait_s(58);
    assert_eq!(world.restart_after(Duration::from_secs(3)), told(&[]));
    assert_eq!(world.see(DESK), "ringing, ringing, 15000 ms left");
    world.wait_s(5);
    assert_eq!(world.back(ALICE), told(&[]));
    assert_eq!(world.accept(DESK), told(&[Effect::Publish, Effect::StopAlerting]));
}

/// Row 12.
#[test]
fn a_ringing_call_whose_caller_does_not_return_after_a_restart_is_cancelled() {
    let mut world = World::ringing();
    world.restart_after(Duration::from_secs(1)).unwrap();
    assert_eq!(world.wait_s(14), []);
    assert_eq!(world.wait_s(1), GIVEN_UP);
    assert_eq!(world.see(DESK), "ended, ringing, cancelled");
}

/// Row 12: it was down for longer than a call may ring.
#[test]
fn a_device_that_rings_after_a_long_restart_does_not_end_the_call_by_it() {
    let mut world = World::invited();
    world.restart_after(Duration::from_mins(10)).unwrap();
    world.back(ALICE).unwrap();
    assert_eq!(world.ring(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, 15000 ms left");
}
