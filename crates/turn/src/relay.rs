//! One relayed port of this machine, from the wish for it to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allocation::{Allocation, Token};
use crate::codec::{ErrorCode, IntegrityKey, TransactionId};
use crate::five_tuple::FiveTuple;
use crate::ports::Wanted;
use crate::requests::Family;

/// Names a relayed port between core and shell. Never used twice, so that a packet of a closed port can not be taken
/// for one of its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayId(pub(crate) u64);

/// The relayed ports of one client connection: at most one of each family, at least one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relays {
    ipv4: Option<RelayId>,
    ipv6: Option<RelayId>,
    /// The client may come here from another address, where it still is (RFC 8016).
    is_expected: bool,
}

impl Relays {
    pub(crate) fn one(family: Family, relay: RelayId) -> Self {
        Self::default().with(family, Some(relay))
    }

    pub(crate) const fn of(&self, family: Family) -> Option<RelayId> {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    pub(crate) const fn with(self, family: Family, relay: Option<RelayId>) -> Self {
        match family {
            Family::Ipv4 => Self { ipv4: relay, ..self },
            Family::Ipv6 => Self { ipv6: relay, ..self },
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = RelayId> {
        [self.ipv4, self.ipv6].into_iter().flatten()
    }

    /// The same, for a client that may come.
    pub(crate) const fn expected(self) -> Self {
        Self { is_expected: true, ..self }
    }

    /// The same, for a client that is there.
    pub(crate) const fn at_home(self) -> Self {
        Self { is_expected: false, ..self }
    }

    pub(crate) const fn is_expected(self) -> bool {
        self.is_expected
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.ipv4.is_none() && self.ipv6.is_none()
    }
}

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
    /// Open, while the port of the other family is being opened for the same Allocate; that one's `Opening` owns it.
    Waiting,
    /// Open, waiting for the Allocate that names its token.
    Reserved(Reservation),
    /// Somebody's relayed address.
    Allocated(Box<Allocation>),
}

impl State {
    /// When it ends unless something happens before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Opening(_) | Self::Waiting => None,
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
    pub(crate) over_tls: bool,
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) lifetime: Duration,
    pub(crate) is_mobile: bool,
    /// TCP is wanted, not UDP.
    pub(crate) is_tcp: bool,
    pub(crate) wanted: Wanted,
    /// The name of the next port, for [`Wanted::Pair`].
    pub(crate) sibling: Option<RelayId>,
    pub(crate) other: OtherFamily,
    pub(crate) attempts: u32,
    /// The connection it was for is gone: close what opens, answer nothing.
    pub(crate) abandoned: bool,
}

/// What else an Allocate wants (ADDITIONAL-ADDRESS-FAMILY): IPv4 is opened first, then IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherFamily {
    /// Nothing: one address.
    Unwanted,
    /// This is IPv4; IPv6 comes next.
    Next,
    /// This is IPv6; IPv4 is open under this name, or can not be had.
    Before(Result<RelayId, ErrorCode>),
}

pub(crate) struct Reservation {
    pub(crate) token: Token,
    pub(crate) expires_at: Instant,
}
