//! Holds the arrows between our crates (ARCHITECTURE.md): who may name whom, and what a core may not name at all.
//! Dev-dependencies are free.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate and those of ours that it may name.
const ARROWS: [(&str, &[&str]); 17] = [
    ("proto", &[]),
    ("turn", &[]),
    ("sip", &[]),
    ("call", &["proto"]),
    ("store", &["proto"]),
    ("cluster", &["proto"]),
    ("relay", &["turn"]),
    ("gateway", &["sip", "proto"]),
    ("client", &["proto"]),
    ("phone", &["client", "proto"]),
    ("server", &["proto", "call", "store", "cluster", "turn", "relay", "gateway"]),
    ("sim", &["proto", "call", "turn", "sip"]),
    ("harness", &["proto", "turn"]),
    ("xtask", &[]),
    ("load", &[]),
    ("relay-load", &["turn", "relay"]),
    ("conformance", &[]),
];

/// Crates that are told things: no socket, clock, random source, store, runtime or metrics library below them.
const CORES: [&str; 4] = ["proto", "call", "turn", "sip"];

/// What would bring one of those in.
const SHELL_LIBRARIES: [&str; 17] = [
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "metrics",
    "mio",
    "postgres",
    "prometheus",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
];

/// Package names of what each crate of the workspace depends on, dev-dependencies left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let named = dependencies.filter(|dependency| dependency["kind"] != "dev").map(|it| text(&it["name"]));
        (text(&package["name"]), named.collect())
    });
    packages.collect()
}

fn short(package: &str) -> &str {
    package.strip_prefix("visavis-").unwrap_or(package)
}

/// The faults of a tree, as sentences.
fn faults(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (package, named) in dependencies {
        let name = short(package);
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{name} has no arrows: add it here and to ARCHITECTURE.md"));
            continue;
        };
        for other in named {
            if dependencies.contains_key(other) && !allowed.contains(&short(other)) {
                faults.push(format!("{name} names {}", short(other)));
            }
            if CORES.contains(&name) && SHELL_LIBRARIES.contains(&other.as_str()) {
                faults.push(format!("the core {name} names {other}"));
            }
        }
    }
    faults
}

#[test]
fn crates_name_only_those_below_them() {
    assert_eq!(faults(&dependencies()), Vec::<String>::new());
}

#[test]
fn a_wrong_arrow_is_found() {
    let package = |named: &[&str]| named.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let tree = BTreeMap::from([
        ("visavis-call".to_owned(), package(&["visavis-proto", "visavis-turn", "tokio"])),
        ("visavis-proto".to_owned(), package(&["serde"])),
        ("visavis-turn".to_owned(), package(&[])),
        ("visavis-utils".to_owned(), package(&[])),
    ]);
    let expected = [
        "the core call names tokio",
        "call names turn",
        "utils has no arrows: add it here and to ARCHITECTURE.md",
    ];
    assert_eq!(faults(&tree), expected);
}

/// What other relays were broken into by: databases, web pages, command lines (CVE-2018-4056, CVE-2018-4059, coturn 8fa38032,
/// bfacd816, e72930f5).
const ADMINISTRATION: [&str; 12] = [
    "axum",
    "diesel",
    "hyper",
    "mysql",
    "postgres",
    "redis",
    "rusqlite",
    "sqlx",
    "telnet",
    "tokio-postgres",
    "tonic",
    "warp",
];

#[test]
fn the_relay_names_nothing_that_administers_or_queries() {
    let dependencies = dependencies();
    for name in ["visavis-turn", "visavis-relay"] {
        let named = &dependencies[name];
        let found: Vec<&str> =
            ADMINISTRATION.into_iter().filter(|library| named.contains(*library)).collect();
        assert!(found.is_empty(), "{name} names {found:?}");
    }
}
