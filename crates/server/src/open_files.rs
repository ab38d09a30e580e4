//! How many files a process may come to have open, by its settings. Each socket is one.

use visavis_relay::{Limits, TcpLimits};

use crate::config::Config;
use crate::upgrade::Program;

/// Files besides those that settings bound: listeners, databases, HTTP connections.
const OTHERS: u64 = 1024;

/// What may be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The settings that it comes from, as they are named to people.
    pub keys: &'static str,
    /// How many.
    pub count: u64,
}

impl OpenFiles {
    /// Of a process with these settings.
    pub fn of(config: &Config, program: Program) -> Self {
        match program {
            Program::Server => Self {
                keys: "signaling.max_sockets with relay.max_allocations",
                count: u64::from(config.signaling.max_sockets) + of_relay(config) + OTHERS,
            },
            Program::Relay => Self { keys: "relay.max_allocations", count: of_relay(config) + OTHERS },
        }
    }
}

/// A port for each relayed address, and the TCP connections of clients and with peers.
fn of_relay(config: &Config) -> u64 {
    if config.relay.listen.is_empty() {
        return 0;
    }
    let of_peers = if config.relay.tcp_peers { Limits::default().all_peer_connections } else { 0 };
    let connections = TcpLimits::default().connections + of_peers;
    u64::from(config.relay.max_allocations) + u64::try_from(connections).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_may_be_open_at_once_is_counted() {
        let mut config = Config::default();
        let count = |config: &Config, program| OpenFiles::of(config, program).count;
        assert_eq!(count(&config, Program::Server), 20_000 + 8192 + 4096 + 1024);
        assert_eq!(count(&config, Program::Relay), 8192 + 4096 + 1024);
        config.relay.tcp_peers = true;
        assert_eq!(count(&config, Program::Relay), 8192 + 4096 + 2048 + 1024);
        config.relay.listen.clear();
        assert_eq!(count(&config, Program::Server), 20_000 + 1024);
    }
}
