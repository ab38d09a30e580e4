//! The sockets of the STUN/TURN server: UDP and TCP around the `visavis-turn` core.
//!
//! Begin with [`Relay::start`]. Each worker's thread owns a core, its sockets, and a poll that tells which of them are
//! ready. Those take turns, each with a budget, so nothing is locked for a packet and nobody starves. Datagrams are read
//! many at a time, routed where they lie, and leave many at a time at the end of the round (`datagrams/`).
//!
//! ```text
//!  client ══UDP══► listen/udp ──────┐                        ┌─► relay port ══UDP══► peer
//!  client ══TCP══► listen/tcp ► leg ┴► route · handle · perform                       │
//!  client ◄═════════════════════════════ send to client ◄────┴── relay port ◄═════════┘
//! ```

pub mod handover;

mod addresses;
mod bind;
mod clock;
mod config;
mod datagrams;
mod door;
mod drive;
mod leg;
mod listen;
pub mod offload;
mod pace;
mod peers;
mod perform;
mod relay;
mod ring;
mod source;
mod stats;

pub mod probe;

pub use addresses::LocalAddresses;
pub use config::{DEFAULT_TICK, Engine, Offload, RelayConfig, TcpLimits};
pub use relay::Relay;
pub use stats::{OffloadStats, SocketStats, Stats};
pub use visavis_turn::{AuthSecret, Limits, TlsServer};

use std::io;
use std::net::SocketAddr;

/// Why the relay can not start.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A UDP address can not be listened on.
    #[error("relay.listen: cannot listen on UDP {address}: {source}")]
    ListenUdp {
        /// Which address and port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A TCP address can not be listened on.
    #[error("relay.listen: cannot listen on TCP {address}: {source}")]
    ListenTcp {
        /// Which address and port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A TLS address can not be listened on.
    #[error("relay.listen_tls: cannot listen on TCP {address}: {source}")]
    ListenTls {
        /// Which address and port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A setting makes no sense.
    #[error("{key}: {problem}")]
    Config {
        /// The key in the server's configuration.
        key: &'static str,
        /// What is wrong with its value.
        problem: String,
    },
    /// The system refuses something that has no address: threads, randomness, the list of interfaces.
    #[error("relay: cannot {what}: {source}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}
