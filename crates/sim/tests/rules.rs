//! Many histories, none of which breaks a rule; and mistakes made on purpose, each of which breaks one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use visavis_sim::{History, Mutant, run, trace};

/// Runs the seeds from 1 to `seeds` on all processors; gives the first history, by seed, in which a rule was broken.
fn first_broken(seeds: u64, mutant: Option<Mutant>) -> Option<(u64, History)> {
    let next = AtomicU64::new(1);
    let broken = AtomicU64::new(u64::MAX);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let look = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > seeds || seed > broken.load(Ordering::Relaxed) {
                return;
            }
            if run(seed, mutant).violation.is_some() {
                broken.fetch_min(seed, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(look))));
    let seed = broken.into_inner();
    (seed != u64::MAX).then(|| (seed, run(seed, mutant)))
}

#[test]
fn thousands_of_histories_keep_every_rule() {
    if let Some((seed, history)) = first_broken(4_000, None) {
        let lines = trace(seed, None).1.join("\n");
        let violation = history.violation.unwrap();
        panic!("{lines}\nseed {seed}: {violation}\nagain: cargo xtask sim --seed {seed}");
    }
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in 1..20 {
        let (history, lines) = trace(seed, None);
        assert_eq!((history.clone(), lines), trace(seed, None));
        assert_eq!(history, run(seed, None), "telling it changes nothing");
    }
}

/// A simulation in which little happens would find little.
#[test]
fn histories_are_eventful() {
    let histories: Vec<History> = (1..=300).map(|seed| run(seed, None)).collect();
    let sum = |count: fn(&History) -> u64| histories.iter().map(count).sum::<u64>();
    assert!(sum(|history| history.calls) > 1_000);
    assert!(sum(|history| history.commits) > 4_000);
    assert!(sum(|history| history.crashes) > 200);
    assert!(sum(|history| history.losses) > 80);
}

/// Each of these happens somewhere, in the words of the trace.
#[test]
fn everything_that_may_happen_does() {
    let told: Vec<String> = (1..=300).flat_map(|seed| trace(seed, None).1).collect();
    let happenings = [
        "answers",
        "hangs up",
        "takes it: active",
        "hands over: ended",
        "hands over: inviting",
        "goes on with",
        "resumes",
        "has become",
        "a capsule has come: active",
        "a capsule has come: ringing",
        "Conflict",
        "Overloaded",
        "media flows: true",
        ", Ask",
        ", Agree",
        "wish: Agree, ago: 0ns }: active",
        "CallEnded",
        "gives up",
    ];
    let missing: Vec<_> =
        happenings.into_iter().filter(|it| !told.iter().any(|line| line.contains(it))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

fn is_found(mutant: Mutant) {
    let found = first_broken(5_000, Some(mutant));
    assert!(found.is_some(), "5000 histories with the mistake {} break no rule", mutant.name());
}

#[test]
fn without_compare_and_set_a_rule_is_broken() {
    is_found(Mutant::NoCompareAndSet);
}

#[test]
fn without_the_revision_in_heartbeats_a_rule_is_broken() {
    is_found(Mutant::NoRevision);
}

#[test]
fn with_a_timer_on_one_node_only_a_rule_is_broken() {
    is_found(Mutant::TimerOnOneNode);
}

#[test]
fn without_the_epoch_in_invites_a_rule_is_broken() {
    is_found(Mutant::NoEpochFence);
}

#[test]
fn without_saying_things_again_a_rule_is_broken() {
    is_found(Mutant::NoResend);
}

#[test]
fn without_superseding_capsules_a_rule_is_broken() {
    is_found(Mutant::NoSupersedingCapsule);
}

#[test]
fn without_coming_back_by_heartbeat_a_rule_is_broken() {
    is_found(Mutant::NoBack);
}

#[test]
fn without_the_capsule_of_a_call_that_is_hung_up_a_rule_is_broken() {
    is_found(Mutant::NoCapsuleWithHangup);
}

#[test]
fn with_a_node_that_judges_unknown_media_a_rule_is_broken() {
    is_found(Mutant::JudgesUnknownMedia);
}

#[test]
fn without_being_told_that_it_is_elsewhere_a_rule_is_broken() {
    is_found(Mutant::NoElsewhere);
}

#[test]
fn with_a_pong_for_a_capsule_that_was_not_judged_a_rule_is_broken() {
    is_found(Mutant::PongForUnjudged);
}

#[test]
fn with_a_consent_that_nobody_gave_a_rule_is_broken() {
    is_found(Mutant::ConsentAssumed);
}
