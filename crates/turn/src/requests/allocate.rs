//! Allocate: open a relayed address (RFC 8656 §7.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Family, encode_lifetime, granted_lifetime, requested_lifetime};
use crate::allocation::{Allocation, Channels, Permissions, Token};
use crate::authenticate::Caller;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method};
use crate::credentials::Username;
use crate::five_tuple::FiveTuple;
use crate::ports::Wanted;
use crate::relay::{Opening, Relay, RelayId, State};
use crate::turn::{Output, Turn};

/// The protocol number of UDP, the only one relayed.
const UDP: u8 = 17;

/// What an Allocate asks for, once it has been found to make sense.
struct Wish {
    from: Source,
    lifetime: Duration,
}

/// Where the port is to come from.
enum Source {
    New { family: Family, wanted: Wanted },
    Reserved(Token),
}

impl Turn {
    /// `Ok(None)`: the answer comes when the shell has opened the port.
    pub(crate) fn on_allocate(
        &mut self,
        now: Instant,
        from: FiveTuple,
        message: &Message<'_>,
        caller: Caller,
    ) -> Result<Option<MessageBuilder>, ErrorCode> {
        if let Some(relay) = self.by_five_tuple.get(&from).copied() {
            return self.on_repeated_allocate(relay, message, &caller);
        }
        let wish = self.read_wish(message)?;
        let user: Arc<str> = Username::parse(&caller.username).ok_or(ErrorCode::Unauthorized)?.user.into();
        match wish.from {
            Source::Reserved(token) => {
                let relay = self.claim(token, &user)?;
                let old = self.relays.get(&relay).and_then(|relay| relay.state.deadline());
                let allocation = Allocation {
                    five_tuple: from,
                    username: caller.username,
                    key: caller.key,
                    relayed: self.relayed_address(relay),
                    expires_at: now + wish.lifetime,
                    opened_by: message.transaction,
                    first_lifetime: wish.lifetime,
                    reservation: None,
                    permissions: Permissions::default(),
                    channels: Channels::default(),
                };
                self.by_five_tuple.insert(from, relay);
                Ok(Some(self.establish(relay, old, allocation)))
            }
            Source::New { family, wanted } => {
                let opening = Opening {
                    five_tuple: from,
                    transaction: message.transaction,
                    fingerprint: message.has_fingerprint(),
                    username: caller.username,
                    key: caller.key,
                    lifetime: wish.lifetime,
                    wanted,
                    sibling: None,
                    attempts: 1,
                    abandoned: false,
                };
                self.start_opening(family, user, opening)?;
                Ok(None)
            }
        }
    }

    /// L1: the same request again gets the same answer, another one 437.
    fn on_repeated_allocate(
        &self,
        relay: RelayId,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<Option<MessageBuilder>, ErrorCode> {
        match self.relays.get(&relay).map(|relay| &relay.state) {
            // The answer to the first one is on its way.
            Some(State::Opening(opening)) if opening.transaction == message.transaction => Ok(None),
            Some(State::Allocated(allocation)) if allocation.opened_by == message.transaction => {
                if allocation.username == caller.username {
                    Ok(Some(allocate_success(allocation)))
                } else {
                    Err(ErrorCode::WrongCredentials)
                }
            }
            Some(State::Opening(_) | State::Reserved(_) | State::Allocated(_)) | None => {
                Err(ErrorCode::AllocationMismatch)
            }
        }
    }

    /// Checks the attributes in the order of RFC 8656 §7.2.
    fn read_wish(&self, message: &Message<'_>) -> Result<Wish, ErrorCode> {
        match message.attribute(AttributeType::REQUESTED_TRANSPORT) {
            Some([UDP, _, _, _]) => {}
            Some([_, _, _, _]) => return Err(ErrorCode::UnsupportedTransport),
            Some(_) | None => return Err(ErrorCode::BadRequest),
        }
        let even_port = message.attribute(AttributeType::EVEN_PORT);
        let token = message.attribute(AttributeType::RESERVATION_TOKEN);
        // L2: a token already says which port, and so which family.
        let has_family = message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY).is_some();
        if token.is_some() && (even_port.is_some() || has_family) {
            return Err(ErrorCode::BadRequest);
        }
        let lifetime = granted_lifetime(requested_lifetime(message)?, &self.config.limits);
        if let Some(token) = token {
            let token = Token(token.try_into().map_err(|_| ErrorCode::BadRequest)?);
            return Ok(Wish { from: Source::Reserved(token), lifetime });
        }
        let wanted = match even_port {
            None => Wanted::Any,
            Some([bits]) if bits & 0x80 != 0 => Wanted::Pair,
            Some([_]) => Wanted::Even,
            Some(_) => return Err(ErrorCode::BadRequest),
        };
        // L3: without a wish it is IPv4, even for a client that came over IPv6.
        let family = Family::requested(message)?.unwrap_or(Family::Ipv4);
        Ok(Wish { from: Source::New { family, wanted }, lifetime })
    }

    /// Reserves the port a token names, for the user it was given to.
    fn claim(&mut self, token: Token, user: &Arc<str>) -> Result<RelayId, ErrorCode> {
        let relay = self.reservations.get(&token).copied().ok_or(ErrorCode::InsufficientCapacity)?;
        if self.relays.get(&relay).is_none_or(|relay| relay.user != *user) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        self.reservations.remove(&token);
        self.stats.reservations -= 1;
        Ok(relay)
    }

    /// Makes an open port somebody's relayed address.
    pub(super) fn establish(
        &mut self,
        relay: RelayId,
        old_deadline: Option<Instant>,
        allocation: Allocation,
    ) -> MessageBuilder {
        let success = allocate_success(&allocation);
        self.set_deadline(relay, old_deadline, allocation.expires_at);
        self.by_relayed.insert(allocation.relayed, relay);
        self.stats.allocations += 1;
        self.stats.allocations_opened += 1;
        self.output(Output::Allocated { five_tuple: allocation.five_tuple });
        if let Some(Relay { state, .. }) = self.relays.get_mut(&relay) {
            *state = State::Allocated(Box::new(allocation));
        }
        success
    }
}

/// RFC 8656 §7.2, last part. Chrome ignores an answer that lacks any of the first three (L4).
fn allocate_success(allocation: &Allocation) -> MessageBuilder {
    let success = MessageBuilder::new(Class::Success, Method::Allocate, allocation.opened_by)
        .address(AttributeType::XOR_RELAYED_ADDRESS, allocation.relayed)
        .address(AttributeType::XOR_MAPPED_ADDRESS, allocation.five_tuple.client)
        .attribute(AttributeType::LIFETIME, &encode_lifetime(allocation.first_lifetime));
    match allocation.reservation {
        Some(token) => success.attribute(AttributeType::RESERVATION_TOKEN, &token.0),
        None => success,
    }
}
