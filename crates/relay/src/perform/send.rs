//! Sending a datagram, now or not at all: what waits is late, and late media is useless.

use std::net::SocketAddr;

use socket2::SockRef;
use tokio::net::UdpSocket;

use crate::stats::SocketStats;

/// Sends past the runtime, which would first want to hear from the kernel that a new socket is writable.
pub(crate) fn to_peer(socket: &UdpSocket, data: &[u8], peer: SocketAddr, stats: &mut SocketStats) {
    if let Err(error) = SockRef::from(socket).send_to(data, &peer.into()) {
        stats.send_failures += 1;
        tracing::trace!(%error, "datagram not sent");
    }
}
