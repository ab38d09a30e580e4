//! What is in the headers of a packet that the kernel has forwarded.

use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io::Read;
use visavis_turn::codec::Class;

use super::bed::{Bed, Family, Pair};
use super::namespace::is_possible;
use crate::client::channel_data;

/// The sum of 16-bit words that makes an Internet checksum (RFC 1071): all ones, if it is right.
fn sum(bytes: &[u8]) -> u16 {
    let words =
        bytes.chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], *word.get(1).unwrap_or(&0)])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap()
}

/// The next UDP packet to this port, from the IP header on.
fn sniff(socket: &Socket, to: SocketAddr) -> Vec<u8> {
    let mut buffer = vec![0; 2000];
    loop {
        let length = { socket }.read(&mut buffer).unwrap();
        if buffer[22..24] == to.port().to_be_bytes() {
            return buffer[..length].to_vec();
        }
    }
}

#[tokio::test]
async fn type_of_service_stays_the_hop_limit_falls_by_one_and_checksums_are_right() {
    if !is_possible() {
        return;
    }
    let bed = Bed::new();
    let relay = bed.relay(Family::Ipv4, |_| {});
    let mut pair = Pair::new(&bed, &relay);
    assert_eq!(pair.client.bind(0x4001, pair.peer_at()).class, Class::Success);
    pair.open(&relay, &channel_data(0x4001, b"open"), 1).await;
    let sniffer = bed.in_network(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)).unwrap());
    sniffer.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    sniffer.bind(&SocketAddr::from(([10, 77, 1, 3], 0)).into()).unwrap();

    let sender = SockRef::from(&pair.socket);
    sender.set_ttl_v4(17).unwrap();
    // EF, and ECT(0).
    sender.set_tos_v4(0xb8 | 2).unwrap();
    pair.client.send(&channel_data(0x4001, b"seven b"));
    assert_eq!(pair.heard_by_peer(), b"seven b");
    let packet = sniff(&sniffer, pair.peer_at());
    let (ip, udp) = packet.split_at(20);
    let (tos, length, ttl) = (ip[1], u16::from_be_bytes([ip[2], ip[3]]), ip[8]);
    assert_eq!((tos, length, ttl, sum(ip)), (0xba, 20 + 8 + 7, 16, 0xffff));
    // It came with DF, as Linux sends it, and no number.
    assert_eq!(ip[6..8], [0, 0]);
    assert_eq!((&ip[12..16], &ip[16..20]), (&[10, 77, 1, 1][..], &[10, 77, 1, 3][..]));
    let pseudo = [&ip[12..20], &[0, 17], &udp[4..6]].concat();
    assert_eq!(sum(&[&pseudo, udp].concat()), 0xffff);
    assert_eq!(udp[8..], *b"seven b");
    assert_eq!(relay.stats().await.unwrap().offload.packets, 1);
    relay.shutdown().await;
}
