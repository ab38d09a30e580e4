//! Several workers: the system shares out clients among them, and nobody can tell. With so many clients as here it would be
//! a wonder if all had the same worker.

use std::net::UdpSocket;

use visavis_relay::{AuthSecret, Relay, RelayConfig, RelayError};
use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Message, Method, decode_xor_address};

use crate::client::{Client, channel_data, start, udp, udp_socket, wait_for};

const CLIENTS: usize = 16;

async fn start_two(change: impl FnOnce(&mut RelayConfig)) -> Relay {
    start(|config| {
        config.workers = 2;
        change(config);
    })
    .await
}

/// Every client sends to the next one, and the last to the first.
async fn talk_in_a_ring(relay: &Relay, mut clients: Vec<Client>) {
    let mut relayed = Vec::new();
    for client in &mut clients {
        relayed.push(client.allocate());
    }
    let count = clients.len();
    for (number, client) in clients.iter_mut().enumerate() {
        let (next, last) = (relayed[(number + 1) % count], relayed[(number + count - 1) % count]);
        assert_eq!(client.bind(0x4000, next).class, Class::Success);
        assert_eq!(client.bind(0x4001, last).class, Class::Success);
    }
    for round in 0..20u8 {
        for client in &mut clients {
            client.send(&channel_data(0x4000, &[round; 4]));
        }
        for client in &mut clients {
            assert_eq!(client.receive().unwrap(), channel_data(0x4001, &[round; 4]));
        }
    }
    let stats = relay.stats().await.unwrap();
    assert_eq!(stats.turn.allocations, u64::try_from(count).unwrap());
    let dropped: u64 = DropReason::ALL.iter().map(|reason| stats.turn.dropped(*reason)).sum();
    assert_eq!((stats.sockets.send_failures, dropped), (0, 0));
}

#[tokio::test]
async fn clients_over_udp_talk_to_each_other_whichever_worker_they_have() {
    let relay = start_two(|config| config.allow_peers.clear()).await;
    let clients = (0..CLIENTS).map(|_| Client::udp(&relay)).collect();
    talk_in_a_ring(&relay, clients).await;
    // No packet went through the kernel on its way.
    let stats = relay.stats().await.unwrap().turn;
    let sent = u64::try_from(CLIENTS * 20).unwrap();
    assert_eq!((stats.between_allocations.packets, stats.to_peer.packets), (sent, 0));
    relay.shutdown().await;
}

#[tokio::test]
async fn clients_over_tcp_and_udp_talk_to_each_other_whichever_worker_they_have() {
    let relay = start_two(|config| config.allow_peers.clear()).await;
    let client = |number| if number % 2 == 0 { Client::udp(&relay) } else { Client::tcp(&relay) };
    let clients = (0..CLIENTS).map(client).collect();
    talk_in_a_ring(&relay, clients).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn clients_over_tcp_talk_to_each_other_whichever_worker_they_have() {
    let relay = start_two(|config| config.allow_peers.clear()).await;
    let clients = (0..CLIENTS).map(|_| Client::tcp(&relay)).collect();
    talk_in_a_ring(&relay, clients).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_quota_holds_over_all_workers_and_a_hang_up_reaches_them_all() {
    let relay = start_two(|config| config.limits.allocations_per_user = 5).await;
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::udp(&relay)).collect();
    let codes: Vec<_> = clients.iter_mut().map(|client| client.try_allocate().code).collect();
    let expected = [vec![None; 5], vec![Some(ErrorCode::AllocationQuotaReached); CLIENTS - 5]].concat();
    assert_eq!(codes, expected);
    relay.revoke("alice/c1", std::time::Duration::MAX).await;
    assert_eq!(relay.stats().await.unwrap().turn.allocations, 0);
    for client in &mut clients {
        assert_eq!(client.request(Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_reserved_port_goes_to_whoever_brings_the_token_to_any_worker() {
    let relay = start_two(|_| {}).await;
    let peer = udp_socket();
    // All at once: the system could give the port of one that is gone to the next, whose allocation it would then be.
    let pairs = || (Client::udp(&relay), Client::udp(&relay));
    let mut pairs: Vec<_> = std::iter::repeat_with(pairs).take(CLIENTS).collect();
    for (rtp, rtcp) in &mut pairs {
        rtp.challenge();
        let message = rtp.message(Class::Request, Method::Allocate);
        let request = rtp.sign(udp(message).attribute(AttributeType::EVEN_PORT, &[0x80]));
        rtp.send(&request);
        let bytes = rtp.receive().unwrap();
        let answer = Message::decode(&bytes).unwrap();
        let token = answer.attribute(AttributeType::RESERVATION_TOKEN).unwrap();
        let relayed = answer.attribute(AttributeType::XOR_RELAYED_ADDRESS).unwrap();
        let mut expected = decode_xor_address(relayed, answer.transaction).unwrap();
        expected.set_port(expected.port() + 1);

        rtcp.challenge();
        let with_token = |message| udp(message).attribute(AttributeType::RESERVATION_TOKEN, token);
        assert_eq!(rtcp.request(Method::Allocate, with_token).relayed, Some(expected));
        // It is read by the worker it is known to.
        rtcp.bind(0x4000, peer.local_addr().unwrap());
        peer.send_to(b"report", expected).unwrap();
        assert_eq!(rtcp.receive().unwrap()[4..], *b"report");
    }
    let stats = relay.stats().await.unwrap().turn;
    assert_eq!((stats.allocations, stats.reservations), (2 * u64::try_from(CLIENTS).unwrap(), 0));
    relay.shutdown().await;
}

#[tokio::test]
async fn connections_are_limited_over_all_workers() {
    let relay = start_two(|config| config.tcp_limits.strangers_per_ip = 4).await;
    let _let_in: Vec<Client> = (0..4).map(|_| Client::tcp(&relay)).collect();
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 4).await;
    let mut others: Vec<Client> = (0..4).map(|_| Client::tcp(&relay)).collect();
    for client in &mut others {
        assert_eq!(client.receive(), None);
    }
    assert_eq!(relay.stats().await.unwrap().sockets.tcp_refused, 4);
    relay.shutdown().await;
}

#[tokio::test]
async fn an_address_in_use_is_noticed_although_workers_share_theirs() {
    let relay = start_two(|_| {}).await;
    let mut config = RelayConfig::new(AuthSecret::new("x"), [0; 32]);
    config.workers = 2;
    let addresses = relay.local_addresses().clone();
    config.listen_udp.clone_from(&addresses.udp);
    let error = Relay::start(config.clone()).await.unwrap_err();
    assert!(matches!(error, RelayError::ListenUdp { .. }), "{error}");
    (config.listen_udp, config.listen_tcp) = (vec![], addresses.tcp.clone());
    let error = Relay::start(config).await.unwrap_err();
    assert!(matches!(error, RelayError::ListenTcp { .. }), "{error}");
    relay.shutdown().await;
    // And given back whole.
    UdpSocket::bind(addresses.udp[0]).unwrap();
}
