//! `visavis doctor` and `visavis relay doctor`.

use anyhow::{Context, bail};

use super::print;
use crate::config::Config;
use crate::doctor::{self, State};
use crate::upgrade::Program;

/// Prints a line per finding, and fails if anything will not work.
pub(super) fn perform(config: &Config, program: Program) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let (mut bad, mut unsaid) = (0, None);
    runtime.block_on(doctor::examine(config, program, |finding| {
        bad += usize::from(finding.state == State::Bad);
        if let Err(error) = print(&finding.to_string()) {
            unsaid.get_or_insert(error);
        }
    }));
    match (unsaid, bad) {
        (Some(error), _) => Err(error),
        (None, 0) => Ok(()),
        (None, 1) => bail!("one thing is wrong: see the line with ✗"),
        (None, bad) => bail!("{bad} things are wrong: see the lines with ✗"),
    }
}
