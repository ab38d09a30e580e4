//! Attribute and error numbers (RFC 8489 §18.3 and §18.6, RFC 8656 §18 and §19).

/// The kind of an attribute, as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeType(pub u16);

impl AttributeType {
    /// Who asks.
    pub const USERNAME: Self = Self(0x0006);
    /// HMAC-SHA1 over everything before it.
    pub const MESSAGE_INTEGRITY: Self = Self(0x0008);
    /// Why the answer is no.
    pub const ERROR_CODE: Self = Self(0x0009);
    /// Which attributes were not understood.
    pub const UNKNOWN_ATTRIBUTES: Self = Self(0x000A);
    /// A channel.
    pub const CHANNEL_NUMBER: Self = Self(0x000C);
    /// Seconds an allocation lives.
    pub const LIFETIME: Self = Self(0x000D);
    /// The peer meant.
    pub const XOR_PEER_ADDRESS: Self = Self(0x0012);
    /// A connection between the relay and a peer (RFC 6062 §6.2.1).
    pub const CONNECTION_ID: Self = Self(0x002A);
    /// Application data.
    pub const DATA: Self = Self(0x0013);
    /// Whose credentials are asked for.
    pub const REALM: Self = Self(0x0014);
    /// The server's challenge.
    pub const NONCE: Self = Self(0x0015);
    /// The address opened for the client.
    pub const XOR_RELAYED_ADDRESS: Self = Self(0x0016);
    /// IPv4 or IPv6.
    pub const REQUESTED_ADDRESS_FAMILY: Self = Self(0x0017);
    /// An even port, and perhaps the next one, too.
    pub const EVEN_PORT: Self = Self(0x0018);
    /// UDP or TCP.
    pub const REQUESTED_TRANSPORT: Self = Self(0x0019);
    /// Who asks, without saying a name.
    pub const USERHASH: Self = Self(0x001E);
    /// HMAC-SHA256 over everything before it.
    pub const MESSAGE_INTEGRITY_SHA256: Self = Self(0x001C);
    /// How the key is made of the password.
    pub const PASSWORD_ALGORITHM: Self = Self(0x001D);
    /// Send without letting routers fragment it (IPv4's DF bit).
    pub const DONT_FRAGMENT: Self = Self(0x001A);
    /// The client's address as the server sees it.
    pub const XOR_MAPPED_ADDRESS: Self = Self(0x0020);
    /// Names a port kept by an earlier EVEN-PORT.
    pub const RESERVATION_TOKEN: Self = Self(0x0022);
    /// IPv6 beside IPv4.
    pub const ADDITIONAL_ADDRESS_FAMILY: Self = Self(0x8000);
    /// Why one of two families could not be had.
    pub const ADDRESS_ERROR_CODE: Self = Self(0x8001);
    /// The ways to make a key that the server knows.
    pub const PASSWORD_ALGORITHMS: Self = Self(0x8002);
    /// What the certificate of another server is good for.
    pub const ALTERNATE_DOMAIN: Self = Self(0x8003);
    /// What became of a packet that did not arrive.
    pub const ICMP: Self = Self(0x8004);
    /// Nothing, from who wants to be able to move; or what lets it.
    pub const MOBILITY_TICKET: Self = Self(0x8030);
    /// Another server to try.
    pub const ALTERNATE_SERVER: Self = Self(0x8023);
    /// CRC-32 over everything before it.
    pub const FINGERPRINT: Self = Self(0x8028);

