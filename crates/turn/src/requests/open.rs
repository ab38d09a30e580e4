//! Getting a port from the shell: choosing one, another one if the machine refuses, and what follows when it is open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::Family;
use crate::allocation::{Allocation, Channels, Permissions, Token};
use crate::codec::{Class, ErrorCode, MessageBuilder, Method};
use crate::config::RESERVATION_LIFETIME;
use crate::ports::Wanted;
use crate::relay::{Opening, Relay, RelayId, Reservation, State};
use crate::turn::{Output, Turn};

impl Turn {
    /// Checks the limits (a pair counts as two), takes a port and asks the shell to open it.
    pub(super) fn start_opening(
        &mut self,
        family: Family,
        user: Arc<str>,
        mut opening: Opening,
    ) -> Result<(), ErrorCode> {
        let server = opening.five_tuple.server.ip();
        let of_family = |ip: std::net::IpAddr| ip.is_ipv4() == (family == Family::Ipv4);
        let addresses = &self.config.relay_addresses;
        let came_to = addresses.iter().position(|address| address.bind == server && of_family(server));
        let address = came_to
            .or_else(|| addresses.iter().position(|address| of_family(address.bind)))
            .ok_or(ErrorCode::AddressFamilyNotSupported)?;

        let count = if opening.wanted == Wanted::Pair { 2 } else { 1 };
        let limits = &self.config.limits;
        if self.held.get(&user).copied().unwrap_or(0) + count > limits.allocations_per_user {
            return Err(ErrorCode::AllocationQuotaReached);
        }
        if self.held_by_all + count > limits.allocations {
            return Err(ErrorCode::InsufficientCapacity);
        }
        let port = self.ports[address]
            .take(opening.wanted, &mut self.random)
            .ok_or(ErrorCode::InsufficientCapacity)?;

        let id = self.new_relay_id();
        if opening.wanted == Wanted::Pair {
            opening.sibling = Some(self.new_relay_id());
        }
        *self.held.entry(Arc::clone(&user)).or_default() += count;
        self.held_by_all += count;
        self.by_five_tuple.insert(opening.five_tuple, id);
        let relay = Relay { user, address, port, state: State::Opening(Box::new(opening)) };
        self.relays.insert(id, relay);
        self.ask_for(id);
        Ok(())
    }

    fn ask_for(&mut self, id: RelayId) {
        let Some(relay) = self.relays.get(&id) else { return };
        let State::Opening(opening) = &relay.state else { return };
        let at = SocketAddr::new(self.config.relay_addresses[relay.address].bind, relay.port);
        let output = Output::OpenRelay { relay: id, at, next: opening.sibling };
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

        // Taken before the refused one is given back, so that it is not the same.
        let another = if may_try_again { self.ports[address].take(wanted, &mut self.random) } else { None };
        if let Some(port) = another {
            relay.port = port;
            self.ports[address].release(refused);
            if wanted == Wanted::Pair {
                self.ports[address].release(refused + 1);
            }
            return self.ask_for(id);
        }
        let Some(opening) = self.take_back(id) else { return };
        if opening.abandoned {
            return;
        }
        let code = ErrorCode::InsufficientCapacity;
        self.count_error(code);
        let error = MessageBuilder::new(Class::Error, Method::Allocate, opening.transaction).error_code(code);
        self.answer(now, opening.five_tuple, opening.fingerprint, Some(&opening.key), error);
    }

    /// The port (and its sibling) is open: the Allocate can be answered.
    pub(crate) fn on_relay_opened(&mut self, now: Instant, id: RelayId) {
        let Some(relay) = self.relays.get(&id) else { return };
        let State::Opening(opening) = &relay.state else { return };
        if opening.abandoned {
            let sibling = opening.sibling;
            self.take_back(id);
            for relay in [Some(id), sibling].into_iter().flatten() {
                self.output(Output::CloseRelay { relay });
            }
            return;
        }
        let reservation = opening.sibling.map(|sibling| {
            let sibling_of = (Arc::clone(&relay.user), relay.address, relay.port);
            (sibling, sibling_of)
        });
        let mut allocation = Allocation {
            five_tuple: opening.five_tuple,
            username: Arc::clone(&opening.username),
            key: opening.key.clone(),
            relayed: self.relayed_address(id),
            expires_at: now + opening.lifetime,
            opened_by: opening.transaction,
            first_lifetime: opening.lifetime,
            reservation: None,
            permissions: Permissions::default(),
            channels: Channels::default(),
        };
        let (to, fingerprint, key) = (opening.five_tuple, opening.fingerprint, opening.key.clone());
        if let Some((sibling, (user, address, port))) = reservation {
            allocation.reservation = Some(self.reserve(now, sibling, user, address, port + 1));
        }
        let success = self.establish(id, None, allocation);
        self.answer(now, to, fingerprint, Some(&key), success);
    }

    /// Keeps an open port for whoever brings the token (L2).
    fn reserve(&mut self, now: Instant, id: RelayId, user: Arc<str>, address: usize, port: u16) -> Token {
        let token = Token(self.random.bytes());
        let expires_at = now + RESERVATION_LIFETIME;
        let state = State::Reserved(Reservation { token, expires_at });
        self.relays.insert(id, Relay { user, address, port, state });
        self.reservations.insert(token, id);
        self.stats.reservations += 1;
        self.set_deadline(id, None, expires_at);
        token
    }

    /// Undoes `start_opening`.
    fn take_back(&mut self, id: RelayId) -> Option<Opening> {
        let relay = self.relays.remove(&id)?;
        let State::Opening(opening) = relay.state else { return None };
        self.ports[relay.address].release(relay.port);
        self.release_quota(&relay.user);
        if opening.sibling.is_some() {
            self.ports[relay.address].release(relay.port + 1);
            self.release_quota(&relay.user);
        }
        // An abandoned five-tuple may have been used anew.
        if self.by_five_tuple.get(&opening.five_tuple) == Some(&id) {
            self.by_five_tuple.remove(&opening.five_tuple);
        }
        Some(*opening)
    }

    /// A relay's address as peers see it.
    pub(super) fn relayed_address(&self, id: RelayId) -> SocketAddr {
        let relay = &self.relays[&id];
        SocketAddr::new(self.config.relay_addresses[relay.address].advertised, relay.port)
    }
}
