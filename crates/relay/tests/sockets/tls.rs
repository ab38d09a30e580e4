//! TLS on ports of the relay's own, and connections that somebody else has accepted.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use visavis_relay::Relay;
use visavis_turn::codec::{AttributeType, Class, Message, Method};

use crate::certificate::certificate;
use crate::client::{Client, channel_data, loopback, start, tcp_stream, udp, udp_socket, wait_for};

pub(crate) async fn start_with(
    server: &Arc<ServerConfig>,
    change: impl FnOnce(&mut visavis_relay::RelayConfig),
) -> Relay {
    start(|config| {
        config.listen_tls = vec![loopback()];
        config.tls = Some(Arc::clone(server));
        change(config);
    })
    .await
}

pub(crate) type ClientTls = StreamOwned<ClientConnection, TcpStream>;

pub(crate) fn tls_over(stream: TcpStream, config: &Arc<ClientConfig>) -> ClientTls {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), stream)
}

pub(crate) fn connect(relay: &Relay, config: &Arc<ClientConfig>) -> ClientTls {
    tls_over(tcp_stream(relay.local_addresses().tls[0]), config)
}

/// Allocates, and sends one message each way.
fn relay_something(client: &mut Client) {
    let relayed = client.allocate();
    let peer = udp_socket();
    assert_eq!(client.bind(0x4000, peer.local_addr().unwrap()).class, Class::Success);
    client.send(&channel_data(0x4000, b"ping"));
    let mut buffer = [0; 100];
    let (length, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"ping"[..], relayed));
    peer.send_to(b"pong", relayed).unwrap();
    assert_eq!(client.receive().unwrap(), channel_data(0x4000, b"pong"));
}

#[tokio::test]
async fn data_travels_over_tls() {
    let (server, client) = certificate();
    let relay = start_with(&server, |_| {}).await;
    relay_something(&mut Client::over(connect(&relay, &client)));
    relay.shutdown().await;
}

#[tokio::test]
async fn what_is_not_tls_or_breaks_off_is_closed_and_counted() {
    let (server, _) = certificate();
    let (_, stranger) = certificate();
    let relay = start_with(&server, |_| {}).await;
    let mut plain = tcp_stream(relay.local_addresses().tls[0]);
    plain.write_all(b"\x00\x01\x00\x00\x21\x12\xa4\x42 no TLS here").unwrap();
    // An alert, and the end.
    let mut said = Vec::new();
    let _reset = plain.read_to_end(&mut said);
    assert_eq!(said.first(), Some(&21));
    // Who does not believe the certificate says so.
    let mut distrustful = connect(&relay, &stranger);
    distrustful.write_all(&[0]).unwrap_err();
    wait_for(&relay, |stats| stats.sockets.tls_failed == 2 && stats.sockets.tcp_connections == 0).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn who_says_nothing_or_half_a_hello_is_closed_in_time_and_holds_no_place_for_a_handshake_after_that() {
    let (server, client) = certificate();
    let relay = start_with(&server, |config| {
        config.tcp_limits.without_allocation = Duration::from_millis(300);
        config.tcp_limits.handshakes = 1;
    })
    .await;
    let mut silent = tcp_stream(relay.local_addresses().tls[0]);
    let mut half = tcp_stream(relay.local_addresses().tls[0]);
    half.write_all(&[22, 3, 1]).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    // At most an alert, and the end.
    let _reset = half.read_to_end(&mut Vec::new());
    wait_for(&relay, |stats| stats.sockets.tcp_timed_out == 2).await;
    relay_something(&mut Client::over(connect(&relay, &client)));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_handshake_waits_for_a_place() {
    let (server, client) = certificate();
    let relay = start_with(&server, |config| config.tcp_limits.handshakes = 1).await;
    let mut half = tcp_stream(relay.local_addresses().tls[0]);
    half.write_all(&[22, 3, 1]).unwrap();
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 1).await;
    let mut waiting = connect(&relay, &client);
    waiting.conn.write_tls(&mut waiting.sock).unwrap();
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 2).await;
    drop(half);
    relay_something(&mut Client::over(waiting));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_new_certificate_is_for_new_handshakes_and_old_connections_stay() {
    let (old_server, old_client) = certificate();
    let (new_server, new_client) = certificate();
    let relay = start_with(&old_server, |_| {}).await;
    let mut before = Client::over(connect(&relay, &old_client));
    before.challenge();
    relay.set_tls(new_server);
    relay_something(&mut Client::over(connect(&relay, &new_client)));
    relay_something(&mut before);
    connect(&relay, &old_client).write_all(&[0]).unwrap_err();
    relay.shutdown().await;
}

#[tokio::test]
async fn a_slow_reader_over_tls_gets_whole_messages_in_order() {
    let (server, client) = certificate();
    let relay = start_with(&server, |config| {
        config.tcp_limits.out_queue = 8 * 1024;
        config.tcp_limits.longest_wait = Duration::from_secs(3600);
    })
    .await;
    let mut slow = Client::over(connect(&relay, &client));
    let relayed = slow.allocate();
    let peer = udp_socket();
    slow.bind(0x4000, peer.local_addr().unwrap());
    let data = |number: u32| [&number.to_be_bytes()[..], &[7; 1199]].concat();
    let mut sent = 0;
    while relay.stats().await.unwrap().sockets.tcp_queue_dropped < 20 {
        for _ in 0..50 {
            peer.send_to(&data(sent), relayed).unwrap();
            sent += 1;
        }
    }
    wait_for(&relay, |stats| stats.turn.to_client.packets == u64::from(sent)).await;
    let mut numbers = Vec::new();
    while numbers.last() != Some(&(sent - 1)) {
        let frame = slow.receive().unwrap();
        let number = u32::from_be_bytes(frame[4..8].try_into().unwrap());
        assert_eq!(frame[4..], data(number));
        numbers.push(number);
    }
    assert!(numbers.is_sorted());
    let dropped = relay.stats().await.unwrap().sockets.tcp_queue_dropped;
    assert_eq!(u64::try_from(numbers.len()).unwrap() + dropped, u64::from(sent));
    relay.shutdown().await;
}

/// A connection as somebody who listens on a port of his own has it, and its client's side.
fn accepted() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = tcp_stream(listener.local_addr().unwrap());
    (listener.accept().unwrap().0, client)
}

