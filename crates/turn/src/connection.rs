//! TCP between a relayed address and a peer (RFC 6062), from the wish for it, or the peer's arrival, to its end.
//!
//! ```text
//!  Connect ──► Connecting ── PeerConnected ──► Waiting ── ConnectionBind ──► Joined ── either side ends ──► nothing
//!                  │ PeerGone, 30 s: 447          │ ▲ a peer that may connects
//!                  └──────────► nothing           └─┼─ 30 s ──► nothing
//! ```
//!
//! All of them end with their allocation.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::codec::{IntegrityKey, TransactionId};
use crate::relay::RelayId;

/// Names a connection with a peer, to the client (CONNECTION-ID, RFC 6062 §6.2.1) and between core and shell. Unpredictable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) u32);

/// A connection with a peer.
pub(crate) struct Connection {
    /// From whose address.
    pub(crate) relay: RelayId,
    /// Whose that is.
    pub(crate) user: Arc<str>,
    /// As the client knows it.
    pub(crate) peer: SocketAddr,
    pub(crate) state: Stage,
}

pub(crate) enum Stage {
    /// The peer has not accepted yet; the client waits for an answer.
    Connecting(Asked),
    /// The client has not brought a connection of its own for it yet.
    Waiting,
    /// Data passes.
    Joined,
}

/// What is needed to answer a Connect.
pub(crate) struct Asked {
    pub(crate) transaction: TransactionId,
    pub(crate) fingerprint: bool,
    pub(crate) over_tls: bool,
    pub(crate) key: IntegrityKey,
}

/// All of a core: of each allocation, of each user and altogether at most as many as may be.
#[derive(Default)]
pub(crate) struct Connections {
    by_id: HashMap<ConnectionId, (Connection, Option<Instant>)>,
    deadlines: BTreeSet<(Instant, ConnectionId)>,
    /// How many each user has; no entry is zero.
    held: HashMap<Arc<str>, usize>,
}

impl Connections {
    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        Some(&self.by_id.get(&id)?.0)
    }

    /// Replaces one of this name. `until`: when it ends unless something happens before.
    pub(crate) fn put(&mut self, id: ConnectionId, connection: Connection, until: Option<Instant>) {
        self.remove(id);
        *self.held.entry(Arc::clone(&connection.user)).or_default() += 1;
        self.by_id.insert(id, (connection, until));
        self.deadlines.extend(until.map(|until| (until, id)));
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let (connection, until) = self.by_id.remove(&id)?;
        if let Some(until) = until {
            self.deadlines.remove(&(until, id));
        }
        if let Some(held) = self.held.get_mut(&connection.user) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&connection.user);
            }
        }
        Some(connection)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// How many of them this user has, of all allocations.
    pub(crate) fn held_by(&self, user: &str) -> usize {
        self.held.get(user).copied().unwrap_or(0)
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// One whose time has come.
    pub(crate) fn due(&self, now: Instant) -> Option<ConnectionId> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now).map(|(_, id)| *id)
    }
}
