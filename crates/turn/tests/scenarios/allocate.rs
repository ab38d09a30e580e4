//! L1, L3–L5: Allocate.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, MessageBuilder, Method};
use visavis_turn::{DropReason, Input, Output, RelayAddress};

use crate::world::{Client, Fate, RELAY_IP, World, address, lifetime, udp};

fn attempt(world: &mut World, add: impl FnOnce(MessageBuilder) -> MessageBuilder) -> Option<ErrorCode> {
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    world.request(&client, Method::Allocate, add).code
}

#[test]
fn l4_the_answer_holds_relayed_address_mapped_address_and_lifetime() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, udp);
    let relayed = answer.address(AttributeType::XOR_RELAYED_ADDRESS);
    assert_eq!(relayed.ip().to_string(), RELAY_IP);
    assert!((50000..=50999).contains(&relayed.port()));
    assert_eq!(answer.address(AttributeType::XOR_MAPPED_ADDRESS), client.at.client);
    assert_eq!(answer.lifetime(), 600);
    assert_eq!(
        answer.kinds(),
        [AttributeType::XOR_RELAYED_ADDRESS, AttributeType::XOR_MAPPED_ADDRESS, AttributeType::LIFETIME]
    );
    assert_eq!(world.ports.values().copied().collect::<Vec<_>>(), [relayed]);
    assert_eq!(world.told, [Output::Allocated { five_tuple: client.at }]);
}

#[test]
fn l1_the_same_allocate_again_gets_the_same_answer_and_another_one_437() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let request = world.sign(&client, Method::Allocate, |message| lifetime(udp(message), 777));
    let Fate::Answered(first) = world.send(client.at, &request) else { panic!() };
    world.advance(Duration::from_secs(5));
    assert_eq!(world.send(client.at, &request), Fate::Answered(first));
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::AllocationMismatch));
    assert_eq!(world.stats().allocations_opened, 1);
}

#[test]
fn l1_a_retransmission_while_the_port_opens_is_answered_once() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    world.unanswered = Some(Vec::new());
    let request = world.sign(&client, Method::Allocate, udp);
    assert_eq!(world.send(client.at, &request), Fate::Silent);
    assert_eq!(world.send(client.at, &request), Fate::Silent);
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::AllocationMismatch));
    let wishes = world.unanswered.take().unwrap();
    assert_eq!(wishes.len(), 1);
    world.handle(Input::RelayOpened { relay: wishes[0] });
    assert_eq!(world.take_answer(client.at).unwrap().class, Class::Success);
}

#[test]
fn l1_requested_transport_must_be_there_well_formed_and_udp() {
    let mut world = World::new();
    let transport = |value: &'static [u8]| {
        move |message: MessageBuilder| message.attribute(AttributeType::REQUESTED_TRANSPORT, value)
    };
    assert_eq!(attempt(&mut world, |message| message), Some(ErrorCode::BadRequest));
    assert_eq!(attempt(&mut world, transport(&[17])), Some(ErrorCode::BadRequest));
    assert_eq!(attempt(&mut world, transport(&[6, 0, 0, 0])), Some(ErrorCode::UnsupportedTransport));
    assert_eq!(attempt(&mut world, transport(&[17, 0, 0, 0])), None);
}

#[test]
fn l3_no_family_means_ipv4_also_for_a_client_on_ipv6_and_a_missing_family_is_440() {
    let family = |value: u8| {
        move |message| udp(message).attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[value, 0, 0, 0])
    };
    let mut world = World::new();
    assert_eq!(attempt(&mut world, family(2)), Some(ErrorCode::AddressFamilyNotSupported));
    assert_eq!(attempt(&mut world, family(3)), Some(ErrorCode::AddressFamilyNotSupported));
    assert_eq!(attempt(&mut world, family(1)), None);
    let mut client = world.client("[2a00::17]:40000");
    client.at.server = address("[2a00::1]:3478");
    assert!(world.allocate(&mut client).is_ipv4());
    let short = |message| udp(message).attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[1]);
    assert_eq!(attempt(&mut World::new(), short), Some(ErrorCode::BadRequest));

    let mut only_ipv6 =
        World::with(|config| config.relay_addresses = vec![RelayAddress::from(address("[2a00::1]:0").ip())]);
    assert_eq!(attempt(&mut only_ipv6, family(1)), Some(ErrorCode::AddressFamilyNotSupported));
    let mut client = only_ipv6.client("192.0.2.7:40001");
    only_ipv6.challenge(&mut client);
    let answer = only_ipv6.request(&client, Method::Allocate, family(2));
    assert!(answer.address(AttributeType::XOR_RELAYED_ADDRESS).is_ipv6());
}

