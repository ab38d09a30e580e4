//! Calls that outlive their store: rebuilt from the capsules that devices have kept.

use std::time::Duration;

use visavis_call::{Capsule, Effect, Event, Record, Timers, restore};
use visavis_proto::{Epoch, Gen, Rev, Timestamp};

use crate::world::*;

/// The call of `world` in the hands of a device, when it was at revision `rev`.
fn capsule(world: &World, rev: u64) -> Capsule {
    Capsule { rev: Rev(rev), at: world.now, record: world.record.clone() }
}

fn epoch(number: u32) -> Epoch {
    format!("epoch-{number}").parse().unwrap()
}

fn restored_at(current: Option<&Record>, capsule: &Capsule, life: u32, now: Timestamp) -> Option<Record> {
    let step = restore(current, capsule, &epoch(life), now, &Timers::default())?;
    assert_eq!(step.effects, [Effect::Publish]);
    Some(step.record)
}

/// The world in another store, in its `life`th life, one second after the capsule was made.
fn world_from(capsule: &Capsule, life: u32) -> World {
    let mut world = World::active();
    world.now = capsule.at + Duration::from_secs(1);
    world.record = restored_at(None, capsule, life, world.now).expect("a fresh capsule of a live call");
    world
}

/// What `capsule` makes of `world`: whether it took it.
fn take(world: &mut World, capsule: &Capsule, life: u32) -> bool {
    let restored = restored_at(Some(&world.record), capsule, life, world.now);
    let taken = restored.is_some();
    world.record = restored.unwrap_or_else(|| world.record.clone());
    taken
}

#[test]
fn an_active_call_goes_on_in_another_store_and_its_duration_is_whole() {
    let mut old = World::active();
    old.wait_s(100);
    let mut world = world_from(&capsule(&old, 5), 2);
    assert_eq!(world.record.epoch, epoch(2));
    assert_eq!(world.see(ALICE), "active, active");
    world.back(ALICE).unwrap();
    world.back(DESK).unwrap();
    assert_eq!(world.wait_s(300), []);
    assert_eq!(world.hang_up(DESK), told(&OVER));
    assert_eq!(world.see(ALICE), "ended, active, hangup, after 401000 ms");
    assert_eq!(
        world.history(),
        ["alice: answered, 401 s, alice's phone", "bob: answered, 401 s, bob's desk"]
    );
}

#[test]
fn a_call_that_rang_rings_on_and_ends_in_time() {
    let mut old = World::ringing();
    old.wait_s(58);
    let mut world = world_from(&capsule(&old, 3), 2);
    assert_eq!(world.see(DESK), "ringing, ringing, 15000 ms left", "deadlines are extended as at a boot");
    world.back(ALICE).unwrap();
    assert_eq!(world.wait_s(15), GIVEN_UP);
    assert_eq!(world.see(ALICE), "ended, active, no_answer");
}

#[test]
fn a_rebuilt_call_whose_devices_stay_away_ends_as_after_a_boot() {
    let mut world = world_from(&capsule(&World::active(), 5), 2);
    world.back(ALICE).unwrap();
    assert_eq!(world.wait_s(8), [Effect::Publish]);
    assert_eq!(world.see(ALICE), "active, active, peer lost");
    assert_eq!(world.wait_s(60), OVER);
}

#[test]
fn a_newer_capsule_of_the_same_lost_store_replaces_an_older_one_and_not_the_other_way_round() {
    let (rang, answered) = (capsule(&World::ringing(), 3), capsule(&World::connecting(), 4));
    let mut world = world_from(&rang, 2);
    world.back(ALICE).unwrap();
    assert!(take(&mut world, &answered, 2));
    assert_eq!(world.see(PHONE), "connecting, elsewhere, on bob's desk");
    assert!(world.record.caller.signaling.is_here(), "alice has not gone away by it");
    assert!(!take(&mut world, &answered, 2), "the same capsule again says nothing new");
    assert!(!take(&mut world, &rang, 2));
    assert_eq!(world.see(DESK), "connecting, active");
}

