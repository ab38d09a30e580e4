//! Mobility tickets (RFC 8016): what a client shows to go on with its allocation from another address. Nobody keeps them. One
//! says which allocation it is for and how often that has moved, sealed so that nobody else can read or make one:
//!
//! ```text
//! base64url( AES-SIV, 16 bytes of tag | relay address, 1 · port, 2 · moves, 1 · whose Allocate it was, 4 )
//! ```
//!
//! AES-SIV (RFC 5297) needs no nonce, which keeps a ticket at 32 characters: the longest that coturn's client takes, and as
//! text, since it does not take bytes that are zero.

use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::codec::TransactionId;
use crate::config::TurnConfig;

/// What is sealed.
const CONTENT: usize = 8;
/// Nothing else is vouched for by the tag.
const NO_HEADERS: [&[u8]; 0] = [];

/// Which allocation, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Index of its relay address.
    pub(crate) address: u8,
    pub(crate) port: u16,
    /// How often it had moved, modulo 256.
    pub(crate) moves: u8,
    /// Tells it from others that have had, or will have, the same port.
    pub(crate) opened_by: Opener,
}

/// An Allocate, as far as a ticket knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opener([u8; 4]);

impl From<TransactionId> for Opener {
    fn from(transaction: TransactionId) -> Self {
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(transaction.0));
        Self([a, b, c, d])
    }
}

/// Makes and opens tickets.
pub(crate) struct Tickets {
    key: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl Tickets {
    pub(crate) fn new(config: &TurnConfig) -> Self {
        Self { key: derived(&config.nonce_key), previous: config.previous_nonce_key.as_ref().map(derived) }
    }

    pub(crate) fn seal(&self, ticket: Ticket) -> String {
        let sealed = Aes128Siv::new(&self.key.into()).encrypt(NO_HEADERS, &ticket.encode());
        URL_SAFE_NO_PAD.encode(sealed.expect("it is short"))
    }

    /// `None` if it is none of ours.
    pub(crate) fn open(&self, text: &[u8]) -> Option<Ticket> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let by = |key: &[u8; 32]| Aes128Siv::new(&(*key).into()).decrypt(NO_HEADERS, &sealed).ok();
        let content = by(&self.key).or_else(|| self.previous.as_ref().and_then(by))?;
        Some(Ticket::decode(content.try_into().ok()?))
    }
}

impl Ticket {
    fn encode(self) -> [u8; CONTENT] {
        let ([p, q], Opener([a, b, c, d])) = (self.port.to_be_bytes(), self.opened_by);
        [self.address, p, q, self.moves, a, b, c, d]
    }

    fn decode([address, p, q, moves, a, b, c, d]: [u8; CONTENT]) -> Self {
        Self { address, port: u16::from_be_bytes([p, q]), moves, opened_by: Opener([a, b, c, d]) }
    }
}

/// A key of its own, so that what is known of nonces says nothing of tickets.
fn derived(nonce_key: &[u8; 32]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(nonce_key).expect("HMAC takes a key of any length");
    mac.update(b"mobility ticket");
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_by_who_has_the_key_and_no_bit_of_it_may_change() {
        let tickets = |key, previous: Option<u8>| Tickets {
            key: derived(&[key; 32]),
            previous: previous.map(|key| derived(&[key; 32])),
        };
        let (ours, renewed) = (tickets(1, None), tickets(2, Some(1)));
        let opened_by = Opener::from(TransactionId([3; 12]));
        let ticket = Ticket { address: 1, port: 50_000, moves: 255, opened_by };
        let sealed = ours.seal(ticket).into_bytes();
        assert_eq!(sealed.len(), 32);
        assert_ne!(sealed, ours.seal(Ticket { moves: 0, ..ticket }).into_bytes());
        assert_eq!([&ours, &renewed].map(|by| by.open(&sealed)), [Some(ticket); 2]);
        assert_eq!(tickets(2, None).open(&sealed), None);
        for bit in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(ours.open(&bent), None, "{bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(ours.open(&sealed[..length]), None, "{length}");
        }
        assert_eq!(ours.open(&[&sealed[..], b"AAAA"].concat()), None);
    }
}
