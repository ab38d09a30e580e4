//! TLS that never gets anywhere: hellos in single bytes, handshakes that stop half-way, records that never end. What they
//! hold, they hold until their deadline; what is served beside them is served.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use visavis_relay::{Relay, RelayConfig};
use visavis_turn::codec::{Class, MessageBuilder, Method, TransactionId};

use crate::certificate::certificate;
use crate::client::{Client, loopback, start, tcp_stream, wait_for};

async fn start_with_tls(change: impl FnOnce(&mut RelayConfig)) -> (Relay, Arc<ClientConfig>) {
    let (server, client) = certificate();
    let relay = start(|config| {
        config.listen_tls = vec![loopback()];
        config.tls = Some(server);
        change(config);
    })
    .await;
    (relay, client)
}

fn handshake(config: &Arc<ClientConfig>) -> ClientConnection {
    ClientConnection::new(Arc::clone(config), ServerName::try_from("127.0.0.1").unwrap()).unwrap()
}

fn connect(relay: &Relay) -> TcpStream {
    tcp_stream(relay.local_addresses().tls[0])
}

/// The first thing a client says.
fn hello(config: &Arc<ClientConfig>) -> Vec<u8> {
    let mut bytes = Vec::new();
    handshake(config).write_tls(&mut bytes).unwrap();
    bytes
}

fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn x2_a_handshake_may_come_byte_by_byte_but_not_for_ever() {
    let (relay, config) = start_with_tls(|config| {
        config.tcp_limits.without_allocation = Duration::from_millis(800);
        // The honest ones are all one user, and quick.
        config.limits.new_allocations_per_second = 0;
    })
    .await;
    let hello = hello(&config);
    let mut streams: Vec<TcpStream> = (0..5).map(|_| connect(&relay)).collect();
    // A hello but for its end; one, and nothing after it; one cut in records of a byte; a record that says it is long;
    // and bytes as slow as can be.
    streams[0].write_all(&hello[..hello.len() - 1]).unwrap();
    streams[1].write_all(&hello).unwrap();
    let in_records: Vec<u8> = hello[5..].iter().flat_map(|byte| [22, 3, 1, 0, 1, *byte]).collect();
    let _cut_off = streams[2].write_all(&in_records);
    streams[3].write_all(&[23, 3, 3, 0x40, 0]).unwrap();
    let mut dripped = hello[..hello.len() - 1].iter();
    while dripped.next().is_some_and(|byte| streams[4].write_all(&[*byte]).is_ok()) {
        // Whoever means it is served in between.
        let mut honest = Client::over(StreamOwned::new(handshake(&config), connect(&relay)));
        honest.allocate();
    }
    for (index, stream) in streams.iter_mut().enumerate() {
        assert!(is_closed(stream), "stream {index} is still open");
    }
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 0).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn x2_half_done_handshakes_take_no_more_than_their_places_and_give_them_back() {
    let (relay, config) = start_with_tls(|config| {
        config.tcp_limits.handshakes = 4;
        config.tcp_limits.without_allocation = Duration::from_millis(800);
    })
    .await;
    let hello = hello(&config);
    let mut half_done: Vec<TcpStream> = (0..20).map(|_| connect(&relay)).collect();
    for stream in &mut half_done {
        stream.write_all(&hello).unwrap();
    }
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_timed_out == 20).await;
    assert_eq!(stats.sockets.tcp_connections, 0);
    for mut stream in half_done {
        assert!(is_closed(&mut stream));
    }
    let mut honest = Client::over(StreamOwned::new(handshake(&config), connect(&relay)));
    honest.allocate();
    relay.shutdown().await;
}

#[tokio::test]
async fn x2_inside_tls_the_rules_are_those_of_tcp() {
    let (relay, config) = start_with_tls(|config| {
        config.tcp_limits.without_allocation = Duration::from_millis(800);
        config.tcp_limits.strangers_per_ip = 6;
    })
    .await;
    let mut inside: Vec<_> = (0..6).map(|_| StreamOwned::new(handshake(&config), connect(&relay))).collect();
    let binding = MessageBuilder::new(Class::Request, Method::Binding, TransactionId([1; 12])).finish();
    for stream in &mut inside {
        stream.write_all(&binding).unwrap();
        stream.flush().unwrap();
        stream.read_exact(&mut [0; 32]).unwrap();
    }
    // No more of this address.
    assert!(is_closed(&mut connect(&relay)));
    // Half a message; what is no message; empty records; and nothing at all.
    inside[0].write_all(&binding[..7]).unwrap();
    inside[1].write_all(b"\x80 is no beginning of anything").unwrap();
    for _ in 0..100 {
        inside[2].conn.writer().write_all(b"").unwrap();
        inside[2].flush().unwrap();
    }
    for mut stream in inside {
        let _alert = stream.flush();
        assert!(is_closed(&mut stream.sock));
    }
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_connections == 0).await;
    assert_eq!((stats.sockets.tcp_malformed, stats.sockets.tcp_timed_out), (1, 5));
    relay.shutdown().await;
}
