//! L2: EVEN-PORT and RESERVATION-TOKEN.

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::Input;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, MessageBuilder, Method};

use crate::world::{Client, Fate, World, udp};

const EVEN: &[u8] = &[0x00];
const EVEN_AND_NEXT: &[u8] = &[0x80];

fn even_port(bits: &'static [u8]) -> impl FnOnce(MessageBuilder) -> MessageBuilder {
    move |message| udp(message).attribute(AttributeType::EVEN_PORT, bits)
}

fn with_token(token: &[u8]) -> impl FnOnce(MessageBuilder) -> MessageBuilder {
    move |message| udp(message).attribute(AttributeType::RESERVATION_TOKEN, token)
}

/// Allocates an even port and the next; returns the relayed address and the token.
fn pair(world: &mut World, client: &mut Client) -> (SocketAddr, Vec<u8>) {
    world.challenge(client);
    let answer = world.request(client, Method::Allocate, even_port(EVEN_AND_NEXT));
    assert_eq!(answer.code, None);
    let token = answer.attribute(AttributeType::RESERVATION_TOKEN).to_vec();
    (answer.address(AttributeType::XOR_RELAYED_ADDRESS), token)
}

#[test]
fn l2_an_even_port_alone_keeps_no_other() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, even_port(EVEN));
    assert_eq!(answer.address(AttributeType::XOR_RELAYED_ADDRESS).port() % 2, 0);
    assert!(!answer.kinds().contains(&AttributeType::RESERVATION_TOKEN));
    assert_eq!((world.ports.len(), world.stats().reservations), (1, 0));
}

#[test]
fn l2_the_next_port_waits_for_its_token_and_is_given_to_who_brings_it() {
    let mut world = World::new();
    let mut rtp = world.client("192.0.2.7:40000");
    let (relayed, token) = pair(&mut world, &mut rtp);
    assert_eq!((relayed.port() % 2, token.len(), world.ports.len()), (0, 8, 2));
    assert_eq!(world.stats().reservations, 1);

    let mut rtcp = world.client("192.0.2.7:40001");
    world.challenge(&mut rtcp);
    world.advance(Duration::from_secs(29));
    let answer = world.request(&rtcp, Method::Allocate, with_token(&token));
    let next = SocketAddr::new(relayed.ip(), relayed.port() + 1);
    assert_eq!(answer.address(AttributeType::XOR_RELAYED_ADDRESS), next);
    assert_eq!((world.stats().reservations, world.stats().allocations), (0, 2));
    // No second time.
    rtcp.at.client.set_port(40002);
    assert_eq!(
        world.request(&rtcp, Method::Allocate, with_token(&token)).code,
        Some(ErrorCode::InsufficientCapacity)
    );
    world.advance(Duration::from_secs(600));
    assert_eq!(world.ports.len(), 0);
}

#[test]
fn l2_a_token_that_nobody_brings_runs_out_after_30_seconds() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let (_, token) = pair(&mut world, &mut client);
    world.advance(Duration::from_secs(30));
    assert_eq!((world.ports.len(), world.stats().reservations), (1, 0));
    client.at.client.set_port(40001);
    let answer = world.request(&client, Method::Allocate, with_token(&token));
    assert_eq!(answer.code, Some(ErrorCode::InsufficientCapacity));
}

#[test]
fn l2_a_token_is_of_no_use_to_another_user() {
    let mut world = World::new();
    let mut alice = world.client_of("alice", "192.0.2.7:40000");
    let (_, token) = pair(&mut world, &mut alice);
    let mut mallory = world.client_of("mallory", "192.0.2.8:40000");
    world.challenge(&mut mallory);
    let answer = world.request(&mallory, Method::Allocate, with_token(&token));
    assert_eq!(answer.code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.stats().reservations, 1);
}

