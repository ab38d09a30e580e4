//! Devices that go away during an answered call, and servers that do.

use std::time::Duration;

use visavis_call::{Effect, deadline};

use crate::world::*;

/// Row 15.
#[test]
fn a_reload_during_a_call_is_told_to_nobody() {
    let mut world = World::active();
    assert_eq!(world.lose(DESK), told(&[]));
    assert_eq!(world.lose(DESK), UNCHANGED);
    assert_eq!(world.wait_s(7), []);
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.back(DESK), told(&[]));
    assert_eq!(world.back(DESK), UNCHANGED);
    assert_eq!(world.wait_s(300), []);
    assert_eq!(world.see(ALICE), "active, active");
}

/// Rows 10 and 16.
#[test]
fn a_lost_leg_is_told_after_8_s_and_ends_the_call_60_s_later() {
    for (gone, other) in [(DESK, ALICE), (ALICE, DESK)] {
        let mut world = World::active();
        world.wait_s(100);
        world.lose(gone).unwrap();
        assert_eq!(world.wait_s(8), [Effect::Publish]);
        assert_eq!(world.see(other), "active, active, peer lost");
        assert_eq!(world.wait_s(59), []);
        assert_eq!(world.wait_s(1), OVER);
        assert_eq!(world.see(other), "ended, active, connection_lost, after 168000 ms");
        assert_eq!(world.record.end().unwrap().by, None);
    }
}

/// Row 10.
#[test]
fn a_lost_leg_that_comes_back_is_told_and_the_call_goes_on() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.wait_s(20);
    assert_eq!(world.back(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.wait_s(300), []);
}

/// Rows 12 and 13: liveness is signaling or media.
#[test]
fn a_lost_leg_whose_media_flows_does_not_end_the_call() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.media_flows = true;
    assert_eq!(world.wait_s(600), [Effect::Publish], "lost is told once");
    assert_eq!(world.see(ALICE), "active, active, peer lost");
    world.media_flows = false;
    assert_eq!(world.wait_s(68), OVER);
}

/// Row 13.
#[test]
fn the_grace_of_a_lost_leg_runs_only_while_the_other_is_here() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.wait_s(50);
    world.lose(ALICE).unwrap();
    assert_eq!(world.wait_s(600), [Effect::Publish], "now both are lost");
    assert_eq!(world.back(ALICE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "active, active, peer lost");
    assert_eq!(world.wait_s(59), []);
    assert_eq!(world.wait_s(1), OVER);
}

#[test]
fn a_call_both_of_whose_legs_stay_lost_ends_after_an_hour() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.lose(DESK).unwrap();
    assert_eq!(world.wait_s(3599), [Effect::Publish]);
    assert_eq!(world.wait_s(1), OVER);
    assert_eq!(world.see(ALICE), "ended, active, connection_lost, after 3600000 ms");
}

#[test]
fn a_third_device_is_not_missed() {
    let mut world = World::active();
    assert_eq!(world.lose(PHONE), UNCHANGED);
    assert_eq!(world.lose(CAROL), UNCHANGED);
}

/// Row 12.
#[test]
fn a_crash_during_a_call_is_not_noticed_by_people_who_come_back() {
    let mut world = World::active();
    world.wait_s(10);
    assert_eq!(world.restart_after(Duration::from_secs(3)), told(&[]));
    world.wait_s(2);
    assert_eq!(world.back(ALICE), told(&[]));
    assert_eq!(world.back(DESK), told(&[]));
    assert_eq!(world.wait_s(100), []);
    world.hang_up(ALICE).unwrap();
    assert_eq!(world.see(DESK), "ended, active, hangup, after 115000 ms");
}

/// Row 12.
#[test]
fn after_a_restart_a_leg_that_stays_away_has_its_full_grace_from_the_return_of_the_other() {
    let mut world = World::active();
    world.restart_after(Duration::from_mins(10)).unwrap();
    world.wait_s(5);
    world.back(ALICE).unwrap();
    assert_eq!(world.wait_s(3), [Effect::Publish]);
    assert_eq!(world.see(ALICE), "active, active, peer lost");
    assert_eq!(world.wait_s(64), []);
    assert_eq!(world.wait_s(1), OVER);
}

