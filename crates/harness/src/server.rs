//! The core with its clock and its sockets, all in memory, and the rules that hold whoever speaks: sockets are opened
//! and closed once and within the range, answers are well-formed messages to who asked, the next timeout lies ahead.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use visavis_turn::codec::{
    AttributeType, Integrity, IntegrityKey, Message, MessageBuilder, Method, PasswordAlgorithm,
};
use visavis_turn::{
    AuthSecret, FiveTuple, HEADROOM, Input, Limits, Output, RelayAddress, RelayId, Route, Stats, TAILROOM,
    Turn, TurnConfig, issue,
};

pub(crate) const REALM: &str = "fuzz.test";
/// The address that relayed ports are opened on, behind a one-to-one NAT.
pub(crate) const BOUND: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5));
/// What peers see in its place.
pub(crate) const ADVERTISED: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(5, 5, 5, 5));
/// The relay's IPv6 address.
pub(crate) const OVER_IPV6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2a00, 5, 0, 0, 0, 0, 0, 5));
/// Where clients come to.
pub(crate) const LISTENING: u16 = 3478;
pub(crate) const PORTS: std::ops::RangeInclusive<u16> = 50001..=50009;
/// The time of day at the start.
const START: Duration = Duration::from_secs(1_700_000_000);

/// Few of everything, so that every limit is met; but no limit per second, which the model does not know.
pub(crate) fn limits() -> Limits {
    Limits {
        allocations: 5,
        allocations_per_user: 2,
        permissions: 4,
        channels: 3,
        port_attempts: 2,
        stranger_answers_per_second: 5,
        stranger_answers_burst: 8,
        new_allocations_per_second: 0,
        new_peers_per_second: 0,
        packets_per_second: 0,
        bytes_per_second: 0,
        user_packets_per_second: 0,
        user_bytes_per_second: 0,
        ..Limits::default()
    }
}

pub(crate) struct Server {
    turn: Turn,
    pub(crate) now: Instant,
    /// The time of day as the server was told it, at that moment.
    wall_clock: (Instant, Duration),
    /// Open relayed ports: where they are bound.
    pub(crate) ports: BTreeMap<RelayId, SocketAddr>,
    /// Wishes for ports that have not been answered: the port, and the next one.
    pub(crate) wishes: Vec<(RelayId, Option<RelayId>, SocketAddr)>,
    /// Whether wishes wait in `wishes` rather than being answered at once.
    pub(crate) waits: bool,
    /// How many of the next wishes the machine refuses.
    pub(crate) refusals: u8,
    /// Names that were closed; none comes again.
    closed: BTreeSet<RelayId>,
}

/// What the server did that others see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Answered {
        to: FiveTuple,
        bytes: Vec<u8>,
    },
    Allocated(FiveTuple),
    Released(FiveTuple),
    /// A port was closed that was bound there.
    Closed(SocketAddr),
}

impl Server {
    pub(crate) fn new() -> Self {
        let config = TurnConfig {
            realm: REALM.to_owned(),
            previous_nonce_key: Some([2; 32]),
            relay_addresses: vec![
                RelayAddress { bind: BOUND, advertised: ADVERTISED },
                RelayAddress { bind: OVER_IPV6, advertised: OVER_IPV6 },
            ],
            relay_ports: PORTS,
            rfc5766_channels: false,
            dont_fragment: true,
            mobility: true,
            offload: false,
            allow_peers: vec!["10.1.0.0/16".parse().expect("a network")],
            own_addresses: vec![BOUND, OVER_IPV6],
            limits: limits(),
            ..TurnConfig::new(secret(), [1; 32])
        };
        let now = Instant::now();
        Self {
            turn: Turn::new(config, now, START, [42; 32]),
            now,
            wall_clock: (now, START),
            ports: BTreeMap::new(),
            wishes: Vec::new(),
            waits: false,
            refusals: 0,
            closed: BTreeSet::new(),
        }
    }

    pub(crate) fn stats(&self) -> &Stats {
        self.turn.stats()
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.turn.next_timeout()
    }

    /// The time of day as the server knows it.
    pub(crate) fn unix(&self) -> Duration {
        let (read_at, unix) = self.wall_clock;
        unix + self.now.saturating_duration_since(read_at)
    }

    pub(crate) fn set_wall_clock(&mut self, unix: Duration) -> Vec<Deed> {
        self.wall_clock = (self.now, unix);
        self.handle(Input::WallClock { unix })
    }

    /// Tells the core, and does what it wants done.
    pub(crate) fn handle(&mut self, input: Input<'_>) -> Vec<Deed> {
        self.turn.handle(self.now, input);
        let deeds = self.drain();
        let next = self.turn.next_timeout();
        assert!(next.is_none_or(|next| next > self.now), "a timeout that is due has been handled");
        deeds
    }

