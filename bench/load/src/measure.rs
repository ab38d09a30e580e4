//! What is done to a server, and what is read off its process meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, interval, sleep};

use crate::relay::{Delays, Pace, Plan, Speaker, exchange};
use crate::socket::Socket;
use crate::system::{Side, System};

/// Sockets that are opened at once.
const OPENING_AT_ONCE: usize = 32;
/// Sockets prepared before they are opened: as many as surely open before their tickets expire.
const BATCH: usize = 500;
/// Payloads a device may send in one call of ours (200 candidates); both servers get the same.
const PER_CALL: usize = 200;

/// How hard to load.
#[derive(Debug, clap::Args)]
pub(crate) struct Load {
    /// WebSockets to open.
    #[arg(long, default_value_t = 5000)]
    pub(crate) connections: usize,
    /// Pairs that exchange payloads.
    #[arg(long, default_value_t = 80)]
    pub(crate) pairs: usize,
    /// Payloads of one device under way at once.
    #[arg(long, default_value_t = 4)]
    pub(crate) window: usize,
    /// Bytes of a payload.
    #[arg(long, default_value_t = 300)]
    pub(crate) bytes: usize,
    /// How often each pair exchanges 200 payloads each way, as fast as the window allows.
    #[arg(long, default_value_t = 5)]
    pub(crate) passes: usize,
    /// Payloads per second, all devices together, when delays are measured.
    #[arg(long, default_value_t = 2000)]
    pub(crate) rate: usize,
    /// Seconds of quiet before memory is read.
    #[arg(long, default_value_t = 3)]
    pub(crate) settle_s: u64,
    /// Seconds of nothing but heartbeats.
    #[arg(long, default_value_t = 20)]
    pub(crate) idle_s: u64,
}

/// What is measured, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    MemoryAtRest,
    MemoryPerSocket,
    PrepareCpu,
    ConnectCpu,
    IdleCpu,
    RelayCpu,
    RelayRate,
    AckedCpu,
    AckedRate,
    DelayMedian,
    DelayTail,
    AckedDelayMedian,
    AckedDelayTail,
}

/// The figures of one server in one round.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(Metric, f64)>);

impl Figures {
    /// One of them.
    pub(crate) fn of(&self, metric: Metric) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == metric).map(|(_, value)| *value)
    }

    fn set(&mut self, metric: Metric, value: f64) {
        self.0.push((metric, value));
    }
}

/// Measures one server and stops it.
pub(crate) async fn measure<S: System>(mut system: S, load: &Load) -> Result<Figures> {
    ensure!(load.pairs * 2 <= load.connections, "pairs need two connections each");
    let mut figures = Figures::default();
    sleep(Duration::from_secs(load.settle_s)).await;
    let at_rest = system.process().memory()?;
    figures.set(Metric::MemoryAtRest, amount(at_rest) / 1e6);

    let mut sockets = connect(&mut system, load, &mut figures).await?;
    sleep(Duration::from_secs(load.settle_s)).await;
    let full = system.process().memory()?;
    let each = (amount(full) - amount(at_rest)) / count(load.connections);
    figures.set(Metric::MemoryPerSocket, each / 1024.0);

    figures.set(Metric::IdleCpu, idle(&mut system, load, &mut sockets).await?);

    for (acked, cpu, rate, median, tail) in [
        (false, Metric::RelayCpu, Metric::RelayRate, Metric::DelayMedian, Metric::DelayTail),
        (true, Metric::AckedCpu, Metric::AckedRate, Metric::AckedDelayMedian, Metric::AckedDelayTail),
    ] {
        // Also reads what the idle devices were told meanwhile, and keeps both servers from giving them up.
        for socket in &mut sockets {
            system.heartbeat(socket).await?;
        }
        let fast = Plan { count: PER_CALL, bytes: load.bytes, pace: Pace::Window(load.window) };
        let mut total = Relayed::default();
        for _ in 0..load.passes {
            total.add(relay(&mut system, load, &mut sockets, fast, acked).await?);
        }
        figures.set(cpu, micros(total.cpu) / count(total.delays.len()));
        figures.set(rate, count(total.delays.len()) / total.took.as_secs_f64());
        let period = Duration::from_secs_f64(count(load.pairs * 2) / count(load.rate));
        let steady = Plan { pace: Pace::Every(period), count: PER_CALL / 4, ..fast };
        let mut delays = relay(&mut system, load, &mut sockets, steady, acked).await?.delays;
        delays.sort_unstable();
        figures.set(median, at_percent(&delays, 50)?);
        figures.set(tail, at_percent(&delays, 99)?);
    }
    system.stop().await?;
    Ok(figures)
}

