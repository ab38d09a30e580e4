//! ChannelBind: let a number stand for a peer (RFC 8656 §12.2).

use std::time::Instant;

use super::Family;
use crate::allocation::BindError;
use crate::authenticate::Caller;
use crate::codec::{
    AttributeType, ChannelNumber, Class, ErrorCode, Message, MessageBuilder, Method, decode_xor_address,
};
use crate::five_tuple::FiveTuple;
use crate::route::Admission;
use crate::turn::Turn;

impl Turn {
    /// D2: binding also installs (or renews) the permission for the peer's address.
    pub(crate) fn on_channel_bind(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        let own = self.own_allocations(from, &caller.username)?;
        let number = message.attribute(AttributeType::CHANNEL_NUMBER);
        let number: [u8; 4] = number.and_then(|value| value.try_into().ok()).ok_or(ErrorCode::BadRequest)?;
        let number = u16::from_be_bytes([number[0], number[1]]);
        let last =
            if self.config.rfc5766_channels { ChannelNumber::LAST_RFC5766 } else { ChannelNumber::LAST };
        let number = ChannelNumber::new(number).filter(|_| number <= last).ok_or(ErrorCode::BadRequest)?;
        let peer = message.attribute(AttributeType::XOR_PEER_ADDRESS).ok_or(ErrorCode::BadRequest)?;
        let peer = decode_xor_address(peer, message.transaction).ok_or(ErrorCode::BadRequest)?;
        if peer.port() == 0 {
            return Err(ErrorCode::BadRequest);
        }
        let relay = own.of(Family::of(peer)).ok_or(ErrorCode::PeerAddressFamilyMismatch)?;
        // RFC 6062 §5: a stream has no channels.
        if self.allocation(relay).is_some_and(|allocation| allocation.streams.is_some()) {
            return Err(ErrorCode::BadRequest);
        }
        // The client has one set of numbers for both families.
        let others = own.iter().filter(|other| *other != relay).filter_map(|other| self.allocation(other));
        if others.into_iter().any(|other| other.channels.has(now, number)) {
            return Err(ErrorCode::BadRequest);
        }
        match self.admit(peer) {
            Admission::Outside | Admission::Allocation(_) | Admission::Elsewhere => {}
            Admission::Denied => return Err(ErrorCode::Forbidden),
        }
        let limits = self.config.limits;
        self.spend_new_peers(now, &[(relay, peer.ip())])?;
        let allocation = self.allocation_mut(relay).ok_or(ErrorCode::AllocationMismatch)?;
        if !allocation.permissions.has_room_for(now, &[peer.ip()], limits.permissions) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        allocation.channels.bind(now, number, peer, limits.channels).map_err(|error| match error {
            BindError::Taken => ErrorCode::BadRequest,
            BindError::Full => ErrorCode::InsufficientCapacity,
        })?;
        allocation.permissions.install(now, peer.ip());
        self.publish(relay);
        Ok(MessageBuilder::new(Class::Success, Method::ChannelBind, message.transaction))
    }
}
