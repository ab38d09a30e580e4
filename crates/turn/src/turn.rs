//! The server as a state machine: told what happens, it says what to do.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allocation::{Allocation, Token};
use crate::authenticate::authenticate;
use crate::codec::{
    AttributeType, Class, ErrorCode, IntegrityKey, Message, MessageBuilder, Method, PasswordAlgorithm,
    TransactionId,
};
use crate::config::TurnConfig;
use crate::credentials::Username;
use crate::filter::{PeerFilter, is_tunnelled};
use crate::five_tuple::{FiveTuple, Transport};
use crate::nonce::Nonces;
use crate::ports::Ports;
use crate::random::Random;
use crate::rate_limit::RateLimit;
use crate::relay::{Relay, RelayId, State};
use crate::stats::{DropReason, Stats};

/// What a [`Turn`] is told.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A client sent what [`Turn::route`] called `Control`.
    Message {
        /// From and to where.
        from: FiveTuple,
        /// The STUN message.
        bytes: &'a [u8],
    },
    /// The port asked for by [`Output::OpenRelay`] is open, and the next one if that was asked for.
    RelayOpened {
        /// The name given with the wish.
        relay: RelayId,
    },
    /// It (or the next one) can not be opened; neither is open.
    RelayRefused {
        /// The name given with the wish.
        relay: RelayId,
    },
    /// A client's TCP connection is gone; its allocation goes with it.
    Disconnected {
        /// Which connection.
        five_tuple: FiveTuple,
    },
    /// End every allocation opened with credentials issued for this `user` or `user/call` (A7).
    Revoke {
        /// What was given to [`issue`](crate::issue).
        subject: &'a str,
    },
    /// The time of day has been read anew.
    WallClock {
        /// Since the Unix epoch.
        unix: Duration,
    },
    /// The time [`Turn::next_timeout`] named has come.
    Timeout,
}

/// What a [`Turn`] wants done, or tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this message to a client.
    Answer {
        /// To and from where.
        to: FiveTuple,
        /// The STUN message.
        bytes: Vec<u8>,
    },
    /// Open a UDP port, and report with [`Input::RelayOpened`] or [`Input::RelayRefused`].
    OpenRelay {
        /// Its name from now on.
        relay: RelayId,
        /// The exact address.
        at: SocketAddr,
        /// Also open the next port, under this name; both or none.
        next: Option<RelayId>,
    },
    /// Close a UDP port.
    CloseRelay {
        /// Its name.
        relay: RelayId,
    },
    /// This client connection has an allocation.
    Allocated {
        /// Which connection.
        five_tuple: FiveTuple,
    },
    /// It has none any more.
    Released {
        /// Which connection.
        five_tuple: FiveTuple,
    },
}

/// A STUN/TURN server without sockets. See the crate's documentation for the drawing.
pub struct Turn {
    pub(crate) config: TurnConfig,
    pub(crate) filter: PeerFilter,
    pub(crate) nonces: Nonces,
    pub(crate) random: Random,
    pub(crate) stats: Stats,
    /// The ports of `config.relay_addresses`, in the same order.
    pub(crate) ports: Vec<Ports>,
    pub(crate) relays: HashMap<RelayId, Relay>,
    /// The relay that is opening or allocated for a client connection.
    pub(crate) by_five_tuple: HashMap<FiveTuple, RelayId>,
    /// The allocation behind a relayed address, as peers see it.
    pub(crate) by_relayed: HashMap<SocketAddr, RelayId>,
    pub(crate) reservations: HashMap<Token, RelayId>,
    /// How many entries of `relays` count on a user's quota.
    pub(crate) held: HashMap<Arc<str>, usize>,
    /// The sum over all users.
    pub(crate) held_by_all: usize,
    deadlines: BTreeSet<(Instant, RelayId)>,
    outputs: VecDeque<Output>,
    strangers: RateLimit,
    wall_clock: (Instant, Duration),
    next_relay: u64,
    indication_prefix: [u8; 4],
    next_indication: u64,
}

