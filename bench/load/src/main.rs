//! Loads our server and the PeerJS server with the same WebSockets and the same payloads, one after the other, and
//! measures each server's process from outside. What the figures mean is written in `bench/README.md`.
//!
//! Start reading at `measure`, which says what is done to a server. `system` is what it needs to know of a server's
//! protocol; `visavis` and `peerjs` are the two that there are. Beneath them: `relay` (payloads between pairs),
//! `process` (memory and CPU through /proc), `socket` and `http` (the client's ends), `table` (what is printed).

mod http;
mod measure;
mod peerjs;
mod process;
mod relay;
mod socket;
mod system;
mod table;
mod visavis;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use measure::{Figures, Load, measure};
use peerjs::PeerJs;
use visavis::Visavis;

/// How hard to load, and what.
#[derive(Debug, Parser)]
#[command(about = "Signaling under load: Visavis next to PeerJS, on this machine, in turn.")]
struct Options {
    #[command(flatten)]
    load: Load,
    /// Our server. By default the one built beside this program.
    #[arg(long, env = "VISAVIS_BINARY")]
    visavis: Option<PathBuf>,
    /// The PeerJS server; npm's scripts have it in their PATH.
    #[arg(long, default_value = "peerjs")]
    peerjs: PathBuf,
    /// Measure only one of them.
    #[arg(long)]
    only: Option<Only>,
    /// How often to measure both; the table shows the median of each figure.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    Visavis,
    Peerjs,
}

// One thread: the load must leave the other cores to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    process::raise_open_files(options.load.connections)?;
    let beside = || Ok::<_, std::io::Error>(std::env::current_exe()?.with_file_name("visavis"));
    let visavis = options.visavis.clone().map_or_else(beside, Ok)?;
    let mut ours: Vec<Figures> = Vec::new();
    let mut theirs: Vec<Figures> = Vec::new();
    for _ in 0..options.rounds {
        if options.only != Some(Only::Peerjs) {
            ours.push(measure(Visavis::start(&visavis, &options.load).await?, &options.load).await?);
        }
        if options.only != Some(Only::Visavis) {
            theirs.push(measure(PeerJs::start(&options.peerjs, &options.load).await?, &options.load).await?);
        }
    }
    table::print(&options.load, &ours, &theirs);
    Ok(())
}
