//! `cargo xtask bpf`: compiles the program that the relay puts into the kernel. Its object is checked in, so that building
//! the server needs no clang; beside it stands of which source and by which compiler it was made.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::command::Run;
use crate::{fresh, require, say};

const SOURCE: &str = "crates/relay/bpf/offload.c";
const OBJECT: &str = "crates/relay/bpf/offload.o";
/// The compiler, and the hashes of the two.
const MADE_OF: &str = "crates/relay/bpf/offload.made-of";

pub(crate) fn bpf(arguments: &[String]) -> Result<ExitCode> {
    match arguments {
        [] => {
            require::clang()?;
            let compiler = compiler().context("clang says no version")?;
            compile(Path::new(OBJECT))?;
            std::fs::write(MADE_OF, made_of(&compiler)?)
                .with_context(|| format!("cannot write {MADE_OF}"))?;
            say(&format!("{OBJECT} is compiled by {compiler}"));
        }
        [flag] if flag == "--check" => check()?,
        _ => bail!("cargo xtask bpf [--check]"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Holds the object against what it says that it is made of, and if there is the same compiler, against what that makes.
fn check() -> Result<()> {
    let noted = std::fs::read_to_string(MADE_OF).with_context(|| format!("cannot read {MADE_OF}"))?;
    let by = noted.lines().next().unwrap_or_default();
    if made_of(by)? != noted {
        bail!("{SOURCE} or {OBJECT} has changed alone: run `cargo xtask bpf` and commit what it writes");
    }
    if compiler().as_deref() != Some(by) || require::missing_strip() {
        say(&format!("{OBJECT} is as noted; only {by} could compile it anew to compare"));
        return Ok(());
    }
    let anew = fresh::target().join("xtask/offload.o");
    std::fs::create_dir_all(anew.parent().context("a file has a folder")?)?;
    compile(&anew)?;
    if std::fs::read(&anew)? != std::fs::read(OBJECT)? {
        bail!("{by} makes another object of {SOURCE}: run `cargo xtask bpf` and commit what it writes");
    }
    say(&format!("{OBJECT} is what {by} makes of {SOURCE}"));
    Ok(())
}

fn made_of(compiler: &str) -> Result<String> {
    let mut text = format!("{compiler}\n");
    for path in [SOURCE, OBJECT] {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
        for byte in Sha256::digest(bytes) {
            write!(text, "{byte:02x}")?;
        }
        writeln!(text, "  {path}")?;
    }
    Ok(text)
}

/// As `clang 14.0.6`.
fn compiler() -> Option<String> {
    let text = Run::new("clang").arg("--version").read()?;
    let (_, version) = text.lines().next()?.split_once("clang version ")?;
    Some(format!("clang {}", version.split([' ', '-', '+']).next()?))
}

fn compile(to: &Path) -> Result<()> {
    let headers = format!("/usr/include/{}-linux-gnu", std::env::consts::ARCH);
    // The same object wherever the project lies.
    let folder = std::env::current_dir().context("this folder is gone")?;
    let nowhere = format!("-fdebug-prefix-map={}=.", folder.display());
    Run::new("clang")
        .args([
            "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror", &nowhere, "-I",
            &headers, "-c", SOURCE, "-o",
        ])
        .arg(to)
        .go()?;
    // Only debugging information for people; what the kernel reads of types stays.
    Run::new("llvm-strip").arg("-g").arg(to).go()
}
