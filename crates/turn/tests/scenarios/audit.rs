//! X5: who used which address, and how much.

use std::time::Duration;

use visavis_turn::{Audit, Output, Traffic};

use crate::world::{Fate, World};

const PEER: &str = "9.9.9.9:9000";

#[test]
fn x5_the_end_of_an_allocation_tells_who_had_it_for_how_long_and_what_passed() {
    let mut world = World::with(|config| config.audit = true);
    let mut client = world.client_of("alice/c1", "192.0.2.7:40000");
    let relayed = world.allocate(&mut client);
    world.permit(&client, &[PEER, "9.9.9.8:1"]);
    world.permit(&client, &[PEER]);
    world.advance(Duration::from_secs(10));
    world.send_indication(&client, PEER, b"hello");
    world.send_indication(&client, "9.9.9.7:1", b"not permitted");
    assert!(matches!(world.send_from_peer(PEER, relayed, b"you"), Fate::ToClient { .. }));
    assert!(matches!(world.send_from_peer(PEER, relayed, b"two"), Fate::ToClient { .. }));
    world.told.clear();
    world.refresh(&client, 0);
    let audit = Audit {
        username: client.username.clone(),
        five_tuple: client.at,
        relayed,
        lasted: Duration::from_secs(10),
        peers: 2,
        to_peer: Traffic { packets: 1, bytes: 5 },
        to_client: Traffic { packets: 2, bytes: 6 },
    };
    assert_eq!(world.told, [Output::Audit(Box::new(audit)), Output::Released { five_tuple: client.at }]);
}

#[test]
fn x5_it_is_told_of_allocations_that_run_out_too_and_not_at_all_unless_wanted() {
    for audit in [true, false] {
        let mut world = World::with(|config| config.audit = audit);
        let mut client = world.client("192.0.2.7:40000");
        world.allocate(&mut client);
        world.advance(Duration::from_secs(600));
        let told = world.told.iter().filter(|output| matches!(output, Output::Audit(_))).count();
        assert_eq!(told, usize::from(audit));
    }
}
