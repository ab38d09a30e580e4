//! Holds what no compiler holds: nothing left to do, nothing of one machine, files that say what they are and end.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest a file may be before it must be two.
const MOST_LINES: usize = 800;

/// Words that mean unfinished work. Split, so that this file does not find itself.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// Hosts that packages are fetched from: which one is a setting of each machine.
const REGISTRIES: [&str; 5] = [
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("github.com/rust-lang/", "crates.io-index"),
];

/// Folders of one machine or person; nobody else has them.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tm", "p/"), concat!("/ho", "me/")];

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every text file that git tracks and that is still there.
fn tracked() -> Vec<(PathBuf, String)> {
    let output =
        Command::new("git").args(["ls-files", "-z"]).current_dir(repository()).output().expect("git starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let files: Vec<_> = names
        .split_terminator('\0')
        .filter_map(|name| {
            let bytes = std::fs::read(repository().join(name)).ok()?;
            Some((PathBuf::from(name), String::from_utf8(bytes).ok()?))
        })
        .collect();
    assert!(files.len() > 20, "git lists only {} files", files.len());
    files
}

/// Written by a program, so nobody reads it from top to bottom.
fn is_generated(path: &Path, text: &str) -> bool {
    let is_lock = path.ends_with("Cargo.lock") || path.ends_with("package-lock.json");
    let in_generated = path.iter().any(|part| part == "generated" || part == "schema");
    is_lock || in_generated || text.lines().take(3).any(|line| line.contains("cargo xtask generate"))
}

/// `name:line` of every line that `is_fault` accepts.
fn lines_where(is_fault: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tracked() {
        for (index, line) in text.lines().enumerate() {
            if is_fault(line) {
                found.push(format!("{}:{}: {line}", path.display(), index + 1));
            }
        }
    }
    found
}

/// Does `line` hold `word` with no letter or digit right before or behind it?
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    line.match_indices(word).any(|(at, _)| {
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

/// Does `line` hold an absolute path into `folder` (and not merely a longer path that contains its name)?
fn has_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "-_.~}/*>".contains(c))
    })
}

#[test]
fn nothing_is_left_to_do() {
    let found = lines_where(|line| UNFINISHED.iter().any(|word| has_word(line, word)));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let found = lines_where(|line| MACHINE_FOLDERS.iter().any(|folder| has_folder(line, folder)));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn no_file_names_the_host_of_a_package_registry() {
    // Cargo's own name of its default registry is part of every Cargo.lock, whatever mirror is used.
    let is_cargo_source = |line: &str| line.starts_with("source = \"registry+");
    let found =
        lines_where(|line| !is_cargo_source(line) && REGISTRIES.iter().any(|host| line.contains(host)));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_rust_source_opens_by_saying_what_it_is() {
    let is_source = |path: &Path| {
        let crate_source = path.starts_with("crates") && path.iter().nth(2).is_some_and(|part| part == "src");
        (crate_source || path.starts_with("xtask"))
            && path.extension().is_some_and(|extension| extension == "rs")
    };
    let silent: Vec<_> = tracked()
        .into_iter()
        .filter(|(path, text)| is_source(path) && !text.starts_with("//!"))
        .map(|it| it.0)
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn no_file_is_longer_than_one_can_hold_in_mind() {
    let long: Vec<_> = tracked()
        .into_iter()
        .filter(|(path, text)| !is_generated(path, text) && text.lines().count() > MOST_LINES)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn words_and_folders_are_found_only_where_they_stand_alone() {
    let unfinished = UNFINISHED[0];
    let machine = MACHINE_FOLDERS[0];
    assert!(has_word(&format!("// {unfinished}: later"), unfinished));
    assert!(!has_word(&format!("M{unfinished}S"), unfinished));
    assert!(has_folder(&format!("cd {machine}main"), machine));
    assert!(has_folder(&format!("\"{machine}main\""), machine));
    assert!(!has_folder(&format!("net{machine}main"), machine));
}

#[test]
fn every_test_that_docs_calls_names_is_there() {
    let page = std::fs::read_to_string(repository().join("docs/calls.md")).unwrap();
    let named: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| case"))
        .filter_map(|line| line.trim_end_matches(" |").rsplit(" | ").next())
        .flat_map(|tests| tests.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 50, "only {} tests are named", named.len());
    let numbers = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok());
    assert_eq!(
        numbers.collect::<Vec<u32>>(),
        (1..=60).collect::<Vec<u32>>(),
        "the cases, each once, in order"
    );
    let tests: String = tracked()
        .into_iter()
        .filter(|(path, _)| {
            let name = path.to_string_lossy();
            let is_code = name.ends_with(".rs") || name.ends_with(".ts");
            is_code && (name.contains("test") || name.contains("specs/"))
        })
        .map(|(_, text)| text)
        .collect();
    let is_there = |name: &str| {
        let beginnings = [format!("fn {name}("), format!("'{name}'"), format!("`{name}`")];
        beginnings.iter().any(|beginning| tests.contains(beginning))
    };
    let missing: Vec<&str> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "docs/calls.md names tests that are nowhere: {missing:#?}");
}
