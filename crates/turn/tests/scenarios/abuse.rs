//! X1 and X3: what strangers may cost.

use std::time::Duration;

use visavis_turn::codec::{Class, ErrorCode, MessageBuilder, Method};
use visavis_turn::{DropReason, Input};

use crate::world::{Fate, World, address, udp};

fn binding(world: &mut World) -> Vec<u8> {
    MessageBuilder::new(Class::Request, Method::Binding, world.transaction()).finish()
}

fn limited() -> World {
    World::with(|config| {
        config.limits.stranger_answers_per_second = 10;
        config.limits.stranger_answers_burst = 5;
    })
}

#[test]
fn x1_strangers_share_one_ration_of_bindings_and_challenges_per_address() {
    let mut world = limited();
    for number in 0..8u16 {
        let client = world.client(&format!("192.0.2.7:{}", 1000 + number));
        let request = match number % 2 {
            0 => binding(&mut world),
            _ => MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()).finish(),
        };
        let fate = world.send(client.at, &request);
        let is_answered = matches!(fate, Fate::Answered(_));
        assert_eq!(is_answered, number < 5, "{number}: {fate:?}");
    }
    let stats = world.stats();
    assert_eq!(stats.dropped(DropReason::RateLimited), 3);
    // What was dropped was not answered.
    assert_eq!((stats.bindings, stats.errors[&ErrorCode::Unauthorized]), (3, 2));
    world.advance(Duration::from_millis(100));
    let client = world.client("192.0.2.7:1000");
    let request = binding(&mut world);
    assert!(matches!(world.send(client.at, &request), Fate::Answered(_)));
    assert_eq!(world.send(client.at, &request), Fate::Dropped(DropReason::RateLimited));
}

#[test]
fn x1_who_has_an_allocation_or_comes_over_tcp_is_not_rationed() {
    let mut world = limited();
    let mut allocated = world.client("192.0.2.7:40000");
    world.allocate(&mut allocated);
    let tcp = world.tcp_client("192.0.2.7:40001");
    for _ in 0..100 {
        let request = binding(&mut world);
        assert!(matches!(world.send(allocated.at, &request), Fate::Answered(_)));
        assert!(matches!(world.send(tcp.at, &request), Fate::Answered(_)));
    }
}

/// coturn #1999: 18 kB and a socket per forged Allocate.
#[test]
fn x3_nothing_is_opened_or_scheduled_for_whoever_has_not_shown_the_password() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    client.key = visavis_turn::codec::IntegrityKey::long_term(&client.username, "visavis.test", "guess");
    for _ in 0..100 {
        let request = world.sign(&client, Method::Allocate, udp);
        world.send(client.at, &request);
    }
    assert_eq!((world.ports.len(), world.turn.next_timeout(), world.told.len()), (0, None, 0));
}

#[test]
fn x1_addresses_with_live_signaling_get_ten_times_the_ration_while_they_are_vouched_for() {
    let mut world = limited();
    let answered = |world: &mut World, at: &str| {
        let client = world.client(at);
        let request = binding(world);
        (0..100).filter(|_| matches!(world.send(client.at, &request), Fate::Answered(_))).count()
    };
    let until = world.now + Duration::from_secs(60);
    world.handle(Input::Vouch { ip: address("192.0.2.7:0").ip(), until });
    assert_eq!(answered(&mut world, "192.0.2.7:1"), 50);
    assert_eq!(answered(&mut world, "198.51.100.7:1"), 5);
    // An IPv6 host has all of its /64.
    world.handle(Input::Vouch { ip: address("[2a00:0:0:1::7]:0").ip(), until });
    assert_eq!(answered(&mut world, "[2a00:0:0:1:abcd::]:1"), 50);
    assert_eq!(answered(&mut world, "[2a00:0:0:2::7]:1"), 5);
    world.advance(Duration::from_secs(60));
    assert_eq!(answered(&mut world, "192.0.2.7:1"), 5);
}

#[test]
fn x1_only_so_many_addresses_are_vouched_for_and_the_first_to_run_out_makes_room() {
    let mut world = World::with(|config| {
        config.limits.stranger_answers_per_second = 10;
        config.limits.stranger_answers_burst = 5;
        config.limits.vouched = 1;
    });
    for (ip, seconds) in [("192.0.2.7", 10), ("198.51.100.7", 60)] {
        let until = world.now + Duration::from_secs(seconds);
        world.handle(Input::Vouch { ip: ip.parse().unwrap(), until });
    }
    assert_eq!(world.stats().vouched_dropped, 1);
    for (at, expected) in [("192.0.2.7:1", 5), ("198.51.100.7:1", 50)] {
        let client = world.client(at);
        let request = binding(&mut world);
        let answered = (0..100).filter(|_| matches!(world.send(client.at, &request), Fate::Answered(_)));
        assert_eq!(answered.count(), expected);
    }
}
