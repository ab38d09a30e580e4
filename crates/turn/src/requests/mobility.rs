//! Going on from another address (RFC 8016): a Refresh with a MOBILITY-TICKET. First make, then break:
//!
//! ```text
//!  at home ── Refresh with the ticket ──► expected ── the client sends data from there ──► at home there
//!     │        (its data goes home)          │  what it has of the old address is gone
//!     │                                      └─ or another ticket is shown elsewhere
//!     └─ its TCP connection breaks ──► suspended ── Refresh with the ticket ──► at home there
//! ```
//!
//! What is suspended lets nobody in, so that nothing goes to whoever has the same address next, and ends with its lifetime.
//!
//! Nothing is opened and nobody is counted twice: what moves is who an allocation answers to. At most one address is expected, so
//! that a client that moves without end costs no more than one that stays.

use std::net::SocketAddr;

use super::Family;
use crate::codec::{AttributeType, ErrorCode, Message, Method};
use crate::five_tuple::FiveTuple;
use crate::relay::{RelayId, Relays};
use crate::ticket::{Opener, Ticket};
use crate::turn::{Output, Turn};

/// What a ticket leads to.
pub(super) struct Found {
    pub(super) relays: Relays,
    /// How often they have moved with this ticket, if the client has not come from here before.
    pub(super) moves: Option<u8>,
}

impl Turn {
    /// Whether an Allocate wants to be able to move.
    pub(super) fn wants_mobility(&self, message: &Message<'_>) -> Result<bool, ErrorCode> {
        match message.attribute(AttributeType::MOBILITY_TICKET) {
            None => Ok(false),
            Some(_) if !self.config.mobility => Err(ErrorCode::MobilityForbidden),
            Some([]) => Ok(true),
            Some(_) => Err(ErrorCode::BadRequest),
        }
    }

    /// A ticket as of now, for an allocation that may move.
    pub(super) fn ticket(&self, relay: RelayId) -> Option<String> {
        let (allocation, relay) = (self.allocation(relay)?, self.relays.get(&relay)?);
        let (address, port) = (u8::try_from(relay.address).ok()?, relay.port);
        let (moves, opened_by) = (allocation.moves?, Opener::from(allocation.opened_by));
        Some(self.tickets.seal(Ticket { address, port, moves, opened_by }))
    }

    /// Whose allocations a Refresh from an unknown address speaks of, before anybody knows who sends it.
    pub(crate) fn named_by_ticket(&self, message: &Message<'_>) -> Option<Relays> {
        if !self.config.mobility || message.method != Method::Refresh {
            return None;
        }
        let ticket = self.tickets.open(message.attribute(AttributeType::MOBILITY_TICKET)?)?;
        self.relays_with(self.of_ticket(ticket)?)
    }

    /// All that the client of a relayed port has.
    fn relays_with(&self, relay: RelayId) -> Option<Relays> {
        let allocation = self.allocation(relay)?;
        let Some((_, relays)) = &allocation.suspended else {
            return self.by_five_tuple.get(&allocation.five_tuple).copied();
        };
        let is_left = |relay: &RelayId| self.allocation(*relay).is_some();
        let family = |relay| Some((Family::of(self.allocation(relay)?.relayed), relay));
        let left = relays.iter().filter(is_left).filter_map(family);
        Some(left.fold(Relays::default(), |relays, (family, relay)| relays.with(family, Some(relay))))
    }

    fn of_ticket(&self, ticket: Ticket) -> Option<RelayId> {
        let address = self.config.relay_addresses.get(usize::from(ticket.address))?;
        let relay = *self.by_relayed.get(&SocketAddr::new(address.advertised, ticket.port))?;
        let allocation = self.allocation(relay)?;
        let is_same = Opener::from(allocation.opened_by) == ticket.opened_by;
        (is_same && allocation.moves.is_some()).then_some(relay)
    }

