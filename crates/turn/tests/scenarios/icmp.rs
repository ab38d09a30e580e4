//! D6: errors of the network, told to whoever sent the packet.

use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, Message, Method, decode_xor_address};
use visavis_turn::{DropReason, FiveTuple, IcmpError, Input, RelayAddress, RelayId};

use crate::world::{Client, World, address};

const PEER: &str = "9.9.9.9:9000";
const PORT_UNREACHABLE: IcmpError = IcmpError { kind: 3, code: 3, mtu: 0 };

/// Reports an error; what the client is told about which peer.
fn report(world: &mut World, client: &Client, peer: &str, error: IcmpError) -> Option<[u8; 8]> {
    let relay = *world.ports.keys().next().unwrap();
    tell(world, relay, peer, error);
    let (to, bytes) = world.take_message()?;
    assert_eq!(to, client.at);
    let message = Message::decode(&bytes).unwrap();
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    let kinds: Vec<AttributeType> = message.attributes().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [AttributeType::XOR_PEER_ADDRESS, AttributeType::ICMP]);
    let about = message.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    assert_eq!(decode_xor_address(about, message.transaction), Some(address(peer)));
    Some(message.attribute(AttributeType::ICMP).unwrap().try_into().unwrap())
}

fn tell(world: &mut World, relay: RelayId, peer: &str, error: IcmpError) {
    world.handle(Input::Icmp { relay, peer: address(peer), error });
}

fn world_on(ip: &str) -> World {
    World::with(|config| {
        config.relay_addresses = vec![RelayAddress::from(ip.parse::<std::net::IpAddr>().unwrap())];
    })
}

#[test]
fn d6_an_icmp_error_is_told_with_the_peer_it_is_about_and_an_mtu_only_where_there_is_one() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    let mut told = |kind, code| report(&mut world, &client, PEER, IcmpError { kind, code, mtu: 1400 });
    assert_eq!(told(3, 3), Some([0, 0, 3 << 1, 3, 0, 0, 0, 0]));
    assert_eq!(told(3, 4), Some([0, 0, 3 << 1, 4, 0, 0, 5, 120]));
    assert_eq!(told(11, 0), Some([0, 0, 11 << 1, 0, 0, 0, 0, 0]));
    for kind in [0, 4, 5, 8, 12] {
        assert_eq!(told(kind, 0), None, "{kind}");
    }
    assert_eq!((world.stats().icmp_errors, world.stats().dropped(DropReason::Unexpected)), (3, 5));
}

#[test]
fn d6_icmpv6_has_numbers_of_its_own() {
    let mut world = world_on("2a00::5");
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    world.request(&client, Method::Allocate, |message| {
        message
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            .attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
    });
    let peer = "[2a00::9]:9000";
    world.permit(&client, &[peer]);
    let mut told = |kind, code| report(&mut world, &client, peer, IcmpError { kind, code, mtu: 1280 });
    assert_eq!(told(1, 4), Some([0, 0, 1 << 1, 4, 0, 0, 0, 0]));
    assert_eq!(told(2, 0), Some([0, 0, 2 << 1, 0, 0, 0, 5, 0]));
    assert_eq!(told(3, 0), Some([0, 0, 3 << 1, 0, 0, 0, 0, 0]));
    assert_eq!([told(11, 0), told(4, 0), told(129, 0)], [None; 3]);
}

#[test]
fn d6_nothing_is_told_of_peers_without_permission_or_of_ports_that_are_closed() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    assert_eq!(report(&mut world, &client, PEER, PORT_UNREACHABLE), None);
    // The port does not matter.
    world.permit(&client, &["9.9.9.9:1"]);
    assert!(report(&mut world, &client, PEER, PORT_UNREACHABLE).is_some());
    world.advance(Duration::from_secs(300));
    assert_eq!(report(&mut world, &client, PEER, PORT_UNREACHABLE), None);
    assert_eq!(world.stats().dropped(DropReason::NoPermission), 2);
    let relay = *world.ports.keys().next().unwrap();
    world.refresh(&client, 0);
    tell(&mut world, relay, PEER, PORT_UNREACHABLE);
    assert_eq!(world.take_message().map(|(to, _): (FiveTuple, _)| to), None);
    assert_eq!(world.stats().dropped(DropReason::NoAllocation), 1);
}

#[test]
fn d6_a_client_is_told_of_ten_errors_a_second() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    let count = |world: &mut World| {
        (0..100).filter(|_| report(world, &client, PEER, PORT_UNREACHABLE).is_some()).count()
    };
    assert_eq!(count(&mut world), 10);
    world.advance(Duration::from_millis(200));
    assert_eq!(count(&mut world), 2);
    assert_eq!(world.stats().dropped(DropReason::IcmpLimited), 188);
}
