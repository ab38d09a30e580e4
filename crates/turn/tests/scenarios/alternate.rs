//! L5: clients for whom there is no room are sent to another server.

use std::collections::BTreeSet;
use std::time::Duration;

use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, Integrity, IntegrityKey, Method, PasswordAlgorithm,
};
use visavis_turn::{Input, TlsServer, issue};

use crate::world::{Client, REALM, START, World, address, secret, udp};

const ALTERNATE: AttributeType = AttributeType::ALTERNATE_SERVER;

fn refused(world: &mut World, client: &mut Client) -> (Option<ErrorCode>, Option<Vec<u8>>) {
    world.challenge(client);
    let answer = world.request(client, Method::Allocate, udp);
    let server = answer.attributes.iter().find(|(kind, _)| *kind == ALTERNATE);
    (answer.code, server.map(|(_, value)| value.clone()))
}

#[test]
fn l5_a_full_server_names_another_one_of_the_family_the_client_came_by() {
    let mut world = World::with(|config| {
        config.limits.allocations = 1;
        config.alternate_servers = vec![address("[2a00::99]:3478"), address("198.51.100.9:5349")];
    });
    let mut first = world.client("192.0.2.7:1");
    world.allocate(&mut first);
    let mut over_ipv4 = world.client("192.0.2.7:2");
    // As it is, not XORed: RFC 8489 §14.15.
    let expected = vec![0, 1, 0x14, 0xe5, 198, 51, 100, 9];
    assert_eq!(refused(&mut world, &mut over_ipv4), (Some(ErrorCode::TryAlternate), Some(expected)));
    let mut over_ipv6 = world.client("[2a00::7]:2");
    over_ipv6.at.server = address("[2a00::1]:3478");
    let expected = [&[0, 2, 0x0d, 0x96, 0x2a][..], &[0; 14], &[0x99]].concat();
    assert_eq!(refused(&mut world, &mut over_ipv6), (Some(ErrorCode::TryAlternate), Some(expected)));
    world.refresh(&first, 0);
    assert_eq!(world.request(&over_ipv4, Method::Allocate, udp).class, Class::Success);
}

#[test]
fn l5_a_draining_server_keeps_what_it_has_and_sends_everybody_else_away() {
    let mut world = World::with(|config| {
        config.alternate_servers = vec![address("198.51.100.9:3478"), address("198.51.100.10:3478")];
    });
    let mut first = world.client("192.0.2.7:1");
    world.allocate(&mut first);
    world.handle(Input::Drain { is_draining: true });
    let mut other = world.client("192.0.2.7:2");
    let named: BTreeSet<Vec<u8>> = (0..64).filter_map(|_| refused(&mut world, &mut other).1).collect();
    assert_eq!(named.len(), 2, "both take a share");
    assert_eq!(world.refresh(&first, 600).class, Class::Success);
    assert_eq!(world.permit(&first, &["9.9.9.9:1"]).class, Class::Success);
    world.handle(Input::Drain { is_draining: false });
    world.allocate(&mut other);
}

#[test]
fn l5_without_another_server_of_that_family_it_is_508() {
    let mut world = World::with(|config| config.alternate_servers = vec![address("[2a00::99]:3478")]);
    world.handle(Input::Drain { is_draining: true });
    let mut client = world.client("192.0.2.7:1");
    assert_eq!(refused(&mut world, &mut client), (Some(ErrorCode::InsufficientCapacity), None));
}

#[test]
fn l5_a_client_over_tls_is_sent_to_where_tls_is_and_told_the_name_if_nobody_can_forge_it() {
    let mut world = World::with(|config| {
        config.alternate_servers = vec![address("198.51.100.9:3478")];
        config.alternate_tls_servers =
            vec!["turn2.example.org/198.51.100.10:443".parse().unwrap(), "[2a00::99]:443".parse().unwrap()];
    });
    world.handle(Input::Drain { is_draining: true });
    let mut client = world.tcp_client("192.0.2.7:2");
    let plain = vec![0, 1, 0x0d, 0x96, 198, 51, 100, 9];
    assert_eq!(refused(&mut world, &mut client), (Some(ErrorCode::TryAlternate), Some(plain)));
    world.over_tls = true;
    let tls = vec![0, 1, 1, 187, 198, 51, 100, 10];
    assert_eq!(refused(&mut world, &mut client), (Some(ErrorCode::TryAlternate), Some(tls.clone())));
    let told = |world: &mut World, client: &Client| {
        let answer = world.request(client, Method::Allocate, udp);
        let of = |wanted| {
            answer.attributes.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| value.clone())
        };
        (of(ALTERNATE), of(AttributeType::ALTERNATE_DOMAIN))
    };
    assert_eq!(told(&mut world, &client), (Some(tls.clone()), None));
    let password = issue(&secret(), "alice", START + Duration::from_secs(3600)).password;
    client.key =
        IntegrityKey::derived(Integrity::Sha256, PasswordAlgorithm::Md5, &client.username, REALM, &password);
    assert_eq!(told(&mut world, &client), (Some(tls), Some(b"turn2.example.org".to_vec())));
    // Where no name is configured, none is told.
    client.at.server = address("[2a00::1]:443");
    let over_ipv6 = [&[0, 2, 1, 187, 0x2a][..], &[0; 14], &[0x99]].concat();
    assert_eq!(told(&mut world, &client), (Some(over_ipv6), None));
}

#[test]
fn l5_a_tls_server_is_an_address_perhaps_behind_a_name() {
    for right in ["192.0.2.7:443", "[2a00::7]:5349", "turn-2.example.org/192.0.2.7:443"] {
        assert_eq!(right.parse::<TlsServer>().unwrap().to_string(), right);
    }
    for wrong in
        ["", "turn.example.org:443", "192.0.2.7", "/192.0.2.7:443", "a b/192.0.2.7:443", "a/b/192.0.2.7:443"]
    {
        assert!(wrong.parse::<TlsServer>().is_err(), "{wrong}");
    }
    assert!(format!("{}/192.0.2.7:443", "a".repeat(254)).parse::<TlsServer>().is_err());
}

#[test]
fn l5_a_strangers_allocate_is_not_sent_anywhere() {
    let mut world = World::with(|config| config.alternate_servers = vec![address("198.51.100.9:3478")]);
    world.handle(Input::Drain { is_draining: true });
    let mut client = world.client("192.0.2.7:1");
    world.challenge(&mut client);
    client.key = IntegrityKey::long_term(&client.username, "visavis.test", "guess");
    assert_eq!(world.request(&client, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
}
