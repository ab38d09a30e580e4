//! D8: TCP between clients and peers (RFC 6062).

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, Message, MessageBuilder, Method, decode_xor_address,
};
use visavis_turn::{
    Audit, ConnectionId, Direction, DropReason, Input, Output, RelayAddress, Traffic, Transport, TurnConfig,
};

use crate::world::{Answer, Client, Fate, World, address, tcp, udp};

const PEER: &str = "9.9.9.9:9000";
const HOME: &str = "192.0.2.7:40000";
const DATA: &str = "192.0.2.7:40001";
const PATIENCE: Duration = Duration::from_secs(30);

fn on(config: &mut TurnConfig) {
    config.tcp_peers = true;
}

/// A client with an allocation of TCP, and its relayed address.
fn settle(world: &mut World, at: &str) -> (Client, SocketAddr) {
    let mut client = world.tcp_client(at);
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, tcp);
    assert_eq!((answer.class, answer.lifetime()), (Class::Success, 600));
    let relayed = answer.address(AttributeType::XOR_RELAYED_ADDRESS);
    (client, relayed)
}

fn to(peer: &str) -> impl Fn(MessageBuilder) -> MessageBuilder + '_ {
    move |message| message.address(AttributeType::XOR_PEER_ADDRESS, address(peer))
}

/// A Connect that the shell is asked to do something for; what it is called.
fn begin(world: &mut World, client: &Client, peer: &str) -> ConnectionId {
    world.told.clear();
    let request = world.sign(client, Method::Connect, to(peer));
    assert_eq!(world.send(client.at, &request), Fate::Silent);
    let [Output::Connect { connection, relay, to }] = world.told[..] else { panic!("{:?}", world.told) };
    assert!(world.listening.contains(&relay));
    assert_eq!(to, address(peer));
    connection
}

/// A Connect that the peer accepts.
fn connect(world: &mut World, client: &Client, peer: &str) -> (ConnectionId, Vec<u8>) {
    let connection = begin(world, client, peer);
    world.handle(Input::PeerConnected { connection });
    let answer = world.take_answer(client.at).unwrap();
    assert_eq!((answer.class, answer.code), (Class::Success, None));
    assert!(Message::decode(&answer.bytes).unwrap().verify_integrity(&client.key));
    (connection, answer.attribute(AttributeType::CONNECTION_ID).to_vec())
}

/// The same person on another connection.
fn another(world: &mut World, client: &Client, at: &str) -> Client {
    let mut data = client.clone();
    data.at.client = address(at);
    world.challenge(&mut data);
    data
}

fn bind(world: &mut World, data: &Client, id: &[u8]) -> Answer {
    world.told.clear();
    world.request(data, Method::ConnectionBind, |message| message.attribute(AttributeType::CONNECTION_ID, id))
}

/// A connection to this peer, joined.
fn join(world: &mut World, client: &Client, peer: &str, at: &str) -> ConnectionId {
    let (connection, id) = connect(world, client, peer);
    let data = another(world, client, at);
    assert_eq!(bind(world, &data, &id).class, Class::Success);
    assert_eq!(world.told, [Output::Join { connection, client: data.at }]);
    connection
}

fn refused(world: &mut World, client: &Client, peer: &str) -> Option<ErrorCode> {
    world.request(client, Method::Connect, to(peer)).code
}

#[test]
fn d8_where_it_is_off_an_allocate_for_tcp_is_442_and_the_rest_is_dropped() {
    let mut world = World::new();
    let mut client = world.tcp_client(HOME);
    world.challenge(&mut client);
    assert_eq!(world.request(&client, Method::Allocate, tcp).code, Some(ErrorCode::UnsupportedTransport));
    world.allocate(&mut client);
    for method in [Method::Connect, Method::ConnectionBind, Method::ConnectionAttempt] {
        let request = world.sign(&client, method, to(PEER));
        assert_eq!(world.send(client.at, &request), Fate::Dropped(DropReason::Unexpected));
    }
}

