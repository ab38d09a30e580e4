//! Row 1: both call at once.

use visavis_call::{Effect, Pair};
use visavis_proto::{ErrorCode, MediaKind};

use crate::world::*;

const ANSWERED: [Effect; 2] = [Effect::Publish, Effect::StopAlerting];

#[test]
fn an_invite_back_answers_the_first_call() {
    for mut world in [World::invited(), World::ringing()] {
        assert_eq!(world.invite_back(PHONE, &[MediaKind::Audio]), told(&ANSWERED));
        assert_eq!(world.see(ALICE), "connecting, active");
        assert_eq!(world.see(PHONE), "connecting, active");
        assert_eq!(world.see(DESK), "connecting, elsewhere, on bob's phone");
    }
}

#[test]
fn a_merge_never_turns_on_a_camera() {
    let mut world = World::invited();
    world.invite_back(PHONE, &[MediaKind::Audio, MediaKind::Video]).unwrap();
    assert_eq!(world.record.media, [MediaKind::Audio], "alice asked for her voice only");
    assert_eq!(world.record.answer().unwrap().media, [MediaKind::Audio, MediaKind::Video]);

    let video = new_call(ALICE, "bob", &[MediaKind::Audio, MediaKind::Video]);
    let (mut world, _) = World::with(video, visavis_call::Availability::Free);
    world.invite_back(PHONE, &[MediaKind::Audio]).unwrap();
    assert_eq!(world.record.answer().unwrap().media, [MediaKind::Audio], "bob asked for his voice only");
}

/// Row 40.
#[test]
fn an_invite_back_that_is_sent_again_is_merged_again_without_effect() {
    let mut world = World::invited();
    world.invite_back(PHONE, &[MediaKind::Audio]).unwrap();
    assert_eq!(world.invite_back(PHONE, &[MediaKind::Audio]), UNCHANGED);
}

#[test]
fn an_invite_between_two_who_are_in_a_call_is_no_glare() {
    let mut world = World::active();
    let before = world.record.clone();
    for who in [PHONE, ALICE, "alice/laptop", CAROL] {
        assert_eq!(world.invite_back(who, &[MediaKind::Audio]), Err(ErrorCode::YouBusy), "{who}");
    }
    assert_eq!(World::invited().invite_back(ALICE, &[MediaKind::Audio]), Err(ErrorCode::YouBusy));
    assert_eq!(world.record, before);
}

#[test]
fn a_stale_pair_does_not_hold_up_a_new_call() {
    let mut world = World::ringing();
    world.hang_up(ALICE).unwrap();
    assert_eq!(world.invite_back(PHONE, &[MediaKind::Audio]), Err(ErrorCode::CallEnded));
}

#[test]
fn a_pair_has_one_name_whoever_calls_and_no_two_pairs_share_it() {
    let user = |name: &str| name.parse().unwrap();
    let pair = |one: &str, other: &str| Pair::of(&user(one), &user(other)).to_string();
    assert_eq!(pair("alice", "bob"), "alice/bob");
    assert_eq!(pair("bob", "alice"), "alice/bob");
    assert_eq!(pair("bob", "bob"), "bob/bob");
    assert_ne!(pair("a", "b.c"), pair("a.b", "c"));
    assert_eq!(Pair::of_call(&World::invited().record).to_string(), "alice/bob");
}
