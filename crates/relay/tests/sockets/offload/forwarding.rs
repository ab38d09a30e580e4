//! Data in every form and both ways.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use visavis_relay::handover::Channel;
use visavis_relay::{Offload, OffloadStats, Relay, Stats};
use visavis_turn::Traffic;
use visavis_turn::codec::{
    AttributeType, Class, Message, MessageBuilder, Method, TransactionId, decode_xor_address,
};

use super::bed::{Bed, FAMILIES, Family, Pair};
use super::namespace::is_possible;
use crate::client::{Client, channel_data, wait_for};

/// Every remainder of four, nothing, and as much as one packet takes with the largest header.
const SIZES: [usize; 9] = [0, 1, 2, 3, 4, 5, 160, 1199, 1404];

fn data(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// ChannelData as over UDP: without padding.
fn unpadded(number: u16, data: &[u8]) -> Vec<u8> {
    let mut message = channel_data(number, data);
    message.truncate(4 + data.len());
    message
}

fn send_indication(peer: SocketAddr, data: &[u8]) -> Vec<u8> {
    MessageBuilder::new(Class::Indication, Method::Send, TransactionId([9; 12]))
        .address(AttributeType::XOR_PEER_ADDRESS, peer)
        .attribute(AttributeType::DATA, data)
        .finish()
}

/// The data of a Data indication that says just that, and its transaction.
fn data_indication(bytes: &[u8], peer: SocketAddr) -> (Vec<u8>, TransactionId) {
    let message = Message::decode(bytes).unwrap();
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    let kinds: Vec<_> = message.attributes().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [AttributeType::XOR_PEER_ADDRESS, AttributeType::DATA]);
    let address = message.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    assert_eq!(decode_xor_address(address, message.transaction), Some(peer));
    let data = message.attribute(AttributeType::DATA).unwrap().to_vec();
    // P4: padding is zero.
    assert!(bytes[bytes.len() - data.len().next_multiple_of(4) + data.len()..].iter().all(|byte| *byte == 0));
    (data, message.transaction)
}

fn traffic(packets: usize, bytes: usize) -> Traffic {
    Traffic { packets: packets.try_into().unwrap(), bytes: bytes.try_into().unwrap() }
}

/// As much as all sizes together, so often.
fn all_sizes(times: usize) -> Traffic {
    traffic(times * SIZES.len(), times * SIZES.iter().sum::<usize>())
}

fn forwarded(stats: &Stats) -> Traffic {
    let OffloadStats { packets, bytes, .. } = stats.offload;
    Traffic { packets, bytes }
}

#[tokio::test]
async fn channel_data_passes_both_ways_and_is_counted_as_if_it_had_come_to_the_sockets() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    for family in FAMILIES {
        let relay = bed.relay(family, |_| {});
        let mut pair = Pair::new(&bed, &relay);
        assert_eq!(pair.client.bind(0x4001, pair.peer_at()).class, Class::Success);
        pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
        for size in SIZES {
            pair.client.send(&unpadded(0x4001, &data(size)));
            assert_eq!(pair.heard_by_peer(), data(size), "{family:?}");
            pair.peer.send_to(&data(size), pair.relayed).unwrap();
            assert_eq!(pair.client.receive().unwrap(), unpadded(0x4001, &data(size)), "{family:?}");
        }
        // Padding is tolerated.
        pair.client.send(&channel_data(0x4001, &data(5)));
        assert_eq!(pair.heard_by_peer(), data(5));
        let stats = relay.stats().await.unwrap();
        let Traffic { packets, bytes } = all_sizes(1);
        let to_peer = Traffic { packets: packets + 2, bytes: bytes + 4 + 5 };
        assert_eq!((stats.turn.to_peer, stats.turn.to_client), (to_peer, all_sizes(1)));
        let Traffic { packets, bytes } = all_sizes(2);
        assert_eq!(forwarded(&stats), Traffic { packets: packets + 1, bytes: bytes + 5 }, "{family:?}");
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn indications_pass_both_ways() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    for family in FAMILIES {
        let relay = bed.relay(family, |_| {});
        let mut pair = Pair::new(&bed, &relay);
        let peer = pair.peer_at();
        assert_eq!(pair.client.permit(peer).class, Class::Success);
        pair.open(&relay, &send_indication(peer, b"open"), 1).await;
        let mut transactions = Vec::new();
        for size in SIZES {
            pair.client.send(&send_indication(peer, &data(size)));
            assert_eq!(pair.heard_by_peer(), data(size), "{family:?}");
            pair.peer.send_to(&data(size), pair.relayed).unwrap();
            let (heard, transaction) = data_indication(&pair.client.receive().unwrap(), peer);
            assert_eq!(heard, data(size), "{family:?}");
            assert!(!transactions.contains(&transaction));
            transactions.push(transaction);
        }
        let stats = relay.stats().await.unwrap();
        assert_eq!(forwarded(&stats), all_sizes(2), "{family:?}");
        assert_eq!(stats.turn.to_client, all_sizes(1));
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn a_channel_bound_later_changes_how_data_comes_from_the_peer() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |_| {});
    let mut pair = Pair::new(&bed, &relay);
    let peer = pair.peer_at();
    pair.client.permit(peer);
    pair.open(&relay, &send_indication(peer, b"open"), 1).await;
    pair.peer.send_to(b"before", pair.relayed).unwrap();
    assert_eq!(data_indication(&pair.client.receive().unwrap(), peer).0, b"before");
    pair.client.bind(0x4000, peer);
    pair.peer.send_to(b"after", pair.relayed).unwrap();
    assert_eq!(pair.client.receive().unwrap(), unpadded(0x4000, b"after"));
    pair.client.send(&channel_data(0x4000, b"there"));
    assert_eq!(pair.heard_by_peer(), b"there");
    assert_eq!(forwarded(&relay.stats().await.unwrap()), traffic(3, 16));
    // An indication to the same peer is still good, and goes through the socket.
    pair.client.send(&send_indication(peer, b"also"));
    assert_eq!(pair.heard_by_peer(), b"also");
    assert_eq!(forwarded(&relay.stats().await.unwrap()), traffic(3, 16));
    relay.shutdown().await;
}

