//! What went wrong in other servers, each as a test that it does not here. Those of databases, web pages and telnet need
//! none: `xtask/tests/arrows.rs` holds that nothing of that kind is linked into the relay.

use std::collections::BTreeSet;
use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, Message, MessageBuilder, Method};
use visavis_turn::{DropReason, Input};

use crate::world::{Fate, World, address, config, data_indication, udp};

const PEER: &str = "9.9.9.9:9000";

/// How a peer may be asked for: a permission, a channel, and (without either) data.
fn expect_denied(world: &mut World, client: &crate::world::Client, peer: &str) {
    assert_eq!(world.permit(client, &[peer]).code, Some(ErrorCode::Forbidden), "{peer}");
    assert_eq!(world.bind(client, 0x4000, peer).code, Some(ErrorCode::Forbidden), "{peer}");
    assert!(matches!(world.send_indication(client, peer, b"x"), Fate::Dropped(_)), "{peer}");
}

fn ipv6_world() -> (World, crate::world::Client) {
    let mut world = World::with(|config| {
        config.relay_addresses = vec![visavis_turn::RelayAddress::from(address("[2a00::5]:0").ip())];
    });
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, |message| {
        udp(message).attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
    });
    assert_eq!(answer.class, Class::Success);
    (world, client)
}

/// coturn before 4.5.0.9: whoever could use the relay could reach the machine itself.
#[test]
fn cve_2018_4058_loopback_is_not_reached_through_the_relay() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    for peer in ["127.0.0.1:5766", "127.255.255.254:5766"] {
        expect_denied(&mut world, &client, peer);
    }
    let (mut world, client) = ipv6_world();
    expect_denied(&mut world, &client, "[::1]:5766");
}

/// coturn before 4.5.1.3: padding showed what other clients had sent.
#[test]
fn cve_2020_4067_padding_is_zero_whatever_lay_in_the_buffer_before() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    for length in 0..8 {
        let data = vec![0xff; length];
        let Fate::ToClient { bytes, .. } = world.send_from_peer(PEER, relayed, &data) else { panic!() };
        // Which looks at the padding.
        assert_eq!(data_indication(&bytes), (address(PEER), data));
    }
    let refused = world.bind(&client, 0x3000, PEER);
    let error =
        Message::decode(&refused.bytes).unwrap().attribute(AttributeType::ERROR_CODE).unwrap().to_vec();
    let at = refused.bytes.windows(error.len()).position(|window| window == error).unwrap() + error.len();
    let padding = &refused.bytes[at..at + (error.len().wrapping_neg() & 3)];
    assert!(padding.iter().all(|byte| *byte == 0), "{padding:?}");
}

/// coturn before 4.5.2: 0.0.0.0 and :: reach the machine itself on many systems.
#[test]
fn cve_2020_26262_the_unspecified_addresses_are_nobody() {
    let mut world = World::with(|config| {
        config.allow_peers = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    });
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    for peer in ["0.0.0.0:3306", "0.1.2.3:3306"] {
        expect_denied(&mut world, &client, peer);
    }
    let (mut world, client) = ipv6_world();
    for peer in ["[::]:3306", "[::1]:3306"] {
        expect_denied(&mut world, &client, peer);
    }
}

/// coturn before 4.9.0, and once more after: denied addresses of IPv4 in the clothes of IPv6.
#[test]
fn cve_2026_27624_ipv4_in_the_clothes_of_ipv6_is_denied_as_ipv4_is() {
    let (mut world, client) = ipv6_world();
    for peer in [
        "[::ffff:127.0.0.1]:3306",
        "[::127.0.0.1]:3306",
        "[::ffff:10.0.0.1]:3306",
        "[64:ff9b::127.0.0.1]:3306",
        "[64:ff9b::10.0.0.1]:3306",
        "[64:ff9b:1::7f00:1]:3306",
        "[2002:7f00:1::]:3306",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]:3306",
        "[2a00::5efe:10.0.0.1]:3306",
        "[2a00::200:5efe:127.0.0.1]:3306",
    ] {
        expect_denied(&mut world, &client, peer);
    }
}

/// coturn 6c13608c: ranges of IPv6 compared byte by byte let through what lies inside a range with a smaller last byte.
#[test]
fn issue_6c13608c_all_of_a_denied_network_is_denied_whatever_its_last_bytes() {
    let (mut world, client) = ipv6_world();
    for peer in [
        "[fc00::]:9000",
        "[fd00::]:9000",
        "[fcff:ffff::]:9000",
        "[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:9000",
        "[fe80::ff]:9000",
        "[febf::]:9000",
        "[2001:db8:ff::]:9000",
        "[2001:db8::ff00]:9000",
    ] {
        expect_denied(&mut world, &client, peer);
    }
}

