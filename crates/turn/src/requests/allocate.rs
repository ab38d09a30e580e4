//! Allocate: open a relayed address, or one of each family (RFC 8656 §7.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Family, encode_lifetime, granted_lifetime, requested_lifetime};
use crate::allocation::{Allocation, Channels, Permissions, Token};
use crate::authenticate::Caller;
use crate::bucket::Bucket;
use crate::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method};
use crate::credentials::Username;
use crate::five_tuple::{FiveTuple, Transport};
use crate::meter::Meter;
use crate::ports::Wanted;
use crate::relay::{Opening, OtherFamily, Relay, RelayId, Relays, State};
use crate::shared::ReservedPort;
use crate::turn::{Output, Turn};

/// Protocol numbers.
const UDP: u8 = 17;
const TCP: u8 = 6;

/// What an Allocate asks for, once it has been found to make sense.
struct Wish {
    from: Source,
    lifetime: Duration,
    is_mobile: bool,
    is_tcp: bool,
}

/// Where the port is to come from.
enum Source {
    New { family: Family, wanted: Wanted, other: OtherFamily },
    Reserved(Token),
}

impl Turn {
    /// `Ok(None)`: the answer comes when the shell has opened the port.
    pub(crate) fn on_allocate(
        &mut self,
        now: Instant,
        from: FiveTuple,
        over_tls: bool,
        message: &Message<'_>,
        caller: Caller,
    ) -> Result<Option<MessageBuilder>, ErrorCode> {
        if let Some(relays) = self.by_five_tuple.get(&from).copied() {
            return self.on_repeated_allocate(relays, message, &caller);
        }
        let wish = self.read_wish(from, message)?;
        if self.is_draining {
            return Err(self.no_room(from, over_tls));
        }
        let user: Arc<str> = Username::parse(&caller.username).ok_or(ErrorCode::Unauthorized)?.user.into();
        let mut opening = Opening {
            five_tuple: from,
            transaction: message.transaction,
            fingerprint: message.has_fingerprint(),
            over_tls,
            username: caller.username,
            key: caller.key,
            lifetime: wish.lifetime,
            is_mobile: wish.is_mobile,
            is_tcp: wish.is_tcp,
            wanted: Wanted::Any,
            sibling: None,
            other: OtherFamily::Unwanted,
            attempts: 0,
            abandoned: false,
        };
        if !self.shared.ledger().users.may_open(now, &user) {
            self.stats.allocations_limited += 1;
            return Err(ErrorCode::AllocationQuotaReached);
        }
        match wish.from {
            Source::Reserved(token) => {
                let relay = self.claim(token, &user)?;
                let family = self.family_of(self.relays[&relay].address);
                self.grant(now, &opening, Relays::one(family, relay), None, None);
            }
            Source::New { family, wanted, other } => {
                opening.wanted = wanted;
                opening.other = other;
                self.start_opening(now, family, user, opening);
            }
        }
        Ok(None)
    }

    /// L1: the same request again gets the same answer, another one 437.
    fn on_repeated_allocate(
        &self,
        relays: Relays,
        message: &Message<'_>,
        caller: &Caller,
    ) -> Result<Option<MessageBuilder>, ErrorCode> {
        let first = relays.iter().next();
        match first.and_then(|relay| self.relays.get(&relay)).map(|relay| &relay.state) {
            // The answer to the first one is on its way.
            Some(State::Opening(opening)) if opening.transaction == message.transaction => Ok(None),
            Some(State::Allocated(allocation)) if allocation.opened_by == message.transaction => {
                if allocation.username == caller.username {
                    Ok(self.allocate_success(relays))
                } else {
                    Err(ErrorCode::WrongCredentials)
                }
            }
            Some(State::Opening(_) | State::Waiting | State::Reserved(_) | State::Allocated(_)) | None => {
                Err(ErrorCode::AllocationMismatch)
            }
        }
    }

    /// Checks the attributes in the order of RFC 8656 §7.2.
    fn read_wish(&self, from: FiveTuple, message: &Message<'_>) -> Result<Wish, ErrorCode> {
        let is_tcp = match message.attribute(AttributeType::REQUESTED_TRANSPORT) {
            Some([UDP, _, _, _]) => false,
            Some([TCP, _, _, _]) if self.config.tcp_peers => true,
            Some([_, _, _, _]) => return Err(ErrorCode::UnsupportedTransport),
            Some(_) | None => return Err(ErrorCode::BadRequest),
        };
        if is_tcp {
            check_tcp(from, message)?;
        }
        let even_port = message.attribute(AttributeType::EVEN_PORT);
        let token = message.attribute(AttributeType::RESERVATION_TOKEN);
        let has_family = message.attribute(AttributeType::REQUESTED_ADDRESS_FAMILY).is_some();
        let additional = message.attribute(AttributeType::ADDITIONAL_ADDRESS_FAMILY);
        // L2: a token already says which port, and so which family.
        if token.is_some() && (even_port.is_some() || has_family || additional.is_some()) {
            return Err(ErrorCode::BadRequest);
        }
        let lifetime = granted_lifetime(requested_lifetime(message)?, &self.config.limits);
        let is_mobile = self.wants_mobility(message)?;
        if let Some(token) = token {
            let token = Token(token.try_into().map_err(|_| ErrorCode::BadRequest)?);
            return Ok(Wish { from: Source::Reserved(token), lifetime, is_mobile, is_tcp });
        }
        let wanted = match even_port {
            None => Wanted::Any,
            Some([bits]) if bits & 0x80 != 0 => Wanted::Pair,
            Some([_]) => Wanted::Even,
            Some(_) => return Err(ErrorCode::BadRequest),
        };
        // L3: IPv4 comes by itself and IPv6 is the only one that can be added, not to a pair.
        let other = match additional {
            None => OtherFamily::Unwanted,
            Some([2, _, _, _]) if !has_family && wanted != Wanted::Pair => OtherFamily::Next,
            Some(_) => return Err(ErrorCode::BadRequest),
        };
        let family = match Family::requested(message)? {
            Some(family) => family,
            None if other == OtherFamily::Next => Family::Ipv4,
            None => Family::usual(&self.config.relay_addresses),
        };
        Ok(Wish { from: Source::New { family, wanted, other }, lifetime, is_mobile, is_tcp })
    }

