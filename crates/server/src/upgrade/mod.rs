//! From one process to the next without a gap: a new version takes over from the one that runs.
//!
//! ```text
//!  old: serves                                        new: `visavis serve --upgrade`
//!    upgrade.sock ◄───────────── ask ──────────────────  has read configuration and certificate
//!    says goodbye, stops HTTP, closes the databases
//!    ─────────────────── listening sockets ───────────►  opens the databases, serves HTTP
//!    ◄──────────────────── the relay ──────────────────  is ready for it
//!    stops reading packets
//!    ──────────── allocations, relayed sockets ───────►  relays
//!    goes on for those who came over TCP, then exits
//! ```
//!
//! `visavis relay` does the same, without databases, at a socket of its own name.
//!
//! Until it is asked for the listening sockets the old process serves as if nothing happened, so a new one that cannot
//! start does no harm. Connections that come meanwhile wait in the listening sockets, packets in the relay's.

mod new;
mod old;

pub use new::{Inherited, Predecessor};
pub use old::{Asked, UpgradeError, UpgradeSocket};

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Which program hands over. Each asks its own kind alone, since nobody else can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `visavis serve`.
    Server,
    /// `visavis relay`.
    Relay,
}

impl Program {
    /// The socket in the data folder at which the running process is asked.
    const fn file(self) -> &'static str {
        match self {
            Self::Server => "upgrade.sock",
            Self::Relay => "relay-upgrade.sock",
        }
    }
}

/// The form of the messages below; processes of different forms do not hand over.
const FORM: u32 = 1;

/// What the new process says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
enum Say {
    /// First.
    Ask {
        form: u32,
        version: String,
    },
    TakeRelay,
}

/// What the old process answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
enum Answer {
    /// It has stopped serving; the sockets come along in this order.
    Listeners { listeners: Vec<Listening> },
    /// It does not hand over.
    Refused { reason: String },
}

/// A listening socket that changes hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listening {
    /// The setting it was opened for.
    key: String,
    /// What that setting said.
    configured: SocketAddr,
}
