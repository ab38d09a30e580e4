//! X2: what an allocation and a user may pass and open.

use std::time::Duration;

use visavis_turn::codec::{Class, ErrorCode, Method};
use visavis_turn::{DropReason, Limits, Traffic};

use crate::world::{Client, Fate, World, udp};

const PEER: &str = "9.9.9.9:9000";

/// No limit but those set here.
fn world(change: impl FnOnce(&mut Limits)) -> World {
    World::with(|config| {
        config.limits = Limits {
            new_allocations_per_second: 0,
            new_peers_per_second: 0,
            packets_per_second: 0,
            bytes_per_second: 0,
            user_packets_per_second: 0,
            user_bytes_per_second: 0,
            ..config.limits
        };
        change(&mut config.limits);
    })
}

fn allocated(world: &mut World, user: &str, at: &str) -> Client {
    let mut client = world.client_of(user, at);
    world.allocate(&mut client);
    world.bind(&client, 0x4000, PEER);
    client
}

/// How many of so many packets are passed on, and why the others are not.
fn pass(world: &mut World, client: &Client, count: usize, length: usize) -> (usize, Option<DropReason>) {
    let data = vec![7; length];
    let mut passed = 0;
    let mut reason = None;
    for _ in 0..count {
        match world.send_channel(client, 0x4000, &data) {
            Fate::ToPeer { .. } => passed += 1,
            Fate::Dropped(why) => reason = Some(why),
            other => panic!("{other:?}"),
        }
    }
    (passed, reason)
}

#[test]
fn x2_an_allocation_passes_so_many_packets_a_second_in_both_directions_together() {
    let mut world = world(|limits| limits.packets_per_second = 10);
    let client = allocated(&mut world, "alice", "192.0.2.7:1");
    let other = allocated(&mut world, "alice", "192.0.2.7:2");
    let relayed = *world.ports.values().next().unwrap();
    for _ in 0..6 {
        assert!(matches!(world.send_from_peer(PEER, relayed, b"x"), Fate::ToClient { .. }));
    }
    assert_eq!(pass(&mut world, &client, 10, 100), (4, Some(DropReason::PacketRate)));
    assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::Dropped(DropReason::PacketRate));
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::PacketRate));
    assert_eq!(pass(&mut world, &other, 10, 100), (10, None));
    world.advance(Duration::from_millis(500));
    assert_eq!(pass(&mut world, &client, 10, 100), (5, Some(DropReason::PacketRate)));
    assert_eq!(world.stats().dropped(DropReason::PacketRate), 6 + 2 + 5);
    assert_eq!(world.stats().to_peer, Traffic { packets: 19, bytes: 1900 });
}

#[test]
fn x2_an_allocation_passes_so_many_bytes_a_second() {
    let mut world = world(|limits| limits.bytes_per_second = 100_000);
    let client = allocated(&mut world, "alice", "192.0.2.7:1");
    assert_eq!(pass(&mut world, &client, 200, 1000), (100, Some(DropReason::ByteRate)));
    // What does not fit takes nothing: something smaller may.
    world.advance(Duration::from_millis(5));
    assert_eq!(pass(&mut world, &client, 1, 1000), (0, Some(DropReason::ByteRate)));
    assert_eq!(pass(&mut world, &client, 1, 500), (1, None));
}

#[test]
fn x2_all_allocations_of_a_user_share_what_a_user_may_pass() {
    for by_packets in [true, false] {
        let mut world = world(|limits| match by_packets {
            true => limits.user_packets_per_second = 100,
            false => limits.user_bytes_per_second = 100_000,
        });
        let reason = if by_packets { DropReason::UserPacketRate } else { DropReason::UserByteRate };
        let first = allocated(&mut world, "alice/c1", "192.0.2.7:1");
        let second = allocated(&mut world, "alice/c2", "192.0.2.7:2");
        let bob = allocated(&mut world, "bob", "192.0.2.7:3");
        assert_eq!(pass(&mut world, &first, 60, 1000), (60, None));
        assert_eq!(pass(&mut world, &second, 60, 1000), (40, Some(reason)));
        assert_eq!(pass(&mut world, &bob, 60, 1000), (60, None));
        world.advance(Duration::from_secs(1));
        assert_eq!(pass(&mut world, &second, 101, 1000), (100, Some(reason)));
    }
}

#[test]
fn x2_what_a_user_has_passed_is_not_forgotten_with_the_last_allocation() {
    let mut world = world(|limits| limits.user_bytes_per_second = 100_000);
    let open_and_pass = |world: &mut World, at: &str| {
        let client = allocated(world, "alice", at);
        let passed = pass(world, &client, 200, 1000);
        world.refresh(&client, 0);
        passed
    };
    let too_much = Some(DropReason::UserByteRate);
    assert_eq!(open_and_pass(&mut world, "192.0.2.7:1"), (100, too_much));
    assert_eq!(open_and_pass(&mut world, "192.0.2.7:2"), (0, too_much));
    world.advance(Duration::from_millis(500));
    assert_eq!(open_and_pass(&mut world, "192.0.2.7:3"), (50, too_much));
    assert_eq!(world.stats().users_forgotten, 0);
}

