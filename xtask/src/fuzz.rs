//! `cargo xtask fuzz`: bad input, made by libFuzzer, until a rule breaks or the time is over. See `fuzz/README.md`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::{fresh, require, say};

/// The version that `fuzz/Cargo.toml` is written for.
const CARGO_FUZZ: &str = "0.13.2";
/// How long each target runs unless said otherwise.
const SECONDS: &str = "60";
/// Longer inputs find nothing that shorter ones do not, and are slower. Far above what a seed has.
const LONGEST_INPUT: &str = "-max_len=4096";
/// One input that takes this many seconds is a fault by itself.
const SLOWEST: &str = "-timeout=10";

/// Fuzzes one target, or each in turn.
pub(crate) fn fuzz(arguments: &[String]) -> Result<ExitCode> {
    const USAGE: &str = "cargo xtask fuzz [TARGET] [--seconds N]";
    let (mut target, mut seconds) = (None, SECONDS.to_owned());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => {
                let number: u32 = words.next().context(USAGE)?.parse().context("--seconds takes a number")?;
                seconds = number.to_string();
            }
            other if !other.starts_with('-') && target.is_none() => target = Some(other.to_owned()),
            _ => bail!("{USAGE}"),
        }
    }
    let known = targets()?;
    let chosen = match target {
        None => known,
        Some(target) if known.contains(&target) => vec![target],
        Some(target) => bail!("there is no target `{target}`; there are {}", known.join(", ")),
    };
    if Run::new("rustc").arg("+nightly").arg("--version").read().is_none() {
        bail!(
            "fuzzing needs the nightly compiler, whose instrumentation is not stable yet: \
             `rustup toolchain install nightly --profile minimal`; \
             on stable `cargo test -p visavis-harness` replays what was found so far"
        );
    }
    for target in chosen {
        let known_so_far = fresh::target().join("fuzz/corpus").join(&target);
        std::fs::create_dir_all(&known_so_far)?;
        let status = require::cargo_tool("cargo-fuzz", CARGO_FUZZ)?
            .args(["run", "--fuzz-dir", "fuzz", "--target-dir"])
            .arg(fresh::target().join("fuzz"))
            // The cores hold no unsafe code, so the time is better spent on more inputs.
            .args(["--sanitizer", "none"])
            .arg(&target)
            .arg(&known_so_far)
            .arg(format!("fuzz/seeds/{target}"))
            .args([
                "--",
                &format!("-max_total_time={seconds}"),
                LONGEST_INPUT,
                SLOWEST,
                "-print_final_stats=1",
            ])
            // Those of the cargo that runs this would win over the toolchain.
            .env("CARGO", "cargo")
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .status()?;
        if !status.success() {
            say(&format!(
                "{target} breaks a rule: copy the input named above to fuzz/seeds/{target} under a name that says \
                 what it does; then `cargo test -p visavis-harness` shows it, and keeps it"
            ));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What `cargo xtask lint` looks at: the targets are a workspace of their own, and stable can check them.
pub(crate) fn checks() -> [(&'static str, Run); 2] {
    let manifest = ["--manifest-path", "fuzz/Cargo.toml"];
    let clippy = Run::cargo("clippy")
        .args(manifest)
        .arg("--target-dir")
        .arg(fresh::target().join("fuzz"))
        .args(["--", "--deny", "warnings"]);
    [("rustfmt of fuzz", Run::cargo("fmt").args(manifest).arg("--check")), ("clippy of fuzz", clippy)]
}

/// Names of the targets, in order.
fn targets() -> Result<Vec<String>> {
    let folder = Path::new("fuzz/targets");
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}
