//! Counts the instructions that the TURN core spends on a packet, on each path a packet can take. A machine that is busy
//! with other things changes nothing about that.
//!
//! ```text
//! visavis-route-instructions                      the table
//! visavis-route-instructions --check              fails where a path has become much longer than in instructions.json
//! visavis-route-instructions --write              makes what there is the measure
//! visavis-route-instructions walk PATH COUNT      sends COUNT packets along a path: what Callgrind looks at
//! ```
//!
//! Each path is walked twice under Callgrind, a few times and many times: the difference is what packets cost, without
//! the start of the program and the making of allocations.

mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use world::{Way, World};

/// What is committed, seen from the root of the repository.
const MEASURE: &str = "bench/relay/instructions.json";
/// How much longer a path may have become, in percent: compilers differ, and so do the processors Callgrind plays.
const TOLERANCE: u64 = 25;
/// Packets of the short and of the long walk.
const WALKS: [u64; 2] = [200, 4200];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["walk", path, count] => World::new().walk(Way::named(path)?, count.parse()?),
        [] => report(&count_all()?, &BTreeMap::new()),
        ["--check"] => {
            let (counted, measure) = (count_all()?, committed()?);
            report(&counted, &measure)?;
            check(&counted, &measure)
        }
        ["--write"] => {
            let counted = count_all()?;
            report(&counted, &BTreeMap::new())?;
            let text = serde_json::to_string_pretty(&counted)? + "\n";
            std::fs::write(MEASURE, text).with_context(|| format!("cannot write {MEASURE}"))
        }
        _ => bail!("no arguments, --check, --write, or walk PATH COUNT"),
    }
}

/// Instructions for a packet, by path.
type Counts = BTreeMap<String, u64>;

fn committed() -> Result<Counts> {
    let text = std::fs::read_to_string(MEASURE).with_context(|| format!("cannot read {MEASURE}"))?;
    Ok(serde_json::from_str(&text)?)
}

fn count_all() -> Result<Counts> {
    Way::ALL.into_iter().map(|way| Ok((way.name().to_owned(), count(way)?))).collect()
}

fn count(way: Way) -> Result<u64> {
    let program = std::env::current_exe()?;
    let [short, long] = WALKS;
    let few = instructions(&program, way, short)?;
    let many = instructions(&program, way, long)?;
    Ok(many.saturating_sub(few) / (long - short))
}

/// Instructions of a whole walk.
fn instructions(program: &Path, way: Way, packets: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["walk", way.name(), &packets.to_string()])
        .output()
        .context("cannot start valgrind (Debian: valgrind)")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed ({}):\n{said}", output.status);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .context("no sum in what Callgrind says")?
        .1;
    Ok(collected.trim().parse()?)
}

fn check(counted: &Counts, measure: &Counts) -> Result<()> {
    ensure!(
        counted.keys().eq(measure.keys()),
        "{MEASURE} is of other paths; `cargo xtask bench relay-instructions --write` makes it anew"
    );
    let is_longer = |path: &&String| counted[*path] * 100 > measure[*path] * (100 + TOLERANCE);
    let longer: Vec<&String> = counted.keys().filter(is_longer).collect();
    ensure!(
        longer.is_empty(),
        "more than {TOLERANCE} % longer than in {MEASURE}: {longer:?}. If that is worth it, \
         `cargo xtask bench relay-instructions --write` makes it the measure"
    );
    Ok(())
}

#[expect(
    clippy::print_stdout,
    clippy::unnecessary_wraps,
    reason = "the output of a command-line tool, one of its chores"
)]
fn report(counted: &Counts, measure: &Counts) -> Result<()> {
    println!("\n| path of a packet | instructions | committed |\n|---|---:|---:|");
    for (path, count) in counted {
        let committed = measure.get(path).map_or("–".to_owned(), ToString::to_string);
        println!("| {path} | {count} | {committed} |");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_walked_to_its_end() {
        for way in Way::ALL {
            World::new().walk(Way::named(way.name()).unwrap(), 200).unwrap();
        }
    }

    #[test]
    fn a_path_that_is_a_quarter_longer_is_found() {
        let counts = |up: u64, down: u64| BTreeMap::from([("up".to_owned(), up), ("down".to_owned(), down)]);
        let measure = counts(1000, 1000);
        assert!(check(&counts(1250, 10), &measure).is_ok());
        let fault = check(&counts(1251, 10), &measure).unwrap_err().to_string();
        assert!(fault.contains(r#"["up"]"#), "{fault}");
        assert!(check(&BTreeMap::from([("up".to_owned(), 1)]), &measure).is_err());
    }
}
