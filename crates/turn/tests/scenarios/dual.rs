//! L3: an address of each family by one Allocate (ADDITIONAL-ADDRESS-FAMILY).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, MessageBuilder, Method, decode_xor_address};
use visavis_turn::{DropReason, Input, Limits, Output, RelayAddress};

use crate::world::{Answer, Client, Fate, World, address, channel_data, data_indication, lifetime, udp};

const IPV4_PEER: &str = "9.9.9.9:9000";
const IPV6_PEER: &str = "[2a00::9]:9000";
const ADDITIONAL: AttributeType = AttributeType::ADDITIONAL_ADDRESS_FAMILY;
const REQUESTED: AttributeType = AttributeType::REQUESTED_ADDRESS_FAMILY;
const IPV4: &[u8] = &[1, 0, 0, 0];
const IPV6: &[u8] = &[2, 0, 0, 0];

fn world_with(addresses: &[&str], change: impl FnOnce(&mut Limits)) -> World {
    World::with(|config| {
        config.relay_addresses =
            addresses.iter().map(|ip| RelayAddress::from(ip.parse::<IpAddr>().unwrap())).collect();
        change(&mut config.limits);
    })
}

fn world_of(addresses: &[&str]) -> World {
    world_with(addresses, |_| {})
}

fn dual_world() -> World {
    world_of(&["5.5.5.5", "2a00::5"])
}

fn both(message: MessageBuilder) -> MessageBuilder {
    udp(message).attribute(ADDITIONAL, IPV6)
}

fn relayed(answer: &Answer) -> Vec<SocketAddr> {
    let kind = AttributeType::XOR_RELAYED_ADDRESS;
    let values = answer.attributes.iter().filter(|(other, _)| *other == kind);
    values.map(|(_, value)| decode_xor_address(value, answer.transaction).unwrap()).collect()
}

/// Opens both; returns them, IPv4 first.
fn allocate(world: &mut World, client: &mut Client) -> (SocketAddr, SocketAddr) {
    world.challenge(client);
    let answer = world.request(client, Method::Allocate, both);
    assert_eq!(answer.code, None);
    let addresses = relayed(&answer);
    (addresses[0], addresses[1])
}

fn refresh(world: &mut World, client: &Client, family: &'static [u8], seconds: u32) -> Option<ErrorCode> {
    let answer = world
        .request(client, Method::Refresh, |message| lifetime(message.attribute(REQUESTED, family), seconds));
    answer.code
}

