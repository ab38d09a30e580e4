//! `cargo xtask sim`: histories of calls in which whatever can go wrong does.

use std::process::ExitCode;

use anyhow::Result;

use crate::command::Run;

/// Runs the simulation. Its last lines say what was found, and how to see it again.
pub(crate) fn sim(arguments: &[String]) -> Result<ExitCode> {
    // Its profile is optimised, in `Cargo.toml`, so that the tests are quick as well.
    let run = Run::cargo("run").args(["--quiet", "--locked", "--package", "visavis-sim", "--"]);
    let status = run.args(arguments).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
