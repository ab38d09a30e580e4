//! CreatePermission: let peers in (RFC 8656 §10.2).

use std::net::IpAddr;
use std::time::Instant;

use super::Family;
use crate::authenticate::Caller;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method, decode_xor_address};
use crate::five_tuple::FiveTuple;
use crate::turn::Turn;

impl Turn {
    /// D1: all addresses or none; D7: their ports do not matter.
    pub(crate) fn on_create_permission(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        let relay = self.own_allocation(from, &caller.username)?;
        let family = self.allocation(relay).map(|allocation| Family::of(allocation.relayed));
        let limit = self.config.limits.permissions;
        let mut peers: Vec<IpAddr> = Vec::new();
        for (kind, value) in message.attributes() {
            if kind != AttributeType::XOR_PEER_ADDRESS {
                continue;
            }
            let peer = decode_xor_address(value, message.transaction).ok_or(ErrorCode::BadRequest)?;
            if family != Some(Family::of(peer)) {
                return Err(ErrorCode::PeerAddressFamilyMismatch);
            }
            if !self.is_relay_address(peer.ip()) && !self.filter.allows(peer.ip()) {
                return Err(ErrorCode::Forbidden);
            }
            if peers.len() == limit {
                return Err(ErrorCode::InsufficientCapacity);
            }
            peers.push(peer.ip());
        }
        if peers.is_empty() {
            return Err(ErrorCode::BadRequest);
        }
        let allocation = self.allocation_mut(relay).ok_or(ErrorCode::AllocationMismatch)?;
        let installed = allocation.permissions.install(now, &peers, limit);
        installed.map_err(|_| ErrorCode::InsufficientCapacity)?;
        Ok(MessageBuilder::new(Class::Success, Method::CreatePermission, message.transaction))
    }
}
