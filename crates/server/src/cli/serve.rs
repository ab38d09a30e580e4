//! `visavis serve`.

use std::ffi::OsString;
use std::io::IsTerminal;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use super::banner::Banner;
use super::{hint, print, quoted};
use crate::addresses;
use crate::config::Config;
use crate::mallopt;
use crate::serve::Server;

/// Files a server has open besides its WebSockets: listeners, databases, HTTP connections, relayed sockets.
const OTHER_FILES: u64 = 1024;

/// Runs until it is told to stop.
pub(super) fn perform(config: Config, flags: &[OsString]) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(config.log.level.filter())
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    mallopt::give_large_blocks_back();
    allow_open_files(config.signaling.max_sockets.into());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(config, flags))
}

async fn serve(config: Config, flags: &[OsString]) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let (public, data) = (config.public.url.clone(), config.data.dir.clone());
    let server = Server::start(config).await?;
    let nobody = server.store.is_empty().await?;
    let banner = Banner {
        reach: &server.reach,
        public: public.as_ref(),
        data: &data,
        network: server.reach.https.map(addresses::network_urls).unwrap_or_default(),
        first_account: nobody.then(|| command("user add NAME", flags)),
    };
    print(&banner.text())?;
    print("ready; stop with Ctrl-C")?;
    stop.asked().await;
    info!("stopping; ask again to stop at once");
    tokio::select! {
        () = server.stop() => {}
        () = stop.asked() => warn!("stopped at once"),
    }
    Ok(())
}

/// The signals that mean: stop.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Systems start programs with a low limit that they may raise themselves up to a higher one.
fn allow_open_files(sockets: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>, wanted| limit.is_none_or(|limit| limit >= wanted);
    let wanted = sockets + OTHER_FILES;
    if enough(current, wanted) {
        return;
    }
    let raised = if enough(maximum, wanted) { Some(wanted) } else { maximum };
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: raised, maximum }) {
        warn!(%error, "the limit on open files stays as it is");
    }
    if !enough(raised, sockets) {
        let limit = maximum.unwrap_or(u64::MAX);
        warn!(
            "signaling.max_sockets is {sockets}, but the system allows {limit} open files: see `ulimit -Hn`"
        );
    }
}

/// This program's command `words` for the same server, to be typed into a shell.
fn command(words: &str, flags: &[OsString]) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "visavis".into());
    format!("{} {}", quoted(&program), hint(words, flags))
}
