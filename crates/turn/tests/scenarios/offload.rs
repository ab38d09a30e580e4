//! Flows that the shell may forward past the core: which, by which rules, and that nothing is lost of what they pass.

use std::net::SocketAddr;
use std::time::Duration;

use visavis_turn::codec::Method;
use visavis_turn::{
    Audit, Direction, DropReason, Flow, Form, Input, Onward, Output, RelayAddress, RelayId, Rule, Traffic,
};

use crate::world::{Client, Fate, World, address, channel_data, lifetime};

const CLIENT: &str = "192.0.2.7:40000";
const OTHER: &str = "192.0.2.8:40000";
const PEER: &str = "9.9.9.9:9000";

fn world() -> World {
    World::with(|config| config.offload = true)
}

fn flows(world: &mut World) -> Vec<Flow> {
    let mut flows: Vec<Flow> = std::iter::from_fn(|| world.turn.next_flow()).collect();
    flows.sort_unstable();
    flows
}

/// A client with a permission for [`PEER`], its relayed port and address.
fn permitted(world: &mut World) -> (Client, RelayId, SocketAddr) {
    let mut client = world.client(CLIENT);
    let relayed = world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    (client, id_of(world, relayed), relayed)
}

fn id_of(world: &World, bound: SocketAddr) -> RelayId {
    *world.ports.iter().find(|(_, at)| **at == bound).unwrap().0
}

#[test]
fn nothing_is_told_unless_it_is_wanted() {
    let mut world = World::new();
    let (client, ..) = permitted(&mut world);
    world.send_indication(&client, PEER, b"x");
    assert_eq!(flows(&mut world), []);
    assert!(!world.told.iter().any(|told| matches!(told, Output::Changed { .. })));
}

#[test]
fn a_flow_is_told_of_when_a_packet_of_it_has_passed_and_not_when_one_was_dropped() {
    let mut world = world();
    let (client, relay, relayed) = permitted(&mut world);
    assert_eq!(flows(&mut world), []);
    world.send_indication(&client, "9.9.9.8:9000", b"not permitted");
    world.send_from_peer("9.9.9.8:9000", relayed, b"nor this");
    assert_eq!(flows(&mut world), []);
    world.send_indication(&client, PEER, b"x");
    world.send_indication(&client, PEER, b"x");
    world.send_from_peer("9.9.9.9:9001", relayed, b"another port of the peer");
    let flow = |peer| Flow { relay, peer: address(peer) };
    assert_eq!(flows(&mut world), [flow(PEER), flow("9.9.9.9:9001")]);
    assert_eq!(flows(&mut world), []);
}

#[test]
fn flows_in_use_that_nobody_asks_for_are_bounded() {
    let mut world = world();
    let (_, _, relayed) = permitted(&mut world);
    for port in 1..1000 {
        world.send_from_peer(&format!("9.9.9.9:{port}"), relayed, b"x");
    }
    assert_eq!(flows(&mut world).len(), 256);
}

#[test]
fn the_rules_of_a_permission_wrap_data_as_indications_until_it_runs_out() {
    let mut world = world();
    let (client, relay, relayed) = permitted(&mut world);
    let (peer, until) = (address(PEER), world.now + Duration::from_secs(300));
    let to_peer = Rule {
        direction: Direction::ToPeer,
        from: client.at.client,
        at: client.at.server,
        form: Form::Indication(peer),
        onward: Onward::Sent { from: relayed, to: peer, form: Form::Plain },
        is_between: false,
        until,
    };
    let to_client = Rule {
        direction: Direction::ToClient,
        from: peer,
        at: relayed,
        form: Form::Plain,
        onward: Onward::Sent { from: client.at.server, to: client.at.client, form: Form::Indication(peer) },
        is_between: false,
        until,
    };
    let flow = Flow { relay, peer };
    assert_eq!(world.turn.rules(world.now, flow), [Some(to_peer), Some(to_client)]);
    assert_eq!(world.turn.rules(until, flow), [None, None]);
    assert_eq!(world.turn.rules(world.now, Flow { relay, peer: address("9.9.9.8:9000") }), [None, None]);
}

