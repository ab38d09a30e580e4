//! `visavis serve`.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tracing::{info, warn};

use super::banner::Banner;
use super::process::{
    Running, Signals, allow_open_files, begin_log, predecessor, until_stopped, upgrade_socket,
};
use super::{hint, notify, print, quoted};
use crate::addresses;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::mallopt;
use crate::open_files::OpenFiles;
use crate::relay::Staying;
use crate::serve::Server;
use crate::upgrade::{Asked, Program, UpgradeError};

#[derive(Debug, Args)]
pub(super) struct ServeCommand {
    /// Take over from the server that runs in this data folder, if one does: listening sockets and relayed calls pass from
    /// it to this one, and no packet is lost. The running server does the same by itself on the signal SIGUSR2.
    #[arg(long)]
    upgrade: bool,
}

/// Runs until it is told to stop, or until its successor has taken over.
pub(super) fn perform(command: &ServeCommand, config: Config, flags: &[OsString]) -> anyhow::Result<()> {
    begin_log(&config);
    mallopt::give_large_blocks_back();
    allow_open_files(OpenFiles::of(&config, Program::Server));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(command, config, flags))
}

async fn serve(options: &ServeCommand, config: Config, flags: &[OsString]) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let (public, data) = (config.public.url.clone(), config.data.dir.clone());
    let others = config.relay.others.iter().map(ToString::to_string).collect();
    let drain = Duration::from_secs(config.relay.drain_s);
    let folder = DataFolder::open(&data)?;
    let predecessor = predecessor(options.upgrade, &folder, Program::Server)?;
    let server = Server::start_after(config, predecessor).await?;
    let upgrades = upgrade_socket(&folder, Program::Server);
    let nobody = server.store.is_empty().await?;
    let banner = Banner {
        reach: &server.reach,
        public: public.as_ref(),
        data: &data,
        network: server.reach.https.map(addresses::network_urls).unwrap_or_default(),
        others,
        first_account: nobody.then(|| command("user add NAME", flags)),
    };
    print(&banner.text())?;
    print("ready; stop with Ctrl-C")?;
    notify::ready();
    let Some(server) = until_stopped(server, upgrades.as_ref(), drain, &mut signals).await? else {
        return Ok(());
    };
    info!("stopping; ask again to stop at once");
    if let Some(socket) = upgrades {
        socket.close();
    }
    tokio::select! {
        () = server.stop() => {}
        () = signals.stop() => warn!("stopped at once"),
    }
    Ok(())
}

impl Running for Server {
    fn renew_certificate(&self) {
        Self::renew_certificate(self);
    }

    async fn hand_over(self, asked: Asked) -> Result<Option<Staying>, UpgradeError> {
        Self::hand_over(self, asked).await
    }
}

/// This program's command `words` for the same server, to be typed into a shell.
fn command(words: &str, flags: &[OsString]) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "visavis".into());
    format!("{} {}", quoted(&program), hint(words, flags))
}