#[tokio::test]
async fn data_passes_between_two_clients_at_one_go() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    for family in FAMILIES {
        // Whichever of them the two have: each writes half of the rule.
        for workers in [1, 2] {
            let relay = bed.relay(family, |config| config.workers = workers);
            let (mut alice, mut bob) = (bed.client(&relay), bed.client(&relay));
            let (at_alice, at_bob) = (alice.allocate(), bob.allocate());
            alice.bind(0x4001, at_bob);
            bob.permit(at_alice);
            alice.send(&channel_data(0x4001, b"open"));
            assert_eq!(data_indication(&bob.receive().unwrap(), at_alice).0, b"open");
            bob.send(&send_indication(at_alice, b"open"));
            assert_eq!(alice.receive().unwrap(), channel_data(0x4001, b"open"));
            // The answer may have been forwarded already.
            let before = wait_for(&relay, |stats| stats.offload.flows == 2).await.offload;
            for size in SIZES {
                alice.send(&unpadded(0x4001, &data(size)));
                assert_eq!(data_indication(&bob.receive().unwrap(), at_alice).0, data(size));
                bob.send(&send_indication(at_alice, &data(size)));
                assert_eq!(alice.receive().unwrap(), unpadded(0x4001, &data(size)));
            }
            let stats = relay.stats().await.unwrap();
            let Traffic { packets, bytes } = all_sizes(2);
            let expected = Traffic { packets: before.packets + packets, bytes: before.bytes + bytes };
            assert_eq!(forwarded(&stats), expected, "{family:?} {workers}");
            let between = Traffic { packets: packets + 2, bytes: bytes + 8 };
            assert_eq!(stats.turn.between_allocations, between, "{family:?} {workers}");
            assert_eq!((stats.turn.to_peer, stats.turn.to_client), Default::default());
            relay.shutdown().await;
        }
    }
}