#[test]
fn a_channel_changes_the_rules_and_says_so() {
    let mut world = world();
    let (client, relay, _) = permitted(&mut world);
    world.told.clear();
    world.advance(Duration::from_secs(100));
    world.bind(&client, 0x4001, PEER);
    assert_eq!(world.told, [Output::Changed { relay }]);
    let [to_peer, to_client] =
        world.turn.rules(world.now, Flow { relay, peer: address(PEER) }).map(Option::unwrap);
    assert_eq!(to_peer.form, Form::Channel(0x4001));
    // The channel lasts longer than the allocation does: that began 100 s before. What peers send ends with the permission.
    assert_eq!(to_peer.until, world.now + Duration::from_secs(500));
    let Onward::Sent { form, .. } = to_client.onward else { panic!("{to_client:?}") };
    assert_eq!((form, to_client.until), (Form::Channel(0x4001), world.now + Duration::from_secs(300)));
    // The core itself forwards a channel's data after that, too.
    world.advance(Duration::from_secs(301));
    assert_eq!(world.turn.rules(world.now, Flow { relay, peer: address(PEER) }), [Some(to_peer), None]);
    assert!(matches!(world.send_channel(&client, 0x4001, b"x"), Fate::ToPeer { .. }));
}

#[test]
fn every_change_of_an_allocation_is_told() {
    let mut world = world();
    let (client, relay, _) = permitted(&mut world);
    world.told.clear();
    world.permit(&client, &[PEER]);
    world.refresh(&client, 600);
    world.bind(&client, 0x4000, PEER);
    assert_eq!(world.told, [Output::Changed { relay }, Output::Changed { relay }, Output::Changed { relay }]);
}

#[test]
fn between_two_clients_each_has_its_half() {
    let mut world = World::with(|config| {
        config.offload = true;
        let [bind, advertised] = ["10.0.0.1", "5.5.5.5"].map(|ip| ip.parse().unwrap());
        config.relay_addresses = vec![RelayAddress { bind, advertised }];
    });
    let (mut alice, mut bob) = (world.client(CLIENT), world.client(OTHER));
    let (at_alice, at_bob) = (world.allocate(&mut alice), world.allocate(&mut bob));
    let bound = |at: SocketAddr| SocketAddr::new("10.0.0.1".parse().unwrap(), at.port());
    world.bind(&alice, 0x4000, &at_bob.to_string());
    world.permit(&bob, &[&at_alice.to_string()]);
    assert!(matches!(world.send_channel(&alice, 0x4000, b"x"), Fate::ToClient { .. }));
    let of_alice = Flow { relay: id_of(&world, bound(at_alice)), peer: at_bob };
    let of_bob = Flow { relay: id_of(&world, bound(at_bob)), peer: at_alice };
    assert_eq!(flows(&mut world), [of_alice, of_bob]);
    let [there, _] = world.turn.rules(world.now, of_alice).map(Option::unwrap);
    assert_eq!(there.onward, Onward::ByRule { from: at_alice, to: bound(at_bob) });
    let [_, onward] = world.turn.rules(world.now, of_bob).map(Option::unwrap);
    assert_eq!((onward.from, onward.at, onward.form), (at_alice, bound(at_bob), Form::Plain));
    let form = Form::Indication(at_alice);
    assert_eq!(onward.onward, Onward::Sent { from: bob.at.server, to: bob.at.client, form });

    // One packet is one packet, though both rules have counted it.
    let mut expected = world.stats().clone();
    expected.between_allocations = Traffic { packets: 2, bytes: 11 };
    let one = Traffic { packets: 1, bytes: 10 };
    world.turn.charge(world.now, of_alice.relay, &there, one);
    world.turn.charge(world.now, of_bob.relay, &onward, one);
    assert_eq!(*world.stats(), expected);
}

#[test]
fn clients_over_tcp_and_peers_of_the_other_family_have_no_rules() {
    let mut world = world();
    let mut client = world.tcp_client(CLIENT);
    let relayed = world.allocate(&mut client);
    world.permit(&client, &[PEER]);
    world.send_indication(&client, PEER, b"x");
    assert_eq!(flows(&mut world), []);
    let flow = Flow { relay: id_of(&world, relayed), peer: address(PEER) };
    assert_eq!(world.turn.rules(world.now, flow), [None, None]);
}

