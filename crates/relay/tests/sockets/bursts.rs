//! Many datagrams at a time: they leave in the order they came, each as it was, whichever engine reads and writes them.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use visavis_relay::{Engine, Relay};
use visavis_turn::codec::{AttributeType, Class, Message, Method};

use crate::client::{Client, channel_data, start, udp_socket, wait_for};

const ENGINES: [Engine; 2] = [Engine::Auto, Engine::Portable];

async fn start_on(engine: Engine) -> Relay {
    start(|config| config.engine = engine).await
}

/// Datagrams of the sizes a video call has, and of those that end a run: a smaller one, a larger one, none. No more than the
/// buffer of a socket holds that nobody reads yet.
fn burst() -> Vec<Vec<u8>> {
    let sizes = [1200, 1200, 1200, 300, 1200, 1200, 1201, 1201, 40, 40, 40, 0, 40, 1, 1, 1];
    let datagram = |number: usize| vec![u8::try_from(number % 251).unwrap(); sizes[number % sizes.len()]];
    (0..64).map(datagram).collect()
}

fn receive_all(socket: &UdpSocket, count: usize) -> Vec<(Vec<u8>, SocketAddr)> {
    let mut buffer = [0; 2000];
    let mut receive = || {
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        (buffer[..length].to_vec(), from)
    };
    (0..count).map(|_| receive()).collect()
}

#[tokio::test]
async fn a_burst_from_client_to_peer_and_back_stays_whole_and_in_order() {
    for engine in ENGINES {
        let relay = start_on(engine).await;
        let mut client = Client::udp(&relay);
        let relayed = client.allocate();
        let peer = udp_socket();
        client.bind(0x4000, peer.local_addr().unwrap());
        let burst = burst();
        for datagram in &burst {
            client.send(&channel_data(0x4000, datagram));
        }
        let expected: Vec<_> = burst.iter().map(|datagram| (datagram.clone(), relayed)).collect();
        assert_eq!(receive_all(&peer, burst.len()), expected, "{engine:?}");
        for datagram in &burst {
            peer.send_to(datagram, relayed).unwrap();
        }
        for datagram in &burst {
            let length = u16::try_from(datagram.len()).unwrap();
            let expected = [&[0x40, 0][..], &length.to_be_bytes(), datagram].concat();
            assert_eq!(client.receive().unwrap(), expected, "{engine:?}");
        }
        let stats = relay.stats().await.unwrap();
        let expected = u64::try_from(burst.len()).unwrap();
        assert_eq!((stats.turn.to_peer.packets, stats.turn.to_client.packets), (expected, expected));
        assert_eq!(stats.sockets.send_failures, 0);
        relay.shutdown().await;
    }
}

/// What leaves one relay in runs reaches the other one in runs, on a system that has them.
#[tokio::test]
async fn runs_that_one_relay_sends_are_taken_apart_by_the_next() {
    for (first, second) in ENGINES.into_iter().flat_map(|first| ENGINES.map(|second| (first, second))) {
        let (near, far) = (start_on(first).await, start_on(second).await);
        let (mut alice, mut bob) = (Client::udp(&near), Client::udp(&far));
        let (at_alice, at_bob) = (alice.allocate(), bob.allocate());
        alice.bind(0x4000, at_bob);
        // Without a channel, so that every header is the largest there is.
        bob.permit(at_alice);
        let burst = burst();
        for datagram in &burst {
            alice.send(&channel_data(0x4000, datagram));
        }
        for datagram in &burst {
            let bytes = bob.receive().unwrap();
            let message = Message::decode(&bytes).unwrap();
            assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
            assert_eq!(message.attribute(AttributeType::DATA), Some(&datagram[..]), "{first:?} {second:?}");
        }
        near.shutdown().await;
        far.shutdown().await;
    }
}

#[tokio::test]
async fn bursts_of_many_clients_do_not_mix() {
    for engine in ENGINES {
        let relay = start_on(engine).await;
        let peer = udp_socket();
        let mut clients: Vec<Client> = (0..20).map(|_| Client::udp(&relay)).collect();
        let mut relayed = Vec::new();
        for client in &mut clients {
            relayed.push(client.allocate());
            client.bind(0x4000, peer.local_addr().unwrap());
        }
        for round in 0..8u8 {
            for (number, client) in clients.iter_mut().enumerate() {
                client.send(&channel_data(0x4000, &[round, u8::try_from(number).unwrap()]));
            }
        }
        let mut rounds = vec![0u8; clients.len()];
        for (datagram, from) in receive_all(&peer, clients.len() * 8) {
            let number = usize::from(datagram[1]);
            assert_eq!((datagram[0], from), (rounds[number], relayed[number]), "{engine:?}");
            rounds[number] += 1;
        }
        for round in 0..8u8 {
            for relayed in &relayed {
                peer.send_to(&[round], relayed).unwrap();
            }
        }
        for client in &mut clients {
            for round in 0..8u8 {
                assert_eq!(client.receive().unwrap(), [0x40, 0, 0, 1, round], "{engine:?}");
            }
        }
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn a_relay_that_rests_between_its_rounds_loses_nothing() {
    let relay = start(|config| config.tick = Duration::from_millis(1)).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let peer = udp_socket();
    client.bind(0x4000, peer.local_addr().unwrap());
    // Enough to be busy, never more than the buffers hold.
    for round in 0..200u8 {
        for _ in 0..20 {
            client.send(&channel_data(0x4000, &[round]));
        }
        for (datagram, from) in receive_all(&peer, 20) {
            assert_eq!((datagram, from), (vec![round], relayed));
        }
    }
    let stats = wait_for(&relay, |stats| stats.turn.to_peer.packets == 4000).await;
    assert_eq!(stats.sockets.send_failures, 0);
    relay.shutdown().await;
}
