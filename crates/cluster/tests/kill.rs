//! A killed process loses nothing that it had acknowledged.
//!
//! The test starts itself again as a child that commits until it is killed.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use visavis_cluster::{Engine, Expected, Local};
use visavis_proto::{Rev, Timestamp};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const CHILD: &str = "VISAVIS_CLUSTER_KILL_TEST_FILE";
const NAME: &str = "every_acknowledged_write_survives_a_kill";
const ROUNDS: usize = 5;
const KEYS: u64 = 20;

#[test]
fn every_acknowledged_write_survives_a_kill() {
    if let Some(path) = std::env::var_os(CHILD) {
        commit_until_killed(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    for round in 1..=ROUNDS {
        let acknowledged = run_and_kill(&path, 200 * round);
        let engine = Engine::Local(Local::open(&path).unwrap());
        for (key, rev) in acknowledged {
            let (stored, value) = engine.get(&key).unwrap_or_else(|| panic!("round {round}: {key} is lost"));
            // One write may have been committed without its acknowledgement having been printed.
            assert!(stored >= rev, "round {round}: {key} was acknowledged at {rev:?} and is at {stored:?}");
            assert_eq!(*value, *key.as_bytes());
        }
    }
}

/// Runs a child until it has printed `lines` acknowledgements, kills it, and gives the newest per key of all
/// that it managed to print.
fn run_and_kill(path: &Path, lines: usize) -> BTreeMap<String, Rev> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((key, rev)) = line.strip_prefix("acknowledged ").and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        // The last line may be cut off by the kill; it ends in a full stop otherwise.
        let Some(rev) = rev.strip_suffix('.') else { continue };
        acknowledged.insert(key.to_owned(), Rev(rev.parse().unwrap()));
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= lines, "the child ended by itself after {seen} writes");
    acknowledged
}

fn commit_until_killed(path: &Path) -> ! {
    let engine = Engine::Local(Local::open(path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut out = std::io::stdout();
    for n in 0.. {
        let key = format!("call.{}", n % KEYS);
        let expected = engine.get(&key).map_or(Expected::Absent, |(rev, _)| Expected::Rev(rev));
        let rev = runtime.block_on(engine.cas(&key, expected, key.as_bytes(), None, NOW)).unwrap();
        writeln!(out, "acknowledged {key} {}.", rev.0).unwrap();
    }
    unreachable!("the writes do not end")
}
