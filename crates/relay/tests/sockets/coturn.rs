//! The clients of coturn, as Debian ships them, against our relay. Skipped where they are not installed, unless
//! `VISAVIS_REQUIRE_ALL=1`.
//!
//! Two addresses at once (`-Z`) are not among its flags here: as Debian ships it, it asks for the second by the number of a
//! draft, 0x8032, where RFC 8656 §18.11 has 0x8000, and then refreshes what it was never given. `foreign.rs` asks by the RFC.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use visavis_relay::{Engine, RelayConfig};

use crate::certificate::certificate;
use crate::client::{Client, SECRET, start};
use crate::program::{self, Running};

/// Whether coturn's tools are here; says so if not.
#[expect(clippy::print_stdout, reason = "whoever runs the tests must learn that this one did not")]
fn is_installed() -> bool {
    let found = ["turnutils_uclient", "turnutils_peer"].iter().all(|tool| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|folder| folder.join(tool).is_file())
    });
    let is_required = std::env::var_os("VISAVIS_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(found || !is_required, "turnutils_uclient or turnutils_peer is not installed (Debian: coturn)");
    if !found {
        println!("SKIPPED: turnutils_uclient not installed (Debian: coturn)");
    }
    found
}

/// coturn's echo server on a free port, answering. Killed when dropped.
fn echo(ip: IpAddr) -> (Running, SocketAddr) {
    let socket = || UdpSocket::bind((ip, 0)).unwrap();
    loop {
        // Free a moment ago; if somebody else was faster, there is no echo, and another one is tried.
        let at = socket().local_addr().unwrap();
        let (ip, port) = (at.ip().to_string(), at.port().to_string());
        let mut echo = Running::start(Command::new("turnutils_peer").args(["-L", &ip, "-p", &port]));
        let probe = socket();
        probe.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        for _ in 0..100 {
            probe.send_to(b"?", at).unwrap();
            if probe.recv(&mut [0; 10]).is_ok() {
                return (echo, at);
            }
            if echo.has_ended() {
                break;
            }
        }
    }
}

/// Runs the client with these flags against fresh relays; every message must come back.
async fn run(flags: &[&str]) {
    run_at_each_kind(Ipv4Addr::LOCALHOST.into(), flags).await;
}

/// Relays of one worker, of two, and of the portable engine. All at once: the client mostly waits, by clocks of its own.
async fn run_at_each_kind(ip: IpAddr, flags: &[&str]) {
    tokio::join!(
        run_at(ip, flags, |_| {}),
        run_at(ip, flags, |config| config.workers = 2),
        run_at(ip, flags, |config| config.engine = Engine::Portable),
    );
}

async fn run_against(flags: &[&str], change: impl FnOnce(&mut RelayConfig)) {
    run_at(Ipv4Addr::LOCALHOST.into(), flags, change).await;
}

