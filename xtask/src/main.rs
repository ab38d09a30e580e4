//! The chores of this repository, so that one command does each: run it, test it, check it, generate what is generated.
//!
//! Start reading at the file named like the chore. Beneath them: `build` (what is built from what), `require` (what the
//! machine must have), `fresh` (skip what did not change), `command` (start a process and say so), `tally` (count tests),
//! `namespace` (a network of the browser tests' own).

mod bench;
mod bpf;
mod build;
mod command;
mod conformance;
mod fresh;
mod fuzz;
mod generate;
mod lint;
mod namespace;
mod require;
mod run;
mod sim;
mod tally;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
cargo xtask run [FLAGS OF visavis serve]   build everything and start a server on this machine
cargo xtask test [rust|web|e2e] [FILTER]   set up this machine and run the tests
cargo xtask screens                        write a picture of every screen to target/screens
cargo xtask lint                           formats, lints, types, licences
cargo xtask generate [--check]             schema, TypeScript types and docs/configure.md from the Rust sources
cargo xtask bench [NAME] [ARGS]            measurements; without a name: list them
cargo xtask conformance [server|client …]  the transcripts of the protocol against our server, or against anything
cargo xtask sim [--seeds N] [--seed S]     simulated histories of calls; tells the first that breaks a rule
cargo xtask bpf [--check]                  the relay's program for the kernel, compiled from crates/relay/bpf (needs clang)
cargo xtask fuzz [TARGET] [--seconds N]    bad input until a rule breaks; needs the nightly compiler (fuzz/README.md)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let root = repository()?;
    std::env::set_current_dir(&root).context("cannot enter the repository")?;
    let Some((chore, rest)) = arguments.split_first() else {
        say(USAGE);
        return Ok(ExitCode::FAILURE);
    };
    match chore.as_str() {
        "run" => run::run(rest),
        "test" => test::test(rest),
        "screens" => test::screens(rest),
        "lint" => lint::lint(),
        "generate" => generate::generate(rest),
        "bench" => bench::bench(rest),
        "conformance" => conformance::conformance(rest),
        "sim" => sim::sim(rest),
        "bpf" => bpf::bpf(rest),
        "fuzz" => fuzz::fuzz(rest),
        "help" | "--help" | "-h" => {
            say(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no chore `{other}`\n{USAGE}"),
    }
}

/// The folder of this repository: every chore works from there, wherever it was called.
fn repository() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("call this as `cargo xtask`")?;
    let root = Path::new(&manifest).parent().context("xtask has no parent folder")?;
    Ok(root.to_path_buf())
}

/// The only place that prints: a chore talks to the person who called it.
#[expect(clippy::print_stdout, reason = "the output of a command-line tool")]
fn say(line: &str) {
    println!("{line}");
}
