//! The path of every packet: forwarded where it lies, without allocating.
//!
//! ```text
//!  buffer   | HEADROOM          | datagram                    | TAILROOM |
//!  client → peer                | header | data ════════►     |            strip the header
//!  peer → client        | header| data ════════►             pad|          write a header before it
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use crate::RelayAddress;
use crate::allocation::Allocation;
use crate::codec::{
    ChannelNumber, data_indication_header, decode_channel_data, decode_send_indication, padding,
    write_channel_header, write_data_indication,
};
use crate::five_tuple::{FiveTuple, Transport};
use crate::relay::{Relay, RelayId, Relays, State};
use crate::requests::Family;
use crate::stats::DropReason;
use crate::turn::Turn;

/// Bytes before a datagram in the buffer it is routed in: room for the largest header, a Data indication from an IPv6
/// peer (48).
pub const HEADROOM: usize = 64;
/// Bytes after it: room for padding.
pub const TAILROOM: usize = 4;

/// Where a packet goes. It leaves with the DSCP and ECN bits it came with if the shell can see and set them
/// (RFC 8656 §14), and with the system's hop limit.
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
        /// Whether to set DF; only ever asked for if [`TurnConfig::dont_fragment`](crate::TurnConfig) says that it can be.
        dont_fragment: bool,
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
    /// It is an allocation of this core: pass data on directly.
    Allocation(RelayId),
    /// It is an allocation of another core of this relay.
    Elsewhere,
    /// Refuse.
    Denied,
}

