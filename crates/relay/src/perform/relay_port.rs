//! Opening, reading and closing relayed ports.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mio::net::UdpSocket;
use mio::{Interest, Registry};
use slab::Slab;
use visavis_turn::{Input, RelayId};

use crate::bind;
use crate::datagrams::{self, Arrival, Reading, prepare_relayed};
use crate::drive::Worker;
use crate::source::Source;

/// Datagrams (or runs) taken from one socket before the others have their turn.
const BATCH: usize = 8;
/// Errors of the network taken from one socket before the others have their turn.
const FAILURES: usize = 8;

/// Where a packet lies.
pub(crate) enum Bytes {
    /// In the inbox.
    Inbox(Range<usize>),
    /// In the buffer for messages of streams.
    Stream(Range<usize>),
}

/// An allocation's (or reservation's) socket.
pub(crate) struct RelayPort {
    relay: RelayId,
    pub(crate) socket: UdpSocket,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
    /// The network may have said something of what left it.
    pub(crate) has_failures: bool,
}

/// Open ports that wait for whoever brings their token (EVEN-PORT), to whichever worker. As many as the cores have
/// reservations.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<RelayId, std::net::UdpSocket>>);

impl Shelf {
    pub(crate) fn put(&self, relay: RelayId, socket: std::net::UdpSocket) {
        self.sockets().insert(relay, socket);
    }

    pub(crate) fn take(&self, relay: RelayId) -> Option<std::net::UdpSocket> {
        self.sockets().remove(&relay)
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<RelayId, std::net::UdpSocket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of a worker. They are opened and closed here only.
#[derive(Default)]
pub(crate) struct RelayPorts {
    places: Slab<RelayPort>,
    by_relay: HashMap<RelayId, usize>,
}

impl RelayPorts {
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut RelayPort> {
        self.places.get_mut(place)
    }

    pub(crate) fn of(&self, relay: RelayId) -> Option<&RelayPort> {
        self.places.get(*self.by_relay.get(&relay)?)
    }

    fn place_of(&self, relay: RelayId) -> Option<usize> {
        self.by_relay.get(&relay).copied()
    }

    pub(crate) fn insert(
        &mut self,
        registry: &Registry,
        reading: Reading,
        relay: RelayId,
        socket: std::net::UdpSocket,
    ) -> io::Result<()> {
        let mut socket = UdpSocket::from_std(socket);
        prepare_relayed(reading, &socket);
        let entry = self.places.vacant_entry();
        let place = entry.key();
        registry.register(&mut socket, Source::RelayPort(place).into(), Interest::READABLE)?;
        entry.insert(RelayPort { relay, socket, is_queued: false, has_failures: false });
        self.by_relay.insert(relay, place);
        Ok(())
    }

    /// Gives the socket up for another process.
    pub(crate) fn leave(&mut self, registry: &Registry, relay: RelayId) -> io::Result<std::net::UdpSocket> {
        let place = self.by_relay.remove(&relay);
        let port = place.and_then(|place| self.places.try_remove(place)).ok_or(io::ErrorKind::NotFound)?;
        let mut socket = port.socket;
        registry.deregister(&mut socket)?;
        Ok(socket.into())
    }

    pub(crate) fn close(&mut self, relay: RelayId) {
        if let Some(place) = self.by_relay.remove(&relay) {
            self.places.remove(place);
        }
    }
}

impl Worker {
    /// Opens a port, and the one after it if `next` names it; both or none.
    pub(super) fn open_relay(&mut self, now: Instant, relay: RelayId, at: SocketAddr, next: Option<RelayId>) {
        let input = match self.try_open_relay(relay, at, next) {
            Ok(()) => Input::RelayOpened { relay },
            Err(error) => {
                tracing::debug!(%at, %error, "relayed port can not be opened");
                self.relay_ports.close(relay);
                Input::RelayRefused { relay }
            }
        };
        self.turn.handle(now, input);
    }

    fn try_open_relay(&mut self, relay: RelayId, at: SocketAddr, next: Option<RelayId>) -> io::Result<()> {
        let registry = self.poll.registry();
        self.relay_ports.insert(registry, self.reading, relay, bind::relay_port(at)?)?;
        if let Some(next) = next {
            let port = at.port().checked_add(1).ok_or(io::ErrorKind::AddrNotAvailable)?;
            self.shelf.put(next, bind::relay_port(SocketAddr::new(at.ip(), port))?);
        }
        Ok(())
    }

    /// Begins to read a port that was kept.
    pub(super) fn take_relay(&mut self, relay: RelayId) {
        let Some(socket) = self.shelf.take(relay) else { return };
        if let Err(error) = self.relay_ports.insert(self.poll.registry(), self.reading, relay, socket) {
            // The client hears nothing from it, and asks for another.
            tracing::debug!(%error, "relayed port can not be watched");
        }
    }

    pub(super) fn close_relay(&mut self, relay: RelayId) {
        drop(self.shelf.take(relay));
        self.relay_ports.close(relay);
        self.peers.close_listener(relay);
    }

    /// Takes some datagrams. Whether there may be more.
    pub(crate) fn serve_relay_port(&mut self, now: Instant, place: usize) -> bool {
        let has_failures = self.tell_failures(now, place, None);
        self.make_room();
        // It may have been closed since it became ready.
        let Some(port) = self.relay_ports.get_mut(place) else { return false };
        let (slots, is_dry) = self.inbox.receive(&port.socket, BATCH, &mut self.stats);
        let has_more = has_failures || !is_dry;
        port.is_queued = has_more;
        let relay = port.relay;
        for slot in slots {
            let Arrival { from, tos, .. } = self.inbox.arrival(slot);
            for packet in self.inbox.packets(slot) {
                self.on_peer_datagram(now, relay, from, tos, packet);
            }
        }
        has_more
    }

    /// Tells the core what the network says of packets that left a port; what this machine says is about one for `sent_to`.
    /// Whether there may be more.
    fn tell_failures(&mut self, now: Instant, place: usize, sent_to: Option<SocketAddr>) -> bool {
        for _ in 0..FAILURES {
            let Some(port) = self.relay_ports.get_mut(place).filter(|port| port.has_failures) else {
                return false;
            };
            let failure = datagrams::next_failure(&port.socket);
            port.has_failures = failure.is_some();
            let relay = port.relay;
            if let Some(failure) = failure
                && let Some(peer) = failure.peer.or(sent_to)
            {
                self.tell(now, Input::Icmp { relay, peer, error: failure.error });
            }
        }
        true
    }

    /// Sends a packet that no router may cut, at once: those that may be cut go together, with what the socket is set to.
    pub(crate) fn send_whole(&mut self, now: Instant, relay: RelayId, to: SocketAddr, tos: u8, data: Bytes) {
        let Some(place) = self.relay_ports.place_of(relay) else { return };
        let Some(port) = self.relay_ports.get_mut(place) else { return };
        let bytes = match data {
            Bytes::Inbox(data) => &self.inbox.bytes()[data],
            Bytes::Stream(data) => &self.buffer[data],
        };
        if self.outbox.send_whole(&port.socket, bytes, to, tos, &mut self.stats) {
            // Whether it fits the first link has been found already.
            port.has_failures = true;
            self.tell_failures(now, place, Some(to));
        }
    }
}
