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
        let relay = self.own_allocation(from, &caller.username)?;
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
        let family = self.allocation(relay).map(|allocation| Family::of(allocation.relayed));
        if family != Some(Family::of(peer)) {
            return Err(ErrorCode::PeerAddressFamilyMismatch);
        }
        match self.admit(peer) {
            Admission::Outside | Admission::Allocation(_) => {}
            Admission::Denied => return Err(ErrorCode::Forbidden),
        }
        let limits = self.config.limits;
        let allocation = self.allocation_mut(relay).ok_or(ErrorCode::AllocationMismatch)?;
        if !allocation.permissions.has_room_for(now, peer.ip(), limits.permissions) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        allocation.channels.bind(now, number, peer, limits.channels).map_err(|error| match error {
            BindError::Taken => ErrorCode::BadRequest,
            BindError::Full => ErrorCode::InsufficientCapacity,
        })?;
        let installed = allocation.permissions.install(now, &[peer.ip()], limits.permissions);
        installed.expect("room for this permission was checked above");
        Ok(MessageBuilder::new(Class::Success, Method::ChannelBind, message.transaction))
    }
}
