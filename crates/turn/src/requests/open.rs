//! Getting a port from the shell: choosing one, another one if the machine refuses, and what follows when it is open.
//!
//! Who asks for both families gets IPv4 first, then IPv6, and one answer when both are settled.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use super::Family;
use crate::allocation::Token;
use crate::authenticate::Asker;
use crate::codec::{ErrorCode, Method};
use crate::config::RESERVATION_LIFETIME;
use crate::ports::Wanted;
use crate::relay::{Opening, OtherFamily, Relay, RelayId, Relays, Reservation, State};
use crate::shared::ReservedPort;
use crate::turn::{Output, Turn};

impl Turn {
    /// Takes a port and asks the shell to open it; answers the Allocate if there is none.
    pub(super) fn start_opening(
        &mut self,
        now: Instant,
        family: Family,
        user: Arc<str>,
        mut opening: Opening,
    ) {
        let (address, port) = match self.take_port(now, family, &user, &opening) {
            Ok(taken) => taken,
            Err(code) => return self.on_no_port(now, user, opening, code),
        };
        let id = self.shared.new_relay_id();
        opening.attempts = 1;
        if opening.wanted == Wanted::Pair {
            opening.sibling = Some(self.shared.new_relay_id());
        }
        self.by_five_tuple.insert(opening.five_tuple, Relays::one(family, id));
        let relay = Relay { user, address, port, state: State::Opening(Box::new(opening)) };
        self.relays.insert(id, relay);
        self.ask_for(id);
    }

    /// Finds a relay address and a port (with the next, for a pair) within all limits, and counts it.
    fn take_port(
        &mut self,
        now: Instant,
        family: Family,
        user: &Arc<str>,
        opening: &Opening,
    ) -> Result<(usize, u16), ErrorCode> {
        let server = opening.five_tuple.server.ip();
        let of_family = |ip: IpAddr| ip.is_ipv4() == (family == Family::Ipv4);
        let is_pair = opening.wanted == Wanted::Pair;
        // Whoever may not have both families should not be given half of what he asked for.
        let for_user = if is_pair || opening.other == OtherFamily::Next { 2 } else { 1 };
        let mut ledger = self.shared.ledger();
        if ledger.users.held_by(user) + for_user > self.config.limits.allocations_per_user {
            return Err(ErrorCode::AllocationQuotaReached);
        }
        let addresses = &self.config.relay_addresses;
        let came_to = addresses.iter().position(|address| address.bind == server && of_family(server));
        let address = came_to
            .or_else(|| addresses.iter().position(|address| of_family(address.bind)))
            .ok_or(ErrorCode::AddressFamilyNotSupported)?;
        let count = if is_pair { 2 } else { 1 };
        if ledger.users.held() + count > self.config.limits.allocations {
            return Err(ErrorCode::InsufficientCapacity);
        }
        let port = ledger.ports[address].take(opening.wanted, &mut self.random);
        let port = port.ok_or(ErrorCode::InsufficientCapacity)?;
        ledger.users.hold(now, user, count);
        Ok((address, port))
    }

    /// There is no port of this family: go on with the other one if it was asked for, too, or answer.
    fn on_no_port(&mut self, now: Instant, user: Arc<str>, mut opening: Opening, code: ErrorCode) {
        // RFC 8656 §7.2: the only reasons known for half an answer are 440 and 508.
        let reason = match code {
            ErrorCode::AddressFamilyNotSupported => code,
            _ => ErrorCode::InsufficientCapacity,
        };
        match opening.other {
            OtherFamily::Next if code != ErrorCode::AllocationQuotaReached => {
                opening.other = OtherFamily::Before(Err(reason));
                self.start_opening(now, Family::Ipv6, user, opening);
            }
            OtherFamily::Before(Ok(first)) => {
                let relays = Relays::one(Family::Ipv4, first);
                self.grant(now, &opening, relays, None, Some((Family::Ipv6, reason)));
            }
            OtherFamily::Before(Err(_)) => {
                self.refuse_opening(now, &opening, ErrorCode::InsufficientCapacity);
            }
            OtherFamily::Unwanted | OtherFamily::Next => self.refuse_opening(now, &opening, code),
        }
    }

    fn refuse_opening(&mut self, now: Instant, opening: &Opening, code: ErrorCode) {
        // L5: somebody else may have what we have not.
        let code = match code {
            ErrorCode::InsufficientCapacity => self.no_room(opening.five_tuple, opening.over_tls),
            code => code,
        };
        let asker = Asker { at: opening.five_tuple, over_tls: opening.over_tls, key: &opening.key };
        let error = self.refusal(asker, Method::Allocate, opening.transaction, code);
        self.answer(now, opening.five_tuple, opening.fingerprint, Some(&opening.key), error);
    }

    fn ask_for(&mut self, id: RelayId) {
        let Some(relay) = self.relays.get(&id) else { return };
        let State::Opening(opening) = &relay.state else { return };
        let at = SocketAddr::new(self.config.relay_addresses[relay.address].bind, relay.port);
        let output = if opening.is_tcp {
            Output::Listen { relay: id, at }
        } else {
            Output::OpenRelay { relay: id, at, next: opening.sibling }
        };
        self.output(output);
    }

