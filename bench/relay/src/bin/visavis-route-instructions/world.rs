//! The TURN core with calls in it, and the ways a packet can go through it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use visavis_turn::codec::{
    AttributeType, Class, IntegrityKey, Message, MessageBuilder, Method, TransactionId, decode_xor_address,
};
use visavis_turn::{
    AuthSecret, FiveTuple, HEADROOM, Input, Output, RelayAddress, RelayId, Route, TAILROOM, Transport, Turn,
    TurnConfig, issue,
};

/// Calls at a time; a packet of each in turn.
const CALLS: usize = 50;
/// Bytes of application data.
const BYTES: usize = 1100;
/// Between two packets: slow enough for any limit of one allocation.
const BETWEEN: Duration = Duration::from_millis(1);
/// The time of day.
const UNIX: Duration = Duration::from_secs(1_700_000_000);
/// The channel to the peer, and to the other client.
const TO_PEER: u16 = 0x4000;
const TO_OTHER: u16 = 0x4001;

/// A way through the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// ChannelData to a peer.
    ChannelUp,
    /// A peer's datagram, to a client as ChannelData.
    ChannelDown,
    /// ChannelData to another client of ours, as ChannelData.
    ChannelHair,
    /// A Send indication to a peer.
    IndicationUp,
    /// A peer's datagram, to a client as Data indication.
    IndicationDown,
    /// A Send indication to another client of ours, as Data indication.
    IndicationHair,
}

impl Way {
    pub(crate) const ALL: [Self; 6] = [
        Self::ChannelUp,
        Self::ChannelDown,
        Self::ChannelHair,
        Self::IndicationUp,
        Self::IndicationDown,
        Self::IndicationHair,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ChannelUp => "channel up",
            Self::ChannelDown => "channel down",
            Self::ChannelHair => "channel hair",
            Self::IndicationUp => "indication up",
            Self::IndicationDown => "indication down",
            Self::IndicationHair => "indication hair",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|way| way.name() == name)
            .with_context(|| format!("there is no path {name}"))
    }

    fn has_channels(self) -> bool {
        match self {
            Self::ChannelUp | Self::ChannelDown | Self::ChannelHair => true,
            Self::IndicationUp | Self::IndicationDown | Self::IndicationHair => false,
        }
    }
}

/// What a client signs its requests with.
struct Account {
    at: FiveTuple,
    username: String,
    /// Once it has been challenged.
    key: Option<IntegrityKey>,
    realm: String,
    nonce: String,
}

/// A client with an allocation.
struct Client {
    account: Account,
    relay: RelayId,
    relayed: SocketAddr,
    /// Its peer outside.
    peer: SocketAddr,
}

