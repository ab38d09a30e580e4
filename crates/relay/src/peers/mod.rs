//! TCP connections with peers (RFC 6062): those that relayed ports accept, and those that leave from there. Until a client has
//! come for one it is not read, so that what the peer sends waits in the kernel and no more comes than that holds.
//!
//! ```text
//!  client ◄──── leg ◄── Pipe ◄──┐
//!                               ├── pump ◄──► peer
//!  client ────► leg ──► Pipe ──►┘
//! ```

mod pipe;
mod pump;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use slab::Slab;
use visavis_turn::{ConnectionId, Direction, FiveTuple, Input, RelayId};

use self::pipe::Pipe;
use crate::bind;
use crate::drive::Worker;
use crate::leg::Closed;
use crate::source::Source;

/// Connections taken from one socket before the others have their turn.
const BATCH: usize = 4;

/// A port that accepts peers.
pub(crate) struct PeerListener {
    relay: RelayId,
    at: SocketAddr,
    listener: TcpListener,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
}

/// A connection with a peer.
pub(crate) struct Peer {
    connection: ConnectionId,
    stream: TcpStream,
    /// The peer has not accepted yet.
    is_connecting: bool,
    /// The place of the client's connection that it is joined with.
    leg: Option<usize>,
    to_peer: Pipe,
    to_client: Pipe,
    /// Until when nothing is read, for the limits' sake.
    rests_until: Option<Instant>,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
}

/// All of a worker.
#[derive(Default)]
pub(crate) struct Peers {
    listeners: Slab<PeerListener>,
    by_relay: HashMap<RelayId, usize>,
    places: Slab<Peer>,
    by_connection: HashMap<ConnectionId, usize>,
    /// Those that rest.
    resting: BTreeSet<(Instant, usize)>,
}

impl Peers {
    pub(crate) fn listener_mut(&mut self, place: usize) -> Option<&mut PeerListener> {
        self.listeners.get_mut(place)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Peer> {
        self.places.get_mut(place)
    }

    /// When the first of those that rest goes on.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        self.resting.first().map(|(until, _)| *until)
    }

    pub(crate) fn close_listener(&mut self, relay: RelayId) {
        if let Some(place) = self.by_relay.remove(&relay) {
            self.listeners.remove(place);
        }
    }

    fn remove(&mut self, place: usize) -> Option<Peer> {
        let peer = self.places.try_remove(place)?;
        self.by_connection.remove(&peer.connection);
        if let Some(until) = peer.rests_until {
            self.resting.remove(&(until, place));
        }
        Some(peer)
    }
}

impl Worker {
    /// Opens a port for peers to connect to.
    pub(crate) fn listen_for_peers(&mut self, now: Instant, relay: RelayId, at: SocketAddr) {
        let input = match self.try_listen_for_peers(relay, at) {
            Ok(()) => Input::RelayOpened { relay },
            Err(error) => {
                tracing::debug!(%at, %error, "relayed port can not be opened for TCP");
                Input::RelayRefused { relay }
            }
        };
        self.turn.handle(now, input);
    }

    fn try_listen_for_peers(&mut self, relay: RelayId, at: SocketAddr) -> io::Result<()> {
        let mut listener = TcpListener::from_std(bind::relay_listener(at)?);
        let entry = self.peers.listeners.vacant_entry();
        let place = entry.key();
        self.poll.registry().register(
            &mut listener,
            Source::PeerListener(place).into(),
            Interest::READABLE,
        )?;
        entry.insert(PeerListener { relay, at, listener, is_queued: false });
        self.peers.by_relay.insert(relay, place);
        Ok(())
    }

    /// Accepts some peers, and keeps those that may come. Whether there may be more.
    pub(crate) fn serve_peer_listener(&mut self, now: Instant, place: usize) -> bool {
        for _ in 0..BATCH {
            // It may have been closed since it became ready.
            let Some(listener) = self.peers.listener_mut(place) else { return false };
            let relay = listener.relay;
            match listener.listener.accept() {
                Ok((stream, peer)) => {
                    let peer = SocketAddr::new(peer.ip(), peer.port());
                    if let Some(connection) = self.turn.admit_peer(now, relay, peer) {
                        self.watch_peer(now, connection, stream, false);
                    }
                    self.perform(now);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if error.kind() != io::ErrorKind::WouldBlock {
                        // Most likely for want of file descriptors. The next peer that comes has it tried again.
                        tracing::debug!(%error, "accepting a peer failed");
                    }
                    listener.is_queued = false;
                    return false;
                }
            }
        }
        true
    }

