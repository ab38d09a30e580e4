//! What the operator decides about the relay (`relay.*` in the server's configuration).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use visavis_turn::{AuthSecret, DEFAULT_REALM, Limits, TlsServer};

use crate::RelayError;

/// Settings of a [`Relay`](crate::Relay).
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// `relay.listen`: UDP addresses. A wildcard stands for every address of this machine at the start; port 0 asks
    /// the system for one.
    pub listen_udp: Vec<SocketAddr>,
    /// `relay.listen`: the same for TCP.
    pub listen_tcp: Vec<SocketAddr>,
    /// `relay.listen_tls`: the same for TLS over TCP.
    pub listen_tls: Vec<SocketAddr>,
    /// What TLS handshakes on `listen_tls` begin with; [`Relay::set_tls`](crate::Relay::set_tls) changes it.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// `relay.address`: the address of this machine relayed ports are opened on. `None`: the one the client came to.
    pub relay_address: Option<IpAddr>,
    /// `relay.external_ip`: what clients and peers are told in its place, behind a one-to-one NAT.
    pub external_ip: Option<IpAddr>,
    /// `relay.ports`: relayed ports.
    pub relay_ports: RangeInclusive<u16>,
    /// `relay.realm`: sent with every challenge.
    pub realm: String,
    /// `relay.secret`: what credentials are made with, shared with signaling.
    pub secret: AuthSecret,
    /// `relay.nonce_key`: kept over restarts and shared by nodes behind one name.
    pub nonce_key: [u8; 32],
    /// The nonce key before the last change.
    pub previous_nonce_key: Option<[u8; 32]>,
    /// Whether older clients may bind channel numbers that RFC 8656 took back.
    pub rfc5766_channels: bool,
    /// `relay.allow_peers`: networks peers may be in although they are private. An address of this machine is opened
    /// only by an entry that names it exactly (`/32`, `/128`).
    pub allow_peers: Vec<IpNet>,
    /// Whether [`Relay::known`](crate::Relay::known) is told of every credential issued, so that clients may send a hash of
    /// their name.
    pub knows_names: bool,
    /// `relay.alternate_servers`: where clients are sent when this relay is full or drains.
    pub alternate_servers: Vec<SocketAddr>,
    /// `relay.alternate_tls_servers`: the same for clients that came over TLS.
    pub alternate_tls_servers: Vec<TlsServer>,
    /// `relay.mobility`: whether clients may take what they have along to another address (RFC 8016).
    pub mobility: bool,
    /// `relay.tcp_peers`: whether clients that come over TCP may have TCP to peers (RFC 6062).
    pub tcp_peers: bool,
    /// `relay.audit`: whether a line is logged at the end of each allocation (`debug`, target `visavis_relay::audit`).
    pub audit: bool,
    /// Bounds of the core.
    pub limits: Limits,
    /// `relay.workers`: threads that relay, each with a core of the machine to itself if there are enough. Zero: as many as
    /// the machine has cores, or one with `mobility` or `tcp_peers`, which need that. Always one where the system does not share out a port's packets among several sockets.
    pub workers: usize,
    /// `relay.engine`: how datagrams are read and written.
    pub engine: Engine,
    /// `relay.offload`: whether the kernel forwards what passes between UDP clients and their peers.
    pub offload: Offload,
    /// `relay.tick_us`: how long a busy thread rests to let packets wait for each other. Zero: never.
    pub tick: Duration,
    /// Bounds of TCP.
    pub tcp_limits: TcpLimits,
}

/// Nobody hears it, and a packet costs about half at the rates of a relay that is busy, not full: packets of one client come in pairs
/// from some 50,000 a second on, and go on by one system call.
pub const DEFAULT_TICK: Duration = Duration::from_millis(1);
/// More than any machine has use for.
const MOST_WORKERS: usize = 256;
/// The longest rest.
const LONGEST_TICK: Duration = Duration::from_millis(1);
/// The longest realm (RFC 8489 §14.9).
const LONGEST_REALM: usize = 127;

impl RelayConfig {
    /// Listens nowhere yet; everything else at its default.
    pub fn new(secret: AuthSecret, nonce_key: [u8; 32]) -> Self {
        Self {
            listen_udp: Vec::new(),
            listen_tcp: Vec::new(),
            listen_tls: Vec::new(),
            tls: None,
            relay_address: None,
            external_ip: None,
            relay_ports: 49152..=65535,
            realm: DEFAULT_REALM.to_owned(),
            secret,
            nonce_key,
            previous_nonce_key: None,
            rfc5766_channels: true,
            allow_peers: Vec::new(),
            knows_names: false,
            alternate_servers: Vec::new(),
            alternate_tls_servers: Vec::new(),
            mobility: false,
            tcp_peers: false,
            audit: false,
            limits: Limits::default(),
            workers: 1,
            engine: Engine::Auto,
            offload: Offload::Off,
            tick: DEFAULT_TICK,
            tcp_limits: TcpLimits::default(),
        }
    }

