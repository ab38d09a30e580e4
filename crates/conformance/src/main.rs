//! `visavis-conformance`: plays the transcripts of `protocol/transcripts` against a server or a client of any make.
//!
//! ```text
//!  transcript ──► steps ──┬──► server: plays every device, says what they say, expects what they hear
//!       (JSON)            └──► client: plays the server, says what it hears, expects what it says
//! ```
//!
//! `transcript` reads the files, `pattern` compares and fills messages, `server` and `client` are the two ways to play
//! them, `people` signs the devices in. Nothing of ours is linked: the files alone say what is right.

mod client;
mod pattern;
mod people;
mod server;
mod transcript;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};

use crate::people::{Origin, Person};
use crate::transcript::{Side, Transcript};

/// Plays the transcripts of the signaling protocol against a server or a client.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 all transcripts hold, 1 some do not, 2 wrong command line."
)]
struct Conformance {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays every device against the server at URL (http://…; TLS is for a proxy in front of this program).
    Server {
        /// Where the server is, such as `http://localhost:7070`.
        url: String,
        /// Somebody to sign in as `NAME=PASSWORD`; the transcripts need alice, bob and carol.
        #[arg(long, value_name = "NAME=PASSWORD", required = true)]
        person: Vec<Person>,
        #[command(flatten)]
        choice: Choice,
    },
    /// Plays the server against a client, started anew for each transcript and device (see protocol/transcripts/README.md).
    Client {
        #[command(flatten)]
        choice: Choice,
        /// The client and its arguments.
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Choice {
    /// The folder of the transcripts.
    #[arg(long, default_value = "protocol/transcripts")]
    transcripts: PathBuf,
    /// Only transcripts whose file name contains this.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> ExitCode {
    match run(Conformance::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        Command::Server { url, person, choice } => {
            let mut results = Results::default();
            let origin = Origin::of(&url)?;
            let mut cookies = BTreeMap::new();
            for person in &person {
                cookies.insert(person.name.clone(), runtime.block_on(origin.sign_in(person))?);
            }
            for transcript in choice.read(Side::Server)? {
                let played = runtime.block_on(server::play(&origin, &cookies, &transcript));
                results.tell(&transcript.name, &transcript.title, played);
            }
            results.finish()
        }
        Command::Client { choice, command } => {
            let mut results = Results::default();
            for transcript in choice.read(Side::Client)? {
                for device in transcript.clients() {
                    let played = runtime.block_on(client::play(&command, &transcript, &device));
                    results.tell(&format!("{} as {device}", transcript.name), &transcript.title, played);
                }
            }
            results.finish()
        }
    }
}

impl Choice {
    fn read(&self, side: Side) -> Result<Vec<Transcript>> {
        let mut chosen = Vec::new();
        for transcript in transcript::read_folder(&self.transcripts)? {
            let wanted = self.only.as_ref().is_none_or(|part| transcript.name.contains(part));
            if wanted && transcript.is_for(side) {
                chosen.push(transcript);
            }
        }
        if chosen.is_empty() {
            bail!("no transcript to play in {}", self.transcripts.display());
        }
        Ok(chosen)
    }
}

#[derive(Debug, Default)]
struct Results {
    held: u32,
    failed: u32,
}

impl Results {
    fn tell(&mut self, name: &str, title: &str, played: Result<()>) {
        match played {
            Ok(()) => {
                self.held += 1;
                say(&format!("ok      {name}: {title}"));
            }
            Err(error) => {
                self.failed += 1;
                say(&format!("FAILED  {name}: {title}\n        {error:#}"));
            }
        }
    }

    fn finish(&self) -> Result<bool> {
        say(&format!("{} held, {} failed", self.held, self.failed));
        Ok(self.failed == 0)
    }
}

/// A line of the report. If nobody reads it, the exit code says it all.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Names the step of a transcript in an error.
fn at_step<T>(result: Result<T>, number: usize) -> Result<T> {
    result.with_context(|| format!("step {}", number + 1))
}
