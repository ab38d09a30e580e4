//! `cargo xtask bench`: measurements, each a script of the `bench` package, except for those of the relay.

mod relay;

use std::process::ExitCode;

use anyhow::Result;

use crate::command::Run;
use crate::{build, say};

/// Runs the measurement `NAME` on the server as it ships; without a name lists what there is.
pub(crate) fn bench(arguments: &[String]) -> Result<ExitCode> {
    let Some((name, rest)) = arguments.split_first() else {
        build::npm_packages()?;
        say("cargo xtask bench NAME, where NAME is `relay`, `relay-instructions` or one of these scripts:");
        Run::new("npm").args(["run", "--workspace", "bench"]).go()?;
        return Ok(ExitCode::SUCCESS);
    };
    match name.as_str() {
        "relay" => return relay::relay(rest),
        "relay-instructions" => return relay::instructions(rest),
        _ => {}
    }
    let server = build::server()?;
    Run::new("npm")
        .args(["run", "--workspace", "bench", name, "--"])
        .args(rest)
        .env("VISAVIS_BINARY", server)
        .go()?;
    Ok(ExitCode::SUCCESS)
}
