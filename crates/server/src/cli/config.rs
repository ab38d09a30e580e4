//! `visavis config`.

use clap::Subcommand;

use super::print;
use crate::config::{Config, Sources, reference, show};
use crate::relay::SharedSecret;
use crate::tls::TlsIdentity;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Says whether the configuration is right, and if not, what is wrong and where.
    Check,
    /// Prints the configuration in effect, as a file. It holds no secrets.
    Show,
    /// Prints every key with its meaning, default and form, as Markdown.
    Docs,
}

pub(super) fn perform(command: &ConfigCommand, sources: &Sources) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => {
            let config = Config::load(sources)?;
            TlsIdentity::own(&config)?;
            SharedSecret::of_file(&config)?;
            match &config.file {
                Some(file) => print(&format!("{}: the configuration is good", file.display())),
                None => print(
                    "the configuration is good; there is no file, so what nothing else sets has its default",
                ),
            }
        }
        ConfigCommand::Show => print(&show(&Config::load(sources)?)),
        ConfigCommand::Docs => print(&reference()),
    }
}
