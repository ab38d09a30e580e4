//! `cargo xtask conformance`: plays the transcripts of the protocol against a server or a client.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::Run;
use crate::{build, require, say};

/// Without arguments tests our own server; with them, whatever they name (`protocol/transcripts/README.md`).
pub(crate) fn conformance(arguments: &[String]) -> Result<ExitCode> {
    require::c_compiler()?;
    let run = match arguments.first().map(String::as_str) {
        None => {
            // The server embeds the web app, so even this needs it built.
            build::web_app()?;
            Run::cargo("test").args(["--locked", "--package", "visavis-conformance", "--", "--show-output"])
        }
        Some("server" | "client" | "--help" | "-h") => Run::cargo("run")
            .args(["--quiet", "--locked", "--package", "visavis-conformance", "--"])
            .args(arguments),
        Some(other) => bail!("conformance tests a `server URL …` or a `client COMMAND …`, not `{other}`"),
    };
    if run.status()?.success() {
        return Ok(ExitCode::SUCCESS);
    }
    say("see protocol/transcripts/README.md");
    Ok(ExitCode::FAILURE)
}
