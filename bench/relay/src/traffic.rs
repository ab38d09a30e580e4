//! Sending what a row asks for, at its pace, and receiving what the server made of it: one thread that never waits.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::event::{Timespec, epoll};
use serde::Serialize;

use crate::flow::{Endpoint, Flow};
use crate::histogram::Histogram;
use crate::packet::{Stamp, unwrap};
use crate::recvmmsg::Inbox;

/// Bursts that leave before the next look at what has come.
const BURSTS_AT_ONCE: u64 = 32;
/// Sockets read at one look.
const EVENTS: usize = 128;
/// What could not be sent for so long, because this thread was held up, is left out: a server is not to be measured
/// by a flood that makes up for it.
const LATEST: Duration = Duration::from_millis(5);
/// How long after the last was sent we are listening at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Packets a second.
    pub(crate) rate: u32,
    /// Packets of a flow back to back.
    pub(crate) burst: u32,
    pub(crate) time: Duration,
    /// How long nothing may come before what is missing is lost.
    pub(crate) quiet: Duration,
    /// Distinguishes this run from what an earlier one has left behind.
    pub(crate) run: u32,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Outcome {
    /// Packets that the pace asked for.
    pub(crate) offered: u64,
    /// Packets that the kernel took.
    pub(crate) sent: u64,
    /// Packets that arrived where they should, each counted once.
    pub(crate) delivered: u64,
    /// Packets that arrived once more.
    pub(crate) duplicates: u64,
    /// Datagrams that nobody has sent, or not to where they came.
    pub(crate) strays: u64,
    /// Seconds from the first packet to the last.
    pub(crate) seconds: f64,
    /// Microseconds from sending to receiving.
    pub(crate) median_us: f64,
    pub(crate) p99_us: f64,
}

impl Outcome {
    /// Of what was sent.
    pub(crate) fn loss_percent(&self) -> f64 {
        100.0 * (1.0 - count(self.delivered) / count(self.sent.max(1)))
    }

    /// Delivered packets a second.
    pub(crate) fn delivered_rate(&self) -> f64 {
        count(self.delivered) / self.seconds
    }

    /// Whether we could not send what was asked for, so that the row says less than its name.
    pub(crate) fn is_short(&self) -> bool {
        count(self.sent) < 0.95 * count(self.offered)
    }
}

/// Sends through the flows in turn for the time asked for, and waits for the rest to arrive.
pub(crate) fn run(endpoints: &[Endpoint], flows: &mut [Flow], pace: Pace) -> Result<Outcome> {
    let mut receiver = Receiver::new(endpoints, pace.run)?;
    let bursts_per_second = u64::from(pace.rate).div_ceil(u64::from(pace.burst));
    let latest = bursts_in(LATEST, bursts_per_second).max(BURSTS_AT_ONCE);
    let (mut due, mut begun, mut sent) = (0, 0, 0);
    let begin = Instant::now();
    let mut turn = 0;
    loop {
        let elapsed = begin.elapsed();
        if elapsed >= pace.time {
            break;
        }
        due = bursts_in(elapsed, bursts_per_second) + 1;
        begun = begun.max(due.saturating_sub(latest));
        for _ in 0..(due - begun).min(BURSTS_AT_ONCE) {
            begun += 1;
            sent += u64::from(send(endpoints, &mut flows[turn], pace, begin.elapsed())?);
            turn = (turn + 1) % flows.len();
        }
        receiver.look(endpoints, flows, begin)?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    receiver.wait_for_the_rest(endpoints, flows, begin, sent, pace.quiet)?;
    let percentile = |percent| receiver.latency.percentile(percent).map_or(0.0, |ns| count(ns) / 1e3);
    Ok(Outcome {
        offered: due * u64::from(pace.burst),
        sent,
        delivered: receiver.delivered,
        duplicates: receiver.duplicates,
        strays: receiver.strays,
        seconds,
        median_us: percentile(50),
        p99_us: percentile(99),
    })
}

fn bursts_in(time: Duration, per_second: u64) -> u64 {
    let nanoseconds = time.as_nanos() * u128::from(per_second) / 1_000_000_000;
    u64::try_from(nanoseconds).unwrap_or(u64::MAX)
}

/// Sends a burst of this flow; returns how many packets the kernel took.
fn send(endpoints: &[Endpoint], flow: &mut Flow, pace: Pace, now: Duration) -> Result<u32> {
    let socket = &endpoints[flow.from].socket;
    let is_run = endpoints[flow.from].sends_runs;
    let size = flow.burst.packet_size();
    let sequence = flow.sequence;
    let sent_at = u64::try_from(now.as_nanos())?;
    let bytes = flow.burst.stamped(Stamp { run: pace.run, flow: flow.number, sequence, sent_at });
    let mut sent = 0;
    if is_run {
        if took(socket.send(bytes))? {
            sent = pace.burst;
        }
    } else {
        for packet in bytes.chunks_exact(size) {
            sent += u32::from(took(socket.send(packet))?);
        }
    }
    flow.sequence += pace.burst;
    Ok(sent)
}

/// Whether the kernel took it; a full queue is no fault.
fn took(result: io::Result<usize>) -> Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => Ok(false),
        Err(error) => Err(error).context("cannot send"),
    }
}

