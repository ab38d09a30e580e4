//! The client of `turn-client-proto`, somebody else's reading of the same standards, over real sockets: UDP, TCP and TLS, of
//! IPv4 and IPv6. (`visavis-turn` is checked against it without sockets, through hours of refreshing.)

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use turn_client_proto::api::{Transmit, TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::stun::Instant;
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::prelude::DelayedTransmitBuild;
use turn_client_proto::types::{AddressFamily, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;
use visavis_relay::{AuthSecret, Engine, Relay, RelayConfig};
use visavis_turn::{Traffic, issue};

use crate::certificate::certificate;
use crate::client::{SECRET, start, tcp_stream};
use crate::tls::tls_over;

/// Longer than anything takes, so that a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// Messages each way by indications, and as many by a channel.
const COUNT: usize = 50;
/// On channels the data is a multiple of four bytes long: this client does not pad them on TCP, as RFC 8656 §12.5 demands.
const LENGTHS: [usize; 5] = [0, 4, 172, 1000, 1400];

/// What carries the client's bytes.
trait Carrier {
    fn send(&mut self, bytes: &[u8]);
    /// What has come, if anything does within this time.
    fn receive(&mut self, within: Duration) -> Option<Vec<u8>>;
}

impl Carrier for UdpSocket {
    fn send(&mut self, bytes: &[u8]) {
        assert_eq!(Self::send(self, bytes).unwrap(), bytes.len());
    }

    fn receive(&mut self, within: Duration) -> Option<Vec<u8>> {
        self.set_read_timeout(Some(within)).unwrap();
        read(|buffer| self.recv(buffer))
    }
}

/// TCP, or TLS over it, and the connection beneath.
struct Stream<S>(S, TcpStream);

impl<S: Read + Write> Carrier for Stream<S> {
    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
        self.0.flush().unwrap();
    }

    fn receive(&mut self, within: Duration) -> Option<Vec<u8>> {
        self.1.set_read_timeout(Some(within)).unwrap();
        read(|buffer| self.0.read(buffer))
    }
}

fn read(read: impl FnOnce(&mut [u8]) -> std::io::Result<usize>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 70_000];
    match read(&mut buffer) {
        Ok(length) => Some(buffer[..length].to_vec()),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The foreign client and what carries it.
struct Foreign<C, W> {
    client: C,
    carrier: W,
    began: std::time::Instant,
    events: Vec<String>,
    received: Vec<Vec<u8>>,
    is_closed: bool,
}

impl<C: TurnClientApi, W: Carrier> Foreign<C, W> {
    fn new(client: C, carrier: W) -> Self {
        let began = std::time::Instant::now();
        Self { client, carrier, began, events: Vec::new(), received: Vec::new(), is_closed: false }
    }

    fn now(&self) -> Instant {
        // From 1 s, so that nothing lies before zero.
        let elapsed = self.began.elapsed() + Duration::from_secs(1);
        Instant::from_nanos(i64::try_from(elapsed.as_nanos()).unwrap())
    }

    /// Lets it do what it wants to, until it has what it is waited for.
    fn run_until(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        while !is_done(self) {
            assert!(self.began.elapsed() < PATIENCE, "never {what}: {:?}", self.events);
            self.step();
        }
    }

    /// Says what it has to say, and hears what comes until it wants to go on.
    fn step(&mut self) {
        let now = self.now();
        let next = self.client.poll(now);
        while let Some(transmit) = self.client.poll_transmit(now) {
            self.carrier.send(&transmit.data);
        }
        while let Some(event) = self.client.poll_event() {
            self.events.push(match event {
                TurnEvent::AllocationCreated(..) => "allocated".to_owned(),
                TurnEvent::PermissionCreated(_, ip) => format!("permitted {ip}"),
                TurnEvent::ChannelCreated(_, peer) => format!("bound {peer}"),
                failed => format!("{failed:?}"),
            });
        }
        let wait = match next {
            TurnPollRet::WaitUntil(at) => at.saturating_duration_since(now),
            TurnPollRet::Closed => {
                self.is_closed = true;
                return;
            }
            other => panic!("{other:?}"),
        };
        // Zero would be no limit at all.
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(50));
        if let Some(data) = self.carrier.receive(wait) {
            self.hear(data);
        }
    }

    fn hear(&mut self, data: Vec<u8>) {
        let now = self.now();
        let (transport, from, to) =
            (self.client.transport(), self.client.remote_addr(), self.client.local_addr());
        match self.client.recv(Transmit { data, transport, from, to }, now) {
            TurnRecvRet::Handled => {}
            TurnRecvRet::PeerData(data) => self.received.push(data.data().to_vec()),
            other => panic!("{other:?}"),
        }
        while let Some(data) = self.client.poll_recv(now) {
            self.received.push(data.data().to_vec());
        }
    }

    /// Gets a permission for the peer.
    fn permit(&mut self, peer: &UdpSocket) {
        let ip = peer.local_addr().unwrap().ip();
        self.client.create_permission(TransportType::Udp, ip, self.now()).unwrap();
        self.run_until_told(&format!("permitted {ip}"));
    }

    /// Binds a channel to the peer.
    fn bind(&mut self, peer: &UdpSocket) {
        let to = peer.local_addr().unwrap();
        self.client.bind_channel(TransportType::Udp, to, self.now()).unwrap();
        self.run_until_told(&format!("bound {to}"));
    }

    fn run_until_told(&mut self, event: &str) {
        self.run_until(event, |client| client.events.last().is_some_and(|last| last == event));
    }

    /// Gives the allocation back.
    fn end(&mut self) {
        self.client.delete(self.now()).unwrap();
        self.run_until("done", |client| client.is_closed);
    }

    /// Sends to the peer, who hears it and sends it back.
    fn exchange(&mut self, peer: &UdpSocket) {
        let to = peer.local_addr().unwrap();
        let mut buffer = vec![0; 2000];
        for number in 0..COUNT {
            let data = vec![u8::try_from(number).unwrap(); LENGTHS[number % LENGTHS.len()]];
            let before = self.received.len();
            let transmit = self.client.send_to(TransportType::Udp, to, data.clone(), self.now()).unwrap();
            let message = transmit.expect("it sends at once").data.build();
            self.carrier.send(&message);
            let (length, from) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!(buffer[..length], data);
            peer.send_to(&buffer[..length], from).unwrap();
            self.run_until("heard the peer", |client| client.received.len() > before);
            assert_eq!(self.received.last(), Some(&data));
        }
    }
}

/// A peer beside a relayed address.
fn peer_beside(relayed: SocketAddr) -> UdpSocket {
    let peer = UdpSocket::bind((relayed.ip(), 0)).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer
}

/// A client that has a permission, then a channel, and gives its allocation back.
async fn a_call<C: TurnClientApi, W: Carrier>(relay: Relay, mut client: Foreign<C, W>) {
    client.run_until_told("allocated");
    let (_, relayed) = client.client.relayed_addresses().next().expect("a relayed address");
    let peer = peer_beside(relayed);
    client.permit(&peer);
    client.exchange(&peer);
    client.bind(&peer);
    client.exchange(&peer);
    client.end();
    expect_traffic(&relay, 2, 1).await;
    relay.shutdown().await;
}

/// So many exchanges, over so many relayed addresses that are given back.
async fn expect_traffic(relay: &Relay, exchanges: usize, addresses: u64) {
    let stats = relay.stats().await.unwrap();
    let bytes = u64::try_from(exchanges * COUNT / LENGTHS.len() * LENGTHS.iter().sum::<usize>()).unwrap();
    let packets = u64::try_from(exchanges * COUNT).unwrap();
    let expected = Traffic { packets, bytes };
    assert_eq!((stats.turn.to_peer, stats.turn.to_client), (expected, expected));
    assert_eq!((stats.turn.allocations, stats.turn.allocations_opened), (0, addresses));
}

fn config(ip: IpAddr) -> TurnConfig {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let credential = issue(&AuthSecret::new(SECRET), "alice/c1", now + Duration::from_secs(3600));
    let mut config = TurnConfig::new(TurnCredentials::new(&credential.username, &credential.password));
    config.set_address_family(if ip.is_ipv4() { AddressFamily::IPV4 } else { AddressFamily::IPV6 });
    config
}

/// A relay at this address, which lets peers there be reached.
async fn relay_at(ip: IpAddr, change: impl FnOnce(&mut RelayConfig)) -> Relay {
    start(|config| {
        config.listen_udp = vec![SocketAddr::new(ip, 0)];
        config.listen_tcp = vec![SocketAddr::new(ip, 0)];
        config.allow_peers = vec![ip.into()];
        change(config);
    })
    .await
}

async fn over_udp(ip: impl Into<IpAddr>, change: impl FnOnce(&mut RelayConfig)) {
    let ip = ip.into();
    let relay = relay_at(ip, change).await;
    let server = relay.local_addresses().udp[0];
    let socket = UdpSocket::bind((ip, 0)).unwrap();
    socket.connect(server).unwrap();
    let client = TurnClientUdp::allocate(socket.local_addr().unwrap(), server, config(ip));
    a_call(relay, Foreign::new(client, socket)).await;
}

async fn over_tcp(ip: impl Into<IpAddr>) {
    let ip = ip.into();
    let relay = relay_at(ip, |_| {}).await;
    let server = relay.local_addresses().tcp[0];
    let stream = tcp_stream(server);
    let client = TurnClientTcp::allocate(stream.local_addr().unwrap(), server, config(ip));
    let beneath = stream.try_clone().unwrap();
    a_call(relay, Foreign::new(client, Stream(stream, beneath))).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_udp() {
    over_udp(Ipv4Addr::LOCALHOST, |_| {}).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_udp_of_ipv6() {
    over_udp(Ipv6Addr::LOCALHOST, |_| {}).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_udp_with_two_workers() {
    over_udp(Ipv4Addr::LOCALHOST, |config| config.workers = 2).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_udp_with_the_portable_engine() {
    over_udp(Ipv4Addr::LOCALHOST, |config| config.engine = Engine::Portable).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_tcp() {
    over_tcp(Ipv4Addr::LOCALHOST).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_tcp_of_ipv6() {
    over_tcp(Ipv6Addr::LOCALHOST).await;
}

#[tokio::test]
async fn a_foreign_client_loses_nothing_over_tls() {
    let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
    let (server_tls, client_tls) = certificate();
    let relay = relay_at(ip, |config| {
        config.listen_tls = vec![SocketAddr::new(ip, 0)];
        config.tls = Some(Arc::clone(&server_tls));
    })
    .await;
    let server = relay.local_addresses().tls[0];
    let stream = tcp_stream(server);
    let beneath = stream.try_clone().unwrap();
    let client = TurnClientTcp::allocate(stream.local_addr().unwrap(), server, config(ip));
    a_call(relay, Foreign::new(client, Stream(tls_over(stream, &client_tls), beneath))).await;
}

#[tokio::test]
async fn a_foreign_client_uses_an_address_of_each_family() {
    let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
    let relay = relay_at(ip, |config| {
        config.listen_udp.push((Ipv6Addr::LOCALHOST, 0).into());
        config.allow_peers.push(IpAddr::from(Ipv6Addr::LOCALHOST).into());
    })
    .await;
    let server = relay.local_addresses().udp[0];
    let socket = UdpSocket::bind((ip, 0)).unwrap();
    socket.connect(server).unwrap();
    let mut both = config(ip);
    both.add_address_family(AddressFamily::IPV6);
    let client = TurnClientUdp::allocate(socket.local_addr().unwrap(), server, both);
    let mut client = Foreign::new(client, socket);

    client.run_until("allocated twice", |client| client.events == ["allocated", "allocated"]);
    let relayed: Vec<SocketAddr> = client.client.relayed_addresses().map(|(_, address)| address).collect();
    assert_eq!(relayed.iter().filter(|address| address.is_ipv6()).count(), 1, "{relayed:?}");
    // No channels: this client numbers them for each family from the first, where RFC 8656 §12 has them of the connection.
    for address in relayed {
        let peer = peer_beside(address);
        client.permit(&peer);
        client.exchange(&peer);
    }
    client.end();
    expect_traffic(&relay, 2, 2).await;
    relay.shutdown().await;
}