#[tokio::test]
async fn a_connection_accepted_elsewhere_is_served_as_if_it_had_come_here() {
    let relay = start(|_| {}).await;
    let (mut stream, socket) = accepted();
    let mut client = Client::over(socket);
    // The client has spoken, and part of it has been read.
    let request = client.message(Class::Request, Method::Binding).finish();
    client.send(&request);
    let mut first = [0; 7];
    stream.read_exact(&mut first).unwrap();
    relay.adopt(stream, None, first.to_vec());
    assert_eq!(client.answer().class, Class::Success);
    relay_something(&mut client);
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.sockets.tcp_connections, stats.turn.allocations), (1, 1));
    drop(client);
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 0 && stats.turn.allocations == 0).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_tls_connection_accepted_elsewhere_is_served_with_all_that_was_read_of_it() {
    let (server, client) = certificate();
    let relay = start(|_| {}).await;
    let (stream, socket) = accepted();
    let mut tls = StreamOwned::new(ServerConnection::new(server).unwrap(), stream);
    let talking = std::thread::spawn(move || {
        let mut client = Client::over(tls_over(socket, &client));
        let request = client.message(Class::Request, Method::Binding).finish();
        client.send(&request);
        client
    });
    // Some bytes are read; the rest is in the TLS, already opened.
    let mut first = [0; 1];
    tls.read_exact(&mut first).unwrap();
    let mut client = talking.join().unwrap();
    relay.adopt(tls.sock, Some(tls.conn), first.to_vec());
    assert_eq!(client.answer().class, Class::Success);
    relay_something(&mut client);
    relay.shutdown().await;
}

#[tokio::test]
async fn the_limits_hold_for_connections_accepted_elsewhere() {
    let relay = start(|config| config.tcp_limits.strangers_per_ip = 1).await;
    let (stream, socket) = accepted();
    relay.adopt(stream, None, Vec::new());
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 1).await;
    let (stream, second) = accepted();
    relay.adopt(stream, None, b"GET /".to_vec());
    assert_eq!(Client::over(second).receive(), None);
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_refused == 1).await;
    assert_eq!(stats.sockets.tcp_connections, 1);
    drop(socket);
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 0).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn what_somebody_else_has_read_wrongly_closes_the_connection() {
    let relay = start(|_| {}).await;
    let (stream, socket) = accepted();
    relay.adopt(stream, None, b"GET / HTTP/1.1".to_vec());
    assert_eq!(Client::over(socket).receive(), None);
    wait_for(&relay, |stats| stats.sockets.tcp_malformed == 1).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn l5_when_there_is_no_room_a_client_over_tls_is_sent_to_where_tls_is() {
    let (server, client) = certificate();
    let relay = start_with(&server, |config| {
        config.alternate_servers = vec!["198.51.100.9:3478".parse().unwrap()];
        config.alternate_tls_servers = vec!["turn2.example.org/198.51.100.10:443".parse().unwrap()];
    })
    .await;
    relay.drain(true).await;
    let adopted = TcpListener::bind(loopback()).unwrap();
    let (plain, handed_over) = (tcp_stream(adopted.local_addr().unwrap()), adopted.accept().unwrap().0);
    relay.adopt(handed_over, None, Vec::new());
    let sent_to = [
        (Client::over(connect(&relay, &client)), [0, 1, 1, 187, 198, 51, 100, 10]),
        (Client::tcp(&relay), [0, 1, 0x0d, 0x96, 198, 51, 100, 9]),
        (Client::over(plain), [0, 1, 0x0d, 0x96, 198, 51, 100, 9]),
    ];
    for (mut client, expected) in sent_to {
        client.challenge();
        let message = client.message(Class::Request, Method::Allocate);
        let request = client.sign(udp(message));
        client.send(&request);
        let bytes = client.receive().unwrap();
        let answer = Message::decode(&bytes).unwrap();
        assert_eq!(answer.attribute(AttributeType::ALTERNATE_SERVER), Some(&expected[..]));
    }
    relay.shutdown().await;
}
