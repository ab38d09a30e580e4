//! The servers under measurement: how each is started so that it relays between addresses of the loopback interface for
//! whoever has a time-limited credential. Everything else is as they ship, except for limits that the load would meet.

use std::fmt;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use visavis_turn::codec::{Class, MessageBuilder, Method, TransactionId};

use crate::process::ServerProcess;

/// What credentials are made with.
pub(crate) const SECRET: &str = "measurement";
/// Where the server listens: the network is ours alone.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3478);
/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How often it is asked whether it has.
const START_INTERVAL: Duration = Duration::from_millis(5);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Ours.
    Visavis,
    /// Ours with `relay.tick_us = 0`: each packet is served as soon as it comes.
    WithoutTick,
    /// Ours with `relay.engine = "portable"`: one packet by one call, as on systems that are not Linux.
    Portable,
    /// coturn as Debian ships it.
    Coturn,
    /// A server made of the pion/turn library.
    Pion,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Visavis => "visavis",
            Self::WithoutTick => "without-tick",
            Self::Portable => "portable",
            Self::Coturn => "coturn",
            Self::Pion => "pion",
        })
    }
}

/// Where the programs are.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Programs {
    /// Our relay: the program built beside this one, unless said otherwise.
    #[arg(long, env = "BENCH_RELAY_VISAVIS")]
    visavis: Option<PathBuf>,
    /// coturn's server.
    #[arg(long, env = "BENCH_RELAY_COTURN", default_value = "turnserver")]
    coturn: PathBuf,
    /// The server in `bench/relay/pion`, built.
    #[arg(long, env = "BENCH_RELAY_PION")]
    pion: Option<PathBuf>,
}

impl Programs {
    /// The command line of a server with that many workers.
    fn words(&self, kind: Kind, workers: usize) -> Result<Vec<String>> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut words = match kind {
            Kind::Visavis | Kind::WithoutTick | Kind::Portable => {
                let beside = || std::env::current_exe().map(|path| path.with_file_name("visavis-bare-relay"));
                vec![text(&self.visavis.clone().map_or_else(beside, Ok)?)]
            }
            Kind::Coturn => {
                let mut words = vec![text(&self.coturn)];
                words.extend(COTURN.map(str::to_owned));
                words.push(format!("--static-auth-secret={SECRET}"));
                words.push(format!("--relay-threads={workers}"));
                return Ok(words);
            }
            Kind::Pion => {
                let Some(pion) = &self.pion else { bail!("--pion says where the server is") };
                vec![text(pion)]
            }
        };
        words.extend([ADDRESS.to_string(), SECRET.to_owned(), workers.to_string()]);
        match kind {
            Kind::WithoutTick => words.push("without-tick".to_owned()),
            Kind::Portable => words.push("portable".to_owned()),
            Kind::Visavis | Kind::Coturn | Kind::Pion => {}
        }
        Ok(words)
    }
}

/// coturn without configuration file, log, TLS and its administration.
const COTURN: [&str; 11] = [
    "-n",
    "--log-file=/dev/null",
    "--pidfile=/dev/null",
    "--listening-ip=127.0.0.1",
    "--relay-ip=127.0.0.1",
    "--realm=bench.example",
    "--use-auth-secret",
    "--no-cli",
    "--no-tls",
    "--no-dtls",
    "--allow-loopback-peers",
];

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: ServerProcess,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it on as many CPUs as it has workers and waits until it answers.
    pub(crate) fn start(kind: Kind, programs: &Programs, cpus: &Cpus, folder: &Path) -> Result<Self> {
        let words = programs.words(kind, cpus.workers)?;
        let mut process = ServerProcess::start(&words, cpus.server, folder)?;
        let socket = UdpSocket::bind(SocketAddr::new(ADDRESS.ip(), 0))?;
        socket.connect(ADDRESS)?;
        socket.set_read_timeout(Some(START_INTERVAL))?;
        let binding = MessageBuilder::new(Class::Request, Method::Binding, TransactionId([9; 12])).finish();
        let begin = Instant::now();
        loop {
            process.check()?;
            // Refused as long as nobody listens: then no time passes in `recv`.
            let sent = socket.send(&binding);
            if sent.is_ok() && socket.recv(&mut [0; 512]).is_ok() {
                return Ok(Self { process, address: ADDRESS });
            }
            if begin.elapsed() > START_TIMEOUT {
                bail!("{kind} does not answer");
            }
            std::thread::sleep(START_INTERVAL);
        }
    }
}

/// Which CPUs are whose: the first for the server, the next one for us.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpus {
    /// Workers of the server.
    pub(crate) workers: usize,
    /// CPUs of the server.
    pub(crate) server: usize,
    /// The CPU of the generator.
    pub(crate) generator: usize,
}

impl Cpus {
    /// For servers of `workers` workers on a machine with `all` CPUs.
    pub(crate) fn new(workers: usize, all: usize) -> Self {
        Self { workers, server: workers.min(all), generator: workers.min(all - 1) }
    }

    /// Whether the generator takes from the servers what it needs itself.
    pub(crate) fn are_shared(self) -> bool {
        self.generator < self.server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_has_a_cpu_of_its_own_if_there_is_one() {
        let divided = |workers, all| {
            let cpus = Cpus::new(workers, all);
            (cpus.server, cpus.generator, cpus.are_shared())
        };
        assert_eq!(divided(1, 2), (1, 1, false));
        assert_eq!(divided(2, 4), (2, 2, false));
        assert_eq!(divided(2, 2), (2, 1, true));
        assert_eq!(divided(1, 1), (1, 0, true));
    }
}
