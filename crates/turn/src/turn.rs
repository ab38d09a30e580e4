//! The server as a state machine: told what happens, it says what to do.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allocation::Allocation;
use crate::audit::Audit;
use crate::authenticate::{Asker, Authenticator, UserHash, user_hash};
use crate::codec::{
    AttributeType, Class, ErrorCode, Integrity, IntegrityKey, Message, MessageBuilder, Method,
    PasswordAlgorithm, TransactionId, plain_address,
};
use crate::config::TurnConfig;
use crate::connection::{ConnectionId, Connections};
use crate::credentials::Username;
use crate::directory::Access;
use crate::filter::{PeerFilter, is_tunnelled};
use crate::five_tuple::{FiveTuple, Transport};
use crate::flow::Offload;
use crate::icmp::IcmpError;
use crate::lasting::Lasting;
use crate::meter::Rates;
use crate::nonce::Nonces;
use crate::random::Random;
use crate::rate_limit::host_of;
use crate::relay::{Relay, RelayId, Relays, State};
use crate::requests::Family;
use crate::shared::Shared;
use crate::stats::{DropReason, Stats};
use crate::ticket::Tickets;

/// What a [`Turn`] is told.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A client sent what [`Turn::route`] called `Control`.
    Message {
        /// From and to where.
        from: FiveTuple,
        /// Whether it came through TLS, which the core takes for TCP.
        over_tls: bool,
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
    /// A packet this relayed port sent to a peer came to nothing.
    Icmp {
        /// Which port had sent it.
        relay: RelayId,
        /// Where the packet was going.
        peer: SocketAddr,
        /// What the network says.
        error: IcmpError,
    },
    /// The peer has accepted what [`Output::Connect`] asked for.
    PeerConnected {
        /// The name given with the wish.
        connection: ConnectionId,
    },
    /// A connection with a peer has come to its end, or to nothing.
    PeerGone {
        /// Its name.
        connection: ConnectionId,
    },
    /// A client's TCP connection is gone; its allocation goes with it.
    Disconnected {
        /// Which connection.
        five_tuple: FiveTuple,
    },
    /// End every allocation opened with credentials issued for this `user`, or with this `user/tag` among others, and let none
    /// be opened with those that expire no later than `until` (A7). What is issued later is good.
    Revoke {
        /// `user` or `user/tag`, see [`credentials`](crate::credentials).
        subject: &'a str,
        /// Since the Unix epoch: no credential issued so far is good for longer.
        until: Duration,
    },
    /// A credential was issued; its owner may send a hash of the name (A2). Of use only if the configuration says that
    /// every one is told.
    Known {
        /// The whole user name, as [`issue`](crate::issue) makes it.
        username: &'a str,
    },
    /// Somebody at this address is known, say by a live signaling connection: he gets a larger ration (X1).
    Vouch {
        /// Where he comes from. Of an IPv6 address the first 64 bits count.
        ip: IpAddr,
        /// How long that is believed.
        until: Instant,
    },
    /// Take no new allocations (or take them again): clients are sent to an alternate server, or get 508.
    Drain {
        /// Whether to.
        is_draining: bool,
    },
    /// The process that has handed over to this one has ended, and with it the relayed addresses that stayed there.
    PredecessorEnded,
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
        /// Also open the next port, under this name; both or none. It is kept where every core's shell can find it.
        next: Option<RelayId>,
    },
    /// Listen on a TCP port, and report as for [`Self::OpenRelay`]. Who connects to it is shown to [`Turn::admit_peer`].
    Listen {
        /// Its name from now on.
        relay: RelayId,
        /// The exact address.
        at: SocketAddr,
    },
    /// Connect to a peer from the address of a port that listens, and report with [`Input::PeerConnected`] or
    /// [`Input::PeerGone`]. Nothing is read of it until it is joined.
    Connect {
        /// Its name from now on.
        connection: ConnectionId,
        /// The port.
        relay: RelayId,
        /// The peer.
        to: SocketAddr,
    },
    /// From behind this request on, pass what comes on a client's connection to the peer and the reverse. What is passed is
    /// told with [`Turn::pass`], and the end with [`Input::PeerGone`].
    Join {
        /// The connection with the peer.
        connection: ConnectionId,
        /// The client's.
        client: FiveTuple,
    },
    /// Close a connection with a peer, and the client's that it is joined with.
    Disconnect {
        /// Its name.
        connection: ConnectionId,
    },
    /// A port that was opened as the `next` of another has an owner, who may have come to another core of the same relay: it
    /// is this core's now.
    TakeRelay {
        /// Its name.
        relay: RelayId,
    },
    /// Close a port.
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
    /// An allocation has other permissions, channels or another lifetime than before: the rules for its flows may be others.
    /// Only if the configuration wants rules.
    Changed {
        /// Its relayed port.
        relay: RelayId,
    },
    /// An allocation has ended: who had it, and for what. Only if the configuration wants to know.
    Audit(Box<Audit>),
}

