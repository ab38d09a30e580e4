//! CreatePermission: let peers in (RFC 8656 §10.2).

use std::net::IpAddr;
use std::time::Instant;

use super::Family;
use crate::authenticate::Caller;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method, decode_xor_address};
use crate::five_tuple::FiveTuple;
use crate::relay::RelayId;
use crate::turn::Turn;

impl Turn {
    /// D1: all addresses or none, of either family the client has an address of; D7: their ports do not matter.
    pub(crate) fn on_create_permission(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        let own = self.own_allocations(from, &caller.username)?;
        let limit = self.config.limits.permissions;
        let mut peers: Vec<(RelayId, IpAddr)> = Vec::new();
        for (kind, value) in message.attributes() {
            if kind != AttributeType::XOR_PEER_ADDRESS {
                continue;
            }
            let peer = decode_xor_address(value, message.transaction).ok_or(ErrorCode::BadRequest)?;
            let relay = own.of(Family::of(peer)).ok_or(ErrorCode::PeerAddressFamilyMismatch)?;
            if !self.is_relay_address(peer.ip()) && !self.filter.allows(peer.ip()) {
                return Err(ErrorCode::Forbidden);
            }
            // Before the list grows with the message: no allocation holds more.
            if peers.len() == 2 * limit {
                return Err(ErrorCode::InsufficientCapacity);
            }
            peers.push((relay, peer.ip()));
        }
        if peers.is_empty() {
            return Err(ErrorCode::BadRequest);
        }
        for relay in own.iter() {
            let of_relay = |(other, ip): &(RelayId, IpAddr)| (*other == relay).then_some(*ip);
            let ips: Vec<IpAddr> = peers.iter().filter_map(of_relay).collect();
            let allocation = self.allocation(relay).ok_or(ErrorCode::AllocationMismatch)?;
            if !allocation.permissions.has_room_for(now, &ips, limit) {
                return Err(ErrorCode::InsufficientCapacity);
            }
        }
        self.spend_new_peers(now, &peers)?;
        for (relay, ip) in peers {
            if let Some(allocation) = self.allocation_mut(relay) {
                allocation.permissions.install(now, ip);
            }
        }
        for relay in own.iter() {
            self.publish(relay);
        }
        Ok(MessageBuilder::new(Class::Success, Method::CreatePermission, message.transaction))
    }

    /// X2: whoever reaches out to ever new addresses is not in a call, but looking for something.
    pub(super) fn spend_new_peers(
        &mut self,
        now: Instant,
        peers: &[(RelayId, IpAddr)],
    ) -> Result<(), ErrorCode> {
        let is_new = |(relay, ip): &&(RelayId, IpAddr)| {
            self.allocation(*relay).is_some_and(|allocation| !allocation.permissions.permits(now, *ip))
        };
        let new = peers.iter().filter(is_new).count();
        let Some(relay) = peers.first().and_then(|(relay, _)| self.relays.get(relay)) else { return Ok(()) };
        if new > 0 && !self.shared.ledger().users.may_reach(now, &relay.user, new) {
            self.stats.peers_limited += 1;
            return Err(ErrorCode::InsufficientCapacity);
        }
        Ok(())
    }
}