#[tokio::test]
async fn data_comes_in_by_one_interface_and_leaves_by_another() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    for family in FAMILIES {
        let relay = bed.relay(family, |config| config.relay_address = Some(family.ip(2, 1)));
        let mut pair = Pair::new(&bed, &relay);
        pair.peer = bed.socket(family.ip(2, 3));
        pair.client.bind(0x4001, pair.peer_at());
        pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
        pair.client.send(&unpadded(0x4001, b"there"));
        assert_eq!(pair.heard_by_peer(), b"there");
        pair.peer.send_to(b"and back", pair.relayed).unwrap();
        assert_eq!(pair.client.receive().unwrap(), unpadded(0x4001, b"and back"));
        assert_eq!(forwarded(&relay.stats().await.unwrap()), traffic(2, 13), "{family:?}");
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn statistics_are_the_same_whether_the_kernel_forwards_or_not() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let mut all = Vec::new();
    for offload in [Offload::Off, Offload::Auto] {
        let relay = bed.relay(Family::Ipv4, |config| config.offload = offload);
        let mut pair = Pair::new(&bed, &relay);
        let peer = pair.peer_at();
        pair.client.permit(peer);
        let flows = u64::from(offload == Offload::Auto);
        pair.open(&relay, &send_indication(peer, b"open"), flows).await;
        for size in SIZES {
            pair.client.send(&send_indication(peer, &data(size)));
            pair.heard_by_peer();
        }
        pair.client.bind(0x4000, peer);
        for size in SIZES {
            pair.peer.send_to(&data(size), pair.relayed).unwrap();
            pair.client.receive();
        }
        let stats = relay.stats().await.unwrap();
        assert_eq!(stats.offload.packets, if offload == Offload::Auto { 18 } else { 0 });
        all.push(stats.turn);
        relay.shutdown().await;
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn a_relay_that_takes_over_forwards_with_rules_of_its_own_and_the_old_one_with_none() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let config = || Bed::config(Family::Ipv4);
    let old = bed.relay(Family::Ipv4, |_| {});
    let mut pair = Pair::new(&bed, &old);
    pair.client.bind(0x4000, pair.peer_at());
    pair.open(&old, &channel_data(0x4000, b"open"), 1).await;
    pair.client.send(&channel_data(0x4000, b"by the old one"));
    pair.heard_by_peer();

    let (from, to) = UnixStream::pair().unwrap();
    let (from, to) = (Channel::new(from).unwrap(), Channel::new(to).unwrap());
    let handing = async { tokio::join!(old.hand_over(from), Relay::take_over(config(), to)) };
    let (_channel, new) = bed.start(async {
        let (channel, new) = handing.await;
        channel.map(|channel| (channel, new))
    });
    let new: Relay = new.unwrap();
    let stats = old.stats().await.unwrap();
    // The last of its packets is counted.
    assert_eq!((stats.turn.to_peer, stats.offload), (traffic(2, 18), OffloadStats::default()));

    pair.open(&new, &channel_data(0x4000, b"open"), 1).await;
    pair.client.send(&channel_data(0x4000, b"by the new one"));
    assert_eq!(pair.heard_by_peer(), b"by the new one");
    assert_eq!(new.stats().await.unwrap().offload.packets, 1);
    old.shutdown().await;
    pair.peer.send_to(b"without the old one", pair.relayed).unwrap();
    assert_eq!(pair.client.receive().unwrap()[4..], *b"without the old one");
    assert_eq!(new.stats().await.unwrap().offload.packets, 2);
    new.shutdown().await;
}

#[tokio::test]
async fn who_is_revoked_is_forwarded_no_more() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |_| {});
    let mut pair = Pair::new(&bed, &relay);
    pair.client.bind(0x4000, pair.peer_at());
    pair.open(&relay, &channel_data(0x4000, b"open"), 1).await;
    pair.client.send(&channel_data(0x4000, b"last"));
    pair.heard_by_peer();
    relay.revoke("alice/c1", Duration::MAX).await;
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.turn.allocations, stats.offload.flows, stats.offload.packets), (0, 0, 1));
    for _ in 0..10 {
        pair.client.send(&channel_data(0x4000, b"more"));
    }
    let dropped = |stats: &Stats| stats.turn.dropped(visavis_turn::DropReason::NoAllocation) == 10;
    assert_eq!(wait_for(&relay, dropped).await.turn.to_peer, traffic(2, 8));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_that_ends_its_allocation_is_forwarded_no_more() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |_| {});
    let mut pair = Pair::new(&bed, &relay);
    pair.client.bind(0x4000, pair.peer_at());
    pair.open(&relay, &channel_data(0x4000, b"open"), 1).await;
    let end = |client: &mut Client| {
        client.request(Method::Refresh, |message| message.attribute(AttributeType::LIFETIME, &[0; 4]))
    };
    assert_eq!(end(&mut pair.client).class, Class::Success);
    pair.client.send(&channel_data(0x4000, b"more"));
    let dropped = |stats: &Stats| stats.turn.dropped(visavis_turn::DropReason::NoAllocation) == 1;
    assert_eq!(wait_for(&relay, dropped).await.offload.flows, 0);
    relay.shutdown().await;
}