#[test]
fn l3_no_family_means_ipv6_for_everybody_where_nobody_can_reach_the_relay_by_ipv4() {
    let usual = |relay_addresses: &[&str]| {
        let addresses = relay_addresses.iter().map(|ip| RelayAddress::from(ip.parse::<IpAddr>().unwrap()));
        let mut world = World::with(|config| config.relay_addresses = addresses.collect());
        let [over_ipv4, over_ipv6] = ["192.0.2.7:40000", "[2a00::17]:40000"].map(|from| {
            let mut client = world.client(from);
            world.allocate(&mut client).ip().is_ipv4()
        });
        assert_eq!(over_ipv4, over_ipv6, "two relayed clients must meet");
        if over_ipv4 { "IPv4" } else { "IPv6" }
    };
    assert_eq!(usual(&["2a00::1"]), "IPv6");
    assert_eq!(usual(&["2a00::1", "127.0.0.1", "::1"]), "IPv6");
    assert_eq!(usual(&["2a00::1", "198.51.100.1"]), "IPv4");
    assert_eq!(usual(&["127.0.0.1", "::1"]), "IPv4");
}

#[test]
fn l4_lifetimes_are_at_least_the_default_and_at_most_the_limit() {
    for (asked, granted) in
        [(0, 600), (1, 600), (600, 600), (601, 601), (3600, 3600), (3601, 3600), (u32::MAX, 3600)]
    {
        let mut world = World::new();
        let mut client = world.client("192.0.2.7:40000");
        world.challenge(&mut client);
        let answer = world.request(&client, Method::Allocate, |message| lifetime(udp(message), asked));
        assert_eq!(answer.lifetime(), granted, "{asked}");
        world.advance(Duration::from_secs(u64::from(granted) - 1));
        assert_eq!(world.stats().allocations, 1);
        world.advance(Duration::from_secs(1));
        assert_eq!((world.stats().allocations, world.stats().allocations_expired), (0, 1));
        assert_eq!(world.ports.len(), 0);
        assert_eq!(world.told.last(), Some(&Output::Released { five_tuple: client.at }));
    }
    let malformed = |message| udp(message).attribute(AttributeType::LIFETIME, &[0; 3]);
    assert_eq!(attempt(&mut World::new(), malformed), Some(ErrorCode::BadRequest));
}

#[test]
fn l5_relayed_ports_are_not_predictable_and_never_given_twice() {
    let mut world = World::with(|config| config.limits.stranger_answers_burst = 10_000);
    let mut ports = Vec::new();
    for number in 0..300u16 {
        let mut client = world.client_of(&format!("user{number}"), &format!("192.0.2.7:{}", 1000 + number));
        ports.push(world.allocate(&mut client).port());
    }
    let distinct: BTreeSet<u16> = ports.iter().copied().collect();
    assert_eq!(distinct.len(), 300);
    let neighbours = ports.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 2).count();
    assert!(neighbours < 15, "{neighbours} of 300 ports lie beside their predecessor");
}

