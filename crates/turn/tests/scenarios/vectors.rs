//! RFC 5769: the test vectors of STUN.

use visavis_turn::codec::{
    AttributeType, Class, Integrity, IntegrityKey, Message, Method, PasswordAlgorithm, decode_xor_address,
};

use crate::world::address;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

const SHORT_TERM_PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

#[test]
fn rfc5769_2_1_sample_request() {
    let sample = bytes(
        "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004
         6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56
         781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf",
    );
    let message = Message::decode(&sample).unwrap();
    assert_eq!((message.class, message.method), (Class::Request, Method::Binding));
    assert_eq!(message.text(AttributeType::USERNAME), Some("evtj:h6vY"));
    assert!(message.has_fingerprint());
    assert!(message.verify_integrity(&IntegrityKey::short_term(SHORT_TERM_PASSWORD)));
    assert!(!message.verify_integrity(&IntegrityKey::short_term("another")));
}

#[test]
fn rfc5769_2_2_sample_ipv4_response() {
    let sample = bytes(
        "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147
         e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96",
    );
    let message = Message::decode(&sample).unwrap();
    assert_eq!((message.class, message.method), (Class::Success, Method::Binding));
    let mapped = message.attribute(AttributeType::XOR_MAPPED_ADDRESS).unwrap();
    assert_eq!(decode_xor_address(mapped, message.transaction), Some(address("192.0.2.1:32853")));
    assert!(message.verify_integrity(&IntegrityKey::short_term(SHORT_TERM_PASSWORD)));
}

#[test]
fn rfc5769_2_3_sample_ipv6_response() {
    let sample = bytes(
        "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147
         0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004
         c8fb0b4c",
    );
    let message = Message::decode(&sample).unwrap();
    let mapped = message.attribute(AttributeType::XOR_MAPPED_ADDRESS).unwrap();
    let expected = address("[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    assert_eq!(decode_xor_address(mapped, message.transaction), Some(expected));
    assert!(message.verify_integrity(&IntegrityKey::short_term(SHORT_TERM_PASSWORD)));
}

#[test]
fn rfc5769_2_4_sample_request_with_long_term_authentication() {
    let sample = bytes(
        "00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382af e382b9 0000
         0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 3634734 1 0014000b 6578616d 706c652e
         6f726700 00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666",
    );
    let message = Message::decode(&sample).unwrap();
    let username = message.text(AttributeType::USERNAME).unwrap();
    assert_eq!(username, "マトリックス");
    assert_eq!(message.text(AttributeType::NONCE), Some("f//499k954d6OL34oL9FSTvy64sA"));
    let key = IntegrityKey::long_term(username, message.text(AttributeType::REALM).unwrap(), "TheMatrIX");
    assert!(message.verify_integrity(&key));
}

/// With the corrections of erratum 6268: another length, and PASSWORD-ALGORITHM added.
#[test]
fn rfc8489_b_1_sample_request_with_long_term_authentication_and_sha_256() {
    let sample = bytes(
        "00010090 2112a442 78ad3433 c6ad72c0 29da412e 001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415
         569e60b2 05c46e41 407f1704 00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33
         346f4c39 46535476 79363473 41000000 0014000b 6578616d 706c652e 6f726700 001d0004 00020000 001c0020
         b5c7bf00 5b6c52a2 1c51c5e8 92f81924 136296cb 927c4314 9309278c c6518e65",
    );
    let message = Message::decode(&sample).unwrap();
    assert_eq!(message.integrity(), Some(Integrity::Sha256));
    let realm = message.text(AttributeType::REALM).unwrap();
    let key = |password| {
        let algorithm = PasswordAlgorithm::Sha256;
        IntegrityKey::derived(Integrity::Sha256, algorithm, "マトリックス", realm, password)
    };
    assert!(message.verify_integrity(&key("TheMatrIX")));
    assert!(!message.verify_integrity(&key("another")));
}
