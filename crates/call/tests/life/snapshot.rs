//! The whole of what devices are told.

use visavis_proto::{CallState, CallView, EndReason, HistoryEntry, Rev, Role, You};
use visavis_proto::{Direction, MediaKind, Outcome};

use crate::world::*;

/// Row 39: all times are relative.
#[test]
fn the_caller_is_told_how_long_it_still_rings_and_nothing_of_the_devices() {
    let mut world = World::invited();
    world.wait_s(5);
    let expected = CallView {
        expires_in_ms: Some(15_000),
        ..plain_view(Role::Caller, CallState::Inviting, You::Active)
    };
    assert_eq!(world.view(ALICE), Some(expected));
}

#[test]
fn a_ringing_device_is_told_which_device_calls() {
    let world = World::invited();
    let expected = CallView {
        expires_in_ms: Some(20_000),
        ..plain_view(Role::Callee, CallState::Inviting, You::Ringing)
    };
    assert_eq!(world.view(DESK), Some(expected));
}

#[test]
fn after_the_answer_the_caller_knows_the_device_that_answered() {
    let world = World::connecting();
    let mut expected =
        CallView { rev: Rev(3), ..plain_view(Role::Caller, CallState::Connecting, You::Active) };
    expected.peer.address = Some(address(DESK));
    assert_eq!(world.view(ALICE), Some(expected));
}

#[test]
fn another_device_of_the_callee_is_told_where_the_call_was_answered_and_for_how_long_it_goes_on() {
    let mut world = World::active();
    world.wait_s(12);
    let expected = CallView {
        rev: Rev(4),
        answered_on: Some("bob's desk".into()),
        active_ms: Some(12_000),
        ..plain_view(Role::Callee, CallState::Active, You::Elsewhere)
    };
    assert_eq!(world.view(PHONE), Some(expected));
}

#[test]
fn the_end_tells_reason_and_duration_and_nobody_is_lost_any_more() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.wait_s(9);
    world.hang_up(DESK).unwrap();
    let expected = CallView {
        rev: Rev(7),
        reason: Some(EndReason::Hangup),
        duration_ms: Some(9_000),
        ..plain_view(Role::Callee, CallState::Ended, You::Active)
    };
    assert_eq!(world.view(DESK), Some(expected));
}

#[test]
fn history_is_told_relative_to_its_reading() {
    let mut world = World::active();
    world.wait_s(30);
    world.hang_up(DESK).unwrap();
    world.wait_s(60);
    let rows = visavis_call::history(&world.record);
    let entries: Vec<HistoryEntry> = rows.into_iter().map(|row| row.entry(world.now)).collect();
    let alice = HistoryEntry {
        call: call_id(),
        peer: "bob".parse().unwrap(),
        peer_name: "Bob".into(),
        direction: Direction::Out,
        outcome: Outcome::Answered,
        reason: EndReason::Hangup,
        media: vec![MediaKind::Audio],
        started_ago_ms: 90_000,
        duration_ms: 30_000,
        device_name: Some("alice's phone".into()),
        quiet: false,
        request: false,
        unseen: false,
        guest: None,
        recordings: Vec::new(),
    };
    let bob = HistoryEntry {
        peer: "alice".parse().unwrap(),
        peer_name: "Alice".into(),
        direction: Direction::In,
        device_name: Some("bob's desk".into()),
        ..alice.clone()
    };
    assert_eq!(entries, [alice, bob]);
}
