//! Nothing that arrives makes the server panic, and what is written can be read.

use proptest::collection::vec;
use proptest::prelude::*;
use visavis_turn::codec::{
    AttributeType, Class, FrameDecoder, Message, MessageBuilder, Method, TransactionId, decode_xor_address,
};
use visavis_turn::{HEADROOM, Input, TAILROOM};

use crate::world::{Client, World, channel_data, udp};

/// A server with an allocation, a permission and a channel, and its client.
fn busy_world() -> (World, Client) {
    let mut world = World::with(|config| config.limits.stranger_answers_burst = 1_000_000);
    let mut client = world.client("192.0.2.7:40000");
    world.allocate(&mut client);
    world.permit(&client, &["9.9.9.9:9000"]);
    world.bind(&client, 0x4000, "9.9.9.9:9000");
    (world, client)
}

/// Bytes that look like a message more often than chance would have it.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let attribute = (
        prop_oneof![0u16..0x30, 0x8020u16..0x8030, any::<u16>()],
        vec(any::<u8>(), 0..24),
        prop_oneof![9 => Just(0i32), 1 => -8..8],
    );
    let stun = (0u16..0x120, vec(attribute, 0..8), prop_oneof![9 => Just(0i32), 1 => -8..8]).prop_map(
        |(kind, attributes, error)| {
            let mut body = Vec::new();
            for (kind, value, error) in attributes {
                let length = u16::try_from(i32::try_from(value.len()).unwrap() + error).unwrap_or(0);
                body.extend_from_slice(&kind.to_be_bytes());
                body.extend_from_slice(&length.to_be_bytes());
                body.extend_from_slice(&value);
                body.resize(body.len().next_multiple_of(4), 0);
            }
            let length = u16::try_from(i32::try_from(body.len()).unwrap() + error).unwrap_or(0);
            [&kind.to_be_bytes()[..], &length.to_be_bytes(), &[0x21, 0x12, 0xa4, 0x42], &[5; 12], &body]
                .concat()
        },
    );
    let channel =
        (0x3ff0u16..0x5010, vec(any::<u8>(), 0..40)).prop_map(|(number, data)| channel_data(number, &data));
    prop_oneof![4 => stun, 1 => channel, 1 => vec(any::<u8>(), 0..100)]
}

type Attributes = Vec<(u16, Vec<u8>)>;

