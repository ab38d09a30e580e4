//! D6 and L6: what the network says of packets comes back to whoever sent them, and packets that no router may cut are
//! sent as such.

use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};

use visavis_relay::{Engine, Relay, RelayConfig};
use visavis_turn::codec::{AttributeType, Class, Message, MessageBuilder, Method, decode_xor_address};

use crate::client::{Client, channel_data, loopback, start, udp, udp_socket, wait_for};

/// A port of this machine that is closed.
fn closed(like: SocketAddr) -> SocketAddr {
    UdpSocket::bind(like).unwrap().local_addr().unwrap()
}

/// A Send indication.
fn send(client: &mut Client, peer: SocketAddr, data: &[u8], dont_fragment: bool) {
    let mut message = client
        .message(Class::Indication, Method::Send)
        .address(AttributeType::XOR_PEER_ADDRESS, peer)
        .attribute(AttributeType::DATA, data);
    if dont_fragment {
        message = message.attribute(AttributeType::DONT_FRAGMENT, &[]);
    }
    client.send(&message.finish());
}

/// What the client is told next: the peer and the value of the ICMP attribute.
fn told(client: &mut Client) -> (SocketAddr, Vec<u8>) {
    let bytes = client.receive().expect("the connection is open");
    let message = Message::decode(&bytes).unwrap();
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    let peer = message.attribute(AttributeType::XOR_PEER_ADDRESS).unwrap();
    let icmp = message.attribute(AttributeType::ICMP).unwrap();
    (decode_xor_address(peer, message.transaction).unwrap(), icmp.to_vec())
}

fn with_ipv6(config: &mut RelayConfig) {
    config.listen_udp = vec![(Ipv6Addr::LOCALHOST, 0).into()];
    config.allow_peers = vec!["::1/128".parse().unwrap()];
}

/// Asks for an address of IPv6.
fn of_ipv6(message: MessageBuilder) -> MessageBuilder {
    udp(message).attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0])
}

