//! Peers that must not be reached, by whatever name: this machine under every IPv6 spelling of it, its own ports, other
//! machines of its network (CVE-2020-26262, CVE-2026-27624).

use std::net::{IpAddr, SocketAddr, UdpSocket};

use visavis_relay::Relay;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};

use crate::client::{Client, start, udp, wait_for};

/// Names of IPv4's 127.0.0.1 for whom IPv6 is spoken with, and of `[::1]`.
const FORBIDDEN_V6: [&str; 16] = [
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:0.0.0.0",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::",
    "2001:0:5ef5:79fd::80ff:fffe",
    "2a00::5efe:127.0.0.1",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
];
const FORBIDDEN_V4: [&str; 12] = [
    "0.0.0.0",
    "0.0.0.1",
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.255",
    "10.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
];

fn victim(at: &str) -> UdpSocket {
    let socket = UdpSocket::bind(at).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// Tries all ways to reach a peer, and expects to be refused on each.
async fn is_refused(relay: &Relay, client: &mut Client, peer: SocketAddr, number: u16) {
    // Other allocations live on the relay's own address: it may be permitted, and what else is there not be sent to.
    let permitted = client.permit(peer).code;
    let is_own = relay.local_addresses().udp.iter().any(|own| own.ip() == peer.ip());
    assert_eq!(
        permitted,
        if is_own { None } else { Some(ErrorCode::Forbidden) },
        "CreatePermission for {peer}"
    );
    let bound = client.bind(number, peer).code;
    assert_eq!(bound, Some(ErrorCode::Forbidden), "ChannelBind to {peer}");
    let before = relay.stats().await.unwrap();
    let indication = client
        .message(Class::Indication, Method::Send)
        .address(AttributeType::XOR_PEER_ADDRESS, peer)
        .attribute(AttributeType::DATA, b"secret")
        .finish();
    client.send(&indication);
    client.send(&crate::client::channel_data(number, b"secret"));
    let drops = |stats: &visavis_relay::Stats| -> u64 {
        visavis_turn::DropReason::ALL.iter().map(|reason| stats.turn.dropped(*reason)).sum()
    };
    wait_for(relay, |stats| drops(stats) == drops(&before) + 2).await;
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_to_this_machine_or_its_network() {
    let relay = start(|config| {
        config.listen_udp.push("[::1]:0".parse().unwrap());
        config.allow_peers.clear();
    })
    .await;
    let (v4, v6) = (relay.local_addresses().udp[0], relay.local_addresses().udp[1]);
    let victims = [victim("127.0.0.1:0"), victim("[::1]:0")];
    let mut ports: Vec<u16> = victims.iter().map(|victim| victim.local_addr().unwrap().port()).collect();
    // The relay's own service, and one that only this machine should reach.
    ports.extend([v4.port(), v6.port(), 22]);

    let mut over_v6 = Client::udp_at(v6);
    over_v6.challenge();
    let allocated = over_v6.request(Method::Allocate, |message| {
        udp(message).attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
    });
    assert!(allocated.relayed.unwrap().is_ipv6());
    let mut over_v4 = Client::udp_at(v4);
    over_v4.allocate();
    let mut number = 0x4000;
    for port in ports {
        for ip in FORBIDDEN_V6.iter().chain(&FORBIDDEN_V4) {
            let peer = SocketAddr::new(ip.parse::<IpAddr>().unwrap(), port);
            let client = if peer.is_ipv6() { &mut over_v6 } else { &mut over_v4 };
            is_refused(&relay, client, peer, number).await;
            number += 1;
        }
    }
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.turn.to_peer.packets, stats.turn.between_allocations.packets), (0, 0));
    for victim in victims {
        let heard = victim.recv(&mut [0; 100]);
        assert_eq!(heard.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_permission_for_the_relays_own_address_opens_live_allocations_and_nothing_else_of_it() {
    let relay = start(|config| config.allow_peers.clear()).await;
    let server = relay.local_addresses().udp[0];
    let victim = victim("127.0.0.1:0");
    let mut alice = Client::udp(&relay);
    let mut bob = Client::udp(&relay);
    let (at_alice, at_bob) = (alice.allocate(), bob.allocate());
    // Allowed for what lives there; what does not is refused when it is sent to.
    assert_eq!(alice.permit(at_bob).class, Class::Success);
    assert_eq!(bob.permit(at_alice).class, Class::Success);
    let indication = |client: &mut Client, peer: SocketAddr| {
        let message = client.message(Class::Indication, Method::Send);
        let message = message.address(AttributeType::XOR_PEER_ADDRESS, peer);
        let bytes = message.attribute(AttributeType::DATA, b"hello").finish();
        client.send(&bytes);
    };
    let denied = [victim.local_addr().unwrap(), server, SocketAddr::new(server.ip(), 22)];
    for peer in denied {
        indication(&mut alice, peer);
    }
    indication(&mut alice, at_bob);
    bob.receive().unwrap();
    let stats = relay.stats().await.unwrap();
    assert_eq!(stats.turn.dropped(visavis_turn::DropReason::PeerDenied), 3);
    assert_eq!((stats.turn.to_peer.packets, stats.turn.between_allocations.packets), (0, 1));
    let heard = victim.recv(&mut [0; 100]);
    assert_eq!(heard.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);

    // An allocation that has ended is a port like any other.
    let ended = bob.request(Method::Refresh, |message| message.attribute(AttributeType::LIFETIME, &[0; 4]));
    assert_eq!(ended.class, Class::Success);
    indication(&mut alice, at_bob);
    wait_for(&relay, |stats| stats.turn.dropped(visavis_turn::DropReason::PeerDenied) == 4).await;
    relay.shutdown().await;
}