#[test]
fn l3_one_allocate_opens_an_address_of_each_family_and_is_answered_once() {
    let mut world = dual_world();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let request = world.sign(&client, Method::Allocate, both);
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!(
        answer.kinds(),
        [
            AttributeType::XOR_RELAYED_ADDRESS,
            AttributeType::XOR_RELAYED_ADDRESS,
            AttributeType::XOR_MAPPED_ADDRESS,
            AttributeType::LIFETIME
        ]
    );
    let open: Vec<SocketAddr> = world.ports.values().copied().collect();
    assert_eq!(relayed(&answer), open);
    assert_eq!(open.iter().map(|at| at.ip().to_string()).collect::<Vec<_>>(), ["5.5.5.5", "2a00::5"]);
    assert_eq!(world.told, [Output::Allocated { five_tuple: client.at }]);
    // L1, too.
    assert_eq!(world.send(client.at, &request), Fate::Answered(answer));
    assert_eq!(world.request(&client, Method::Allocate, both).code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn l3_contradicting_wishes_for_families_are_400() {
    let mut world = dual_world();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let wrong: [&[(AttributeType, &[u8])]; 6] = [
        &[(ADDITIONAL, IPV6), (REQUESTED, IPV4)],
        &[(ADDITIONAL, IPV6), (REQUESTED, IPV6)],
        &[(ADDITIONAL, IPV4)],
        &[(ADDITIONAL, &[2])],
        &[(ADDITIONAL, IPV6), (AttributeType::EVEN_PORT, &[0x80])],
        &[(ADDITIONAL, IPV6), (AttributeType::RESERVATION_TOKEN, &[7; 8])],
    ];
    for attributes in wrong {
        let answer = world.request(&client, Method::Allocate, |message| {
            attributes.iter().fold(udp(message), |message, (kind, value)| message.attribute(*kind, value))
        });
        assert_eq!(answer.code, Some(ErrorCode::BadRequest), "{attributes:?}");
    }
    let even = world.request(&client, Method::Allocate, |message| {
        both(message).attribute(AttributeType::EVEN_PORT, &[0])
    });
    assert!(relayed(&even).iter().all(|at| at.port() % 2 == 0), "{even:?}");
    assert_eq!(relayed(&even).len(), 2);
}

#[test]
fn l3_a_family_the_server_does_not_have_is_named_with_440_beside_the_other() {
    for (only, missing) in [("5.5.5.5", 2), ("2a00::5", 1)] {
        let mut world = world_of(&[only]);
        let mut client = world.client("192.0.2.7:40000");
        world.challenge(&mut client);
        let answer = world.request(&client, Method::Allocate, both);
        let ips: Vec<String> = relayed(&answer).iter().map(|at| at.ip().to_string()).collect();
        assert_eq!((answer.class, ips), (Class::Success, vec![only.to_owned()]));
        let value = answer.attribute(AttributeType::ADDRESS_ERROR_CODE);
        assert_eq!(value[..4], [missing, 0, 4, 40]);
    }
    let mut world = world_of(&[]);
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, both);
    assert_eq!(answer.code, Some(ErrorCode::InsufficientCapacity));
}

#[test]
fn l3_a_port_that_can_not_be_opened_is_named_with_508_beside_the_other() {
    for (unavailable, opened, missing) in [("5.5.5.5", "2a00::5", 1), ("2a00::5", "5.5.5.5", 2)] {
        let mut world = dual_world();
        world.unavailable = Some(unavailable.parse().unwrap());
        let mut client = world.client("192.0.2.7:40000");
        world.challenge(&mut client);
        let answer = world.request(&client, Method::Allocate, both);
        assert_eq!(relayed(&answer).iter().map(|at| at.ip().to_string()).collect::<Vec<_>>(), [opened]);
        assert_eq!(answer.attribute(AttributeType::ADDRESS_ERROR_CODE)[..4], [missing, 0, 5, 8]);
        assert_eq!((world.ports.len(), world.stats().allocations), (1, 1));
    }
}

#[test]
fn l3_a_dual_allocation_counts_twice_on_the_quota_and_is_refused_whole() {
    let mut world = world_with(&["5.5.5.5", "2a00::5"], |limits| limits.allocations_per_user = 3);
    let mut first = world.client("192.0.2.7:1");
    allocate(&mut world, &mut first);
    let mut second = world.client("192.0.2.7:2");
    world.challenge(&mut second);
    let answer = world.request(&second, Method::Allocate, both);
    assert_eq!((answer.code, world.ports.len()), (Some(ErrorCode::AllocationQuotaReached), 2));
    assert_eq!(world.request(&second, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn l3_data_takes_the_address_of_its_peers_family_in_both_directions() {
    let mut world = dual_world();
    let mut client = world.client("192.0.2.7:40000");
    let (at_ipv4, at_ipv6) = allocate(&mut world, &mut client);
    // One request permits peers of both families.
    assert_eq!(world.permit(&client, &[IPV4_PEER, IPV6_PEER]).class, Class::Success);
    for (peer, relayed) in [(IPV4_PEER, at_ipv4), (IPV6_PEER, at_ipv6)] {
        let up = Fate::ToPeer { from: relayed, peer: address(peer), data: b"up".to_vec() };
        assert_eq!(world.send_indication(&client, peer, b"up"), up);
        let Fate::ToClient { to, bytes } = world.send_from_peer(peer, relayed, b"down") else { panic!() };
        assert_eq!((to, data_indication(&bytes)), (client.at, (address(peer), b"down".to_vec())));
    }
    assert_eq!(world.bind(&client, 0x4000, IPV4_PEER).class, Class::Success);
    assert_eq!(world.bind(&client, 0x4000, IPV6_PEER).code, Some(ErrorCode::BadRequest));
    assert_eq!(world.bind(&client, 0x4001, IPV6_PEER).class, Class::Success);
    for (number, peer, relayed) in [(0x4000, IPV4_PEER, at_ipv4), (0x4001, IPV6_PEER, at_ipv6)] {
        let up = Fate::ToPeer { from: relayed, peer: address(peer), data: b"up".to_vec() };
        assert_eq!(world.send_channel(&client, number, b"up"), up);
        let bytes = channel_data(number, b"down");
        assert_eq!(world.send_from_peer(peer, relayed, b"down"), Fate::ToClient { to: client.at, bytes });
    }
}

#[test]
fn d1_l3_of_peers_of_two_families_all_are_permitted_or_none() {
    let mut world = world_with(&["5.5.5.5", "2a00::5"], |limits| limits.permissions = 1);
    let mut client = world.client("192.0.2.7:40000");
    allocate(&mut world, &mut client);
    let refused = world.permit(&client, &[IPV4_PEER, IPV6_PEER, "[2a00::8]:1"]);
    assert_eq!(refused.code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(
        world.send_indication(&client, IPV4_PEER, b"x"),
        Fate::Dropped(DropReason::NoPermission),
        "none of them"
    );
    assert_eq!(world.permit(&client, &[IPV4_PEER, IPV6_PEER]).class, Class::Success);
}

#[test]
fn l4_a_refresh_is_for_both_families_or_the_one_it_names() {
    let mut world = dual_world();
    let mut client = world.client("192.0.2.7:40000");
    let (_, at_ipv6) = allocate(&mut world, &mut client);
    world.permit(&client, &[IPV4_PEER, IPV6_PEER]);
    world.advance(Duration::from_secs(500));
    assert_eq!(world.refresh(&client, 600).class, Class::Success);
    world.advance(Duration::from_secs(500));
    assert_eq!(world.ports.len(), 2);
    assert_eq!(refresh(&mut world, &client, IPV6, 3600), None);
    world.advance(Duration::from_secs(100));
    assert_eq!(world.ports.values().copied().collect::<Vec<_>>(), [at_ipv6]);
    assert_eq!(world.told, [Output::Allocated { five_tuple: client.at }], "it still has one");
    assert_eq!(refresh(&mut world, &client, IPV4, 600), Some(ErrorCode::PeerAddressFamilyMismatch));
    assert_eq!(world.permit(&client, &[IPV4_PEER]).code, Some(ErrorCode::PeerAddressFamilyMismatch));
    assert_eq!(world.refresh(&client, 0).class, Class::Success);
    assert_eq!(world.told.last(), Some(&Output::Released { five_tuple: client.at }));
    assert_eq!((world.ports.len(), world.stats().allocations), (0, 0));
}

#[test]
fn l4_deleting_one_family_leaves_permissions_and_channels_of_the_other() {
    let mut world = dual_world();
    let mut client = world.client("192.0.2.7:40000");
    let (_, at_ipv6) = allocate(&mut world, &mut client);
    world.bind(&client, 0x4000, IPV4_PEER);
    world.bind(&client, 0x4001, IPV6_PEER);
    assert_eq!(refresh(&mut world, &client, IPV4, 0), None);
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoChannel));
    assert_eq!(world.send_indication(&client, IPV4_PEER, b"x"), Fate::Dropped(DropReason::FamilyMismatch));
    let up = Fate::ToPeer { from: at_ipv6, peer: address(IPV6_PEER), data: b"x".to_vec() };
    assert_eq!(world.send_channel(&client, 0x4001, b"x"), up);
}

#[test]
fn no_port_leaks_whenever_a_client_leaves_while_two_are_opened() {
    for answered in 0..3 {
        let mut world = dual_world();
        let mut client = world.tcp_client("192.0.2.7:40000");
        world.challenge(&mut client);
        world.unanswered = Some(Vec::new());
        let request = world.sign(&client, Method::Allocate, both);
        assert_eq!(world.send(client.at, &request), Fate::Silent);
        for _ in 0..answered {
            let relay = world.unanswered.as_mut().unwrap().remove(0);
            world.handle(Input::RelayOpened { relay });
        }
        world.handle(Input::Disconnected { five_tuple: client.at });
        for relay in world.unanswered.take().unwrap() {
            world.handle(Input::RelayOpened { relay });
        }
        assert_eq!((answered, world.ports.len(), world.turn.next_timeout()), (answered, 0, None));
        world.take_answer(client.at);
        // All of the quota is free again.
        allocate(&mut world, &mut client);
        assert_eq!(world.stats().allocations, 2);
    }
}
