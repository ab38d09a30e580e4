//! Who answers, and the way to media.

use visavis_call::Effect;
use visavis_proto::{ErrorCode, Gen, MediaKind, Route};

use crate::world::*;

/// Row 4.
#[test]
fn the_first_device_to_accept_wins_and_the_others_learn_where() {
    let mut world = World::ringing();
    assert_eq!(world.accept(DESK), told(&[Effect::Publish, Effect::StopAlerting]));
    assert_eq!(world.see(ALICE), "connecting, active");
    assert_eq!(world.see(DESK), "connecting, active");
    assert_eq!(world.see(PHONE), "connecting, elsewhere, on bob's desk");
    assert_eq!(world.see(TABLET), "connecting, elsewhere, on bob's desk");

    world.connected(ALICE).unwrap();
    world.wait_s(5);
    world.hang_up(ALICE).unwrap();
    assert_eq!(world.see(PHONE), "ended, elsewhere, on bob's desk, hangup, after 5000 ms");
    assert_eq!(world.history(), ["alice: answered, 5 s, alice's phone", "bob: answered, 5 s, bob's desk"]);
}

/// Rows 4 and 8.
#[test]
fn a_device_that_accepts_second_is_told_that_another_has_answered() {
    for mut world in [World::connecting(), World::active()] {
        let before = world.record.clone();
        assert_eq!(world.accept(PHONE), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(world.ring(PHONE), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(world.connected(PHONE), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(world.record, before);
    }
}

/// Rows 8 and 55: both stepped from the same record; the store lets one commit, the other steps again.
#[test]
fn of_two_accepts_from_the_same_record_the_one_that_commits_second_has_lost() {
    let mut world = World::ringing();
    let mut other_node = World::ringing();
    assert_eq!(world.accept(DESK), other_node.accept(PHONE));
    other_node.record = world.record.clone();
    assert_eq!(other_node.accept(PHONE), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(other_node.accept(DESK), UNCHANGED);
}

/// Row 40.
#[test]
fn an_accept_that_is_sent_again_has_one_effect() {
    let mut world = World::connecting();
    assert_eq!(world.accept(DESK), UNCHANGED);
    assert_eq!(world.ring(DESK), UNCHANGED, "an overtaken ringing is as harmless");
    world.connected(DESK).unwrap();
    assert_eq!(world.accept(DESK), UNCHANGED);
}

#[test]
fn a_device_may_accept_without_having_rung() {
    let mut world = World::invited();
    assert_eq!(world.accept(TABLET), told(&[Effect::Publish, Effect::StopAlerting]));
    assert_eq!(world.see(ALICE), "connecting, active");
}

#[test]
fn what_the_callee_sends_is_recorded_beside_what_the_caller_asked_for() {
    let mut world = World::ringing();
    let media = vec![MediaKind::Video, MediaKind::Audio, MediaKind::Audio];
    world.event(visavis_call::Event::Accept { leg: leg(DESK), media }).unwrap();
    assert_eq!(world.record.answer().unwrap().media, [MediaKind::Audio, MediaKind::Video]);
    assert_eq!(world.record.media, [MediaKind::Audio]);
}

/// Row 5.
#[test]
fn an_accept_after_the_cancel_learns_that_the_call_has_ended() {
    let mut world = World::ringing();
    assert_eq!(world.hang_up(ALICE), told(&GIVEN_UP));
    assert_eq!(world.accept(DESK), Err(ErrorCode::CallEnded));
    assert_eq!(world.see(DESK), "ended, ringing, cancelled");
    assert_eq!(world.see(ALICE), "ended, active, cancelled");
}

/// Row 5.
#[test]
fn a_cancel_after_the_accept_is_a_hang_up_and_both_are_told_the_same() {
    let mut world = World::connecting();
    assert_eq!(world.hang_up(ALICE), told(&OVER));
    assert_eq!(world.see(ALICE), "ended, active, hangup");
    assert_eq!(world.see(DESK), "ended, active, hangup");
    assert_eq!(world.history(), ["alice: failed, 0 s, alice's phone", "bob: failed, 0 s, bob's desk"]);
}

#[test]
fn the_first_report_of_media_makes_the_call_active_and_later_ones_change_nothing() {
    for first in [ALICE, DESK] {
        let mut world = World::connecting();
        world.wait_s(2);
        assert_eq!(world.connected(first), told(&[Effect::Publish]));
        assert_eq!(world.see(ALICE), "active, active");
        assert_eq!(world.connected(ALICE), UNCHANGED);
        let late = visavis_call::Event::Connected { who: address(DESK), route: Route::RelayTls };
        assert_eq!(world.event(late), UNCHANGED);
        assert_eq!(world.connected(CAROL), Err(ErrorCode::NotYourCall));
    }
}

/// Row 30.
#[test]
fn a_call_without_media_fails_30_s_after_the_answer() {
    let mut world = World::connecting();
    assert_eq!(world.wait_s(29), []);
    assert_eq!(world.wait_s(1), OVER);
    assert_eq!(world.see(ALICE), "ended, active, media_failed");
    assert_eq!(world.see(PHONE), "ended, elsewhere, on bob's desk, media_failed");
    assert_eq!(world.history(), ["alice: failed, 0 s, alice's phone", "bob: failed, 0 s, bob's desk"]);
}

/// Invariant: a call that has media is not ended because nobody said so.
#[test]
fn a_call_that_has_media_unreported_is_given_more_time() {
    let mut world = World::connecting();
    world.media_flows = true;
    assert_eq!(world.wait_s(31), []);
    assert_eq!(world.see(ALICE), "connecting, active");
    world.media_flows = false;
    assert_eq!(world.wait_s(29), OVER);
}

/// Row 9.
#[test]
fn a_call_to_oneself_rings_the_other_devices_and_is_carried_by_device() {
    let to_oneself = new_call("bob/desk", "bob", &[MediaKind::Audio]);
    let (mut world, _) = World::with(to_oneself, visavis_call::Availability::Free);
    assert_eq!(world.see(DESK), "inviting, active, 20000 ms left");
    assert_eq!(world.see(TABLET), "inviting, ringing, 20000 ms left");
    assert_eq!(world.accept(DESK), Err(ErrorCode::BadState), "the calling device cannot answer itself");
    world.ring(TABLET).unwrap();
    world.accept(TABLET).unwrap();
    assert_eq!(world.record.peer_of(&address(DESK)), Some(&address(TABLET)));
    assert_eq!(world.record.peer_of(&address(TABLET)), Some(&address(DESK)));
    assert_eq!(world.see(PHONE), "connecting, elsewhere, on bob's tablet");
    world.connected(TABLET).unwrap();
    world.wait_s(3);
    world.hang_up(TABLET).unwrap();
    assert_eq!(world.history(), ["bob: answered, 3 s, bob's desk"], "one person, one row");
}

#[test]
fn payloads_go_only_between_the_two_legs_once_there_are_two() {
    let world = World::ringing();
    for device in [ALICE, DESK, PHONE, CAROL] {
        assert_eq!(world.record.peer_of(&address(device)), None, "{device} before the answer");
    }
    let world = World::active();
    assert_eq!(world.record.peer_of(&address(ALICE)), Some(&address(DESK)));
    assert_eq!(world.record.peer_of(&address(DESK)), Some(&address(ALICE)));
    for device in [PHONE, CAROL, "alice/laptop"] {
        assert_eq!(world.record.peer_of(&address(device)), None, "{device} after it");
    }
}

/// Row 15.
#[test]
fn a_reloaded_tab_gets_a_new_generation_once() {
    let mut world = World::active();
    assert_eq!(world.renew(DESK, 0), told(&[Effect::Publish]));
    assert_eq!(world.renew(DESK, 0), UNCHANGED);
    assert_eq!(world.record.generation, Gen(1));
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.renew(PHONE, 1), Err(ErrorCode::AnsweredElsewhere));
    assert_eq!(world.renew(CAROL, 1), Err(ErrorCode::NotYourCall));
    assert_eq!(World::ringing().renew(ALICE, 0), UNCHANGED, "before the answer there is nothing to replace");
}

/// Row 15.
#[test]
fn two_tabs_that_are_reloaded_at_once_meet_in_one_generation() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.lose(DESK).unwrap();
    world.wait_s(1);
    world.back(ALICE).unwrap();
    world.back(DESK).unwrap();
    assert_eq!(world.renew(ALICE, 0), told(&[Effect::Publish]));
    assert_eq!(world.renew(DESK, 0), UNCHANGED);
    assert_eq!(world.record.generation, Gen(1));
    assert_eq!(world.renew(DESK, 1), told(&[Effect::Publish]), "it was reloaded once more");
    assert_eq!(world.renew(ALICE, 0), UNCHANGED, "said again, late");
    assert_eq!(world.renew(ALICE, 7), UNCHANGED, "of a peer connection that never was");
    assert_eq!(world.record.generation, Gen(2));
}

/// Row 15.
#[test]
fn the_callers_other_device_cannot_resume_what_it_does_not_carry() {
    let mut world = World::active();
    assert_eq!(world.renew("alice/laptop", 0), Err(ErrorCode::AnsweredElsewhere));
    world.hang_up(DESK).unwrap();
    assert_eq!(world.renew(DESK, 0), Err(ErrorCode::CallEnded));
}

/// Rows 15 and 30.
#[test]
fn a_tab_reloaded_while_connecting_has_30_s_again() {
    let mut world = World::connecting();
    world.wait_s(20);
    world.renew(ALICE, 0).unwrap();
    assert_eq!(world.wait_s(29), []);
    assert_eq!(world.wait_s(1), OVER);
}
