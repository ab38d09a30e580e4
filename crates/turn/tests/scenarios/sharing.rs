//! Two cores of one relay: what they share, and what passes between their clients.

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};
use visavis_turn::{DropReason, Input, RelayAddress, Stats};

use crate::world::{Fate, START, World, channel_data, udp};

const ALICE: &str = "192.0.2.7:40000";
const BOB: &str = "192.0.2.8:40000";

#[test]
fn data_passes_between_clients_of_two_cores_without_a_trip_through_the_kernel() {
    let [mut here, mut there] = World::pair(|_| {});
    let (mut alice, mut bob) = (here.client_of("alice", ALICE), there.client_of("bob", BOB));
    let (at_alice, at_bob) = (here.allocate(&mut alice), there.allocate(&mut bob));
    here.bind(&alice, 0x4000, &at_bob.to_string());
    // Not before the other one wants it.
    assert_eq!(here.send(alice.at, &channel_data(0x4000, b"hi")), Fate::Dropped(DropReason::NoPermission));
    there.bind(&bob, 0x4001, &at_alice.to_string());
    let expected = Fate::ToClient { to: bob.at, bytes: channel_data(0x4001, b"hi") };
    assert_eq!(here.send(alice.at, &channel_data(0x4000, b"hi")), expected);
    let expected = Fate::ToClient { to: alice.at, bytes: channel_data(0x4000, b"ho") };
    assert_eq!(there.send(bob.at, &channel_data(0x4001, b"ho")), expected);
    assert_eq!((here.stats().between_allocations.packets, there.stats().between_allocations.packets), (1, 1));

    // Permission, channel and allocation end for the other core when they end here.
    let mut late = [here, there];
    for world in &mut late {
        world.advance(Duration::from_secs(300));
    }
    let [mut here, mut there] = late;
    assert_eq!(here.send(alice.at, &channel_data(0x4000, b"hi")), Fate::Dropped(DropReason::NoPermission));
    let answer =
        there.request(&bob, Method::Refresh, |message| message.attribute(AttributeType::LIFETIME, &[0; 4]));
    assert_eq!(answer.class, Class::Success);
    assert_eq!(here.send(alice.at, &channel_data(0x4000, b"hi")), Fate::Dropped(DropReason::PeerDenied));
}

#[test]
fn data_for_a_tcp_client_of_another_core_goes_to_its_port_and_is_known_there_by_its_advertised_address() {
    let [mut here, mut there] = World::pair(|config| {
        let [bind, advertised] = ["10.0.0.1", "5.5.5.5"].map(|ip| ip.parse().unwrap());
        config.relay_addresses = vec![RelayAddress { bind, advertised }];
    });
    let (mut alice, mut bob) = (here.client_of("alice", ALICE), there.tcp_client(BOB));
    let (at_alice, at_bob) = (here.allocate(&mut alice), there.allocate(&mut bob));
    here.bind(&alice, 0x4000, &at_bob.to_string());
    there.bind(&bob, 0x4001, &at_alice.to_string());
    let bound = |at: SocketAddr| SocketAddr::new("10.0.0.1".parse().unwrap(), at.port());
    let expected = Fate::ToPeer { from: bound(at_alice), peer: bound(at_bob), data: b"ping".to_vec() };
    assert_eq!(here.send(alice.at, &channel_data(0x4000, b"ping")), expected);
    let expected = Fate::ToClient { to: bob.at, bytes: channel_data(0x4001, b"ping") };
    assert_eq!(there.send_from_peer(&bound(at_alice).to_string(), bound(at_bob), b"ping"), expected);
    // Another machine behind the same translation is not taken for one of ours.
    let stranger = "10.0.0.1:40000";
    assert_eq!(there.send_from_peer(stranger, bound(at_bob), b"x"), Fate::Dropped(DropReason::NoPermission));
}