#[test]
fn what_was_forwarded_is_in_statistics_and_in_the_audit_even_after_the_end() {
    let mut world = World::with(|config| (config.offload, config.audit) = (true, true));
    let (client, relay, relayed) = permitted(&mut world);
    let [to_peer, to_client] =
        world.turn.rules(world.now, Flow { relay, peer: address(PEER) }).map(Option::unwrap);
    assert!(world.turn.charge(world.now, relay, &to_peer, Traffic { packets: 3, bytes: 300 }));
    // The end: what was under way is charged when the port is closed, and told with the rest.
    let bytes = world.sign(&client, Method::Refresh, |message| lifetime(message, 0));
    world.turn.handle(world.now, Input::Message { from: client.at, over_tls: false, bytes: &bytes });
    let mut audits = Vec::new();
    while let Some(output) = world.turn.poll_output() {
        match output {
            Output::CloseRelay { relay } => {
                world.turn.charge(world.now, relay, &to_peer, Traffic { packets: 1, bytes: 100 });
                world.turn.charge(world.now, relay, &to_client, Traffic { packets: 2, bytes: 20 });
            }
            Output::Audit(audit) => audits.push(*audit),
            _ => {}
        }
    }
    let (sent, received) = (Traffic { packets: 4, bytes: 400 }, Traffic { packets: 2, bytes: 20 });
    let audit = Audit {
        username: client.username.clone(),
        five_tuple: client.at,
        relayed,
        lasted: Duration::ZERO,
        peers: 1,
        to_peer: sent,
        to_client: received,
    };
    assert_eq!(audits, [audit]);
    assert_eq!((world.stats().to_peer, world.stats().to_client), (sent, received));
}

#[test]
fn who_has_passed_more_than_allowed_has_no_rules_until_half_of_it_is_paid_off() {
    let mut world = World::with(|config| {
        config.offload = true;
        config.limits.packets_per_second = 10;
    });
    let (client, relay, _) = permitted(&mut world);
    let flow = Flow { relay, peer: address(PEER) };
    let [to_peer, _] = world.turn.rules(world.now, flow).map(Option::unwrap);
    assert!(world.turn.charge(world.now, relay, &to_peer, Traffic { packets: 10, bytes: 10 }));
    assert!(!world.turn.charge(world.now, relay, &to_peer, Traffic { packets: 20, bytes: 20 }));
    assert_eq!(world.turn.rules(world.now, flow), [None, None]);
    assert_eq!(world.send_indication(&client, PEER, b"x"), Fate::Dropped(DropReason::PacketRate));
    // Two seconds' worth too much: after those, packets pass one by one.
    world.advance(Duration::from_millis(2100));
    assert!(matches!(world.send_indication(&client, PEER, b"x"), Fate::ToPeer { .. }));
    assert_eq!(world.turn.rules(world.now, flow), [None, None]);
    world.advance(Duration::from_millis(500));
    assert_ne!(world.turn.rules(world.now, flow), [None, None]);
}

#[test]
fn a_limit_of_the_user_counts_what_all_allocations_have_passed() {
    let mut world = World::with(|config| {
        config.offload = true;
        config.limits.user_bytes_per_second = 100_000;
    });
    let (_, relay, _) = permitted(&mut world);
    let mut second = world.client(OTHER);
    world.allocate(&mut second);
    world.bind(&second, 0x4000, PEER);
    let [to_peer, _] = world.turn.rules(world.now, Flow { relay, peer: address(PEER) }).map(Option::unwrap);
    assert!(!world.turn.charge(world.now, relay, &to_peer, Traffic { packets: 200, bytes: 200_000 }));
    let fate = world.send(second.at, &channel_data(0x4000, b"x"));
    assert_eq!(fate, Fate::Dropped(DropReason::UserByteRate));
}

#[test]
fn what_was_forwarded_last_counts_for_the_user_with_and_without_audit() {
    for audit in [false, true] {
        let mut world = World::with(|config| {
            (config.offload, config.audit) = (true, audit);
            config.limits.user_bytes_per_second = 100_000;
        });
        let (client, relay, _) = permitted(&mut world);
        let [to_peer, _] =
            world.turn.rules(world.now, Flow { relay, peer: address(PEER) }).map(Option::unwrap);
        let end = world.sign(&client, Method::Refresh, |message| lifetime(message, 0));
        world.turn.handle(world.now, Input::Message { from: client.at, over_tls: false, bytes: &end });
        while let Some(output) = world.turn.poll_output() {
            if let Output::CloseRelay { relay } = output {
                let more = Traffic { packets: 200, bytes: 200_000 };
                assert!(!world.turn.charge(world.now, relay, &to_peer, more));
                world.ports.clear();
            }
        }
        // Twice what a second allows: for a second nothing passes, whichever allocation it would be.
        let mut again = world.client(OTHER);
        world.allocate(&mut again);
        world.permit(&again, &[PEER]);
        let send = |world: &mut World| world.send_indication(&again, PEER, b"x");
        assert_eq!(send(&mut world), Fate::Dropped(DropReason::UserByteRate), "audit: {audit}");
        world.advance(Duration::from_millis(1100));
        assert!(matches!(send(&mut world), Fate::ToPeer { .. }), "audit: {audit}");
    }
}
