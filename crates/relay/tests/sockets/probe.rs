//! The probe, by which a server finds out whether its relay works.

use std::time::Duration;

use tokio::net::UdpSocket;
use visavis_relay::probe::{self, Probe, ProbeError};
use visavis_turn::codec::ErrorCode;
use visavis_turn::{AuthSecret, Credential, issue};

use crate::client::{SECRET, loopback, start, wait_for};

/// Good for an hour if `secret` is the relay's.
fn credential(secret: &str) -> Credential {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    issue(&AuthSecret::new(secret), "probe", now + Duration::from_secs(3600))
}

#[tokio::test]
async fn bytes_go_both_ways_between_two_probes_whatever_carries_them() {
    // The relay lets its own clients meet although it may reach no peer at all.
    let relay = start(|config| config.allow_peers.clear()).await;
    let (udp, tcp) = (relay.local_addresses().udp[0], relay.local_addresses().tcp[0]);
    let credential = credential(SECRET);

    let mut by_udp = Probe::udp(udp, &credential).await.unwrap();
    let mut by_tcp = Probe::tcp(tcp, &credential).await.unwrap();
    let mut other = Probe::udp(udp, &credential).await.unwrap();
    probe::exchange(&mut by_udp, &mut other).await.unwrap();
    probe::exchange(&mut by_tcp, &mut by_udp).await.unwrap();
    probe::exchange(&mut other, &mut by_tcp).await.unwrap();

    for probe in [by_udp, by_tcp, other] {
        probe.close().await.unwrap();
    }
    wait_for(&relay, |stats| stats.turn.allocations == 0).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn a_relay_with_another_secret_refuses_the_probe() {
    let relay = start(|_| {}).await;

    let refused = Probe::udp(relay.local_addresses().udp[0], &credential("south")).await.err().unwrap();

    assert!(matches!(refused, ProbeError::Refused(ErrorCode::Unauthorized)), "{refused:?}");
    relay.shutdown().await;
}

#[tokio::test]
async fn a_server_says_which_address_it_sees() {
    let relay = start(|_| {}).await;

    let mapped = probe::mapped_address(relay.local_addresses().udp[0]).await.unwrap();

    assert_eq!(mapped.ip(), loopback().ip());
    relay.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_given_up_and_who_is_not_there_is_named() {
    let silent = UdpSocket::bind(loopback()).await.unwrap();
    let address = silent.local_addr().unwrap();

    let error = probe::mapped_address(address).await.err().unwrap();
    assert!(matches!(error, ProbeError::Silent), "{error:?}");
    drop(silent);

    let error = probe::mapped_address(address).await.err().unwrap();
    assert!(matches!(error, ProbeError::Unreachable(_)), "{error:?}");
}
