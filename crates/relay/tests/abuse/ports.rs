//! Who takes every port.

use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};

use crate::client::{Client, loopback, start, udp, wait_for};

#[tokio::test]
async fn l5_when_four_ports_are_taken_the_fifth_client_hears_508_and_gets_the_first_that_is_free() {
    // A range that is free: the ports behind one that the system has just given out, tried until nobody has them.
    let first = loop {
        let taken = std::net::UdpSocket::bind(loopback()).unwrap();
        let first = taken.local_addr().unwrap().port().saturating_add(1);
        let is_free = |port: u16| std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if first < 65_000 && (first..first + 4).all(is_free) {
            break first;
        }
    };
    let relay = start(|config| config.relay_ports = first..=first + 3).await;
    let mut clients: Vec<Client> = (0..4).map(|_| Client::udp(&relay)).collect();
    let mut ports: Vec<u16> = clients.iter_mut().map(|client| client.allocate().port()).collect();
    ports.sort_unstable();
    assert_eq!(ports, (first..first + 4).collect::<Vec<_>>());

    let mut late = Client::tcp(&relay);
    for _ in 0..20 {
        assert_eq!(late.try_allocate().code, Some(ErrorCode::InsufficientCapacity));
    }
    let ended =
        clients[2].request(Method::Refresh, |message| message.attribute(AttributeType::LIFETIME, &[0; 4]));
    assert_eq!(ended.class, Class::Success);
    wait_for(&relay, |stats| stats.turn.allocations == 3).await;
    let answer = late.request(Method::Allocate, udp);
    assert!(ports.contains(&answer.relayed.unwrap().port()));
    assert_eq!(clients[2].try_allocate().code, Some(ErrorCode::InsufficientCapacity));
    relay.shutdown().await;
}