#[test]
fn l5_quotas_and_ports_are_common() {
    let [mut here, mut there] = World::pair(|config| {
        config.limits.allocations_per_user = 2;
        config.limits.allocations = 3;
        config.relay_ports = 50000..=50003;
    });
    let worlds = [&mut here, &mut there];
    let mut relayed = Vec::new();
    for (world, at) in worlds.into_iter().zip([ALICE, BOB]) {
        let mut client = world.client_of("alice", at);
        relayed.push(world.allocate(&mut client));
    }
    assert_ne!(relayed[0], relayed[1]);
    let mut third = here.client_of("alice", "192.0.2.9:40000");
    here.challenge(&mut third);
    let refused = here.request(&third, Method::Allocate, udp);
    assert_eq!(refused.code, Some(ErrorCode::AllocationQuotaReached));
    let mut other = there.client_of("bob", "192.0.2.10:40000");
    there.allocate(&mut other);
    let mut last = here.client_of("carol", "192.0.2.11:40000");
    here.challenge(&mut last);
    let refused = here.request(&last, Method::Allocate, udp);
    assert_eq!(refused.code, Some(ErrorCode::InsufficientCapacity));
    // What one gives back the other can have.
    there.handle(Input::Revoke { subject: "bob", until: START });
    assert_eq!(here.request(&last, Method::Allocate, udp).code, None);
}

#[test]
fn l2_a_token_is_good_at_whichever_core_it_is_brought_to() {
    let [mut here, mut there] = World::pair(|_| {});
    let mut rtp = here.client(ALICE);
    here.challenge(&mut rtp);
    let answer = here
        .request(&rtp, Method::Allocate, |message| udp(message).attribute(AttributeType::EVEN_PORT, &[0x80]));
    let relayed = answer.address(AttributeType::XOR_RELAYED_ADDRESS);
    let token = answer.attribute(AttributeType::RESERVATION_TOKEN).to_vec();

    let mut rtcp = there.client(BOB);
    there.challenge(&mut rtcp);
    let with_token = |message| udp(message).attribute(AttributeType::RESERVATION_TOKEN, &token);
    let mut stranger = there.client_of("mallory", "192.0.2.66:40000");
    there.challenge(&mut stranger);
    let refused = there.request(&stranger, Method::Allocate, with_token);
    assert_eq!(refused.code, Some(ErrorCode::InsufficientCapacity));
    let answer = there.request(&rtcp, Method::Allocate, with_token);
    let next = SocketAddr::new(relayed.ip(), relayed.port() + 1);
    assert_eq!(answer.address(AttributeType::XOR_RELAYED_ADDRESS), next);
    // The shell moves the socket.
    let taken = there.taken.pop().unwrap();
    let at = here.ports.remove(&taken).unwrap();
    there.ports.insert(taken, at);
    assert_eq!(at, next);

    let mut sum = Stats::default();
    for world in [&here, &there] {
        sum.add(world.stats());
    }
    assert_eq!((sum.reservations, sum.allocations), (0, 2));
    // The one who made it does not close it when the token would have run out.
    here.advance(Duration::from_secs(60));
    assert_eq!((here.ports.len(), there.ports.len()), (1, 1));
    there.advance(Duration::from_secs(600));
    here.advance(Duration::from_secs(600));
    assert_eq!((here.ports.len(), there.ports.len()), (0, 0));
    // Its quota is free again: as many as ever.
    let limit = visavis_turn::Limits::default().allocations_per_user;
    for number in 0..limit {
        let mut client = here.client(&format!("192.0.2.9:{}", 41000 + number));
        here.allocate(&mut client);
    }
}

#[test]
fn x1_strangers_have_one_ration_however_many_cores_there_are() {
    let [mut here, mut there] = World::pair(|config| {
        config.limits.stranger_answers_per_second = 1;
        config.limits.stranger_answers_burst = 4;
    });
    let request =
        visavis_turn::codec::MessageBuilder::new(Class::Request, Method::Binding, here.transaction());
    let request = request.finish();
    let mut answered = 0;
    for number in 0..20u16 {
        let world = if number % 2 == 0 { &mut here } else { &mut there };
        let mut client = world.client(ALICE);
        client.at.client.set_port(40000 + number);
        answered += usize::from(matches!(world.send(client.at, &request), Fate::Answered(_)));
    }
    assert_eq!(answered, 4);
}
