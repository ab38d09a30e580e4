//! Connect and ConnectionBind, and peers that connect by themselves (RFC 6062 §5.2–§5.4).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Family;
use crate::authenticate::{Asker, Caller};
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method, decode_xor_address};
use crate::config::CONNECTION_PATIENCE;
use crate::connection::{Asked, Connection, ConnectionId, Stage};
use crate::five_tuple::{FiveTuple, Transport};
use crate::flow::Direction;
use crate::relay::RelayId;
use crate::turn::{Output, Turn};

impl Turn {
    /// `Ok(None)`: the answer comes when the peer has accepted, or has not.
    pub(crate) fn on_connect(
        &mut self,
        now: Instant,
        from: FiveTuple,
        over_tls: bool,
        message: &Message<'_>,
        caller: Caller,
    ) -> Result<Option<MessageBuilder>, ErrorCode> {
        let own = self.own_allocations(from, &caller.username)?;
        let peer = message.attribute(AttributeType::XOR_PEER_ADDRESS).ok_or(ErrorCode::BadRequest)?;
        let peer = decode_xor_address(peer, message.transaction).ok_or(ErrorCode::BadRequest)?;
        if peer.port() == 0 {
            return Err(ErrorCode::BadRequest);
        }
        let relay = own.of(Family::of(peer)).ok_or(ErrorCode::PeerAddressFamilyMismatch)?;
        let streams = self.streams(relay).ok_or(ErrorCode::BadRequest)?;
        let is_there = |id: &ConnectionId| self.connections.get(*id).is_some_and(|other| other.peer == peer);
        if streams.iter().any(is_there) {
            return Err(ErrorCode::ConnectionAlreadyExists);
        }
        let to = self.reach(peer).ok_or(ErrorCode::Forbidden)?;
        let user = self.relays.get(&relay).map(|relay| relay.user.clone()).unwrap_or_default();
        if !self.has_room(streams.len(), &user) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        // X2: also to an address that is permitted, or its ports could be tried one by one.
        if !self.shared.ledger().users.may_reach(now, &user, 1) {
            self.stats.peers_limited += 1;
            return Err(ErrorCode::InsufficientCapacity);
        }
        let asked = Asked {
            transaction: message.transaction,
            fingerprint: message.has_fingerprint(),
            over_tls,
            key: caller.key,
        };
        let connection = self.begin(now, Connection { relay, user, peer, state: Stage::Connecting(asked) });
        self.output(Output::Connect { connection, relay, to });
        Ok(None)
    }

    /// Where a peer is reached over TCP. Of our own ports those that listen for a client are; whatever else this machine has on
    /// a port with such a number is not meant.
    fn reach(&self, peer: SocketAddr) -> Option<SocketAddr> {
        if let Some(other) = self.by_relayed.get(&peer) {
            self.streams(*other)?;
            return Some(self.bound_address(*other));
        }
        let lowest = self.config.limits.lowest_peer_port.max(1);
        (peer.port() >= lowest && self.filter.allows(peer.ip())).then_some(peer)
    }

    /// The connections of an allocation; `None` if that is not one of TCP.
    fn streams(&self, relay: RelayId) -> Option<&[ConnectionId]> {
        self.allocation(relay)?.streams.as_deref()
    }

    /// Whether this user may have one more, on an allocation that has so many.
    fn has_room(&self, of_allocation: usize, user: &str) -> bool {
        let limits = &self.config.limits;
        of_allocation < limits.peer_connections
            && self.connections.held_by(user) < limits.peer_connections_per_user
            && self.connections.count() < limits.all_peer_connections
    }

    fn begin(&mut self, now: Instant, connection: Connection) -> ConnectionId {
        let relay = connection.relay;
        let mut id = ConnectionId(u32::from_be_bytes(self.random.bytes()));
        while self.connections.get(id).is_some() {
            id = ConnectionId(u32::from_be_bytes(self.random.bytes()));
        }
        self.connections.put(id, connection, Some(now + CONNECTION_PATIENCE));
        self.stats.peer_connections += 1;
        if let Some(streams) = self.allocation_mut(relay).and_then(|allocation| allocation.streams.as_mut()) {
            streams.push(id);
        }
        id
    }

    /// The peer has accepted: the client is told by which name to ask for it.
    pub(crate) fn on_peer_connected(&mut self, now: Instant, id: ConnectionId) {
        let Some(Connection { relay, user, peer, state: Stage::Connecting(asked) }) =
            self.connections.remove(id)
        else {
            return;
        };
        let connection = Connection { relay, user, peer, state: Stage::Waiting };
        self.connections.put(id, connection, Some(now + CONNECTION_PATIENCE));
        let Some(to) = self.allocation(relay).map(|allocation| allocation.five_tuple) else { return };
        let success = MessageBuilder::new(Class::Success, Method::Connect, asked.transaction)
            .attribute(AttributeType::CONNECTION_ID, &id.0.to_be_bytes());
        self.answer(now, to, asked.fingerprint, Some(&asked.key), success);
    }

