//! Reading a STUN message in place (RFC 8489 §5).

use super::attribute::AttributeType;
use super::integrity::{Integrity, IntegrityKey};
use super::padding;

/// Bytes of the STUN header.
pub const MESSAGE_HEADER: usize = 20;
/// The fixed value in bytes 4–7 of every STUN message (RFC 8489 §5).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;
/// What the CRC-32 of a FINGERPRINT is XORed with (RFC 8489 §14.7).
pub(crate) const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// Names one request and its response (RFC 8489 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionId(pub [u8; 12]);

/// What a message is about: the methods this server knows (RFC 8489 §18.1, RFC 8656 §17, RFC 6062 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Which address do you see me at?
    Binding,
    /// Open a relayed transport address for me.
    Allocate,
    /// Keep, or with lifetime 0 end, my allocation.
    Refresh,
    /// Client to server: pass this to that peer.
    Send,
    /// Server to client: this came from that peer.
    Data,
    /// Let these peers reach me.
    CreatePermission,
    /// Let this number stand for that peer.
    ChannelBind,
    /// Connect to this peer.
    Connect,
    /// From here on this connection is the one with that peer.
    ConnectionBind,
    /// Server to client: this peer has connected.
    ConnectionAttempt,
}

impl Method {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Binding => 0x001,
            Self::Allocate => 0x003,
            Self::Refresh => 0x004,
            Self::Send => 0x006,
            Self::Data => 0x007,
            Self::CreatePermission => 0x008,
            Self::ChannelBind => 0x009,
            Self::Connect => 0x00a,
            Self::ConnectionBind => 0x00b,
            Self::ConnectionAttempt => 0x00c,
        }
    }

    const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0x001 => Self::Binding,
            0x003 => Self::Allocate,
            0x004 => Self::Refresh,
            0x006 => Self::Send,
            0x007 => Self::Data,
            0x008 => Self::CreatePermission,
            0x009 => Self::ChannelBind,
            0x00a => Self::Connect,
            0x00b => Self::ConnectionBind,
            0x00c => Self::ConnectionAttempt,
            _ => return None,
        })
    }
}

/// Which part of an exchange a message is (RFC 8489 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// The answer yes.
    Success,
    /// The answer no.
    Error,
}

impl Class {
    const fn bits(self) -> u16 {
        match self {
            Self::Request => 0x000,
            Self::Indication => 0x010,
            Self::Success => 0x100,
            Self::Error => 0x110,
        }
    }
}

/// The first two bytes of a message: method and class, interleaved (RFC 8489 §5).
pub(crate) const fn message_type(class: Class, method: Method) -> u16 {
    let number = method.number();
    (number & 0x000f) | (number & 0x0070) << 1 | (number & 0x0f80) << 2 | class.bits()
}

/// Why bytes are not a STUN message for this server. All of them mean: drop silently (RFC 8489 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Shorter than a header, wrong leading bits, or no magic cookie.
    #[error("not a STUN message")]
    NotStun,
    /// The length field disagrees with the number of bytes, or is not a multiple of four.
    #[error("STUN length field does not match the datagram")]
    Length,
    /// A method this server does not know.
    #[error("unknown STUN method")]
    Method,
    /// An attribute reaches past the end, or an integrity attribute has an impossible size.
    #[error("malformed STUN attribute")]
    Attribute,
    /// The CRC does not match, or something follows it.
    #[error("STUN fingerprint does not match")]
    Fingerprint,
}

/// A well-formed STUN message, still lying in the buffer it arrived in.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Request, indication, success or error.
    pub class: Class,
    /// What it is about.
    pub method: Method,
    /// Which exchange it belongs to.
    pub transaction: TransactionId,
    bytes: &'a [u8],
    /// Where the attributes that may be honoured end: at MESSAGE-INTEGRITY if there is one (RFC 8489 §14.5).
    attributes_end: usize,
    /// The strongest one, and where it is.
    integrity: Option<(Integrity, usize)>,
    fingerprint: bool,
}

impl<'a> Message<'a> {
    /// Reads a message that fills `bytes` exactly, verifying FINGERPRINT if present; integrity is checked separately.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, _) = bytes.split_first_chunk::<MESSAGE_HEADER>().ok_or(DecodeError::NotStun)?;
        let cookie = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        if header[0] & 0xc0 != 0 || cookie != MAGIC_COOKIE {
            return Err(DecodeError::NotStun);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if !length.is_multiple_of(4) || MESSAGE_HEADER + length != bytes.len() {
            return Err(DecodeError::Length);
        }
        let (class, method) = decode_type(u16::from_be_bytes([header[0], header[1]]))?;
        let mut transaction = [0; 12];
        transaction.copy_from_slice(&header[8..]);

        let mut message = Self {
            class,
            method,
            transaction: TransactionId(transaction),
            bytes,
            attributes_end: bytes.len(),
            integrity: None,
            fingerprint: false,
        };
        message.scan()?;
        Ok(message)
    }

