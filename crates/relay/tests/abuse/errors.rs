//! The network answers that something could not be delivered. The error waits on the socket and is reported to whoever
//! uses it next; it must not cost anybody else's packets.

use std::net::UdpSocket;

use visavis_turn::codec::{Class, MessageBuilder, Method, TransactionId};

use crate::client::{Client, channel_data, loopback, start, udp_socket, wait_for};

#[tokio::test]
async fn a_peer_whose_port_is_closed_costs_the_others_nothing() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let open = udp_socket();
    let closed = UdpSocket::bind(loopback()).unwrap().local_addr().unwrap();
    assert_eq!(client.bind(0x4000, open.local_addr().unwrap()).class, Class::Success);
    assert_eq!(client.bind(0x4001, closed).class, Class::Success);

    let mut buffer = [0; 100];
    for number in 0..100u8 {
        // "Port unreachable" comes back on loopback before the next one leaves.
        client.send(&channel_data(0x4001, &[number]));
        client.send(&channel_data(0x4000, &[number]));
        let (length, from) = open.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&[number][..], relayed));
        open.send_to(&[number, number], relayed).unwrap();
    }
    // Data come in their order; in between, the relay may tell the client of the errors.
    let mut expected = 0;
    while expected < 100 {
        let bytes = client.receive().unwrap();
        if bytes[0] >= 0x40 {
            assert_eq!(bytes, [&[0x40, 0, 0, 2][..], &[expected, expected]].concat());
            expected += 1;
        }
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_client_that_is_gone_costs_the_others_nothing() {
    let relay = start(|_| {}).await;
    let mut gone = Client::udp(&relay);
    let at_gone = gone.allocate();
    let peer = udp_socket();
    let address = peer.local_addr().unwrap();
    gone.bind(0x4000, address);
    let mut here = Client::udp(&relay);
    let at_here = here.allocate();
    here.bind(0x4000, address);
    drop(gone);
    // "Port unreachable" waits on the listening socket that everybody shares.
    for number in 0..100u8 {
        peer.send_to(&[number], at_gone).unwrap();
        peer.send_to(&[number], at_here).unwrap();
        let bytes = here.receive().unwrap();
        assert_eq!(bytes[..5], [0x40, 0, 0, 1, number]);
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn what_the_kernel_refuses_to_send_is_counted_and_the_rest_of_the_batch_goes_out() {
    // A broadcast address, which the kernel sends to only when asked specially.
    let relay = start(|config| config.allow_peers.push("127.255.255.255/32".parse().unwrap())).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let peer = udp_socket();
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);
    assert_eq!(client.bind(0x4001, "127.255.255.255:9000".parse().unwrap()).class, Class::Success);
    let mut buffer = vec![0; 70_000];
    for number in 0..50u8 {
        client.send(&channel_data(0x4001, &[number]));
        client.send(&channel_data(0x4000, &[number]));
        let (length, _) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], [number]);
    }
    wait_for(&relay, |stats| stats.sockets.send_failures >= 50).await;

    // A datagram as large as they get, which is too large with a header before it; one that just fits the other way.
    let largest = vec![7; 65_507];
    peer.send_to(&largest, relayed).unwrap();
    peer.send_to(b"small", relayed).unwrap();
    assert_eq!(client.receive().unwrap()[..9], [&[0x40, 0, 0, 5][..], b"small"].concat());
    client.send(&channel_data(0x4000, &vec![8; 65_500]));
    let (length, _) = peer.recv_from(&mut buffer).unwrap();
    assert!(length == 65_500 && buffer[..length].iter().all(|byte| *byte == 8));
    relay.shutdown().await;
}

#[tokio::test]
async fn half_a_header_a_whole_one_too_many_and_nothing_at_all_are_dropped_one_by_one() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    client.allocate();
    let binding = MessageBuilder::new(Class::Request, Method::Binding, TransactionId([1; 12])).finish();
    let bad: [&[u8]; 7] = [
        b"",
        &[0],
        &binding[..19],
        &[0x40, 0, 0xff, 0xff, 1],
        &[0x40],
        &[0xff; 1400],
        &[&binding[..], &binding[..]].concat(),
    ];
    for bytes in bad {
        client.send(bytes);
        client.send(&binding);
        assert_eq!(client.receive().unwrap().len(), 32);
    }
    relay.shutdown().await;
}
