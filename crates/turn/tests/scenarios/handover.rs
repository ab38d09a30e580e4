//! One process goes on with what another has begun.

use std::collections::BTreeMap;
use std::time::Duration;

use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};
use visavis_turn::{DropReason, Input, Snapshot, TurnConfig};

use crate::world::{Fate, START, World, address, channel_data, data_indication, udp};

const PEER: &str = "9.9.9.9:9000";
const PERMITTED: &str = "9.9.9.8:9000";

/// What the old process hands over, on its way as bytes; and the new process, which has taken what it wants of it.
fn hand_over(old: &mut World, change: impl FnOnce(&mut TurnConfig)) -> World {
    let mut new = World::with(change);
    new.now = old.now;
    let (snapshot, ids) = old.turn.export(old.now);
    let bytes = serde_json::to_vec(&snapshot).unwrap();
    let snapshot: Snapshot = serde_json::from_slice(&bytes).unwrap();
    let taken = new.turn.import(new.now, snapshot);
    assert_eq!(taken.len(), ids.len());
    let sockets = ids.iter().map(|id| old.ports[id]);
    let ports = taken.into_iter().zip(sockets).filter_map(|(id, socket)| Some((id?, socket)));
    new.ports = ports.collect::<BTreeMap<_, _>>();
    // The old process closes its own.
    old.handle(Input::Timeout);
    new
}

#[test]
fn what_a_client_has_over_udp_goes_on_in_the_next_process() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    let relayed = old.allocate(&mut client);
    assert_eq!(old.bind(&client, 0x4000, PEER).class, Class::Success);
    assert_eq!(old.permit(&client, &[PERMITTED]).class, Class::Success);

    let mut new = hand_over(&mut old, |_| {});

    assert_eq!((old.ports.len(), old.stats().allocations), (0, 0));
    assert_eq!((new.ports.len(), new.stats().allocations), (1, 1));
    assert_eq!(
        new.send_channel(&client, 0x4000, b"hello"),
        Fate::ToPeer { from: relayed, peer: address(PEER), data: b"hello".to_vec() }
    );
    assert_eq!(
        new.send_from_peer(PEER, relayed, b"hi"),
        Fate::ToClient { to: client.at, bytes: channel_data(0x4000, b"hi") }
    );
    let Fate::ToClient { bytes, .. } = new.send_from_peer(PERMITTED, relayed, b"ho") else { panic!() };
    assert_eq!(data_indication(&bytes), (address(PERMITTED), b"ho".to_vec()));
    assert_eq!(new.send_from_peer("9.9.9.7:9000", relayed, b"no"), Fate::Dropped(DropReason::NoPermission));
    // With the nonce and the key of before.
    assert_eq!(new.refresh(&client, 600).lifetime(), 600);
}

#[test]
fn times_go_on_where_they_were() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    let relayed = old.allocate(&mut client);
    old.bind(&client, 0x4000, PEER);
    old.advance(Duration::from_secs(200));

    let mut new = hand_over(&mut old, |_| {});

    new.advance(Duration::from_millis(99_999));
    assert!(matches!(new.send_from_peer(PEER, relayed, b"hi"), Fate::ToClient { .. }));
    new.advance(Duration::from_millis(1));
    // RFC 8656 §9: 300 s, whatever process they fall into.
    assert_eq!(new.send_from_peer(PEER, relayed, b"hi"), Fate::Dropped(DropReason::NoPermission));
    new.advance(Duration::from_secs(300));
    assert_eq!((new.ports.len(), new.stats().allocations_expired), (0, 1));
}

#[test]
fn a_channel_in_quarantine_stays_there() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    old.allocate(&mut client);
    old.bind(&client, 0x4000, PEER);
    old.advance(Duration::from_secs(500));
    old.refresh(&client, 3600);
    old.advance(Duration::from_secs(200));

    let mut new = hand_over(&mut old, |_| {});

    assert_eq!(new.send_channel(&client, 0x4000, b"x"), Fate::Dropped(DropReason::NoChannel));
    assert_eq!(new.bind(&client, 0x4000, PERMITTED).code, Some(ErrorCode::BadRequest));
    new.advance(Duration::from_secs(201));
    assert_eq!(new.bind(&client, 0x4000, PERMITTED).class, Class::Success);
}

