//! `cargo xtask test`: set the machine up, run every test of every language, end with one line of counts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::namespace::Namespace;
use crate::tally::{self, CargoOutput, Tally};
use crate::{build, fresh, require, say};

/// Runs all tests, or one part (`rust`, `web`, `e2e`) with an optional filter.
pub(crate) fn test(arguments: &[String]) -> Result<ExitCode> {
    let part = arguments.first().map(String::as_str);
    let filter = arguments.get(1..).unwrap_or_default();
    let complete = require::test_packages()?;
    let strict = strict(complete);
    let mut tally = Tally::default();
    match part {
        None => {
            tally += rust(&[])?;
            tally += web(&[])?;
            tally += e2e(&[])?;
        }
        Some("rust") => tally += rust(filter)?,
        Some("web") => tally += web(filter)?,
        Some("e2e") => tally += e2e(filter)?,
        Some(other) => bail!("there is no part `{other}`: rust, web or e2e"),
    }
    if strict {
        tally = tally.strict();
    }
    say(&tally.to_string());
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a picture of every screen to `target/screens`.
pub(crate) fn screens(filter: &[String]) -> Result<ExitCode> {
    require::test_packages()?;
    let folder = std::path::absolute(fresh::target().join("screens"))?;
    let tally = browser_tests("screens", filter, &[("VISAVIS_SCREENS", folder.as_path())])?;
    say(&format!("pictures: {}", folder.display()));
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// May nothing be skipped? So in CI and where everything could be installed, unless the environment says otherwise.
fn strict(complete: bool) -> bool {
    match std::env::var("VISAVIS_REQUIRE_ALL").as_deref() {
        Ok("0") => false,
        Ok(_) => true,
        Err(_) => std::env::var_os("CI").is_some() || (complete && require::is_root()),
    }
}

fn rust(filter: &[String]) -> Result<Tally> {
    require::c_compiler()?;
    // The server embeds the web app, so even its Rust tests need it built.
    build::web_app()?;
    let mut output = CargoOutput::default();
    let status = Run::cargo("test")
        .args(["--workspace", "--locked", "--no-fail-fast", "--", "--show-output"])
        .args(filter)
        .lines(|line| {
            if output.line(line) {
                say(line);
            }
        })?;
    Ok(output.finish(status.success()))
}

fn web(filter: &[String]) -> Result<Tally> {
    build::npm_packages()?;
    let mut tally = Tally::default();
    for package in ["clients/web/sdk", "clients/web/app"] {
        let report = report(&package.replace('/', "-"))?;
        Run::new("npm")
            .args([
                "exec",
                "--workspace",
                package,
                "--",
                "vitest",
                "run",
                "--reporter=default",
                "--reporter=json",
            ])
            .arg(format!("--outputFile.json={}", report.display()))
            .args(filter)
            .status()?;
        tally += read(&report).and_then(|text| tally::vitest(&text)).unwrap_or(Tally::FAILURE);
    }
    Ok(tally)
}

fn e2e(filter: &[String]) -> Result<Tally> {
    browser_tests("calls", filter, &[])
}

/// Runs one project of `e2e/playwright.config.ts`, or a choice of it, in a network namespace. The server is the one that
/// the Rust tests have built: one as it ships would take minutes more and show the same.
fn browser_tests(project: &str, filter: &[String], variables: &[(&str, &Path)]) -> Result<Tally> {
    let server = build::development_server()?;
    let report = report(project)?;
    let playwright = |run: Run| {
        let run = run
            .args([
                "node",
                "node_modules/@playwright/test/cli.js",
                "test",
                "--config",
                "e2e/playwright.config.ts",
            ])
            .arg(format!("--project={project}"))
            .args(filter)
            .env("VISAVIS_BINARY", &server)
            .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value))
    };
    let Some(namespace) = Namespace::available() else {
        say(
            "! the browser tests are skipped: they need a network namespace (run as root, or allow user namespaces)",
        );
        playwright(Run::new("env")).args(["--list", "--reporter=json"]).status()?;
        let listed = read(&report).and_then(|text| tally::playwright(&text)).unwrap_or(Tally::FAILURE);
        return Ok(Tally { passed: 0, failed: listed.failed, skipped: listed.skipped + listed.passed });
    };
    playwright(namespace.enter()).args(["--reporter=list,json"]).status()?;
    Ok(read(&report).and_then(|text| tally::playwright(&text)).unwrap_or(Tally::FAILURE))
}

/// A fresh path for a runner's report, so that a runner that dies leaves no old one to be counted.
fn report(name: &str) -> Result<PathBuf> {
    let folder = std::path::absolute(fresh::target().join("xtask"))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(format!("{name}.json"));
    let _ = std::fs::remove_file(&path);
    Ok(path)
}

fn read(report: &Path) -> Result<String> {
    std::fs::read_to_string(report).with_context(|| format!("cannot read {}", report.display()))
}
