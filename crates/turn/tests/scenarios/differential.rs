//! Against somebody else's server: the same requests, valid and not, go to ours and to that of `turn-server-proto`, and
//! where the standard decides, both must say the same. Where they differ, [`Step::is_known_to_differ`] says why.

use std::net::SocketAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use turn_client_proto::stun::agent::Transmit;
use turn_server_proto::api::{SocketAllocateError, TurnServerApi, TurnServerPollRet};
use turn_server_proto::server::TurnServer;
use turn_types::prelude::DelayedTransmitBuild;
use turn_types::{AddressFamily, Instant};
use visavis_turn::codec::{
    AttributeType, Class, IntegrityKey, Message, MessageBuilder, Method, TransactionId,
};
use visavis_turn::issue;

use crate::world::{Fate, REALM, SERVER, START, World, address, secret};

const CLIENT: &str = "192.0.2.7:40000";

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signed {
    Well,
    NotAtAll,
    WithWrongPassword,
    ByUnknownUser,
    WithoutUsername,
    WithoutRealm,
    WithoutNonce,
    WithOldNonce,
}

type Attributes = Vec<(u16, Vec<u8>)>;

#[derive(Clone, Debug)]
struct Step {
    method: Method,
    attributes: Attributes,
    peers: Vec<usize>,
    signed: Signed,
    fingerprint: bool,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    class: Option<Class>,
    code: Option<u16>,
}

/// Must be understood, and nobody does.
const UNKNOWN: u16 = 0x7ffe;
const PEERS: [&str; 4] = ["9.9.9.9:9000", "9.9.9.8:9000", "9.9.9.9:9001", "[2a00::9]:9000"];

/// The other server, with its sockets.
struct Other {
    server: TurnServer,
    nonce: String,
    next_port: u16,
}

impl Other {
    fn new() -> Self {
        let mut server =
            TurnServer::new(turn_types::stun::TransportType::Udp, address(SERVER), REALM.to_owned());
        let credential = credential();
        server.add_user(credential.username, credential.password);
        Self { server, nonce: String::new(), next_port: 50_000 }
    }

    fn now() -> Instant {
        Instant::from_nanos(1_000_000_000)
    }

    /// Its answer.
    fn send(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let now = Self::now();
        let udp = turn_types::stun::TransportType::Udp;
        let transmit = Transmit::new(bytes.to_vec(), udp, address(CLIENT), address(SERVER));
        if let Some(answer) = self.server.recv(transmit, now) {
            return Some(answer.data.build());
        }
        for _ in 0..8 {
            match self.server.poll(now) {
                TurnServerPollRet::AllocateSocket {
                    transport,
                    listen_addr,
                    client_addr,
                    allocation_transport,
                    family,
                } => {
                    self.next_port += 1;
                    let opened = match family {
                        AddressFamily::IPV4 => Ok(SocketAddr::new(address(SERVER).ip(), self.next_port)),
                        AddressFamily::IPV6 => Err(SocketAllocateError::AddressFamilyNotSupported),
                    };
                    self.server.allocated_socket(
                        transport,
                        listen_addr,
                        client_addr,
                        allocation_transport,
                        family,
                        opened,
                        now,
                    );
                }
                TurnServerPollRet::SocketClose { .. }
                | TurnServerPollRet::TcpClose { .. }
                | TurnServerPollRet::TcpConnect { .. } => {}
                TurnServerPollRet::WaitUntil(_) => break,
            }
            if let Some(answer) = self.server.poll_transmit(now) {
                return Some(answer.data);
            }
        }
        self.server.poll_transmit(now).map(|answer| answer.data)
    }
}

fn credential() -> visavis_turn::Credential {
    issue(&secret(), "alice", START + std::time::Duration::from_secs(3600))
}

fn nonce_of(answer: &[u8]) -> String {
    let message = Message::decode(answer).unwrap();
    message.text(AttributeType::NONCE).expect("a challenge holds a nonce").to_owned()
}

