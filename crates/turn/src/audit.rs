//! What an operator may have to answer for afterwards: who used which address, when, and how much (X5). Off unless
//! wanted; names and addresses of people are in it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::allocation::Allocation;
use crate::five_tuple::FiveTuple;
use crate::stats::Traffic;

/// An allocation that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The user name it was opened with.
    pub username: String,
    /// Who had it.
    pub five_tuple: FiveTuple,
    /// What peers saw.
    pub relayed: SocketAddr,
    /// How long it lived.
    pub lasted: Duration,
    /// How many addresses were let in, those counted again that had run out in between.
    pub peers: u64,
    /// What the client sent that its permissions and limits let pass.
    pub to_peer: Traffic,
    /// What the client was sent.
    pub to_client: Traffic,
}

impl Audit {
    pub(crate) fn of(now: Instant, allocation: &Allocation) -> Self {
        Self {
            username: allocation.username.to_string(),
            five_tuple: allocation.five_tuple,
            relayed: allocation.relayed,
            lasted: now.saturating_duration_since(allocation.opened_at),
            peers: allocation.permissions.installed(),
            to_peer: allocation.meter.to_peer(),
            to_client: allocation.meter.to_client(),
        }
    }
}