#[test]
fn a_retransmitted_allocate_is_answered_alike_by_the_next_process() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    old.challenge(&mut client);
    let allocate = old.sign(&client, Method::Allocate, udp);
    let Fate::Answered(first) = old.send(client.at, &allocate) else { panic!() };

    let mut new = hand_over(&mut old, |_| {});

    let Fate::Answered(second) = new.send(client.at, &allocate) else { panic!() };
    assert_eq!(first, second);
}

#[test]
fn a_reserved_port_waits_on_in_the_next_process() {
    let mut old = World::new();
    let mut rtp = old.client("192.0.2.7:40000");
    old.challenge(&mut rtp);
    let both = old
        .request(&rtp, Method::Allocate, |message| udp(message).attribute(AttributeType::EVEN_PORT, &[0x80]));
    let token = both.attribute(AttributeType::RESERVATION_TOKEN).to_vec();
    let relayed = both.address(AttributeType::XOR_RELAYED_ADDRESS);
    let mut rtcp = old.client("192.0.2.7:40001");
    old.challenge(&mut rtcp);

    let mut new = hand_over(&mut old, |_| {});

    assert_eq!(new.stats().reservations, 1);
    let answer = new.request(&rtcp, Method::Allocate, |message| {
        udp(message).attribute(AttributeType::RESERVATION_TOKEN, &token)
    });
    assert_eq!(answer.address(AttributeType::XOR_RELAYED_ADDRESS).port(), relayed.port() + 1);
}

#[test]
fn clients_over_tcp_stay_and_the_two_processes_relay_to_each_other() {
    let mut old = World::new();
    let mut over_tcp = old.tcp_client("192.0.2.8:50000");
    let staying = old.allocate(&mut over_tcp);
    let mut over_udp = old.client("192.0.2.7:40000");
    let leaving = old.allocate(&mut over_udp);
    old.permit(&over_tcp, &[&leaving.to_string()]);
    old.permit(&over_udp, &[&staying.to_string()]);

    let mut new = hand_over(&mut old, |_| {});

    assert_eq!((old.ports.len(), new.ports.len()), (1, 1));
    // Through the kernel now, from one relayed address to the other.
    assert_eq!(
        new.send_indication(&over_udp, &staying.to_string(), b"to tcp"),
        Fate::ToPeer { from: leaving, peer: staying, data: b"to tcp".to_vec() }
    );
    assert!(matches!(
        old.send_from_peer(&leaving.to_string(), staying, b"to tcp"),
        Fate::ToClient { to, .. } if to == over_tcp.at
    ));
    assert_eq!(
        old.send_indication(&over_tcp, &leaving.to_string(), b"to udp"),
        Fate::ToPeer { from: staying, peer: leaving, data: b"to udp".to_vec() }
    );
    new.handle(Input::PredecessorEnded);
    assert_eq!(
        new.send_indication(&over_udp, &staying.to_string(), b"nobody"),
        Fate::Dropped(DropReason::PeerDenied)
    );
}

#[test]
fn limits_hold_over_a_handover_and_no_port_is_given_twice() {
    let mut old = World::with(|config| config.relay_ports = 50_000..=50_001);
    let mut first = old.client("192.0.2.7:40000");
    let kept = old.allocate(&mut first);

    let mut new = hand_over(&mut old, |config| {
        config.relay_ports = 50_000..=50_001;
        config.limits.allocations_per_user = 2;
    });

    let mut second = new.client("192.0.2.7:40001");
    assert_ne!(new.allocate(&mut second), kept);
    let mut third = new.client("192.0.2.7:40002");
    new.challenge(&mut third);
    let refused = new.request(&third, Method::Allocate, udp);
    assert_eq!(refused.code, Some(ErrorCode::AllocationQuotaReached));
}

#[test]
fn what_does_not_fit_the_next_process_is_left_behind() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    old.allocate(&mut client);

    let mut new =
        hand_over(&mut old, |config| config.relay_addresses = vec![address("6.6.6.6:1").ip().into()]);

    assert_eq!((new.ports.len(), new.stats().allocations), (0, 0));
    assert_eq!(new.refresh(&client, 600).code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn a7_who_was_revoked_stays_so_in_the_next_process() {
    let mut old = World::new();
    let mut client = old.client("192.0.2.7:40000");
    old.challenge(&mut client);
    old.handle(Input::Revoke { subject: "alice", until: START + Duration::from_secs(3600) });

    let mut new = hand_over(&mut old, |_| {});

    assert_eq!(new.request(&client, Method::Allocate, udp).code, Some(ErrorCode::Unauthorized));
}
