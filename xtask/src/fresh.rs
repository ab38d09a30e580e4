//! Skipping a step whose inputs did not change: a stamp below `target/xtask` holds the hash of everything it was made from.
//!
//! Contents are hashed, not times, because a checkout sets times anew. The hash guards against waste, not against malice.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::say;

/// Folders that hold results, never inputs.
const RESULTS: [&str; 5] = ["node_modules", "dist", "target", "test-results", "playwright-report"];

/// Does `step` unless its `inputs` are those of the last time and all `outputs` still exist.
pub(crate) fn unless_fresh(
    name: &str,
    inputs: &[&str],
    outputs: &[&str],
    step: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stamp = target().join("xtask").join(format!("{name}.stamp"));
    let hash = hash_of(inputs)?;
    let unchanged = std::fs::read_to_string(&stamp).is_ok_and(|last| last == hash);
    let complete = outputs.iter().all(|output| Path::new(output).exists());
    if unchanged && complete {
        say(&format!("- {name}: nothing changed"));
        return Ok(());
    }
    // An interrupted step must not look done.
    let _ = std::fs::remove_file(&stamp);
    step()?;
    std::fs::create_dir_all(stamp.parent().context("a stamp has a folder")?)?;
    std::fs::write(&stamp, hash).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

fn hash_of(inputs: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(Path::new(input), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        let contents = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        contents.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let is_result = path.file_name().is_some_and(|name| RESULTS.iter().any(|result| name == *result));
        if !is_result {
            collect(&path, files)?;
        }
    }
    Ok(())
}