/// Row 12: the media may be up, but nobody can say so.
#[test]
fn a_connecting_call_does_not_fail_while_nobody_can_report_media() {
    let mut world = World::connecting();
    world.wait_s(29);
    world.restart_after(Duration::from_secs(2)).unwrap();
    assert_eq!(world.wait_s(60), [Effect::Publish]);
    world.back(DESK).unwrap();
    assert_eq!(world.see(DESK), "connecting, active, peer lost");
    assert_eq!(world.wait_s(29), []);
    assert_eq!(world.connected(DESK), told(&[Effect::Publish]));
}

#[test]
fn an_answer_to_a_caller_who_is_reloading_waits_for_him() {
    let mut world = World::ringing();
    world.lose(ALICE).unwrap();
    world.wait_s(5);
    world.accept(DESK).unwrap();
    assert_eq!(world.wait_s(3), [Effect::Publish]);
    assert_eq!(world.see(DESK), "connecting, active, peer lost");
    assert_eq!(world.back(ALICE), told(&[Effect::Publish]));
    assert_eq!(world.connected(ALICE), told(&[Effect::Publish]));
}

#[test]
fn a_long_call_is_committed_again_every_hour_and_never_ends_by_itself() {
    let mut world = World::active();
    for _ in 0..100 {
        let due = deadline(&world.record, &world.timers).unwrap();
        let before = world.record.clone();
        assert_eq!(world.wait(due.since(world.now)), []);
        assert_ne!(world.record, before);
    }
    assert_eq!(world.now.since(START), Duration::from_hours(100));
    assert_eq!(world.see(ALICE), "active, active");
}

/// Row 13: the told loss of both is due after the time for media would have been over.
#[test]
fn a_connecting_call_does_not_fail_when_both_are_found_to_be_lost() {
    let mut world = World::connecting();
    world.wait_s(25);
    world.lose(ALICE).unwrap();
    world.lose(DESK).unwrap();
    assert_eq!(world.wait_s(60), [Effect::Publish]);
    assert_eq!(world.back(ALICE), told(&[Effect::Publish]));
    assert_eq!(world.wait_s(30), OVER, "alice could have reported media and has not");
    assert_eq!(world.see(ALICE), "ended, active, media_failed");
}

/// Row 12.
#[test]
fn a_restart_forgets_how_long_a_leg_had_been_away() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.wait_s(7);
    world.restart_after(Duration::from_secs(3)).unwrap();
    world.back(ALICE).unwrap();
    assert_eq!(world.wait_s(7), []);
    assert_eq!(world.back(DESK), told(&[]));
}

/// Row 12: the hourly renewal was about to come.
#[test]
fn a_restart_gives_an_active_call_its_full_time_whenever_it_comes() {
    let mut world = World::active();
    world.wait_s(3590);
    world.restart_after(Duration::from_secs(5)).unwrap();
    assert_eq!(world.wait_s(3599), [Effect::Publish]);
    assert_eq!(world.back(ALICE), told(&[Effect::Publish]));
}

/// Row 16: the tab is closed, and its media with it, whatever the other side had said of that a moment ago.
#[test]
fn a_device_that_says_it_goes_is_told_after_8_s_and_ends_the_call_15_s_after_it_went() {
    for (gone, other) in [(DESK, ALICE), (ALICE, DESK)] {
        let mut world = World::active();
        world.media_flows = true;
        assert_eq!(world.leave(gone), told(&[]));
        assert_eq!(world.leave(gone), UNCHANGED);
        assert_eq!(world.lose(gone), UNCHANGED, "and then its socket closes");
        assert_eq!(world.wait_s(7), []);
        assert_eq!(world.wait_s(1), [Effect::Publish]);
        assert_eq!(world.see(other), "active, active, peer lost");
        assert_eq!(world.wait_s(6), []);
        assert_eq!(world.wait_s(1), OVER);
        assert_eq!(world.see(other), "ended, active, connection_lost, after 15000 ms");
    }
}

