//! Calls that do not ring: rows 33 to 36.

use std::time::Duration;

use visavis_call::screening::{Acquaintance, Attempt, Circumstances, Verdict, judge};
use visavis_call::{Availability, Effect, NewCall, Screened, Screening, Ties, history};
use visavis_proto::{CallView, Callers, EndReason, ErrorCode, MediaKind, Timestamp};

use crate::world::*;

const ALL: [Screening; 5] =
    [Screening::Blocked, Screening::Stranger, Screening::Nobody, Screening::Undisturbed, Screening::TooOften];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Everything Alice sees of a call that nobody answers, and of when.
fn unanswered(mut world: World, rings_after: Option<Duration>) -> Vec<(Duration, CallView)> {
    let mut seen = vec![(Duration::ZERO, world.view(ALICE).unwrap())];
    if let Some(after) = rings_after {
        world.wait(after);
        if world.record.screened.is_none() {
            world.ring(DESK).unwrap();
        }
        seen.push((after, world.view(ALICE).unwrap()));
    }
    for _ in 0..90 {
        world.wait_s(1);
        let shown = world.view(ALICE).unwrap();
        if shown.rev != seen.last().unwrap().1.rev {
            seen.push((world.now.since(START), shown));
        }
    }
    seen
}

#[test]
fn a_blocked_caller_sees_what_any_caller_sees_whom_nobody_answers() {
    let rings_after = Duration::from_millis(200);
    let plain = unanswered(World::invited(), Some(rings_after));

    assert_eq!(plain.last().unwrap().1.reason, Some(EndReason::NoAnswer));
    for why in ALL {
        let screened = Screened { why, rings_at: Some(START + rings_after), told: false };
        assert_eq!(unanswered(World::screened_as(screened), Some(rings_after)), plain, "{why:?}");
    }
}

#[test]
fn where_no_device_is_connected_a_screened_call_is_unreachable_like_any_other() {
    let plain = unanswered(World::invited(), None);

    assert_eq!(plain.last().unwrap().1.reason, Some(EndReason::Unreachable));
    for why in ALL {
        let screened = Screened { why, rings_at: None, told: false };
        assert_eq!(unanswered(World::screened_as(screened), None), plain, "{why:?}");
    }
}

#[test]
fn a_screened_call_exists_for_no_device_of_the_callee_and_wakes_none() {
    for why in ALL {
        let screened = Some(Screened { why, rings_at: None, told: false });
        let new = NewCall { screened, ..new_call(ALICE, "bob", &[MediaKind::Audio]) };
        let (mut world, effects) = World::with(new, Availability::Free);

        assert_eq!(effects, [Effect::Publish]);
        assert_eq!(world.see(DESK), "nothing");
        assert_eq!(world.ring(DESK), Err(ErrorCode::NotYourCall));
        assert_eq!(world.accept(DESK), Err(ErrorCode::NotYourCall));
        assert_eq!(world.hang_up(DESK), Err(ErrorCode::NotYourCall));
        assert_eq!(world.hang_up(ALICE), told(&[Effect::WriteHistory, Effect::Publish]));
        assert_eq!(world.see(DESK), "nothing");
    }
}

#[test]
fn a_screened_call_rings_on_for_its_caller_over_a_restart() {
    let mut world = World::screened(Screening::Blocked);
    world.wait_s(1);
    world.restart_after(seconds(30)).unwrap();
    world.back(ALICE).unwrap();

    assert_eq!(world.see(ALICE), "ringing, active, 29200 ms left");
    world.wait_s(30);
    assert_eq!(world.see(ALICE), "ended, active, no_answer");
}

/// `owner outcome` of each line, with what is said beside it.
fn lines(world: &World) -> Vec<String> {
    let line = |row: visavis_call::HistoryRow| {
        let words = [row.quiet.then_some("quiet"), row.request.then_some("request")];
        let said: Vec<_> = words.into_iter().flatten().collect();
        format!("{} {:?} {}", row.owner, row.outcome, said.join(" ")).trim_end().to_owned()
    };
    history(&world.record).into_iter().map(line).collect()
}

#[test]
fn the_callees_history_says_quietly_what_did_not_ring_and_nothing_of_the_blocked() {
    let after = |why| {
        let mut world = World::screened(why);
        world.wait_s(90);
        lines(&world)
    };
    assert_eq!(after(Screening::Blocked), ["alice Unanswered"]);
    assert_eq!(after(Screening::Undisturbed), ["alice Unanswered", "bob Missed quiet"]);
    assert_eq!(after(Screening::Nobody), ["alice Unanswered", "bob Missed quiet"]);
    assert_eq!(after(Screening::Stranger), ["alice Unanswered", "bob Missed quiet request"]);
    assert_eq!(after(Screening::TooOften), ["alice Unanswered quiet", "bob Missed quiet"]);
}

#[test]
fn a_blocked_caller_hears_busy_as_others_do_and_the_callee_hears_nothing() {
    let screened = Screened { why: Screening::Blocked, rings_at: None, told: false };
    let new = NewCall { screened: Some(screened), ..new_call(ALICE, "bob", &[MediaKind::Audio]) };
    let (blocked, effects) = World::with(new, Availability::Busy);
    let (plain, plain_effects) = World::with(new_call(ALICE, "bob", &[MediaKind::Audio]), Availability::Busy);

    assert_eq!(blocked.view(ALICE), plain.view(ALICE));
    assert_eq!(effects, plain_effects);
    assert_eq!(lines(&blocked), ["alice Unanswered"]);
    assert_eq!(lines(&plain), ["alice Unanswered", "bob Missed"]);
}

