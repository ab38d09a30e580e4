//! Hanging up, and what follows the end.

use visavis_call::{Event, deadline};
use visavis_proto::{EndReason, ErrorCode, Role};

use crate::world::*;

#[test]
fn the_same_verb_cancels_declines_and_hangs_up() {
    for (mut world, who, reason, by) in [
        (World::invited(), ALICE, EndReason::Cancelled, Role::Caller),
        (World::ringing(), ALICE, EndReason::Cancelled, Role::Caller),
        (World::invited(), PHONE, EndReason::Rejected, Role::Callee),
        (World::ringing(), TABLET, EndReason::Rejected, Role::Callee),
        (World::connecting(), ALICE, EndReason::Hangup, Role::Caller),
        (World::connecting(), DESK, EndReason::Hangup, Role::Callee),
        (World::active(), ALICE, EndReason::Hangup, Role::Caller),
        (World::active(), DESK, EndReason::Hangup, Role::Callee),
    ] {
        let answered = world.record.answer().is_some();
        assert_eq!(world.hang_up(who), told(if answered { &OVER } else { &GIVEN_UP }));
        let end = world.record.end().unwrap();
        assert_eq!((end.reason, end.by), (reason, Some(by)), "{who}");
    }
}

#[test]
fn a_device_may_say_why_but_not_in_words_that_are_the_servers() {
    use EndReason::*;
    let all = [
        Hangup,
        Cancelled,
        Rejected,
        Busy,
        NoAnswer,
        Unreachable,
        MediaFailed,
        ConnectionLost,
        Permission,
        IncompatibleMedia,
        Server,
    ];
    let said = |start: fn() -> World, who: &str| {
        all.map(|given| {
            let mut world = start();
            world.hang_up_for(who, given).unwrap();
            world.record.end().unwrap().reason
        })
    };
    assert_eq!(said(World::ringing, ALICE), [Cancelled; 11]);
    assert_eq!(
        said(World::ringing, DESK),
        [
            Rejected, Rejected, Rejected, Busy, Rejected, Rejected, Rejected, Rejected, Rejected, Rejected,
            Rejected
        ]
    );
    for leg in [ALICE, DESK] {
        assert_eq!(
            said(World::active, leg),
            [
                Hangup,
                Hangup,
                Hangup,
                Hangup,
                Hangup,
                Hangup,
                MediaFailed,
                ConnectionLost,
                Permission,
                IncompatibleMedia,
                Hangup
            ]
        );
    }
}

#[test]
fn a_decline_is_one_for_all_devices_and_history_knows_who_declined() {
    let mut world = World::ringing();
    world.hang_up(PHONE).unwrap();
    assert_eq!(world.see(ALICE), "ended, active, rejected");
    assert_eq!(world.see(DESK), "ended, ringing, rejected");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: declined, 0 s, -"]);
}

/// Row 2.
#[test]
fn a_device_that_is_busy_leaves_a_missed_call() {
    let mut world = World::ringing();
    world.hang_up_for(DESK, EndReason::Busy).unwrap();
    assert_eq!(world.see(ALICE), "ended, active, busy");
    assert_eq!(world.history(), ["alice: unanswered, 0 s, alice's phone", "bob: missed, 0 s, -"]);
}

/// Row 13: the server was away when they hung up.
#[test]
fn a_hang_up_that_is_told_late_counts_from_when_it_was() {
    let mut world = World::active();
    world.wait_s(100);
    world.hang_up_ago(ALICE, 70).unwrap();
    assert_eq!(world.view(DESK).unwrap().duration_ms, Some(30_000));
    assert_eq!(world.history(), ["alice: answered, 30 s, alice's phone", "bob: answered, 30 s, bob's desk"]);

    world.hang_up_ago(DESK, 99).unwrap();
    assert_eq!(world.view(ALICE).unwrap().duration_ms, Some(30_000), "the first has decided");
}

#[test]
fn nobody_hangs_up_before_they_were_connected() {
    let mut world = World::active();
    world.wait_s(10);
    world.hang_up_ago(ALICE, u64::MAX / 1_000).unwrap();
    assert_eq!(world.history(), ["alice: answered, 0 s, alice's phone", "bob: answered, 0 s, bob's desk"]);

    let mut unanswered = World::ringing();
    unanswered.hang_up_ago(ALICE, 5).unwrap();
    assert_eq!(unanswered.view(ALICE).unwrap().duration_ms, None);
}

