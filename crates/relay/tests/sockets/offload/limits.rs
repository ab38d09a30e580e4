//! Quotas hold, and the kernel's tables end somewhere.

use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, Method};

use super::bed::{Bed, Family, Pair};
use super::namespace::is_possible;
use crate::client::{channel_data, wait_for};

#[tokio::test]
async fn what_the_kernel_forwards_is_charged_and_who_has_had_enough_is_dropped_by_the_relay() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |config| config.limits.packets_per_second = 100);
    let mut pair = Pair::new(&bed, &relay);
    assert_eq!(pair.client.bind(0x4001, pair.peer_at()).class, Class::Success);
    pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
    for _ in 0..1000 {
        pair.client.send(&channel_data(0x4001, b"more"));
    }
    // Ten seconds' worth and more: no packet passes any more, by whatever way.
    let stats = wait_for(&relay, |stats| stats.offload.flows == 0).await;
    assert!(stats.offload.packets > 100, "{stats:?}");
    let is_over = |stats: &visavis_relay::Stats| {
        stats.turn.to_peer.packets + stats.turn.dropped(DropReason::PacketRate) == 1001
    };
    let before = wait_for(&relay, is_over).await;
    for _ in 0..10 {
        pair.client.send(&channel_data(0x4001, b"more"));
    }
    let has_dropped = |stats: &visavis_relay::Stats| {
        stats.turn.dropped(DropReason::PacketRate) == before.turn.dropped(DropReason::PacketRate) + 10
    };
    let stats = wait_for(&relay, has_dropped).await;
    assert_eq!(stats.turn.to_peer, before.turn.to_peer);
    relay.shutdown().await;
}

#[tokio::test]
async fn flows_for_which_there_is_no_room_pass_through_the_relay() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    // One allocation: room for the two rules of one flow.
    let relay = bed.relay(Family::Ipv4, |config| config.limits.allocations = 1);
    let mut pair = Pair::new(&bed, &relay);
    let other = bed.socket(Family::Ipv4.ip(1, 3));
    pair.client.bind(0x4001, pair.peer_at());
    pair.client.bind(0x4002, other.local_addr().unwrap());
    pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
    let mut buffer = [0; 10];
    for _ in 0..10 {
        pair.client.send(&channel_data(0x4002, b"that"));
        assert_eq!(other.recv_from(&mut buffer).unwrap(), (4, pair.relayed));
    }
    let stats = wait_for(&relay, |stats| stats.offload.refused > 0).await;
    assert_eq!((stats.turn.to_peer.packets, stats.offload.packets, stats.offload.flows), (11, 0, 1));
    assert!(stats.offload.misses >= 10, "{stats:?}");
    relay.shutdown().await;
}

#[tokio::test]
async fn who_sends_to_port_after_port_leaves_the_kernels_room_to_others() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |_| {});
    let (mut one, mut other) = (Pair::new(&bed, &relay), Pair::new(&bed, &relay));
    assert_eq!(one.client.permit(one.peer_at()).class, Class::Success);
    for port in 1025..1125 {
        let peer = std::net::SocketAddr::new(one.peer_at().ip(), port);
        let message = one.client.message(Class::Indication, Method::Send);
        let message = message.address(AttributeType::XOR_PEER_ADDRESS, peer);
        one.client.send(&message.attribute(AttributeType::DATA, b"anybody?").finish());
    }
    let stats = wait_for(&relay, |stats| stats.turn.to_peer.packets == 100).await;
    assert!(stats.offload.flows <= 16 && stats.offload.refused == 0, "{stats:?}");
    assert_eq!(other.client.bind(0x4001, other.peer_at()).class, Class::Success);
    // Each packet of the one was the first of its flow, so what the kernel forwards is the other's.
    let mut sent = 0;
    while relay.stats().await.unwrap().offload.packets == 0 {
        sent += 1;
        assert!(sent < 10_000, "the kernel forwards nothing of the other's");
        other.client.send(&channel_data(0x4001, b"data"));
        assert_eq!(other.heard_by_peer(), b"data");
    }
    relay.shutdown().await;
}