#[test]
fn l5_a_user_over_quota_gets_486_and_others_are_not_touched() {
    let mut world = World::with(|config| config.limits.allocations_per_user = 2);
    let mut calls: Vec<Client> = ["alice/c1", "alice/c2", "alice/c3"]
        .into_iter()
        .zip(["192.0.2.7:1", "192.0.2.7:2", "192.0.2.7:3"])
        .map(|(user, at)| world.client_of(user, at))
        .collect();
    world.allocate(&mut calls[0]);
    world.allocate(&mut calls[1]);
    world.challenge(&mut calls[2]);
    let third = calls[2].clone();
    assert_eq!(world.request(&third, Method::Allocate, udp).code, Some(ErrorCode::AllocationQuotaReached));
    let mut bob = world.client_of("bob", "192.0.2.7:4");
    world.allocate(&mut bob);
    assert_eq!(world.refresh(&calls[0], 0).class, Class::Success);
    assert_eq!(world.request(&third, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn l5_a_full_server_answers_508_and_serves_again_when_one_leaves() {
    let mut by_limit = World::with(|config| config.limits.allocations = 2);
    let mut by_ports = World::with(|config| config.relay_ports = 50000..=50001);
    for world in [&mut by_limit, &mut by_ports] {
        let mut clients: Vec<Client> = ["alice", "bob", "carol"]
            .into_iter()
            .zip(["192.0.2.7:1", "192.0.2.7:2", "192.0.2.7:3"])
            .map(|(user, at)| world.client_of(user, at))
            .collect();
        world.allocate(&mut clients[0]);
        world.allocate(&mut clients[1]);
        world.challenge(&mut clients[2]);
        let carol = clients[2].clone();
        assert_eq!(world.request(&carol, Method::Allocate, udp).code, Some(ErrorCode::InsufficientCapacity));
        world.refresh(&clients[0], 0);
        assert_eq!(world.request(&carol, Method::Allocate, udp).class, Class::Success);
    }
}

#[test]
fn l5_a_port_the_machine_refuses_is_replaced_until_attempts_run_out() {
    let mut world = World::with(|config| config.limits.port_attempts = 3);
    let mut client = world.client("192.0.2.7:40000");
    world.refusals = 2;
    world.allocate(&mut client);
    assert_eq!(world.stats().ports_refused, 2);

    let mut other = world.client("192.0.2.7:40001");
    world.challenge(&mut other);
    world.refusals = 3;
    assert_eq!(world.request(&other, Method::Allocate, udp).code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!((world.ports.len(), world.refusals), (1, 0));
    assert_eq!(world.request(&other, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn a_client_prefers_the_relay_address_it_came_to_and_is_told_the_external_one() {
    let mut world = World::with(|config| {
        config.relay_addresses = vec![
            RelayAddress { bind: address("10.0.0.5:0").ip(), advertised: address("5.5.5.5:0").ip() },
            RelayAddress::from(address("127.0.0.1:0").ip()),
        ];
    });
    let mut remote = world.client("192.0.2.7:40000");
    remote.at.server = address("10.0.0.5:3478");
    assert_eq!(world.allocate(&mut remote).ip(), address("5.5.5.5:0").ip());
    let mut local = world.client("127.0.0.1:40000");
    local.at.server = address("127.0.0.1:3478");
    assert_eq!(world.allocate(&mut local).ip(), address("127.0.0.1:0").ip());
    let bound: BTreeSet<String> = world.ports.values().map(|at| at.ip().to_string()).collect();
    assert_eq!(bound.into_iter().collect::<Vec<_>>(), ["10.0.0.5", "127.0.0.1"]);
}

#[test]
fn a_closed_tcp_connection_takes_its_allocation_along_even_while_it_opens() {
    let mut world = World::new();
    let mut client = world.tcp_client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.handle(Input::Disconnected { five_tuple: client.at });
    assert_eq!((world.stats().allocations, world.ports.len()), (0, 0));

    world.challenge(&mut client);
    world.unanswered = Some(Vec::new());
    let request = world.sign(&client, Method::Allocate, udp);
    assert_eq!(world.send(client.at, &request), Fate::Silent);
    world.handle(Input::Disconnected { five_tuple: client.at });
    let wishes = world.unanswered.take().unwrap();
    world.handle(Input::RelayOpened { relay: wishes[0] });
    assert_eq!((world.stats().allocations, world.ports.len()), (0, 0));
    assert_eq!(world.take_answer(client.at), None);
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoAllocation));
    world.allocate(&mut client);
}

#[test]
fn l6_dont_fragment_is_taken_where_df_can_be_set_and_else_refused_with_420() {
    for can in [true, false] {
        let mut world = World::with(|config| config.dont_fragment = can);
        let mut client = world.client("192.0.2.7:40000");
        world.challenge(&mut client);
        let answer = world.request(&client, Method::Allocate, |message| {
            udp(message).attribute(AttributeType::DONT_FRAGMENT, b"")
        });
        if can {
            assert_eq!(answer.class, Class::Success);
        } else {
            assert_eq!(answer.code, Some(ErrorCode::UnknownAttribute));
            assert_eq!(answer.attribute(AttributeType::UNKNOWN_ATTRIBUTES), [0x00, 0x1A]);
        }
    }
}
