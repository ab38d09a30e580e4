//! D8: TCP to peers (RFC 6062), with real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use visavis_relay::handover::Channel;
use visavis_relay::{AuthSecret, Relay, RelayConfig};
use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, MESSAGE_HEADER, Message, MessageBuilder, Method, decode_error_code,
};

use crate::certificate::certificate;
use crate::client::{Client, SECRET, loopback, start, tcp_stream, wait_for};
use crate::tls::{connect, start_with};

/// Longer than anything takes, so that a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);

fn on(config: &mut RelayConfig) {
    config.tcp_peers = true;
}

fn tcp(message: MessageBuilder) -> MessageBuilder {
    message.attribute(AttributeType::REQUESTED_TRANSPORT, &[6, 0, 0, 0])
}

/// TCP, or TLS over it.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

fn arrive(relay: &Relay, tls: Option<&Arc<ClientConfig>>) -> Box<dyn Stream> {
    match tls {
        None => Box::new(tcp_stream(relay.local_addresses().tcp[0])),
        Some(config) => Box::new(connect(relay, config)),
    }
}

/// A client over TCP, or TLS, with an allocation of TCP and its relayed address.
fn settle(relay: &Relay, tls: Option<&Arc<ClientConfig>>) -> (Client, SocketAddr) {
    let mut client = Client::over(arrive(relay, tls));
    client.challenge();
    let answer = client.request(Method::Allocate, tcp);
    assert_eq!(answer.code, None);
    (client, answer.relayed.unwrap())
}

/// Has the relay connect to a peer; what the connection is called.
fn try_connect(client: &mut Client, peer: SocketAddr) -> Result<Vec<u8>, ErrorCode> {
    let message = client.message(Class::Request, Method::Connect);
    let request = client.sign(message.address(AttributeType::XOR_PEER_ADDRESS, peer));
    client.send(&request);
    let bytes = client.receive().unwrap();
    let answer = Message::decode(&bytes).unwrap();
    match answer.attribute(AttributeType::ERROR_CODE) {
        Some(code) => Err(decode_error_code(code).unwrap()),
        None => Ok(answer.attribute(AttributeType::CONNECTION_ID).unwrap().to_vec()),
    }
}

/// What the connection of a peer is called that has come.
fn announced(client: &mut Client) -> Vec<u8> {
    let bytes = client.receive().unwrap();
    let attempt = Message::decode(&bytes).unwrap();
    assert_eq!((attempt.class, attempt.method), (Class::Indication, Method::ConnectionAttempt));
    attempt.attribute(AttributeType::CONNECTION_ID).unwrap().to_vec()
}

/// What the connection to a new peer is called, and the peer's side of it.
fn reach(client: &mut Client, relayed: SocketAddr) -> (Vec<u8>, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let id = try_connect(client, listener.local_addr().unwrap()).unwrap();
    let (peer, from) = listener.accept().unwrap();
    assert_eq!(from, relayed);
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    (id, peer)
}

/// Asks for a peer's connection on this one of the client's, with some data right behind the request.
fn bind(data: &mut dyn Stream, control: &mut Client, id: &[u8], behind: &[u8]) {
    let message = control.message(Class::Request, Method::ConnectionBind);
    let request = control.sign(message.attribute(AttributeType::CONNECTION_ID, id));
    data.write_all(&[&request, behind].concat()).unwrap();
    data.flush().unwrap();
    let mut answer = read_exactly(data, MESSAGE_HEADER);
    let length = u16::from_be_bytes([answer[2], answer[3]]);
    answer.extend(read_exactly(data, length.into()));
    let answer = Message::decode(&answer).unwrap();
    assert_eq!((answer.class, answer.method), (Class::Success, Method::ConnectionBind));
}

/// A client's data connection, as it is, joined with a peer.
fn join(relay: &Relay, control: &mut Client, relayed: SocketAddr) -> (TcpStream, TcpStream) {
    let (id, peer) = reach(control, relayed);
    let mut stream = tcp_stream(relay.local_addresses().tcp[0]);
    bind(&mut stream, control, &id, &[]);
    (stream, peer)
}