#[test]
fn d8_tcp_is_for_clients_that_come_over_tcp_and_want_no_certain_port() {
    let mut world = World::with(on);
    let mut over_udp = world.client(HOME);
    world.challenge(&mut over_udp);
    assert_eq!(world.request(&over_udp, Method::Allocate, tcp).code, Some(ErrorCode::BadRequest));
    let mut client = world.tcp_client(HOME);
    world.challenge(&mut client);
    for (kind, value) in [
        (AttributeType::EVEN_PORT, &[0][..]),
        (AttributeType::RESERVATION_TOKEN, &[0; 8]),
        (AttributeType::DONT_FRAGMENT, &[]),
    ] {
        let answer = world.request(&client, Method::Allocate, |message| tcp(message).attribute(kind, value));
        assert_eq!(answer.code, Some(ErrorCode::BadRequest), "{kind:?}");
    }
    let answer = world.request(&client, Method::Allocate, |message| {
        tcp(message).attribute(AttributeType::MOBILITY_TICKET, &[])
    });
    assert_eq!(answer.code, Some(ErrorCode::MobilityForbidden));
    let other = world.request(&client, Method::Allocate, |message| {
        message.attribute(AttributeType::REQUESTED_TRANSPORT, &[132, 0, 0, 0])
    });
    assert_eq!(other.code, Some(ErrorCode::UnsupportedTransport));
    assert_eq!((world.ports.len(), world.stats().allocations), (0, 0));
    assert_eq!(world.request(&client, Method::Allocate, tcp).class, Class::Success);
    assert_eq!((world.ports.len(), world.listening.len()), (1, 1));
}

#[test]
fn d8_packets_neither_leave_from_there_nor_arrive() {
    let mut world = World::with(on);
    let (client, relayed) = settle(&mut world, HOME);
    assert_eq!(world.permit(&client, &[PEER]).class, Class::Success);
    assert_eq!(world.bind(&client, 0x4000, PEER).code, Some(ErrorCode::BadRequest));
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::NoAllocation));
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoChannel));
    // Nor do those of another client of this relay.
    let mut other = world.client_of("bob", "192.0.2.8:1");
    let from = world.allocate(&mut other);
    world.permit(&other, &[&relayed.to_string()]);
    world.permit(&client, &[&from.to_string()]);
    let fate = world.send_indication(&other, &relayed.to_string(), b"x");
    assert_eq!(fate, Fate::Dropped(DropReason::NoAllocation));
    assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::Dropped(DropReason::NoAllocation));
}

#[test]
fn d8_connect_needs_an_allocation_of_tcp_and_a_peer_of_its_family() {
    let mut world = World::with(on);
    let mut nobody = world.tcp_client("192.0.2.7:1");
    world.challenge(&mut nobody);
    assert_eq!(refused(&mut world, &nobody, PEER), Some(ErrorCode::AllocationMismatch));
    let mut for_udp = world.tcp_client("192.0.2.7:2");
    world.challenge(&mut for_udp);
    world.request(&for_udp, Method::Allocate, udp);
    assert_eq!(refused(&mut world, &for_udp, PEER), Some(ErrorCode::BadRequest));
    let (client, _) = settle(&mut world, HOME);
    let mut other = world.client_of("bob", HOME);
    other.at = client.at;
    other.nonce.clone_from(&client.nonce);
    assert_eq!(refused(&mut world, &other, PEER), Some(ErrorCode::WrongCredentials));
    assert_eq!(refused(&mut world, &client, "9.9.9.9:0"), Some(ErrorCode::BadRequest));
    assert_eq!(refused(&mut world, &client, "[2a00::9]:9000"), Some(ErrorCode::PeerAddressFamilyMismatch));
    let nothing = world.request(&client, Method::Connect, |message| message);
    assert_eq!(nothing.code, Some(ErrorCode::BadRequest));
}

#[test]
fn d8_the_peer_filter_has_the_same_word_as_for_packets() {
    let mut world = World::with(on);
    let (client, relayed) = settle(&mut world, HOME);
    let mut other = world.client_of("bob", "192.0.2.8:1");
    let of_udp = world.allocate(&mut other).to_string();
    let own = SocketAddr::new(relayed.ip(), 49999).to_string();
    for peer in ["127.0.0.1:9000", "10.0.0.1:9000", "9.9.9.9:22", &own, &of_udp] {
        assert_eq!(refused(&mut world, &client, peer), Some(ErrorCode::Forbidden), "{peer}");
    }
    assert_eq!(world.stats().peer_connections, 0);
}

