//! Writing a STUN message (RFC 8489 §5).

use std::net::SocketAddr;

use super::address::write_xor_address;
use super::attribute::{AttributeType, ErrorCode};
use super::integrity::IntegrityKey;
use super::message::{
    Class, FINGERPRINT_XOR, MAGIC_COOKIE, MESSAGE_HEADER, Method, TransactionId, message_type,
};
use super::padding;

/// A message under construction. Padding is always zero (CVE-2020-4067).
#[derive(Clone, Debug)]
pub struct MessageBuilder {
    bytes: Vec<u8>,
    transaction: TransactionId,
}

impl MessageBuilder {
    /// A message without attributes.
    pub fn new(class: Class, method: Method, transaction: TransactionId) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&message_type(class, method).to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
        bytes.extend_from_slice(&transaction.0);
        Self { bytes, transaction }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, kind: AttributeType, value: &[u8]) -> Self {
        let length = u16::try_from(value.len()).expect("no attribute is built from more than a datagram");
        self.bytes.extend_from_slice(&kind.0.to_be_bytes());
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len() + padding(value.len()), 0);
        self.set_length();
        self
    }

    /// Adds an XOR-…-ADDRESS.
    #[must_use]
    pub fn address(self, kind: AttributeType, address: SocketAddr) -> Self {
        let mut value = [0; 20];
        let length = write_xor_address(&mut value, address, self.transaction);
        self.attribute(kind, &value[..length])
    }

    /// Adds ERROR-CODE.
    #[must_use]
    pub fn error_code(self, code: ErrorCode) -> Self {
        self.attribute(AttributeType::ERROR_CODE, &code.encode())
    }

    /// Adds MESSAGE-INTEGRITY, or MESSAGE-INTEGRITY-SHA256 if the key is for that, over all attributes so far.
    #[must_use]
    pub fn integrity(self, key: &IntegrityKey) -> Self {
        let mac = key.mac(&self.bytes);
        self.attribute(key.integrity().attribute(), mac.as_slice())
    }

    /// Adds FINGERPRINT; it must be the last attribute.
    #[must_use]
    pub fn fingerprint(self) -> Self {
        // The checksum covers the length field as it is once the attribute has been added.
        let mut message = self.attribute(AttributeType::FINGERPRINT, &[0; 4]);
        let value = message.bytes.len() - 4;
        let crc = crc32fast::hash(&message.bytes[..value - 4]) ^ FINGERPRINT_XOR;
        message.bytes[value..].copy_from_slice(&crc.to_be_bytes());
        message
    }

    /// The bytes to send.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn set_length(&mut self) {
        let length = u16::try_from(self.bytes.len() - MESSAGE_HEADER).expect("no message exceeds a datagram");
        self.bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
}
