//! TCP connections that only cost: too many, too slow, never read. None lasts without an allocation, and none holds up
//! who comes beside it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use visavis_turn::codec::{Class, MessageBuilder, Method, TransactionId};

use crate::client::{Client, start, wait_for};

/// Longer than anything takes, so that a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection from this address of the loopback network; `None` if it was closed before it was one.
fn connect(from: [u8; 4], to: SocketAddr) -> Option<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(IpAddr::V4(Ipv4Addr::from(from)), 0).into()).unwrap();
    socket.connect(&to.into()).ok()?;
    let stream: TcpStream = socket.into();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    Some(stream)
}

fn binding() -> Vec<u8> {
    MessageBuilder::new(Class::Request, Method::Binding, TransactionId([1; 12])).finish()
}

/// Whether it is served: asks, and waits for the answer or the end.
fn is_served(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 32];
    stream.write_all(&binding()).is_ok() && stream.read_exact(&mut answer).is_ok()
}

fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn x2_byte_after_byte_and_half_a_message_for_ever_end_at_the_deadline() {
    let relay = start(|config| config.tcp_limits.without_allocation = Duration::from_millis(500)).await;
    let server = relay.local_addresses().tcp[0];
    let mut streams: Vec<TcpStream> = (0..6).map(|_| connect([127, 0, 0, 9], server).unwrap()).collect();
    // Nothing; half a header; a header whose body never comes; channel data that never ends; a byte now and then; and
    // one that is busy all the time.
    streams[1].write_all(&binding()[..9]).unwrap();
    streams[2].write_all(&[0, 3, 0x10, 0, 0x21, 0x12, 0xa4, 0x42]).unwrap();
    streams[3].write_all(&[0x40, 0, 0x3f, 0xf0, 1, 2, 3]).unwrap();
    let endless = [&[0, 3, 0x3f, 0xe8, 0x21, 0x12, 0xa4, 0x42][..], &vec![0; 16_000]].concat();
    let mut dripped = endless.iter();
    let mut drops = 0;
    while dripped.next().is_some_and(|byte| streams[4].write_all(&[*byte]).is_ok()) {
        drops += 1;
        if !is_served(&mut streams[5]) {
            break;
        }
    }
    assert!(drops > 1, "the first byte was refused already");
    for (index, stream) in streams.iter_mut().enumerate() {
        assert!(is_closed(stream), "stream {index} is still open");
    }
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_connections == 0).await;
    assert_eq!(stats.sockets.tcp_timed_out, 6);
    relay.shutdown().await;
}

#[tokio::test]
async fn x2_a_flood_of_connections_from_one_address_leaves_room_for_the_others() {
    let relay = start(|config| config.tcp_limits.strangers_per_ip = 8).await;
    let server = relay.local_addresses().tcp[0];
    let mut flood: Vec<TcpStream> = (0..200).filter_map(|_| connect([127, 0, 0, 9], server)).collect();
    wait_for(&relay, |stats| stats.sockets.tcp_connections + stats.sockets.tcp_refused == 200).await;
    let served = flood.iter_mut().filter_map(|stream| is_served(stream).then_some(())).count();
    assert_eq!(served, 8);
    let mut other = connect([127, 0, 0, 10], server).unwrap();
    assert!(is_served(&mut other));
    Client::udp(&relay).allocate();
    // Gone, they leave nothing behind.
    drop(flood);
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 1).await;
    let mut again = connect([127, 0, 0, 9], server).unwrap();
    assert!(is_served(&mut again));
    relay.shutdown().await;
}

#[tokio::test]
async fn x2_a_flood_of_connections_from_everywhere_takes_what_there_is_and_no_more() {
    let relay = start(|config| config.tcp_limits.connections = 40).await;
    let server = relay.local_addresses().tcp[0];
    let mut settled = Client::tcp(&relay);
    settled.allocate();
    let mut flood: Vec<TcpStream> =
        (0..200u8).filter_map(|last| connect([127, 9, last, 1], server)).collect();
    let stats =
        wait_for(&relay, |stats| stats.sockets.tcp_connections + stats.sockets.tcp_refused == 201).await;
    assert_eq!(stats.sockets.tcp_connections, 40);
    assert_eq!(flood.iter_mut().filter_map(|stream| is_served(stream).then_some(())).count(), 39);
    // Who is in stays in, and UDP does not care.
    let own = settled.message(Class::Request, Method::Binding).finish();
    settled.send(&own);
    assert_eq!(settled.receive().unwrap().len(), 32);
    Client::udp(&relay).allocate();
    relay.shutdown().await;
}

#[tokio::test]
async fn x2_a_stranger_who_asks_and_never_reads_fills_his_own_queue_only() {
    let relay = start(|config| {
        config.tcp_limits.out_queue = 4096;
        config.tcp_limits.without_allocation = Duration::from_secs(5);
    })
    .await;
    let server = relay.local_addresses().tcp[0];
    let mut deaf = connect([127, 0, 0, 9], server).unwrap();
    deaf.set_write_timeout(Some(PATIENCE)).unwrap();
    let many = binding().repeat(1000);
    // Until the kernel's buffers and ours are full, or it is thrown out.
    while relay.stats().await.unwrap().sockets.tcp_queue_dropped == 0 {
        if deaf.write_all(&many).is_err() {
            break;
        }
        let mut other = connect([127, 0, 0, 10], server).unwrap();
        assert!(is_served(&mut other));
    }
    Client::udp(&relay).allocate();
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_timed_out == 1).await;
    assert_ne!(stats.sockets.tcp_queue_dropped, 0, "its queue was never full");
    assert!(is_closed(&mut deaf));
    relay.shutdown().await;
}