impl Turn {
    /// A server without allocations. `unix` is the time of day at `now`; `seed` must come from the operating system's
    /// source of randomness, or from a test.
    ///
    /// # Panics
    ///
    /// If the range of relayed ports is empty, or a relay address is a wildcard, of two families, or advertised twice.
    pub fn new(config: TurnConfig, now: Instant, unix: Duration, seed: [u8; 32]) -> Self {
        for address in &config.relay_addresses {
            assert!(!address.bind.is_unspecified(), "relayed ports are opened on a specific address");
            assert!(address.bind.is_ipv4() == address.advertised.is_ipv4(), "a relay address has one family");
        }
        let mut advertised: Vec<IpAddr> =
            config.relay_addresses.iter().map(|address| address.advertised).collect();
        advertised.sort_unstable();
        advertised.dedup();
        assert!(
            advertised.len() == config.relay_addresses.len(),
            "two relay addresses are seen under the same"
        );
        let relay_ips = config.relay_addresses.iter().flat_map(|address| [address.bind, address.advertised]);
        let filter = PeerFilter::new(
            config.allow_peers.clone(),
            relay_ips.chain(config.own_addresses.iter().copied()),
        );
        let limits = &config.limits;
        let mut random = Random::new(&seed);
        let (per_second, burst) = (limits.stranger_answers_per_second, limits.stranger_answers_burst);
        Self {
            strangers: RateLimit::new(now, random.bytes(), per_second, burst),
            nonces: Nonces::new(config.nonce_key, config.previous_nonce_key, limits.nonce_lifetime),
            ports: config.relay_addresses.iter().map(|_| Ports::new(&config.relay_ports)).collect(),
            indication_prefix: random.bytes(),
            config,
            filter,
            random,
            stats: Stats::default(),
            relays: HashMap::new(),
            by_five_tuple: HashMap::new(),
            by_relayed: HashMap::new(),
            reservations: HashMap::new(),
            held: HashMap::new(),
            held_by_all: 0,
            deadlines: BTreeSet::new(),
            outputs: VecDeque::new(),
            wall_clock: (now, unix),
            next_relay: 0,
            next_indication: 0,
        }
    }

    /// Takes note of something. What does not fit is dropped and counted. Drain the outputs afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.expire(now);
        match input {
            Input::Message { from, bytes } => self.on_message(now, from, bytes),
            Input::RelayOpened { relay } => self.on_relay_opened(now, relay),
            Input::RelayRefused { relay } => self.on_relay_refused(now, relay),
            Input::Disconnected { five_tuple } => self.on_disconnected(five_tuple),
            Input::Revoke { subject } => self.on_revoke(subject),
            Input::WallClock { unix } => self.wall_clock = (now, unix),
            // What is due has been done above.
            Input::Timeout => {}
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call with [`Input::Timeout`]; ask again after every `handle`.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// What has happened so far.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    fn on_message(&mut self, now: Instant, from: FiveTuple, bytes: &[u8]) {
        // D7 and L7 (RFC 8656 §21.4).
        if from.client.port() == 0 || is_tunnelled(from.client.ip()) {
            return self.stats.count_drop(DropReason::BadSource);
        }
        let message = match Message::decode(bytes) {
            Ok(message) => message,
            Err(error) => return self.stats.count_drop(error.into()),
        };
        match (message.class, message.method) {
            (Class::Request, Method::Binding) => self.on_binding(now, from, &message),
            (
                Class::Request,
                Method::Allocate | Method::Refresh | Method::CreatePermission | Method::ChannelBind,
            ) => self.on_request(now, from, &message),
            // Some clients keep their NAT open with these.
            (Class::Indication, Method::Binding) => {}
            (Class::Request, Method::Send | Method::Data)
            | (
                Class::Indication,
                Method::Allocate
                | Method::Refresh
                | Method::Send
                | Method::Data
                | Method::CreatePermission
                | Method::ChannelBind,
            )
            | (Class::Success | Class::Error, _) => self.stats.count_drop(DropReason::Unexpected),
        }
    }

    /// RFC 8489 §12: stateless; the answer holds nothing but the address (P6).
    fn on_binding(&mut self, now: Instant, from: FiveTuple, message: &Message<'_>) {
        if let Some(refusal) = refuse_unknown(message) {
            return self.answer(now, from, message.has_fingerprint(), None, refusal);
        }
        let success = MessageBuilder::new(Class::Success, Method::Binding, message.transaction)
            .address(AttributeType::XOR_MAPPED_ADDRESS, from.client);
        self.stats.bindings += 1;
        self.answer(now, from, message.has_fingerprint(), None, success);
    }

