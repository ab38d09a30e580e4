//! `visavis relay`.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use tracing::{info, warn};

use super::process::{
    Running, Signals, allow_open_files, asked, begin_log, hand_over, predecessor, until_stopped,
    upgrade_socket,
};
use super::relay_banner::RelayBanner;
use super::{doctor, notify, print};
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::mallopt;
use crate::open_files::OpenFiles;
use crate::relay::{Alone, SharedSecret, Staying};
use crate::secrets::Secrets;
use crate::upgrade::{Asked, Predecessor, Program, UpgradeError, UpgradeSocket};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Of the settings, those of relay, log, data.dir, http.listen (for /metrics and /health), \
    https.certificate and https.key (for relay.listen_tls) matter here."
)]
pub(super) struct RelayCommand {
    /// Take over from the relay that runs in this data folder, if one does: its sockets and all that is relayed over UDP pass
    /// from it to this one, and no packet is lost. The running relay does the same by itself on the signal SIGUSR2.
    #[arg(long)]
    upgrade: bool,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Prints the secret that a relay on another machine needs to take the credentials of this server's users. Run it where
    /// the server runs.
    Secret,
    /// Looks at everything a relay needs, its ways among it, and says what is wrong and what would be right. Run it where the
    /// relay runs, as its user, with its --config and --data.
    Doctor,
}

/// Runs until it is told to stop and nobody is relayed any more, or until its successor has taken over.
pub(super) fn perform(command: &RelayCommand, config: Config) -> anyhow::Result<()> {
    match command.other {
        Some(Other::Secret) => return print(secret(&config)?.text()),
        Some(Other::Doctor) => return doctor::perform(&config, Program::Relay),
        None => {}
    }
    begin_log(&config);
    mallopt::give_large_blocks_back();
    allow_open_files(OpenFiles::of(&config, Program::Relay));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(relay(command, config))
}

/// The secret of the server that these settings lead to.
fn secret(config: &Config) -> anyhow::Result<SharedSecret> {
    if let Some(secret) = SharedSecret::of_file(config)? {
        return Ok(secret);
    }
    let folder = DataFolder::existing(&config.data.dir)
        .context("the secret is with the server, so this is to be run on its machine")?;
    Ok(Secrets::load_or_create(&folder)?.turn_secret)
}

async fn relay(options: &RelayCommand, config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let (data, host) = (config.data.dir.clone(), config.relay.host.clone());
    let drain_time = Duration::from_secs(config.relay.drain_s);
    // What is wrong with the settings is told before a folder is made for them.
    let secret = Alone::secret(&config)?;
    let folder = DataFolder::open(&data)?;
    if !options.upgrade {
        refuse_a_second(&folder)?;
    }
    let predecessor = predecessor(options.upgrade, &folder, Program::Relay)?;
    let alone = Alone::start_after(config, secret, predecessor).await?;
    let upgrades = upgrade_socket(&folder, Program::Relay);
    print(&RelayBanner { reach: &alone.reach, host: host.as_deref(), data: &data }.text())?;
    print("ready; stop with Ctrl-C")?;
    notify::ready();
    match until_stopped(alone, upgrades.as_ref(), drain_time, &mut signals).await? {
        Some(alone) => drain(alone, drain_time, &mut signals, upgrades).await,
        None => Ok(()),
    }
}

impl Running for Alone {
    fn renew_certificate(&self) {
        Self::renew_certificate(self);
    }

    async fn hand_over(self, asked: Asked) -> Result<Option<Staying>, UpgradeError> {
        Self::hand_over(self, asked).await
    }
}

/// A second one would take the place at which the first is asked to hand over.
fn refuse_a_second(folder: &DataFolder) -> anyhow::Result<()> {
    if matches!(Predecessor::find(folder, Program::Relay), Ok(Some(_))) {
        bail!(
            "another `visavis relay` runs in {}; stop it, take over from it with --upgrade, or give this one a folder of its own \
             with --data",
            folder.path().display()
        );
    }
    Ok(())
}

/// Takes nobody new, and stays for those who are there; but for so long only. Meanwhile a next version may still take over.
async fn drain(
    alone: Alone,
    time: Duration,
    signals: &mut Signals,
    upgrades: Option<UpgradeSocket>,
) -> anyhow::Result<()> {
    let left = alone.drain().await;
    if left > 0 && !time.is_zero() {
        let seconds = time.as_secs();
        info!(
            relayed_addresses = left,
            "stopping once they are not used any more, in {seconds} s at the latest; ask again to stop at once"
        );
        tokio::select! {
            () = alone.emptied() => info!("nobody is relayed any more"),
            () = tokio::time::sleep(time) => {
                let left = alone.allocations().await;
                warn!(relayed_addresses = left, "relay.drain_s is over: they end, and their calls find another path");
            }
            () = signals.stop() => warn!("stopped at once"),
            asked = asked(upgrades.as_ref()) => return hand_over(alone, asked, time, signals).await,
        }
    }
    if let Some(socket) = upgrades {
        socket.close();
    }
    alone.stop().await;
    Ok(())
}
