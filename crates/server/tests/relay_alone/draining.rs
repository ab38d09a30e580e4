//! What becomes of those who are relayed when the relay is stopped.

use visavis_relay::probe::{self, Probe, ProbeError};
use visavis_turn::codec::ErrorCode;

use crate::processes::*;

/// Returns when the relay has begun to drain.
fn until_draining(relay: &Process) {
    while ask(relay.http(), "GET /health", "", "").2 != "draining\n" {}
}

async fn refused(relay: &Process) -> Option<ErrorCode> {
    match Probe::udp(relay.udp(), &credential()).await.err().unwrap() {
        ProbeError::Refused(code) => Some(code),
        _ => None,
    }
}

#[tokio::test]
async fn a_relay_that_is_stopped_sends_newcomers_elsewhere_and_ends_when_the_last_has_gone() {
    let place = Place::new();
    let mut relay = place.relay(&["relay.alternate_servers=192.0.2.9:3478"]);
    let mut one = Probe::udp(relay.udp(), &credential()).await.unwrap();
    let mut other = Probe::tcp(relay.tcp(), &credential()).await.unwrap();
    assert_eq!(ask(relay.http(), "GET /health", "", "").0, 200);

    relay.signal("-TERM");
    until_draining(&relay);

    assert_eq!(refused(&relay).await, Some(ErrorCode::TryAlternate));
    probe::exchange(&mut one, &mut other).await.unwrap();
    one.close().await.unwrap();
    assert_eq!(relay.child.try_wait().unwrap(), None, "somebody is left");
    other.close().await.unwrap();
    let log = relay.ended();
    assert!(log.contains("stopping once they are not used any more, in 600 s at the latest"), "{log}");
    assert!(log.contains("nobody is relayed any more"), "{log}");
}

#[tokio::test]
async fn without_another_server_newcomers_are_refused_and_a_second_signal_ends_everything_at_once() {
    let place = Place::new();
    let mut relay = place.relay(&["relay.drain_s=86400"]);
    let _held = Probe::udp(relay.udp(), &credential()).await.unwrap();
    relay.signal("-TERM");
    until_draining(&relay);
    assert_eq!(refused(&relay).await, Some(ErrorCode::InsufficientCapacity));

    relay.signal("-TERM");

    assert!(relay.ended().contains("stopped at once"));
}

#[tokio::test]
async fn the_time_of_a_drain_is_finite() {
    let place = Place::new();
    let mut relay = place.relay(&["relay.drain_s=1"]);
    let _held = Probe::udp(relay.udp(), &credential()).await.unwrap();

    relay.signal("-TERM");

    assert!(relay.ended().contains("relay.drain_s is over: they end"));
}

#[tokio::test]
async fn a_drain_of_no_time_and_one_of_nobody_end_at_once() {
    let place = Place::new();
    let mut relay = place.relay(&["relay.drain_s=0"]);
    let _held = Probe::udp(relay.udp(), &credential()).await.unwrap();
    relay.signal("-TERM");
    relay.ended();

    let mut relay = place.relay(&["relay.drain_s=86400"]);
    relay.signal("-INT");
    relay.ended();
}
