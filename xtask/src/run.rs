//! `cargo xtask run`: from a checkout to a server on this machine.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Error, Result};

use crate::{build, say};

/// Builds what changed, then becomes `visavis serve`; its flags may be given behind.
pub(crate) fn run(flags: &[String]) -> Result<ExitCode> {
    say(
        "Building the web app and the server (the first time takes some minutes), then starting `visavis serve`.",
    );
    let server = build::server()?;
    let mut serve = Command::new(&server);
    serve.arg("serve");
    if !flags.iter().any(|flag| flag == "--data" || flag.starts_with("--data=")) {
        serve.args(["--data", "data"]);
    }
    serve.args(flags);
    let words: Vec<_> =
        std::iter::once(serve.get_program()).chain(serve.get_args()).map(OsStr::to_string_lossy).collect();
    say(&format!("$ {}", words.join(" ")));
    // Taking this process's place makes Ctrl-C and service managers reach the server itself.
    Err(Error::new(serve.exec()).context(format!("cannot start {}", server.display())))
}
