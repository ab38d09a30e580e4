//! D1, D7 and the peer filter where permissions are made.

use std::time::Duration;

use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};

use crate::world::{Fate, World, address, data_indication};

const PEER: &str = "9.9.9.9:9000";

fn is_let_in(world: &mut World, peer: &str, relayed: std::net::SocketAddr) -> bool {
    match world.send_from_peer(peer, relayed, b"hello") {
        Fate::ToClient { bytes, .. } => {
            assert_eq!(data_indication(&bytes), (address(peer), b"hello".to_vec()));
            true
        }
        Fate::Dropped(DropReason::NoPermission) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn d1_a_permission_lasts_300_seconds_exactly_and_data_does_not_renew_it() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    assert!(!is_let_in(&mut world, PEER, relayed));
    assert_eq!(world.permit(&client, &[PEER]).class, Class::Success);
    world.advance(Duration::from_secs(299));
    assert!(is_let_in(&mut world, PEER, relayed));
    assert!(matches!(world.send_indication(&client, PEER, b"x"), Fate::ToPeer { .. }));
    world.advance(Duration::from_secs(1));
    assert!(!is_let_in(&mut world, PEER, relayed));
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::NoPermission));
    assert_eq!(world.permit(&client, &[PEER]).class, Class::Success);
    assert!(is_let_in(&mut world, PEER, relayed));
}

#[test]
fn d1_d7_a_permission_is_for_an_address_whatever_the_port() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.permit(&client, &["9.9.9.9:0"]);
    assert!(is_let_in(&mut world, "9.9.9.9:1", relayed));
    assert!(is_let_in(&mut world, "9.9.9.9:65535", relayed));
    assert!(!is_let_in(&mut world, "9.9.9.8:9000", relayed));
    assert_eq!(world.send_from_peer("9.9.9.9:0", relayed, b"x"), Fate::Dropped(DropReason::BadSource));
    assert_eq!(world.send_indication(&client, "9.9.9.9:0", b"x"), Fate::Dropped(DropReason::PeerDenied));
}

#[test]
fn d1_no_address_is_400_another_family_443_and_a_denied_one_403() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    assert_eq!(world.permit(&client, &[]).code, Some(ErrorCode::BadRequest));
    assert_eq!(world.permit(&client, &["[2a00::9]:9"]).code, Some(ErrorCode::PeerAddressFamilyMismatch));
    assert_eq!(world.permit(&client, &["127.0.0.1:9"]).code, Some(ErrorCode::Forbidden));
    let malformed = world.request(&client, Method::CreatePermission, |message| {
        message.attribute(AttributeType::XOR_PEER_ADDRESS, &[0, 1, 2, 3])
    });
    assert_eq!(malformed.code, Some(ErrorCode::BadRequest));
}

#[test]
fn d1_of_several_addresses_all_are_permitted_or_none() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    for bad in ["10.0.0.1:9", "[2a00::9]:9"] {
        assert_eq!(world.permit(&client, &[PEER, bad]).class, Class::Error);
        assert!(!is_let_in(&mut world, PEER, relayed));
    }
    assert_eq!(world.permit(&client, &[PEER, "9.9.9.8:1", PEER]).class, Class::Success);
    assert!(is_let_in(&mut world, PEER, relayed) && is_let_in(&mut world, "9.9.9.8:1", relayed));
}

#[test]
fn d1_an_allocation_has_room_for_so_many_permissions_and_expired_ones_make_room() {
    let mut world = World::with(|config| config.limits.permissions = 2);
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.permit(&client, &["9.9.9.1:1"]);
    assert_eq!(
        world.permit(&client, &["9.9.9.2:1", "9.9.9.3:1"]).code,
        Some(ErrorCode::InsufficientCapacity)
    );
    assert!(!is_let_in(&mut world, "9.9.9.2:1", relayed));
    world.permit(&client, &["9.9.9.2:1"]);
    assert_eq!(world.permit(&client, &["9.9.9.1:1", "9.9.9.2:1"]).class, Class::Success);
    assert_eq!(world.permit(&client, &["9.9.9.3:1"]).code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.3:9000").code, Some(ErrorCode::InsufficientCapacity));
    world.advance(Duration::from_secs(300));
    assert_eq!(world.permit(&client, &["9.9.9.3:1"]).class, Class::Success);
}

#[test]
fn the_peer_filter_guards_permissions_channels_and_sending() {
    let mut world = World::with(|config| {
        config.allow_peers = vec!["10.1.0.0/16".parse().unwrap()];
        config.own_addresses = vec!["10.1.0.1".parse().unwrap()];
    });
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    for denied in ["10.0.0.1:9000", "10.1.0.1:9000", "127.0.0.1:9000", "169.254.169.254:8080", "0.0.0.0:9000"]
    {
        assert_eq!(world.permit(&client, &[denied]).code, Some(ErrorCode::Forbidden), "{denied}");
        assert_eq!(world.bind(&client, 0x4000, denied).code, Some(ErrorCode::Forbidden), "{denied}");
        assert_eq!(
            world.send_indication(&client, denied, b"x"),
            Fate::Dropped(DropReason::NoPermission),
            "{denied}"
        );
    }
    assert_eq!(world.permit(&client, &["10.1.0.2:9000"]).class, Class::Success);
    assert!(matches!(world.send_indication(&client, "10.1.0.2:9000", b"x"), Fate::ToPeer { .. }));
}

#[test]
fn the_servers_own_address_can_be_permitted_but_only_live_relayed_ports_reached() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    assert_eq!(world.permit(&client, &["5.5.5.5:22"]).class, Class::Success);
    let other = if relayed.port() == 50000 { 50001 } else { 50000 };
    for port in [22, 443, 3478, 8080, other] {
        let peer = format!("5.5.5.5:{port}");
        assert_eq!(
            world.send_indication(&client, &peer, b"x"),
            Fate::Dropped(DropReason::PeerDenied),
            "{peer}"
        );
        assert_eq!(world.bind(&client, 0x4000, &peer).code, Some(ErrorCode::Forbidden), "{peer}");
    }
}

#[test]
fn privileged_peer_ports_are_not_reached() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &["9.9.9.9:53"]);
    assert_eq!(world.send_indication(&client, "9.9.9.9:53", b"x"), Fate::Dropped(DropReason::PeerDenied));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:1023").code, Some(ErrorCode::Forbidden));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:1024").class, Class::Success);
}
