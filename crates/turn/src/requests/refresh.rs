//! Refresh: keep an allocation, or end it (RFC 8656 §8.2).

use std::time::{Duration, Instant};

use super::{Family, encode_lifetime, granted_lifetime, requested_lifetime};
use crate::authenticate::Caller;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method};
use crate::five_tuple::FiveTuple;
use crate::turn::Turn;

impl Turn {
    pub(crate) fn on_refresh(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        let relay = self.own_allocation(from, &caller.username)?;
        let requested = requested_lifetime(message)?;
        let family = Family::requested(message)?;
        let longest = granted_lifetime(requested, &self.config.limits);
        let allocation = self.allocation_mut(relay).ok_or(ErrorCode::AllocationMismatch)?;
        if family.is_some_and(|family| family != Family::of(allocation.relayed)) {
            return Err(ErrorCode::PeerAddressFamilyMismatch);
        }
        let lifetime = if requested == Some(Duration::ZERO) {
            self.end(relay);
            Duration::ZERO
        } else {
            let old = allocation.expires_at;
            allocation.expires_at = now + longest;
            self.set_deadline(relay, Some(old), now + longest);
            longest
        };
        Ok(MessageBuilder::new(Class::Success, Method::Refresh, message.transaction)
            .attribute(AttributeType::LIFETIME, &encode_lifetime(lifetime)))
    }
}
