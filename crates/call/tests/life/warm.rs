//! The warm ring, and where payloads go.

use visavis_call::Effect;
use visavis_proto::{DeviceId, ErrorCode, RelayKind};

use crate::world::*;

/// To whom a payload goes: the address, or the refusal.
fn goes(world: &World, kind: RelayKind, from: &str, to: Option<&str>) -> Result<String, ErrorCode> {
    let to: Option<DeviceId> = to.map(|device| device.parse().unwrap());
    world.record.recipient(&address(from), to.as_ref(), kind).map(ToString::to_string)
}

const SIGNALS: [RelayKind; 3] = [RelayKind::Offer, RelayKind::Answer, RelayKind::Candidate];

/// Bob's desk and phone ring and want an offer; his tablet only rings.
fn warm() -> World {
    let mut world = World::invited();
    world.ring(TABLET).unwrap();
    world.ring_warm(DESK).unwrap();
    world.ring_warm(PHONE).unwrap();
    world
}

#[test]
fn a_device_that_wants_an_offer_is_listed_to_the_caller_and_to_nobody_else() {
    let mut world = World::invited();
    assert_eq!(world.ring_warm(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/desk, 60000 ms left");
    assert_eq!(world.see(DESK), "ringing, ringing, 60000 ms left");
    assert_eq!(world.ring(TABLET), UNCHANGED, "one that does not want it is none of the caller's business");
    assert_eq!(world.ring_warm(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/desk bob/phone, 60000 ms left");
    assert_eq!(world.see("alice/laptop"), "nothing");
    assert_eq!(world.see(PHONE), "ringing, ringing, 60000 ms left");
}

/// Row 40.
#[test]
fn a_device_that_says_twice_that_it_rings_warm_is_listed_once_and_its_newest_word_counts() {
    let mut world = World::invited();
    world.ring_warm(DESK).unwrap();
    assert_eq!(world.ring_warm(DESK), UNCHANGED);
    assert_eq!(world.ring(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, 60000 ms left");
}

#[test]
fn at_most_three_devices_are_warm_and_a_place_that_comes_free_may_be_had() {
    let mut world = warm();
    assert_eq!(world.ring_warm("bob/car"), told(&[Effect::Publish]));
    assert_eq!(world.ring_warm(TABLET), UNCHANGED);
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/desk bob/phone bob/car, 60000 ms left");
    world.lose(PHONE).unwrap();
    assert_eq!(world.ring_warm(TABLET), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/desk bob/car bob/tablet, 60000 ms left");
}

#[test]
fn a_warm_device_that_goes_away_leaves_the_list_until_it_rings_again() {
    let mut world = warm();
    assert_eq!(world.lose(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/phone, 60000 ms left");
    assert_eq!(world.lose(DESK), UNCHANGED);
    assert_eq!(world.back(DESK), UNCHANGED);
    assert_eq!(world.ring_warm(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/phone bob/desk, 60000 ms left");
}

#[test]
fn before_the_answer_payloads_go_between_the_caller_and_the_devices_that_asked_for_them() {
    let world = warm();
    for kind in SIGNALS {
        assert_eq!(goes(&world, kind, ALICE, Some("desk")), Ok(DESK.into()));
        assert_eq!(goes(&world, kind, ALICE, Some("phone")), Ok(PHONE.into()));
        assert_eq!(goes(&world, kind, DESK, None), Ok(ALICE.into()));
        assert_eq!(
            goes(&world, kind, PHONE, Some("phone")),
            Ok(ALICE.into()),
            "alice's device has that name"
        );
    }
    assert!(world.record.passes(&address(ALICE), &address(DESK)));
    assert!(world.record.passes(&address(DESK), &address(ALICE)));
    assert!(!world.record.passes(&address(DESK), &address(PHONE)));
}

#[test]
fn before_the_answer_nothing_else_is_passed_on() {
    let world = warm();
    for kind in SIGNALS {
        assert_eq!(goes(&world, kind, ALICE, None), Err(ErrorCode::BadState), "to whom?");
        assert_eq!(goes(&world, kind, ALICE, Some("tablet")), Err(ErrorCode::BadState), "it did not ask");
        assert_eq!(goes(&world, kind, ALICE, Some("car")), Err(ErrorCode::BadState), "it does not ring");
        assert_eq!(goes(&world, kind, TABLET, None), Err(ErrorCode::BadState));
        assert_eq!(goes(&world, kind, DESK, Some("tablet")), Err(ErrorCode::BadState));
        assert_eq!(goes(&world, kind, "alice/laptop", Some("desk")), Err(ErrorCode::NotYourCall));
        assert_eq!(goes(&world, kind, CAROL, Some("desk")), Err(ErrorCode::NotYourCall));
    }
    let cold = World::ringing();
    for kind in SIGNALS {
        assert_eq!(goes(&cold, kind, ALICE, Some("desk")), Err(ErrorCode::BadState));
        assert_eq!(goes(&cold, kind, DESK, None), Err(ErrorCode::BadState));
    }
}

#[test]
fn what_a_ringing_device_shows_is_told_to_nobody_before_it_has_answered() {
    let mut world = warm();
    assert_eq!(goes(&world, RelayKind::Media, DESK, None), Err(ErrorCode::BadState));
    assert_eq!(goes(&world, RelayKind::Media, ALICE, Some("desk")), Ok(DESK.into()), "the caller has begun");
    world.accept(DESK).unwrap();
    assert_eq!(goes(&world, RelayKind::Media, DESK, None), Ok(ALICE.into()));
}

#[test]
fn after_the_answer_payloads_go_between_the_two_ends_and_late_ones_of_the_others_nowhere() {
    let mut world = warm();
    world.accept(DESK).unwrap();
    assert_eq!(world.see(ALICE), "connecting, active", "nothing is warm any more");
    for kind in SIGNALS.into_iter().chain([RelayKind::Media]) {
        assert_eq!(goes(&world, kind, ALICE, None), Ok(DESK.into()));
        assert_eq!(goes(&world, kind, ALICE, Some("desk")), Ok(DESK.into()));
        assert_eq!(goes(&world, kind, DESK, None), Ok(ALICE.into()));
        assert_eq!(goes(&world, kind, ALICE, Some("phone")), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(goes(&world, kind, PHONE, None), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(goes(&world, kind, CAROL, None), Err(ErrorCode::NotYourCall));
    }
    world.hang_up(ALICE).unwrap();
    assert_eq!(goes(&world, RelayKind::Offer, DESK, None), Err(ErrorCode::CallEnded));
}

/// Row 12.
#[test]
fn after_a_restart_a_device_that_still_rings_warm_says_so_again() {
    let mut world = warm();
    assert_eq!(world.restart_after(std::time::Duration::from_secs(1)), told(&[Effect::Publish]));
    world.back(ALICE).unwrap();
    assert_eq!(world.see(ALICE), "ringing, active, 59000 ms left");
    assert_eq!(world.ring_warm(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, warm bob/phone, 59000 ms left");
}