/// coturn ab762f33: attributes behind MESSAGE-INTEGRITY, which anybody on the way can add, were obeyed.
#[test]
fn issue_ab762f33_what_follows_the_integrity_is_not_obeyed() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    let refresh = world.sign(&client, Method::Refresh, |message| message);
    // A lifetime of zero, which would end the allocation.
    let mut tampered = refresh;
    tampered.extend_from_slice(&[0x00, 0x0d, 0, 4, 0, 0, 0, 0]);
    let length = u16::try_from(tampered.len() - 20).unwrap();
    tampered[2..4].copy_from_slice(&length.to_be_bytes());
    let Fate::Answered(answer) = world.send(client.at, &tampered) else { panic!() };
    assert_eq!((answer.class, answer.lifetime(), world.stats().allocations), (Class::Success, 600, 1));
}

/// coturn before 4.7.0: relayed ports and nonces from a generator whose past tells its future.
#[test]
fn cve_2025_69217_ports_follow_from_the_seed_alone_and_from_no_time_or_order() {
    let ports = |seed: u8| {
        let mut world = World::of(config(), [seed; 32]);
        let mut ports = Vec::new();
        for number in 0..20u16 {
            let mut client = world.client_of("alice", &format!("192.0.2.7:{}", 1000 + number));
            ports.push(world.allocate(&mut client).port());
        }
        ports
    };
    let all: BTreeSet<Vec<u16>> = (0..10).map(ports).collect();
    assert_eq!(all.len(), 10);
    let differences: BTreeSet<i32> = all
        .iter()
        .flat_map(|ports| {
            ports.windows(2).map(|pair| i32::from(pair[1]) - i32::from(pair[0])).collect::<Vec<_>>()
        })
        .collect();
    assert!(differences.len() > 100, "{} different steps of 190", differences.len());
}

/// coturn before 4.10: attributes were read as structures, wherever they lay.
#[test]
fn cve_2026_40613_a_message_reads_the_same_wherever_it_lies() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let request = world.sign(&client, Method::ChannelBind, |message| {
        message
            .attribute(AttributeType::CHANNEL_NUMBER, &[0x40, 0, 0, 0])
            .address(AttributeType::XOR_PEER_ADDRESS, address(PEER))
    });
    let read = |bytes: &[u8]| {
        let message = Message::decode(bytes).unwrap();
        assert!(message.verify_integrity(&client.key));
        message.attributes().map(|(kind, value)| (kind, value.to_vec())).collect::<Vec<_>>()
    };
    let expected = read(&request);
    for offset in 0..16 {
        let mut buffer = vec![0; offset];
        buffer.extend_from_slice(&request);
        assert_eq!(read(&buffer[offset..]), expected, "{offset}");
    }
}

/// coturn before 4.10: a token of RFC 7635 overran the stack before anybody had shown a password.
#[test]
fn cve_2026_43994_tokens_of_third_parties_are_not_spoken() {
    const ACCESS_TOKEN: AttributeType = AttributeType(0x001b);
    const THIRD_PARTY_AUTHORIZATION: AttributeType = AttributeType(0x802e);
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let stranger = MessageBuilder::new(Class::Request, Method::Allocate, world.transaction())
        .attribute(ACCESS_TOKEN, &[0xff; 735])
        .finish();
    let Fate::Answered(challenge) = world.send(client.at, &stranger) else { panic!() };
    assert_eq!(challenge.code, Some(ErrorCode::Unauthorized));
    assert!(!challenge.kinds().contains(&THIRD_PARTY_AUTHORIZATION));
    let answer = world
        .request(&client, Method::Allocate, |message| udp(message).attribute(ACCESS_TOKEN, &[0xff; 735]));
    assert_eq!(answer.code, Some(ErrorCode::UnknownAttribute));
    assert_eq!(answer.attribute(AttributeType::UNKNOWN_ATTRIBUTES), [0x00, 0x1b]);
}

/// coturn 4adbd82e: an even port without its neighbour kept the neighbour for ever.
#[test]
fn issue_4adbd82e_as_many_even_ports_can_be_had_and_given_back_as_one_likes() {
    let mut world = World::with(|config| config.relay_ports = 50000..=50001);
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    for _ in 0..20 {
        let answer = world.request(&client, Method::Allocate, |message| {
            udp(message).attribute(AttributeType::EVEN_PORT, &[0])
        });
        assert_eq!(answer.class, Class::Success);
        world.refresh(&client, 0);
    }
    let mut other = client.clone();
    other.at.client.set_port(40001);
    assert_eq!(world.request(&client, Method::Allocate, udp).class, Class::Success);
    assert_eq!(world.request(&other, Method::Allocate, udp).class, Class::Success);
}

