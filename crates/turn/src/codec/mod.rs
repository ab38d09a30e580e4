//! Bytes to words and back: STUN messages (RFC 8489 §5, §14), TURN attributes (RFC 8656 §18) and ChannelData
//! (RFC 8656 §12.4). Decoding borrows and never allocates; nothing a remote sends makes it panic.

mod address;
mod attribute;
mod builder;
mod channel_data;
mod framing;
mod indication;
mod integrity;
mod message;

pub use address::decode_xor_address;
pub(crate) use address::plain_address;
pub use attribute::{AttributeType, ErrorCode, decode_error_code};
pub use builder::MessageBuilder;
pub use channel_data::{CHANNEL_HEADER, ChannelNumber, decode_channel_data, write_channel_header};
pub use framing::{Frame, FrameDecoder, FrameError};
pub use indication::{SendIndication, data_indication_header, decode_send_indication, write_data_indication};
pub use integrity::{Integrity, IntegrityKey, PasswordAlgorithm};
pub use message::{Class, DecodeError, MAGIC_COOKIE, MESSAGE_HEADER, Message, Method, TransactionId};

/// Bytes after `length` bytes of value up to the next multiple of four (RFC 8489 §14).
pub(crate) const fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}