    /// Begins to connect to a peer.
    pub(crate) fn connect_to_peer(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        relay: RelayId,
        to: SocketAddr,
    ) {
        let listener = self.peers.by_relay.get(&relay).and_then(|place| self.peers.listeners.get(*place));
        let from = listener.map(|listener| listener.at).ok_or(io::ErrorKind::NotFound.into());
        match from.and_then(|from| bind::from_relay_port(from, to)) {
            Ok(stream) => self.watch_peer(now, connection, TcpStream::from_std(stream), true),
            Err(error) => {
                tracing::debug!(%error, "a peer can not be connected to");
                self.turn.handle(now, Input::PeerGone { connection });
            }
        }
    }

    fn watch_peer(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        mut stream: TcpStream,
        is_connecting: bool,
    ) {
        let entry = self.peers.places.vacant_entry();
        let place = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut stream, Source::Peer(place).into(), interest) {
            tracing::debug!(%error, "a connection with a peer can not be watched");
            return self.turn.handle(now, Input::PeerGone { connection });
        }
        entry.insert(Peer {
            connection,
            stream,
            is_connecting,
            leg: None,
            to_peer: Pipe::default(),
            to_client: Pipe::default(),
            rests_until: None,
            is_queued: false,
        });
        self.peers.by_connection.insert(connection, place);
    }

    /// Serves a peer that may have something, or room for something. Whether there may be more.
    pub(crate) fn serve_peer(&mut self, now: Instant, place: usize) -> bool {
        let Some(peer) = self.peers.get_mut(place) else { return false };
        if peer.is_connecting {
            peer.is_queued = false;
            self.look_whether_connected(now, place);
            return false;
        }
        let Some(leg) = peer.leg else {
            peer.is_queued = false;
            return false;
        };
        let has_more = match self.pump(now, place) {
            Ok(has_more) => has_more,
            Err(closed) => {
                self.close_leg(now, leg, closed);
                return false;
            }
        };
        if let Some(peer) = self.peers.get_mut(place) {
            peer.is_queued = has_more;
        }
        has_more
    }

    fn look_whether_connected(&mut self, now: Instant, place: usize) {
        let Some(peer) = self.peers.get_mut(place) else { return };
        let connection = peer.connection;
        let failed = peer.stream.take_error().map_or(true, |error| error.is_some());
        if failed {
            return self.lose_peer(now, place);
        }
        // Else it was too early to ask.
        if peer.stream.peer_addr().is_ok() {
            peer.is_connecting = false;
            // What passes may be typed by somebody who waits for each letter.
            let _slower = peer.stream.set_nodelay(true);
            self.tell(now, Input::PeerConnected { connection });
        }
    }

    /// Joins a connection with a peer and a client's.
    pub(crate) fn join(&mut self, now: Instant, connection: ConnectionId, client: FiveTuple) {
        let Some(place) = self.peers.by_connection.get(&connection).copied() else { return };
        let at = self.legs.place_of(&client);
        let leg = at.and_then(|at| self.legs.get_mut(at));
        let (Some(leg), Some(peer)) = (leg, self.peers.places.get_mut(place)) else {
            return self.lose_peer(now, place);
        };
        let rest = leg.join(place);
        let pause = self.turn.pass(now, connection, Direction::ToPeer, rest.len());
        peer.to_peer.fill_with(rest);
        peer.leg = at;
        self.set_allocated(now, client, true);
        self.let_rest(now, place, pause);
        self.queue_peer(place);
    }

    /// Reads nothing of it for so long.
    fn let_rest(&mut self, now: Instant, place: usize, pause: Duration) {
        let Some(peer) = self.peers.places.get_mut(place).filter(|_| !pause.is_zero()) else { return };
        let until = *peer.rests_until.insert(now + pause);
        self.peers.resting.insert((until, place));
    }

    /// Has a peer served in the next round.
    fn queue_peer(&mut self, place: usize) {
        let Some(peer) = self.peers.get_mut(place) else { return };
        if !std::mem::replace(&mut peer.is_queued, true) {
            self.ready.push_back(Source::Peer(place));
        }
    }

    /// A connection with a peer has ended.
    pub(crate) fn lose_peer(&mut self, now: Instant, place: usize) {
        let Some(peer) = self.peers.remove(place) else { return };
        self.tell(now, Input::PeerGone { connection: peer.connection });
    }

    /// Closes a connection with a peer, and the client's with it.
    pub(crate) fn close_peer(&mut self, now: Instant, connection: ConnectionId) {
        let Some(place) = self.peers.by_connection.get(&connection).copied() else { return };
        let Some(Peer { leg: Some(leg), .. }) = self.peers.remove(place) else { return };
        self.close_leg(now, leg, Closed::ByClient);
    }

    /// Lets those go on that have rested.
    pub(crate) fn wake_peers(&mut self, now: Instant) {
        while let Some((until, place)) = self.peers.resting.first().copied()
            && until <= now
        {
            self.peers.resting.pop_first();
            if let Some(peer) = self.peers.get_mut(place) {
                peer.rests_until = None;
            }
            self.queue_peer(place);
        }
    }
}
