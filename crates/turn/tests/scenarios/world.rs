//! A server with its clock, its sockets and its clients, all in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, IntegrityKey, Message, MessageBuilder, Method, TransactionId,
    decode_error_code, decode_xor_address,
};
use visavis_turn::{
    AuthSecret, ConnectionId, DropReason, FiveTuple, HEADROOM, Input, Output, RelayAddress, RelayId, Route,
    Shared, Stats, TAILROOM, Transport, Turn, TurnConfig, issue,
};

pub(crate) const REALM: &str = "visavis.test";
pub(crate) const SERVER: &str = "5.5.5.5:3478";
pub(crate) const RELAY_IP: &str = "5.5.5.5";
/// The time of day at the start.
pub(crate) const START: Duration = Duration::from_secs(1_700_000_000);

pub(crate) fn secret() -> AuthSecret {
    AuthSecret::new("north")
}

pub(crate) fn config() -> TurnConfig {
    TurnConfig {
        realm: REALM.to_owned(),
        relay_addresses: vec![RelayAddress::from(address(SERVER).ip())],
        relay_ports: 50000..=50999,
        rfc5766_channels: false,
        dont_fragment: true,
        ..TurnConfig::new(secret(), [1; 32])
    }
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can only be had from the clock; its value does not matter"
)]
pub(crate) fn any_instant() -> Instant {
    Instant::now()
}

pub(crate) struct World {
    pub(crate) turn: Turn,
    pub(crate) now: Instant,
    /// Open relayed ports.
    pub(crate) ports: BTreeMap<RelayId, SocketAddr>,
    /// Those that accept TCP.
    pub(crate) listening: BTreeSet<RelayId>,
    /// What is told and not to be done, since last taken.
    pub(crate) told: Vec<Output>,
    /// How many of the next wishes for a port the machine refuses.
    pub(crate) refusals: u32,
    /// The machine can open no port on this address.
    pub(crate) unavailable: Option<IpAddr>,
    /// Whether the last packet to a peer was to be sent with DF.
    pub(crate) dont_fragment: bool,
    /// Ports that were kept for this core's clients, since last looked at.
    pub(crate) taken: Vec<RelayId>,
    /// Wishes for ports are kept here, unanswered, while this is `Some`.
    pub(crate) unanswered: Option<Vec<RelayId>>,
    /// Whether what clients send comes through TLS.
    pub(crate) over_tls: bool,
    /// Answers of the server not yet looked at.
    answers: Vec<(FiveTuple, Vec<u8>)>,
    transactions: u64,
}

/// A client with credentials.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) at: FiveTuple,
    pub(crate) username: String,
    pub(crate) key: IntegrityKey,
    pub(crate) nonce: String,
}