#[test]
fn d8_two_clients_of_the_relay_reach_each_other_behind_its_address() {
    let mut world = World::with(|config| {
        on(config);
        let (bind, advertised) = ([10, 0, 0, 5].into(), [5, 5, 5, 5].into());
        config.relay_addresses = vec![RelayAddress { bind, advertised }];
    });
    let (one, relayed) = settle(&mut world, HOME);
    let (two, other) = settle(&mut world, "192.0.2.8:1");
    let bound = |advertised: SocketAddr| SocketAddr::from(([10, 0, 0, 5], advertised.port()));
    world.told.clear();
    let request = world.sign(&one, Method::Connect, to(&other.to_string()));
    assert_eq!(world.send(one.at, &request), Fate::Silent);
    let [Output::Connect { to, .. }] = world.told[..] else { panic!("{:?}", world.told) };
    assert_eq!(to, bound(other));
    // What is permitted, and told of, is what clients know.
    world.permit(&two, &[&relayed.to_string()]);
    assert!(world.connect_from_peer(&bound(relayed).to_string(), bound(other)).is_some());
    let (told, bytes) = world.take_message().unwrap();
    let attempt = Message::decode(&bytes).unwrap();
    let peer = attempt.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    assert_eq!((told, decode_xor_address(peer, attempt.transaction)), (two.at, Some(relayed)));
}

#[test]
fn d8_a_peer_that_accepts_is_joined_with_the_connection_that_asks_for_it_once() {
    let mut world = World::with(on);
    let (client, _) = settle(&mut world, HOME);
    let (connection, id) = connect(&mut world, &client, PEER);
    assert_eq!(refused(&mut world, &client, PEER), Some(ErrorCode::ConnectionAlreadyExists));

    // Neither over UDP, nor on the control connection, nor by another name, nor by somebody else.
    let mut over_udp = another(&mut world, &client, DATA);
    over_udp.at.transport = Transport::Udp;
    let mut stranger = world.client_of("bob", DATA);
    stranger.at.transport = Transport::Tcp;
    world.challenge(&mut stranger);
    let data = another(&mut world, &client, DATA);
    let wrong: Vec<u8> = id.iter().map(|byte| !byte).collect();
    for (who, id) in [
        (&over_udp, &id[..]),
        (&client, &id),
        (&stranger, &id),
        (&data, &wrong),
        (&data, &id[..3]),
        (&data, &[]),
    ] {
        assert_eq!(bind(&mut world, who, id).code, Some(ErrorCode::BadRequest));
        assert_eq!(world.told, []);
    }
    let mut guesser = data.clone();
    guesser.key = stranger.key.clone();
    let request = world.sign(&guesser, Method::ConnectionBind, |message| {
        message.attribute(AttributeType::CONNECTION_ID, &id)
    });
    let Fate::Answered(answer) = world.send(guesser.at, &request) else { panic!("no answer") };
    assert_eq!(answer.code, Some(ErrorCode::Unauthorized));

    assert_eq!(bind(&mut world, &data, &id).class, Class::Success);
    assert_eq!(world.told, [Output::Join { connection, client: data.at }]);
    let late = another(&mut world, &client, "192.0.2.7:40002");
    assert_eq!(bind(&mut world, &late, &id).code, Some(ErrorCode::BadRequest));
    assert_eq!(refused(&mut world, &client, PEER), Some(ErrorCode::ConnectionAlreadyExists));
    // What has ended can be had anew, under another name.
    world.handle(Input::PeerGone { connection });
    assert_eq!(world.stats().peer_connections, 0);
    let (_, next) = connect(&mut world, &client, PEER);
    assert_ne!(next, id);
}

#[test]
fn d8_a_peer_that_does_not_accept_is_447_at_once_or_after_30_s() {
    let mut world = World::with(on);
    let (client, _) = settle(&mut world, HOME);
    let refuses = begin(&mut world, &client, PEER);
    assert_eq!(refused(&mut world, &client, PEER), Some(ErrorCode::ConnectionAlreadyExists));
    world.handle(Input::PeerGone { connection: refuses });
    assert_eq!(world.take_answer(client.at).unwrap().code, Some(ErrorCode::ConnectionFailed));

    let silent = begin(&mut world, &client, PEER);
    world.told.clear();
    world.advance(PATIENCE - Duration::from_millis(1));
    assert_eq!((world.take_message(), &world.told[..]), (None, &[][..]));
    world.advance(Duration::from_millis(1));
    assert_eq!(world.take_answer(client.at).unwrap().code, Some(ErrorCode::ConnectionFailed));
    assert_eq!(world.told, [Output::Disconnect { connection: silent }]);
    // Too late.
    world.handle(Input::PeerConnected { connection: silent });
    assert_eq!((world.take_message(), world.stats().peer_connections), (None, 0));
}