    /// What a ticket leads to, shown from this address by this user: 400 if it is none of ours, 437 if there is no such
    /// allocation any more, it has moved since, or there is another one here, 441 if it is somebody else's.
    pub(super) fn find_by_ticket(
        &self,
        from: FiveTuple,
        ticket: &[u8],
        username: &str,
    ) -> Result<Found, ErrorCode> {
        if !self.config.mobility {
            return Err(ErrorCode::MobilityForbidden);
        }
        let ticket = self.tickets.open(ticket).ok_or(ErrorCode::BadRequest)?;
        let relay = self.of_ticket(ticket).ok_or(ErrorCode::AllocationMismatch)?;
        let allocation = self.allocation(relay).ok_or(ErrorCode::AllocationMismatch)?;
        if *allocation.username != *username {
            return Err(ErrorCode::WrongCredentials);
        }
        // The answer with the next ticket may have been lost, as long as nobody has come, or whoever came asks again.
        let may_repeat = allocation.expected.is_some() || allocation.five_tuple == from;
        let is_last = may_repeat && Some(ticket.moves.wrapping_add(1)) == allocation.moves;
        if !is_last && Some(ticket.moves) != allocation.moves {
            return Err(ErrorCode::AllocationMismatch);
        }
        match self.by_five_tuple.get(&from).copied() {
            Some(here) if here.of(Family::of(allocation.relayed)) == Some(relay) => {
                Ok(Found { relays: here, moves: None })
            }
            Some(_) => Err(ErrorCode::AllocationMismatch),
            None => {
                let relays = self.relays_with(relay).ok_or(ErrorCode::AllocationMismatch)?;
                Ok(Found { relays, moves: Some(ticket.moves.wrapping_add(1)) })
            }
        }
    }

    /// Expects the client at this address, and at no other but the one it has; if it has none, it is there.
    pub(super) fn expect_at(&mut self, from: FiveTuple, relays: Relays, moves: u8) {
        let (mut before, mut is_suspended) = (None, false);
        for relay in relays.iter() {
            let Some(allocation) = self.allocation_mut(relay) else { continue };
            allocation.moves = Some(moves);
            is_suspended |= allocation.suspended.is_some();
            before = allocation.expected.replace(from).or(before);
        }
        if let Some(before) = before {
            self.forget_five_tuple(before);
        }
        self.by_five_tuple.insert(from, relays.expected());
        self.output(Output::Allocated { five_tuple: from });
        if is_suspended {
            self.arrive(from, relays);
        }
    }

    /// The client sends from where it was expected: it is at home there now.
    #[cold]
    pub(crate) fn arrive(&mut self, at: FiveTuple, relays: Relays) {
        let mut before = None;
        for relay in relays.iter() {
            let Some(allocation) = self.allocation_mut(relay) else { continue };
            let home = std::mem::replace(&mut allocation.five_tuple, at);
            allocation.expected = None;
            match allocation.suspended.take() {
                // Whoever has that address now is somebody else.
                Some((permissions, _)) => allocation.permissions = permissions,
                None => before = Some(home),
            }
            self.publish(relay);
        }
        self.by_five_tuple.insert(at, relays.at_home());
        self.stats.moves += 1;
        if let Some(before) = before {
            self.forget_five_tuple(before);
        }
    }

    fn forget_five_tuple(&mut self, five_tuple: FiveTuple) {
        if self.by_five_tuple.remove(&five_tuple).is_some() {
            self.output(Output::Released { five_tuple });
        }
    }

    /// A connection is gone: nothing comes of a move to it, a client that was expected elsewhere is there, and one that may move
    /// has time to. Whether that was all.
    pub(crate) fn outlives(&mut self, five_tuple: FiveTuple, relays: Relays) -> bool {
        if relays.is_expected() {
            for relay in relays.iter() {
                if let Some(allocation) = self.allocation_mut(relay) {
                    allocation.expected = None;
                }
            }
            self.forget_five_tuple(five_tuple);
            return true;
        }
        let Some(first) = relays.iter().find_map(|relay| self.allocation(relay)) else { return false };
        match (first.expected, first.moves) {
            (Some(expected), _) => self.arrive(expected, relays),
            (None, Some(_)) => self.suspend(five_tuple, relays),
            (None, None) => return false,
        }
        true
    }

    fn suspend(&mut self, five_tuple: FiveTuple, relays: Relays) {
        for relay in relays.iter() {
            let Some(allocation) = self.allocation_mut(relay) else { continue };
            allocation.suspended = Some((std::mem::take(&mut allocation.permissions), relays));
            self.publish(relay);
        }
        self.forget_five_tuple(five_tuple);
    }
}
