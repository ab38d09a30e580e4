//! Packets between clients over UDP and their peers, forwarded by the kernel where they come in (`relay.offload`): a small
//! program of ours (`bpf/offload.c`) on the network interfaces, and rules for it.
//!
//! ```text
//!  client ══► interface ─ program ─ rule? ── yes ──► other headers ══► interface ══► peer
//!                                    │ no                  ▲
//!                                    ▼                     │ insert, remove       counts, four times a second
//!                                 sockets ──► Turn ──► Flows ◄──────────────────────────────┐
//!                                               └── next_flow, rules, Changed, charge ──────┘
//! ```
//!
//! The first packet of a flow comes through the sockets, and is a reason for rules. They are taken back when the flow rests,
//! when its allocation has used up what it may pass, and at once when its permission, channel or allocation ends. A rule
//! says until when it holds, and all of a worker hold only as long as it lives: the program asks the clock.

mod flows;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(not(target_os = "linux"))]
#[path = "absent.rs"]
mod kernel;
#[cfg(target_os = "linux")]
mod layout;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use self::flows::Flows;
pub(crate) use self::kernel::Kernel;

use crate::config::{Offload, RelayConfig};

/// Counters read at a time.
const COUNTS: usize = 64;
/// The most rules there may be, whatever the configuration says: each takes about 200 bytes of the kernel's.
const MOST_RULES: u32 = 1 << 17;

/// Why packets do not pass by the kernel.
#[derive(Debug, thiserror::Error)]
pub enum OffloadError {
    /// Not this system.
    #[error("only Linux can")]
    System,
    /// The program or its maps were refused.
    #[error("the kernel takes no program: {0}. It needs CAP_BPF and CAP_NET_ADMIN, and Linux 6.6 or newer")]
    Program(String),
    /// No interface took it.
    #[error("no interface of the relay's addresses takes the program: {}", .0.join("; "))]
    Interfaces(Vec<String>),
    /// Something about routes.
    #[error("the kernel does not tell its routes: {0}")]
    Routes(#[from] std::io::Error),
}

/// How a packet leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) interface: u32,
    /// The longest IP packet, in bytes.
    pub(crate) mtu: u32,
}

/// Starts what is wished for on the interfaces that have these addresses; says in the log what came of it.
pub(crate) fn start(config: &RelayConfig, addresses: &[IpAddr], workers: usize) -> Option<Arc<Kernel>> {
    match config.offload {
        Offload::Off => return None,
        Offload::Auto => {}
    }
    match Kernel::start(addresses, rules(config), u32::try_from(workers).unwrap_or(u32::MAX)) {
        Ok((kernel, interfaces)) => {
            tracing::info!(%interfaces, "the kernel forwards what passes between UDP clients and their peers");
            Some(Arc::new(kernel))
        }
        Err(reason) => {
            tracing::warn!(%reason, "relay.offload: every packet passes through the relay's sockets");
            None
        }
    }
}

/// Finds out whether the kernel would take the program, without an interface noticing.
///
/// # Errors
/// If not, why.
pub fn check() -> Result<(), OffloadError> {
    Kernel::check()
}

/// Two for each allocation, one for each way; who talks to several peers at once finds room while others rest.
fn rules(config: &RelayConfig) -> u32 {
    let allocations = u32::try_from(config.limits.allocations).unwrap_or(u32::MAX);
    allocations.saturating_mul(2).clamp(2, MOST_RULES)
}
