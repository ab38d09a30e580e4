//! The targets on stable: every seed that is kept, and some that nobody has seen before.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the seeds has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use visavis_harness::{TARGETS, run};

fn folder(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz")).join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_a_file_for_the_fuzzer_and_a_folder_of_seeds() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("targets")), known);
    assert_eq!(names(&folder("seeds")), known);
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
    }
}

#[test]
fn every_seed_keeps_the_rules() {
    for (target, run) in TARGETS {
        let mut count = 0;
        for entry in fs::read_dir(folder("seeds").join(target)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            assert!(outcome.is_ok(), "the seed {} breaks a rule", path.display());
            count += 1;
        }
        assert!(count > 0, "{target} has no seeds");
    }
}

proptest! {
    // What breaks a rule is kept as a seed.
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tape_that_nobody_has_seen_keeps_the_rules(bytes in vec(any::<u8>(), 0..600)) {
        for (target, _) in TARGETS {
            run(target, &bytes);
        }
    }
}