#[test]
fn who_calls_back_somebody_whose_call_was_screened_talks_to_them() {
    for why in ALL {
        let mut world = World::screened(why);
        world.wait_s(1);

        assert_eq!(
            world.invite_back(DESK, &[MediaKind::Audio]),
            told(&[Effect::Publish, Effect::StopAlerting])
        );
        assert_eq!(world.see(ALICE), "connecting, active");
        assert_eq!(world.see(DESK), "connecting, active");
        assert_eq!(world.see(PHONE), "connecting, elsewhere, on bob's desk");
    }
}

#[test]
fn each_sees_whether_the_other_is_a_contact_and_the_callee_that_it_is_a_guest() {
    let ties = Ties { caller_knows: true, callee_knows: false, guest: Some("dentist".into()) };
    let world =
        World::with(NewCall { ties, ..new_call(ALICE, "bob", &[MediaKind::Audio]) }, Availability::Free).0;

    let (alice, bob) = (world.view(ALICE).unwrap().peer, world.view(DESK).unwrap().peer);
    assert_eq!((alice.contact, alice.guest), (true, None));
    assert_eq!((bob.contact, bob.guest.map(|guest| guest.label)), (false, Some("dentist".into())));
}

// What is judged.

/// Everybody may call Bob, who knows Alice, and has not heard of her of late.
fn usual() -> Circumstances {
    Circumstances {
        caller: Acquaintance::Contact,
        callers: Callers::Everyone,
        undisturbed: false,
        favourites_ring_through: true,
        attempts: Vec::new(),
    }
}

fn screening(circumstances: &Circumstances) -> Option<Screening> {
    judge(circumstances, NOW).screening
}

const NOW: Timestamp = Timestamp(START.0 + 3_600_000);

/// Calls of so many seconds ago that were not answered.
fn unanswered_ago(ago: &[u64]) -> Vec<Attempt> {
    ago.iter().map(|ago| Attempt { started: Timestamp(NOW.0 - ago * 1000), unanswered: true }).collect()
}

#[test]
fn whose_calls_ring_is_the_callees_choice_and_a_link_is_an_invitation() {
    use Acquaintance::{Blocked, Contact, Favourite, Guest, Stranger};
    let judged = |callers| {
        [Stranger, Contact, Favourite, Guest, Blocked]
            .map(|caller| screening(&Circumstances { caller, callers, ..usual() }))
    };
    let (stranger, nobody, blocked) =
        (Some(Screening::Stranger), Some(Screening::Nobody), Some(Screening::Blocked));

    assert_eq!(judged(Callers::Everyone), [None, None, None, None, blocked]);
    assert_eq!(judged(Callers::Contacts), [stranger, None, None, None, blocked]);
    assert_eq!(judged(Callers::Nobody), [stranger, nobody, nobody, None, blocked]);
}

#[test]
fn do_not_disturb_holds_for_all_and_a_favourites_second_call_within_3_minutes_rings() {
    let undisturbed = |caller, ago: &[u64], rings_through| {
        screening(&Circumstances {
            caller,
            undisturbed: true,
            favourites_ring_through: rings_through,
            attempts: unanswered_ago(ago),
            ..usual()
        })
    };
    let quiet = Some(Screening::Undisturbed);

    for caller in
        [Acquaintance::Stranger, Acquaintance::Contact, Acquaintance::Favourite, Acquaintance::Guest]
    {
        assert_eq!(undisturbed(caller, &[], true), quiet);
    }
    assert_eq!(undisturbed(Acquaintance::Contact, &[60], true), quiet);
    assert_eq!(undisturbed(Acquaintance::Favourite, &[60], true), None);
    assert_eq!(undisturbed(Acquaintance::Favourite, &[180], true), None);
    assert_eq!(undisturbed(Acquaintance::Favourite, &[181], true), quiet);
    assert_eq!(undisturbed(Acquaintance::Favourite, &[60], false), quiet);
}

#[test]
fn three_unanswered_calls_in_5_minutes_make_10_minutes_of_silence_and_their_caller_is_told() {
    let judged = |ago: &[u64]| judge(&Circumstances { attempts: unanswered_ago(ago), ..usual() }, NOW);
    let rings = Verdict { screening: None, told: false };
    let silent = Verdict { screening: Some(Screening::TooOften), told: true };

    assert_eq!(judged(&[60, 30]), rings);
    assert_eq!(judged(&[90, 60, 30]), silent);
    assert_eq!(judged(&[330, 60, 30]), silent);
    assert_eq!(judged(&[331, 60, 30]), rings);
    assert_eq!(judged(&[899, 700, 599]), silent);
    assert_eq!(judged(&[900, 700, 600]), rings);
}

#[test]
fn when_the_two_have_spoken_the_counting_begins_anew() {
    let mut attempts = unanswered_ago(&[90, 60, 30]);
    attempts.push(Attempt { started: Timestamp(NOW.0 - 10_000), unanswered: false });

    assert_eq!(screening(&Circumstances { attempts, ..usual() }), None);
}

#[test]
fn who_has_called_too_often_is_told_so_under_every_rule_alike() {
    for caller in [Acquaintance::Blocked, Acquaintance::Stranger, Acquaintance::Contact] {
        for undisturbed in [false, true] {
            let attempts = unanswered_ago(&[90, 60, 30]);
            let circumstances =
                Circumstances { caller, undisturbed, attempts, callers: Callers::Contacts, ..usual() };
            assert!(judge(&circumstances, NOW).told, "{circumstances:?}");
        }
    }
}