    /// Whether a message that carries this attribute may be answered by a server that does not know it: kinds below
    /// 0x8000 must be understood (RFC 8489 §14). DONT-FRAGMENT and USERHASH are known, but a server may still be unable to
    /// obey them.
    pub fn must_be_refused(self) -> bool {
        const KNOWN: [AttributeType; 20] = [
            AttributeType::USERNAME,
            AttributeType::USERHASH,
            AttributeType::MESSAGE_INTEGRITY,
            AttributeType::MESSAGE_INTEGRITY_SHA256,
            AttributeType::PASSWORD_ALGORITHM,
            AttributeType::ERROR_CODE,
            AttributeType::UNKNOWN_ATTRIBUTES,
            AttributeType::CHANNEL_NUMBER,
            AttributeType::LIFETIME,
            AttributeType::XOR_PEER_ADDRESS,
            AttributeType::DATA,
            AttributeType::CONNECTION_ID,
            AttributeType::REALM,
            AttributeType::NONCE,
            AttributeType::XOR_RELAYED_ADDRESS,
            AttributeType::REQUESTED_ADDRESS_FAMILY,
            AttributeType::EVEN_PORT,
            AttributeType::DONT_FRAGMENT,
            AttributeType::REQUESTED_TRANSPORT,
            AttributeType::RESERVATION_TOKEN,
        ];
        self.0 < 0x8000 && self != Self::XOR_MAPPED_ADDRESS && !KNOWN.contains(&self)
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum ErrorCode {
    /// There is no room here, but at the server named.
    TryAlternate = 300,
    /// Malformed, or a rule of the standard is broken.
    BadRequest = 400,
    /// Credentials are missing, wrong or expired.
    Unauthorized = 401,
    /// This peer may not be reached through here.
    Forbidden = 403,
    /// Allocations do not move here.
    MobilityForbidden = 405,
    /// An attribute that must be understood is not.
    UnknownAttribute = 420,
    /// No allocation where one is needed, or one where none may be.
    AllocationMismatch = 437,
    /// The nonce is too old or not ours.
    StaleNonce = 438,
    /// No relayed address of this family.
    AddressFamilyNotSupported = 440,
    /// The allocation belongs to another user name.
    WrongCredentials = 441,
    /// This transport protocol is not relayed.
    UnsupportedTransport = 442,
    /// The peer is not of the relayed address's family.
    PeerAddressFamilyMismatch = 443,
    /// There is a connection to this peer already, or there soon may be.
    ConnectionAlreadyExists = 446,
    /// The peer can not be connected to.
    ConnectionFailed = 447,
    /// The user has as many allocations as one user may.
    AllocationQuotaReached = 486,
    /// The server has no port, permission or channel left to give.
    InsufficientCapacity = 508,
}

impl ErrorCode {
    const ALL: [Self; 16] = [
        Self::TryAlternate,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::MobilityForbidden,
        Self::UnknownAttribute,
        Self::AllocationMismatch,
        Self::StaleNonce,
        Self::AddressFamilyNotSupported,
        Self::WrongCredentials,
        Self::UnsupportedTransport,
        Self::PeerAddressFamilyMismatch,
        Self::ConnectionAlreadyExists,
        Self::ConnectionFailed,
        Self::AllocationQuotaReached,
        Self::InsufficientCapacity,
    ];

    /// The number, 300–508.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The words sent along. What anybody can provoke without credentials has none: they would only serve to make
    /// the answer to a forged source larger than the request.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::BadRequest | Self::Unauthorized | Self::StaleNonce => "",
            Self::TryAlternate => "Try Alternate",
            Self::Forbidden => "Forbidden",
            Self::MobilityForbidden => "Mobility Forbidden",
            Self::UnknownAttribute => "Unknown Attribute",
            Self::AllocationMismatch => "Allocation Mismatch",
            Self::AddressFamilyNotSupported => "Family Not Supported",
            Self::WrongCredentials => "Wrong Credentials",
            Self::UnsupportedTransport => "Unsupported Transport",
            Self::PeerAddressFamilyMismatch => "Peer Family Mismatch",
            Self::ConnectionAlreadyExists => "Connection Already Exists",
            Self::ConnectionFailed => "Connection Timeout or Failure",
            Self::AllocationQuotaReached => "Quota Reached",
            Self::InsufficientCapacity => "Insufficient Capacity",
        }
    }

    /// The value of an ERROR-CODE attribute (RFC 8489 §14.8).
    pub(crate) fn encode(self) -> Vec<u8> {
        let [hundreds, rest] = self.class_and_rest();
        [&[0, 0, hundreds, rest], self.reason().as_bytes()].concat()
    }

    /// The value of an ADDRESS-ERROR-CODE attribute (RFC 8656 §18.12) about a family: 1 is IPv4, 2 is IPv6.
    pub(crate) fn encode_for_family(self, family: u8) -> Vec<u8> {
        let [hundreds, rest] = self.class_and_rest();
        [&[family, 0, hundreds, rest], self.reason().as_bytes()].concat()
    }

    fn class_and_rest(self) -> [u8; 2] {
        [self.number() / 100, self.number() % 100].map(|part| part.to_be_bytes()[1])
    }
}

/// Reads the value of an ERROR-CODE attribute; `None` if malformed or not a code this server sends.
pub fn decode_error_code(value: &[u8]) -> Option<ErrorCode> {
    let [_, _, hundreds, rest, ..] = value else { return None };
    let number = u16::from(hundreds & 0x07) * 100 + u16::from(*rest);
    ErrorCode::ALL.into_iter().find(|code| code.number() == number)
}
