//! Send and Data indications read and written in place: with Firefox, which binds no channels, every packet is one
//! (RFC 8656 §11).

use std::net::SocketAddr;
use std::ops::Range;

use super::address::{decode_xor_address, write_xor_address};
use super::attribute::AttributeType;
use super::message::{
    Class, DecodeError, MAGIC_COOKIE, MESSAGE_HEADER, Message, Method, TransactionId, message_type,
};
use super::padding;

/// What a Send indication says (RFC 8656 §11.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendIndication {
    /// Where to.
    pub peer: SocketAddr,
    /// Where the application data lies in the message; may be empty.
    pub data: Range<usize>,
    /// Whether routers may not fragment it (DONT-FRAGMENT).
    pub dont_fragment: bool,
}

/// Reads a Send indication. `Ok(None)`: a STUN message, but not a Send indication.
pub fn decode_send_indication(bytes: &[u8]) -> Result<Option<SendIndication>, DecodeError> {
    if bytes.first_chunk::<2>() != Some(&message_type(Class::Indication, Method::Send).to_be_bytes()) {
        return Ok(None);
    }
    let message = Message::decode(bytes)?;
    let mut peer = None;
    let mut data = None;
    let mut dont_fragment = false;
    let mut offset = MESSAGE_HEADER;
    for (kind, value) in message.attributes() {
        match kind {
            AttributeType::XOR_PEER_ADDRESS if peer.is_none() => {
                let address = decode_xor_address(value, message.transaction);
                peer = Some(address.ok_or(DecodeError::Attribute)?);
            }
            AttributeType::DATA if data.is_none() => data = Some(offset + 4..offset + 4 + value.len()),
            AttributeType::DONT_FRAGMENT => dont_fragment = true,
            // RFC 8489 §6.3.2: an indication with an attribute that must be understood and is not is dropped.
            other if other.must_be_refused() => return Err(DecodeError::Attribute),
            _ => {}
        }
        offset += 4 + value.len() + padding(value.len());
    }
    let (Some(peer), Some(data)) = (peer, data) else { return Err(DecodeError::Attribute) };
    Ok(Some(SendIndication { peer, data, dont_fragment }))
}

/// Bytes a Data indication needs before the data of a packet from `peer`: 36 for IPv4, 48 for IPv6.
pub const fn data_indication_header(peer: SocketAddr) -> usize {
    match peer {
        SocketAddr::V4(_) => MESSAGE_HEADER + 12 + 4,
        SocketAddr::V6(_) => MESSAGE_HEADER + 24 + 4,
    }
}

/// Turns `buffer[data]` into a Data indication from `peer` by writing before and (padding) after it. Returns where it
/// lies, or `None` if it would exceed what a STUN length can say.
///
/// The caller guarantees [`data_indication_header`] bytes before the data and three after it.
pub fn write_data_indication(
    buffer: &mut [u8],
    data: Range<usize>,
    peer: SocketAddr,
    transaction: TransactionId,
) -> Option<Range<usize>> {
    let start = data.start - data_indication_header(peer);
    let end = data.end + padding(data.len());
    let length = u16::try_from(end - start - MESSAGE_HEADER).ok()?;
    let data_length = u16::try_from(data.len()).ok()?;

    let header = &mut buffer[start..data.start];
    header[..2].copy_from_slice(&message_type(Class::Indication, Method::Data).to_be_bytes());
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    header[8..20].copy_from_slice(&transaction.0);
    let address_length = write_xor_address(&mut header[24..], peer, transaction);
    header[20..22].copy_from_slice(&AttributeType::XOR_PEER_ADDRESS.0.to_be_bytes());
    header[22..24].copy_from_slice(&[0, if address_length == 8 { 8 } else { 20 }]);
    let attribute = 24 + address_length;
    header[attribute..attribute + 2].copy_from_slice(&AttributeType::DATA.0.to_be_bytes());
    header[attribute + 2..attribute + 4].copy_from_slice(&data_length.to_be_bytes());
    buffer[data.end..end].fill(0);
    Some(start..end)
}
