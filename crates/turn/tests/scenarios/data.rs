//! D3–D5 and the way between two allocations.

use visavis_turn::codec::{AttributeType, Class, MessageBuilder, Method};
use visavis_turn::{DropReason, Input, RelayAddress, Traffic};

use crate::world::{Client, Fate, World, address, channel_data, data_indication};

const PEER: &str = "9.9.9.9:9000";

#[test]
fn d3_without_channel_data_travels_in_indications_of_any_length() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    for length in [0, 1, 2, 3, 4, 5, 1200, 65000] {
        let data: Vec<u8> = (0..length).map(|index: usize| index.to_be_bytes()[7]).collect();
        let up = Fate::ToPeer { from: relayed, peer: address(PEER), data: data.clone() };
        assert_eq!(world.send_indication(&client, PEER, &data), up);
        let Fate::ToClient { to, bytes } = world.send_from_peer(PEER, relayed, &data) else { panic!() };
        assert_eq!((to, data_indication(&bytes)), (client.at, (address(PEER), data)));
    }
    let bytes = 1 + 2 + 3 + 4 + 5 + 1200 + 65000;
    assert_eq!(world.stats().to_peer, Traffic { packets: 8, bytes });
    assert_eq!(world.stats().to_client, Traffic { packets: 8, bytes });
}

#[test]
fn d4_channel_data_over_udp_may_have_trailing_bytes_but_not_lack_any() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.bind(&client, 0x4000, PEER);
    let to_peer = |data: &[u8]| Fate::ToPeer { from: relayed, peer: address(PEER), data: data.to_vec() };
    assert_eq!(world.send(client.at, &[0x40, 0, 0, 1, b'a', 9, 9, 9]), to_peer(b"a"));
    assert_eq!(world.send(client.at, &[0x40, 0, 0, 0]), to_peer(b""));
    assert_eq!(world.send(client.at, &[0x40, 0, 0, 2, b'a']), Fate::Dropped(DropReason::Malformed));
    assert_eq!(world.send(client.at, &[0x40, 0, 0]), Fate::Dropped(DropReason::Malformed));
    assert_eq!(world.send_channel(&client, 0x4001, b"a"), Fate::Dropped(DropReason::NoChannel));
}

#[test]
fn d4_channel_data_over_tcp_is_padded_with_zeros_over_udp_not_at_all() {
    for length in 0..9 {
        let data = vec![7; length];
        let mut world = World::new();
        let mut client = world.tcp_client("192.0.2.7:40000");
        let relayed = world.allocate(&mut client);
        world.bind(&client, 0x4000, PEER);
        let mut bytes = channel_data(0x4000, &data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        assert_eq!(world.send_from_peer(PEER, relayed, &data), Fate::ToClient { to: client.at, bytes });
    }
}

#[test]
fn d5_send_indications_that_lead_nowhere_are_dropped_silently() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::NoAllocation));
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoAllocation));
    world.allocate(&mut client);
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::NoPermission));
    assert_eq!(
        world.send_indication(&client, "[2a00::9]:9000", b"x"),
        Fate::Dropped(DropReason::FamilyMismatch)
    );
    world.permit(&client, &[PEER]);
    let indication =
        |world: &mut World| MessageBuilder::new(Class::Indication, Method::Send, world.transaction());
    let peer = |message: MessageBuilder| message.address(AttributeType::XOR_PEER_ADDRESS, address(PEER));
    let no_data = peer(indication(&mut world)).finish();
    let no_peer = indication(&mut world).attribute(AttributeType::DATA, b"x").finish();
    let unknown = peer(indication(&mut world)).attribute(AttributeType::DATA, b"x");
    let unknown = unknown.attribute(AttributeType(0x7fff), b"").finish();
    for bytes in [no_data, no_peer, unknown] {
        assert_eq!(world.send(client.at, &bytes), Fate::Dropped(DropReason::Malformed));
    }
    let with_fingerprint =
        peer(indication(&mut world)).attribute(AttributeType::DATA, b"x").fingerprint().finish();
    assert!(matches!(world.send(client.at, &with_fingerprint), Fate::ToPeer { .. }));
}

/// A Send indication with DONT-FRAGMENT.
fn send_unfragmented(world: &mut World, client: &Client, peer: &str) -> Fate {
    let indication = MessageBuilder::new(Class::Indication, Method::Send, world.transaction())
        .address(AttributeType::XOR_PEER_ADDRESS, address(peer))
        .attribute(AttributeType::DONT_FRAGMENT, b"")
        .attribute(AttributeType::DATA, b"probe");
    world.send(client.at, &indication.finish())
}

#[test]
fn l6_a_send_indication_with_dont_fragment_is_sent_with_df_and_nothing_else_is() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.bind(&client, 0x4000, PEER);
    let to_peer = |data: &[u8]| Fate::ToPeer { from: relayed, peer: address(PEER), data: data.to_vec() };
    assert_eq!(send_unfragmented(&mut world, &client, PEER), to_peer(b"probe"));
    assert!(world.dont_fragment);
    assert_eq!(world.send_indication(&client, PEER, b"x"), to_peer(b"x"));
    assert!(!world.dont_fragment);
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), to_peer(b"x"));
    assert!(!world.dont_fragment);
}

