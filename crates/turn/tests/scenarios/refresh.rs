//! L4: Refresh.

use std::time::Duration;

use visavis_turn::Output;
use visavis_turn::codec::{AttributeType, Class, ErrorCode, Method};

use crate::world::World;

#[test]
fn l4_a_refresh_moves_the_end_of_an_allocation() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.advance(Duration::from_secs(540));
    let answer = world.request(&client, Method::Refresh, |message| message);
    assert_eq!(
        (answer.class, answer.kinds(), answer.lifetime()),
        (Class::Success, vec![AttributeType::LIFETIME], 600)
    );
    world.advance(Duration::from_secs(599));
    assert_eq!(world.refresh(&client, 9999).lifetime(), 3600);
    world.advance(Duration::from_secs(3599));
    assert_eq!(world.stats().allocations, 1);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.stats().allocations, 0);
}

#[test]
fn l4_lifetime_0_ends_the_allocation_and_the_same_again_is_437() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    assert_eq!(world.refresh(&client, 0).lifetime(), 0);
    assert_eq!((world.ports.len(), world.turn.next_timeout()), (0, None));
    assert_eq!(world.told.last(), Some(&Output::Released { five_tuple: client.at }));
    assert_eq!(world.refresh(&client, 0).code, Some(ErrorCode::AllocationMismatch));
}

#[test]
fn l4_another_family_is_443_and_changes_nothing() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    let mut refresh = |family: u8| {
        let family = [family, 0, 0, 0];
        world.request(&client, Method::Refresh, |message| {
            message
                .attribute(AttributeType::REQUESTED_ADDRESS_FAMILY, &family)
                .attribute(AttributeType::LIFETIME, &[0; 4])
        })
    };
    assert_eq!(refresh(2).code, Some(ErrorCode::PeerAddressFamilyMismatch));
    assert_eq!(refresh(1).class, Class::Success);
}
