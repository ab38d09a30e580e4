//! Starting a process: announce it, run it in the repository, and turn a failure into an error that names it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::say;

/// A command line that is built word by word.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
    words: Vec<String>,
}

impl Run {
    pub(crate) fn new(program: &str) -> Self {
        Self { command: Command::new(program), words: vec![program.to_owned()] }
    }

    /// A cargo of the same toolchain, on the lock file as committed.
    pub(crate) fn cargo(subcommand: &str) -> Self {
        let mut run = Self::new("cargo").arg(subcommand);
        // Set by the outer cargo for this process; they would make the inner one rebuild or look at the wrong package.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                run.command.env_remove(name);
            }
        }
        run
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_string_lossy().into_owned());
        self.command.arg(word);
        self
    }

    pub(crate) fn args<W: AsRef<OsStr>>(self, words: impl IntoIterator<Item = W>) -> Self {
        words.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs with our own output; a failure is an error.
    pub(crate) fn go(self) -> Result<()> {
        let line = self.line();
        let status = self.status()?;
        if !status.success() {
            bail!("`{line}` failed ({status})");
        }
        Ok(())
    }

    /// Runs with our own output; the caller judges the status.
    pub(crate) fn status(mut self) -> Result<ExitStatus> {
        say(&format!("$ {}", self.line()));
        self.command.status().with_context(|| format!("cannot start `{}`", self.words[0]))
    }

    /// Runs silently and returns what it printed, or nothing if it is missing or fails.
    pub(crate) fn read(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs and hands over each line of its standard output as it comes.
    pub(crate) fn lines(mut self, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
        say(&format!("$ {}", self.line()));
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.words[0]))?;
        let stdout = child.stdout.take().context("the child has no output")?;
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
            line.clear();
        }
        Ok(child.wait()?)
    }

    fn line(&self) -> String {
        let line = self.words.join(" ");
        // The set-up script of the namespace would fill a screen.
        line.lines().next().map_or_else(String::new, |first| {
            if first.len() < line.len() { format!("{first} …") } else { line.clone() }
        })
    }
}