/// coturn c36aeaa7: a DTLS state for whoever sent a first record, from whatever forged address.
#[test]
fn issue_c36aeaa7_dtls_is_not_spoken_and_costs_nothing() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    for first in 20..=63 {
        let record = [&[first, 0xfe, 0xfd][..], &[0; 61]].concat();
        assert_eq!(world.send(client.at, &record), Fate::Dropped(DropReason::Malformed), "{first}");
    }
    assert_eq!((world.ports.len(), world.turn.next_timeout(), world.told.len()), (0, None, 0));
}

/// coturn #1999: 18 kB and a socket for a minute for every forged Allocate.
#[test]
fn issue_1999_a_forged_allocate_leaves_nothing_behind() {
    let mut world = World::new();
    for number in 0..200u16 {
        let client = world.client(&format!("198.51.100.{}:{}", number % 200, 1024 + number));
        let request = MessageBuilder::new(Class::Request, Method::Allocate, world.transaction());
        world.send(client.at, &udp(request).finish());
    }
    assert_eq!((world.ports.len(), world.turn.next_timeout(), world.told.len()), (0, None, 0));
    // Nor does time bring anything to light.
    world.advance(Duration::from_secs(60));
    world.handle(Input::Timeout);
    assert_eq!(world.ports.len(), 0);
}

/// A client that may move, and shows this ticket from another port; the answer.
fn resume(
    world: &mut World,
    client: &mut crate::world::Client,
    port: u16,
    ticket: &[u8],
) -> crate::world::Answer {
    client.at.client.set_port(port);
    world
        .request(client, Method::Refresh, |message| message.attribute(AttributeType::MOBILITY_TICKET, ticket))
}

fn mobile_world() -> (World, crate::world::Client, Vec<u8>) {
    let mut world = World::with(|config| {
        config.mobility = true;
        config.limits.allocations_per_user = 1;
    });
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, |message| {
        udp(message).attribute(AttributeType::MOBILITY_TICKET, &[])
    });
    let ticket = answer.attribute(AttributeType::MOBILITY_TICKET).to_vec();
    world.permit(&client, &[PEER]);
    (world, client, ticket)
}

/// coturn 3c5b2615: who had moved was not counted any more, and could open as much as he liked.
#[test]
fn issue_3c5b2615_who_moves_is_counted_all_the_same_and_once() {
    let (mut world, mut client, mut ticket) = mobile_world();
    let mut other = world.client("192.0.2.7:39999");
    world.challenge(&mut other);
    for port in 40_001..40_050 {
        ticket =
            resume(&mut world, &mut client, port, &ticket).attribute(AttributeType::MOBILITY_TICKET).to_vec();
        let full = Some(ErrorCode::AllocationQuotaReached);
        assert_eq!(world.request(&other, Method::Allocate, udp).code, full, "on the way to {port}");
        assert!(matches!(world.send_indication(&client, PEER, b"here"), Fate::ToPeer { .. }));
        assert_eq!(world.request(&other, Method::Allocate, udp).code, full, "at {port}");
    }
    assert_eq!((world.stats().allocations, world.stats().moves), (1, 49));
    assert_eq!(world.refresh(&client, 0).class, Class::Success);
    assert_eq!(world.request(&other, Method::Allocate, udp).class, Class::Success);
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::AllocationQuotaReached));
}

/// coturn a97f1924: each move that was never finished left a session behind.
#[test]
fn issue_a97f1924_of_all_moves_that_are_never_finished_one_is_remembered() {
    let (mut world, client, mut ticket) = mobile_world();
    world.told.clear();
    let mut restless = client.clone();
    for port in 40_001..40_500 {
        ticket = resume(&mut world, &mut restless, port, &ticket)
            .attribute(AttributeType::MOBILITY_TICKET)
            .to_vec();
        let mut before = restless.clone();
        before.at.client.set_port(port - 1);
        let is_kept = port == 40_001;
        assert_eq!(world.permit(&before, &[PEER]).class == Class::Success, is_kept, "{port}");
    }
    let came = |port: u16| visavis_turn::Output::Allocated {
        five_tuple: visavis_turn::FiveTuple {
            client: std::net::SocketAddr::new(client.at.client.ip(), port),
            ..client.at
        },
    };
    let mut expected = vec![came(40_001)];
    for port in 40_002..40_500 {
        let visavis_turn::Output::Allocated { five_tuple } = came(port - 1) else { continue };
        expected.extend([visavis_turn::Output::Released { five_tuple }, came(port)]);
    }
    assert_eq!(world.told, expected);
    world.refresh(&client, 0);
    assert_eq!((world.turn.next_timeout(), world.ports.len()), (None, 0));
    assert_eq!(world.permit(&restless, &[PEER]).code, Some(ErrorCode::AllocationMismatch));
}
