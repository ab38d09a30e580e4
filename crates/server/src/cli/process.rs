//! What the long-running commands have in common: the log, signals, limits of the system, and handing over to the next
//! version.

use std::future::pending;
use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use super::successor;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::open_files::OpenFiles;
use crate::relay::Staying;
use crate::upgrade::{Asked, Predecessor, Program, UpgradeError, UpgradeSocket};

/// Writes the log to standard error.
pub(super) fn begin_log(config: &Config) {
    tracing_subscriber::fmt()
        .with_env_filter(config.log.level.filter())
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

/// Whom to take over from, if that is asked for.
pub(super) fn predecessor(
    is_upgrade: bool,
    folder: &DataFolder,
    program: Program,
) -> Result<Option<Predecessor>, UpgradeError> {
    let found = if is_upgrade { Predecessor::find(folder, program)? } else { None };
    if is_upgrade && found.is_none() {
        info!("nothing runs in {} that could be taken over", folder.path().display());
    }
    Ok(found)
}

/// Where the next version asks; none if it cannot be had.
pub(super) fn upgrade_socket(folder: &DataFolder, program: Program) -> Option<UpgradeSocket> {
    let opened = UpgradeSocket::open(folder, program);
    opened
        .inspect_err(|error| {
            warn!(%error, "this process cannot hand over to its next version: it will have to be stopped");
        })
        .ok()
}

/// What serves until it is told to stop, or its next version has taken over.
pub(super) trait Running {
    /// Looks at once whether there is a new certificate.
    fn renew_certificate(&self);

    /// Stops in favour of the process that asks. Returns what stays for those who came over TCP.
    async fn hand_over(self, asked: Asked) -> Result<Option<Staying>, UpgradeError>;
}

/// Serves until it is to stop, and gives it back then; `None` if the next version has taken over. `drain` is how long it stays
/// after that for those who are relayed over TCP.
pub(super) async fn until_stopped<R: Running>(
    running: R,
    upgrades: Option<&UpgradeSocket>,
    drain: Duration,
    signals: &mut Signals,
) -> anyhow::Result<Option<R>> {
    loop {
        tokio::select! {
            wish = signals.next() => match wish {
                Wish::Stop => return Ok(Some(running)),
                Wish::Upgrade => successor::start(),
                Wish::Renew => running.renew_certificate(),
            },
            asked = asked(upgrades) => {
                hand_over(running, asked, drain, signals).await?;
                return Ok(None);
            }
        }
    }
}

/// Hands over, and stays as long as it is needed.
pub(super) async fn hand_over<R: Running>(
    running: R,
    asked: Asked,
    drain: Duration,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    info!("handing over to version {}", asked.version());
    let staying = running.hand_over(asked).await?;
    stay(staying, drain, signals).await;
    Ok(())
}

/// Resolves when the next version asks.
pub(super) async fn asked(upgrades: Option<&UpgradeSocket>) -> Asked {
    match upgrades {
        Some(socket) => socket.asked().await,
        None => pending().await,
    }
}

/// Stays for those who are relayed over TCP, whose connections cannot be passed on.
async fn stay(staying: Option<Staying>, drain: Duration, signals: &mut Signals) {
    let Some(staying) = staying else { return };
    tokio::select! {
        () = staying.drained() => info!("handed over"),
        () = tokio::time::sleep(drain) => info!("handed over; those still relayed over TCP find another path"),
        () = signals.stop() => {}
    }
}

/// What a signal means.
enum Wish {
    Stop,
    /// A new version is to take over.
    Upgrade,
    /// There may be a new certificate.
    Renew,
}

/// The signals that mean something to us.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    user_defined2: Signal,
    hangup: Signal,
}

impl Signals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            user_defined2: listen(SignalKind::user_defined2())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.user_defined2.recv() => Wish::Upgrade,
            _ = self.hangup.recv() => Wish::Renew,
        }
    }

    /// The next that says stop.
    pub(super) async fn stop(&mut self) {
        while matches!(self.next().await, Wish::Upgrade | Wish::Renew) {}
    }
}

/// Systems start programs with a low limit that they may raise themselves up to a higher one.
pub(super) fn allow_open_files(OpenFiles { keys, count }: OpenFiles) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>, wanted| limit.is_none_or(|limit| limit >= wanted);
    if enough(current, count) {
        return;
    }
    let raised = if enough(maximum, count) { Some(count) } else { maximum };
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: raised, maximum }) {
        warn!(%error, "the limit on open files stays as it is");
    }
    if !enough(raised, count) {
        let limit = maximum.unwrap_or(u64::MAX);
        warn!("{keys} may need {count} open files, but the system allows {limit}: see `ulimit -Hn`");
    }
}
