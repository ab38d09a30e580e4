//! What the cores of one relay share, when each of several threads has one: who holds how much, which ports are taken, and
//! who is behind a relayed address.
//!
//! ```text
//!  Turn ──┐                 ┌ ledger      a lock, taken when something is opened or ended, never for a packet
//!  Turn ──┼──► Shared ──────┼ directory   read for packets between clients of two cores, without a lock
//!  Turn ──┘                 └ strangers   counted without a lock
//! ```
//!
//! A core that is alone shares with nobody, and its directory is empty.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use crate::allocation::Token;
use crate::config::TurnConfig;
use crate::directory::{Access, Directory};
use crate::ports::Ports;
use crate::rate_limit::RateLimit;
use crate::relay::RelayId;
use crate::users::Users;

/// Shared by the [`Turn`](crate::Turn)s of one relay.
pub struct Shared {
    ledger: Mutex<Ledger>,
    directory: Directory,
    pub(crate) strangers: RateLimit,
    next_relay: AtomicU64,
    /// Relayed addresses of the other process of a handover; no more than it had allocations.
    elsewhere: RwLock<HashSet<SocketAddr>>,
    /// Whether there are any, so that a packet need not ask.
    has_elsewhere: AtomicBool,
}

/// Who holds what.
pub(crate) struct Ledger {
    /// The ports of `config.relay_addresses`, in the same order.
    pub(crate) ports: Vec<Ports>,
    /// Ports that wait for whoever brings the token, to whichever core.
    pub(crate) reservations: HashMap<Token, ReservedPort>,
    /// Who holds how many ports.
    pub(crate) users: Users,
}

/// What a token stands for.
pub(crate) struct ReservedPort {
    pub(crate) relay: RelayId,
    pub(crate) user: Arc<str>,
    /// Index of its relay address.
    pub(crate) address: usize,
    pub(crate) port: u16,
}

impl Shared {
    /// For so many cores with this configuration. `seed` is as for [`Turn::new`](crate::Turn::new).
    pub fn new(config: &TurnConfig, now: Instant, seed: [u8; 32], cores: usize) -> Self {
        let limits = &config.limits;
        let (per_second, burst) = (limits.stranger_answers_per_second, limits.stranger_answers_burst);
        let ledger = Ledger {
            ports: config.relay_addresses.iter().map(|_| Ports::new(&config.relay_ports)).collect(),
            reservations: HashMap::new(),
            users: Users::new(limits),
        };
        Self {
            ledger: Mutex::new(ledger),
            directory: if cores > 1 { Directory::new(config) } else { Directory::default() },
            strangers: RateLimit::new(now, seed, per_second, burst),
            next_relay: AtomicU64::new(1),
            elsewhere: RwLock::default(),
            has_elsewhere: AtomicBool::new(false),
        }
    }

    /// Takes the lock. Nothing is left half done under it, so a thread that died has spoilt nothing.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets clients reach these relayed addresses, which are another process's.
    pub(crate) fn expect_elsewhere(&self, addresses: impl IntoIterator<Item = SocketAddr>) {
        let mut elsewhere = self.elsewhere.write().unwrap_or_else(PoisonError::into_inner);
        elsewhere.extend(addresses);
        self.has_elsewhere.store(!elsewhere.is_empty(), Ordering::Release);
    }

    /// The other process has ended.
    pub(crate) fn forget_elsewhere(&self) {
        self.elsewhere.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.has_elsewhere.store(false, Ordering::Release);
    }

    pub(crate) fn is_elsewhere(&self, address: SocketAddr) -> bool {
        self.has_elsewhere.load(Ordering::Acquire)
            && self.elsewhere.read().unwrap_or_else(PoisonError::into_inner).contains(&address)
    }

    pub(crate) fn new_relay_id(&self) -> RelayId {
        RelayId(self.next_relay.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells the other cores who is behind a relayed address, or that nobody is any more.
    pub(crate) fn publish(&self, relayed: SocketAddr, access: impl FnOnce() -> Option<Access>) {
        self.directory.set(relayed, access);
    }

    /// Who is behind a relayed address, as far as other cores have told.
    pub(crate) fn access(&self, relayed: SocketAddr) -> Option<Arc<Access>> {
        self.directory.of(relayed)
    }
}

impl Ledger {
    /// Gives one port back. Whether somebody's haste had to be forgotten for want of room.
    pub(crate) fn release(&mut self, now: Instant, user: &Arc<str>, address: usize, port: u16) -> bool {
        self.ports[address].release(port);
        self.users.release(now, user)
    }
}
