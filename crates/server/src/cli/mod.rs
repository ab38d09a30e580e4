//! The command line of `visavis`.

pub mod banner;

mod bridge;
mod config;
mod doctor;
mod notify;
mod process;
mod qr;
mod relay;
mod relay_banner;
mod serve;
mod successor;
mod user;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, Sources};
use crate::data_folder::NoData;
use crate::relay::SecretError;
use crate::relay::alone::NothingToDo;
use crate::tls::TlsError;
use crate::upgrade::Program;

/// Calls between two people, on a server of your own.
#[derive(Debug, Parser)]
#[command(
    name = "visavis",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong command line or \
    configuration."
)]
struct Visavis {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Where settings come from; every command takes them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
struct Settings {
    /// The configuration file; else `VISAVIS_CONFIG`, else `visavis.toml` in the data folder or the working folder.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of everything that is kept, short for `--set data.dir=FOLDER`.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// One setting over the file and the environment, such as `http.listen=127.0.0.1:8080`; may be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server: web app, signaling and relay.
    Serve(serve::ServeCommand),
    /// Runs the relay alone, on another machine than the server, with the server's secret.
    Relay(relay::RelayCommand),
    /// Adds people and lets them in; works while the server runs.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Shows what a messenger needs to carry the signaling of its users: an address, a token, and the webhook's key.
    Bridge(bridge::BridgeCommand),
    /// Looks at everything a server needs, the relay's ways among it, and says what is wrong and what would be right.
    Doctor,
    /// Checks, shows and explains the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Reads the command line, does what it says, and tells how it went.
pub fn run() -> ExitCode {
    let Visavis { settings, command } = Visavis::parse();
    match perform(&settings, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If not even that can be written, the exit code says it.
            let _ = writeln!(std::io::stderr(), "{}", explain(&error));
            ExitCode::from(if is_of_configuration(&error) { 2 } else { 1 })
        }
    }
}

fn perform(settings: &Settings, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Config(command) => config::perform(&command, &settings.sources()),
        Command::Doctor => doctor::perform(&settings.load()?, Program::Server),
        Command::Serve(command) => serve::perform(&command, settings.load()?, &settings.flags()),
        Command::Relay(command) => relay::perform(&command, settings.load()?),
        Command::Bridge(command) => bridge::perform(&command, &settings.load()?),
        Command::User(command) => user::perform(&command, &settings.load()?, &settings.flags()),
    }
}

impl Settings {
    fn sources(&self) -> Sources {
        Sources {
            config: self.config.clone(),
            data: self.data.clone(),
            sets: self.set.clone(),
            variables: std::env::vars_os().collect(),
        }
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(&self.sources())
    }

    /// The flags that another command needs to find the same server.
    fn flags(&self) -> Vec<OsString> {
        let mut flags = Vec::new();
        for (flag, value) in [("--config", &self.config), ("--data", &self.data)] {
            if let Some(value) = value {
                flags.extend([flag.into(), value.into()]);
            }
        }
        flags
    }
}

/// Whether other settings would do; else something went wrong.
fn is_of_configuration(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<ConfigError>()
            || cause.is::<NoData>()
            || cause.is::<SecretError>()
            || cause.is::<NothingToDo>()
            || cause.downcast_ref().is_some_and(TlsError::is_of_configuration)
    })
}

/// The error with its causes, each once: some messages already hold their cause.
fn explain(error: &anyhow::Error) -> String {
    if let Some(ConfigError { faults }) = error.downcast_ref() {
        return faults.iter().map(|fault| format!("error: {fault}")).collect::<Vec<_>>().join("\n");
    }
    let mut text = format!("error: {error}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The words to type for another command to the same server, with the flags that were given to this one.
fn hint(words: &str, flags: &[OsString]) -> String {
    let flags = flags.iter().map(|flag| format!(" {}", quoted(flag)));
    format!("{words}{}", flags.collect::<String>())
}

/// The word as a shell takes it.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@".contains(c);
    if word.chars().all(plain) && !word.is_empty() {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Says what is worth knowing besides the answer, where no program takes it for the answer.
fn tell(text: &str) {
    // Without it the answer is the same.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes to standard output; a reader that has closed its end wants no more.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_typed_is_quoted_for_the_shell() {
        assert_eq!(quoted(OsStr::new("/srv/visavis-1.0/data")), "/srv/visavis-1.0/data");
        assert_eq!(quoted(OsStr::new("my calls' data")), r"'my calls'\'' data'");
        assert_eq!(quoted(OsStr::new("")), "''");
    }
}