#[tokio::test]
async fn d6_a_client_is_told_that_a_peers_port_is_closed() {
    let relay = start(|_| {}).await;
    for mut client in [Client::udp(&relay), Client::tcp(&relay)] {
        client.allocate();
        let peer = closed(loopback());
        client.permit(peer);
        send(&mut client, peer, b"hello", false);
        assert_eq!(told(&mut client), (peer, vec![0, 0, 3 << 1, 3, 0, 0, 0, 0]));
        // By whatever way it was sent.
        client.bind(0x4000, peer);
        client.send(&channel_data(0x4000, b"hell"));
        assert_eq!(told(&mut client), (peer, vec![0, 0, 3 << 1, 3, 0, 0, 0, 0]));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn d6_icmpv6_is_told_in_its_own_numbers() {
    let relay = start(with_ipv6).await;
    let mut client = Client::udp(&relay);
    client.challenge();
    assert_eq!(client.request(Method::Allocate, of_ipv6).code, None);
    let peer = closed((Ipv6Addr::LOCALHOST, 0).into());
    client.permit(peer);
    send(&mut client, peer, b"hello", false);
    assert_eq!(told(&mut client), (peer, vec![0, 0, 1 << 1, 4, 0, 0, 0, 0]));
    relay.shutdown().await;
}

#[tokio::test]
async fn d6_what_is_told_of_one_peer_costs_the_others_nothing_and_ends() {
    let relay = start(|_| {}).await;
    let mut client = Client::udp(&relay);
    client.allocate();
    let (gone, here) = (closed(loopback()), udp_socket());
    client.permit(gone);
    let open = here.local_addr().unwrap();
    let mut buffer = [0; 100];
    for number in 0..200u8 {
        send(&mut client, gone, &[number], false);
        send(&mut client, open, &[number], false);
        let (length, _) = here.recv_from(&mut buffer).unwrap();
        assert_eq!(buffer[..length], [number]);
    }
    // Each is told or counted, none waits in the kernel.
    let dropped = visavis_turn::DropReason::IcmpLimited;
    let all = |stats: &visavis_relay::Stats| stats.turn.icmp_errors + stats.turn.dropped(dropped) == 200;
    let stats = wait_for(&relay, all).await;
    assert!(stats.turn.icmp_errors >= 10);
    assert_eq!(stats.sockets.send_failures, 0);
    relay.shutdown().await;
}

/// Allocates, asking for DONT-FRAGMENT to be obeyed; whether it is.
fn is_obeyed(relay: &Relay) -> bool {
    let mut client = Client::udp(relay);
    client.challenge();
    let whole = |message| udp(message).attribute(AttributeType::DONT_FRAGMENT, &[]);
    client.request(Method::Allocate, whole).code.is_none()
}

#[tokio::test]
async fn l6_dont_fragment_is_obeyed_by_the_engine_that_can() {
    for engine in [Engine::Auto, Engine::Portable] {
        let relay = start(|config| config.engine = engine).await;
        assert_eq!(is_obeyed(&relay), engine == Engine::Auto, "{engine:?}");
        relay.shutdown().await;
    }
}

/// Runs the test of this name in a network of its own, with what the script makes of it. Skipped where that can not be had,
/// which is said.
#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that this one did not")]
fn run_in_a_network(test: &str, script: &str) {
    const SKIP: i32 = 77;
    let script = format!("{{ {script} ; }} || exit {SKIP}\n\"$@\"");
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
        ])
        .args([&script, "network"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output();
    let is_required = std::env::var_os("VISAVIS_REQUIRE_ALL").is_some_and(|value| value == "1");
    let said = |output: &std::process::Output| {
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) if is_required || output.status.code() == Some(101) => panic!("{}", said(&output)),
        Ok(output) => println!("SKIPPED: no network of its own ({})", said(&output).trim()),
        Err(error) => {
            assert!(!is_required, "unshare: {error}");
            println!("SKIPPED: no network of its own (unshare: {error})");
        }
    }
}

/// Set in the network of a test's own.
const INSIDE: &str = "VISAVIS_IN_A_NETWORK";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The largest packet without and with DF that the next link takes is one of this size.
#[tokio::test]
async fn l6_d6_what_is_too_large_for_the_first_link_is_cut_or_with_df_told_of() {
    if !is_inside() {
        let test = "icmp::l6_d6_what_is_too_large_for_the_first_link_is_cut_or_with_df_told_of";
        return run_in_a_network(test, "ip link set lo up mtu 1300");
    }
    let relay = start(|_| {}).await;
    let mut client = Client::tcp(&relay);
    client.allocate();
    let peer = udp_socket();
    let at = peer.local_addr().unwrap();
    client.permit(at);
    let mut buffer = [0; 2000];
    // 1300 bytes with the headers of IP and UDP.
    for (length, dont_fragment) in [(1272, true), (1273, false), (1272, true), (1500, false)] {
        send(&mut client, at, &vec![7; length], dont_fragment);
        assert_eq!(peer.recv_from(&mut buffer).unwrap().0, length);
    }
    send(&mut client, at, &[7; 1273], true);
    assert_eq!(told(&mut client), (at, vec![0, 0, 3 << 1, 4, 0, 0, 5, 20]));
    // Many at once, that would have been sent as one, are cut one by one.
    client.bind(0x4000, at);
    let many = channel_data(0x4000, &[8; 1400]).repeat(20);
    client.send(&many);
    for _ in 0..20 {
        assert_eq!(peer.recv_from(&mut buffer).unwrap().0, 1400);
    }
    relay.shutdown().await;
}

/// A router with a narrow link behind it: 10.77.1.1 here, 10.77.1.2 there, and 10.77.2.0/24 behind it.
#[tokio::test]
async fn l6_d6_a_router_that_may_not_cut_says_so_each_time() {
    const ROUTER: &str = "unshare --net sleep 120 & router=$!; ip link set lo up && \
        ip link add near type veth peer name far && until ip link set far netns $router; do :; done && \
        ip address add 10.77.1.1/24 dev near && ip link set near up && ip route add 10.77.2.0/24 via 10.77.1.2 && \
        nsenter --target $router --net sh -c 'ip address add 10.77.1.2/24 dev far && ip link set far up && \
        ip link add narrow type veth peer name nobody && ip link set nobody up && ip link set narrow up mtu 1300 && \
        ip address add 10.77.2.1/24 dev narrow && ip neighbor add 10.77.2.9 lladdr 02:00:00:00:00:01 dev narrow && \
        sysctl -qw net.ipv4.ip_forward=1'";
    if !is_inside() {
        let test = "icmp::l6_d6_a_router_that_may_not_cut_says_so_each_time";
        return run_in_a_network(test, ROUTER);
    }
    let peer: SocketAddr = "10.77.2.9:9000".parse().unwrap();
    let relay = start(|config| {
        config.listen_udp = vec!["10.77.1.1:0".parse().unwrap()];
        config.allow_peers = vec!["10.77.2.9/32".parse().unwrap()];
    })
    .await;
    let mut client = Client::udp(&relay);
    client.allocate();
    client.permit(peer);
    // Nobody says anything of these.
    send(&mut client, peer, &[7; 1272], true);
    send(&mut client, peer, &[7; 1273], false);
    for _ in 0..3 {
        send(&mut client, peer, &[7; 1273], true);
        assert_eq!(told(&mut client), (peer, vec![0, 0, 3 << 1, 4, 0, 0, 5, 20]));
    }
    assert_eq!(relay.stats().await.unwrap().turn.icmp_errors, 3);
    relay.shutdown().await;
}