/// The same where the relay and the peer are at this address, and the client comes from there.
async fn run_at(ip: IpAddr, flags: &[&str], change: impl FnOnce(&mut RelayConfig)) {
    if !is_installed() {
        return;
    }
    let (_echo, peer) = echo(ip);
    let (server_tls, _) = certificate();
    let relay = start(|config| {
        config.limits.allocations_per_user = 1000;
        let listen = vec![SocketAddr::new(ip, 0)];
        config.listen_udp.clone_from(&listen);
        config.listen_tcp.clone_from(&listen);
        config.listen_tls = listen;
        config.allow_peers = vec![ip.into()];
        config.tls = Some(Arc::clone(&server_tls));
        change(config);
    })
    .await;
    let addresses = relay.local_addresses();
    let server = match (flags.contains(&"-t"), flags.contains(&"-S")) {
        (true, true) => addresses.tls[0],
        (true, false) => addresses.tcp[0],
        (false, _) => addresses.udp[0],
    };
    let (port, peer_port) = (server.port().to_string(), peer.port().to_string());
    let load = ["-n", "40", "-m", "4", "-z", "5", "-l", "171"];
    let (peer_ip, ip) = (peer.ip().to_string(), server.ip().to_string());
    let where_to = ["-u", "alice", "-W", SECRET, "-e", &peer_ip, "-r", &peer_port, "-p", &port, &ip];
    let (status, said) = program::run("turnutils_uclient", [flags, &load, &where_to].concat()).await;
    assert!(status.success(), "{status}: {said}");
    assert!(said.contains("tot_send_msgs=160, tot_recv_msgs=160"), "{said}");
    assert!(said.contains("Total lost packets 0 (0.000000%), total send dropped 0 (0.000000%)"), "{said}");
    // -G also asks for IPv6 peers of an IPv4 allocation, which RFC 8656 §9 wants refused.
    // -S picks a version of TLS by chance until one is taken; those before 1.2 are not.
    let is_wanted = |line: &str| {
        (flags.contains(&"-G") && line.contains("error 443"))
            || (flags.contains(&"-S") && line.contains("handshake failure"))
    };
    let mut errors = said.lines().filter(|line| line.to_lowercase().contains("error") && !is_wanted(line));
    assert_eq!(errors.next(), None, "{said}");

    let stats = relay.stats().await.unwrap();
    // Twice: there and back.
    let relayed = stats.turn.between_allocations.packets
        + (stats.turn.to_peer.packets + stats.turn.to_client.packets) / 2;
    if flags.contains(&"-T") {
        // A stream has no packets, and between two clients of the relay everything passes both of them.
        let bytes = [stats.turn.to_peer, stats.turn.to_client].map(|traffic| traffic.bytes);
        assert_eq!(bytes, [160 * 171; 2], "{stats:#?}");
    } else {
        assert_eq!(relayed, 160, "{stats:#?}");
    }
    assert_eq!(stats.sockets.send_failures, 0);
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_with_channels() {
    run(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_with_indications() {
    run(&["-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_without_rtcp() {
    run(&["-c", "-X", "-D"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_with_extra_requests() {
    run(&["-G"]).await;
}

/// `-g`: allocations ask for DONT-FRAGMENT, which the portable engine can not do.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_of_what_may_not_be_cut() {
    tokio::join!(
        run_against(&["-g"], |_| {}),
        run_against(&["-g"], |config| config.workers = 2),
        run_against(&["-g", "-s"], |_| {}),
        run_against(&["-g", "-s"], |config| config.workers = 2),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_udp_with_channels() {
    run(&["-y"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_udp_with_indications() {
    run(&["-y", "-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tcp_with_channels() {
    run(&["-t"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tcp_with_indications() {
    run(&["-t", "-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_tcp() {
    run(&["-t", "-y"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tls_with_channels() {
    run(&["-t", "-S"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tls_with_indications() {
    run(&["-t", "-S", "-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_tls() {
    run(&["-t", "-S", "-y"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tcp_with_padding() {
    run(&["-t", "-D"]).await;
}

/// Lets clients move.
fn mobile(config: &mut RelayConfig) {
    (config.mobility, config.workers) = (true, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_moves_over_udp_and_loses_nothing() {
    run_against(&["-M"], mobile).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_moves_over_tcp_and_loses_nothing() {
    run_against(&["-M", "-t"], mobile).await;
}

/// Lets clients have TCP to peers.
fn with_tcp_peers(config: &mut RelayConfig) {
    config.tcp_peers = true;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_tcp_all_the_way() {
    run_against(&["-t", "-T", "-y"], with_tcp_peers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_tls_and_tcp() {
    run_against(&["-t", "-S", "-T", "-y"], with_tcp_peers).await;
}

/// Also listens on IPv6, and so relays from there.
fn with_ipv6(config: &mut RelayConfig) {
    config.listen_udp.push((Ipv6Addr::LOCALHOST, 0).into());
    config.allow_peers.push("::1/128".parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_on_relayed_addresses_of_ipv6() {
    run_against(&["-y", "-x"], with_ipv6).await;
}

/// Everything is of IPv6: the client's way to the relay, its relayed address and the peer.
async fn run_over_ipv6(flags: &[&str]) {
    run_at_each_kind(Ipv6Addr::LOCALHOST.into(), &[&["-x"], flags].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_of_ipv6_with_channels() {
    run_over_ipv6(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_udp_of_ipv6_with_indications() {
    run_over_ipv6(&["-s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_clients_lose_nothing_between_each_other_over_udp_of_ipv6() {
    run_over_ipv6(&["-y"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tcp_of_ipv6() {
    run_over_ipv6(&["-t"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_loses_nothing_over_tls_of_ipv6() {
    run_over_ipv6(&["-t", "-S"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coturns_client_with_a_wrong_password_gets_nowhere() {
    if !is_installed() {
        return;
    }
    let relay = start(|_| {}).await;
    let server = relay.local_addresses().udp[0];
    let username = Client::udp(&relay).username;
    let (ip, port) = (server.ip().to_string(), server.port().to_string());
    let guess = ["-u", &username, "-w", "guess", "-e", &ip, "-n", "1", "-p", &port, &ip];
    let (_, said) = program::run("turnutils_uclient", guess).await;
    assert!(said.contains("Cannot complete Allocation"), "{said}");
    assert_eq!(relay.stats().await.unwrap().turn.allocations_opened, 0);
    relay.shutdown().await;
}