#[test]
fn what_has_become_known_since_stays() {
    let (mut old, mut later) = (World::connecting(), World::connecting());
    let mut world = world_from(&capsule(&old, 4), 2);
    world.connected(ALICE).unwrap();
    later.renew(DESK, 0).unwrap();
    assert!(take(&mut world, &capsule(&later, 5), 2));
    assert_eq!(world.see(ALICE), "active, active", "media flows, whatever an older record says");
    assert_eq!(world.record.generation, Gen(1));

    let mut world = world_from(&capsule(&old, 4), 2);
    world.renew(ALICE, 0).unwrap();
    world.renew(ALICE, 1).unwrap();
    old.connected(DESK).unwrap();
    assert!(take(&mut world, &capsule(&old, 5), 2));
    assert_eq!((world.see(DESK).as_str(), world.record.generation), ("active, active", Gen(2)));
}

#[test]
fn whoever_has_answered_since_has_answered() {
    let mut world = world_from(&capsule(&World::ringing(), 3), 2);
    world.accept(PHONE).unwrap();
    let desk_had_answered = capsule(&World::connecting(), 4);
    assert!(!take(&mut world, &desk_had_answered, 2));
    assert_eq!(world.see(DESK), "connecting, elsewhere, on bob's phone");
}

#[test]
fn a_call_that_has_ended_since_has_ended() {
    let mut world = world_from(&capsule(&World::ringing(), 3), 2);
    world.hang_up(ALICE).unwrap();
    assert!(!take(&mut world, &capsule(&World::active(), 9), 2));
    assert_eq!(world.see(DESK), "ended, ringing, cancelled");
}

#[test]
fn a_call_of_this_store_owes_nothing_to_a_capsule() {
    let mut here = World::ringing();
    here.record.epoch = epoch(2);
    assert!(!take(&mut here, &capsule(&World::active(), 9), 2), "it was made here");
    let mut same = World::ringing();
    assert!(!take(&mut same, &capsule(&World::active(), 9), 1), "the store is not lost");
}

#[test]
fn capsules_of_ended_calls_and_of_yesterday_rebuild_nothing() {
    let mut ended = World::active();
    ended.hang_up(ALICE).unwrap();
    assert_eq!(restored_at(None, &capsule(&ended, 6), 2, ended.now), None);
    let old = capsule(&World::active(), 5);
    assert_eq!(restored_at(None, &old, 2, old.at + Duration::from_hours(24)), None);
    assert!(restored_at(None, &old, 2, old.at + Duration::from_hours(23)).is_some());
}

/// The second store counts its revisions anew, so a capsule of it is newer than any of the first.
#[test]
fn a_call_survives_the_loss_of_one_store_after_another() {
    let first = capsule(&World::active(), 900);
    let second = capsule(&world_from(&first, 2), 1);
    let mut world = world_from(&first, 3);
    assert_eq!(world.record.restored.as_ref().unwrap().times, 1);
    assert!(take(&mut world, &second, 3));
    assert_eq!(world.record.restored.as_ref().unwrap().times, 2);
    assert!(!take(&mut world, &first, 3));
    world.back(ALICE).unwrap();
    world.back(DESK).unwrap();
    assert_eq!(world.event(Event::Tick { media_flows: false }), UNCHANGED);
    assert_eq!(world.see(ALICE), "active, active");
}

/// A device that has taken the call is not heard while it is rebuilt from what an older capsule says, and that store is lost,
/// too. Of who has the call the older capsule knows no better for having gone through one store more.
#[test]
fn a_store_in_which_nothing_was_decided_makes_no_old_capsule_newer() {
    let mut old = World::active();
    let desk_has_it = capsule(&old, 12);
    old.take(PHONE).unwrap();
    let phone_has_taken_it = capsule(&old, 13);
    let rebuilt_from_the_older = capsule(&world_from(&desk_has_it, 2), 8);

    let mut world = world_from(&phone_has_taken_it, 3);
    assert!(!take(&mut world, &rebuilt_from_the_older, 3));
    assert_eq!(world.see(PHONE), "active, active");
    let mut world = world_from(&rebuilt_from_the_older, 3);
    assert!(take(&mut world, &phone_has_taken_it, 3));
    assert_eq!(world.see(PHONE), "active, active");
    assert!(!take(&mut world, &rebuilt_from_the_older, 3), "and not back again");

    let mut second = world_from(&desk_has_it, 2);
    second.take(TABLET).unwrap();
    let tablet_has_taken_it = capsule(&second, 9);
    let mut world = world_from(&phone_has_taken_it, 3);
    assert!(take(&mut world, &tablet_has_taken_it, 3), "what was decided in a later store is newer");
    assert_eq!(world.see(TABLET), "active, active");
}