/// A step as bytes, with this server's nonce.
fn request(step: &Step, id: TransactionId, nonce: &str) -> Vec<u8> {
    let mut message = MessageBuilder::new(Class::Request, step.method, id);
    for (kind, value) in &step.attributes {
        message = message.attribute(AttributeType(*kind), value);
    }
    for peer in &step.peers {
        message = message.address(AttributeType::XOR_PEER_ADDRESS, address(PEERS[*peer]));
    }
    let credential = credential();
    let name = if step.signed == Signed::ByUnknownUser { "1700003600:bob" } else { &credential.username };
    let password = match step.signed {
        Signed::WithWrongPassword => "guess",
        Signed::Well
        | Signed::NotAtAll
        | Signed::ByUnknownUser
        | Signed::WithoutUsername
        | Signed::WithoutRealm
        | Signed::WithoutNonce
        | Signed::WithOldNonce => &credential.password,
    };
    let nonce = if step.signed == Signed::WithOldNonce { "an old one" } else { nonce };
    if step.signed != Signed::NotAtAll {
        if step.signed != Signed::WithoutUsername {
            message = message.attribute(AttributeType::USERNAME, name.as_bytes());
        }
        if step.signed != Signed::WithoutRealm {
            message = message.attribute(AttributeType::REALM, REALM.as_bytes());
        }
        if step.signed != Signed::WithoutNonce {
            message = message.attribute(AttributeType::NONCE, nonce.as_bytes());
        }
        message = message.integrity(&IntegrityKey::long_term(name, REALM, password));
    }
    if step.fingerprint { message.fingerprint().finish() } else { message.finish() }
}

