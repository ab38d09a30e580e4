//! STUN messages and ChannelData: what is read can be written, reads the same again, and a changed bit is noticed.

use std::ops::Range;

use visavis_turn::codec::{
    AttributeType, CHANNEL_HEADER, Class, Integrity, IntegrityKey, MESSAGE_HEADER, Message, MessageBuilder,
    PasswordAlgorithm, TransactionId, data_indication_header, decode_channel_data, decode_error_code,
    decode_send_indication, decode_xor_address, write_channel_header, write_data_indication,
};

use crate::tape::Tape;

/// Larger than the header of any Data indication.
const HEADROOM: usize = 64;
/// Bytes of padding at most.
const TAILROOM: usize = 3;
/// Bytes of a FINGERPRINT attribute.
const FINGERPRINT: usize = 8;
/// Not zero, so that padding nobody wrote shows (CVE-2020-4067).
const UNWRITTEN: u8 = 0xAA;

pub(crate) fn run(bytes: &[u8]) {
    channel_data(bytes);
    data_indication(bytes);
    let Ok(message) = Message::decode(bytes) else {
        // What is no message is no Send indication either, whichever way it is looked at.
        assert!(!matches!(decode_send_indication(bytes), Ok(Some(_))));
        return;
    };
    let attributes: Vec<_> = message.attributes().collect();
    for (kind, value) in &attributes {
        let first = attributes.iter().find(|(other, _)| other == kind).map(|(_, value)| *value);
        assert_eq!(message.attribute(*kind), first, "the first of several counts");
        address(value, message.transaction);
        let _any_code = decode_error_code(value);
    }
    rewritten(bytes, &message, &attributes);
    send_indication(bytes, &message);
    signed(bytes, &message, &attributes);
}

type Attributes<'a> = [(AttributeType, &'a [u8])];

fn rebuild(message: &Message<'_>, attributes: &Attributes<'_>) -> MessageBuilder {
    let empty = MessageBuilder::new(message.class, message.method, message.transaction);
    attributes.iter().fold(empty, |built, (kind, value)| built.attribute(*kind, value))
}

/// Written anew, a message is the same byte for byte, but for its padding and what may not be honoured.
fn rewritten(bytes: &[u8], message: &Message<'_>, attributes: &Attributes<'_>) {
    let again = rebuild(message, attributes).finish();
    assert!(again.len() <= bytes.len());
    assert_eq!(again[..2], bytes[..2], "class and method");
    assert_eq!(again[4..MESSAGE_HEADER], bytes[4..MESSAGE_HEADER], "cookie and transaction");
    let mut offset = MESSAGE_HEADER;
    for (_, value) in attributes {
        let end = offset + 4 + value.len();
        assert_eq!(again[offset..end], bytes[offset..end]);
        let padded = end.next_multiple_of(4);
        assert!(again[end..padded].iter().all(|byte| *byte == 0), "padding is zero");
        offset = padded;
    }
    assert_eq!(offset, again.len());
    let read = Message::decode(&again).expect("what was written can be read");
    assert!(read.attributes().eq(attributes.iter().copied()));
    assert!(!read.has_fingerprint() && read.integrity().is_none(), "neither was written");
}

/// An integrity attribute and a fingerprint hold for the message as it is, and for no other.
fn signed(bytes: &[u8], message: &Message<'_>, attributes: &Attributes<'_>) {
    let other = IntegrityKey::short_term("south");
    assert!(!message.verify_integrity(&other), "nobody has signed with this key");
    // A message that ends at the largest length has no room for more.
    if bytes.len() > usize::from(u16::MAX) - 64 {
        return;
    }
    for integrity in [Integrity::Sha1, Integrity::Sha256] {
        let key = IntegrityKey::derived(integrity, PasswordAlgorithm::Sha256, "alice", "here", "north");
        let built = rebuild(message, attributes).integrity(&key).fingerprint().finish();
        let read = Message::decode(&built).expect("what was written can be read");
        assert!(read.has_fingerprint() && read.integrity() == Some(integrity));
        assert!(read.verify_integrity(&key) && !read.verify_integrity(&other));

        // Any changed bit; the input itself says which. The last bytes are those of the fingerprint.
        let mut tape = Tape::new(bytes.last_chunk::<3>().map_or(bytes, |last| last));
        let position = usize::from(tape.short()) % built.len();
        let mut changed = built;
        changed[position] ^= 1 << (tape.byte() % 8);
        let Ok(read) = Message::decode(&changed) else { continue };
        // It has made something else of the fingerprint, or of an attribute that now covers it.
        assert!(!read.has_fingerprint(), "a changed bit in byte {position} passes the fingerprint");
        let is_protected = position < changed.len() - FINGERPRINT;
        assert!(!is_protected || !read.verify_integrity(&key), "a changed bit in byte {position} passes");
    }
}

/// The short cut of the hot path says what the general reader says.
fn send_indication(bytes: &[u8], message: &Message<'_>) {
    let Ok(Some(send)) = decode_send_indication(bytes) else { return };
    assert_eq!(message.class, Class::Indication);
    assert_eq!(Some(&bytes[send.data]), message.attribute(AttributeType::DATA));
    let peer = message.attribute(AttributeType::XOR_PEER_ADDRESS).expect("it has said which peer");
    assert_eq!(Some(send.peer), decode_xor_address(peer, message.transaction));
}

fn address(value: &[u8], transaction: TransactionId) {
    let Some(address) = decode_xor_address(value, transaction) else { return };
    let built = MessageBuilder::new(Class::Success, visavis_turn::codec::Method::Binding, transaction)
        .address(AttributeType::XOR_MAPPED_ADDRESS, address)
        .finish();
    // But for the reserved byte, which is ignored when read.
    assert_eq!(built[MESSAGE_HEADER + 5..], value[1..]);
}

fn channel_data(bytes: &[u8]) {
    let Some((number, data)) = decode_channel_data(bytes) else { return };
    assert!(data.start == CHANNEL_HEADER && data.end <= bytes.len());
    let mut header = [UNWRITTEN; CHANNEL_HEADER];
    let length = u16::try_from(data.len()).expect("its length was read from 16 bits");
    write_channel_header(&mut header, number, length);
    assert_eq!(header, bytes[..CHANNEL_HEADER]);
}

/// Anything a peer sends reads as it was written, from any address.
fn data_indication(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let peer = tape.address();
    let payload = tape.remainder();
    let transaction = TransactionId([3; 12]);
    let mut buffer = vec![UNWRITTEN; HEADROOM + payload.len() + TAILROOM];
    let data = HEADROOM..HEADROOM + payload.len();
    buffer[data.clone()].copy_from_slice(payload);
    let Some(Range { start, end }) = write_data_indication(&mut buffer, data, peer, transaction) else {
        assert!(payload.len() > usize::from(u16::MAX) - HEADROOM, "only what is too long is refused");
        return;
    };
    assert_eq!(start, HEADROOM - data_indication_header(peer));
    let message = Message::decode(&buffer[start..end]).expect("what was written can be read");
    assert_eq!(message.attribute(AttributeType::DATA), Some(payload));
    let from = message.attribute(AttributeType::XOR_PEER_ADDRESS).expect("it says which peer");
    assert_eq!(decode_xor_address(from, transaction), Some(peer));
    assert!(buffer[HEADROOM + payload.len()..end].iter().all(|byte| *byte == 0), "padding is zero");
}
