//! One client's relayed address and who may use it: permissions (RFC 8656 §9) and channels (§12).
//!
//! Entries that have run out stay until the next change of the list; every look-up compares with `now`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bucket::Bucket;
use crate::codec::{ChannelNumber, ErrorCode, IntegrityKey, TransactionId};
use crate::config::{CHANNEL_LIFETIME, CHANNEL_QUARANTINE, PERMISSION_LIFETIME};
use crate::connection::ConnectionId;
use crate::five_tuple::FiveTuple;
use crate::meter::Meter;
use crate::relay::Relays;
use crate::requests::Family;

/// What an Allocate opened. One that asked for both families opened two of these, which share nothing but the
/// five-tuple and what the Allocate said (RFC 8656 §8.1).
pub(crate) struct Allocation {
    pub(crate) five_tuple: FiveTuple,
    /// From where its client may come next (RFC 8016).
    pub(crate) expected: Option<FiveTuple>,
    /// Its client's connection broke: who was let in, until it comes from elsewhere, and what else it had.
    pub(crate) suspended: Option<(Permissions, Relays)>,
    /// How often its client has asked to move, modulo 256; `None` if it may not.
    pub(crate) moves: Option<u8>,
    /// Every later request must carry the same user name (RFC 8656 §5).
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
    /// What peers see: the advertised address.
    pub(crate) relayed: SocketAddr,
    pub(crate) opened_at: Instant,
    pub(crate) expires_at: Instant,
    /// To recognise and answer a retransmission of the Allocate (L1).
    pub(crate) opened_by: TransactionId,
    pub(crate) first_lifetime: Duration,
    /// Named in the answer if EVEN-PORT asked for the next port, too.
    pub(crate) reservation: Option<Token>,
    /// The family that was wanted, too, and why it could not be had; named in the answer.
    pub(crate) refused: Option<(Family, ErrorCode)>,
    pub(crate) permissions: Permissions,
    pub(crate) channels: Channels,
    /// Connections with peers, of one that asked for TCP (RFC 6062); `None` for UDP.
    pub(crate) streams: Option<Vec<ConnectionId>>,
    /// Application data passed.
    pub(crate) meter: Arc<Meter>,
    /// ICMP errors passed on.
    pub(crate) told_errors: Bucket,
}

/// Names a reserved port (RFC 8656 §18.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(crate) [u8; 8]);

/// Which peers' packets are let in, by address; the port does not matter.
#[derive(Clone, Default)]
pub(crate) struct Permissions {
    entries: Vec<(IpAddr, Instant)>,
    installed: u64,
}

impl Permissions {
    pub(crate) fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        self.until(now, peer).is_some()
    }

    /// Until when a peer is let in, if it is.
    pub(crate) fn until(&self, now: Instant, peer: IpAddr) -> Option<Instant> {
        let live = self.entries.iter().find(|(ip, expires_at)| *ip == peer && now < *expires_at);
        live.map(|(_, expires_at)| *expires_at)
    }

    /// Those that hold, and for how much longer.
    pub(crate) fn left(&self, now: Instant) -> Vec<(IpAddr, Duration)> {
        let live = self.entries.iter().filter(|(_, expires_at)| now < *expires_at);
        live.map(|(ip, expires_at)| (*ip, *expires_at - now)).collect()
    }

    /// What [`Self::left`] was made of.
    pub(crate) fn from_left(now: Instant, left: Vec<(IpAddr, Duration)>) -> Self {
        let installed = left.len() as u64;
        Self { entries: left.into_iter().map(|(ip, left)| (ip, now + left)).collect(), installed }
    }

    /// Installs or renews the permission for a peer. Ask [`Self::has_room_for`] before.
    pub(crate) fn install(&mut self, now: Instant, peer: IpAddr) {
        self.installed += u64::from(!self.permits(now, peer));
        self.entries.retain(|(ip, expires_at)| now < *expires_at && *ip != peer);
        self.entries.push((peer, now + PERMISSION_LIFETIME));
    }

    /// How often a peer was let in that was not before.
    pub(crate) const fn installed(&self) -> u64 {
        self.installed
    }

    /// Whether there is room for all of these peers.
    pub(crate) fn has_room_for(&self, now: Instant, peers: &[IpAddr], limit: usize) -> bool {
        let live = self.entries.iter().filter(|(_, expires_at)| now < *expires_at).count();
        let is_repeated = |index: usize| peers[..index].contains(&peers[index]);
        let new = (0..peers.len()).filter(|index| !is_repeated(*index) && !self.permits(now, peers[*index]));
        live + new.count() <= limit
    }
}

