//! Loads our relay, coturn and a server made of pion with the same allocations and packets, in turn, and measures their
//! processes from outside. What the figures mean is written in `bench/README.md`.
//!
//! Start reading at `measure`, which says what is done to a server. `row` says which traffic there is, `flow` opens the
//! sockets for it, `traffic` sends and receives. Beneath them: `server` (how each is started), `process` (CPU and memory
//! through /proc), `client` (TURN's requests), `packet` (what is sent), `recvmmsg` (the system calls), `histogram`.
//! `table` and `plot` show what `results` has gathered.

mod client;
mod flow;
mod histogram;
mod measure;
mod packet;
mod plot;
mod process;
mod recvmmsg;
mod results;
mod row;
mod server;
mod table;
mod traffic;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use measure::Bench;
use results::Results;
use row::{Direction, Load, Method, Row};
use server::{Cpus, Kind, Programs};

/// What to measure, and how long.
#[derive(Debug, Parser)]
#[command(about = "TURN under load: Visavis next to coturn and pion, on this machine, in turn.")]
struct Options {
    #[command(flatten)]
    programs: Programs,
    /// Which servers. By default those that are here.
    #[arg(long, value_delimiter = ',', default_values = ["visavis", "coturn"])]
    servers: Vec<Kind>,
    /// What to measure.
    #[arg(long, value_delimiter = ',', default_values = ["traffic", "allocations", "amplification"])]
    measure: Vec<What>,
    /// Loads by name (singles20, singles60, singles100, video, bulk, saturated), or as RATExBURSTxBYTESxCLIENTS.
    #[arg(long, value_delimiter = ',')]
    loads: Vec<Load>,
    /// Which way packets go.
    #[arg(long, value_delimiter = ',', default_values = ["up", "down", "hair"])]
    directions: Vec<Direction>,
    /// How data is wrapped between client and server.
    #[arg(long, value_delimiter = ',', default_values = ["channels", "indications"])]
    methods: Vec<Method>,
    /// Bytes of application data in a packet, in place of the load's own.
    #[arg(long)]
    bytes: Option<usize>,
    /// Seconds each row is sent for.
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// How often each row is measured on each server.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
    /// Threads of each server that relay; each gets a CPU if there are enough.
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Send and receive every packet of a burst by itself, as over a network card that coalesces and segments nothing.
    #[arg(long)]
    no_runs: bool,
    /// A minute's worth: channels only, fewer loads, once.
    #[arg(long)]
    quick: bool,
    /// Where results, plots and the table go.
    #[arg(long, default_value = "target/bench/relay")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Traffic,
    Allocations,
    Amplification,
}

impl Options {
    fn rows(&self) -> Vec<Row> {
        const QUICK: [&str; 4] = ["singles20", "singles100", "video", "bulk"];
        let mut loads = if self.loads.is_empty() { Load::named() } else { self.loads.clone() };
        if self.quick && self.loads.is_empty() {
            loads.retain(|load| QUICK.contains(&load.name.as_str()));
        }
        for load in &mut loads {
            load.bytes = self.bytes.unwrap_or(load.bytes);
        }
        let methods = if self.quick { &self.methods[..1] } else { &self.methods[..] };
        Row::all(&loads, &self.directions, methods)
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    std::fs::create_dir_all(&options.output)
        .with_context(|| format!("cannot make {}", options.output.display()))?;
    process::raise_open_files()?;
    let cpus = Cpus::new(options.workers.max(1), process::cpus()?);
    process::stay_on(cpus.generator)?;
    if !process::go_first() {
        progress("without the right to go first: a busy machine shows in every figure");
    }
    let mut bench = Bench {
        programs: options.programs.clone(),
        cpus,
        time: Duration::try_from_secs_f64(options.seconds).context("--seconds")?,
        with_runs: !options.no_runs,
        folder: options.output.clone(),
        run: 0,
    };
    let results = measure_all(&options, &mut bench)?;
    results.write(&options.output)
}

fn measure_all(options: &Options, bench: &mut Bench) -> Result<Results> {
    let repetitions = if options.quick { 1 } else { options.repetitions };
    let mut results = Results::new(&options.servers, bench);
    if options.measure.contains(&What::Amplification) {
        for kind in &options.servers {
            results.amplification.push((*kind, bench.amplification(*kind)?));
        }
    }
    if options.measure.contains(&What::Allocations) {
        for _ in 0..repetitions {
            for kind in &options.servers {
                progress(&format!("allocations: {kind}"));
                results.allocations.push((*kind, bench.allocations(*kind)?));
            }
        }
    }
    if options.measure.contains(&What::Traffic) {
        let rows = options.rows();
        check(options, bench, &rows)?;
        for row in &rows {
            for repetition in 1..=repetitions {
                // Servers take turns, so that whatever else the machine does meets all of them.
                for kind in &options.servers {
                    let traffic = bench.row(*kind, row)?;
                    progress(&format!(
                        "{row}, {repetition} of {repetitions}: {kind} {}",
                        table::brief(&traffic)
                    ));
                    results.traffic.push((row.clone(), *kind, traffic));
                }
            }
        }
    }
    Ok(results)
}

/// No figure is worth anything if the server, or we, lose what there is all the time for.
fn check(options: &Options, bench: &mut Bench, rows: &[Row]) -> Result<()> {
    for direction in &options.directions {
        for method in &options.methods {
            let is_like = |row: &&Row| row.direction == *direction && row.method == *method;
            let Some(row) = rows.iter().find(is_like) else { continue };
            for kind in &options.servers {
                bench.check(*kind, row)?;
                progress(&format!("{direction} {method}: {kind} delivers a gentle load whole"));
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a person waits for the table")]
fn progress(line: &str) {
    eprintln!("- {line}");
}
