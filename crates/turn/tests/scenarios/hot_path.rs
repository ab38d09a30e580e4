//! The path of every packet allocates nothing.

use visavis_turn::codec::{AttributeType, Class, MessageBuilder, Method};
use visavis_turn::{HEADROOM, Route, TAILROOM};

use crate::world::{World, address, channel_data};

const PEER: &str = "9.9.9.9:9000";

#[test]
fn routing_allocates_no_memory_in_any_direction() {
    let mut world = World::new();
    let mut alice = world.client_of("alice", "192.0.2.7:40000");
    let mut bob = world.client_of("bob", "192.0.2.8:40000");
    let (at_alice, at_bob) = (world.allocate(&mut alice), world.allocate(&mut bob));
    world.bind(&alice, 0x4000, PEER);
    world.bind(&alice, 0x4001, &at_bob.to_string());
    world.permit(&alice, &["9.9.9.8:0"]);
    world.permit(&bob, &[&at_alice.to_string()]);

    let data = [7; 1200];
    let by_indication = MessageBuilder::new(Class::Indication, Method::Send, world.transaction())
        .address(AttributeType::XOR_PEER_ADDRESS, address("9.9.9.8:9000"))
        .attribute(AttributeType::DATA, &data)
        .finish();
    let from_alice =
        [channel_data(0x4000, &data), channel_data(0x4001, &data), by_indication, vec![0xff; 20]];
    let relay = *world.ports.iter().find(|(_, at)| **at == at_alice).unwrap().0;
    let from_peers = [address(PEER), address("9.9.9.8:9000"), address("9.9.9.7:9000")];
    let mut buffer = vec![0; HEADROOM + 1500 + TAILROOM];
    let mut routes = Vec::with_capacity(7);

    let measured = allocation_counter::measure(|| {
        for bytes in &from_alice {
            buffer[HEADROOM..HEADROOM + bytes.len()].copy_from_slice(bytes);
            routes.push(world.turn.route(world.now, alice.at, &mut buffer, bytes.len()));
        }
        for peer in from_peers {
            routes.push(world.turn.route_from_peer(world.now, relay, peer, &mut buffer, data.len()));
        }
    });
    assert_eq!((measured.count_total, measured.bytes_total), (0, 0));
    let kinds: Vec<&str> = routes
        .iter()
        .map(|route| match route {
            Route::ToPeer { .. } => "to peer",
            Route::ToClient { .. } => "to client",
            Route::Control => "control",
            Route::Dropped(_) => "dropped",
        })
        .collect();
    assert_eq!(kinds, ["to peer", "to client", "to peer", "dropped", "to client", "to client", "dropped"]);
}
