//! D2 and D3: channels.

use std::time::Duration;

use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};

use crate::world::{Fate, World, address, channel_data, data_indication};

const PEER: &str = "9.9.9.9:9000";

#[test]
fn d2_d3_a_bound_channel_carries_data_both_ways() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    let answer = world.bind(&client, 0x4000, PEER);
    assert_eq!((answer.class, answer.attributes), (Class::Success, vec![]));
    assert_eq!(
        world.send_channel(&client, 0x4000, b"hello"),
        Fate::ToPeer { from: relayed, peer: address(PEER), data: b"hello".to_vec() }
    );
    assert_eq!(
        world.send_from_peer(PEER, relayed, b"hi"),
        Fate::ToClient { to: client.at, bytes: channel_data(0x4000, b"hi") }
    );
    // The same address, another port: permitted by the binding, but not the channel's peer.
    let Fate::ToClient { bytes, .. } = world.send_from_peer("9.9.9.9:9001", relayed, b"hi") else { panic!() };
    assert_eq!(data_indication(&bytes), (address("9.9.9.9:9001"), b"hi".to_vec()));
}

#[test]
fn d2_channel_numbers_end_at_4fff_unless_older_clients_are_served() {
    for (is_served, last) in [(false, 0x4FFF), (true, 0x7FFF)] {
        let mut world = World::with(|config| config.rfc5766_channels = is_served);
        let mut client = world.client("192.0.2.7:40000");
        let relayed = world.allocate(&mut client);
        for number in [0, 0x3FFF, last + 1, 0x8000, 0xFFFF] {
            assert_eq!(world.bind(&client, number, PEER).code, Some(ErrorCode::BadRequest), "{number:x}");
        }
        assert_eq!(world.bind(&client, last, PEER).class, Class::Success);
        assert!(matches!(world.send_channel(&client, last, b"x"), Fate::ToPeer { .. }));
        let bytes = channel_data(last, b"x");
        assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::ToClient { to: client.at, bytes });
    }
}

#[test]
fn d2_a_number_stands_for_one_peer_and_a_peer_has_one_number() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.bind(&client, 0x4000, PEER);
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:9001").code, Some(ErrorCode::BadRequest));
    assert_eq!(world.bind(&client, 0x4001, PEER).code, Some(ErrorCode::BadRequest));
    assert_eq!(world.bind(&client, 0x4000, PEER).class, Class::Success);
    assert_eq!(world.bind(&client, 0x4001, "9.9.9.9:9001").class, Class::Success);
}

#[test]
fn d2_a_binding_lasts_600_seconds_its_permission_300_and_both_are_renewed_together() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.refresh(&client, 3600);
    world.bind(&client, 0x4000, PEER);
    world.advance(Duration::from_secs(300));
    assert_eq!(world.send_from_peer(PEER, relayed, b"x"), Fate::Dropped(DropReason::NoPermission));
    assert!(matches!(world.send_channel(&client, 0x4000, b"x"), Fate::ToPeer { .. }));
    assert_eq!(world.bind(&client, 0x4000, PEER).class, Class::Success);
    assert!(matches!(world.send_from_peer(PEER, relayed, b"x"), Fate::ToClient { .. }));
    world.advance(Duration::from_secs(599));
    assert!(matches!(world.send_channel(&client, 0x4000, b"x"), Fate::ToPeer { .. }));
    world.advance(Duration::from_secs(1));
    assert_eq!(world.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoChannel));
    world.permit(&client, &[PEER]);
    let Fate::ToClient { bytes, .. } = world.send_from_peer(PEER, relayed, b"x") else { panic!() };
    assert_eq!(data_indication(&bytes), (address(PEER), b"x".to_vec()));
}

#[test]
fn d2_an_expired_channel_is_not_paired_anew_for_five_minutes() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.refresh(&client, 3600);
    world.bind(&client, 0x4000, PEER);
    world.advance(Duration::from_secs(899));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:9001").code, Some(ErrorCode::BadRequest));
    assert_eq!(world.bind(&client, 0x4001, PEER).code, Some(ErrorCode::BadRequest));
    world.advance(Duration::from_secs(1));
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:9001").class, Class::Success);
}

#[test]
fn d2_an_allocation_has_room_for_so_many_channels() {
    let mut world = World::with(|config| config.limits.channels = 2);
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.bind(&client, 0x4000, "9.9.9.1:9000");
    world.bind(&client, 0x4001, "9.9.9.2:9000");
    assert_eq!(world.bind(&client, 0x4002, "9.9.9.3:9000").code, Some(ErrorCode::InsufficientCapacity));
    assert_eq!(world.send_indication(&client, "9.9.9.3:9000", b"x"), Fate::Dropped(DropReason::NoPermission));
}

#[test]
fn d2_d7_incomplete_or_impossible_bindings_are_refused() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    assert_eq!(world.bind(&client, 0x4000, "9.9.9.9:0").code, Some(ErrorCode::BadRequest));
    assert_eq!(
        world.bind(&client, 0x4000, "[2a00::9]:9000").code,
        Some(ErrorCode::PeerAddressFamilyMismatch)
    );
    let only_number = world.request(&client, Method::ChannelBind, |message| {
        message.attribute(AttributeType::CHANNEL_NUMBER, &[0x40, 0, 0, 0])
    });
    assert_eq!(only_number.code, Some(ErrorCode::BadRequest));
    let only_peer = world.request(&client, Method::ChannelBind, |message| {
        message.address(AttributeType::XOR_PEER_ADDRESS, address(PEER))
    });
    assert_eq!(only_peer.code, Some(ErrorCode::BadRequest));
}
