//! Plain counters. The shell copies them out; nothing in the core reads them.

use std::collections::BTreeMap;

use crate::codec::{DecodeError, ErrorCode};

/// Why a message or packet went nowhere. Nothing of this is answered: the sender may be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// Neither STUN nor ChannelData, or not well-formed.
    Malformed,
    /// A STUN response or a Data indication: nothing a client sends.
    Unexpected,
    /// From port 0, or from a Teredo or 6to4 client.
    BadSource,
    /// Data from a five-tuple without allocation.
    NoAllocation,
    /// ChannelData on a channel that is not bound.
    NoChannel,
    /// The allocation has no permission for the peer.
    NoPermission,
    /// The peer filter denies the peer.
    PeerDenied,
    /// The peer is not of the relayed address's family.
    FamilyMismatch,
    /// Too large to be passed on with its header.
    TooLarge,
    /// An answer to a stranger who has had his share (X1).
    RateLimited,
}

impl DropReason {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::Unexpected,
        Self::BadSource,
        Self::NoAllocation,
        Self::NoChannel,
        Self::NoPermission,
        Self::PeerDenied,
        Self::FamilyMismatch,
        Self::TooLarge,
        Self::RateLimited,
    ];

    /// A name for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unexpected => "unexpected",
            Self::BadSource => "bad_source",
            Self::NoAllocation => "no_allocation",
            Self::NoChannel => "no_channel",
            Self::NoPermission => "no_permission",
            Self::PeerDenied => "peer_denied",
            Self::FamilyMismatch => "family_mismatch",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
        }
    }
}

impl From<DecodeError> for DropReason {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NotStun
            | DecodeError::Length
            | DecodeError::Method
            | DecodeError::Attribute
            | DecodeError::Fingerprint => Self::Malformed,
        }
    }
}

/// What a [`Turn`](crate::Turn) has done since it was made, and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Allocations that live.
    pub allocations: u64,
    /// Ports kept for a RESERVATION-TOKEN.
    pub reservations: u64,
    /// Allocations made, ever.
    pub allocations_opened: u64,
    /// Allocations that ran out rather than being ended.
    pub allocations_expired: u64,
    /// Relayed ports the machine refused to open.
    pub ports_refused: u64,
    /// Binding requests answered.
    pub bindings: u64,
    /// Packets and bytes of application data from clients to peers.
    pub to_peer: Traffic,
    /// Packets and bytes of application data from peers to clients.
    pub to_client: Traffic,
    /// Those between two allocations of this relay, which never touch a socket in between; not in the two above.
    pub between_allocations: Traffic,
    /// Error answers sent, by code.
    pub errors: BTreeMap<ErrorCode, u64>,
    dropped: [u64; DropReason::ALL.len()],
}

/// Packets, and bytes of application data in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Traffic {
    pub(crate) fn count(&mut self, length: usize) {
        self.packets += 1;
        self.bytes += length as u64;
    }
}

impl Stats {
    /// How often something was dropped for this reason.
    pub const fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    pub(crate) const fn count_drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}