async fn connect<S: System>(system: &mut S, load: &Load, figures: &mut Figures) -> Result<Vec<Socket>> {
    let mut sockets = Vec::with_capacity(load.connections);
    let (mut preparing, mut connecting) = (Duration::ZERO, Duration::ZERO);
    while sockets.len() < load.connections {
        let batch = sockets.len()..load.connections.min(sockets.len() + BATCH);
        let before = system.process().cpu()?;
        system.prepare(batch.clone()).await?;
        let prepared = system.process().cpu()?;
        let opening = stream::iter(batch).map(|nth| system.connect(nth)).buffered(OPENING_AT_ONCE);
        sockets.extend(opening.try_collect::<Vec<_>>().await?);
        preparing += prepared - before;
        connecting += system.process().cpu()? - prepared;
    }
    figures.set(Metric::PrepareCpu, micros(preparing) / count(load.connections));
    figures.set(Metric::ConnectCpu, micros(connecting) / count(load.connections));
    Ok(sockets)
}

/// CPU per second and socket, in microseconds, while each does nothing but send its heartbeats.
async fn idle<S: System>(system: &mut S, load: &Load, sockets: &mut [Socket]) -> Result<f64> {
    let time = Duration::from_secs(load.idle_s);
    let mut ticks = interval(S::HEARTBEAT.div_f64(count(sockets.len())));
    let before = system.process().cpu()?;
    let until = Instant::now() + time;
    for nth in (0..sockets.len()).cycle() {
        if ticks.tick().await >= until {
            break;
        }
        system.heartbeat(&mut sockets[nth]).await?;
    }
    let spent = system.process().cpu()? - before;
    Ok(micros(spent) / time.as_secs_f64() / count(sockets.len()))
}

#[derive(Debug, Default)]
struct Relayed {
    cpu: Duration,
    took: Duration,
    delays: Delays,
}

impl Relayed {
    fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.took += other.took;
        self.delays.extend(other.delays);
    }
}

/// Lets the first sockets exchange payloads in pairs. Only the exchange is counted, not how the pairs are made.
async fn relay<S: System>(
    system: &mut S,
    load: &Load,
    sockets: &mut Vec<Socket>,
    plan: Plan,
    acked: bool,
) -> Result<Relayed> {
    let rest = sockets.split_off(load.pairs * 2);
    let mut devices = std::mem::replace(sockets, rest).into_iter().enumerate();
    let mut pairs = Vec::with_capacity(load.pairs);
    while let (Some((a, mut a_socket)), Some((b, mut b_socket))) = (devices.next(), devices.next()) {
        let caller = Side { nth: a, socket: &mut a_socket };
        let callee = Side { nth: b, socket: &mut b_socket };
        let (a, b) = system.pair(caller, callee, acked).await?;
        pairs.push((Speaker { socket: a_socket, dialect: a }, Speaker { socket: b_socket, dialect: b }));
    }
    let before = system.process().cpu()?;
    let begin = Instant::now();
    let (back, delays) = exchange(pairs, plan).await?;
    let took = begin.elapsed();
    let cpu = system.process().cpu()? - before;
    let mut front = Vec::with_capacity(load.connections);
    for (mut a, mut b) in back {
        system.part(&mut a, &mut b).await?;
        front.extend([a, b]);
    }
    front.append(sockets);
    *sockets = front;
    Ok(Relayed { cpu, took, delays })
}

/// In milliseconds.
fn at_percent(sorted: &[Duration], percent: usize) -> Result<f64> {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    Ok(micros(*sorted.get(place).context("nothing was relayed")?) / 1e3)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
fn amount(bytes: u64) -> f64 {
    bytes as f64
}