    fn on_request(&mut self, now: Instant, from: FiveTuple, message: &Message<'_>) {
        let unix = self.unix(now);
        let existing = self.by_five_tuple.get(&from).and_then(|relay| self.allocation(*relay));
        let caller = match authenticate(&self.config, &self.nonces, unix, from, message, existing) {
            Ok(caller) => caller,
            Err(code) => return self.refuse_stranger(now, from, message, code),
        };
        let fingerprint = message.has_fingerprint();
        // P3: only after authentication (RFC 8489 §9.2.4).
        if let Some(refusal) = refuse_unknown(message) {
            self.count_error(ErrorCode::UnknownAttribute);
            return self.answer(now, from, fingerprint, Some(&caller.key), refusal);
        }
        let key = caller.key.clone();
        let answer = match message.method {
            Method::Allocate => self.on_allocate(now, from, message, caller),
            Method::Refresh => self.on_refresh(now, from, message, &caller).map(Some),
            Method::CreatePermission => self.on_create_permission(now, from, message, &caller).map(Some),
            Method::ChannelBind => self.on_channel_bind(now, from, message, &caller).map(Some),
            Method::Binding | Method::Send | Method::Data => return,
        };
        match answer {
            Ok(Some(success)) => self.answer(now, from, fingerprint, Some(&key), success),
            Ok(None) => {}
            Err(code) => {
                self.count_error(code);
                let error =
                    MessageBuilder::new(Class::Error, message.method, message.transaction).error_code(code);
                self.answer(now, from, fingerprint, Some(&key), error);
            }
        }
    }

    /// 400, 401 or 438 to somebody who may be anybody. The last two carry a challenge.
    fn refuse_stranger(&mut self, now: Instant, from: FiveTuple, message: &Message<'_>, code: ErrorCode) {
        let mut error =
            MessageBuilder::new(Class::Error, message.method, message.transaction).error_code(code);
        if code != ErrorCode::BadRequest {
            let nonce = self.nonces.issue(self.unix(now), from.client.ip());
            error = error
                .attribute(AttributeType::REALM, self.config.realm.as_bytes())
                .attribute(AttributeType::NONCE, nonce.as_bytes())
                .attribute(AttributeType::PASSWORD_ALGORITHMS, &PasswordAlgorithm::OFFERED);
        }
        self.count_error(code);
        self.answer(now, from, message.has_fingerprint(), None, error);
    }

