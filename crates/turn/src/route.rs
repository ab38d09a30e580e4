//! The path of every packet: forwarded where it lies, without allocating.
//!
//! ```text
//!  buffer   | HEADROOM          | datagram                    | TAILROOM |
//!  client → peer                | header | data ════════►     |            strip the header
//!  peer → client        | header| data ════════►             pad|          write a header before it
//! ```

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use crate::codec::{
    ChannelNumber, data_indication_header, decode_channel_data, decode_send_indication, padding,
    write_channel_header, write_data_indication,
};
use crate::five_tuple::{FiveTuple, Transport};
use crate::relay::RelayId;
use crate::requests::Family;
use crate::stats::DropReason;
use crate::turn::Turn;

/// Bytes before a datagram in the buffer it is routed in: room for the largest header, a Data indication from an IPv6
/// peer (48).
pub const HEADROOM: usize = 64;
/// Bytes after it: room for padding.
pub const TAILROOM: usize = 4;

/// Where a packet goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Send `buffer[data]` from this relayed port to this peer.
    ToPeer {
        /// The sender's relayed port.
        relay: RelayId,
        /// The peer.
        peer: SocketAddr,
        /// Where the data lies.
        data: Range<usize>,
    },
    /// Send `buffer[data]`, header and padding included, to this client.
    ToClient {
        /// To and from where.
        to: FiveTuple,
        /// Where the message lies.
        data: Range<usize>,
    },
    /// No application data: hand the datagram to [`Turn::handle`] as [`Input::Message`](crate::Input::Message).
    Control,
    /// Nowhere; counted.
    Dropped(DropReason),
}

/// What may be done about a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Send to it.
    Outside,
    /// It is an allocation of this relay: pass data on directly.
    Allocation(RelayId),
    /// Refuse.
    Denied,
}

impl Turn {
    /// Routes a datagram (or a frame of a stream) of `length` bytes from a client, that lies at [`HEADROOM`] in a
    /// buffer with [`TAILROOM`] after it.
    pub fn route(&mut self, now: Instant, from: FiveTuple, buffer: &mut [u8], length: usize) -> Route {
        assert!(HEADROOM + length + TAILROOM <= buffer.len(), "the caller leaves room around the datagram");
        let route = self.try_route(now, from, buffer, length);
        self.counted(route)
    }

    /// Routes a datagram of `length` bytes that came to a relayed port from a peer; the buffer is as for [`Self::route`].
    pub fn route_from_peer(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        buffer: &mut [u8],
        length: usize,
    ) -> Route {
        assert!(HEADROOM + length + TAILROOM <= buffer.len(), "the caller leaves room around the datagram");
        let route = self.deliver(now, relay, peer, buffer, HEADROOM..HEADROOM + length);
        if route.is_ok() {
            self.stats.to_client.count(length);
        }
        self.counted(route)
    }

    fn counted(&mut self, route: Result<Route, DropReason>) -> Route {
        route.unwrap_or_else(|reason| {
            self.stats.count_drop(reason);
            Route::Dropped(reason)
        })
    }

