//! D9: going on from another address (RFC 8016).

use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, MessageBuilder, Method};
use visavis_turn::{DropReason, FiveTuple, Input, Output, RelayAddress, Snapshot, Transport, TurnConfig};

use crate::world::{
    Answer, Client, Fate, START, World, address, channel_data, config, data_indication, lifetime, udp,
};

const PEER: &str = "9.9.9.9:9000";
const HOME: &str = "192.0.2.7:40000";
const AWAY: &str = "198.51.100.7:50000";

fn mobile(config: &mut TurnConfig) {
    config.mobility = true;
}

fn wanting(message: MessageBuilder) -> MessageBuilder {
    udp(message).attribute(AttributeType::MOBILITY_TICKET, &[])
}

fn ticket(answer: &Answer) -> Vec<u8> {
    answer.attribute(AttributeType::MOBILITY_TICKET).to_vec()
}

/// Allocates, wanting to be able to move, with a channel to the peer; the relayed address and the ticket.
fn settle(world: &mut World, client: &mut Client) -> (std::net::SocketAddr, Vec<u8>) {
    world.challenge(client);
    let answer = world.request(client, Method::Allocate, wanting);
    assert_eq!(answer.code, None, "{answer:?}");
    assert_eq!(world.bind(client, 0x4000, PEER).class, Class::Success);
    (answer.address(AttributeType::XOR_RELAYED_ADDRESS), ticket(&answer))
}

/// The same client from another address.
fn moved(world: &mut World, client: &Client, at: &str) -> Client {
    let mut moved = client.clone();
    moved.at.client = address(at);
    world.challenge(&mut moved);
    moved
}

fn show(world: &mut World, client: &Client, ticket: &[u8]) -> Answer {
    world
        .request(client, Method::Refresh, |message| message.attribute(AttributeType::MOBILITY_TICKET, ticket))
}

/// Where data of the peer come out.
fn receiver(world: &mut World, relayed: std::net::SocketAddr) -> FiveTuple {
    match world.send_from_peer(PEER, relayed, b"hello") {
        Fate::ToClient { to, .. } => to,
        other => panic!("{other:?}"),
    }
}

fn to_peer(from: std::net::SocketAddr, data: &[u8]) -> Fate {
    Fate::ToPeer { from, peer: address(PEER), data: data.to_vec() }
}

#[test]
fn d9_where_nobody_may_move_405_says_so_and_a_wish_for_it_is_empty() {
    let mut world = World::new();
    let mut client = world.client(HOME);
    world.challenge(&mut client);
    assert_eq!(world.request(&client, Method::Allocate, wanting).code, Some(ErrorCode::MobilityForbidden));
    assert_eq!(world.ports.len(), 0);
    world.allocate(&mut client);
    assert_eq!(show(&mut world, &client, &[1; 74]).code, Some(ErrorCode::MobilityForbidden));

    let mut world = World::with(mobile);
    world.challenge(&mut client);
    let full = |message| udp(message).attribute(AttributeType::MOBILITY_TICKET, &[1]);
    assert_eq!(world.request(&client, Method::Allocate, full).code, Some(ErrorCode::BadRequest));
    // Who has not asked gets no ticket, neither now nor later.
    let answer = world.request(&client, Method::Allocate, udp);
    assert!(!answer.kinds().contains(&AttributeType::MOBILITY_TICKET));
    assert_eq!(world.refresh(&client, 600).kinds(), [AttributeType::LIFETIME]);
}