    fn drain(&mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { to, bytes } => deeds.push(Deed::Answered { to, bytes }),
                Output::OpenRelay { relay, at, next } => self.on_wish(relay, next, at),
                Output::Listen { .. }
                | Output::Connect { .. }
                | Output::Join { .. }
                | Output::Disconnect { .. } => panic!("nobody may have TCP to peers"),
                Output::TakeRelay { relay } => {
                    assert!(self.ports.contains_key(&relay), "only what is open is taken");
                }
                Output::CloseRelay { relay } => {
                    let at = self.ports.remove(&relay).expect("only what is open is closed");
                    self.closed.insert(relay);
                    deeds.push(Deed::Closed(at));
                }
                Output::Allocated { five_tuple } => deeds.push(Deed::Allocated(five_tuple)),
                Output::Released { five_tuple } => deeds.push(Deed::Released(five_tuple)),
                Output::Changed { relay } => panic!("unwanted change of {relay:?}"),
                Output::Audit(audit) => panic!("unwanted {audit:?}"),
            }
        }
        deeds
    }

    fn on_wish(&mut self, relay: RelayId, next: Option<RelayId>, at: SocketAddr) {
        self.wishes.push((relay, next, at));
        if !self.waits {
            let may = self.refusals == 0;
            self.refusals = self.refusals.saturating_sub(1);
            self.settle_wish(self.wishes.len() - 1, may);
        }
    }

    /// Opens a port (and the next one) that was asked for, or refuses to. Drain with `handle` afterwards.
    pub(crate) fn settle_wish(&mut self, index: usize, is_opened: bool) {
        let (relay, next, at) = self.wishes.remove(index);
        assert!(at.ip() == BOUND || at.ip() == OVER_IPV6, "{at} is no address of this machine");
        let beside = next.map(|next| (next, SocketAddr::new(at.ip(), at.port() + 1)));
        for (relay, at) in [Some((relay, at)), beside].into_iter().flatten() {
            assert!(PORTS.contains(&at.port()), "{at} lies outside the range");
            assert!(!self.ports.values().any(|open| *open == at), "{at} is opened twice");
            assert!(!self.closed.contains(&relay), "{relay:?} is named a second time");
            if is_opened {
                assert_eq!(self.ports.insert(relay, at), None, "{relay:?} is named twice");
            }
        }
        let input = if is_opened { Input::RelayOpened { relay } } else { Input::RelayRefused { relay } };
        self.turn.handle(self.now, input);
    }

    /// What a client sends, as the shell would pass it on: the route, what lies there, and what followed.
    pub(crate) fn take_from_client(&mut self, from: FiveTuple, bytes: &[u8]) -> (Route, Vec<u8>, Vec<Deed>) {
        let mut buffer = packet(bytes);
        let route = self.turn.route(self.now, from, &mut buffer, bytes.len());
        let sent = lying(&buffer, &route);
        let deeds = match route {
            Route::Control => self.handle(Input::Message { from, over_tls: false, bytes }),
            // Who was expected has come.
            Route::ToPeer { .. } | Route::ToClient { .. } | Route::Dropped(_) => self.drain(),
        };
        for deed in &deeds {
            answers_well(deed, bytes);
        }
        (route, sent, deeds)
    }

    /// What a peer sends to a relayed port.
    pub(crate) fn take_from_peer(
        &mut self,
        relay: RelayId,
        peer: SocketAddr,
        data: &[u8],
    ) -> (Route, Vec<u8>) {
        let mut buffer = packet(data);
        let route = self.turn.route_from_peer(self.now, relay, peer, &mut buffer, data.len());
        let sent = lying(&buffer, &route);
        (route, sent)
    }
}

/// Every answer is a message, with zero padding, to something that was asked.
fn answers_well(deed: &Deed, asked: &[u8]) {
    let Deed::Answered { bytes, .. } = deed else { return };
    let answer = Message::decode(bytes).expect("the server sends well-formed messages");
    let is_about_this = Message::decode(asked).is_ok_and(|asked| asked.transaction == answer.transaction);
    // An earlier Allocate may be answered by the way.
    assert!(is_about_this || answer.method == Method::Allocate);
}

fn packet(bytes: &[u8]) -> Vec<u8> {
    // Not zero, so that unwritten padding shows (CVE-2020-4067).
    let mut buffer = vec![0xAA; HEADROOM + bytes.len() + TAILROOM];
    buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
    buffer
}

fn lying(buffer: &[u8], route: &Route) -> Vec<u8> {
    match route {
        Route::ToPeer { data, .. } | Route::ToClient { data, .. } => buffer[data.clone()].to_vec(),
        Route::Control | Route::Dropped(_) => Vec::new(),
    }
}

pub(crate) fn secret() -> AuthSecret {
    AuthSecret::new("north")
}

/// User name and key of a credential.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) username: String,
    pub(crate) key: IntegrityKey,
    algorithm: PasswordAlgorithm,
}

impl Login {
    /// As browsers make and use it: MD5 and HMAC-SHA1.
    pub(crate) fn new(subject: &str, expires_at: Duration) -> Self {
        Self::with(Integrity::Sha1, PasswordAlgorithm::Md5, subject, expires_at)
    }

    pub(crate) fn with(
        integrity: Integrity,
        algorithm: PasswordAlgorithm,
        subject: &str,
        expires_at: Duration,
    ) -> Self {
        let credential = issue(&secret(), subject, expires_at);
        let key =
            IntegrityKey::derived(integrity, algorithm, &credential.username, REALM, &credential.password);
        Self { username: credential.username, key, algorithm }
    }

    pub(crate) fn sign(&self, message: MessageBuilder, nonce: &[u8]) -> MessageBuilder {
        let message = message
            .attribute(AttributeType::USERNAME, self.username.as_bytes())
            .attribute(AttributeType::REALM, REALM.as_bytes())
            .attribute(AttributeType::NONCE, nonce);
        let message = match self.algorithm {
            PasswordAlgorithm::Md5 => message,
            PasswordAlgorithm::Sha256 => message
                .attribute(AttributeType::PASSWORD_ALGORITHMS, &PasswordAlgorithm::OFFERED)
                .attribute(AttributeType::PASSWORD_ALGORITHM, &[0, 2, 0, 0]),
        };
        message.integrity(&self.key)
    }
}