    fn try_route(
        &mut self,
        now: Instant,
        from: FiveTuple,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<Route, DropReason> {
        let datagram = &buffer[HEADROOM..HEADROOM + length];
        // P1: the first byte tells (RFC 8656 §12, Table 3).
        match datagram.first() {
            Some(0..=3) => {
                let Some(send) = decode_send_indication(datagram)? else { return Ok(Route::Control) };
                let relay = self.relay_of(from)?;
                let allocation = self.allocation(relay).ok_or(DropReason::NoAllocation)?;
                if Family::of(send.peer) != Family::of(allocation.relayed) {
                    return Err(DropReason::FamilyMismatch);
                }
                // D5: dropped, never answered.
                if !allocation.permissions.permits(now, send.peer.ip()) {
                    return Err(DropReason::NoPermission);
                }
                let data = HEADROOM + send.data.start..HEADROOM + send.data.end;
                self.forward(now, relay, send.peer, buffer, data)
            }
            // Up to 79, or 127 for numbers bound by RFC 5766; what is not bound goes nowhere.
            Some(64..=127) => {
                let (number, data) = decode_channel_data(datagram).ok_or(DropReason::Malformed)?;
                let relay = self.relay_of(from)?;
                let allocation = self.allocation(relay).ok_or(DropReason::NoAllocation)?;
                let peer = allocation.channels.peer(now, number).ok_or(DropReason::NoChannel)?;
                self.forward(now, relay, peer, buffer, HEADROOM + data.start..HEADROOM + data.end)
            }
            Some(_) | None => Err(DropReason::Malformed),
        }
    }

    fn relay_of(&self, from: FiveTuple) -> Result<RelayId, DropReason> {
        self.by_five_tuple.get(&from).copied().ok_or(DropReason::NoAllocation)
    }

    /// Client to peer; the peer filter has the last word, whatever was permitted before.
    fn forward(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        buffer: &mut [u8],
        data: Range<usize>,
    ) -> Result<Route, DropReason> {
        let length = data.len();
        match self.admit(peer) {
            Admission::Denied => Err(DropReason::PeerDenied),
            Admission::Outside => {
                self.stats.to_peer.count(length);
                Ok(Route::ToPeer { relay, peer, data })
            }
            Admission::Allocation(other) => {
                let source = self.allocation(relay).ok_or(DropReason::NoAllocation)?.relayed;
                let route = self.deliver(now, other, source, buffer, data)?;
                self.stats.between_allocations.count(length);
                Ok(route)
            }
        }
    }

    /// Peer to client: checks the permission and writes the header the client expects.
    fn deliver(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        buffer: &mut [u8],
        data: Range<usize>,
    ) -> Result<Route, DropReason> {
        if peer.port() == 0 {
            return Err(DropReason::BadSource);
        }
        let allocation = self.allocation(relay).ok_or(DropReason::NoAllocation)?;
        if !allocation.permissions.permits(now, peer.ip()) {
            return Err(DropReason::NoPermission);
        }
        let to = allocation.five_tuple;
        // D3: a bound channel must be used (RFC 8656 §12.7).
        let message = match allocation.channels.number(now, peer) {
            Some(number) => write_channel_data(buffer, data, number, to.transport),
            None => {
                debug_assert!(
                    data.start >= data_indication_header(peer),
                    "HEADROOM holds the largest header"
                );
                write_data_indication(buffer, data, peer, self.indication_transaction())
            }
        };
        Ok(Route::ToClient { to, data: message.ok_or(DropReason::TooLarge)? })
    }

    /// What may be done about this peer: our own live relayed ports are reached without leaving the process, so that a
    /// call between two relayed clients works on whatever address the relay has.
    pub(crate) fn admit(&self, peer: SocketAddr) -> Admission {
        if let Some(other) = self.by_relayed.get(&peer) {
            return Admission::Allocation(*other);
        }
        let is_allowed =
            peer.port() >= self.config.limits.lowest_peer_port.max(1) && self.filter.allows(peer.ip());
        if is_allowed { Admission::Outside } else { Admission::Denied }
    }
}

/// Writes a ChannelData header before the data and, on a stream, padding after it (RFC 8656 §12.5).
fn write_channel_data(
    buffer: &mut [u8],
    data: Range<usize>,
    number: ChannelNumber,
    transport: Transport,
) -> Option<Range<usize>> {
    let length = u16::try_from(data.len()).ok()?;
    let start = data.start - crate::codec::CHANNEL_HEADER;
    write_channel_header(&mut buffer[start..], number, length);
    let end = match transport {
        Transport::Udp => data.end,
        Transport::Tcp => data.end + padding(data.len()),
    };
    buffer[data.end..end].fill(0);
    Some(start..end)
}
