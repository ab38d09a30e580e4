//! The clients of coturn, as Debian ships them, against our relay. Skipped where they are not installed, unless
//! `VISAVIS_REQUIRE_ALL=1`.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::client::{Client, SECRET, loopback, start, udp_socket};

/// Longer than any of these runs takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

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
async fn echo() -> (Child, SocketAddr) {
    loop {
        // Free a moment ago; if somebody else was faster, there is no echo, and another one is tried.
        let at = udp_socket().local_addr().unwrap();
        let mut child = Command::new("turnutils_peer")
            .args(["-L", &at.ip().to_string(), "-p", &at.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let probe = udp_socket();
        probe.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        for _ in 0..100 {
            probe.send_to(b"?", at).unwrap();
            if probe.recv(&mut [0; 10]).is_ok() {
                return (child, at);
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
    }
}

/// Runs the client with these flags against a fresh relay; every message must come back.
async fn run(flags: &[&str]) {
    if !is_installed() {
        return;
    }
    let (_echo, peer) = echo().await;
    let relay = start(|config| config.limits.allocations_per_user = 1000).await;
    let server = match flags.contains(&"-t") {
        true => relay.local_addresses().tcp[0],
        false => relay.local_addresses().udp[0],
    };
    let (port, peer_port) = (server.port().to_string(), peer.port().to_string());
    let load = ["-n", "40", "-m", "4", "-z", "5", "-l", "171"];
    let client = Command::new("turnutils_uclient")
        .args(flags)
        .args(load)
        .args(["-u", "alice", "-W", SECRET, "-e", &peer.ip().to_string(), "-r", &peer_port])
        .args(["-p", &port, &server.ip().to_string()])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, client).await.expect("the client ends").unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(said.contains("tot_send_msgs=160, tot_recv_msgs=160"), "{said}");
    assert!(said.contains("Total lost packets 0 (0.000000%), total send dropped 0 (0.000000%)"), "{said}");
    // -G also asks for IPv6 peers of an IPv4 allocation, which RFC 8656 §9 wants refused.
    let is_wanted = |line: &str| flags.contains(&"-G") && line.contains("error 443");
    let mut errors = said.lines().filter(|line| line.to_lowercase().contains("error") && !is_wanted(line));
    assert_eq!(errors.next(), None, "{said}");

    let stats = relay.stats().await.unwrap();
    // Twice: there and back.
    let relayed = stats.turn.between_allocations.packets
        + (stats.turn.to_peer.packets + stats.turn.to_client.packets) / 2;
    assert_eq!(relayed, 160, "{stats:#?}");
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
async fn coturns_client_with_a_wrong_password_gets_nowhere() {
    if !is_installed() {
        return;
    }
    let relay = start(|_| {}).await;
    let server = relay.local_addresses().udp[0];
    let username = Client::udp(&relay).username;
    let client = Command::new("turnutils_uclient")
        .args(["-u", &username, "-w", "guess", "-e", &loopback().ip().to_string(), "-n", "1"])
        .args(["-p", &server.port().to_string(), &server.ip().to_string()])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, client).await.expect("the client ends").unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Cannot complete Allocation"), "{said}");
    assert_eq!(relay.stats().await.unwrap().turn.allocations_opened, 0);
    relay.shutdown().await;
}