/// Rows 15 and 16: a reload says that it goes, too.
#[test]
fn a_device_that_said_it_goes_and_is_back_in_time_has_been_away_for_nobody() {
    let mut world = World::active();
    world.leave(DESK).unwrap();
    world.wait_s(2);
    assert_eq!(world.back(DESK), told(&[]));
    assert_eq!(world.renew(DESK, 0), told(&[Effect::Publish]));
    assert_eq!(world.wait_s(300), []);

    world.leave(DESK).unwrap();
    assert_eq!(world.wait_s(14), [Effect::Publish]);
    assert_eq!(world.back(DESK), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.wait_s(300), []);
}

/// Row 16: the word may come by another way than the socket, and later than its end.
#[test]
fn the_word_that_a_device_goes_counts_also_when_it_comes_after_its_loss() {
    let mut world = World::active();
    world.lose(DESK).unwrap();
    world.wait_s(2);
    assert_eq!(world.leave(DESK), told(&[]));
    assert_eq!(world.wait_s(12), [Effect::Publish]);
    assert_eq!(world.wait_s(1), OVER, "15 s after its socket was gone");

    let mut world = World::active();
    world.media_flows = true;
    world.lose(DESK).unwrap();
    world.wait_s(100);
    assert_eq!(world.leave(DESK), told(&[]));
    assert_eq!(world.wait_s(14), []);
    assert_eq!(world.wait_s(1), OVER, "15 s after the word");
}

#[test]
fn a_call_one_of_whose_devices_has_gone_does_not_wait_for_the_other_to_come_back() {
    let mut world = World::active();
    world.lose(ALICE).unwrap();
    world.leave(DESK).unwrap();
    assert_eq!(world.wait_s(14), [Effect::Publish]);
    assert_eq!(world.wait_s(1), OVER);
    assert_eq!(world.see(ALICE), "ended, active, connection_lost, after 15000 ms");
}

/// Row 16: his tab was closed a moment before she answered.
#[test]
fn a_call_that_is_answered_after_its_caller_has_gone_ends_15_s_after_that() {
    let mut world = World::ringing();
    world.leave(ALICE).unwrap();
    world.wait_s(10);
    world.accept(DESK).unwrap();
    assert_eq!(world.see(DESK), "connecting, active");
    assert_eq!(world.wait_s(4), [Effect::Publish]);
    assert_eq!(world.wait_s(1), OVER);
    assert_eq!(world.see(DESK), "ended, active, connection_lost");
}

/// Row 16: before the answer, the others ring on.
#[test]
fn a_device_that_says_it_goes_while_it_rings_rings_no_more_and_the_others_do() {
    let mut world = World::ringing();
    world.ring_warm(PHONE).unwrap();
    assert_eq!(world.leave(DESK), UNCHANGED);
    assert_eq!(world.leave(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "ringing, active, 60000 ms left");
    world.leave(ALICE).unwrap();
    assert_eq!(world.wait_s(14), []);
    assert_eq!(world.wait_s(1), GIVEN_UP);
    assert_eq!(world.see(TABLET), "ended, ringing, cancelled");
}

/// Rows 12 and 16: whether it came back while the server was away, nobody knows.
#[test]
fn after_a_restart_a_device_that_had_said_it_goes_has_15_s_again() {
    let mut world = World::active();
    world.leave(DESK).unwrap();
    world.wait_s(12);
    world.restart_after(Duration::from_mins(1)).unwrap();
    world.back(ALICE).unwrap();
    assert_eq!(world.wait_s(14), []);
    assert_eq!(world.wait_s(1), OVER);
}

/// Row 19: a call whose tab was closed may be gone on with on the phone.
#[test]
fn a_call_whose_device_has_gone_may_be_taken_in_time() {
    let mut world = World::active();
    world.leave(DESK).unwrap();
    world.wait_s(10);
    assert_eq!(world.take(PHONE), told(&[Effect::Publish]));
    assert_eq!(world.see(ALICE), "active, active");
    assert_eq!(world.wait_s(300), []);
}