pub(crate) struct World {
    turn: Turn,
    now: Instant,
    transactions: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        let config = TurnConfig {
            realm: "bench.example".to_owned(),
            relay_addresses: vec![RelayAddress::from(server().ip())],
            rfc5766_channels: false,
            own_addresses: vec![server().ip()],
            ..TurnConfig::new(AuthSecret::new("measurement"), [7; 32])
        };
        let now = Instant::now();
        Self { turn: Turn::new(config, now, UNIX, [42; 32]), now, transactions: 0 }
    }

    /// Sends so many packets that way, each of another client than the one before.
    pub(crate) fn walk(&mut self, way: Way, packets: u64) -> Result<()> {
        let clients = self.clients(way)?;
        let length = clients.len();
        let others = clients.iter().cycle().skip(1);
        let datagrams: Vec<Vec<u8>> =
            clients.iter().zip(others).map(|(client, other)| datagram(way, client, other)).collect();
        let mut buffer = vec![0; HEADROOM + 1500 + TAILROOM];
        for nth in (0..length).cycle().take(usize::try_from(packets)?) {
            self.now += BETWEEN;
            let (client, bytes) = (&clients[nth], &datagrams[nth]);
            buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
            let route = match way {
                Way::ChannelDown | Way::IndicationDown => {
                    self.turn.route_from_peer(self.now, client.relay, client.peer, &mut buffer, bytes.len())
                }
                Way::ChannelUp | Way::ChannelHair | Way::IndicationUp | Way::IndicationHair => {
                    self.turn.route(self.now, client.account.at, &mut buffer, bytes.len())
                }
            };
            let arrives = match (way, &route) {
                (Way::ChannelUp | Way::IndicationUp, Route::ToPeer { peer, .. }) => *peer == client.peer,
                (Way::ChannelDown | Way::IndicationDown, Route::ToClient { to, .. }) => {
                    *to == client.account.at
                }
                (Way::ChannelHair | Way::IndicationHair, Route::ToClient { to, .. }) => {
                    *to == clients[(nth + 1) % length].account.at
                }
                _ => false,
            };
            ensure!(arrives, "{way:?} ended with {route:?}");
        }
        Ok(())
    }

    /// Clients in a ring: each may send to the next one, and has a peer of its own.
    fn clients(&mut self, way: Way) -> Result<Vec<Client>> {
        let mut clients = Vec::with_capacity(CALLS);
        for nth in 0..CALLS {
            clients.push(self.client(u16::try_from(nth)?)?);
        }
        for nth in 0..CALLS {
            let client = &clients[nth];
            let next = clients[(nth + 1) % CALLS].relayed;
            let before = clients[(nth + CALLS - 1) % CALLS].relayed;
            if way.has_channels() {
                self.bind(client, TO_PEER, client.peer)?;
                self.bind(client, TO_OTHER, next)?;
                self.bind(client, TO_OTHER + 1, before)?;
            } else {
                self.permit(client, client.peer)?;
                self.permit(client, next)?;
            }
        }
        Ok(clients)
    }

    fn client(&mut self, nth: u16) -> Result<Client> {
        let credential =
            issue(&AuthSecret::new("measurement"), &format!("user{nth}"), UNIX + Duration::from_secs(3600));
        let mut account = Account {
            at: FiveTuple {
                transport: Transport::Udp,
                client: SocketAddr::from(([198, 18, 0, 7], 40_000 + nth)),
                server: server(),
            },
            username: credential.username,
            key: None,
            realm: String::new(),
            nonce: String::new(),
        };
        let udp =
            |message: MessageBuilder| message.attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        let (challenge, _) = self.request(&account, Method::Allocate, udp)?;
        let message = Message::decode(&challenge)?;
        let text = |kind| message.text(kind).map(str::to_owned).context("a challenge without REALM or NONCE");
        account.realm = text(AttributeType::REALM)?;
        account.nonce = text(AttributeType::NONCE)?;
        account.key = Some(IntegrityKey::long_term(&account.username, &account.realm, &credential.password));
        let (answer, relay) = self.request(&account, Method::Allocate, udp)?;
        let message = Message::decode(&answer)?;
        let relayed = message.attribute(AttributeType::XOR_RELAYED_ADDRESS).context("not allocated")?;
        let relayed = decode_xor_address(relayed, message.transaction).context("not an address")?;
        let peer = SocketAddr::from(([9, 9, 9, 9], 9000 + nth));
        Ok(Client { account, relay: relay.context("no port was opened")?, relayed, peer })
    }

    fn bind(&mut self, client: &Client, channel: u16, peer: SocketAddr) -> Result<()> {
        let number = [channel.to_be_bytes(), [0; 2]].concat();
        self.succeed(client, Method::ChannelBind, |message| {
            message
                .attribute(AttributeType::CHANNEL_NUMBER, &number)
                .address(AttributeType::XOR_PEER_ADDRESS, peer)
        })
    }

    fn permit(&mut self, client: &Client, peer: SocketAddr) -> Result<()> {
        self.succeed(client, Method::CreatePermission, |message| {
            message.address(AttributeType::XOR_PEER_ADDRESS, peer)
        })
    }

    fn succeed(
        &mut self,
        client: &Client,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Result<()> {
        let (answer, _) = self.request(&client.account, method, add)?;
        ensure!(Message::decode(&answer)?.class == Class::Success, "{method:?} was refused");
        Ok(())
    }

    /// The answer, and the port that was opened for it.
    fn request(
        &mut self,
        account: &Account,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Result<(Vec<u8>, Option<RelayId>)> {
        self.transactions += 1;
        let mut transaction = [0; 12];
        transaction[4..].copy_from_slice(&self.transactions.to_be_bytes());
        let mut message = add(MessageBuilder::new(Class::Request, method, TransactionId(transaction)));
        if let Some(key) = &account.key {
            message = message
                .attribute(AttributeType::USERNAME, account.username.as_bytes())
                .attribute(AttributeType::REALM, account.realm.as_bytes())
                .attribute(AttributeType::NONCE, account.nonce.as_bytes())
                .integrity(key);
        }
        // A client is not answered faster than it may ask.
        self.now += Duration::from_millis(50);
        self.turn
            .handle(self.now, Input::Message { from: account.at, over_tls: false, bytes: &message.finish() });
        let mut opened = None;
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { bytes, .. } => return Ok((bytes, opened)),
                Output::OpenRelay { relay, .. } => {
                    opened = Some(relay);
                    self.turn.handle(self.now, Input::RelayOpened { relay });
                }
                _ => {}
            }
        }
        bail!("{method:?} was not answered")
    }
}

fn server() -> SocketAddr {
    SocketAddr::from(([5, 5, 5, 5], 3478))
}

/// What comes to the core.
fn datagram(way: Way, client: &Client, other: &Client) -> Vec<u8> {
    let data = [0x5A; BYTES];
    let channel_data = |number: u16| {
        let length = u16::try_from(BYTES).expect("a packet is smaller than that");
        [&number.to_be_bytes()[..], &length.to_be_bytes(), &data].concat()
    };
    let indication = |peer| {
        MessageBuilder::new(Class::Indication, Method::Send, TransactionId([1; 12]))
            .address(AttributeType::XOR_PEER_ADDRESS, peer)
            .attribute(AttributeType::DATA, &data)
            .finish()
    };
    match way {
        Way::ChannelUp => channel_data(TO_PEER),
        Way::ChannelHair => channel_data(TO_OTHER),
        Way::ChannelDown | Way::IndicationDown => data.to_vec(),
        Way::IndicationUp => indication(client.peer),
        Way::IndicationHair => indication(other.relayed),
    }
}
