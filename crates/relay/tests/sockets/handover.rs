//! One relay goes on with what another has begun, as between two processes.

use std::os::unix::net::UnixStream;

use visavis_relay::handover::Channel;
use visavis_relay::{AuthSecret, Relay, RelayConfig};
use visavis_turn::codec::Class;

use crate::client::{Client, SECRET, channel_data, loopback, udp_socket, wait_for};

fn config() -> RelayConfig {
    let mut config = RelayConfig::new(AuthSecret::new(SECRET), [7; 32]);
    config.listen_udp = vec![loopback()];
    config.listen_tcp = vec![loopback()];
    config.allow_peers = vec!["127.0.0.1/32".parse().unwrap()];
    config
}

/// The two ends of the way between the processes.
fn channels() -> (Channel, Channel) {
    let (old, new) = UnixStream::pair().unwrap();
    (Channel::new(old).unwrap(), Channel::new(new).unwrap())
}

/// Lets a new relay take over; the channel keeps the old one counted as running.
async fn hand_over(old: &Relay, config: RelayConfig) -> (Relay, Channel) {
    let (from, to) = channels();
    let (channel, new) = tokio::join!(old.hand_over(from), Relay::take_over(config, to));
    (new.unwrap(), channel.unwrap())
}

#[tokio::test]
async fn the_clients_of_several_workers_go_on_with_as_many() {
    let with_two = || RelayConfig { workers: 2, ..config() };
    let old = Relay::start(with_two()).await.unwrap();
    let mut clients: Vec<Client> = (0..16).map(|_| Client::udp(&old)).collect();
    let relayed: Vec<_> = clients.iter_mut().map(Client::allocate).collect();
    for (client, next) in clients.iter_mut().zip(relayed.iter().cycle().skip(1)) {
        client.bind(0x4000, *next);
    }
    for (client, last) in clients.iter_mut().zip(relayed.iter().cycle().skip(15)) {
        client.bind(0x4001, *last);
    }
    // It has the sockets of both, whatever it would have had itself.
    let (new, _channel) = hand_over(&old, config()).await;
    for client in &mut clients {
        client.send(&channel_data(0x4000, b"on we go"));
    }
    for client in &mut clients {
        assert_eq!(client.receive().unwrap(), channel_data(0x4001, b"on we go"));
    }
    assert_eq!(new.stats().await.unwrap().turn.between_allocations.packets, 16);
    old.shutdown().await;
    new.shutdown().await;
}

#[tokio::test]
async fn packets_flow_on_and_none_that_came_meanwhile_is_lost() {
    let old = Relay::start(config()).await.unwrap();
    let mut client = Client::udp(&old);
    let relayed = client.allocate();
    let peer = udp_socket();
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);
    let addresses = old.local_addresses().clone();

    let (from, to) = channels();
    let _channel = old.hand_over(from).await.unwrap();
    // Nobody reads now: neither what the client sends nor what the peer does.
    for number in 0..20_u8 {
        client.send(&channel_data(0x4000, &[number; 4]));
        peer.send_to(&[number; 4], relayed).unwrap();
    }
    let new = Relay::take_over(config(), to).await.unwrap();

    assert_eq!(*new.local_addresses(), addresses);
    let mut buffer = [0; 8];
    for number in 0..20_u8 {
        assert_eq!(peer.recv_from(&mut buffer).unwrap(), (4, relayed));
        assert_eq!(buffer[0], number);
        assert_eq!(client.receive().unwrap(), channel_data(0x4000, &[number; 4]));
    }
    // The client's next request is understood, and a new client is served.
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);
    Client::udp(&new).allocate();
    old.shutdown().await;
    new.shutdown().await;
}

#[tokio::test]
async fn who_came_over_tcp_stays_with_the_old_relay_and_talks_to_those_at_the_new_one() {
    let old = Relay::start(config()).await.unwrap();
    let (mut over_tcp, mut over_udp) = (Client::tcp(&old), Client::udp(&old));
    let (at_tcp, at_udp) = (over_tcp.allocate(), over_udp.allocate());
    assert_eq!(over_tcp.bind(0x4001, at_udp).class, Class::Success);
    assert_eq!(over_udp.bind(0x4002, at_tcp).class, Class::Success);

    let (new, channel) = hand_over(&old, config()).await;

    over_udp.send(&channel_data(0x4002, b"ping"));
    assert_eq!(over_tcp.receive().unwrap(), channel_data(0x4001, b"ping"));
    over_tcp.send(&channel_data(0x4001, b"pong"));
    assert_eq!(over_udp.receive().unwrap(), channel_data(0x4002, b"pong"));
    // A connection that comes now is the new relay's.
    let mut late = Client::tcp(&new);
    late.allocate();
    assert_eq!(wait_for(&new, |stats| stats.turn.allocations == 2).await.sockets.tcp_connections, 1);
    assert_eq!(old.stats().await.unwrap().sockets.tcp_connections, 1);

    drop(over_tcp);
    old.drained().await;
    old.shutdown().await;
    drop(channel);
    new.shutdown().await;
}

#[tokio::test]
async fn a_relay_with_other_addresses_begins_anew() {
    let old = Relay::start(config()).await.unwrap();
    let mut client = Client::udp(&old);
    client.allocate();
    let mut other = config();
    other.listen_tcp.clear();

    let (new, _channel) = hand_over(&old, other).await;

    assert_eq!(new.stats().await.unwrap().turn.allocations, 0);
    Client::udp(&new).allocate();
    old.shutdown().await;
    new.shutdown().await;
}

#[tokio::test]
async fn what_is_handed_over_may_be_handed_over_again() {
    let first = Relay::start(config()).await.unwrap();
    let mut client = Client::udp(&first);
    let relayed = client.allocate();
    let peer = udp_socket();
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);

    let (second, _first_channel) = hand_over(&first, config()).await;
    let (third, _second_channel) = hand_over(&second, config()).await;

    peer.send_to(b"still here..", relayed).unwrap();
    assert_eq!(client.receive().unwrap(), channel_data(0x4000, b"still here.."));
    for relay in [first, second, third] {
        relay.shutdown().await;
    }
}
