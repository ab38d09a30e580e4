//! Against somebody else's reading of the same standards: the client of `turn-client-proto` drives our server through
//! a whole call, and `stun-types` reads what we write.

use std::net::SocketAddr;
use std::time::Duration;

use stun_types::TransportType;
use stun_types::message::{LongTermKeyCredentials, Message, MessageIntegrityCredentials};
use turn_client_proto::api::{TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::stun::Instant;
use turn_client_proto::stun::agent::Transmit;
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::TurnCredentials;
use turn_client_proto::udp::TurnClientUdp;
use visavis_turn::codec::{FrameDecoder, Method};
use visavis_turn::{FiveTuple, Traffic, Transport, issue};

use crate::world::{Fate, REALM, SERVER, START, World, address, secret, udp};

const LOCAL: &str = "192.0.2.7:40000";
const PEER: &str = "9.9.9.9:9000";

/// The foreign client and our server, with time passing for both.
struct Pair<C> {
    client: C,
    world: World,
    frames: FrameDecoder,
    at: FiveTuple,
    transport: TransportType,
    began: std::time::Instant,
    events: Vec<String>,
    received: Vec<(SocketAddr, Vec<u8>)>,
    sent: Vec<Fate>,
}

impl<C: TurnClientApi> Pair<C> {
    fn new(client: C, transport: Transport) -> Self {
        let world = World::new();
        let at = FiveTuple { transport, client: address(LOCAL), server: address(SERVER) };
        let began = world.now;
        let transport = match transport {
            Transport::Udp => TransportType::Udp,
            Transport::Tcp => TransportType::Tcp,
        };
        Self {
            client,
            world,
            frames: FrameDecoder::new(10_000),
            at,
            transport,
            began,
            events: Vec::new(),
            received: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn now(&self) -> Instant {
        // From 1 s, so that nothing lies before zero.
        let elapsed = self.world.now - self.began + Duration::from_secs(1);
        Instant::from_nanos(i64::try_from(elapsed.as_nanos()).unwrap())
    }

    /// Passes messages back and forth until neither side has anything to say; returns when the client wants to go on.
    fn settle(&mut self) -> Option<Duration> {
        loop {
            let now = self.now();
            let next = self.client.poll(now);
            let mut is_quiet = true;
            while let Some(transmit) = self.client.poll_transmit(now) {
                is_quiet = false;
                self.pass_to_server(&transmit.data);
            }
            while let Some(event) = self.client.poll_event() {
                is_quiet = false;
                self.events.push(match event {
                    TurnEvent::AllocationCreated(..) => "allocated".to_owned(),
                    TurnEvent::PermissionCreated(_, ip) => format!("permitted {ip}"),
                    TurnEvent::ChannelCreated(_, peer) => format!("bound {peer}"),
                    failed => format!("{failed:?}"),
                });
            }
            match next {
                TurnPollRet::WaitUntil(at) if is_quiet => return Some(at.saturating_duration_since(now)),
                TurnPollRet::Closed if is_quiet => return None,
                _ => {}
            }
        }
    }

    /// Lets time pass as the client wants it until it has told so many events.
    fn run_until_told(&mut self, count: usize) {
        let patience = self.world.now + Duration::from_secs(60);
        while self.events.len() < count && self.world.now < patience {
            let wait = self.settle().expect("the client goes on");
            self.world.advance(wait.clamp(Duration::from_millis(1), Duration::from_secs(1)));
        }
        assert_eq!(self.events.len(), count, "{:?}", self.events);
    }

    fn pass_to_server(&mut self, bytes: &[u8]) {
        let messages: Vec<Vec<u8>> = if self.transport == TransportType::Tcp {
            self.frames.push(bytes);
            std::iter::from_fn(|| self.frames.next_frame().unwrap().map(<[u8]>::to_vec)).collect()
        } else {
            vec![bytes.to_vec()]
        };
        for message in messages {
            match self.world.send(self.at, &message) {
                Fate::Answered(answer) => self.pass_to_client(answer.bytes),
                fate => self.sent.push(fate),
            }
        }
    }

    fn pass_to_client(&mut self, data: Vec<u8>) {
        let transmit =
            Transmit { data, transport: self.transport, from: address(SERVER), to: address(LOCAL) };
        let now = self.now();
        match self.client.recv(transmit, now) {
            TurnRecvRet::Handled => {}
            TurnRecvRet::PeerData(data) => self.received.push((data.peer, data.data().to_vec())),
            other => panic!("{other:?}"),
        }
        while let Some(data) = self.client.poll_recv(now) {
            self.received.push((data.peer, data.data().to_vec()));
        }
    }

    fn send_to_peer(&mut self, data: &[u8]) {
        let now = self.now();
        let transmit = self.client.send_to(TransportType::Udp, address(PEER), data, now).unwrap();
        if let Some(transmit) = transmit {
            self.pass_to_server(&transmit.build().data);
        }
        self.settle();
    }

    fn send_from_peer(&mut self, relayed: SocketAddr, data: &[u8]) {
        match self.world.send_from_peer(PEER, relayed, data) {
            Fate::ToClient { to, bytes } => {
                assert_eq!(to, self.at);
                self.pass_to_client(bytes);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn config() -> TurnConfig {
    let credential = issue(&secret(), "alice", START + Duration::from_secs(24 * 3600));
    TurnConfig::new(TurnCredentials::new(&credential.username, &credential.password))
}

/// On channels the data is a multiple of four bytes long: this client does not pad them on TCP, as RFC 8656 §12.5 demands.
fn a_whole_call<C: TurnClientApi>(mut pair: Pair<C>) {
    pair.run_until_told(1);
    assert_eq!(pair.events, ["allocated"]);
    let (_, relayed) = pair.client.relayed_addresses().next().unwrap();
    let peer = address(PEER);

    pair.client.create_permission(TransportType::Udp, peer.ip(), pair.now()).unwrap();
    pair.run_until_told(2);
    pair.send_to_peer(b"by indication");
    pair.send_from_peer(relayed, b"indicated");
    pair.client.bind_channel(TransportType::Udp, peer, pair.now()).unwrap();
    pair.run_until_told(3);
    pair.send_to_peer(b"by a channel");
    pair.send_from_peer(relayed, b"channelled!!");
    assert_eq!(pair.events[1..], [format!("permitted {}", peer.ip()), format!("bound {peer}")]);

    // Two hours of refreshing everything, with a change of nonce in between.
    let end = pair.world.now + Duration::from_secs(7200);
    while pair.world.now < end {
        let wait = pair.settle().expect("the client goes on");
        pair.world.advance(wait.clamp(Duration::from_millis(1), Duration::from_secs(60)));
    }
    pair.send_to_peer(b"I still am !");
    pair.send_from_peer(relayed, b"me, too !!!!");
    let to_peer = |data: &[u8]| Fate::ToPeer { from: relayed, peer, data: data.to_vec() };
    assert_eq!(pair.sent, [to_peer(b"by indication"), to_peer(b"by a channel"), to_peer(b"I still am !")]);
    let from_peer = |data: &[u8]| (peer, data.to_vec());
    assert_eq!(
        pair.received,
        [from_peer(b"indicated"), from_peer(b"channelled!!"), from_peer(b"me, too !!!!")]
    );

    pair.client.delete(pair.now()).unwrap();
    while let Some(wait) = pair.settle() {
        assert!(pair.world.now < end + Duration::from_secs(60), "the client is not done");
        pair.world.advance(wait.max(Duration::from_millis(1)));
    }
    let stats = pair.world.stats();
    assert_eq!((stats.allocations, stats.allocations_opened, stats.allocations_expired), (0, 1, 0));
    assert_eq!(stats.to_peer, Traffic { packets: 3, bytes: 37 });
}

#[test]
fn a_foreign_client_holds_a_call_over_udp_for_two_hours() {
    let client = TurnClientUdp::allocate(address(LOCAL), address(SERVER), config());
    a_whole_call(Pair::new(client, Transport::Udp));
}

#[test]
fn a_foreign_client_holds_a_call_over_tcp_for_two_hours() {
    let client = TurnClientTcp::allocate(address(LOCAL), address(SERVER), config());
    a_whole_call(Pair::new(client, Transport::Tcp));
}

#[test]
fn a_foreign_codec_reads_our_answers_and_agrees_on_their_integrity() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let credential = issue(&secret(), "alice", START + Duration::from_secs(3600));
    let theirs: MessageIntegrityCredentials =
        LongTermKeyCredentials::new(credential.username, credential.password, REALM.to_owned()).into();
    let allocated = world.request(&client, Method::Allocate, udp);
    let refused = world.bind(&client, 0x3000, PEER);
    for answer in [allocated, refused] {
        let message = Message::from_bytes(&answer.bytes).unwrap();
        message.validate_integrity(&theirs).unwrap();
    }
}