#[test]
fn l6_dont_fragment_means_nothing_where_ipv6_is_translated() {
    let mut world = World::with(|config| {
        let ips = ["5.5.5.5", "2a00::5"];
        config.relay_addresses =
            ips.map(|ip| RelayAddress::from(ip.parse::<std::net::IpAddr>().unwrap())).into();
    });
    let mut over_ipv6 = world.client("[2a00::7]:40000");
    let mut by_stream = world.tcp_client("[2a00::7]:40001");
    let mut to_ipv6 = world.client("192.0.2.7:40000");
    world.allocate(&mut over_ipv6);
    world.allocate(&mut by_stream);
    world.challenge(&mut to_ipv6);
    world.request(&to_ipv6, Method::Allocate, |message| {
        message
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            .attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
    });
    for (client, peer, expected) in
        [(&over_ipv6, PEER, false), (&by_stream, PEER, true), (&to_ipv6, "[2a00::9]:9000", false)]
    {
        world.permit(client, &[peer]);
        assert!(matches!(send_unfragmented(&mut world, client, peer), Fate::ToPeer { .. }));
        assert_eq!(world.dont_fragment, expected, "{:?}", client.at);
    }
}

#[test]
fn l6_a_send_indication_with_dont_fragment_is_dropped_where_df_can_not_be_set() {
    let mut world = World::with(|config| config.dont_fragment = false);
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    assert_eq!(send_unfragmented(&mut world, &client, PEER), Fate::Dropped(DropReason::Malformed));
}

#[test]
fn two_allocations_of_one_relay_reach_each_other_in_the_process_on_any_address() {
    for ip in ["127.0.0.1", "10.0.0.5", "5.5.5.5"] {
        let mut world = World::with(|config| {
            config.relay_addresses = vec![RelayAddress::from(ip.parse::<std::net::IpAddr>().unwrap())];
        });
        let mut alice = world.client_of("alice", "192.0.2.7:40000");
        let mut bob = world.client_of("bob", "192.0.2.8:40000");
        let (at_alice, at_bob) = (world.allocate(&mut alice), world.allocate(&mut bob));
        let (to_alice, to_bob) = (at_alice.to_string(), at_bob.to_string());
        assert_eq!(world.bind(&alice, 0x4000, &to_bob).class, Class::Success);

        // Both sides must want it, as with any peer.
        assert_eq!(world.send_channel(&alice, 0x4000, b"hi"), Fate::Dropped(DropReason::NoPermission));
        assert_eq!(world.permit(&bob, &[&to_alice]).class, Class::Success);
        let Fate::ToClient { to, bytes } = world.send_channel(&alice, 0x4000, b"hello") else { panic!() };
        assert_eq!((to, data_indication(&bytes)), (bob.at, (at_alice, b"hello".to_vec())));

        let bytes = channel_data(0x4000, b"hey");
        assert_eq!(world.send_indication(&bob, &to_alice, b"hey"), Fate::ToClient { to: alice.at, bytes });
        world.bind(&bob, 0x4fff, &to_alice);
        let bytes = channel_data(0x4fff, b"you");
        assert_eq!(world.send_channel(&alice, 0x4000, b"you"), Fate::ToClient { to: bob.at, bytes });
        assert_eq!(world.stats().between_allocations, Traffic { packets: 3, bytes: 11 });
        assert_eq!((world.stats().to_peer, world.stats().to_client), Default::default());

        world.refresh(&bob, 0);
        assert_eq!(world.send_channel(&alice, 0x4000, b"x"), Fate::Dropped(DropReason::PeerDenied));
    }
}

#[test]
fn an_allocation_behind_nat_is_known_by_its_external_address() {
    let mut world = World::with(|config| {
        let bind = "10.0.0.5".parse().unwrap();
        config.relay_addresses = vec![RelayAddress { bind, advertised: "5.5.5.5".parse().unwrap() }];
    });
    let mut alice = world.client_of("alice", "192.0.2.7:40000");
    let mut bob = world.client_of("bob", "192.0.2.8:40000");
    let (at_alice, at_bob) = (world.allocate(&mut alice), world.allocate(&mut bob));
    world.permit(&alice, &[&at_bob.to_string()]);
    world.permit(&bob, &[&at_alice.to_string()]);
    let Fate::ToClient { to, bytes } = world.send_indication(&alice, &at_bob.to_string(), b"x") else {
        panic!()
    };
    assert_eq!((to, data_indication(&bytes)), (bob.at, (at_alice, b"x".to_vec())));
    let inside = format!("10.0.0.5:{}", at_bob.port());
    assert_eq!(world.permit(&alice, &[&inside]).class, Class::Error);
}

#[test]
fn what_arrives_for_a_port_that_was_closed_goes_nowhere() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    let relay = *world.ports.keys().next().unwrap();
    world.handle(Input::Disconnected { five_tuple: client.at });
    let mut buffer = vec![0; 256];
    let route = world.turn.route_from_peer(world.now, relay, address(PEER), &mut buffer, 4);
    assert_eq!(route, visavis_turn::Route::Dropped(DropReason::NoAllocation));
}