fn attributes() -> impl Strategy<Value = Attributes> {
    // No MESSAGE-INTEGRITY of either kind and no FINGERPRINT, which have a meaning of their own.
    let kind = any::<u16>().prop_filter("has a meaning", |kind| ![0x0008, 0x001C, 0x8028].contains(kind));
    vec((kind, vec(any::<u8>(), 0..40)), 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn no_datagram_of_a_client_makes_the_server_panic(datagrams in vec(datagram(), 1..20)) {
        let (mut world, client) = busy_world();
        for bytes in &datagrams {
            world.send(client.at, bytes);
            // The control path by itself, too, though route would not have passed it on.
            world.handle(Input::Message { from: client.at, over_tls: false, bytes });
            world.take_answer(client.at);
        }
        prop_assert_eq!(world.stats().allocations, 1);
    }

    #[test]
    fn no_authenticated_request_makes_the_server_panic(
        method in prop_oneof![
            Just(Method::Allocate), Just(Method::Refresh), Just(Method::CreatePermission), Just(Method::ChannelBind)
        ],
        port in 40000u16..40002,
        attributes in vec((prop_oneof![9 => 0u16..0x30, 1 => 0x8000u16..0x8005], vec(any::<u8>(), 0..24)), 0..6),
    ) {
        let (mut world, mut client) = busy_world();
        client.at.client.set_port(port);
        let request = world.sign(&client, method, |mut message| {
            if method == Method::Allocate {
                message = udp(message);
            }
            attributes.iter().fold(message, |message, (kind, value)| message.attribute(AttributeType(*kind), value))
        });
        world.send(client.at, &request);
        prop_assert!(world.stats().allocations <= 2);
    }

    #[test]
    fn no_datagram_of_a_peer_is_refused_or_changed(data in vec(any::<u8>(), 0..1500)) {
        let (mut world, client) = busy_world();
        let relay = *world.ports.keys().next().unwrap();
        let mut buffer = vec![0xAA; HEADROOM + data.len() + TAILROOM];
        buffer[HEADROOM..HEADROOM + data.len()].copy_from_slice(&data);
        let peer = "9.9.9.9:9000".parse().unwrap();
        let route = world.turn.route_from_peer(world.now, relay, peer, &mut buffer, data.len());
        let visavis_turn::Route::ToClient { to, data: range } = route else { panic!("{route:?}") };
        prop_assert_eq!(to, client.at);
        prop_assert_eq!(&buffer[range], channel_data(0x4000, &data));
    }

    #[test]
    fn a_message_reads_as_it_was_written(attributes in attributes(), id: [u8; 12], fingerprint: bool) {
        let mut message = MessageBuilder::new(Class::Request, Method::Allocate, TransactionId(id));
        for (kind, value) in &attributes {
            message = message.attribute(AttributeType(*kind), value);
        }
        let bytes = if fingerprint { message.fingerprint().finish() } else { message.finish() };
        let read = Message::decode(&bytes).unwrap();
        prop_assert_eq!((read.class, read.method, read.transaction), (Class::Request, Method::Allocate, TransactionId(id)));
        prop_assert_eq!(read.has_fingerprint(), fingerprint);
        let again: Attributes = read.attributes().map(|(kind, value)| (kind.0, value.to_vec())).collect();
        prop_assert_eq!(again, attributes);
    }

    #[test]
    fn an_address_reads_as_it_was_written(ip: std::net::IpAddr, port: u16, id: [u8; 12]) {
        let address = std::net::SocketAddr::new(ip, port);
        let bytes = MessageBuilder::new(Class::Success, Method::Binding, TransactionId(id))
            .address(AttributeType::XOR_MAPPED_ADDRESS, address)
            .finish();
        let value = Message::decode(&bytes).unwrap().attribute(AttributeType::XOR_MAPPED_ADDRESS).unwrap();
        prop_assert_eq!(decode_xor_address(value, TransactionId(id)), Some(address));
    }

    #[test]
    fn a_stream_is_cut_into_the_same_messages_however_it_is_split(
        frames in vec(vec(any::<u8>(), 0..50), 0..10),
        pieces in vec(1usize..30, 1..200),
    ) {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        for (index, data) in frames.iter().enumerate() {
            let message = if index % 2 == 0 {
                channel_data(0x4000, data)
            } else {
                let message = MessageBuilder::new(Class::Indication, Method::Send, TransactionId([1; 12]));
                message.attribute(AttributeType::DATA, data).finish()
            };
            stream.extend_from_slice(&message);
            stream.resize(stream.len().next_multiple_of(4), 0);
            sent.push(message);
        }
        let mut decoder = FrameDecoder::new(1000);
        let mut received = Vec::new();
        let mut rest = &stream[..];
        for piece in pieces.into_iter().chain([stream.len()]) {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            rest = later;
            decoder.push(now);
            while let Some(frame) = decoder.next_frame().unwrap() {
                received.push(frame.to_vec());
            }
        }
        prop_assert_eq!(decoder.pending(), 0);
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn no_stream_makes_the_decoder_panic_or_hoard(pieces in vec(vec(any::<u8>(), 0..64), 0..20)) {
        let mut decoder = FrameDecoder::new(256);
        for piece in pieces {
            decoder.push(&piece);
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => prop_assert!(frame.len() <= 256),
                    Ok(None) => break,
                    Err(_) => return Ok(()),
                }
            }
            prop_assert!(decoder.pending() < 260);
        }
    }
}