    /// How many threads that makes here.
    pub(crate) fn threads(&self) -> usize {
        if !cfg!(target_os = "linux") {
            return 1;
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        match self.workers {
            0 if self.mobility || self.tcp_peers => 1,
            0 => cores(),
            workers => workers,
        }
    }

    /// Finds what makes no sense.
    pub(crate) fn check(&self) -> Result<(), RelayError> {
        let wrong = |key, problem: &str| Err(RelayError::Config { key, problem: problem.to_owned() });
        if self.relay_ports.is_empty() || *self.relay_ports.start() == 0 {
            return wrong("relay.ports", "must be a range of ports, lower end first, without 0");
        }
        let is_quotable =
            self.realm.bytes().all(|byte| byte != b'"' && byte != b'\\' && !byte.is_ascii_control());
        if self.realm.is_empty() || self.realm.len() > LONGEST_REALM || !is_quotable {
            return wrong(
                "relay.realm",
                "must be 1 to 127 bytes without quotes, backslashes and control characters",
            );
        }
        if self.relay_address.is_some_and(|ip| ip.is_unspecified()) {
            return wrong("relay.address", "must be one address of this machine, not a wildcard");
        }
        let families_differ = |(relay, external): (IpAddr, IpAddr)| relay.is_ipv4() != external.is_ipv4();
        if self.relay_address.zip(self.external_ip).is_some_and(families_differ) {
            return wrong("relay.external_ip", "must be of the same family as relay.address");
        }
        if self.workers > MOST_WORKERS {
            return wrong("relay.workers", "must be at most 256");
        }
        if self.mobility && self.threads() != 1 {
            return wrong(
                "relay.mobility",
                "needs relay.workers = 1, or 0: a client that moves may come to another thread",
            );
        }
        if self.tcp_peers && self.threads() != 1 {
            return wrong(
                "relay.tcp_peers",
                "needs relay.workers = 1, or 0: a client's connection for a peer may come to another thread",
            );
        }
        if self.tick > LONGEST_TICK {
            return wrong("relay.tick_us", "must be at most 1000");
        }
        if self.tls.is_none() && !self.listen_tls.is_empty() {
            return wrong("relay.listen_tls", "needs a certificate");
        }
        Ok(())
    }
}

/// How datagrams are read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The best this system has: many by one call on Linux.
    #[default]
    Auto,
    /// One by one, as every system can.
    Portable,
}

impl FromStr for Engine {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Auto, Self::Portable].into_iter().find(|engine| engine.to_string() == text).ok_or(())
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Portable => "portable",
        })
    }
}

impl Engine {
    /// Whether many are read and written by one call, packets can be sent with DF, and ICMP errors are heard of.
    pub(crate) const fn is_batched(self) -> bool {
        match self {
            Self::Auto => cfg!(target_os = "linux"),
            Self::Portable => false,
        }
    }
}

/// Whether the kernel forwards packets, by a program of ours on the network interfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offload {
    /// It does not.
    #[default]
    Off,
    /// Where it can. What it can not, passes through the sockets.
    Auto,
}

impl FromStr for Offload {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Off, Self::Auto].into_iter().find(|offload| offload.to_string() == text).ok_or(())
    }
}

impl fmt::Display for Offload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Auto => "auto",
        })
    }
}

/// What TCP connections may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpLimits {
    /// Connections at a time. Beyond: closed at once.
    pub connections: usize,
    /// Connections of one IP address (IPv6: /64) that have no allocation. Beyond: closed at once.
    pub strangers_per_ip: usize,
    /// How long a connection may be without an allocation, from its start or from its allocation's end.
    pub without_allocation: Duration,
    /// The longest message taken, in bytes. Beyond: closed.
    pub longest_message: usize,
    /// Bytes waiting for a slow reader. Beyond: the oldest messages are dropped.
    pub out_queue: usize,
    /// How long media waits for a slow reader. Beyond: dropped.
    pub longest_wait: Duration,
    /// TLS handshakes at a time. Beyond: they wait for one to end, within `without_allocation`.
    pub handshakes: usize,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            strangers_per_ip: 32,
            without_allocation: Duration::from_secs(10),
            longest_message: 16 * 1024,
            // About a quarter of a second of good video.
            out_queue: 64 * 1024,
            // What is later is of no use any more.
            longest_wait: Duration::from_millis(200),
            // Each keeps the thread busy for a tenth of a millisecond and more.
            handshakes: 256,
        }
    }
}