#[test]
fn d8_who_does_not_come_for_a_peer_in_30_s_has_lost_it() {
    let mut world = World::with(on);
    let (client, _) = settle(&mut world, HOME);
    let (connection, id) = connect(&mut world, &client, PEER);
    let joined = join(&mut world, &client, "9.9.9.9:9001", "192.0.2.7:40002");
    let data = another(&mut world, &client, DATA);
    world.told.clear();
    world.advance(PATIENCE);
    assert_eq!(world.told, [Output::Disconnect { connection }]);
    assert_eq!(bind(&mut world, &data, &id).code, Some(ErrorCode::BadRequest));
    assert_eq!(world.stats().peer_connections, 1);
    world.handle(Input::PeerGone { connection: joined });
    assert_eq!(world.stats().peer_connections, 0);
}

#[test]
fn d8_a_peer_that_connects_is_announced_if_it_may_and_closed_if_not() {
    let mut world = World::with(on);
    let (client, relayed) = settle(&mut world, HOME);
    assert_eq!(world.connect_from_peer(PEER, relayed), None);
    assert_eq!(world.take_message(), None);
    world.permit(&client, &["9.9.9.9:1"]);
    let connection = world.connect_from_peer(PEER, relayed).unwrap();
    let (told, bytes) = world.take_message().unwrap();
    let attempt = Message::decode(&bytes).unwrap();
    assert_eq!((attempt.class, attempt.method), (Class::Indication, Method::ConnectionAttempt));
    let kinds: Vec<AttributeType> = attempt.attributes().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [AttributeType::XOR_PEER_ADDRESS, AttributeType::CONNECTION_ID]);
    let peer = attempt.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    assert_eq!((told, decode_xor_address(peer, attempt.transaction)), (client.at, Some(address(PEER))));
    let data = another(&mut world, &client, DATA);
    assert_eq!(
        bind(&mut world, &data, attempt.attribute(AttributeType::CONNECTION_ID).unwrap()).class,
        Class::Success
    );
    assert_eq!(world.told, [Output::Join { connection, client: data.at }]);
    world.advance(Duration::from_secs(300));
    assert_eq!(world.connect_from_peer("9.9.9.9:9001", relayed), None, "the permission has run out");
    assert_eq!((world.stats().peer_connections, world.stats().peer_connections_refused), (1, 2));
}

#[test]
fn d8_an_allocation_has_so_many_connections_and_a_user_so_many_tries() {
    let mut world = World::with(|config| {
        on(config);
        config.limits.peer_connections = 2;
        config.limits.new_peers_burst = 4;
    });
    let (client, relayed) = settle(&mut world, HOME);
    world.permit(&client, &[PEER]);
    let first = begin(&mut world, &client, PEER);
    assert!(world.connect_from_peer("9.9.9.9:9001", relayed).is_some());
    world.take_message();
    assert_eq!(refused(&mut world, &client, "9.9.9.9:9002"), Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.connect_from_peer("9.9.9.9:9003", relayed), None);
    assert_eq!((world.stats().peer_connections, world.stats().peer_connections_refused), (2, 1));
    world.handle(Input::PeerGone { connection: first });
    world.take_message();
    for port in 0..2 {
        let connection = begin(&mut world, &client, &format!("9.9.9.9:{}", 9010 + port));
        world.handle(Input::PeerGone { connection });
        world.take_message();
    }
    assert_eq!(refused(&mut world, &client, "9.9.9.9:9012"), Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.stats().peers_limited, 1);
}

#[test]
fn d8_a_user_has_so_many_connections_over_all_allocations_and_so_has_everybody_together() {
    let mut world = World::with(|config| {
        on(config);
        (config.limits.peer_connections_per_user, config.limits.all_peer_connections) = (2, 3);
    });
    let (first, _) = settle(&mut world, HOME);
    let (second, relayed) = settle(&mut world, "192.0.2.7:40002");
    world.permit(&second, &[PEER]);
    let one = begin(&mut world, &first, PEER);
    begin(&mut world, &second, PEER);
    assert_eq!(refused(&mut world, &first, "9.9.9.9:9001"), Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.connect_from_peer("9.9.9.9:9002", relayed), None);
    // Bob has the last place there is, and then Alice the one that she gives back.
    let mut bob = world.client_of("bob", "192.0.2.8:1");
    bob.at.transport = Transport::Tcp;
    world.challenge(&mut bob);
    assert_eq!(world.request(&bob, Method::Allocate, tcp).class, Class::Success);
    begin(&mut world, &bob, PEER);
    assert_eq!(refused(&mut world, &bob, "9.9.9.9:9001"), Some(ErrorCode::InsufficientCapacity));
    world.handle(Input::PeerGone { connection: one });
    world.take_message();
    let connection = world.connect_from_peer("9.9.9.9:9002", relayed);
    assert!(connection.is_some());
    world.take_message();
    assert_eq!((world.stats().peer_connections, world.stats().peer_connections_refused), (3, 1));
}