    /// The port (and its sibling) can not be opened: try another, or give up.
    pub(crate) fn on_relay_refused(&mut self, now: Instant, id: RelayId) {
        let Some(relay) = self.relays.get_mut(&id) else { return };
        let State::Opening(opening) = &mut relay.state else { return };
        self.stats.ports_refused += 1;
        let (wanted, address, refused) = (opening.wanted, relay.address, relay.port);
        let may_try_again = !opening.abandoned && opening.attempts < self.config.limits.port_attempts;
        opening.attempts += 1;

        let mut ledger = self.shared.ledger();
        // Taken before the refused one is given back, so that it is not the same.
        let ports = &mut ledger.ports[address];
        let another = if may_try_again { ports.take(wanted, &mut self.random) } else { None };
        if let Some(port) = another {
            relay.port = port;
            ports.release(refused);
            if wanted == Wanted::Pair {
                ports.release(refused + 1);
            }
            drop(ledger);
            return self.ask_for(id);
        }
        drop(ledger);
        let Some((user, opening)) = self.take_back(id) else { return };
        if opening.abandoned {
            return self.drop_other(&opening);
        }
        self.on_no_port(now, user, opening, ErrorCode::InsufficientCapacity);
    }

    /// The port (and its sibling) is open: the Allocate can be answered, or the other family's port opened.
    pub(crate) fn on_relay_opened(&mut self, now: Instant, id: RelayId) {
        let Some(relay) = self.relays.get_mut(&id) else { return };
        let State::Opening(opening) = &relay.state else { return };
        if opening.abandoned {
            return self.drop_opened(id);
        }
        let (user, address, port) = (Arc::clone(&relay.user), relay.address, relay.port);
        // What it becomes is decided below.
        let State::Opening(mut opening) = std::mem::replace(&mut relay.state, State::Waiting) else { return };
        let family = self.family_of(address);
        match opening.other {
            OtherFamily::Unwanted => {
                let token =
                    opening.sibling.map(|sibling| self.reserve(now, sibling, user, address, port + 1));
                self.grant(now, &opening, Relays::one(family, id), token, None);
            }
            OtherFamily::Next => {
                opening.other = OtherFamily::Before(Ok(id));
                self.start_opening(now, Family::Ipv6, user, *opening);
            }
            OtherFamily::Before(Ok(first)) => {
                let both = Relays::one(Family::Ipv4, first).with(family, Some(id));
                self.grant(now, &opening, both, None, None);
            }
            OtherFamily::Before(Err(code)) => {
                self.grant(now, &opening, Relays::one(family, id), None, Some((Family::Ipv4, code)));
            }
        }
    }

    /// Nobody waits for it any more.
    fn drop_opened(&mut self, id: RelayId) {
        let Some((_, opening)) = self.take_back(id) else { return };
        for relay in [Some(id), opening.sibling].into_iter().flatten() {
            self.output(Output::CloseRelay { relay });
        }
        self.drop_other(&opening);
    }

    /// Closes the port of the first family if the second was never answered for.
    fn drop_other(&mut self, opening: &Opening) {
        if let OtherFamily::Before(Ok(first)) = opening.other {
            self.end(first);
        }
    }

    /// Keeps an open port for whoever brings the token (L2).
    fn reserve(&mut self, now: Instant, id: RelayId, user: Arc<str>, address: usize, port: u16) -> Token {
        let token = Token(self.random.bytes());
        let expires_at = now + RESERVATION_LIFETIME;
        let reserved = ReservedPort { relay: id, user: Arc::clone(&user), address, port };
        self.shared.ledger().reservations.insert(token, reserved);
        let state = State::Reserved(Reservation { token, expires_at });
        self.relays.insert(id, Relay { user, address, port, state });
        self.stats.count_reservation(true);
        self.set_deadline(id, None, expires_at);
        token
    }

    /// Undoes `start_opening`.
    fn take_back(&mut self, id: RelayId) -> Option<(Arc<str>, Opening)> {
        let relay = self.relays.remove(&id)?;
        let family = self.family_of(relay.address);
        let State::Opening(opening) = relay.state else { return None };
        let ports = [Some(relay.port), opening.sibling.map(|_| relay.port + 1)];
        let mut ledger = self.shared.ledger();
        for port in ports.into_iter().flatten() {
            let is_forgotten = ledger.release(self.now, &relay.user, relay.address, port);
            self.stats.users_forgotten += u64::from(is_forgotten);
        }
        drop(ledger);
        // An abandoned five-tuple may have been used anew.
        if self.by_five_tuple.get(&opening.five_tuple) == Some(&Relays::one(family, id)) {
            self.by_five_tuple.remove(&opening.five_tuple);
        }
        Some((relay.user, *opening))
    }

    /// A relay's address as peers see it.
    pub(crate) fn relayed_address(&self, id: RelayId) -> SocketAddr {
        let relay = &self.relays[&id];
        SocketAddr::new(self.config.relay_addresses[relay.address].advertised, relay.port)
    }

    /// The family of a relay address.
    pub(super) fn family_of(&self, address: usize) -> Family {
        if self.config.relay_addresses[address].bind.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
    }
}
