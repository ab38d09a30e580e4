//! What the operator decides about the relay (`relay.*` in the server's configuration).

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::IpNet;
use visavis_turn::{AuthSecret, Limits};

/// Settings of a [`Relay`](crate::Relay).
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// `relay.listen`: UDP addresses. A wildcard stands for every address of this machine at the start; port 0 asks
    /// the system for one.
    pub listen_udp: Vec<SocketAddr>,
    /// `relay.listen_tcp`: the same for TCP.
    pub listen_tcp: Vec<SocketAddr>,
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
    /// Bounds of the core.
    pub limits: Limits,
    /// Bounds of TCP.
    pub tcp_limits: TcpLimits,
}

impl RelayConfig {
    /// Listens nowhere yet; everything else at its default.
    pub fn new(secret: AuthSecret, nonce_key: [u8; 32]) -> Self {
        Self {
            listen_udp: Vec::new(),
            listen_tcp: Vec::new(),
            relay_address: None,
            external_ip: None,
            relay_ports: 49152..=65535,
            realm: "visavis".to_owned(),
            secret,
            nonce_key,
            previous_nonce_key: None,
            rfc5766_channels: true,
            allow_peers: Vec::new(),
            limits: Limits::default(),
            tcp_limits: TcpLimits::default(),
        }
    }
}

/// What TCP connections may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpLimits {
    /// Connections at a time. Beyond: closed at once.
    pub connections: usize,
    /// Connections of one IP address that have no allocation. Beyond: closed at once.
    pub strangers_per_ip: usize,
    /// How long a connection may be without an allocation, from its start or from its allocation's end.
    pub without_allocation: Duration,
    /// The longest message taken, in bytes. Beyond: closed.
    pub longest_message: usize,
    /// Bytes waiting for a slow reader. Beyond: the oldest messages are dropped.
    pub out_queue: usize,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            strangers_per_ip: 32,
            without_allocation: Duration::from_secs(10),
            longest_message: 16 * 1024,
            // About a quarter of a second of good video: what is later is of no use any more.
            out_queue: 64 * 1024,
        }
    }
}
