//! The sockets of the STUN/TURN server: UDP and TCP around the `visavis-turn` core.
//!
//! Begin with [`Relay::start`]. One thread owns everything: a core, and a task per socket that takes turns with the
//! others, so nothing is locked and a packet goes from one socket to another without being copied.
//!
//! ```text
//!  client ══UDP══► listen/udp ─┐                        ┌─► relay port ══UDP══► peer
//!  client ══TCP══► listen/tcp ─┴► route · handle · perform                       │
//!  client ◄════════════════════════ send_to_client ◄─────┴── relay port ◄════════┘
//! ```

mod bind;
mod clock;
mod config;
mod drive;
mod engine;
mod listen;
mod perform;
mod stats;

pub use config::{RelayConfig, TcpLimits};
pub use drive::{LocalAddresses, Relay};
pub use stats::{SocketStats, Stats};
pub use visavis_turn::{AuthSecret, Limits};

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
    #[error("relay.listen_tcp: cannot listen on TCP {address}: {source}")]
    ListenTcp {
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