    /// Finishes and queues an answer. Without a key it is for a stranger and rationed on UDP, where the source may be
    /// forged (X1), unless that connection has an allocation.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        to: FiveTuple,
        fingerprint: bool,
        key: Option<&IntegrityKey>,
        mut message: MessageBuilder,
    ) {
        let is_stranger = key.is_none() && !self.by_five_tuple.contains_key(&to);
        if is_stranger && to.transport == Transport::Udp && !self.strangers.admit(now, to.client.ip()) {
            return self.stats.count_drop(DropReason::RateLimited);
        }
        if let Some(key) = key {
            message = message.integrity(key);
        }
        if fingerprint {
            message = message.fingerprint();
        }
        self.outputs.push_back(Output::Answer { to, bytes: message.finish() });
    }

    pub(crate) fn count_error(&mut self, code: ErrorCode) {
        *self.stats.errors.entry(code).or_default() += 1;
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn unix(&self, now: Instant) -> Duration {
        let (read_at, unix) = self.wall_clock;
        unix + now.saturating_duration_since(read_at)
    }

    pub(crate) const fn new_relay_id(&mut self) -> RelayId {
        self.next_relay += 1;
        RelayId(self.next_relay)
    }

    /// A transaction id for a Data indication. Nobody answers those, so it need only be unique.
    pub(crate) fn indication_transaction(&mut self) -> TransactionId {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&self.indication_prefix);
        id[4..].copy_from_slice(&self.next_indication.to_be_bytes());
        self.next_indication += 1;
        TransactionId(id)
    }

    pub(crate) fn allocation(&self, relay: RelayId) -> Option<&Allocation> {
        match &self.relays.get(&relay)?.state {
            State::Allocated(allocation) => Some(allocation),
            State::Opening(_) | State::Reserved(_) => None,
        }
    }

    pub(crate) fn allocation_mut(&mut self, relay: RelayId) -> Option<&mut Allocation> {
        match &mut self.relays.get_mut(&relay)?.state {
            State::Allocated(allocation) => Some(allocation),
            State::Opening(_) | State::Reserved(_) => None,
        }
    }

    /// The caller's own allocation: 437 if the connection has none, 441 if it is somebody else's (RFC 8656 §5).
    pub(crate) fn own_allocation(&self, from: FiveTuple, username: &str) -> Result<RelayId, ErrorCode> {
        let relay = self.by_five_tuple.get(&from).ok_or(ErrorCode::AllocationMismatch)?;
        let allocation = self.allocation(*relay).ok_or(ErrorCode::AllocationMismatch)?;
        if *allocation.username != *username { Err(ErrorCode::WrongCredentials) } else { Ok(*relay) }
    }

    /// Moves the end of a reservation or allocation.
    pub(crate) fn set_deadline(&mut self, relay: RelayId, old: Option<Instant>, new: Instant) {
        if let Some(old) = old {
            self.deadlines.remove(&(old, relay));
        }
        self.deadlines.insert((new, relay));
    }

    /// Ends a relay and forgets all about it: at once, or if it is still opening, when the shell has answered.
    pub(crate) fn end(&mut self, id: RelayId) {
        if let Some(Relay { state: State::Opening(opening), .. }) = self.relays.get_mut(&id) {
            opening.abandoned = true;
            self.by_five_tuple.remove(&opening.five_tuple);
            return;
        }
        let Some(relay) = self.relays.remove(&id) else { return };
        if let Some(deadline) = relay.state.deadline() {
            self.deadlines.remove(&(deadline, id));
        }
        self.ports[relay.address].release(relay.port);
        self.release_quota(&relay.user);
        self.output(Output::CloseRelay { relay: id });
        match relay.state {
            State::Opening(_) => {}
            State::Reserved(reservation) => {
                self.reservations.remove(&reservation.token);
                self.stats.reservations -= 1;
            }
            State::Allocated(allocation) => {
                self.by_five_tuple.remove(&allocation.five_tuple);
                self.by_relayed.remove(&allocation.relayed);
                self.stats.allocations -= 1;
                self.output(Output::Released { five_tuple: allocation.five_tuple });
            }
        }
    }

    pub(crate) fn release_quota(&mut self, user: &Arc<str>) {
        let held = self.held.get_mut(user).expect("every relay counts on its user's quota");
        *held -= 1;
        self.held_by_all -= 1;
        if *held == 0 {
            self.held.remove(user);
        }
    }

    /// Ends what has run out.
    fn expire(&mut self, now: Instant) {
        while let Some((deadline, relay)) = self.deadlines.first().copied()
            && deadline <= now
        {
            if self.allocation(relay).is_some() {
                self.stats.allocations_expired += 1;
            }
            self.end(relay);
        }
    }

    fn on_disconnected(&mut self, five_tuple: FiveTuple) {
        let Some(id) = self.by_five_tuple.get(&five_tuple).copied() else { return };
        self.end(id);
    }

    fn on_revoke(&mut self, subject: &str) {
        let is_meant = |username: &str| Username::parse(username).is_some_and(|name| name.subject == subject);
        let matching = self.relays.iter().filter(|(_, relay)| match &relay.state {
            State::Opening(opening) => is_meant(&opening.username),
            State::Allocated(allocation) => is_meant(&allocation.username),
            // It can only be claimed with a credential of the same user, and ends within seconds.
            State::Reserved(_) => false,
        });
        let mut ids: Vec<RelayId> = matching.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        for id in ids {
            self.end(id);
        }
    }

    /// Whether this address is one peers see our allocations under.
    pub(crate) fn is_relay_address(&self, ip: IpAddr) -> bool {
        self.config.relay_addresses.iter().any(|address| address.advertised == ip)
    }
}

/// 420 if the message holds attributes that must be understood and are not (RFC 8489 §6.3.1).
fn refuse_unknown(message: &Message<'_>) -> Option<MessageBuilder> {
    /// Enough to tell a client what is wrong; the answer to a stranger must stay small.
    const NAMED: usize = 8;
    let unknown = message.attributes().map(|(kind, _)| kind).filter(|kind| kind.must_be_refused());
    let list: Vec<u8> = unknown.take(NAMED).flat_map(|kind| kind.0.to_be_bytes()).collect();
    if list.is_empty() {
        return None;
    }
    let refusal = MessageBuilder::new(Class::Error, message.method, message.transaction)
        .error_code(ErrorCode::UnknownAttribute)
        .attribute(AttributeType::UNKNOWN_ATTRIBUTES, &list);
    Some(refusal)
}