/// An answer of the server, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) class: Class,
    pub(crate) code: Option<ErrorCode>,
    /// Everything but ERROR-CODE, MESSAGE-INTEGRITY and FINGERPRINT.
    pub(crate) attributes: Vec<(AttributeType, Vec<u8>)>,
    pub(crate) transaction: TransactionId,
    pub(crate) bytes: Vec<u8>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered(Answer),
    ToPeer {
        from: SocketAddr,
        peer: SocketAddr,
        data: Vec<u8>,
    },
    ToClient {
        to: FiveTuple,
        bytes: Vec<u8>,
    },
    Dropped(DropReason),
    /// Understood, without answer.
    Silent,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut TurnConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        Self::of(config, [42; 32])
    }

    pub(crate) fn of(config: TurnConfig, seed: [u8; 32]) -> Self {
        let now = any_instant();
        Self::around(Turn::new(config, now, START, seed), now)
    }

    /// Two cores of one relay.
    pub(crate) fn pair(change: impl FnOnce(&mut TurnConfig)) -> [Self; 2] {
        let mut config = config();
        change(&mut config);
        let now = any_instant();
        let shared = Arc::new(Shared::new(&config, now, [9; 32], 2));
        [42, 43].map(|seed| {
            let turn = Turn::sharing(Arc::clone(&shared), config.clone(), now, START, [seed; 32]);
            Self::around(turn, now)
        })
    }

    fn around(turn: Turn, now: Instant) -> Self {
        Self {
            turn,
            now,
            ports: BTreeMap::new(),
            listening: BTreeSet::new(),
            told: Vec::new(),
            refusals: 0,
            unavailable: None,
            dont_fragment: false,
            taken: Vec::new(),
            unanswered: None,
            over_tls: false,
            answers: Vec::new(),
            transactions: 0,
        }
    }

    pub(crate) fn stats(&self) -> &Stats {
        self.turn.stats()
    }

    /// Lets time pass, waking the server whenever it asked for it.
    pub(crate) fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(next) = self.turn.next_timeout().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.handle(Input::Timeout);
        }
        self.now = until;
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) {
        self.turn.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { to, bytes } => self.answers.push((to, bytes)),
                Output::OpenRelay { relay, at, next } => self.on_wish(relay, at, next),
                Output::TakeRelay { relay } => self.taken.push(relay),
                Output::CloseRelay { relay } => {
                    self.listening.remove(&relay);
                    assert!(self.ports.remove(&relay).is_some(), "{relay:?} was not open");
                }
                Output::Listen { relay, at } => {
                    self.listening.insert(relay);
                    self.on_wish(relay, at, None);
                }
                told @ (Output::Allocated { .. }
                | Output::Released { .. }
                | Output::Changed { .. }
                | Output::Connect { .. }
                | Output::Join { .. }
                | Output::Disconnect { .. }
                | Output::Audit(_)) => {
                    self.told.push(told);
                }
            }
        }
    }

    fn on_wish(&mut self, relay: RelayId, at: SocketAddr, next: Option<RelayId>) {
        if let Some(waiting) = &mut self.unanswered {
            waiting.push(relay);
            self.ports.insert(relay, at);
            return;
        }
        if self.refusals > 0 || self.unavailable == Some(at.ip()) {
            self.refusals = self.refusals.saturating_sub(1);
            return self.turn.handle(self.now, Input::RelayRefused { relay });
        }
        let beside = next.map(|next| (next, SocketAddr::new(at.ip(), at.port() + 1)));
        for (relay, at) in [Some((relay, at)), beside].into_iter().flatten() {
            assert!(!self.ports.values().any(|open| *open == at), "{at} is opened twice");
            assert_eq!(self.ports.insert(relay, at), None);
        }
        self.turn.handle(self.now, Input::RelayOpened { relay });
    }

    /// A client that has not spoken yet, with a credential for an hour.
    pub(crate) fn client(&self, at: &str) -> Client {
        self.client_of("alice", at)
    }

    pub(crate) fn client_of(&self, user: &str, at: &str) -> Client {
        let five_tuple =
            FiveTuple { transport: Transport::Udp, client: address(at), server: address(SERVER) };
        Client::new(five_tuple, user, START + Duration::from_secs(3600))
    }

    pub(crate) fn tcp_client(&self, at: &str) -> Client {
        let mut client = self.client(at);
        client.at.transport = Transport::Tcp;
        client
    }

    pub(crate) fn transaction(&mut self) -> TransactionId {
        self.transactions += 1;
        let mut id = [9; 12];
        id[4..].copy_from_slice(&self.transactions.to_be_bytes());
        TransactionId(id)
    }

    /// A message of this client to the server, and what becomes of it.
    pub(crate) fn send(&mut self, from: FiveTuple, bytes: &[u8]) -> Fate {
        let before = self.stats().clone();
        let mut buffer = packet(bytes);
        match self.turn.route(self.now, from, &mut buffer, bytes.len()) {
            Route::ToPeer { relay, peer, data, dont_fragment } => {
                self.dont_fragment = dont_fragment;
                Fate::ToPeer { from: self.ports[&relay], peer, data: buffer[data].to_vec() }
            }
            Route::ToClient { to, data } => Fate::ToClient { to, bytes: buffer[data].to_vec() },
            Route::Dropped(reason) => Fate::Dropped(reason),
            Route::Control => {
                self.handle(Input::Message { from, over_tls: self.over_tls, bytes });
                if let Some(answer) = self.take_answer(from) {
                    return Fate::Answered(answer);
                }
                let is_counted =
                    |reason: &DropReason| self.stats().dropped(*reason) > before.dropped(*reason);
                DropReason::ALL.into_iter().find(is_counted).map_or(Fate::Silent, Fate::Dropped)
            }
        }
    }

    /// A datagram of this peer to a relayed address.
    pub(crate) fn send_from_peer(&mut self, peer: &str, relayed: SocketAddr, data: &[u8]) -> Fate {
        let (relay, _) = self.ports.iter().find(|(_, at)| **at == relayed).expect("the port is open");
        let mut buffer = packet(data);
        match self.turn.route_from_peer(self.now, *relay, address(peer), &mut buffer, data.len()) {
            Route::ToClient { to, data } => Fate::ToClient { to, bytes: buffer[data].to_vec() },
            Route::Dropped(reason) => Fate::Dropped(reason),
            other => panic!("{other:?}"),
        }
    }

    /// A peer connects to a relayed address.
    pub(crate) fn connect_from_peer(&mut self, peer: &str, relayed: SocketAddr) -> Option<ConnectionId> {
        let (relay, _) = self.ports.iter().find(|(_, at)| **at == relayed).expect("the port is open");
        assert!(self.listening.contains(relay), "{relayed} does not listen");
        let admitted = self.turn.admit_peer(self.now, *relay, address(peer));
        self.drain();
        admitted
    }

    /// What the server sent to a client unasked.
    pub(crate) fn take_message(&mut self) -> Option<(FiveTuple, Vec<u8>)> {
        assert!(self.answers.len() <= 1, "{:?}", self.answers);
        self.answers.pop()
    }

    pub(crate) fn take_answer(&mut self, to: FiveTuple) -> Option<Answer> {
        assert!(self.answers.len() <= 1, "{:?}", self.answers);
        let (at, bytes) = self.answers.pop()?;
        assert_eq!(at, to);
        Some(Answer::decode(&bytes))
    }

    /// An authenticated request with these attributes, and its answer, whose integrity is checked.
    pub(crate) fn request(
        &mut self,
        client: &Client,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Answer {
        let request = self.sign(client, method, add);
        match self.send(client.at, &request) {
            Fate::Answered(answer) => {
                let is_stranger =
                    matches!(answer.code, Some(ErrorCode::Unauthorized | ErrorCode::StaleNonce))
                        || answer.is_unsigned();
                let message = Message::decode(&answer.bytes).unwrap();
                assert_eq!(message.verify_integrity(&client.key), !is_stranger, "{answer:?}");
                assert_eq!(message.transaction, Message::decode(&request).unwrap().transaction);
                answer
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn sign(
        &mut self,
        client: &Client,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Vec<u8> {
        let builder = MessageBuilder::new(Class::Request, method, self.transaction());
        client.sign(add(builder))
    }

    /// Gets a nonce with an unauthenticated Allocate.
    pub(crate) fn challenge(&mut self, client: &mut Client) {
        let request = MessageBuilder::new(Class::Request, Method::Allocate, self.transaction()).finish();
        let Fate::Answered(answer) = self.send(client.at, &request) else { panic!("no challenge") };
        assert_eq!(answer.code, Some(ErrorCode::Unauthorized));
        client.nonce = String::from_utf8(answer.attribute(AttributeType::NONCE).to_vec()).unwrap();
    }

    /// What a browser does first; returns the relayed address.
    pub(crate) fn allocate(&mut self, client: &mut Client) -> SocketAddr {
        self.challenge(client);
        let answer = self.request(client, Method::Allocate, udp);
        assert_eq!((answer.class, answer.code), (Class::Success, None));
        answer.address(AttributeType::XOR_RELAYED_ADDRESS)
    }

    pub(crate) fn permit(&mut self, client: &Client, peers: &[&str]) -> Answer {
        self.request(client, Method::CreatePermission, |message| {
            peers.iter().fold(message, |message, peer| {
                message.address(AttributeType::XOR_PEER_ADDRESS, address(peer))
            })
        })
    }

    pub(crate) fn bind(&mut self, client: &Client, number: u16, peer: &str) -> Answer {
        self.request(client, Method::ChannelBind, |message| {
            message
                .attribute(AttributeType::CHANNEL_NUMBER, &[number.to_be_bytes(), [0; 2]].concat())
                .address(AttributeType::XOR_PEER_ADDRESS, address(peer))
        })
    }

    pub(crate) fn refresh(&mut self, client: &Client, seconds: u32) -> Answer {
        self.request(client, Method::Refresh, |message| lifetime(message, seconds))
    }

    /// A Send indication.
    pub(crate) fn send_indication(&mut self, client: &Client, peer: &str, data: &[u8]) -> Fate {
        let bytes = MessageBuilder::new(Class::Indication, Method::Send, self.transaction())
            .address(AttributeType::XOR_PEER_ADDRESS, address(peer))
            .attribute(AttributeType::DATA, data)
            .finish();
        self.send(client.at, &bytes)
    }

    /// ChannelData, unpadded.
    pub(crate) fn send_channel(&mut self, client: &Client, number: u16, data: &[u8]) -> Fate {
        self.send(client.at, &channel_data(number, data))
    }
}

impl Client {
    pub(crate) fn new(at: FiveTuple, user: &str, expires_at: Duration) -> Self {
        let credential = issue(&secret(), user, expires_at);
        let key = IntegrityKey::long_term(&credential.username, REALM, &credential.password);
        Self { at, username: credential.username, key, nonce: String::new() }
    }

    pub(crate) fn sign(&self, message: MessageBuilder) -> Vec<u8> {
        message
            .attribute(AttributeType::USERNAME, self.username.as_bytes())
            .attribute(AttributeType::REALM, REALM.as_bytes())
            .attribute(AttributeType::NONCE, self.nonce.as_bytes())
            .integrity(&self.key)
            .finish()
    }
}

impl Answer {
    fn decode(bytes: &[u8]) -> Self {
        let message = Message::decode(bytes).expect("the server sends well-formed messages");
        let code =
            message.attribute(AttributeType::ERROR_CODE).map(|value| decode_error_code(value).unwrap());
        let others = message.attributes().filter(|(kind, _)| *kind != AttributeType::ERROR_CODE);
        Self {
            class: message.class,
            code,
            attributes: others.map(|(kind, value)| (kind, value.to_vec())).collect(),
            transaction: message.transaction,
            bytes: bytes.to_vec(),
        }
    }

    pub(crate) fn attribute(&self, wanted: AttributeType) -> &[u8] {
        let found = self.attributes.iter().find(|(kind, _)| *kind == wanted);
        found.map_or_else(|| panic!("no {wanted:?} in {self:?}"), |(_, value)| value.as_slice())
    }

    pub(crate) fn address(&self, wanted: AttributeType) -> SocketAddr {
        decode_xor_address(self.attribute(wanted), self.transaction).unwrap()
    }

    pub(crate) fn kinds(&self) -> Vec<AttributeType> {
        self.attributes.iter().map(|(kind, _)| *kind).collect()
    }

    pub(crate) fn lifetime(&self) -> u32 {
        u32::from_be_bytes(self.attribute(AttributeType::LIFETIME).try_into().unwrap())
    }

    /// Whether it is a 400 for want of attributes that say who asks.
    fn is_unsigned(&self) -> bool {
        Message::decode(&self.bytes).unwrap().integrity().is_none()
            && self.code == Some(ErrorCode::BadRequest)
    }
}

fn packet(bytes: &[u8]) -> Vec<u8> {
    // Not zero, so that unwritten padding shows (CVE-2020-4067).
    let mut buffer = vec![0xAA; HEADROOM + bytes.len() + TAILROOM];
    buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
    buffer
}

pub(crate) fn udp(message: MessageBuilder) -> MessageBuilder {
    message.attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

pub(crate) fn tcp(message: MessageBuilder) -> MessageBuilder {
    message.attribute(AttributeType::REQUESTED_TRANSPORT, &[6, 0, 0, 0])
}

pub(crate) fn lifetime(message: MessageBuilder, seconds: u32) -> MessageBuilder {
    message.attribute(AttributeType::LIFETIME, &seconds.to_be_bytes())
}

pub(crate) fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&number.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

/// A Data indication as (peer, data).
pub(crate) fn data_indication(bytes: &[u8]) -> (SocketAddr, Vec<u8>) {
    let message = Message::decode(bytes).unwrap();
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    let kinds: Vec<AttributeType> = message.attributes().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [AttributeType::XOR_PEER_ADDRESS, AttributeType::DATA]);
    let peer = message.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    let data = message.attribute(AttributeType::DATA).unwrap();
    let padding = &bytes[bytes.len() - (data.len().wrapping_neg() & 3)..];
    assert!(padding.iter().all(|byte| *byte == 0), "padding is not zero");
    (decode_xor_address(peer, message.transaction).unwrap(), data.to_vec())
}