/// Row 6.
#[test]
fn when_both_hang_up_the_first_decides_and_the_second_is_content() {
    let mut world = World::active();
    world.wait_s(12);
    assert_eq!(world.hang_up(DESK), told(&OVER));
    world.wait_s(1);
    let ended = world.record.clone();
    assert_eq!(world.hang_up(ALICE), UNCHANGED);
    assert_eq!(world.hang_up_for(ALICE, EndReason::MediaFailed), UNCHANGED);
    assert_eq!(world.record, ended);
    assert_eq!(world.see(ALICE), "ended, active, hangup, after 12000 ms");
    assert_eq!(world.see(DESK), "ended, active, hangup, after 12000 ms");
}

/// Row 7.
#[test]
fn a_decline_on_another_device_after_the_answer_has_no_effect() {
    for mut world in [World::connecting(), World::active()] {
        let before = world.record.clone();
        assert_eq!(world.hang_up(PHONE), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(world.record, before);
    }
}

#[test]
fn a_decline_ends_what_rings_and_never_what_was_answered() {
    let decline = |world: &mut World, who: &str| world.event(Event::Decline { who: address(who) });
    for mut world in [World::invited(), World::ringing()] {
        assert_eq!(decline(&mut world, ALICE), Err(ErrorCode::BadState));
        decline(&mut world, PHONE).unwrap();
        assert_eq!(world.record.end().unwrap().reason, EndReason::Rejected);
    }
    for mut world in [World::connecting(), World::active()] {
        let before = world.record.clone();
        assert_eq!(decline(&mut world, DESK), Err(ErrorCode::CallEnded));
        assert_eq!(decline(&mut world, PHONE), Err(ErrorCode::AnsweredElsewhere));
        assert_eq!(world.record, before);
    }
}

#[test]
fn nobody_else_can_end_a_call() {
    for mut world in [World::invited(), World::ringing(), World::connecting(), World::active()] {
        // The caller's other devices learn of a call when it is answered, and may take it then.
        let beside = if world.record.answer().is_some() {
            ErrorCode::AnsweredElsewhere
        } else {
            ErrorCode::NotYourCall
        };
        assert_eq!(world.hang_up(CAROL), Err(ErrorCode::NotYourCall));
        assert_eq!(world.hang_up("alice/laptop"), Err(beside));
        assert!(world.record.is_live());
        world.hang_up(ALICE).unwrap();
        assert_eq!(world.hang_up(CAROL), Err(ErrorCode::NotYourCall), "nor learn that it has ended");
    }
}

/// Rows 5 and 40.
#[test]
fn nothing_brings_an_ended_call_back() {
    let mut world = World::active();
    world.hang_up(ALICE).unwrap();
    let ended = world.record.clone();
    for who in [DESK, PHONE] {
        assert_eq!(world.ring(who), Err(ErrorCode::CallEnded));
        assert_eq!(world.accept(who), Err(ErrorCode::CallEnded));
        assert_eq!(world.connected(who), Err(ErrorCode::CallEnded));
        assert_eq!(world.renew(who, 0), Err(ErrorCode::CallEnded));
        assert_eq!(world.lose(who), UNCHANGED);
        assert_eq!(world.back(who), UNCHANGED);
    }
    assert_eq!(world.event(Event::Restarted), UNCHANGED);
    assert_eq!(world.event(Event::Terminate), UNCHANGED);
    assert_eq!(world.event(Event::Tick { media_flows: true }), UNCHANGED);
    assert_eq!(deadline(&world.record, &world.timers), None);
    assert_eq!(world.record, ended);
}

/// Row 52.
#[test]
fn an_administrator_can_end_any_live_call() {
    for (mut world, effects) in [(World::ringing(), &GIVEN_UP[..]), (World::active(), &OVER[..])] {
        assert_eq!(world.event(Event::Terminate), told(effects));
        assert_eq!(world.record.end().unwrap().reason, EndReason::Operator);
    }
    let mut world = World::ringing();
    world.event(Event::Terminate).unwrap();
    assert_eq!(world.history(), ["alice: failed, 0 s, alice's phone", "bob: failed, 0 s, -"]);
}

/// Row 39.
#[test]
fn a_server_clock_that_was_set_back_gives_no_negative_times() {
    let mut world = World::active();
    world.now = visavis_proto::Timestamp(START.0 - 5_000);
    world.hang_up(DESK).unwrap();
    assert_eq!(world.see(ALICE), "ended, active, hangup, after 0 ms");
}

/// Row 52.
#[test]
fn a_call_ends_when_the_account_of_one_of_the_two_is_removed() {
    for mut world in [World::invited(), World::ringing(), World::connecting(), World::active()] {
        world.event(Event::Removed).unwrap();
        assert_eq!(world.record.end().unwrap().reason, EndReason::Policy);
        assert_eq!(world.event(Event::Removed), UNCHANGED);
    }
}
