//! P1–P6: what is read, and what is not.

use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, DecodeError, ErrorCode, Message, MessageBuilder, Method};

use crate::world::{Fate, World, address, udp};

fn binding(world: &mut World) -> MessageBuilder {
    MessageBuilder::new(Class::Request, Method::Binding, world.transaction())
}

#[test]
fn p6_a_binding_request_is_answered_with_32_bytes_that_hold_the_address_alone() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let request = binding(&mut world).finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!((answer.class, answer.bytes.len(), request.len()), (Class::Success, 32, 20));
    assert_eq!(answer.kinds(), [AttributeType::XOR_MAPPED_ADDRESS]);
    assert_eq!(answer.address(AttributeType::XOR_MAPPED_ADDRESS), address("192.0.2.7:40000"));
    assert_eq!(answer.transaction, Message::decode(&request).unwrap().transaction);
}

#[test]
fn p6_an_ipv6_client_learns_its_ipv6_address() {
    let mut world = World::new();
    let client = world.client("[2a00::17]:40000");
    let request = binding(&mut world).finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!(answer.address(AttributeType::XOR_MAPPED_ADDRESS), address("[2a00::17]:40000"));
}

#[test]
fn p1_what_is_not_a_well_formed_message_is_dropped_silently() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let good = binding(&mut world).attribute(AttributeType(0x8022), b"abcd").finish();
    let changed = |index: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[index] = value;
        bytes
    };
    let bad = [
        Vec::new(),
        vec![0],
        good[..19].to_vec(),
        good[..27].to_vec(),
        [&good[..], &[0, 0, 0, 0]].concat(),
        changed(4, 0x22),
        changed(3, 9),
        changed(3, 4),
        changed(0, 0x80),
        changed(0, 0xc0),
        changed(0, 0x10),
        changed(1, 0x02),
        changed(23, 5),
    ];
    for bytes in bad {
        assert_eq!(world.send(client.at, &bytes), Fate::Dropped(DropReason::Malformed), "{bytes:02x?}");
    }
    assert!(matches!(world.send(client.at, &good), Fate::Answered(_)));
}

#[test]
fn responses_and_data_indications_to_the_server_are_dropped() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    for (class, method) in [
        (Class::Success, Method::Binding),
        (Class::Error, Method::Allocate),
        (Class::Indication, Method::Data),
        (Class::Indication, Method::Allocate),
        (Class::Request, Method::Send),
    ] {
        let bytes = MessageBuilder::new(class, method, world.transaction()).finish();
        assert_eq!(
            world.send(client.at, &bytes),
            Fate::Dropped(DropReason::Unexpected),
            "{class:?} {method:?}"
        );
    }
    let keep_alive = MessageBuilder::new(Class::Indication, Method::Binding, world.transaction()).finish();
    assert_eq!(world.send(client.at, &keep_alive), Fate::Silent);
}

#[test]
fn p2_attributes_after_message_integrity_are_ignored() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let mut request = world.sign(&client, Method::Allocate, udp);
    // LIFETIME 3600, added by somebody in between (coturn 6c13608c/ab762f33).
    request.extend_from_slice(&[0x00, 0x0d, 0, 4, 0, 0, 0x0e, 0x10]);
    let length = u16::try_from(request.len() - 20).unwrap();
    request[2..4].copy_from_slice(&length.to_be_bytes());
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!((answer.class, answer.lifetime()), (Class::Success, 600));
}

#[test]
fn p2_the_first_of_two_equal_attributes_counts() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    world.challenge(&mut client);
    let answer = world.request(&client, Method::Allocate, |message| {
        let message = udp(message).attribute(AttributeType::LIFETIME, &1000u32.to_be_bytes());
        message
            .attribute(AttributeType::LIFETIME, &2000u32.to_be_bytes())
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[6, 0, 0, 0])
    });
    assert_eq!((answer.class, answer.lifetime()), (Class::Success, 1000));
}

#[test]
fn p3_unknown_attributes_that_must_be_understood_are_named_and_others_ignored() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let request = binding(&mut world)
        .attribute(AttributeType(0x7001), b"")
        .attribute(AttributeType(0x8001), b"")
        .attribute(AttributeType(0x0024), &[0; 4])
        .finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!(answer.code, Some(ErrorCode::UnknownAttribute));
    assert_eq!(answer.attributes, [(AttributeType::UNKNOWN_ATTRIBUTES, vec![0x70, 0x01, 0x00, 0x24])]);
}

#[test]
fn p3_a_stranger_learns_nothing_about_unknown_attributes_of_an_allocate() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let builder = MessageBuilder::new(Class::Request, Method::Allocate, world.transaction());
    let request = builder.attribute(AttributeType(0x7001), b"").finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert_eq!(answer.code, Some(ErrorCode::Unauthorized));
    world.challenge(&mut client);
    let answer = world
        .request(&client, Method::Allocate, |message| udp(message).attribute(AttributeType(0x7001), b""));
    assert_eq!(answer.code, Some(ErrorCode::UnknownAttribute));
    assert_eq!(answer.attribute(AttributeType::UNKNOWN_ATTRIBUTES), [0x70, 0x01]);
}

#[test]
fn p3_a_fingerprint_is_verified_and_answered_with_one() {
    let mut world = World::new();
    let mut client = world.client("192.0.2.7:40000");
    let request = binding(&mut world).fingerprint().finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    assert!(Message::decode(&answer.bytes).unwrap().has_fingerprint());
    assert_eq!(answer.bytes.len(), 40);

    let mut wrong = request;
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    assert_eq!(Message::decode(&wrong).unwrap_err(), DecodeError::Fingerprint);
    assert_eq!(world.send(client.at, &wrong), Fate::Dropped(DropReason::Malformed));

    world.challenge(&mut client);
    let builder = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction()))
        .attribute(AttributeType::USERNAME, client.username.as_bytes())
        .attribute(AttributeType::REALM, crate::world::REALM.as_bytes())
        .attribute(AttributeType::NONCE, client.nonce.as_bytes())
        .integrity(&client.key)
        .fingerprint();
    let Fate::Answered(answer) = world.send(client.at, &builder.finish()) else { panic!() };
    let message = Message::decode(&answer.bytes).unwrap();
    assert_eq!(message.class, Class::Success);
    assert!(message.has_fingerprint() && message.verify_integrity(&client.key));
}

#[test]
fn p4_what_strangers_can_provoke_stays_small() {
    let mut world = World::new();
    let client = world.client("192.0.2.7:40000");
    let request = udp(MessageBuilder::new(Class::Request, Method::Allocate, world.transaction())).finish();
    let Fate::Answered(answer) = world.send(client.at, &request) else { panic!() };
    let challenge = [AttributeType::REALM, AttributeType::NONCE, AttributeType::PASSWORD_ALGORITHMS];
    assert_eq!(answer.kinds(), challenge);
    assert_eq!((request.len(), answer.bytes.len()), (28, 20 + 8 + 16 + 40 + 12));
}

#[test]
fn d7_l7_clients_at_port_0_and_behind_teredo_or_6to4_are_not_served() {
    let mut world = World::new();
    for source in ["192.0.2.7:0", "[2001::1]:4000", "[2002:c000:207::1]:4000"] {
        let client = world.client(source);
        let request = binding(&mut world).finish();
        assert_eq!(world.send(client.at, &request), Fate::Dropped(DropReason::BadSource), "{source}");
    }
}