    /// Reserves the port a token names, for the user it was given to, perhaps by another core.
    fn claim(&mut self, token: Token, user: &Arc<str>) -> Result<RelayId, ErrorCode> {
        let mut ledger = self.shared.ledger();
        let is_his = |reserved: &ReservedPort| reserved.user == *user;
        if !ledger.reservations.get(&token).is_some_and(is_his) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        let reserved = ledger.reservations.remove(&token).ok_or(ErrorCode::InsufficientCapacity)?;
        drop(ledger);
        let ReservedPort { relay, user, address, port } = reserved;
        // The core that has made it knows it already, with the deadline that `establish` moves.
        self.relays.entry(relay).or_insert_with(|| Relay { user, address, port, state: State::Waiting });
        self.stats.count_reservation(false);
        self.output(Output::TakeRelay { relay });
        Ok(relay)
    }

    /// Makes open ports somebody's relayed addresses, and says so.
    pub(super) fn grant(
        &mut self,
        now: Instant,
        opening: &Opening,
        relays: Relays,
        reservation: Option<Token>,
        refused: Option<(Family, ErrorCode)>,
    ) {
        for relay in relays.iter() {
            let user = self.shared.ledger().users.spending_of(&self.relays[&relay].user);
            let allocation = Allocation {
                five_tuple: opening.five_tuple,
                expected: None,
                suspended: None,
                moves: opening.is_mobile.then_some(0),
                username: Arc::clone(&opening.username),
                key: opening.key.clone(),
                relayed: self.relayed_address(relay),
                opened_at: now,
                expires_at: now + opening.lifetime,
                opened_by: opening.transaction,
                first_lifetime: opening.lifetime,
                reservation,
                refused,
                permissions: Permissions::default(),
                channels: Channels::default(),
                streams: opening.is_tcp.then(Vec::new),
                meter: Arc::new(Meter::new(now, user)),
                told_errors: Bucket::new(now),
            };
            self.establish(relay, allocation);
        }
        self.by_five_tuple.insert(opening.five_tuple, relays);
        self.output(Output::Allocated { five_tuple: opening.five_tuple });
        let success = self.allocate_success(relays).expect("at least one was established above");
        self.answer(now, opening.five_tuple, opening.fingerprint, Some(&opening.key), success);
    }

    fn establish(&mut self, id: RelayId, allocation: Allocation) {
        let relay = self.relays.get_mut(&id).expect("the port was opened and nobody gave it back");
        let old_deadline = relay.state.deadline();
        let (relayed, expires_at) = (allocation.relayed, allocation.expires_at);
        relay.state = State::Allocated(Box::new(allocation));
        self.set_deadline(id, old_deadline, expires_at);
        self.by_relayed.insert(relayed, id);
        self.publish(id);
        self.stats.allocations += 1;
        self.stats.allocations_opened += 1;
    }

    /// RFC 8656 §7.2, last part. Chrome ignores an answer that lacks any of the first three (L4).
    fn allocate_success(&self, relays: Relays) -> Option<MessageBuilder> {
        let ticket = relays.iter().next().and_then(|relay| self.ticket(relay));
        let first = relays.iter().find_map(|relay| self.allocation(relay))?;
        let mut success = MessageBuilder::new(Class::Success, Method::Allocate, first.opened_by);
        for allocation in relays.iter().filter_map(|relay| self.allocation(relay)) {
            success = success.address(AttributeType::XOR_RELAYED_ADDRESS, allocation.relayed);
        }
        success = success
            .address(AttributeType::XOR_MAPPED_ADDRESS, first.five_tuple.client)
            .attribute(AttributeType::LIFETIME, &encode_lifetime(first.first_lifetime));
        if let Some(token) = first.reservation {
            success = success.attribute(AttributeType::RESERVATION_TOKEN, &token.0);
        }
        if let Some((family, code)) = first.refused {
            let value = code.encode_for_family(family.number());
            success = success.attribute(AttributeType::ADDRESS_ERROR_CODE, &value);
        }
        if let Some(ticket) = ticket {
            success = success.attribute(AttributeType::MOBILITY_TICKET, ticket.as_bytes());
        }
        Some(success)
    }
}

/// D8: what an Allocate for TCP may not say, or come by (RFC 6062 §5.1). What stands between a client and its peers can not move.
fn check_tcp(from: FiveTuple, message: &Message<'_>) -> Result<(), ErrorCode> {
    const UNFIT: [AttributeType; 3] =
        [AttributeType::EVEN_PORT, AttributeType::RESERVATION_TOKEN, AttributeType::DONT_FRAGMENT];
    if from.transport != Transport::Tcp || UNFIT.iter().any(|kind| message.attribute(*kind).is_some()) {
        return Err(ErrorCode::BadRequest);
    }
    if message.attribute(AttributeType::MOBILITY_TICKET).is_some() {
        return Err(ErrorCode::MobilityForbidden);
    }
    Ok(())
}
