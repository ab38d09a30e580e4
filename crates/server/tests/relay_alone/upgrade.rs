//! The next version of a relay alone takes over.

use visavis_relay::probe::{self, Probe};

use crate::processes::*;

/// Settings that differ from run to run would be other sockets.
const SETTINGS: [&str; 2] = ["relay.drain_s=3600", "relay.max_allocations=16"];

#[tokio::test]
async fn the_next_version_takes_over_and_no_allocation_is_lost() {
    let place = Place::new();
    let mut old = place.relay(&SETTINGS);
    let (udp, tcp, http) = (old.udp(), old.tcp(), old.http());
    let mut one = Probe::udp(udp, &credential()).await.unwrap();
    let mut other = Probe::udp(udp, &credential()).await.unwrap();
    probe::exchange(&mut one, &mut other).await.unwrap();
    // One that is broken off by the change leaves an allocation that is counted until it runs out.
    metrics_with(&place, http, "visavis_relay_self_tests 1");

    let new = place.next_relay(&SETTINGS);

    assert_eq!((new.udp(), new.tcp(), new.http()), (udp, tcp, http));
    old.ended();
    probe::exchange(&mut one, &mut other).await.unwrap();
    let newcomer = Probe::tcp(tcp, &credential()).await.unwrap();
    metrics_with(&place, http, "visavis_relay_allocations 3");
    for probe in [one, other, newcomer] {
        probe.close().await.unwrap();
    }
}

#[tokio::test]
async fn who_came_over_tcp_stays_with_the_old_process_until_they_go() {
    let place = Place::new();
    let mut old = place.relay(&SETTINGS);
    let mut by_tcp = Probe::tcp(old.tcp(), &credential()).await.unwrap();
    let mut by_udp = Probe::udp(old.udp(), &credential()).await.unwrap();

    let _new = place.next_relay(&SETTINGS);

    probe::exchange(&mut by_tcp, &mut by_udp).await.unwrap();
    assert_eq!(old.child.try_wait().unwrap(), None);
    drop(by_tcp);
    assert!(old.ended().contains("handed over"));
}

#[tokio::test]
async fn a_next_version_without_the_secret_changes_nothing_and_a_server_is_not_asked() {
    let place = Place::new();
    let mut old = place.relay(&SETTINGS);
    let mut one = Probe::udp(old.udp(), &credential()).await.unwrap();
    let mut other = Probe::udp(old.udp(), &credential()).await.unwrap();

    assert_eq!(place.failed(&["relay", "--upgrade"], &["relay.secret_file=nowhere"]).0, 2);

    probe::exchange(&mut one, &mut other).await.unwrap();
    assert_eq!(old.child.try_wait().unwrap(), None);

    let mut server = place.server(&[]);
    let beside = ["data.dir=server", "http.listen=127.0.0.1:0", "relay.listen=127.0.0.1:0"];
    let next = place.next_relay(&beside);
    assert_eq!(server.child.try_wait().unwrap(), None);
    assert_ne!(next.udp(), server.udp());
}

#[tokio::test]
async fn a_second_relay_in_the_same_folder_does_not_start_and_the_first_can_still_hand_over() {
    let place = Place::new();
    let mut first = place.relay(&SETTINGS);

    let second = ["relay.secret_file=relay.secret", "http.listen=127.0.0.1:0", "relay.listen=127.0.0.1:0"];
    let (code, told) = place.failed(&["relay"], &second);

    assert_eq!(
        (code, told.as_str()),
        (
            1,
            "error: another `visavis relay` runs in data; stop it, take over from it with --upgrade, or give this one a folder \
             of its own with --data"
        )
    );
    let next = place.next_relay(&SETTINGS);
    assert_eq!(next.udp(), first.udp());
    first.ended();
}
