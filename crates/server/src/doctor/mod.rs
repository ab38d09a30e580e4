//! `visavis doctor`, and `visavis relay doctor`: looks at everything a server, or a relay alone, needs and says what is wrong,
//! why, and what would be right.
//!
//! It changes nothing. If it runs, its relay is tested as it stands; if not, the doctor opens the same ports for a moment and
//! tests a relay of its own.
//!
//! ```text
//!  machine: clock, open files │ folder │ certificate │ ports ──► addresses ──► relay (crate::self_test) │ what devices say
//! ```

mod adjtimex;
mod certificate;
mod devices;
mod folder;
mod machine;
mod network;

use std::fmt;

use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::relay::{Alone, SharedSecret};
use crate::run_file::RunFile;
use crate::upgrade::Program;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// It may be right, for some purposes or seen from elsewhere.
    Doubtful,
    /// It will not work.
    Bad,
}

/// One thing the doctor has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub state: State,
    /// What was looked at.
    pub subject: String,
    /// What there is to say; of what is wrong the cause and the way out.
    pub text: String,
}

impl Finding {
    fn new(state: State, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { state, subject: subject.into(), text: text.into() }
    }

    fn good(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(State::Good, subject, text)
    }

    fn doubtful(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(State::Doubtful, subject, text)
    }

    fn bad(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(State::Bad, subject, text)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.state {
            State::Good => "✓",
            State::Doubtful => "!",
            State::Bad => "✗",
        };
        write!(f, "{sign} {}: {}", self.subject, self.text)
    }
}

/// Looks at everything, and hands each finding to `told` as soon as it is known: some take seconds.
pub async fn examine(config: &Config, program: Program, mut told: impl FnMut(Finding)) {
    let config = &of_interest(config, program);
    let running = running(config, program);
    told(match &config.file {
        Some(file) => Finding::good("configuration", format!("{} is right", file.display())),
        None => Finding::good("configuration", "there is no file; what nothing else sets has its default"),
    });
    the_other(config, program).into_iter().for_each(&mut told);
    folder::examine(config, program, running.is_some()).into_iter().for_each(&mut told);
    secret(config, program).into_iter().for_each(&mut told);
    machine::examine(config, program).into_iter().for_each(&mut told);
    certificate::examine(config, program).into_iter().for_each(&mut told);
    network::examine(config, program, running.as_ref(), &mut told).await;
    if let (Program::Server, Some(run)) = (program, &running) {
        devices::examine(config, run).await.into_iter().for_each(&mut told);
    }
}

/// Without what is set and means nothing to this program.
fn of_interest(config: &Config, program: Program) -> Config {
    let mut config = config.clone();
    if program == Program::Relay {
        config.https.listen = None;
        config.public.url = None;
        config.relay.others.clear();
    }
    config
}

/// What the program that runs on this data folder says of itself, if it runs.
fn running(config: &Config, program: Program) -> Option<RunFile> {
    let folder = DataFolder::found(&config.data.dir, program)?;
    RunFile::read(&folder, program).filter(machine::is_alive)
}

/// Whoever asks of a server where there is only a relay has meant that.
fn the_other(config: &Config, program: Program) -> Option<Finding> {
    let is_only_a_relay = program == Program::Server && running(config, Program::Server).is_none();
    let run = running(config, Program::Relay).filter(|_| is_only_a_relay)?;
    let text = format!(
        "`visavis relay` runs here (process {}) and no server does; `visavis relay doctor` looks at the relay, this at what a \
         server would need",
        run.pid
    );
    Some(Finding::doubtful("relay alone", text))
}

fn secret(config: &Config, program: Program) -> Option<Finding> {
    const SUBJECT: &str = "secret of the relays";
    let secret = match program {
        Program::Server => SharedSecret::of_file(config).map(|_| ()).map_err(anyhow::Error::from),
        Program::Relay => Alone::secret(config).map(|_| ()),
    };
    match (secret, program) {
        (Err(error), _) => Some(Finding::bad(SUBJECT, error.to_string())),
        (Ok(()), Program::Relay) => Some(Finding::good(
            SUBJECT,
            "relay.secret_file holds one; whether it is the server's, `visavis doctor` finds out there",
        )),
        (Ok(()), Program::Server) => None,
    }
}