impl Verdict {
    fn of(answer: Option<&[u8]>) -> Self {
        let Some(answer) = answer else { return Self { class: None, code: None } };
        let message = Message::decode(answer).unwrap();
        let code = message.attribute(AttributeType::ERROR_CODE);
        let code = code.map(|value| u16::from(value[2] & 7) * 100 + u16::from(value[3]));
        Self { class: Some(message.class), code }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let transport =
        prop_oneof![8 => Just(vec![17, 0, 0, 0]), 1 => Just(vec![99, 0, 0, 0]), 1 => Just(vec![17])];
    let family =
        prop_oneof![Just(vec![1, 0, 0, 0]), Just(vec![2, 0, 0, 0]), Just(vec![3, 0, 0, 0]), Just(vec![1])];
    let lifetime = prop_oneof![Just(0u32), Just(1), Just(600), Just(3600), Just(u32::MAX)]
        .prop_map(|seconds| seconds.to_be_bytes().to_vec());
    let number = prop_oneof![8 => 0x4000u16..0x4003, 1 => Just(0x3fff)]
        .prop_map(|number| [number.to_be_bytes(), [0; 2]].concat());
    let optional = |kind: AttributeType, value: BoxedStrategy<Vec<u8>>, percent: u32| {
        (0u32..100, value).prop_map(move |(chance, value)| (chance < percent).then_some((kind.0, value)))
    };
    let allocate = (
        optional(AttributeType::REQUESTED_TRANSPORT, transport.boxed(), 90),
        optional(AttributeType::REQUESTED_ADDRESS_FAMILY, family.clone().boxed(), 20),
        optional(AttributeType::ADDITIONAL_ADDRESS_FAMILY, family.clone().boxed(), 10),
        optional(AttributeType::LIFETIME, lifetime.clone().boxed(), 30),
    );
    let allocate =
        allocate.prop_map(|(a, b, c, d)| (Method::Allocate, [a, b, c, d].into_iter().flatten().collect()));
    let refresh = (
        optional(AttributeType::LIFETIME, lifetime.boxed(), 50),
        optional(AttributeType::REQUESTED_ADDRESS_FAMILY, family.boxed(), 20),
    );
    let refresh = refresh.prop_map(|(a, b)| (Method::Refresh, [a, b].into_iter().flatten().collect()));
    let bind = optional(AttributeType::CHANNEL_NUMBER, number.boxed(), 90)
        .prop_map(|a| (Method::ChannelBind, a.into_iter().collect()));
    let kind = prop_oneof![
        3 => allocate,
        2 => refresh,
        2 => Just((Method::CreatePermission, Vec::new())),
        4 => bind,
        1 => Just((Method::Binding, Vec::new())),
    ];
    let signed = prop_oneof![
        20 => Just(Signed::Well),
        1 => Just(Signed::NotAtAll),
        1 => Just(Signed::WithWrongPassword),
        1 => Just(Signed::ByUnknownUser),
        1 => Just(Signed::WithoutUsername),
        1 => Just(Signed::WithoutRealm),
        1 => Just(Signed::WithoutNonce),
        1 => Just(Signed::WithOldNonce),
    ];
    let unknown = prop_oneof![
        20 => Just(None),
        1 => Just(Some((UNKNOWN, vec![1, 2, 3]))),
        1 => Just(Some((0xfffeu16, vec![1, 2, 3]))),
    ];
    let kind = kind.prop_map(|(method, attributes): (Method, Attributes)| (method, attributes));
    let all = (kind, vec(0..PEERS.len(), 0..3), signed, unknown, any::<bool>());
    all.prop_map(|((method, mut attributes), mut peers, signed, unknown, fingerprint)| {
        attributes.extend(unknown);
        // How many make sense.
        peers.truncate(match method {
            Method::CreatePermission => PEERS.len(),
            Method::ChannelBind => 1,
            _ => 0,
        });
        let signed = if method == Method::Binding { Signed::NotAtAll } else { signed };
        Step { method, attributes, peers, signed, fingerprint }
    })
}

impl Step {
    /// Why the two servers may answer this differently. What follows it is not compared either: they no longer hold the same.
    fn is_known_to_differ(&self, earlier: &[Self]) -> Option<&'static str> {
        let value = |kind: AttributeType| {
            self.attributes.iter().find(|(other, _)| *other == kind.0).map(|(_, value)| value.as_slice())
        };
        if self.attributes.iter().any(|(kind, _)| *kind == UNKNOWN) {
            return Some(
                "we look for unknown attributes first (RFC 8489 §6.3.1), it looks for an allocation",
            );
        }
        let families = [AttributeType::REQUESTED_ADDRESS_FAMILY, AttributeType::ADDITIONAL_ADDRESS_FAMILY];
        let families: Vec<&[u8]> = families.into_iter().filter_map(value).collect();
        if families.iter().any(|family| !matches!(family, [1 | 2, _, _, _])) {
            return Some(
                "it takes an unknown family for a malformed or an absent one; RFC 8656 §7.2 wants 440, §8.2 443",
            );
        }
        let transport = value(AttributeType::REQUESTED_TRANSPORT);
        if families.len() == 2 && transport.is_some_and(|transport| transport[0] != 17) {
            return Some("of two faults we name the first in the order of RFC 8656 §7.2, it the second");
        }
        if self.method != Method::ChannelBind {
            return None;
        }
        let number = value(AttributeType::CHANNEL_NUMBER);
        let is_moved = |step: &Self| {
            let is_same = |(kind, value): &(u16, Vec<u8>)| {
                *kind == AttributeType::CHANNEL_NUMBER.0 && Some(value.as_slice()) == number
            };
            step.method == Method::ChannelBind
                && step.peers != self.peers
                && step.attributes.iter().any(is_same)
        };
        if earlier.iter().any(is_moved) {
            return Some("it lets a number pass to another peer; RFC 8656 §12.2 wants 400");
        }
        if self.peers.len() > 1 {
            return Some("it takes the last of equal attributes; RFC 8489 §14 wants the first");
        }
        match number {
            Some([0x50..=0x7f, ..]) => Some("it binds numbers that RFC 8656 §12 has taken back"),
            Some([0x40..=0x4f, ..]) => None,
            Some(_) | None => {
                let is_of_other_family = self.peers.iter().any(|peer| address(PEERS[*peer]).is_ipv6());
                is_of_other_family.then_some("of two faults we name the number, it the family of the peer")
            }
        }
    }
}

/// Both servers, and the client who talks to both.
struct Pair {
    ours: World,
    our_nonce: String,
    other: Other,
    steps: u8,
}