    /// Walks all attributes once: bounds, where integrity starts, whether the fingerprint holds.
    fn scan(&mut self) -> Result<(), DecodeError> {
        let mut offset = MESSAGE_HEADER;
        while offset < self.bytes.len() {
            let (kind, value) = attribute_at(self.bytes, offset).ok_or(DecodeError::Attribute)?;
            let next = offset + 4 + value.len() + padding(value.len());
            if let Some(integrity) = Integrity::of(kind)
                && self.is_stronger(integrity)
            {
                if value.len() != integrity.length() {
                    return Err(DecodeError::Attribute);
                }
                // RFC 8489 §14.5: whatever follows, other than the stronger one and FINGERPRINT, is ignored.
                self.integrity = Some((integrity, offset));
                self.attributes_end = self.attributes_end.min(offset);
            }
            if kind == AttributeType::FINGERPRINT {
                let claimed = <[u8; 4]>::try_from(value).map_err(|_| DecodeError::Fingerprint)?;
                let crc = crc32fast::hash(&self.bytes[..offset]) ^ FINGERPRINT_XOR;
                if next != self.bytes.len() || u32::from_be_bytes(claimed) != crc {
                    return Err(DecodeError::Fingerprint);
                }
                self.fingerprint = true;
                self.attributes_end = self.attributes_end.min(offset);
            }
            offset = next;
        }
        Ok(())
    }

    /// MESSAGE-INTEGRITY-SHA256 may stand behind MESSAGE-INTEGRITY, and counts then (RFC 8489 §14.6); nothing else may.
    fn is_stronger(&self, integrity: Integrity) -> bool {
        match self.integrity {
            None => true,
            Some((known, _)) => known == Integrity::Sha1 && integrity == Integrity::Sha256,
        }
    }

    /// All attributes that may be honoured, in order.
    pub fn attributes(&self) -> impl Iterator<Item = (AttributeType, &'a [u8])> + use<'a> {
        let bytes = &self.bytes[..self.attributes_end];
        let mut offset = MESSAGE_HEADER;
        std::iter::from_fn(move || {
            let (kind, value) = attribute_at(bytes, offset)?;
            offset += 4 + value.len() + padding(value.len());
            Some((kind, value))
        })
    }

    /// The value of the first attribute of this kind; later ones are ignored (RFC 8489 §14).
    pub fn attribute(&self, wanted: AttributeType) -> Option<&'a [u8]> {
        self.attributes().find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
    }

    /// The first attribute of this kind as text.
    pub fn text(&self, wanted: AttributeType) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(wanted)?).ok()
    }

    /// Which integrity attribute is present (right or wrong); of two the stronger one.
    pub fn integrity(&self) -> Option<Integrity> {
        self.integrity.map(|(integrity, _)| integrity)
    }

    /// Whether a (verified) FINGERPRINT is present; the answer then carries one, too.
    pub const fn has_fingerprint(&self) -> bool {
        self.fingerprint
    }

    /// Whether an integrity attribute is present and made with `key`; takes the same time for every wrong value.
    pub fn verify_integrity(&self, key: &IntegrityKey) -> bool {
        let Some((integrity, offset)) = self.integrity else { return false };
        let claimed = &self.bytes[offset + 4..offset + 4 + integrity.length()];
        key.integrity() == integrity && key.verify(&self.bytes[..offset], claimed)
    }
}

fn decode_type(word: u16) -> Result<(Class, Method), DecodeError> {
    let class = match word & 0x0110 {
        0x000 => Class::Request,
        0x010 => Class::Indication,
        0x100 => Class::Success,
        _ => Class::Error,
    };
    let number = (word & 0x000f) | (word & 0x00e0) >> 1 | (word & 0x3e00) >> 2;
    Ok((class, Method::from_number(number).ok_or(DecodeError::Method)?))
}

/// The attribute that starts at `offset`, if all of its value lies within `bytes`.
pub(crate) fn attribute_at(bytes: &[u8], offset: usize) -> Option<(AttributeType, &[u8])> {
    let header = bytes.get(offset..offset + 4)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let value = bytes.get(offset + 4..offset + 4 + length)?;
    Some((AttributeType(u16::from_be_bytes([header[0], header[1]])), value))
}