#[test]
fn l2_contradicting_and_malformed_wishes_are_400() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let (_, token) = pair(&mut world, &mut client);
    client.at.client.set_port(40001);
    let mut code = |add: &dyn Fn(MessageBuilder) -> MessageBuilder| {
        world.request(&client, Method::Allocate, |message| add(udp(message))).code
    };
    let token_and = |kind: AttributeType, value: &'static [u8]| {
        let token = token.clone();
        move |message: MessageBuilder| {
            message.attribute(AttributeType::RESERVATION_TOKEN, &token).attribute(kind, value)
        }
    };
    assert_eq!(code(&token_and(AttributeType::EVEN_PORT, EVEN)), Some(ErrorCode::BadRequest));
    let family = AttributeType::REQUESTED_ADDRESS_FAMILY;
    assert_eq!(code(&token_and(family, &[1, 0, 0, 0])), Some(ErrorCode::BadRequest));
    let short = |message: MessageBuilder| message.attribute(AttributeType::RESERVATION_TOKEN, &[1; 7]);
    assert_eq!(code(&short), Some(ErrorCode::BadRequest));
    let long = |message: MessageBuilder| message.attribute(AttributeType::EVEN_PORT, &[0, 0]);
    assert_eq!(code(&long), Some(ErrorCode::BadRequest));
}

#[test]
fn l2_no_even_port_or_no_pair_left_is_508() {
    let mut world = World::with(|config| config.relay_ports = 50001..=50002);
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, even_port(EVEN_AND_NEXT));
    assert_eq!(answer.code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.request(&client, Method::Allocate, even_port(EVEN)).class, Class::Success);
    client.at.client.set_port(40001);
    assert_eq!(
        world.request(&client, Method::Allocate, even_port(EVEN)).code,
        Some(ErrorCode::InsufficientCapacity)
    );
}

#[test]
fn l2_a_pair_counts_twice_on_the_quota() {
    let mut world = World::with(|config| config.limits.allocations_per_user = 2);
    let mut client = world.client("192.0.2.7:40000");
    pair(&mut world, &mut client);
    let mut other = client.clone();
    other.at.client.set_port(40001);
    assert_eq!(world.request(&other, Method::Allocate, udp).code, Some(ErrorCode::AllocationQuotaReached));
    world.advance(Duration::from_secs(30));
    assert_eq!(world.request(&other, Method::Allocate, udp).class, Class::Success);
}

/// coturn 4adbd82e: EVEN-PORT without the next port leaked one port each time.
#[test]
fn l2_no_port_leaks_whatever_becomes_of_pairs() {
    let mut world = World::with(|config| {
        config.relay_ports = 50000..=50003;
        config.limits.stranger_answers_burst = 10_000;
        config.limits.port_attempts = 2;
    });
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    for round in 0..100 {
        match round % 5 {
            0 => {
                world.request(&client, Method::Allocate, even_port(EVEN));
                world.refresh(&client, 0);
            }
            1 => {
                pair(&mut world, &mut client);
                world.refresh(&client, 0);
                world.advance(Duration::from_secs(30));
            }
            2 => {
                world.refusals = 2;
                let answer = world.request(&client, Method::Allocate, even_port(EVEN_AND_NEXT));
                assert_eq!(answer.code, Some(ErrorCode::InsufficientCapacity));
            }
            3 => {
                world.refusals = 1;
                pair(&mut world, &mut client);
                world.handle(Input::Disconnected { five_tuple: client.at });
                world.advance(Duration::from_secs(30));
            }
            _ => {
                world.unanswered = Some(Vec::new());
                let request = world.sign(&client, Method::Allocate, even_port(EVEN_AND_NEXT));
                assert_eq!(world.send(client.at, &request), Fate::Silent);
                world.handle(Input::Disconnected { five_tuple: client.at });
                for relay in world.unanswered.take().unwrap() {
                    world.ports.remove(&relay);
                    world.handle(Input::RelayRefused { relay });
                }
            }
        }
        world.challenge(&mut client);
        assert_eq!((round, world.ports.len(), world.turn.next_timeout()), (round, 0, None));
    }
    for port in 0..2 {
        client.at.client.set_port(40001 + port);
        pair(&mut world, &mut client);
    }
    assert_eq!(world.ports.len(), 4);
}