impl Pair {
    fn new() -> Self {
        let mut ours = World::with(|config| config.limits.stranger_answers_burst = 1_000_000);
        let mut other = Other::new();
        let challenge =
            MessageBuilder::new(Class::Request, Method::Allocate, TransactionId([0; 12])).finish();
        let client = ours.client(CLIENT);
        let Fate::Answered(answer) = ours.send(client.at, &challenge) else { panic!() };
        other.nonce = nonce_of(&other.send(&challenge).expect("a challenge"));
        Self { ours, our_nonce: nonce_of(&answer.bytes), other, steps: 0 }
    }

    /// What each says.
    fn take(&mut self, step: &Step) -> [Verdict; 2] {
        self.steps += 1;
        let id = TransactionId([self.steps; 12]);
        let client = self.ours.client(CLIENT);
        let our = match self.ours.send(client.at, &request(step, id, &self.our_nonce)) {
            Fate::Answered(answer) => Verdict::of(Some(&answer.bytes)),
            _ => Verdict::of(None),
        };
        let their = self.other.send(&request(step, id, &self.other.nonce.clone()));
        [our, Verdict::of(their.as_deref())]
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn two_servers_say_the_same_where_the_standard_decides(steps in vec(step(), 1..16)) {
        let mut pair = Pair::new();
        for (index, step) in steps.iter().enumerate() {
            if step.is_known_to_differ(&steps[..index]).is_some() {
                break;
            }
            let [our, their] = pair.take(step);
            prop_assert_eq!(our, their, "step {}: {:?}", index, step);
        }
    }
}

#[test]
fn what_the_two_servers_are_known_to_differ_in_is_so() {
    let step = |method, attributes: &[(AttributeType, &[u8])], peers: &[usize]| Step {
        method,
        attributes: attributes.iter().map(|(kind, value)| (kind.0, value.to_vec())).collect(),
        peers: peers.to_vec(),
        signed: Signed::Well,
        fingerprint: false,
    };
    let udp: (AttributeType, &[u8]) = (AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    let allocate = step(Method::Allocate, &[udp], &[]);
    let number = |number: &'static [u8]| (AttributeType::CHANNEL_NUMBER, number);
    let family = |value: &'static [u8]| (AttributeType::REQUESTED_ADDRESS_FAMILY, value);
    let other_family: (AttributeType, &[u8]) = (AttributeType::ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    let unknown: (AttributeType, &[u8]) = (AttributeType(UNKNOWN), &[1]);
    let other_transport: (AttributeType, &[u8]) = (AttributeType::REQUESTED_TRANSPORT, &[99, 0, 0, 0]);
    let bound = step(Method::ChannelBind, &[number(&[0x40, 0, 0, 0])], &[1]);
    for (has_allocation, step, ours, theirs) in [
        (false, step(Method::Refresh, &[unknown], &[]), 420, 437),
        (false, step(Method::Allocate, &[udp, family(&[3, 0, 0, 0])], &[]), 440, 400),
        (
            false,
            step(Method::Allocate, &[other_transport, family(&[2, 0, 0, 0]), other_family], &[]),
            442,
            400,
        ),
        (true, step(Method::Refresh, &[family(&[3, 0, 0, 0])], &[]), 443, 0),
        (true, step(Method::ChannelBind, &[number(&[0x50, 0, 0, 0])], &[0]), 400, 0),
        (true, step(Method::ChannelBind, &[number(&[0x40, 2, 0, 0])], &[0, 3]), 0, 443),
        (true, step(Method::ChannelBind, &[number(&[0x3f, 0, 0, 0])], &[3]), 400, 443),
        (true, step(Method::ChannelBind, &[number(&[0x40, 0, 0, 0])], &[0]), 400, 0),
    ] {
        let mut pair = Pair::new();
        if has_allocation {
            pair.take(&allocate);
            pair.take(&bound);
        }
        assert!(step.is_known_to_differ(std::slice::from_ref(&bound)).is_some(), "{step:?}");
        let codes = pair.take(&step).map(|verdict| verdict.code.unwrap_or(0));
        assert_eq!(codes, [ours, theirs], "{step:?}");
    }
}
