//! D9: clients that go on from another address, with real sockets.

use std::net::SocketAddr;

use visavis_relay::{Engine, RelayConfig};
use visavis_turn::codec::{AttributeType, Class, Message, Method};

use crate::client::{Client, channel_data, start, tcp_stream, udp, udp_socket, wait_for};

fn mobile(config: &mut RelayConfig) {
    // As many as there are cores: that is one then.
    (config.mobility, config.workers) = (true, 0);
}

/// Asks with a ticket, or (with none) for one; the next ticket and the relayed address.
fn ask(client: &mut Client, method: Method, ticket: &[u8]) -> (Vec<u8>, Option<SocketAddr>) {
    client.challenge();
    let message = client.message(Class::Request, method);
    let message = if method == Method::Allocate { udp(message) } else { message };
    let request = client.sign(message.attribute(AttributeType::MOBILITY_TICKET, ticket));
    client.send(&request);
    let bytes = client.receive().unwrap();
    let answer = Message::decode(&bytes).unwrap();
    assert_eq!(answer.class, Class::Success);
    let relayed = answer.attribute(AttributeType::XOR_RELAYED_ADDRESS);
    let relayed =
        relayed.map(|value| visavis_turn::codec::decode_xor_address(value, answer.transaction).unwrap());
    (answer.attribute(AttributeType::MOBILITY_TICKET).unwrap().to_vec(), relayed)
}

/// The same person.
fn as_(mut other: Client, client: &Client) -> Client {
    other.username.clone_from(&client.username);
    other.password.clone_from(&client.password);
    other
}

#[tokio::test]
async fn d9_a_client_moves_from_tcp_to_udp_and_back_and_its_peer_notices_nothing() {
    for engine in [Engine::Auto, Engine::Portable] {
        let relay = start(|config| {
            mobile(config);
            config.engine = engine;
        })
        .await;
        let mut home = Client::tcp(&relay);
        let (ticket, relayed) = ask(&mut home, Method::Allocate, &[]);
        let relayed = relayed.unwrap();
        let peer = udp_socket();
        home.bind(0x4000, peer.local_addr().unwrap());
        let mut buffer = [0; 100];
        let mut hear = |client: &mut Client, said: &[u8]| {
            client.send(&channel_data(0x4000, said));
            let (length, from) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], from), (said, relayed));
            peer.send_to(b"yes.", relayed).unwrap();
            assert_eq!(client.receive().unwrap(), channel_data(0x4000, b"yes."));
        };
        hear(&mut home, b"from home");

        let mut away = as_(Client::udp(&relay), &home);
        let (ticket, _) = ask(&mut away, Method::Refresh, &ticket);
        hear(&mut home, b"not gone");
        hear(&mut away, b"here now");

        let mut back = as_(Client::over(tcp_stream(relay.local_addresses().tcp[0])), &home);
        ask(&mut back, Method::Refresh, &ticket);
        hear(&mut away, b"not gone");
        hear(&mut back, b"back again");
        // The connection that was left is a stranger's, and is closed as such.
        assert_eq!(home.receive(), None);
        let stats = wait_for(&relay, |stats| stats.sockets.tcp_connections == 1).await;
        assert_eq!((stats.turn.allocations, stats.turn.moves, stats.sockets.tcp_timed_out), (1, 2, 1));
        relay.shutdown().await;
    }
}
