//! Plain counters of the shell, beside those of the core.

/// What a [`Relay`](crate::Relay) has done since its start, and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The core's counters.
    pub turn: visavis_turn::Stats,
    /// The sockets' counters.
    pub sockets: SocketStats,
    /// What the kernel has done in their place; it is in the core's counters, too.
    pub offload: OffloadStats,
}

impl Stats {
    /// Adds what another worker of the same relay has done and holds.
    pub(crate) fn add(&mut self, other: &Self) {
        self.turn.add(&other.turn);
        self.sockets.add(other.sockets);
        self.offload.add(other.offload);
    }
}

/// What the kernel forwards past the sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OffloadStats {
    /// Flows between a client and a peer that have rules.
    pub flows: u64,
    /// Packets forwarded.
    pub packets: u64,
    /// Bytes of application data in them.
    pub bytes: u64,
    /// Rules for which there was no room; those packets pass through the sockets.
    pub refused: u64,
    /// Messages of clients that had no rule, or came to somebody else on this machine.
    pub misses: u64,
}

impl OffloadStats {
    const fn add(&mut self, other: Self) {
        let Self { flows, packets, bytes, refused, misses } = other;
        self.flows += flows;
        self.packets += packets;
        self.bytes += bytes;
        self.refused += refused;
        self.misses += misses;
    }
}

/// What only the sockets know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketStats {
    /// Addresses vouched for and names told of that the thread had too much to do to hear of.
    pub hints_lost: u64,
    /// Datagrams the kernel would not take: its buffer was full, or there was no route.
    pub send_failures: u64,
    /// Datagrams dropped because they were larger than any that can be passed on.
    pub datagrams_cut: u64,
    /// Runs of datagrams that the kernel would not send as one; they were sent one by one.
    pub runs_refused: u64,
    /// TCP connections that are open.
    pub tcp_connections: u64,
    /// TCP connections closed at once because there were too many.
    pub tcp_refused: u64,
    /// TCP connections closed because they stayed without allocation.
    pub tcp_timed_out: u64,
    /// TCP connections closed because they sent something else or too much.
    pub tcp_malformed: u64,
    /// TCP connections closed because their TLS handshake failed, or what came after it was not TLS.
    pub tls_failed: u64,
    /// Messages dropped because a TCP client did not read fast enough: too many were waiting, or had waited too long.
    pub tcp_queue_dropped: u64,
}

impl SocketStats {
    fn add(&mut self, other: Self) {
        let Self {
            hints_lost,
            send_failures,
            datagrams_cut,
            runs_refused,
            tcp_connections,
            tcp_refused,
            tcp_timed_out,
            tcp_malformed,
            tls_failed,
            tcp_queue_dropped,
        } = other;
        self.hints_lost += hints_lost;
        self.send_failures += send_failures;
        self.datagrams_cut += datagrams_cut;
        self.runs_refused += runs_refused;
        self.tcp_connections += tcp_connections;
        self.tcp_refused += tcp_refused;
        self.tcp_timed_out += tcp_timed_out;
        self.tcp_malformed += tcp_malformed;
        self.tls_failed += tls_failed;
        self.tcp_queue_dropped += tcp_queue_dropped;
    }
}