impl Turn {
    /// Routes a datagram (or a frame of a stream) of `length` bytes from a client, that lies at [`HEADROOM`] in a
    /// buffer with [`TAILROOM`] after it. There may be outputs afterwards (a client has moved), which can wait.
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
        let peer = self.as_advertised(peer);
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
                let own = self.relays_of(from)?;
                let relay = own.of(Family::of(send.peer)).ok_or(DropReason::FamilyMismatch)?;
                let allocation = allocated(&mut self.relays, relay)?;
                // D5: dropped, never answered.
                if !allocation.permissions.permits(now, send.peer.ip()) {
                    return Err(DropReason::NoPermission);
                }
                allocation.meter.take_to_peer(now, &self.rates, send.data.len())?;
                let data = HEADROOM + send.data.start..HEADROOM + send.data.end;
                if send.dont_fragment && !self.config.dont_fragment {
                    return Err(DropReason::Malformed);
                }
                // RFC 8656 §13: not where IPv6 is translated, which has no such bit; a stream has no packets (§15).
                let is_translated = from.transport == Transport::Udp && from.client.is_ipv6();
                let dont_fragment = send.dont_fragment && send.peer.is_ipv4() && !is_translated;
                match self.forward(now, relay, send.peer, buffer, data)? {
                    Route::ToPeer { relay, peer, data, .. } => {
                        Ok(Route::ToPeer { relay, peer, data, dont_fragment })
                    }
                    route @ (Route::ToClient { .. } | Route::Control | Route::Dropped(_)) => Ok(route),
                }
            }
            // Up to 79, or 127 for numbers bound by RFC 5766; what is not bound goes nowhere.
            Some(64..=127) => {
                let (number, data) = decode_channel_data(datagram).ok_or(DropReason::Malformed)?;
                let bound = self.relays_of(from)?.iter().find_map(|relay| {
                    let peer = self.allocation(relay)?.channels.peer(now, number)?;
                    Some((relay, peer))
                });
                let (relay, peer) = bound.ok_or(DropReason::NoChannel)?;
                allocated(&mut self.relays, relay)?.meter.take_to_peer(now, &self.rates, data.len())?;
                self.forward(now, relay, peer, buffer, HEADROOM + data.start..HEADROOM + data.end)
            }
            Some(_) | None => Err(DropReason::Malformed),
        }
    }

    fn relays_of(&mut self, from: FiveTuple) -> Result<Relays, DropReason> {
        let relays = self.by_five_tuple.get(&from).copied().ok_or(DropReason::NoAllocation)?;
        if relays.is_expected() {
            self.arrive(from, relays);
        }
        Ok(relays)
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
        self.note_flow(relay, peer);
        let length = data.len();
        match self.admit(peer) {
            Admission::Denied => Err(DropReason::PeerDenied),
            Admission::Outside => {
                self.stats.to_peer.count(length);
                Ok(Route::ToPeer { relay, peer, data, dont_fragment: false })
            }
            Admission::Allocation(other) => {
                let source = self.allocation(relay).ok_or(DropReason::NoAllocation)?.relayed;
                let route = self.deliver(now, other, source, buffer, data)?;
                self.stats.between_allocations.count(length);
                Ok(route)
            }
            Admission::Elsewhere => self.forward_elsewhere(now, relay, peer, buffer, data),
        }
    }

    /// To a client of another core. Over UDP it hears from every core alike; to another it goes through the kernel, to
    /// whoever has the port.
    fn forward_elsewhere(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        buffer: &mut [u8],
        data: Range<usize>,
    ) -> Result<Route, DropReason> {
        let length = data.len();
        let source = self.allocation(relay).ok_or(DropReason::NoAllocation)?.relayed;
        let access = self.shared.access(peer).filter(|access| now < access.expires_at);
        let access = access.ok_or(DropReason::NoAllocation)?;
        if access.five_tuple.transport == Transport::Tcp {
            self.stats.to_peer.count(length);
            return Ok(Route::ToPeer { relay, peer: access.bound, data, dont_fragment: false });
        }
        if !access.permissions.permits(now, source.ip()) {
            return Err(DropReason::NoPermission);
        }
        access.meter.take_to_client(now, &self.rates, length)?;
        let number = access.channels.number(now, source);
        let route = self.write_header(access.five_tuple, number, source, buffer, data)?;
        self.stats.between_allocations.count(length);
        Ok(route)
    }

    /// The address of a peer as it is known: what comes from another core's relayed port comes from where that is bound,
    /// which may not be what it is seen under.
    pub(crate) fn as_advertised(&self, peer: SocketAddr) -> SocketAddr {
        let is_bound = |address: &&RelayAddress| address.bind == peer.ip() && address.advertised != peer.ip();
        let Some(address) = self.config.relay_addresses.iter().find(is_bound) else { return peer };
        let advertised = SocketAddr::new(address.advertised, peer.port());
        let is_ours = self.by_relayed.contains_key(&advertised) || self.shared.access(advertised).is_some();
        if is_ours { advertised } else { peer }
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
        let allocation = allocated(&mut self.relays, relay)?;
        if !allocation.permissions.permits(now, peer.ip()) {
            return Err(DropReason::NoPermission);
        }
        allocation.meter.take_to_client(now, &self.rates, data.len())?;
        let (to, number) = (allocation.five_tuple, allocation.channels.number(now, peer));
        self.note_flow(relay, peer);
        self.write_header(to, number, peer, buffer, data)
    }

    /// D3: a bound channel must be used (RFC 8656 §12.7).
    fn write_header(
        &mut self,
        to: FiveTuple,
        number: Option<ChannelNumber>,
        peer: SocketAddr,
        buffer: &mut [u8],
        data: Range<usize>,
    ) -> Result<Route, DropReason> {
        let message = match number {
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
        if self.shared.access(peer).is_some() {
            return Admission::Elsewhere;
        }
        if self.shared.is_elsewhere(peer) {
            return Admission::Outside;
        }
        let is_allowed =
            peer.port() >= self.config.limits.lowest_peer_port.max(1) && self.filter.allows(peer.ip());
        if is_allowed { Admission::Outside } else { Admission::Denied }
    }
}

/// The allocation behind a relayed port, without the rest of the server being borrowed.
fn allocated(relays: &mut HashMap<RelayId, Relay>, relay: RelayId) -> Result<&mut Allocation, DropReason> {
    match relays.get_mut(&relay).map(|relay| &mut relay.state) {
        // Packets are nothing to those of TCP (RFC 6062 §5).
        Some(State::Allocated(allocation)) if allocation.streams.is_none() => Ok(allocation),
        Some(_) | None => Err(DropReason::NoAllocation),
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