#[test]
fn x2_between_two_clients_of_this_relay_both_allocations_count() {
    let mut world = world(|limits| limits.packets_per_second = 10);
    let alice = allocated(&mut world, "alice", "192.0.2.7:1");
    let bob = allocated(&mut world, "bob", "192.0.2.8:1");
    let at: Vec<String> = world.ports.values().map(ToString::to_string).collect();
    world.bind(&alice, 0x4001, &at[1]);
    world.permit(&bob, &[&at[0]]);
    assert_eq!(pass(&mut world, &bob, 7, 10), (7, None));
    let fates: Vec<bool> =
        (0..5).map(|_| matches!(world.send_channel(&alice, 0x4001, b"x"), Fate::ToClient { .. })).collect();
    assert_eq!(fates, [true, true, true, false, false]);
    assert_eq!(world.stats().between_allocations.packets, 3);
}

#[test]
fn x2_a_user_opens_so_many_allocations_at_once_and_then_so_many_a_second() {
    let mut world = world(|limits| {
        limits.new_allocations_per_second = 1;
        limits.new_allocations_burst = 3;
    });
    let mut client = world.client("192.0.2.7:1");
    world.challenge(&mut client);
    let open_and_close = |world: &mut World| {
        let answer = world.request(&client, Method::Allocate, udp);
        if answer.class == Class::Success {
            world.refresh(&client, 0);
        }
        answer.code
    };
    for _ in 0..3 {
        assert_eq!(open_and_close(&mut world), None);
    }
    // Holding nothing does not make it forgotten.
    assert_eq!(open_and_close(&mut world), Some(ErrorCode::AllocationQuotaReached));
    assert_eq!(world.stats().allocations_limited, 1);
    world.advance(Duration::from_secs(1));
    assert_eq!(open_and_close(&mut world), None);
    assert_eq!(open_and_close(&mut world), Some(ErrorCode::AllocationQuotaReached));
    let mut bob = world.client_of("bob", "192.0.2.7:2");
    world.allocate(&mut bob);
}

#[test]
fn x2_a_user_reaches_out_to_so_many_new_addresses_and_renews_without_end() {
    let mut world = world(|limits| {
        limits.new_peers_per_second = 1;
        limits.new_peers_burst = 3;
    });
    let mut client = world.client_of("alice/c1", "192.0.2.7:1");
    world.allocate(&mut client);
    let mut other = world.client_of("alice/c2", "192.0.2.7:2");
    world.allocate(&mut other);
    assert_eq!(world.permit(&client, &["9.9.9.1:1", "9.9.9.2:1"]).code, None);
    for _ in 0..10 {
        assert_eq!(world.permit(&client, &["9.9.9.1:1", "9.9.9.2:1"]).code, None);
    }
    assert_eq!(world.permit(&other, &["9.9.9.1:1", "9.9.9.3:1"]).code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.bind(&other, 0x4000, "9.9.9.3:9000").code, None);
    assert_eq!(world.bind(&other, 0x4001, "9.9.9.4:9000").code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.stats().peers_limited, 2);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.permit(&client, &["9.9.9.5:1"]).code, None);
}

#[test]
fn x2_a_call_in_high_definition_with_a_screen_is_far_from_any_default_limit() {
    let mut world = World::new();
    let client = allocated(&mut world, "alice", "192.0.2.7:1");
    let relayed = *world.ports.values().next().unwrap();
    // 20 Mbit/s each way in packets of 1,000 bytes, and 500 small ones of sound and feedback, for ten seconds.
    for _ in 0..10 * 100 {
        world.advance(Duration::from_millis(10));
        assert_eq!(pass(&mut world, &client, 25, 1000), (25, None));
        assert_eq!(pass(&mut world, &client, 5, 100), (5, None));
        for _ in 0..30 {
            assert!(matches!(world.send_from_peer(PEER, relayed, &[7; 1000]), Fate::ToClient { .. }));
        }
    }
}

#[test]
fn x2_users_who_left_are_forgotten_when_their_haste_is_over() {
    let mut world = world(|limits| {
        limits.new_allocations_per_second = 1;
        limits.new_allocations_burst = 1;
        limits.stranger_answers_burst = 100_000;
    });
    for number in 0..5000u16 {
        let mut client = world.client_of(&format!("user{number}"), "192.0.2.7:1");
        world.allocate(&mut client);
        world.refresh(&client, 0);
    }
    // More came within a second than are remembered; the first of them may come again at once.
    assert_eq!(world.stats().users_forgotten, 5000 - 4096);
    let mut first = world.client_of("user0", "192.0.2.7:1");
    world.allocate(&mut first);
    world.refresh(&first, 0);
    let mut last = world.client_of("user4999", "192.0.2.7:1");
    world.challenge(&mut last);
    assert_eq!(world.request(&last, Method::Allocate, udp).code, Some(ErrorCode::AllocationQuotaReached));
    world.advance(Duration::from_secs(1));
    assert_eq!(world.request(&last, Method::Allocate, udp).code, None);
    world.refresh(&last, 0);
    assert_eq!(world.stats().users_forgotten, 5000 - 4096 + 1);
}