#[test]
fn d9_a_client_that_moves_goes_on_with_everything_it_had_and_nothing_is_broken_before() {
    let mut world = World::with(mobile);
    let mut home = world.client(HOME);
    let (relayed, first) = settle(&mut world, &mut home);
    let away = moved(&mut world, &home, AWAY);
    world.told.clear();

    let answer = show(&mut world, &away, &first);
    assert_eq!(answer.kinds(), [AttributeType::LIFETIME, AttributeType::MOBILITY_TICKET]);
    assert_ne!(ticket(&answer), first);
    assert_eq!(world.told, [Output::Allocated { five_tuple: away.at }]);
    // It may speak of what it has from either side, and gets its data where it was.
    assert_eq!([&home, &away].map(|client| world.permit(client, &[PEER]).class), [Class::Success; 2]);
    assert_eq!(receiver(&mut world, relayed), home.at);
    assert_eq!(world.send_channel(&home, 0x4000, b"still here"), to_peer(relayed, b"still here"));
    assert_eq!(receiver(&mut world, relayed), home.at);

    assert_eq!(world.send_channel(&away, 0x4000, b"here now"), to_peer(relayed, b"here now"));
    assert_eq!(receiver(&mut world, relayed), away.at);
    world.handle(Input::Timeout);
    assert_eq!(world.told[1..], [Output::Released { five_tuple: home.at }]);
    assert_eq!(world.send_channel(&home, 0x4000, b"gone"), Fate::Dropped(DropReason::NoAllocation));
    assert_eq!(world.refresh(&home, 600).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!((world.stats().moves, world.stats().allocations, world.ports.len()), (1, 1, 1));

    // And on, by a Send indication.
    let further = moved(&mut world, &away, "203.0.113.7:60000");
    assert_eq!(show(&mut world, &further, &ticket(&answer)).class, Class::Success);
    assert_eq!(world.send_indication(&further, PEER, b"third"), to_peer(relayed, b"third"));
    assert_eq!(receiver(&mut world, relayed), further.at);
    assert_eq!(world.refresh(&further, 0).class, Class::Success);
    assert_eq!((world.stats().allocations, world.ports.len()), (0, 0));
}

#[test]
fn d9_a_ticket_is_good_once_for_who_has_the_password() {
    let mut world = World::with(mobile);
    let mut home = world.client(HOME);
    let (relayed, first) = settle(&mut world, &mut home);
    let away = moved(&mut world, &home, AWAY);

    let mut bent = first.clone();
    *bent.last_mut().unwrap() ^= 1;
    for nonsense in [&bent[..], &[], &[b'A'; 32]] {
        assert_eq!(show(&mut world, &away, nonsense).code, Some(ErrorCode::BadRequest));
    }
    let mut eve = world.client_of("eve", "198.51.100.66:1");
    world.challenge(&mut eve);
    assert_eq!(show(&mut world, &eve, &first).code, Some(ErrorCode::WrongCredentials));
    eve.username.clone_from(&home.username);
    assert_eq!(show(&mut world, &eve, &first).code, Some(ErrorCode::Unauthorized));
    // Not onto an allocation that is there already.
    let mut other = world.client("192.0.2.7:40001");
    settle(&mut world, &mut other);
    assert_eq!(show(&mut world, &other, &first).code, Some(ErrorCode::AllocationMismatch));

    // An answer may be lost: as long as nobody has come, who asks again gets another, also from a third address.
    let elsewhere = moved(&mut world, &home, "198.51.100.8:1");
    for client in [&away, &away, &elsewhere, &elsewhere, &away] {
        assert_eq!(show(&mut world, client, &first).class, Class::Success);
    }
    assert_eq!(world.permit(&elsewhere, &[PEER]).code, Some(ErrorCode::AllocationMismatch));
    let next = ticket(&show(&mut world, &away, &first));
    assert_eq!(world.send_channel(&away, 0x4000, b"here"), to_peer(relayed, b"here"));
    assert_eq!(show(&mut world, &elsewhere, &first).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!(show(&mut world, &home, &next).class, Class::Success);
    let last = ticket(&show(&mut world, &home, &next));
    world.advance(Duration::from_secs(3600));
    let mut later = Client::new(elsewhere.at, "alice", START + Duration::from_secs(7200));
    world.challenge(&mut later);
    assert_eq!(show(&mut world, &later, &last).code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn d9_a_client_may_end_what_it_has_from_another_address() {
    let mut world = World::with(mobile);
    let mut home = world.client(HOME);
    let (_, first) = settle(&mut world, &mut home);
    let away = moved(&mut world, &home, AWAY);
    world.told.clear();
    let answer = world.request(&away, Method::Refresh, |message| {
        lifetime(message.attribute(AttributeType::MOBILITY_TICKET, &first), 0)
    });
    assert_eq!((answer.class, answer.lifetime()), (Class::Success, 0));
    assert_eq!(world.told, [Output::Released { five_tuple: home.at }]);
    assert_eq!(world.ports.len(), 0);
}

#[test]
fn d9_a_ticket_outlives_a_change_of_the_key_and_its_credential() {
    let key = |new, old| {
        move |config: &mut TurnConfig| {
            (config.mobility, config.nonce_key, config.previous_nonce_key) = (true, new, old);
        }
    };
    let mut world = World::with(key([1; 32], None));
    let mut home = world.client(HOME);
    let (_, first) = settle(&mut world, &mut home);
    let (snapshot, _) = world.turn.export(world.now);
    let snapshot = serde_json::to_string(&snapshot).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&snapshot).unwrap();
    let mut next = World::with(key([2; 32], Some([1; 32])));
    assert!(next.turn.import(next.now, snapshot).iter().all(Option::is_some));
    // The credential is good for an hour; what it has opened it keeps for a day.
    for _ in 0..9 {
        next.advance(Duration::from_secs(500));
        let mut there = home.clone();
        next.challenge(&mut there);
        assert_eq!(next.refresh(&there, 600).class, Class::Success);
    }
    let away = moved(&mut next, &home, AWAY);
    assert_eq!(show(&mut next, &away, &first).class, Class::Success);
    let mut stranger = away.clone();
    stranger.at.client = address("198.51.100.9:1");
    next.challenge(&mut stranger);
    assert_eq!(next.request(&stranger, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
}

#[test]
fn d9_both_families_move_together() {
    let mut world = World::with(|config| {
        mobile(config);
        config.relay_addresses = ["5.5.5.5", "2a00::5"]
            .map(|ip| RelayAddress::from(ip.parse::<std::net::IpAddr>().unwrap()))
            .into();
    });
    let mut home = world.client(HOME);
    world.challenge(&mut home);
    let answer = world.request(&home, Method::Allocate, |message| {
        wanting(message).attribute(AttributeType::ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0])
    });
    let first = ticket(&answer);
    let over_ipv6 = "[2a00::9]:9000";
    world.permit(&home, &[PEER, over_ipv6]);
    let away = moved(&mut world, &home, AWAY);
    assert_eq!(show(&mut world, &away, &first).class, Class::Success);
    assert!(matches!(world.send_indication(&away, over_ipv6, b"a"), Fate::ToPeer { .. }));
    let at = |world: &World, is_ipv4| *world.ports.values().find(|at| at.is_ipv4() == is_ipv4).unwrap();
    let (four, six) = (at(&world, true), at(&world, false));
    for (peer, relayed) in [(PEER, four), (over_ipv6, six)] {
        let Fate::ToClient { to, bytes } = world.send_from_peer(peer, relayed, b"b") else {
            panic!("{peer}")
        };
        assert_eq!((to, data_indication(&bytes)), (away.at, (address(peer), b"b".to_vec())));
    }
    world.refresh(&away, 0);
    assert_eq!((world.ports.len(), world.stats().allocations), (0, 0));
}

#[test]
fn d9_a_connection_that_breaks_on_the_way_brings_the_client_there_and_one_that_breaks_there_nowhere() {
    let mut world = World::with(mobile);
    let mut home = world.tcp_client(HOME);
    let (relayed, first) = settle(&mut world, &mut home);
    let mut away = moved(&mut world, &home, AWAY);
    away.at.transport = Transport::Tcp;
    world.challenge(&mut away);
    let next = ticket(&show(&mut world, &away, &first));
    world.told.clear();
    world.handle(Input::Disconnected { five_tuple: away.at });
    assert_eq!(world.told, [Output::Released { five_tuple: away.at }]);
    assert_eq!(receiver(&mut world, relayed), home.at);

    let over_udp = moved(&mut world, &home, AWAY);
    let over_udp = Client { at: FiveTuple { transport: Transport::Udp, ..over_udp.at }, ..over_udp };
    assert_eq!(show(&mut world, &over_udp, &next).class, Class::Success);
    world.handle(Input::Disconnected { five_tuple: home.at });
    assert_eq!(receiver(&mut world, relayed), over_udp.at);
    // What comes over a stream is padded, and over UDP it is not.
    let Fate::ToClient { bytes, .. } = world.send_from_peer(PEER, relayed, b"x") else { panic!("not sent") };
    assert_eq!(bytes, channel_data(0x4000, b"x"));
    assert_eq!((world.stats().allocations, world.stats().moves), (1, 1));
}

#[test]
fn d9_who_breaks_before_making_has_time_and_nobody_hears_what_is_for_him() {
    let mut world = World::with(mobile);
    let mut home = world.tcp_client(HOME);
    let (relayed, first) = settle(&mut world, &mut home);
    world.told.clear();
    world.handle(Input::Disconnected { five_tuple: home.at });
    assert_eq!(world.told, [Output::Released { five_tuple: home.at }]);
    assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::Dropped(DropReason::NoPermission));
    // Somebody else has the same address by now, and what he opens is his, also when the other one's has ended.
    let mut next = world.client_of("bob", HOME);
    next.at.transport = Transport::Tcp;
    world.allocate(&mut next);
    assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::Dropped(DropReason::NoPermission));

    let mut away = moved(&mut world, &home, AWAY);
    away.at.transport = Transport::Tcp;
    world.challenge(&mut away);
    // The second time as if the first answer had been lost.
    for _ in 0..2 {
        assert_eq!(show(&mut world, &away, &first).class, Class::Success);
        assert_eq!(receiver(&mut world, relayed), away.at);
    }
    assert_eq!(world.stats().moves, 1);
    world.handle(Input::Disconnected { five_tuple: away.at });
    world.advance(Duration::from_secs(599));
    assert_eq!(world.refresh(&next, 600).class, Class::Success);
    world.advance(Duration::from_secs(1));
    assert_eq!((world.stats().allocations, world.ports.len()), (1, 1));
    assert_eq!(world.refresh(&next, 0).class, Class::Success);
    assert_eq!((world.turn.next_timeout(), world.ports.len()), (None, 0));
}

#[test]
fn d9_the_core_that_does_not_have_it_knows_no_ticket() {
    let [mut here, mut there] = World::pair(mobile);
    let mut home = here.client(HOME);
    let (_, first) = settle(&mut here, &mut home);
    let away = moved(&mut there, &home, AWAY);
    assert_eq!(show(&mut there, &away, &first).code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn d9_the_answer_to_an_allocate_that_comes_again_has_a_ticket_that_is_good() {
    let mut world = World::of(TurnConfig { mobility: true, ..config() }, [42; 32]);
    let mut home = world.client(HOME);
    world.challenge(&mut home);
    let request = world.sign(&home, Method::Allocate, wanting);
    let mut last = Vec::new();
    for _ in 0..2 {
        let Fate::Answered(answer) = world.send(home.at, &request) else { panic!("no answer") };
        last = ticket(&answer);
    }
    let away = moved(&mut world, &home, AWAY);
    assert_eq!(show(&mut world, &away, &last).class, Class::Success);
}