struct Receiver {
    poll: std::os::fd::OwnedFd,
    events: Vec<epoll::Event>,
    inbox: Inbox,
    run: u32,
    delivered: u64,
    duplicates: u64,
    strays: u64,
    latency: Histogram,
}

impl Receiver {
    fn new(endpoints: &[Endpoint], run: u32) -> Result<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (nth, endpoint) in endpoints.iter().enumerate() {
            let data = epoll::EventData::new_u64(nth as u64);
            epoll::add(&poll, endpoint.socket.as_fd(), data, epoll::EventFlags::IN)?;
        }
        Ok(Self {
            poll,
            events: Vec::with_capacity(EVENTS),
            inbox: Inbox::new(),
            run,
            delivered: 0,
            duplicates: 0,
            strays: 0,
            latency: Histogram::new(),
        })
    }

    /// Takes what has come, one inbox of each socket.
    fn look(&mut self, endpoints: &[Endpoint], flows: &mut [Flow], begin: Instant) -> Result<()> {
        const NOT_AT_ALL: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        self.events.clear();
        epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut self.events), Some(&NOT_AT_ALL))?;
        for place in 0..self.events.len() {
            let nth = usize::try_from(self.events[place].data.u64())?;
            self.take(&endpoints[nth].socket, nth, endpoints[nth].is_client, flows, begin)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        socket: &UdpSocket,
        nth: usize,
        is_client: bool,
        flows: &mut [Flow],
        begin: Instant,
    ) -> Result<()> {
        self.inbox.receive(socket).context("cannot receive")?;
        let now = u64::try_from(begin.elapsed().as_nanos())?;
        for datagram in self.inbox.datagrams() {
            let payload = if is_client { unwrap(datagram) } else { Some(datagram) };
            let stamp = payload.and_then(Stamp::read).filter(|stamp| stamp.run == self.run);
            let flow = stamp.and_then(|stamp| flows.get_mut(usize::try_from(stamp.flow).ok()?));
            let (Some(payload), Some(stamp), Some(flow)) = (payload, stamp, flow) else {
                self.strays += 1;
                continue;
            };
            if flow.to != nth || payload.len() != flow.bytes || stamp.sequence >= flow.sequence {
                self.strays += 1;
            } else if flow.arrived.insert(stamp.sequence) {
                self.delivered += 1;
                self.latency.add(now.saturating_sub(stamp.sent_at));
            } else {
                self.duplicates += 1;
            }
        }
        Ok(())
    }

    /// Goes on until all is there, or nothing has come for a while.
    fn wait_for_the_rest(
        &mut self,
        endpoints: &[Endpoint],
        flows: &mut [Flow],
        begin: Instant,
        sent: u64,
        quiet: Duration,
    ) -> Result<()> {
        let end = Instant::now();
        let mut last = end;
        while self.delivered < sent && last.elapsed() < quiet && end.elapsed() < PATIENCE {
            let before = self.delivered;
            self.look(endpoints, flows, begin)?;
            if self.delivered > before {
                last = Instant::now();
            }
        }
        ensure!(self.delivered <= sent, "more was delivered than sent");
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use visavis_relay::{AuthSecret, Relay, RelayConfig};

    use super::*;
    use crate::row::{Direction, Load, Method, Row};
    use crate::server::SECRET;

    async fn relay() -> Relay {
        let mut config = RelayConfig::new(AuthSecret::new(SECRET), [7; 32]);
        config.listen_udp = vec![([127, 0, 0, 1], 0).into()];
        config.allow_peers = vec!["127.0.0.1/32".parse().unwrap()];
        Relay::start(config).await.unwrap()
    }

    #[tokio::test]
    async fn everything_arrives_once_in_every_direction_and_wrapping_alone_and_in_runs() {
        let rows = Row::all(
            &[Load { name: "short".to_owned(), rate: 2000, burst: 4, bytes: 300, clients: 4 }],
            &[Direction::Up, Direction::Down, Direction::Hair],
            &[Method::Channels, Method::Indications],
        );
        for (run, (row, with_runs)) in (1..).zip(rows.iter().flat_map(|row| [(row, false), (row, true)])) {
            let pace = Pace {
                rate: row.load.rate,
                burst: row.load.burst,
                time: Duration::from_millis(50),
                quiet: PATIENCE,
                run,
            };
            // A relay for each: it keeps allocations, and the port of a client that is gone may be given to the next.
            let relay = relay().await;
            let server = relay.local_addresses().udp[0];
            let (endpoints, mut flows) = crate::flow::open(server, row, with_runs).unwrap();
            let outcome = super::run(&endpoints, &mut flows, pace).unwrap();
            let delivered = (outcome.delivered, outcome.duplicates, outcome.strays);
            assert!(outcome.sent > 0, "{row}");
            assert_eq!(delivered, (outcome.sent, 0, 0), "{row}");
            relay.shutdown().await;
        }
    }

    #[test]
    fn a_pace_asks_for_its_rate() {
        assert_eq!(bursts_in(Duration::from_millis(1500), 20_000), 30_000);
        assert_eq!(bursts_in(Duration::from_nanos(49_999), 20_000), 0);
        assert_eq!(bursts_in(Duration::from_nanos(50_000), 20_000), 1);
    }
}
