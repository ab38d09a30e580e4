//! One client's relayed address and who may use it: permissions (RFC 8656 §9) and channels (§12).
//!
//! Entries that have run out stay until the next change of the list; every look-up compares with `now`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::codec::{ChannelNumber, IntegrityKey, TransactionId};
use crate::config::{CHANNEL_LIFETIME, CHANNEL_QUARANTINE, PERMISSION_LIFETIME};
use crate::five_tuple::FiveTuple;

/// What an Allocate opened.
pub(crate) struct Allocation {
    pub(crate) five_tuple: FiveTuple,
    /// Every later request must carry the same user name (RFC 8656 §5).
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
    /// What peers see: the advertised address.
    pub(crate) relayed: SocketAddr,
    pub(crate) expires_at: Instant,
    /// To recognise and answer a retransmission of the Allocate (L1).
    pub(crate) opened_by: TransactionId,
    pub(crate) first_lifetime: Duration,
    /// Named in the answer if EVEN-PORT asked for the next port, too.
    pub(crate) reservation: Option<Token>,
    pub(crate) permissions: Permissions,
    pub(crate) channels: Channels,
}

/// Names a reserved port (RFC 8656 §18.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(crate) [u8; 8]);

/// There are as many as one allocation may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Which peers' packets are let in, by address; the port does not matter.
#[derive(Default)]
pub(crate) struct Permissions {
    entries: Vec<(IpAddr, Instant)>,
}

impl Permissions {
    pub(crate) fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        self.entries.iter().any(|(ip, expires_at)| *ip == peer && now < *expires_at)
    }

    /// Installs or renews permissions for all of `peers`, or for none.
    pub(crate) fn install(&mut self, now: Instant, peers: &[IpAddr], limit: usize) -> Result<(), Full> {
        self.entries.retain(|(_, expires_at)| now < *expires_at);
        let before = self.entries.len();
        for peer in peers {
            if !self.entries.iter().any(|(ip, _)| ip == peer) {
                self.entries.push((*peer, now));
            }
        }
        if self.entries.len() > limit {
            self.entries.truncate(before);
            return Err(Full);
        }
        for (ip, expires_at) in &mut self.entries {
            if peers.contains(ip) {
                *expires_at = now + PERMISSION_LIFETIME;
            }
        }
        Ok(())
    }

    /// Whether `install` of this one peer would succeed.
    pub(crate) fn has_room_for(&self, now: Instant, peer: IpAddr, limit: usize) -> bool {
        let live = self.entries.iter().filter(|(_, expires_at)| now < *expires_at);
        self.permits(now, peer) || live.count() < limit
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
#[derive(Default)]
pub(crate) struct Channels {
    entries: Vec<Channel>,
}

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

    /// The number that stands for a peer.
    pub(crate) fn number(&self, now: Instant, peer: SocketAddr) -> Option<ChannelNumber> {
        let bound = self.entries.iter().find(|channel| channel.peer == peer && now < channel.expires_at);
        bound.map(|channel| channel.number)
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
