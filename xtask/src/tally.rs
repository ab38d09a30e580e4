//! Counting tests over three runners: cargo's text, vitest's JSON and Playwright's JSON.
//!
//! A Rust test that cannot do its work on this machine prints a line `SKIPPED: reason` and returns; libtest knows no
//! other way to say so at run time.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde_json::Value;

/// How many tests passed, failed and could not be run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) const FAILURE: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// Where everything is installed, a skipped test is a fault of the set-up.
    pub(crate) fn strict(self) -> Self {
        Self { passed: self.passed, failed: self.failed + self.skipped, skipped: 0 }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads `cargo test -- --show-output` line by line.
#[derive(Debug, Default)]
pub(crate) struct CargoOutput {
    tally: Tally,
    in_successes: bool,
    /// Tests of the present binary that said they were skipped; libtest will count them as passed.
    said_skipped: u64,
}

impl CargoOutput {
    /// Takes a line; returns whether a person wants to see it. What passed tests print is not shown, skips are.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ => {}
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.in_successes = false;
            let said_skipped = std::mem::take(&mut self.said_skipped);
            self.tally.passed += number_before(result, " passed").saturating_sub(said_skipped);
            self.tally.failed += number_before(result, " failed");
            self.tally.skipped += number_before(result, " ignored") + said_skipped;
            return true;
        }
        if line.starts_with("SKIPPED: ") && self.in_successes {
            self.said_skipped += 1;
            return true;
        }
        !self.in_successes
    }

    pub(crate) fn finish(self, success: bool) -> Tally {
        let mut tally = self.tally;
        // A compile error or a crashed test binary leaves no result line.
        if !success && tally.failed == 0 {
            tally += Tally::FAILURE;
        }
        tally
    }
}

/// The counts of vitest's `--reporter=json`.
pub(crate) fn vitest(report: &str) -> Result<Tally> {
    let report: Value = serde_json::from_str(report).context("vitest wrote no report")?;
    let count = |key: &str| report[key].as_u64().unwrap_or(0);
    let mut tally = Tally {
        passed: count("numPassedTests"),
        failed: count("numFailedTests"),
        skipped: count("numPendingTests") + count("numTodoTests"),
    };
    // A file that does not even load has no tests to fail.
    if report["success"] != Value::Bool(true) && tally.failed == 0 {
        tally += Tally::FAILURE;
    }
    Ok(tally)
}

/// The counts of Playwright's `--reporter=json`.
pub(crate) fn playwright(report: &str) -> Result<Tally> {
    let report: Value = serde_json::from_str(report).context("playwright wrote no report")?;
    let stats = &report["stats"];
    let count = |key: &str| stats[key].as_u64().unwrap_or(0);
    let mut tally = Tally {
        passed: count("expected"),
        // A test that passed only when repeated is a fault.
        failed: count("unexpected") + count("flaky"),
        skipped: count("skipped"),
    };
    let broken = report["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    if broken && tally.failed == 0 {
        tally += Tally::FAILURE;
    }
    Ok(tally)
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str, success: bool) -> Tally {
        let mut output = CargoOutput::default();
        for line in text.lines() {
            output.line(line);
        }
        output.finish(success)
    }

    const TWO_BINARIES: &str = "\
running 3 tests
test a ... ok
test b ... ok
test c ... ignored

successes:

---- a stdout ----
SKIPPED: no namespace here

---- b stdout ----
anything

successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test d ... ok
test e ... FAILED

failures:

---- e stdout ----
SKIPPED: said so and failed all the same

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn cargo_results_are_summed_and_a_test_that_says_skipped_did_not_pass() {
        assert_eq!(tally(TWO_BINARIES, false), Tally { passed: 2, failed: 1, skipped: 2 });
    }

    #[test]
    fn a_run_without_results_counts_as_one_failure() {
        assert_eq!(tally("error: could not compile", false), Tally::FAILURE);
    }

    #[test]
    fn vitest_and_playwright_reports_are_read() {
        let unit =
            r#"{"success":true,"numPassedTests":4,"numFailedTests":0,"numPendingTests":1,"numTodoTests":0}"#;
        let broken = r#"{"success":false,"numPassedTests":4,"numFailedTests":0}"#;
        let browser = r#"{"stats":{"expected":3,"unexpected":1,"flaky":1,"skipped":2},"errors":[]}"#;
        assert_eq!(vitest(unit).unwrap(), Tally { passed: 4, failed: 0, skipped: 1 });
        assert_eq!(vitest(broken).unwrap(), Tally { passed: 4, failed: 1, skipped: 0 });
        assert_eq!(playwright(browser).unwrap(), Tally { passed: 3, failed: 2, skipped: 2 });
    }

    #[test]
    fn a_strict_tally_turns_skips_into_failures() {
        let strict = Tally { passed: 1, failed: 1, skipped: 2 }.strict();
        assert_eq!(strict.to_string(), "1 passed, 3 failed, 0 skipped");
    }
}
