//! What a probe says and how it reads the answers; nothing here waits for anything.

use std::net::SocketAddr;

use visavis_turn::Credential;
use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, IntegrityKey, Message, MessageBuilder, Method, TransactionId,
    decode_channel_data, decode_error_code, decode_xor_address,
};

use super::ProbeError;

/// One client's side: who it is, and what the server has told it to sign with.
pub(super) struct Conversation {
    credential: Option<Credential>,
    realm: String,
    nonce: String,
    transaction: TransactionId,
}

/// An answer taken apart.
pub(super) struct Answer {
    pub(super) class: Class,
    pub(super) code: Option<ErrorCode>,
    pub(super) mapped: Option<SocketAddr>,
    pub(super) relayed: Option<SocketAddr>,
    /// Whether it is signed by who knows our password.
    pub(super) is_genuine: bool,
    realm: Option<String>,
    nonce: Option<String>,
}

impl Answer {
    /// What is wrong with an answer that is not the wished one.
    pub(super) fn refusal(&self) -> ProbeError {
        self.code.map_or(ProbeError::Stranger, ProbeError::Refused)
    }
}

impl Conversation {
    pub(super) fn new(credential: Option<&Credential>) -> Self {
        Self {
            credential: credential.cloned(),
            realm: String::new(),
            nonce: String::new(),
            transaction: TransactionId([0; 12]),
        }
    }

    /// The request whose answer is waited for next.
    pub(super) fn request(&mut self, method: Method) -> MessageBuilder {
        self.transaction = TransactionId(random());
        MessageBuilder::new(Class::Request, method, self.transaction)
    }

    /// With our name, and proof that we know the password.
    pub(super) fn sign(&self, request: MessageBuilder) -> Vec<u8> {
        let (Some(credential), Some(key)) = (&self.credential, self.key()) else { return request.finish() };
        request
            .attribute(AttributeType::USERNAME, credential.username.as_bytes())
            .attribute(AttributeType::REALM, self.realm.as_bytes())
            .attribute(AttributeType::NONCE, self.nonce.as_bytes())
            .integrity(&key)
            .finish()
    }

    fn key(&self) -> Option<IntegrityKey> {
        let credential = self.credential.as_ref()?;
        Some(IntegrityKey::long_term(&credential.username, &self.realm, &credential.password))
    }

    /// Keeps what a challenge says. Whether it is one.
    pub(super) fn learn(&mut self, challenge: &Answer) -> bool {
        let (Some(realm), Some(nonce)) = (&challenge.realm, &challenge.nonce) else { return false };
        (self.realm, self.nonce) = (realm.clone(), nonce.clone());
        true
    }

    /// The message as an answer to the last request, if it is that.
    pub(super) fn answer(&self, bytes: &[u8]) -> Option<Answer> {
        let message = Message::decode(bytes).ok()?;
        let answers = match message.class {
            Class::Success | Class::Error => message.transaction == self.transaction,
            Class::Request | Class::Indication => false,
        };
        if !answers {
            return None;
        }
        let address =
            |kind| message.attribute(kind).and_then(|value| decode_xor_address(value, message.transaction));
        let text = |kind| message.text(kind).map(str::to_owned);
        Some(Answer {
            class: message.class,
            code: message.attribute(AttributeType::ERROR_CODE).and_then(decode_error_code),
            mapped: address(AttributeType::XOR_MAPPED_ADDRESS),
            relayed: address(AttributeType::XOR_RELAYED_ADDRESS),
            is_genuine: self.key().is_some_and(|key| message.verify_integrity(&key)),
            realm: text(AttributeType::REALM),
            nonce: text(AttributeType::NONCE),
        })
    }

    /// `data` for `peer`.
    pub(super) fn send_indication(&self, peer: SocketAddr, data: &[u8]) -> Vec<u8> {
        MessageBuilder::new(Class::Indication, Method::Send, TransactionId(random()))
            .address(AttributeType::XOR_PEER_ADDRESS, peer)
            .attribute(AttributeType::DATA, data)
            .finish()
    }
}

/// `data` for a channel's peer. `data` must need no padding.
pub(super) fn channel_data(channel: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a probe says little");
    assert!(data.len().is_multiple_of(4), "a stream would need padding");
    [&channel.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
}

/// What came from a peer: from whom, unless it came through the channel; and what.
pub(super) fn data(bytes: &[u8]) -> Option<(Option<SocketAddr>, Vec<u8>)> {
    if let Some((_channel, data)) = decode_channel_data(bytes) {
        return Some((None, bytes[data].to_vec()));
    }
    let message = Message::decode(bytes).ok()?;
    if (message.class, message.method) != (Class::Indication, Method::Data) {
        return None;
    }
    let peer = decode_xor_address(message.attribute(AttributeType::XOR_PEER_ADDRESS)?, message.transaction)?;
    Some((Some(peer), message.attribute(AttributeType::DATA)?.to_vec()))
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has randomness: the relay started with some");
    bytes
}