    /// It has ended, or never began: then the client gets 447.
    pub(crate) fn on_peer_gone(&mut self, now: Instant, id: ConnectionId) {
        let Some(Connection { relay, state, .. }) = self.connections.remove(id) else { return };
        self.stats.peer_connections -= 1;
        let Some(allocation) = self.allocation_mut(relay) else { return };
        allocation.streams.iter_mut().for_each(|streams| streams.retain(|other| *other != id));
        let at = allocation.five_tuple;
        let Stage::Connecting(asked) = state else { return };
        let asker = Asker { at, over_tls: asked.over_tls, key: &asked.key };
        let error = self.refusal(asker, Method::Connect, asked.transaction, ErrorCode::ConnectionFailed);
        self.answer(now, at, asked.fingerprint, Some(&asked.key), error);
    }

    /// The peer has not accepted in time, or the client has not come for it.
    pub(crate) fn give_up(&mut self, now: Instant, id: ConnectionId) {
        self.on_peer_gone(now, id);
        self.output(Output::Disconnect { connection: id });
    }

    /// Ends one whose allocation has ended.
    pub(crate) fn disconnect(&mut self, id: ConnectionId) {
        if self.connections.remove(id).is_some() {
            self.stats.peer_connections -= 1;
            self.output(Output::Disconnect { connection: id });
        }
    }

    /// A peer has connected to a port that listens: under which name its connection is to be kept, unread, until it is joined;
    /// `None` if it is to be closed at once. There are outputs afterwards.
    pub fn admit_peer(&mut self, now: Instant, relay: RelayId, peer: SocketAddr) -> Option<ConnectionId> {
        self.now = now;
        self.expire(now);
        let peer = self.as_advertised(peer);
        let allocation = self.allocation(relay)?;
        let to = allocation.five_tuple;
        let user = Arc::clone(&self.relays.get(&relay)?.user);
        let has_room = allocation.streams.as_ref().is_some_and(|streams| self.has_room(streams.len(), &user));
        if !has_room || !allocation.permissions.permits(now, peer.ip()) {
            self.stats.peer_connections_refused += 1;
            return None;
        }
        let id = self.begin(now, Connection { relay, user, peer, state: Stage::Waiting });
        let transaction = self.indication_transaction();
        let attempt = MessageBuilder::new(Class::Indication, Method::ConnectionAttempt, transaction)
            .address(AttributeType::XOR_PEER_ADDRESS, peer)
            .attribute(AttributeType::CONNECTION_ID, &id.0.to_be_bytes());
        self.output(Output::Answer { to, bytes: attempt.finish() });
        Some(id)
    }

    /// Whose connection a ConnectionBind asks for, before anybody knows who sends it.
    pub(crate) fn named_by_connection(&self, message: &Message<'_>) -> Option<RelayId> {
        if message.method != Method::ConnectionBind {
            return None;
        }
        Some(self.connections.get(connection_id(message)?)?.relay)
    }

    /// One connection of a client for one of a peer, once. Somebody else's does not exist.
    pub(crate) fn on_connection_bind(
        &mut self,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        if from.transport != Transport::Tcp || self.by_five_tuple.contains_key(&from) {
            return Err(ErrorCode::BadRequest);
        }
        let id = connection_id(message).ok_or(ErrorCode::BadRequest)?;
        let connection = self.connections.get(id).ok_or(ErrorCode::BadRequest)?;
        let allocation = self.allocation(connection.relay).ok_or(ErrorCode::BadRequest)?;
        if !matches!(connection.state, Stage::Waiting) || *allocation.username != *caller.username {
            return Err(ErrorCode::BadRequest);
        }
        let connection = self.connections.remove(id).ok_or(ErrorCode::BadRequest)?;
        self.connections.put(id, Connection { state: Stage::Joined, ..connection }, None);
        Ok(MessageBuilder::new(Class::Success, Method::ConnectionBind, message.transaction))
    }

    /// After the answer, the last message there.
    pub(crate) fn join(&mut self, client: FiveTuple, message: &Message<'_>) {
        if let Some(connection) = connection_id(message) {
            self.output(Output::Join { connection, client });
        }
    }

    /// Counts so many bytes that have been read of a joined connection, to be passed on; for how long no more should be read of
    /// it, in either direction.
    pub fn pass(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        way: Direction,
        length: usize,
    ) -> Duration {
        let relay = self.connections.get(connection).map(|connection| connection.relay);
        let Some(allocation) = relay.and_then(|relay| self.allocation(relay)) else { return Duration::ZERO };
        let pause = allocation.meter.pass(now, &self.rates, way, length);
        match way {
            Direction::ToPeer => self.stats.to_peer.count(length),
            Direction::ToClient => self.stats.to_client.count(length),
        }
        pause
    }
}

fn connection_id(message: &Message<'_>) -> Option<ConnectionId> {
    let id = message.attribute(AttributeType::CONNECTION_ID)?;
    Some(ConnectionId(u32::from_be_bytes(id.try_into().ok()?)))
}
