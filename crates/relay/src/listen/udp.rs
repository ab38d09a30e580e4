//! Clients that come over UDP.

use std::net::SocketAddr;
use std::time::Instant;

use mio::net::UdpSocket;
use mio::{Interest, Registry};
use visavis_turn::{FiveTuple, Transport};

use crate::datagrams::{self, Arrival, Reading, SLOTS};
use crate::drive::Worker;
use crate::source::Source;

/// Datagrams (or runs) taken from one socket before the others have their turn.
const BATCH: usize = SLOTS * 3 / 4;

/// A socket clients send to.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) socket: UdpSocket,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
}

impl Listener {
    pub(crate) fn watch(
        registry: &Registry,
        reading: Reading,
        sockets: Vec<(SocketAddr, std::net::UdpSocket)>,
    ) -> std::io::Result<Vec<Self>> {
        let watch = |(place, (address, socket)): (usize, (SocketAddr, std::net::UdpSocket))| {
            tracing::debug!(%address, "listening for UDP");
            let mut socket = UdpSocket::from_std(socket);
            datagrams::prepare(reading, &socket);
            registry.register(&mut socket, Source::Listener(place).into(), Interest::READABLE)?;
            Ok(Self { address, socket, is_queued: false })
        };
        sockets.into_iter().enumerate().map(watch).collect()
    }

    /// Gives the socket up for another process.
    pub(crate) fn leave(
        registry: &Registry,
        mut listener: Self,
    ) -> std::io::Result<(SocketAddr, std::net::UdpSocket)> {
        registry.deregister(&mut listener.socket)?;
        Ok((listener.address, listener.socket.into()))
    }
}

/// The one at this address.
pub(crate) fn listener_at(listeners: &[Listener], address: SocketAddr) -> Option<&Listener> {
    listeners.get(place_at(listeners, address)?)
}

/// The place of the one at this address. There are few.
pub(crate) fn place_at(listeners: &[Listener], address: SocketAddr) -> Option<usize> {
    listeners.iter().position(|listener| listener.address == address)
}

impl Worker {
    /// Takes some datagrams. Whether there may be more.
    pub(crate) fn serve_listener(&mut self, now: Instant, place: usize) -> bool {
        self.make_room();
        let listener = &mut self.listeners[place];
        let server = listener.address;
        let (slots, is_dry) = self.inbox.receive(&listener.socket, BATCH, &mut self.stats);
        listener.is_queued = !is_dry;
        for slot in slots {
            let Arrival { from, tos, .. } = self.inbox.arrival(slot);
            let from = FiveTuple { transport: Transport::Udp, client: from, server };
            for packet in self.inbox.packets(slot) {
                self.on_client_datagram(now, from, tos, packet);
            }
        }
        !is_dry
    }
}
