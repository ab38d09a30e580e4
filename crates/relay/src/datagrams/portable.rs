//! One datagram per call: works everywhere.

use std::io;
use std::net::SocketAddr;

use mio::net::UdpSocket;

use crate::stats::SocketStats;

/// Takes one datagram; `None` when there is none left.
pub(super) fn receive(socket: &UdpSocket, target: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.recv_from(target) {
            // Without flow label and scope, which would make equal addresses differ.
            Ok((length, from)) => return Some((length, SocketAddr::new(from.ip(), from.port()))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            // The fate of an earlier datagram, such as "port unreachable"; the next one may be fine.
            Err(error) => tracing::trace!(%error, "receiving failed"),
        }
    }
}

/// Sends a datagram, now or not at all: what waits is late, and late media is useless.
pub(crate) fn send(socket: &UdpSocket, data: &[u8], to: SocketAddr, stats: &mut SocketStats) {
    // The first error may be the fate of an earlier datagram, told to whoever sends the next.
    if let Err(error) = socket.send_to(data, to).or_else(|_| socket.send_to(data, to)) {
        stats.send_failures += 1;
        tracing::trace!(%error, "datagram not sent");
    }
}