/// A STUN/TURN server without sockets. See the crate's documentation for the drawing.
pub struct Turn {
    pub(crate) config: TurnConfig,
    pub(crate) filter: PeerFilter,
    pub(crate) nonces: Nonces,
    pub(crate) tickets: Tickets,
    pub(crate) random: Random,
    pub(crate) stats: Stats,
    pub(crate) shared: Arc<Shared>,
    pub(crate) relays: HashMap<RelayId, Relay>,
    /// What is opening or allocated for a client connection; no entry is empty.
    pub(crate) by_five_tuple: HashMap<FiveTuple, Relays>,
    /// The allocation behind a relayed address, as peers see it.
    pub(crate) by_relayed: HashMap<SocketAddr, RelayId>,
    pub(crate) rates: Rates,
    pub(crate) offload: Offload,
    pub(crate) connections: Connections,
    /// When the last input came.
    pub(crate) now: Instant,
    deadlines: BTreeSet<(Instant, RelayId)>,
    outputs: VecDeque<Output>,
    /// Hosts with live signaling.
    vouched: Lasting<u64, (), Instant>,
    known: Lasting<UserHash, Arc<str>, Duration>,
    pub(crate) revoked: Lasting<Arc<str>, (), Duration>,
    pub(crate) is_draining: bool,
    wall_clock: (Instant, Duration),
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
        let shared = Shared::new(&config, now, Random::new(&seed).bytes(), 1);
        Self::sharing(Arc::new(shared), config, now, unix, seed)
    }

    /// One of several cores of a relay: quotas, ports and reservations are common, and data passes between clients of
    /// different ones. Each has a seed of its own. Else as [`Self::new`].
    ///
    /// # Panics
    ///
    /// As [`Self::new`].
    pub fn sharing(
        shared: Arc<Shared>,
        config: TurnConfig,
        now: Instant,
        unix: Duration,
        seed: [u8; 32],
    ) -> Self {
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
        Self {
            vouched: Lasting::new(limits.vouched),
            known: Lasting::new(limits.known_names),
            revoked: Lasting::new(limits.revocations),
            is_draining: false,
            nonces: Nonces::new(&config),
            tickets: Tickets::new(&config),
            shared,
            indication_prefix: random.bytes(),
            filter,
            random,
            stats: Stats::default(),
            relays: HashMap::new(),
            by_five_tuple: HashMap::new(),
            by_relayed: HashMap::new(),
            rates: Rates::new(&config.limits),
            offload: Offload::default(),
            connections: Connections::default(),
            now,
            deadlines: BTreeSet::new(),
            outputs: VecDeque::new(),
            wall_clock: (now, unix),
            next_indication: 0,
            config,
        }
    }

    /// Takes note of something. What does not fit is dropped and counted. Drain the outputs afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.now = now;
        self.expire(now);
        match input {
            Input::Message { from, over_tls, bytes } => self.on_message(now, from, over_tls, bytes),
            Input::RelayOpened { relay } => self.on_relay_opened(now, relay),
            Input::RelayRefused { relay } => self.on_relay_refused(now, relay),
            Input::Icmp { relay, peer, error } => self.on_icmp(now, relay, peer, error),
            Input::PeerConnected { connection } => self.on_peer_connected(now, connection),
            Input::PeerGone { connection } => self.on_peer_gone(now, connection),
            Input::Disconnected { five_tuple } => self.on_disconnected(five_tuple),
            Input::Revoke { subject, until } => self.on_revoke(now, subject, until),
            Input::Known { username } => self.on_known(now, username),
            Input::Vouch { ip, until } => {
                let is_full = self.vouched.keep(now, host_of(ip), (), until);
                self.stats.vouched_dropped += u64::from(is_full);
            }
            Input::Drain { is_draining } => self.is_draining = is_draining,
            Input::PredecessorEnded => self.shared.forget_elsewhere(),
            Input::WallClock { unix } => self.wall_clock = (now, unix),
            // What is due has been done above.
            Input::Timeout => {}
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        let mut output = self.outputs.pop_front();
        match &mut output {
            Some(Output::Audit(audit)) => self.audit_offloaded(audit),
            Some(_) => {}
            None => self.forget_ended(),
        }
        output
    }

    /// When to call with [`Input::Timeout`]; ask again after every `handle`.
    pub fn next_timeout(&self) -> Option<Instant> {
        let of_relays = self.deadlines.first().map(|(deadline, _)| *deadline);
        of_relays.into_iter().chain(self.connections.next_deadline()).min()
    }

    /// What has happened so far.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    fn on_message(&mut self, now: Instant, from: FiveTuple, over_tls: bool, bytes: &[u8]) {
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
            ) => self.on_request(now, from, over_tls, &message),
            (Class::Request, Method::Connect | Method::ConnectionBind) if self.config.tcp_peers => {
                self.on_request(now, from, over_tls, &message);
            }
            // Some clients keep their NAT open with these.
            (Class::Indication, Method::Binding) => {}
            (
                Class::Request,
                Method::Send
                | Method::Data
                | Method::Connect
                | Method::ConnectionBind
                | Method::ConnectionAttempt,
            )
            | (
                Class::Indication,
                Method::Allocate
                | Method::Refresh
                | Method::Send
                | Method::Data
                | Method::CreatePermission
                | Method::ChannelBind
                | Method::Connect
                | Method::ConnectionBind
                | Method::ConnectionAttempt,
            )
            | (Class::Success | Class::Error, _) => self.stats.count_drop(DropReason::Unexpected),
        }
    }

    /// RFC 8489 §12: stateless; the answer holds nothing but the address (P6).
    fn on_binding(&mut self, now: Instant, from: FiveTuple, message: &Message<'_>) {
        if let Some(refusal) = self.refuse_unknown(message) {
            if self.answer(now, from, message.has_fingerprint(), None, refusal) {
                self.count_error(ErrorCode::UnknownAttribute);
            }
            return;
        }
        let success = MessageBuilder::new(Class::Success, Method::Binding, message.transaction)
            .address(AttributeType::XOR_MAPPED_ADDRESS, from.client);
        let is_answered = self.answer(now, from, message.has_fingerprint(), None, success);
        self.stats.bindings += u64::from(is_answered);
    }

    fn on_request(&mut self, now: Instant, from: FiveTuple, over_tls: bool, message: &Message<'_>) {
        let unix = self.unix(now);
        let existing = self.by_five_tuple.get(&from).copied();
        let existing = existing.or_else(|| self.named_by_ticket(message)).unwrap_or_default();
        let existing = existing.iter().find_map(|relay| self.allocation(relay));
        let existing = existing.or_else(|| self.allocation(self.named_by_connection(message)?));
        let (config, nonces, known, revoked) = (&self.config, &self.nonces, &self.known, &self.revoked);
        let authenticator = Authenticator { config, nonces, known, revoked };
        let caller = match authenticator.check(unix, from, message, existing) {
            Ok(caller) => caller,
            Err(code) => return self.refuse_stranger(now, from, message, code),
        };
        let fingerprint = message.has_fingerprint();
        // P3: only after authentication (RFC 8489 §9.2.4).
        if let Some(refusal) = self.refuse_unknown(message) {
            self.count_error(ErrorCode::UnknownAttribute);
            self.answer(now, from, fingerprint, Some(&caller.key), refusal);
            return;
        }
        let key = caller.key.clone();
        let answer = match message.method {
            Method::Allocate => self.on_allocate(now, from, over_tls, message, caller),
            Method::Refresh => self.on_refresh(now, from, message, &caller).map(Some),
            Method::CreatePermission => self.on_create_permission(now, from, message, &caller).map(Some),
            Method::ChannelBind => self.on_channel_bind(now, from, message, &caller).map(Some),
            Method::Connect => self.on_connect(now, from, over_tls, message, caller),
            Method::ConnectionBind => self.on_connection_bind(from, message, &caller).map(Some),
            Method::Binding | Method::Send | Method::Data | Method::ConnectionAttempt => return,
        };
        match answer {
            Ok(Some(success)) => {
                self.answer(now, from, fingerprint, Some(&key), success);
                if message.method == Method::ConnectionBind {
                    self.join(from, message);
                }
            }
            Ok(None) => {}
            Err(code) => {
                let asker = Asker { at: from, over_tls, key: &key };
                let error = self.refusal(asker, message.method, message.transaction, code);
                self.answer(now, from, fingerprint, Some(&key), error);
            }
        }
    }

    /// No, to somebody who has shown the password. 300 names another server.
    pub(crate) fn refusal(
        &mut self,
        to: Asker<'_>,
        method: Method,
        transaction: TransactionId,
        code: ErrorCode,
    ) -> MessageBuilder {
        self.count_error(code);
        let error = MessageBuilder::new(Class::Error, method, transaction).error_code(code);
        if code != ErrorCode::TryAlternate {
            return error;
        }
        let count = self.alternates(to.at, to.over_tls).count();
        let pick = self.random.below(u16::try_from(count).unwrap_or(u16::MAX).max(1));
        let Some((server, domain)) = self.alternates(to.at, to.over_tls).nth(pick.into()) else {
            return error;
        };
        let error = error.attribute(AttributeType::ALTERNATE_SERVER, &plain_address(server));
        // RFC 8489 §14.16: a client goes by it to whom it will trust, so it must be hard to forge.
        match domain.filter(|_| to.key.integrity() == Integrity::Sha256) {
            Some(domain) => error.attribute(AttributeType::ALTERNATE_DOMAIN, domain.as_bytes()),
            None => error,
        }
    }

    /// Other servers for this client, of the family he came by (RFC 8489 §10) and for what he came over: any of them, so that
    /// they share the load.
    fn alternates(
        &self,
        client: FiveTuple,
        over_tls: bool,
    ) -> impl Iterator<Item = (SocketAddr, Option<&str>)> {
        let plain = self.config.alternate_servers.iter().filter(move |_| !over_tls);
        let tls = self.config.alternate_tls_servers.iter().filter(move |_| over_tls);
        let all = plain
            .map(|server| (*server, None))
            .chain(tls.map(|server| (server.address, server.domain.as_deref())));
        all.filter(move |(server, _)| server.is_ipv4() == client.server.is_ipv4())
    }

    /// What to say when there is no room: 300 if another server may have some.
    pub(crate) fn no_room(&self, client: FiveTuple, over_tls: bool) -> ErrorCode {
        match self.alternates(client, over_tls).next() {
            Some(_) => ErrorCode::TryAlternate,
            None => ErrorCode::InsufficientCapacity,
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
        if self.answer(now, from, message.has_fingerprint(), None, error) {
            self.count_error(code);
        }
    }

    /// Finishes and queues an answer. Without a key it is for a stranger and rationed on UDP, where the source may be
    /// forged (X1), unless that connection has an allocation. Whether it was not dropped for that.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        to: FiveTuple,
        fingerprint: bool,
        key: Option<&IntegrityKey>,
        mut message: MessageBuilder,
    ) -> bool {
        let is_stranger = key.is_none() && !self.by_five_tuple.contains_key(&to);
        if is_stranger && to.transport == Transport::Udp {
            let ip = to.client.ip();
            let is_vouched = self.vouched.find(now, &host_of(ip)).is_some();
            if !self.shared.strangers.admit(now, ip, is_vouched) {
                self.stats.count_drop(DropReason::RateLimited);
                return false;
            }
        }
        if let Some(key) = key {
            message = message.integrity(key);
        }
        if fingerprint {
            message = message.fingerprint();
        }
        self.outputs.push_back(Output::Answer { to, bytes: message.finish() });
        true
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
            State::Opening(_) | State::Waiting | State::Reserved(_) => None,
        }
    }

    pub(crate) fn allocation_mut(&mut self, relay: RelayId) -> Option<&mut Allocation> {
        match &mut self.relays.get_mut(&relay)?.state {
            State::Allocated(allocation) => Some(allocation),
            State::Opening(_) | State::Waiting | State::Reserved(_) => None,
        }
    }

    /// What the caller has: 437 if the connection has nothing, 441 if it is somebody else's (RFC 8656 §5).
    pub(crate) fn own_allocations(&self, from: FiveTuple, username: &str) -> Result<Relays, ErrorCode> {
        let relays = self.by_five_tuple.get(&from).copied().unwrap_or_default();
        let mut allocations = relays.iter().map(|relay| self.allocation(relay));
        // Both families were opened by one Allocate, and so by one user.
        let first = allocations.next().flatten().ok_or(ErrorCode::AllocationMismatch)?;
        if *first.username != *username { Err(ErrorCode::WrongCredentials) } else { Ok(relays) }
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
            // Only once: the client may have something else at its address by now.
            if !std::mem::replace(&mut opening.abandoned, true) {
                self.by_five_tuple.remove(&opening.five_tuple);
            }
            return;
        }
        let Some(mut relay) = self.relays.remove(&id) else { return };
        if let Some(deadline) = relay.state.deadline() {
            self.deadlines.remove(&(deadline, id));
        }
        if let State::Allocated(allocation) = &relay.state {
            // Before the port can be somebody else's.
            self.shared.publish(allocation.relayed, || None);
        }
        {
            let mut ledger = self.shared.ledger();
            if let State::Reserved(reservation) = &relay.state
                && ledger.reservations.remove(&reservation.token).is_none()
            {
                // Somebody has brought the token to another core, whose port it is since then.
                return;
            }
            let is_forgotten = ledger.release(self.now, &relay.user, relay.address, relay.port);
            self.stats.users_forgotten += u64::from(is_forgotten);
        }
        if let State::Allocated(allocation) = &mut relay.state {
            for connection in allocation.streams.take().into_iter().flatten() {
                self.disconnect(connection);
            }
        }
        self.output(Output::CloseRelay { relay: id });
        match relay.state {
            State::Opening(_) | State::Waiting => {}
            State::Reserved(_) => self.stats.count_reservation(false),
            State::Allocated(allocation) => {
                self.by_relayed.remove(&allocation.relayed);
                self.stats.allocations -= 1;
                self.remember_ended(id, &allocation);
                if self.config.audit {
                    self.output(Output::Audit(Box::new(Audit::of(self.now, &allocation))));
                }
                let family = Family::of(allocation.relayed);
                let at_home = allocation.suspended.is_none().then_some(allocation.five_tuple);
                for five_tuple in [at_home, allocation.expected].into_iter().flatten() {
                    let rest = self.by_five_tuple.get(&five_tuple).copied().unwrap_or_default();
                    let rest = rest.with(family, None);
                    if rest.is_empty() {
                        self.by_five_tuple.remove(&five_tuple);
                        self.output(Output::Released { five_tuple });
                    } else {
                        self.by_five_tuple.insert(five_tuple, rest);
                    }
                }
            }
        }
    }

    /// Tells the other cores what has changed about an allocation. Called after every change of its lifetime, its
    /// permissions and its channels.
    pub(crate) fn publish(&mut self, id: RelayId) {
        if self.config.offload {
            self.output(Output::Changed { relay: id });
        }
        let Some(relay) = self.relays.get(&id) else { return };
        let State::Allocated(allocation) = &relay.state else { return };
        let bound = self.bound_address(id);
        self.shared.publish(allocation.relayed, || {
            Some(Access {
                five_tuple: allocation.five_tuple,
                bound,
                expires_at: allocation.expires_at,
                meter: Arc::clone(&allocation.meter),
                permissions: allocation.permissions.clone(),
                channels: allocation.channels.clone(),
            })
        });
    }

    /// Ends what has run out.
    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some((deadline, relay)) = self.deadlines.first().copied()
            && deadline <= now
        {
            if self.allocation(relay).is_some() {
                self.stats.allocations_expired += 1;
            }
            self.end(relay);
        }
        while let Some(connection) = self.connections.due(now) {
            self.give_up(now, connection);
        }
    }

    fn on_disconnected(&mut self, five_tuple: FiveTuple) {
        let relays = self.by_five_tuple.get(&five_tuple).copied().unwrap_or_default();
        if self.outlives(five_tuple, relays) {
            return;
        }
        for relay in relays.iter() {
            self.end(relay);
        }
    }

    fn on_known(&mut self, now: Instant, username: &str) {
        let Some(name) = Username::parse(username) else { return };
        let until = name.expires_at.saturating_add(self.config.limits.credential_grace);
        let hash = user_hash(username, &self.config.realm);
        let is_full = self.known.keep(self.unix(now), hash, username.into(), until);
        self.stats.names_dropped += u64::from(is_full);
    }

    fn on_revoke(&mut self, now: Instant, subject: &str, until: Duration) {
        let is_full = self.revoked.keep(self.unix(now), subject.into(), (), until);
        self.stats.revocations_dropped += u64::from(is_full);
        let is_meant = |username: &str| Username::parse(username).is_some_and(|name| name.is_of(subject));
        let matching = self.relays.iter().filter(|(_, relay)| match &relay.state {
            State::Opening(opening) => is_meant(&opening.username),
            State::Allocated(allocation) => is_meant(&allocation.username),
            // It can only be claimed with a credential of the same user, and ends within seconds.
            State::Reserved(_) => false,
            // It goes with the one that is opening.
            State::Waiting => false,
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

    /// 420 if the message holds attributes that must be understood and are not (RFC 8489 §6.3.1).
    fn refuse_unknown(&self, message: &Message<'_>) -> Option<MessageBuilder> {
        /// Enough to tell a client what is wrong; the answer to a stranger must stay small.
        const NAMED: usize = 8;
        let is_unknown = |kind: &AttributeType| {
            let is_beyond_us = match *kind {
                AttributeType::DONT_FRAGMENT => !self.config.dont_fragment,
                AttributeType::USERHASH => !self.config.knows_names,
                _ => false,
            };
            kind.must_be_refused() || is_beyond_us
        };
        let unknown = message.attributes().map(|(kind, _)| kind).filter(is_unknown);
        let list: Vec<u8> = unknown.take(NAMED).flat_map(|kind| kind.0.to_be_bytes()).collect();
        if list.is_empty() {
            return None;
        }
        let refusal = MessageBuilder::new(Class::Error, message.method, message.transaction)
            .error_code(ErrorCode::UnknownAttribute)
            .attribute(AttributeType::UNKNOWN_ATTRIBUTES, &list);
        Some(refusal)
    }
}