fn read_exactly(stream: &mut dyn Read, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Whether the other side has closed.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn d8_bytes_pass_both_ways_over_tcp_and_tls_also_those_that_come_before_the_two_are_joined() {
    let (server, client) = certificate();
    let relay = start_with(&server, on).await;
    for tls in [None, Some(&client)] {
        let (mut control, relayed) = settle(&relay, tls);
        let (id, mut peer) = reach(&mut control, relayed);
        peer.write_all(b"early").unwrap();
        let mut data = arrive(&relay, tls);
        bind(&mut data, &mut control, &id, b"behind the request");
        assert_eq!(read_exactly(&mut peer, 18), b"behind the request");
        assert_eq!(read_exactly(&mut data, 5), b"early");
        // What looks like a message is none, and what is large comes in order.
        let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
        let (mut there, length) = (peer.try_clone().unwrap(), large.len());
        let echo = std::thread::spawn(move || {
            let bytes = read_exactly(&mut there, length);
            there.write_all(&bytes).unwrap();
            there.shutdown(Shutdown::Write).unwrap();
        });
        data.write_all(&large).unwrap();
        data.flush().unwrap();
        let mut echoed = Vec::new();
        data.read_to_end(&mut echoed).unwrap();
        assert!(echoed == large, "not what was sent");
        echo.join().unwrap();
        drop(data);
        assert!(is_closed(&mut peer));
        wait_for(&relay, |stats| stats.turn.peer_connections == 0).await;
    }
    let stats = relay.stats().await.unwrap().turn;
    assert_eq!((stats.to_peer.bytes, stats.to_client.bytes), (2 * 1_200_018, 2 * 1_200_005));
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_each_side_may_end_what_it_says_and_hear_the_rest() {
    let relay = start(on).await;
    let (mut control, relayed) = settle(&relay, None);
    let (mut client, mut peer) = join(&relay, &mut control, relayed);
    client.write_all(b"a question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"a question");
    peer.write_all(b"the answer").unwrap();
    drop(peer);
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"the answer");
    let gone = |stats: &visavis_relay::Stats| stats.sockets.tcp_connections == 1;
    assert_eq!(wait_for(&relay, gone).await.turn.peer_connections, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_a_peer_with_a_permission_may_connect_and_one_without_is_closed() {
    let relay = start(on).await;
    let (mut control, relayed) = settle(&relay, None);
    let mut stranger = tcp_stream(relayed);
    assert!(is_closed(&mut stranger));
    assert_eq!(control.permit(loopback()).code, None);
    let mut peer = tcp_stream(relayed);
    let id = announced(&mut control);
    peer.write_all(b"hello").unwrap();
    let mut data = arrive(&relay, None);
    bind(&mut data, &mut control, &id, b"you");
    assert_eq!(read_exactly(&mut data, 5), b"hello");
    assert_eq!(read_exactly(&mut peer, 3), b"you");
    let stats = relay.stats().await.unwrap().turn;
    assert_eq!((stats.peer_connections, stats.peer_connections_refused), (1, 1));
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_a_forbidden_peer_is_403_and_one_that_refuses_447() {
    let relay = start(on).await;
    let (mut control, _) = settle(&relay, None);
    let forbidden = SocketAddr::from(([10, 0, 0, 1], 9000));
    assert_eq!(try_connect(&mut control, forbidden), Err(ErrorCode::Forbidden));
    let closed = TcpListener::bind(loopback()).unwrap().local_addr().unwrap();
    assert_eq!(try_connect(&mut control, closed), Err(ErrorCode::ConnectionFailed));
    assert_eq!(relay.stats().await.unwrap().turn.peer_connections, 0);
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_two_clients_of_the_relay_reach_each_other() {
    let relay = start(on).await;
    let ((mut one, here), (mut two, there)) = (settle(&relay, None), settle(&relay, None));
    assert_eq!(two.permit(here).code, None);
    let connected = try_connect(&mut one, there).unwrap();
    let come = announced(&mut two);
    let (mut from_one, mut from_two) = (arrive(&relay, None), arrive(&relay, None));
    bind(&mut from_one, &mut one, &connected, b"one");
    bind(&mut from_two, &mut two, &come, b"two");
    assert_eq!(read_exactly(&mut from_one, 3), b"two");
    assert_eq!(read_exactly(&mut from_two, 3), b"one");
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_all_ends_with_the_allocation() {
    type End = fn(Client) -> Option<Client>;
    let ends: [End; 2] = [
        |mut control| {
            let lifetime = |message: MessageBuilder| message.attribute(AttributeType::LIFETIME, &[0; 4]);
            assert_eq!(control.request(Method::Refresh, lifetime).code, None);
            Some(control)
        },
        |control| {
            drop(control);
            None
        },
    ];
    let relay = start(on).await;
    for end in ends {
        let (mut control, relayed) = settle(&relay, None);
        let (mut client, mut peer) = join(&relay, &mut control, relayed);
        let (_, mut waiting) = reach(&mut control, relayed);
        let _control = end(control);
        for stream in [&mut client, &mut peer, &mut waiting] {
            assert!(is_closed(stream));
        }
        let stats = wait_for(&relay, |stats| stats.turn.allocations == 0).await;
        assert_eq!(stats.turn.peer_connections, 0);
        let refused = TcpStream::connect(relayed).map(drop).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
    }
    relay.shutdown().await;
}

/// What one side sends while the other reads nothing is not taken in without end, and none of it is lost.
async fn pushes_back(relay: &Relay, mut writer: TcpStream, mut reader: TcpStream) {
    /// Far more than the kernel holds for four sockets.
    const MANY: usize = 256 << 20;
    /// Looks at the relay in which it takes nothing, until it is believed to take nothing any more.
    const LOOKS: usize = 100;
    let block = vec![7; 1 << 16];
    writer.set_nonblocking(true).unwrap();
    let (mut written, mut taken, mut idle) = (0, 0, 0);
    while idle < LOOKS {
        match writer.write(&block) {
            Ok(length) => (written, idle) = (written + length, 0),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        assert!(written < MANY, "nothing pushes back");
        let stats = relay.stats().await.unwrap().turn;
        let now = stats.to_peer.bytes + stats.to_client.bytes;
        idle = if now == taken { idle + 1 } else { 0 };
        taken = now;
    }
    writer.shutdown(Shutdown::Write).unwrap();
    let mut read = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = reader.read(&mut buffer).unwrap();
        if length == 0 {
            break;
        }
        assert!(buffer[..length].iter().all(|byte| *byte == 7), "not what was written");
        read += length;
    }
    assert_eq!(read, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_who_reads_slowly_slows_down_who_writes() {
    let without_limits = |config: &mut RelayConfig| {
        on(config);
        (config.limits.bytes_per_second, config.limits.user_bytes_per_second) = (0, 0);
    };
    for to_peer in [true, false] {
        let relay = start(without_limits).await;
        let (mut control, relayed) = settle(&relay, None);
        let (client, peer) = join(&relay, &mut control, relayed);
        let (writer, reader) = if to_peer { (client, peer) } else { (peer, client) };
        pushes_back(&relay, writer, reader).await;
        relay.shutdown().await;
    }
}

#[tokio::test]
async fn d8_what_is_beyond_a_users_rate_waits_and_is_not_lost() {
    let relay = start(|config| {
        on(config);
        config.limits.user_bytes_per_second = 1_000_000;
    })
    .await;
    let (mut control, relayed) = settle(&relay, None);
    let (mut client, mut peer) = join(&relay, &mut control, relayed);
    let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
    let bytes = sent.clone();
    let writing = std::thread::spawn(move || {
        client.write_all(&bytes).unwrap();
        client
    });
    assert!(read_exactly(&mut peer, sent.len()) == sent, "not what was sent");
    drop(writing.join().unwrap());
    relay.shutdown().await;
}

#[tokio::test]
async fn d8_what_stands_goes_on_in_the_old_process_when_another_takes_over() {
    let old = start(on).await;
    let (mut control, relayed) = settle(&old, None);
    let (mut client, mut peer) = join(&old, &mut control, relayed);
    let new = take_over(&old).await;
    client.write_all(b"on we go").unwrap();
    assert_eq!(read_exactly(&mut peer, 8), b"on we go");
    // Peers still come, and who asks for them is told where he has come to.
    assert_eq!(control.permit(loopback()).code, None);
    let _late = tcp_stream(relayed);
    let id = announced(&mut control);
    let mut data = Client::over(arrive(&new.0, None));
    data.challenge();
    let answer =
        data.request(Method::ConnectionBind, |message| message.attribute(AttributeType::CONNECTION_ID, &id));
    assert_eq!(answer.code, Some(ErrorCode::BadRequest));
    old.shutdown().await;
    assert!(is_closed(&mut peer));
    new.0.shutdown().await;
}

/// A new relay for an old one; the channel keeps that counted as running.
async fn take_over(old: &Relay) -> (Relay, Channel) {
    let (from, to) = std::os::unix::net::UnixStream::pair().unwrap();
    let (from, to) = (Channel::new(from).unwrap(), Channel::new(to).unwrap());
    let mut config = RelayConfig::new(AuthSecret::new(SECRET), [7; 32]);
    config.listen_udp = vec![loopback()];
    config.listen_tcp = vec![loopback()];
    config.allow_peers = vec!["127.0.0.1/32".parse().unwrap()];
    on(&mut config);
    let (channel, new) = tokio::join!(old.hand_over(from), Relay::take_over(config, to));
    (new.unwrap(), channel.unwrap())
}
