//! What passes from one process to the next: the allocations of everybody who came over UDP. Sockets pass beside it.
//!
//! ```text
//!   old: export ──► Snapshot, and which relayed ports go along ──► new: import ──► which of them it takes
//! ```
//!
//! Clients over TCP stay where their connection is. So that the two parts of a call still reach each other, each process
//! lets its clients send to the relayed addresses that are now (or still) the other's.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::allocation::{Allocation, Channels, Permissions, Token};
use crate::bucket::Bucket;
use crate::codec::{IntegrityKey, TransactionId};
use crate::credentials::password;
use crate::five_tuple::{FiveTuple, Transport};
use crate::meter::Meter;
use crate::relay::{Relay, RelayId, Reservation, State};
use crate::requests::Family;
use crate::shared::ReservedPort;
use crate::turn::Turn;

/// The form of [`Snapshot`]. One of another form is not taken over.
pub const SNAPSHOT_FORM: u32 = 1;

/// What one [`Turn`] knows of its clients over UDP. It holds no key: those are made of the shared secret.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// See [`SNAPSHOT_FORM`].
    pub form: u32,
    /// Relayed addresses that stay behind, since their clients came over TCP.
    staying: Vec<SocketAddr>,
    /// Whose credentials are void, and up to which expiry.
    revoked: Vec<(String, Duration)>,
    /// Open relayed ports, in the order of the ids that come beside the snapshot.
    ports: Vec<Port>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Port {
    /// As peers see it.
    relayed: SocketAddr,
    user: String,
    held: Held,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Held {
    Reserved { token: [u8; 8], left: Duration },
    Allocated(Box<Allocated>),
}

/// Times are what is left of them.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Allocated {
    client: SocketAddr,
    server: SocketAddr,
    username: String,
    left: Duration,
    opened_by: [u8; 12],
    first_lifetime: Duration,
    permissions: Vec<(IpAddr, Duration)>,
    channels: Vec<(u16, SocketAddr, Duration)>,
    /// How often it has moved; none if it may not, or an older version tells of it.
    #[serde(default)]
    moves: Option<u8>,
}

impl Default for Snapshot {
    /// Of a process without clients.
    fn default() -> Self {
        Self { form: SNAPSHOT_FORM, staying: Vec::new(), ports: Vec::new(), revoked: Vec::new() }
    }
}

impl Snapshot {
    /// How many relayed ports it speaks of.
    pub const fn len(&self) -> usize {
        self.ports.len()
    }

    /// Whether nothing goes along.
    pub const fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

impl Turn {
    /// Gives up everything of clients that came over UDP. Returns what another process needs to go on with it, and the
    /// relayed ports that go along, in the same order; whoever has their sockets takes them before the outputs are
    /// drained, which say to close them.
    pub fn export(&mut self, now: Instant) -> (Snapshot, Vec<RelayId>) {
        self.expire(now);
        let mut all: Vec<RelayId> = self.relays.keys().copied().collect();
        all.sort_unstable();
        let leaving = all.into_iter().filter_map(|id| Some((id, self.port(now, id)?)));
        let (ids, ports): (Vec<RelayId>, Vec<Port>) = leaving.unzip();
        for id in &ids {
            self.end(*id);
        }
        let staying: Vec<SocketAddr> = self.by_relayed.keys().copied().collect();
        self.shared.expect_elsewhere(ports.iter().map(|port| port.relayed));
        let revoked = self.revoked.entries().map(|(subject, until)| (subject.to_string(), until)).collect();
        (Snapshot { form: SNAPSHOT_FORM, staying, revoked, ports }, ids)
    }

    /// Goes on with what another process has exported. Returns under which id each of the ports is known here; `None` for
    /// one that is not wanted here, whose socket is to be closed: its address is none of ours, or its port is taken.
    pub fn import(&mut self, now: Instant, snapshot: Snapshot) -> Vec<Option<RelayId>> {
        self.shared.expect_elsewhere(snapshot.staying);
        for (subject, until) in snapshot.revoked {
            self.revoked.keep(self.unix(now), subject.into(), (), until);
        }
        snapshot.ports.into_iter().map(|port| self.take_over(now, port)).collect()
    }

    /// Whether a relayed port waits for whoever brings its token.
    pub fn is_reserved(&self, relay: RelayId) -> bool {
        self.relays.get(&relay).is_some_and(|relay| matches!(relay.state, State::Reserved(_)))
    }

