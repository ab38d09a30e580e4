//! One relayed port of this machine, from the wish for it to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allocation::{Allocation, Token};
use crate::codec::{IntegrityKey, TransactionId};
use crate::five_tuple::FiveTuple;
use crate::ports::Wanted;

/// Names a relayed port between core and shell. Never used twice, so that a packet of a closed port can not be taken
/// for one of its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayId(pub(crate) u64);

/// A port that is taken.
pub(crate) struct Relay {
    /// Whose quota it counts on.
    pub(crate) user: Arc<str>,
    /// Index of its relay address.
    pub(crate) address: usize,
    pub(crate) port: u16,
    pub(crate) state: State,
}

pub(crate) enum State {
    /// The shell has been asked for the socket. It always answers, so there is no deadline.
    Opening(Box<Opening>),
    /// Open, waiting for the Allocate that names its token.
    Reserved(Reservation),
    /// Somebody's relayed address.
    Allocated(Box<Allocation>),
}

impl State {
    /// When it ends unless something happens before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Opening(_) => None,
            Self::Reserved(reservation) => Some(reservation.expires_at),
            Self::Allocated(allocation) => Some(allocation.expires_at),
        }
    }
}

/// What is needed to answer the Allocate once the socket is there.
pub(crate) struct Opening {
    pub(crate) five_tuple: FiveTuple,
    pub(crate) transaction: TransactionId,
    pub(crate) fingerprint: bool,
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) lifetime: Duration,
    pub(crate) wanted: Wanted,
    /// The name of the next port, for [`Wanted::Pair`].
    pub(crate) sibling: Option<RelayId>,
    pub(crate) attempts: u32,
    /// The connection it was for is gone: close what opens, answer nothing.
    pub(crate) abandoned: bool,
}

pub(crate) struct Reservation {
    pub(crate) token: Token,
    pub(crate) expires_at: Instant,
}