#[test]
fn d8_all_connections_end_with_their_allocation_however_it_ends() {
    type End = fn(&mut World, &Client);
    let ends: [End; 4] = [
        |world, client| assert_eq!(world.refresh(client, 0).class, Class::Success),
        |world, _| world.advance(Duration::from_secs(600)),
        |world, client| world.handle(Input::Disconnected { five_tuple: client.at }),
        |world, _| world.handle(Input::Revoke { subject: "alice", until: Duration::from_secs(u64::MAX) }),
    ];
    for end in ends {
        let mut world = World::with(on);
        let (client, relayed) = settle(&mut world, HOME);
        world.permit(&client, &[PEER]);
        let joined = join(&mut world, &client, PEER, DATA);
        world.advance(Duration::from_secs(580));
        world.permit(&client, &[PEER]);
        let waiting = world.connect_from_peer("9.9.9.9:9001", relayed).unwrap();
        world.take_message();
        let connecting = begin(&mut world, &client, "9.9.9.9:9002");
        world.told.clear();
        end(&mut world, &client);
        let disconnect = |connection| Output::Disconnect { connection };
        let released = Output::Released { five_tuple: client.at };
        let expected = [disconnect(joined), disconnect(waiting), disconnect(connecting), released];
        assert_eq!(world.told, expected);
        let stats = world.stats();
        assert_eq!((world.ports.len(), stats.allocations, stats.peer_connections), (0, 0, 0));
        assert_eq!(world.turn.next_timeout(), None);
        world.handle(Input::PeerConnected { connection: connecting });
        assert_eq!(world.take_message(), None);
    }
}

#[test]
fn d8_what_passes_is_counted_on_the_user_and_told_and_waits_rather_than_being_dropped() {
    let mut world = World::with(|config| {
        on(config);
        config.audit = true;
        (config.limits.bytes_per_second, config.limits.user_bytes_per_second) = (0, 100_000);
    });
    let (client, relayed) = settle(&mut world, HOME);
    let connection = join(&mut world, &client, PEER, DATA);
    let now = world.now;
    // A second's worth at once, then it owes time.
    assert_eq!(world.turn.pass(now, connection, Direction::ToPeer, 60_000), Duration::ZERO);
    assert_eq!(world.turn.pass(now, connection, Direction::ToClient, 40_000), Duration::ZERO);
    assert_eq!(world.turn.pass(now, connection, Direction::ToClient, 10_000), Duration::from_millis(100));
    // So does a packet of his, which is dropped.
    let mut elsewhere = world.client("192.0.2.7:1");
    world.allocate(&mut elsewhere);
    world.permit(&elsewhere, &[PEER]);
    let fate = world.send_indication(&elsewhere, PEER, &[0; 100]);
    assert_eq!(fate, Fate::Dropped(DropReason::UserByteRate));
    world.advance(Duration::from_millis(200));
    let now = world.now;
    assert_eq!(world.turn.pass(now, connection, Direction::ToPeer, 1000), Duration::ZERO);
    world.told.clear();
    world.refresh(&client, 0);
    let audit = Audit {
        username: client.username.clone(),
        five_tuple: client.at,
        relayed,
        lasted: Duration::from_millis(200),
        peers: 0,
        to_peer: Traffic { packets: 2, bytes: 61_000 },
        to_client: Traffic { packets: 2, bytes: 50_000 },
    };
    let released = Output::Released { five_tuple: client.at };
    assert_eq!(world.told, [Output::Disconnect { connection }, Output::Audit(Box::new(audit)), released]);
    let stats = world.stats();
    assert_eq!((stats.to_peer.bytes, stats.to_client.bytes), (61_000, 50_000));
    assert_eq!(world.turn.pass(now, connection, Direction::ToPeer, 1000), Duration::ZERO);
    assert_eq!(world.stats().to_peer.bytes, 61_000);
}