/// Why a channel can not be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The number stands for another peer, or the peer has another number.
    Taken,
    /// There are as many as one allocation may have.
    Full,
}

/// A one-to-one map between channel numbers and peers.
#[derive(Clone, Default)]
pub(crate) struct Channels {
    entries: Vec<Channel>,
}

#[derive(Clone)]
struct Channel {
    number: ChannelNumber,
    peer: SocketAddr,
    expires_at: Instant,
}

impl Channels {
    /// The peer a number stands for.
    pub(crate) fn peer(&self, now: Instant, number: ChannelNumber) -> Option<SocketAddr> {
        let bound = self.entries.iter().find(|channel| channel.number == number && now < channel.expires_at);
        bound.map(|channel| channel.peer)
    }

    /// Whether a number is bound, or was until lately.
    pub(crate) fn has(&self, now: Instant, number: ChannelNumber) -> bool {
        let is_kept = |channel: &Channel| now < channel.expires_at + CHANNEL_QUARANTINE;
        self.entries.iter().any(|channel| channel.number == number && is_kept(channel))
    }

    /// The number that stands for a peer.
    pub(crate) fn number(&self, now: Instant, peer: SocketAddr) -> Option<ChannelNumber> {
        self.until(now, peer).map(|(number, _)| number)
    }

    /// The number that stands for a peer, and until when.
    pub(crate) fn until(&self, now: Instant, peer: SocketAddr) -> Option<(ChannelNumber, Instant)> {
        let bound = self.entries.iter().find(|channel| channel.peer == peer && now < channel.expires_at);
        bound.map(|channel| (channel.number, channel.expires_at))
    }

    /// All, with how much longer their numbers are kept from other peers: for that long less
    /// [`CHANNEL_QUARANTINE`] they are bound.
    pub(crate) fn left(&self, now: Instant) -> Vec<(u16, SocketAddr, Duration)> {
        let left = |channel: &Channel| {
            let kept_until = channel.expires_at + CHANNEL_QUARANTINE;
            (channel.number.number(), channel.peer, kept_until.saturating_duration_since(now))
        };
        self.entries.iter().map(left).filter(|(_, _, left)| !left.is_zero()).collect()
    }

    /// What [`Self::left`] was made of, without what makes no sense.
    pub(crate) fn from_left(now: Instant, left: Vec<(u16, SocketAddr, Duration)>) -> Self {
        let channel = |(number, peer, left)| {
            // An instant before the process began can not be named; such a channel's quarantine ends at once.
            let expires_at = (now + left).checked_sub(CHANNEL_QUARANTINE)?;
            Some(Channel { number: ChannelNumber::new(number)?, peer, expires_at })
        };
        Self { entries: left.into_iter().filter_map(channel).collect() }
    }

    /// Binds or renews.
    pub(crate) fn bind(
        &mut self,
        now: Instant,
        number: ChannelNumber,
        peer: SocketAddr,
        limit: usize,
    ) -> Result<(), BindError> {
        // RFC 8656 §12: packets of the old binding may still be under way, so neither half is paired anew at once.
        self.entries.retain(|channel| now < channel.expires_at + CHANNEL_QUARANTINE);
        let expires_at = now + CHANNEL_LIFETIME;
        let is_full = self.entries.len() >= limit;
        let same = self.entries.iter_mut().find(|channel| channel.number == number || channel.peer == peer);
        match same {
            Some(channel) if channel.number == number && channel.peer == peer => {
                channel.expires_at = expires_at;
            }
            Some(_) => return Err(BindError::Taken),
            None if is_full => return Err(BindError::Full),
            None => self.entries.push(Channel { number, peer, expires_at }),
        }
        Ok(())
    }
}
