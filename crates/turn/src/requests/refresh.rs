//! Refresh: keep an allocation, or end it (RFC 8656 §8.2).

use std::time::{Duration, Instant};

use super::mobility::Found;
use super::{Family, encode_lifetime, granted_lifetime, requested_lifetime};
use crate::authenticate::Caller;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method};
use crate::five_tuple::FiveTuple;
use crate::relay::Relays;
use crate::turn::Turn;

impl Turn {
    pub(crate) fn on_refresh(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<MessageBuilder, ErrorCode> {
        let ticket = message.attribute(AttributeType::MOBILITY_TICKET);
        let Found { relays: own, moves } = match ticket {
            None => Found { relays: self.own_allocations(from, &caller.username)?, moves: None },
            Some(ticket) => self.find_by_ticket(from, ticket, &caller.username)?,
        };
        let requested = requested_lifetime(message)?;
        // RFC 8656 §8.2: a family that does not exist is none the client has.
        let family = Family::requested(message).map_err(|code| match code {
            ErrorCode::AddressFamilyNotSupported => ErrorCode::PeerAddressFamilyMismatch,
            code => code,
        })?;
        // RFC 8656 §8.1: without a family, all the connection has is meant.
        let meant = match family {
            None => own,
            Some(family) => {
                let relay = own.of(family).ok_or(ErrorCode::PeerAddressFamilyMismatch)?;
                Relays::one(family, relay)
            }
        };
        let lifetime = match requested {
            Some(Duration::ZERO) => Duration::ZERO,
            Some(_) | None => granted_lifetime(requested, &self.config.limits),
        };
        if let Some(moves) = moves.filter(|_| !lifetime.is_zero()) {
            self.expect_at(from, own, moves);
        }
        for relay in meant.iter() {
            if lifetime.is_zero() {
                self.end(relay);
            } else if let Some(allocation) = self.allocation_mut(relay) {
                let old = allocation.expires_at;
                allocation.expires_at = now + lifetime;
                self.set_deadline(relay, Some(old), now + lifetime);
                self.publish(relay);
            }
        }
        let success = MessageBuilder::new(Class::Success, Method::Refresh, message.transaction)
            .attribute(AttributeType::LIFETIME, &encode_lifetime(lifetime));
        // RFC 8016 §3.2: only who has shown one gets the next.
        let next = own.iter().next().filter(|_| ticket.is_some()).and_then(|relay| self.ticket(relay));
        Ok(match next {
            Some(next) => success.attribute(AttributeType::MOBILITY_TICKET, next.as_bytes()),
            None => success,
        })
    }
}
