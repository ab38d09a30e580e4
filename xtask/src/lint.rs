//! `cargo xtask lint`: formats, lints, types and licences. Everything is looked at before it fails.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::command::Run;
use crate::{build, fuzz, require, say};

/// The version that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn lint() -> Result<ExitCode> {
    require::c_compiler()?;
    build::web_app()?;
    let mut failed = Vec::new();
    let mut check = |name: &'static str, run: Run| -> Result<()> {
        if !run.status()?.success() {
            failed.push(name);
        }
        Ok(())
    };
    check("rustfmt", Run::cargo("fmt").args(["--all", "--check"]))?;
    check(
        "clippy",
        Run::cargo("clippy")
            .args(["--workspace", "--all-targets", "--all-features", "--locked"])
            .args(["--", "--deny", "warnings"]),
    )?;
    check(
        "cargo-deny",
        require::cargo_tool("cargo-deny", CARGO_DENY)?.args([
            "--locked",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ]),
    )?;
    for (name, run) in fuzz::checks() {
        check(name, run)?;
    }
    check("biome", Run::new("npm").args(["run", "--silent", "lint"]))?;
    for package in build::PACKAGES {
        if Path::new(package).join("tsconfig.json").exists() {
            check("tsc", Run::new("npx").args(["--no-install", "tsc", "--noEmit", "--project", package]))?;
        }
    }
    if failed.is_empty() {
        say("lint: all clean");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("lint: failed: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}
