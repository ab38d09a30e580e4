//! UDP, addresses and ports.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use visavis_relay::{AuthSecret, Relay, RelayConfig, RelayError};
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Message, Method, decode_xor_address};

use crate::client::{Client, channel_data, loopback, start, udp, udp_socket, wait_for};

#[tokio::test]
async fn data_travels_from_client_to_peer_and_back() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let peer = udp_socket();
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);

    client.send(&channel_data(0x4000, b"ping"));
    let mut buffer = [0; 100];
    let (length, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"ping"[..], relayed));
    peer.send_to(b"pong", relayed).unwrap();
    assert_eq!(client.receive().unwrap(), channel_data(0x4000, b"pong"));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_wrong_password_is_401_and_opens_nothing() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    client.password = "guess".to_owned();
    assert_eq!(client.try_allocate().code, Some(ErrorCode::Unauthorized));
    assert_eq!(relay.stats().await.unwrap().turn.allocations, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn peers_on_this_machine_are_refused_unless_allowed_but_other_allocations_are_not() {
    let relay = start(|config| config.allow_peers.clear()).await;
    let mut alice = Client::udp(&relay);
    let mut bob = Client::tcp(&relay);
    let (at_alice, at_bob) = (alice.allocate(), bob.allocate());
    let peer = udp_socket().local_addr().unwrap();
    assert_eq!(alice.bind(0x4000, peer).code, Some(ErrorCode::Forbidden));
    assert_eq!(alice.bind(0x4000, at_bob).class, Class::Success);
    assert_eq!(bob.bind(0x4001, at_alice).class, Class::Success);
    alice.send(&channel_data(0x4000, b"hello"));
    assert_eq!(bob.receive().unwrap(), [&[0x40, 0x01, 0, 5][..], b"hello"].concat());
    relay.shutdown().await;
}

#[tokio::test]
async fn p5_on_a_wildcard_every_answer_leaves_from_the_address_that_was_asked() {
    let relay = start(|config| config.listen_udp = vec!["0.0.0.0:0".parse().unwrap()]).await;
    let addresses = relay.local_addresses().udp.clone();
    assert!(addresses.iter().any(|address| address.ip() == IpAddr::from([127, 0, 0, 1])), "{addresses:?}");
    assert!(addresses.iter().all(|address| address.port() == addresses[0].port()), "{addresses:?}");
    for server in addresses {
        let mut client = Client::udp_at(server);
        let request = client.message(Class::Request, Method::Binding).finish();
        client.send(&request);
        let bytes = client.receive().unwrap();
        let answer = Message::decode(&bytes).unwrap();
        let mapped = answer.attribute(AttributeType::XOR_MAPPED_ADDRESS).unwrap();
        assert_eq!(decode_xor_address(mapped, answer.transaction).unwrap().ip(), server.ip());
        assert_eq!(client.allocate().ip(), server.ip());
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_key() {
    let taken = UdpSocket::bind(loopback()).unwrap().local_addr().unwrap();
    let holder = UdpSocket::bind(taken).unwrap();
    let mut config = RelayConfig::new(AuthSecret::new("x"), [0; 32]);
    config.listen_udp = vec![holder.local_addr().unwrap()];
    let error = Relay::start(config.clone()).await.unwrap_err();
    assert!(matches!(&error, RelayError::ListenUdp { address, .. } if *address == taken), "{error:?}");
    assert!(
        error.to_string().starts_with(&format!("relay.listen: cannot listen on UDP {taken}: ")),
        "{error}"
    );

    let holder = TcpListener::bind(loopback()).unwrap();
    let taken = holder.local_addr().unwrap();
    (config.listen_udp, config.listen_tcp) = (vec![], vec![taken]);
    let error = Relay::start(config).await.unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("relay.listen: cannot listen on TCP {taken}: ")),
        "{error}"
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named_with_their_key() {
    type Change = fn(&mut RelayConfig);
    let changes: [(Change, &str); 8] = [
        (|config| config.realm = String::new(), "relay.realm"),
        (|config| config.realm = "a\"b".to_owned(), "relay.realm"),
        (|config| config.relay_ports = std::ops::RangeInclusive::new(2, 1), "relay.ports"),
        (|config| config.relay_address = Some([0, 0, 0, 0].into()), "relay.address"),
        (|config| config.listen_tls = vec![loopback()], "relay.listen_tls"),
        (|config| (config.mobility, config.workers) = (true, 2), "relay.mobility"),
        (|config| (config.tcp_peers, config.workers) = (true, 2), "relay.tcp_peers"),
        (|config| config.external_ip = Some("2a00::1".parse().unwrap()), "relay.external_ip"),
    ];
    for (change, expected) in changes {
        let mut config = RelayConfig::new(AuthSecret::new("x"), [0; 32]);
        config.listen_udp = vec![loopback()];
        change(&mut config);
        match Relay::start(config).await.unwrap_err() {
            RelayError::Config { key, .. } => assert_eq!(key, expected),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn shutdown_frees_all_ports_and_ends_all_connections() {
    let relay = start(|_| {}).await;
    let mut over_udp = Client::udp(&relay);
    let mut over_tcp = Client::tcp(&relay);
    let relayed = [over_udp.allocate(), over_tcp.allocate()];
    let addresses = relay.local_addresses().clone();
    relay.shutdown().await;
    for address in addresses.udp.into_iter().chain(relayed) {
        UdpSocket::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    }
    assert_eq!(over_tcp.receive(), None);
    start(|config| config.listen_tcp = addresses.tcp).await.shutdown().await;
}

#[tokio::test]
async fn the_end_of_an_allocation_frees_its_port() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let refreshed =
        client.request(Method::Refresh, |message| message.attribute(AttributeType::LIFETIME, &[0; 4]));
    assert_eq!(refreshed.class, Class::Success);
    wait_for(&relay, |stats| stats.turn.allocations == 0).await;
    UdpSocket::bind(relayed).unwrap();
    relay.shutdown().await;
}

#[tokio::test]
async fn a_relayed_port_that_is_taken_is_replaced_by_another() {
    // Somebody else sits on one of two ports.
    let (holder, free) = loop {
        let holder = UdpSocket::bind(loopback()).unwrap();
        let taken = holder.local_addr().unwrap();
        let next = SocketAddr::new(taken.ip(), taken.port().saturating_add(1));
        if UdpSocket::bind(next).is_ok() {
            break (holder, next);
        }
    };
    let taken = holder.local_addr().unwrap();
    // Whichever port is tried first, one allocation must come through, and a second must not.
    let relay = start(|config| config.relay_ports = taken.port()..=free.port()).await;
    assert_eq!(Client::udp(&relay).allocate(), free);
    assert_eq!(Client::udp(&relay).try_allocate().code, Some(ErrorCode::InsufficientCapacity));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_hang_up_ends_the_allocations_of_the_call() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    client.allocate();
    relay.revoke("alice/c1", std::time::Duration::MAX).await;
    assert_eq!(relay.stats().await.unwrap().turn.allocations, 0);
    // A7: and they open nothing any more.
    assert_eq!(client.permit(udp_socket().local_addr().unwrap()).code, Some(ErrorCode::Unauthorized));
    assert_eq!(client.request(Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_burst_of_datagrams_is_relayed_whole() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    let relayed = client.allocate();
    let peer = udp_socket();
    client.permit(peer.local_addr().unwrap());
    for number in 0..200u8 {
        peer.send_to(&[number; 160], relayed).unwrap();
    }
    for number in 0..200u8 {
        let bytes = client.receive().unwrap();
        let message = Message::decode(&bytes).unwrap();
        assert_eq!(message.attribute(AttributeType::DATA), Some(&[number; 160][..]));
    }
    relay.shutdown().await;
}
