//! `cargo xtask generate`: JSON Schema and TypeScript types from `proto`, `docs/configure.md` from the server.
//!
//! Everything is generated below `target` first, formatted there, and then compared or copied, so that a check never
//! touches the tree. A folder called `schema` or `generated` belongs to the generator: what it no longer makes is removed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::{build, fresh, say};

/// Relative paths and contents.
type Files = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn generate(arguments: &[String]) -> Result<ExitCode> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("cargo xtask generate [--check]"),
    };
    build::web_app()?;
    let wanted = wanted()?;
    let stale = stale(&wanted)?;
    if stale.is_empty() {
        say("generated files are fresh");
        return Ok(ExitCode::SUCCESS);
    }
    if check {
        for path in &stale {
            say(&format!("stale: {}", path.display()));
        }
        bail!("generated files are stale: run `cargo xtask generate` and commit what it writes");
    }
    for path in &stale {
        say(&format!("- {}", path.display()));
        match wanted.get(path) {
            Some(contents) => {
                std::fs::create_dir_all(path.parent().context("a generated file has a folder")?)?;
                std::fs::write(path, contents)?;
            }
            None => std::fs::remove_file(path)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn wanted() -> Result<Files> {
    let scratch = std::path::absolute(fresh::target().join("xtask/generated"))?;
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    Run::cargo("run")
        .args(["--quiet", "--locked", "--package", "visavis-proto", "--features", "schema"])
        .args(["--example", "generate", "--"])
        .arg(&scratch)
        .go()?;
    let mut files = Files::new();
    collect(&scratch, &scratch, &mut files)?;
    for (path, contents) in &mut files {
        if path.extension().is_some_and(|extension| extension == "ts") {
            *contents = format(path, contents)?;
        }
    }
    let configure = Run::cargo("run")
        .args(["--quiet", "--locked", "--package", "visavis-server", "--", "config", "docs"])
        .read()
        .context("`visavis config docs` failed")?;
    files.insert(PathBuf::from("docs/configure.md"), format!("{configure}\n").into_bytes());
    Ok(files)
}

/// What must be written or removed to make the tree fresh.
fn stale(wanted: &Files) -> Result<Vec<PathBuf>> {
    let mut stale: Vec<PathBuf> = wanted
        .iter()
        .filter(|(path, contents)| std::fs::read(path).ok().as_ref() != Some(contents))
        .map(|(path, _)| path.clone())
        .collect();
    let owned = wanted
        .keys()
        .filter_map(|path| path.parent())
        .filter(|folder| folder.file_name().is_some_and(|name| name == "schema" || name == "generated"));
    for folder in owned.collect::<std::collections::BTreeSet<_>>() {
        let mut present = Files::new();
        if folder.exists() {
            collect(folder, Path::new(""), &mut present)?;
        }
        stale.extend(present.into_keys().filter(|path| !wanted.contains_key(path)));
    }
    Ok(stale)
}

fn collect(folder: &Path, base: &Path, files: &mut Files) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, base, files)?;
            continue;
        }
        let relative = path.strip_prefix(base).unwrap_or(&path).to_path_buf();
        files.insert(relative, std::fs::read(&path)?);
    }
    Ok(())
}

/// Biome's formatting, so that generated TypeScript reads like the rest.
fn format(path: &Path, contents: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write;

    let mut child = Command::new("npx")
        .args(["--no-install", "biome", "format"])
        .arg(format!("--stdin-file-path={}", path.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start biome")?;
    // Biome reads all of its input before it writes, so this cannot block on a full pipe.
    child.stdin.take().context("biome has no input")?.write_all(contents)?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("biome cannot format {}", path.display());
    }
    Ok(output.stdout)
}
