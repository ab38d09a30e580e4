//! Plain counters of the shell, beside those of the core.

/// What a [`Relay`](crate::Relay) has done since its start, and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The core's counters.
    pub turn: visavis_turn::Stats,
    /// The sockets' counters.
    pub sockets: SocketStats,
}

/// What only the sockets know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketStats {
    /// Datagrams the kernel would not take: its buffer was full, or there was no route.
    pub send_failures: u64,
    /// TCP connections that are open.
    pub tcp_connections: u64,
    /// TCP connections closed at once because there were too many.
    pub tcp_refused: u64,
    /// TCP connections closed because they stayed without allocation.
    pub tcp_timed_out: u64,
    /// TCP connections closed because they sent something else or too much.
    pub tcp_malformed: u64,
    /// Messages dropped because a TCP client did not read fast enough.
    pub tcp_queue_dropped: u64,
}
