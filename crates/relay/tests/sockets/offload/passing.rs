//! Packets out of the ordinary: they pass to the relay's sockets, which know what is right.

use socket2::SockRef;
use visavis_relay::{OffloadStats, Relay};
use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, Method};

use super::bed::{Bed, Family, Pair};
use super::namespace::is_possible;
use crate::client::{channel_data, wait_for};

/// A pair whose channel 0x4001 the kernel knows.
async fn known(bed: &Bed, family: Family) -> (Relay, Pair) {
    let relay = bed.relay(family, |_| {});
    let mut pair = Pair::new(bed, &relay);
    assert_eq!(pair.client.bind(0x4001, pair.peer_at()).class, Class::Success);
    pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
    (relay, pair)
}

/// Sends these bytes as they are, and waits until the relay has dropped them for this reason.
async fn dropped(relay: &Relay, pair: &mut Pair, bytes: &[u8], reason: DropReason) {
    let before = relay.stats().await.unwrap().turn.dropped(reason);
    pair.client.send(bytes);
    wait_for(relay, |stats| stats.turn.dropped(reason) == before + 1).await;
}

#[tokio::test]
async fn messages_that_make_no_sense_are_dropped_by_the_relay() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let (relay, mut pair) = known(&bed, Family::Ipv4).await;
    // Longer than it is; a channel that is none; what is no message at all; an indication that is cut off.
    dropped(&relay, &mut pair, &[0x40, 1, 0, 9, 1, 2, 3, 4], DropReason::Malformed).await;
    dropped(&relay, &mut pair, &[0x40, 2, 0, 4, 1, 2, 3, 4], DropReason::NoChannel).await;
    dropped(&relay, &mut pair, &[0x40, 1, 0], DropReason::Malformed).await;
    dropped(&relay, &mut pair, &[0x80, 1, 2, 3], DropReason::Malformed).await;
    dropped(&relay, &mut pair, &[0, 0x16, 0, 0, 0x21, 0x12, 0xa4, 0x42], DropReason::Malformed).await;
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.turn.to_peer.packets, stats.offload.packets), (1, 0));
    relay.shutdown().await;
}

#[tokio::test]
async fn what_follows_the_data_and_is_no_padding_passes() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let (relay, mut pair) = known(&bed, Family::Ipv4).await;
    for rest in [&[0, 0, 0, 0][..], &[1], &[0, 0, 1]] {
        pair.client.send(&[&channel_data(0x4001, b"data"), rest].concat());
        assert_eq!(pair.heard_by_peer(), b"data");
    }
    assert_eq!(relay.stats().await.unwrap().offload.packets, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn what_a_peer_sends_arrives_whole_also_if_it_looks_like_a_message_of_a_client() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let (relay, mut pair) = known(&bed, Family::Ipv6).await;
    let to = |pair: &mut Pair, peer: &str| {
        let message = pair.client.message(Class::Indication, Method::Send);
        let message = message.address(AttributeType::XOR_PEER_ADDRESS, peer.parse().unwrap());
        message.attribute(AttributeType::DATA, b"the data").finish()
    };
    let alike = [
        to(&mut pair, "[::]:0"),
        to(&mut pair, "[::]:1"),
        to(&mut pair, "[fd77:1::3]:9000"),
        channel_data(0x4001, b"the data"),
    ];
    for datagram in &alike {
        pair.peer.send_to(datagram, pair.relayed).unwrap();
        assert_eq!(pair.client.receive().unwrap(), channel_data(0x4001, datagram));
    }
    assert_eq!(relay.stats().await.unwrap().offload.packets, 4);
    relay.shutdown().await;
}

#[tokio::test]
async fn packets_without_checksum_at_the_end_of_their_way_or_in_fragments_pass() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let (relay, mut pair) = known(&bed, Family::Ipv4).await;
    let fragmented = vec![7; 1600];
    pair.client.send(&channel_data(0x4001, &fragmented));
    assert_eq!(pair.heard_by_peer(), fragmented);
    // Fits into a packet as it comes in, but not as it would leave.
    pair.peer.send_to(&fragmented[..1472], pair.relayed).unwrap();
    assert_eq!(pair.client.receive().unwrap().len(), 1476);
    SockRef::from(&pair.socket).set_ttl_v4(1).unwrap();
    pair.client.send(&channel_data(0x4001, b"last"));
    assert_eq!(pair.heard_by_peer(), b"last");
    SockRef::from(&pair.socket).set_ttl_v4(64).unwrap();
    assert_eq!(relay.stats().await.unwrap().offload.packets, 0);
    // As it leaves where a card is to compute the checksum.
    bed.leave_checksums_to_cards();
    pair.client.send(&channel_data(0x4001, b"card"));
    assert_eq!(pair.heard_by_peer(), b"card");
    assert_eq!(relay.stats().await.unwrap().offload.packets, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_peer_without_permission_is_dropped_by_the_relay() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let (relay, mut pair) = known(&bed, Family::Ipv6).await;
    let stranger = bed.socket(Family::Ipv6.ip(1, 2));
    stranger.send_to(b"let me in", pair.relayed).unwrap();
    wait_for(&relay, |stats| stats.turn.dropped(DropReason::NoPermission) == 1).await;
    // Another port of a permitted peer is a flow of its own, which has no channel.
    let other = bed.socket(Family::Ipv6.ip(1, 3));
    other.send_to(b"from another port", pair.relayed).unwrap();
    assert!(pair.client.receive().unwrap().ends_with(b"from another port\0\0\0"));
    let stats = wait_for(&relay, |stats| stats.offload.flows == 2).await;
    assert_eq!(stats.offload.packets, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn without_an_interface_that_takes_the_program_the_relay_works_as_ever() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |config| {
        config.listen_udp = vec!["127.0.0.1:0".parse().unwrap()];
        config.allow_peers = vec!["127.0.0.1/32".parse().unwrap()];
    });
    let server = relay.local_addresses().udp[0];
    let socket = bed.on_machine(|| std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap());
    let mut client = crate::client::Client::from_udp(socket, server);
    let relayed = client.allocate();
    let peer = bed.on_machine(|| std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap());
    client.bind(0x4000, peer.local_addr().unwrap());
    for _ in 0..10 {
        peer.send_to(b"data", relayed).unwrap();
        assert_eq!(client.receive().unwrap(), channel_data(0x4000, b"data"));
    }
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.turn.to_client.packets, stats.offload), (10, OffloadStats::default()));
    relay.shutdown().await;
}
