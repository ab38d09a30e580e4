//! Every short sequence of events, and many long ones.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use visavis_call::{Event, Record, Screening, Timers, deadline};
use visavis_proto::{EndReason, Gen, MediaKind, RecordingWish, Route, Timestamp};

use crate::invariants::{a_transfer_moves_the_other_end, checked_step};
use crate::world::*;

/// How many events follow the invite. Each may come at once or when the record's deadline has come.
const DEPTH: usize = 5;

fn events_of(who: &str) -> Vec<Event> {
    let hang_up = |reason| Event::Hangup { who: address(who), reason, ago: Duration::ZERO };
    let record = |n, wish| Event::Recording { who: address(who), n, wish, ago: Duration::ZERO };
    vec![
        Event::Ringing { who: address(who), warm: false },
        Event::Ringing { who: address(who), warm: true },
        Event::Accept { leg: leg(who), media: vec![MediaKind::Audio] },
        hang_up(None),
        Event::Hangup { who: address(who), reason: None, ago: Duration::from_secs(3) },
        Event::Decline { who: address(who) },
        hang_up(Some(EndReason::Busy)),
        hang_up(Some(EndReason::MediaFailed)),
        Event::Connected { who: address(who), route: Route::Direct },
        Event::Renew { who: address(who), generation: Gen(0) },
        Event::Renew { who: address(who), generation: Gen(1) },
        Event::Take { leg: leg(who), media: vec![MediaKind::Audio], seen: None },
        Event::Take { leg: leg(who), media: vec![MediaKind::Audio], seen: Some(Gen(0)) },
        record(1, RecordingWish::Ask),
        record(1, RecordingWish::Agree),
        record(1, RecordingWish::Stop),
        record(2, RecordingWish::Ask),
        record(2, RecordingWish::Agree),
        Event::Lost { who: address(who) },
        Event::Leave { who: address(who) },
        Event::Back { who: address(who) },
    ]
}

fn all_events() -> Vec<Event> {
    let shell = [
        Event::Tick { media_flows: false },
        Event::Tick { media_flows: true },
        Event::Restarted,
        Event::Terminate,
        Event::Removed,
    ];
    [ALICE, "alice/laptop", DESK, PHONE, CAROL].into_iter().flat_map(events_of).chain(shell).collect()
}

#[test]
fn every_short_sequence_of_events_keeps_the_rules() {
    let timers = Timers::default();
    let events = all_events();
    let mut seen = HashSet::new();
    let screened = World::screened(Screening::Blocked).record;
    let mut level = vec![(World::invited().record, START), (screened, START)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (record, now) in level {
            let due = deadline(&record, &timers).unwrap_or(now).max(now);
            for now in if due == now { vec![now] } else { vec![now, due] } {
                for event in &events {
                    if let Some(after) = checked_step(&record, event, now, &timers)
                        && seen.insert((format!("{after:?}"), now))
                    {
                        ends_in_time_if_unanswered(after.clone(), now, &timers);
                        a_transfer_moves_the_other_end(&after, now, &timers);
                        next.push((after, now));
                    }
                }
            }
        }
        level = next;
    }
    // A run that meets few states would prove little.
    assert!(seen.len() > 10_000, "only {} states", seen.len());
}

/// Nothing rings for ever: with nobody doing anything, the ticks alone end the call.
fn ends_in_time_if_unanswered(mut record: Record, mut now: Timestamp, timers: &Timers) {
    let latest = now.max(record.created + timers.ring_limit) + timers.restart;
    let tick = Event::Tick { media_flows: false };
    while record.is_live() && record.answer().is_none() {
        now = now.max(deadline(&record, timers).expect("a live call has a deadline"));
        assert!(now <= latest, "{record:?} still rings at {now:?}");
        record = checked_step(&record, &tick, now, timers).expect("a tick that is due ends what rings");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn long_sequences_at_any_times_keep_the_rules(
        moves in prop::collection::vec((0..all_events().len(), prop_oneof![
            3 => Just(0),
            3 => 0..30_000_i64,
            1 => 0..7_200_000_i64,
            1 => -60_000..0_i64, // The server's clock is set back.
        ], any::<bool>()), 1..80)
    ) {
        let timers = Timers::default();
        let events = all_events();
        let mut record = World::invited().record;
        let mut now = START;
        for (event, wait_ms, until_due) in moves {
            now = Timestamp(now.0.saturating_add_signed(wait_ms));
            if until_due {
                now = deadline(&record, &timers).unwrap_or(now).max(now);
            }
            record = checked_step(&record, &events[event], now, &timers).unwrap_or(record);
        }
    }

    #[test]
    fn an_answered_call_that_is_left_alone_with_a_lost_leg_ends(
        moves in prop::collection::vec((0..all_events().len(), 0..20_000_u64), 0..20)
    ) {
        let timers = Timers::default();
        let events = all_events();
        let (mut record, mut now) = (World::active().record, START);
        for (event, wait_ms) in moves {
            now = now + Duration::from_millis(wait_ms);
            record = checked_step(&record, &events[event], now, &timers).unwrap_or(record);
        }
        let answerer = record.answer().expect("an active call was answered").leg.address.clone();
        record = checked_step(&record, &Event::Lost { who: answerer }, now, &timers).unwrap_or(record);
        for _ in 0..4 {
            let Some(due) = deadline(&record, &timers) else { break };
            now = now.max(due);
            let tick = Event::Tick { media_flows: false };
            record = checked_step(&record, &tick, now, &timers).expect("a tick that is due does something");
        }
        prop_assert!(!record.is_live(), "{record:?}");
    }
}
