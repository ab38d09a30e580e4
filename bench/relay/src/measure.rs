//! What is done to a server, and what is read off its process meanwhile.

use std::net::UdpSocket;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use visavis_turn::codec::{AttributeType, Class, MessageBuilder, Method, TransactionId};

use crate::client::{Client, exchange};
use crate::flow;
use crate::process;
use crate::row::{Load, Row};
use crate::server::{Cpus, Kind, Programs, Server};
use crate::traffic::{self, Outcome, Pace};

/// Allocations after which memory is read.
const ALLOCATIONS: [usize; 2] = [1000, 5000];
/// How long a server may settle before its memory is read.
const SETTLE: Duration = Duration::from_millis(500);
/// How long the gentle traffic lasts that nothing may be lost of.
const GENTLE_TIME: Duration = Duration::from_millis(300);
/// How long its last packets may take on a busy machine.
const GENTLE_QUIET: Duration = Duration::from_secs(3);
/// How long nothing may come before what is missing of a row is lost.
const QUIET: Duration = Duration::from_millis(150);

/// How to measure.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) programs: Programs,
    pub(crate) cpus: Cpus,
    pub(crate) time: Duration,
    /// Whether bursts leave and arrive as one, as far as the kernel can.
    pub(crate) with_runs: bool,
    /// Where servers print to.
    pub(crate) folder: PathBuf,
    /// Of the last run.
    pub(crate) run: u32,
}

/// One row on one server, once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Traffic {
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// Microseconds of the server's CPU per delivered packet.
    pub(crate) cpu_us: f64,
    /// How much of its time the server was on a CPU, in percent of one.
    pub(crate) server_percent: f64,
    /// How much others were on the server's CPUs meanwhile, in percent of one, to the nearest few.
    pub(crate) others_percent: f64,
}

/// What allocations cost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Allocations {
    /// By one client after the other, each in two round trips.
    pub(crate) per_second: f64,
    pub(crate) cpu_us: f64,
    /// Resident memory per allocation after the first thousand and after all, in bytes.
    pub(crate) memory: Vec<(usize, f64)>,
}

/// Bytes that come back for bytes of a stranger, as payload of UDP.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Amplification {
    pub(crate) request: &'static str,
    pub(crate) sent: usize,
    pub(crate) received: usize,
}

impl Bench {
    /// Fails if a gentle load is not delivered whole.
    pub(crate) fn check(&mut self, kind: Kind, row: &Row) -> Result<()> {
        let gentle = Row { load: Load::gentle(), ..row.clone() };
        let outcome = self.traffic(kind, &gentle, GENTLE_TIME, GENTLE_QUIET)?.outcome;
        ensure!(
            outcome.delivered == outcome.sent && outcome.duplicates == 0 && outcome.strays == 0,
            "{kind} does not deliver {gentle} whole: {outcome:?}"
        );
        Ok(())
    }

    /// One row.
    pub(crate) fn row(&mut self, kind: Kind, row: &Row) -> Result<Traffic> {
        self.traffic(kind, row, self.time, QUIET)
    }

    fn traffic(&mut self, kind: Kind, row: &Row, time: Duration, quiet: Duration) -> Result<Traffic> {
        let mut server = Server::start(kind, &self.programs, &self.cpus, &self.folder)?;
        let (endpoints, mut flows) = flow::open(server.address, row, self.with_runs)?;
        self.run += 1;
        let pace = Pace { rate: row.load.rate, burst: row.load.burst, time, quiet, run: self.run };
        let begin = Instant::now();
        let (cpu_before, busy_before) = (server.process.cpu()?, process::busy(self.cpus.server)?);
        let outcome = traffic::run(&endpoints, &mut flows, pace)?;
        let cpu = (server.process.cpu()? - cpu_before).as_secs_f64();
        let busy = (process::busy(self.cpus.server)? - busy_before).as_secs_f64();
        let took = begin.elapsed().as_secs_f64();
        server.process.check()?;
        ensure!(outcome.delivered > 0, "{kind} delivers nothing of {row}: {outcome:?}");
        let others = if self.cpus.are_shared() { 0.0 } else { (busy - cpu).max(0.0) };
        Ok(Traffic {
            cpu_us: 1e6 * cpu / amount(outcome.delivered),
            server_percent: 100.0 * cpu / took,
            others_percent: 100.0 * others / took,
            outcome,
        })
    }

    /// Allocations, one after the other, kept until the end.
    pub(crate) fn allocations(&mut self, kind: Kind) -> Result<Allocations> {
        let mut server = Server::start(kind, &self.programs, &self.cpus, &self.folder)?;
        // What is there before the first one is not of its making.
        let mut first = Client::new(server.address, usize::MAX)?;
        first.allocate()?;
        std::thread::sleep(SETTLE);
        let at_rest = server.process.memory()?;
        let (mut took, mut cpu, mut memory) = (Duration::ZERO, Duration::ZERO, Vec::new());
        let mut clients: Vec<UdpSocket> = Vec::new();
        for until in ALLOCATIONS {
            let cpu_before = server.process.cpu()?;
            let begin = Instant::now();
            for nth in clients.len()..until {
                let mut client = Client::new(server.address, nth)?;
                client.allocate().with_context(|| format!("{kind}: allocation {nth}"))?;
                clients.push(client.into_socket());
            }
            took += begin.elapsed();
            cpu += server.process.cpu()? - cpu_before;
            std::thread::sleep(SETTLE);
            let grown = server.process.memory()?.saturating_sub(at_rest);
            memory.push((until, amount(grown) / amount(until as u64)));
        }
        let all = amount(clients.len() as u64);
        Ok(Allocations {
            per_second: all / took.as_secs_f64(),
            cpu_us: 1e6 * cpu.as_secs_f64() / all,
            memory,
        })
    }

    /// What a stranger gets.
    pub(crate) fn amplification(&mut self, kind: Kind) -> Result<Vec<Amplification>> {
        let server = Server::start(kind, &self.programs, &self.cpus, &self.folder)?;
        let socket = UdpSocket::bind((server.address.ip(), 0))?;
        socket.connect(server.address)?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        let request = |method| MessageBuilder::new(Class::Request, method, TransactionId([3; 12]));
        let transport = [17, 0, 0, 0];
        [
            ("Binding", request(Method::Binding)),
            ("Allocate, bare", request(Method::Allocate)),
            ("Allocate", request(Method::Allocate).attribute(AttributeType::REQUESTED_TRANSPORT, &transport)),
        ]
        .into_iter()
        .map(|(name, request)| {
            let bytes = request.finish();
            let received = exchange(&socket, &bytes).with_context(|| format!("{kind}: {name}"))?.len();
            Ok(Amplification { request: name, sent: bytes.len(), received })
        })
        .collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and memory are far below 2^52")]
fn amount(number: u64) -> f64 {
    number as f64
}
