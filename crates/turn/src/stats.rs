//! Plain counters. The shell copies them out; nothing in the core reads them.

use std::collections::BTreeMap;

use crate::codec::{DecodeError, ErrorCode};

/// Why a message or packet went nowhere. Nothing of this is answered: the sender may be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// Neither STUN nor ChannelData, or not well-formed.
    Malformed,
    /// A STUN response or a Data indication: nothing a client sends. Or an ICMP message that is no error about a packet.
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
    /// More packets than one allocation may pass (X2).
    PacketRate,
    /// More bytes than one allocation may pass.
    ByteRate,
    /// More packets than all allocations of a user may pass.
    UserPacketRate,
    /// More bytes than all allocations of a user may pass.
    UserByteRate,
    /// An ICMP error for a client who has been told of enough of them.
    IcmpLimited,
}

impl DropReason {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 15] = [
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
        Self::PacketRate,
        Self::ByteRate,
        Self::UserPacketRate,
        Self::UserByteRate,
        Self::IcmpLimited,
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
            Self::PacketRate => "packet_rate",
            Self::ByteRate => "byte_rate",
            Self::UserPacketRate => "user_packet_rate",
            Self::UserByteRate => "user_byte_rate",
            Self::IcmpLimited => "icmp_limited",
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
    /// Allocates refused because their user opens too many in a short time.
    pub allocations_limited: u64,
    /// Permissions and channels refused because their user reaches out to too many new addresses in a short time.
    pub peers_limited: u64,
    /// Users whose recent haste was forgotten for want of room.
    pub users_forgotten: u64,
    /// Addresses vouched for that became strangers' early for want of room.
    pub vouched_dropped: u64,
    /// Revocations forgotten before their credentials expired, for want of room.
    pub revocations_dropped: u64,
    /// User names forgotten before they expired, for want of room.
    pub names_dropped: u64,
    /// ICMP errors passed on to clients.
    pub icmp_errors: u64,
    /// Clients that have come from another address, and gone on with what they had.
    pub moves: u64,
    /// TCP connections with peers that stand, or soon may.
    pub peer_connections: u64,
    /// TCP connections of peers closed at once: there was no permission for them, or too many were there.
    pub peer_connections_refused: u64,
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
    /// One packet.
    pub(crate) const fn packet(length: usize) -> Self {
        Self { packets: 1, bytes: length as u64 }
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }

    pub(crate) const fn count(&mut self, length: usize) {
        self.add(Self::packet(length));
    }
}

impl Stats {
    /// How often something was dropped for this reason.
    pub const fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }

    /// Adds what another core of the same relay has done and holds.
    pub fn add(&mut self, other: &Self) {
        let Self {
            allocations,
            reservations,
            allocations_opened,
            allocations_expired,
            ports_refused,
            bindings,
            allocations_limited,
            peers_limited,
            users_forgotten,
            vouched_dropped,
            revocations_dropped,
            names_dropped,
            icmp_errors,
            moves,
            peer_connections,
            peer_connections_refused,
            to_peer,
            to_client,
            between_allocations,
            errors,
            dropped,
        } = other;
        self.allocations += allocations;
        // One core may have counted the beginning and another the end.
        self.reservations = self.reservations.wrapping_add(*reservations);
        self.allocations_opened += allocations_opened;
        self.allocations_expired += allocations_expired;
        self.ports_refused += ports_refused;
        self.bindings += bindings;
        self.allocations_limited += allocations_limited;
        self.peers_limited += peers_limited;
        self.users_forgotten += users_forgotten;
        self.vouched_dropped += vouched_dropped;
        self.revocations_dropped += revocations_dropped;
        self.names_dropped += names_dropped;
        self.icmp_errors += icmp_errors;
        self.moves += moves;
        self.peer_connections += peer_connections;
        self.peer_connections_refused += peer_connections_refused;
        self.to_peer.add(*to_peer);
        self.to_client.add(*to_client);
        self.between_allocations.add(*between_allocations);
        for (code, count) in errors {
            *self.errors.entry(*code).or_default() += count;
        }
        for (sum, count) in self.dropped.iter_mut().zip(dropped) {
            *sum += count;
        }
    }

    /// Counts one more (or one fewer).
    pub(crate) const fn count_reservation(&mut self, is_new: bool) {
        let change = if is_new { 1 } else { u64::MAX };
        self.reservations = self.reservations.wrapping_add(change);
    }

    pub(crate) const fn count_drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}