    /// What goes along of a relayed port, if it does.
    fn port(&self, now: Instant, id: RelayId) -> Option<Port> {
        let relay = &self.relays[&id];
        let held = match &relay.state {
            // Not answered yet: the client asks again, and the other process answers.
            State::Opening(_) | State::Waiting => return None,
            // Somebody has brought the token to another core.
            State::Reserved(reservation)
                if !self.shared.ledger().reservations.contains_key(&reservation.token) =>
            {
                return None;
            }
            State::Reserved(reservation) => {
                Held::Reserved { token: reservation.token.0, left: reservation.expires_at - now }
            }
            State::Allocated(allocation) if allocation.five_tuple.transport == Transport::Udp => {
                Held::Allocated(Box::new(allocated(now, allocation)))
            }
            State::Allocated(_) => return None,
        };
        Some(Port { relayed: self.relayed_address(id), user: relay.user.to_string(), held })
    }

    fn take_over(&mut self, now: Instant, port: Port) -> Option<RelayId> {
        let ours = |address: &crate::RelayAddress| address.advertised == port.relayed.ip();
        let address = self.config.relay_addresses.iter().position(ours)?;
        let id = self.shared.new_relay_id();
        let user: Arc<str> = port.user.into();
        {
            let mut ledger = self.shared.ledger();
            if !ledger.ports[address].claim(port.relayed.port()) {
                return None;
            }
            ledger.users.hold(now, &user, 1);
        }
        let state = match port.held {
            Held::Reserved { token, left } => {
                let token = Token(token);
                let (user, port) = (Arc::clone(&user), port.relayed.port());
                let reserved = ReservedPort { relay: id, user, address, port };
                self.shared.ledger().reservations.insert(token, reserved);
                self.stats.count_reservation(true);
                State::Reserved(Reservation { token, expires_at: now + left })
            }
            Held::Allocated(allocated) => {
                let spending = self.shared.ledger().users.spending_of(&user);
                let meter = Arc::new(Meter::new(now, spending));
                let allocation = self.allocation_from(now, port.relayed, *allocated, meter);
                let five_tuple = allocation.five_tuple;
                let relays = self.by_five_tuple.get(&five_tuple).copied().unwrap_or_default();
                self.by_five_tuple.insert(five_tuple, relays.with(Family::of(port.relayed), Some(id)));
                self.by_relayed.insert(port.relayed, id);
                self.stats.allocations += 1;
                State::Allocated(Box::new(allocation))
            }
        };
        if let Some(deadline) = state.deadline() {
            self.set_deadline(id, None, deadline);
        }
        self.relays.insert(id, Relay { user, address, port: port.relayed.port(), state });
        self.publish(id);
        Some(id)
    }

    /// What it passes is counted anew, and an audit tells of each process by itself.
    fn allocation_from(
        &self,
        now: Instant,
        relayed: SocketAddr,
        from: Allocated,
        meter: Arc<Meter>,
    ) -> Allocation {
        // What browsers use. For another algorithm the key is made when the next request comes.
        let password = password(&self.config.secret, &from.username);
        let key = IntegrityKey::long_term(&from.username, &self.config.realm, &password);
        Allocation {
            five_tuple: FiveTuple { transport: Transport::Udp, client: from.client, server: from.server },
            // A client that was on its way asks again.
            expected: None,
            suspended: None,
            moves: from.moves,
            username: from.username.into(),
            key,
            relayed,
            opened_at: now,
            expires_at: now + from.left,
            opened_by: TransactionId(from.opened_by),
            first_lifetime: from.first_lifetime,
            reservation: None,
            refused: None,
            permissions: Permissions::from_left(now, from.permissions),
            channels: Channels::from_left(now, from.channels),
            // Who came over UDP has none.
            streams: None,
            meter,
            told_errors: Bucket::new(now),
        }
    }
}

fn allocated(now: Instant, allocation: &Allocation) -> Allocated {
    Allocated {
        client: allocation.five_tuple.client,
        server: allocation.five_tuple.server,
        username: allocation.username.to_string(),
        left: allocation.expires_at - now,
        opened_by: allocation.opened_by.0,
        first_lifetime: allocation.first_lifetime,
        permissions: allocation.permissions.left(now),
        channels: allocation.channels.left(now),
        moves: allocation.moves,
    }
}
