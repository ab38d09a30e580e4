//! A worker that leaves, and one that inherits.

use std::io;
use std::net::UdpSocket;

use visavis_turn::{Input, RelayId, Snapshot};

use super::Estate;
use crate::addresses::Sockets;
use crate::clock;
use crate::drive::Worker;
use crate::listen::tcp::Acceptor;
use crate::listen::udp::Listener;
use crate::source::Source;

impl Worker {
    /// Gives up all that can be passed on. What is left serves the clients that came over TCP.
    ///
    /// Whatever has been received has been passed on before: this is between two rounds.
    pub(crate) fn leave(&mut self) -> io::Result<Estate> {
        let now = clock::now();
        let registry = self.poll.registry();
        let udp = self.listeners.drain(..).map(|listener| Listener::leave(registry, listener));
        let udp = udp.collect::<io::Result<_>>()?;
        let (mut tcp, mut tls) = (Vec::new(), Vec::new());
        for acceptor in self.acceptors.drain(..) {
            let of_its_kind = if acceptor.is_tls() { &mut tls } else { &mut tcp };
            of_its_kind.push(Acceptor::leave(registry, acceptor)?);
        }
        let (snapshot, ids) = self.turn.export(now);
        let leave = |id| match self.shelf.take(id) {
            Some(socket) => Ok(socket),
            None => self.relay_ports.leave(self.poll.registry(), id),
        };
        let ports = ids.into_iter().map(leave);
        let ports = ports.collect::<io::Result<_>>()?;
        self.ready
            .retain(|source| matches!(source, Source::Leg(_) | Source::PeerListener(_) | Source::Peer(_)));
        // The core wants closed what is gone already.
        self.tell(now, Input::Timeout);
        // Who is left came over TCP. The other process has rules of its own.
        self.flows = None;
        Ok(Estate { sockets: Sockets { udp, tcp, tls }, snapshot, ports })
    }

    /// Goes on with what another process has left. Ports that are not wanted any more are closed.
    pub(crate) fn inherit(&mut self, snapshot: Snapshot, ports: Vec<UdpSocket>) -> io::Result<()> {
        let taken: Vec<Option<RelayId>> = self.turn.import(clock::now(), snapshot);
        for (id, socket) in taken.into_iter().zip(ports) {
            let Some(id) = id else { continue };
            if self.turn.is_reserved(id) {
                self.shelf.put(id, socket);
            } else {
                self.relay_ports.insert(self.poll.registry(), self.reading, id, socket)?;
            }
        }
        Ok(())
    }
}
