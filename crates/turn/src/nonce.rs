//! Nonces nobody has to remember (A3): expiry and a MAC over it, so that a flood of Allocates costs no memory, and a
//! restart or another node with the same key honours them.
//!
//! ```text
//! "obMatJos2" base64(features, 3 bytes) base64url(expiry, 4 bytes of Unix seconds | HMAC-SHA256(key, client ip, expiry), 12 bytes)
//! ```
//!
//! The features (RFC 8489 §9.2, §18.1) say that PASSWORD-ALGORITHMS was offered, and whether a name may be sent as a hash.
//! Whoever strips an offer on its way has to change the nonce, too, and then it is not ours any more: nobody can be talked
//! into the weaker algorithm, or into showing a name.
//!
//! Bound to the client's IP address but not its port: Chrome answers a 437 with a new Allocate from a new port and
//! the old nonce, and gives up on 438.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::config::TurnConfig;

/// Bytes of MAC kept: 96 bits, guessed online only.
const MAC_LENGTH: usize = 12;
/// The nonce cookie, and of the 24 security features bit 0: password algorithms. Bit 0 is the least significant one
/// (erratum 6290 to RFC 8489 §18.1).
const COOKIE: &str = "obMatJos2AAAB";
/// The same, and bit 1: user names as a hash.
const COOKIE_WITH_NAMES: &str = "obMatJos2AAAD";
/// Characters behind the cookie.
const SEAL_CHARS: usize = 22;

/// Makes and checks nonces.
#[derive(Clone)]
pub(crate) struct Nonces {
    key: [u8; 32],
    previous: Option<[u8; 32]>,
    lifetime: Duration,
    cookie: &'static str,
}

impl Nonces {
    pub(crate) const fn new(config: &TurnConfig) -> Self {
        Self {
            key: config.nonce_key,
            previous: config.previous_nonce_key,
            lifetime: config.limits.nonce_lifetime,
            cookie: if config.knows_names { COOKIE_WITH_NAMES } else { COOKIE },
        }
    }

    /// A nonce for this client, good for the configured lifetime.
    pub(crate) fn issue(&self, unix: Duration, client: IpAddr) -> String {
        // Unix time fits 32 bits until 2106.
        let expiry = u32::try_from((unix + self.lifetime).as_secs()).unwrap_or(u32::MAX);
        let mut bytes = [0; 4 + MAC_LENGTH];
        bytes[..4].copy_from_slice(&expiry.to_be_bytes());
        bytes[4..].copy_from_slice(&mac(&self.key, client, expiry));
        let mut nonce = String::with_capacity(self.cookie.len() + SEAL_CHARS);
        nonce.push_str(self.cookie);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut nonce);
        nonce
    }

    /// Whether we made this nonce for this client, and it has not expired.
    pub(crate) fn accept(&self, unix: Duration, client: IpAddr, nonce: &[u8]) -> bool {
        let Some(seal) = nonce.strip_prefix(self.cookie.as_bytes()) else { return false };
        let mut bytes = [0; 4 + MAC_LENGTH];
        // The decoder wants room for an estimate that may exceed the result, hence the length check before it.
        if seal.len() != SEAL_CHARS || URL_SAFE_NO_PAD.decode_slice(seal, &mut bytes) != Ok(bytes.len()) {
            return false;
        }
        let (expiry, claimed) = bytes.split_at(4);
        let expiry = u32::from_be_bytes(expiry.try_into().expect("split at four"));
        let by_key = |key: &[u8; 32]| bool::from(mac(key, client, expiry).ct_eq(claimed));
        unix.as_secs() < u64::from(expiry)
            && (by_key(&self.key) || self.previous.as_ref().is_some_and(by_key))
    }
}

fn mac(key: &[u8; 32], client: IpAddr, expiry: u32) -> [u8; MAC_LENGTH] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    match client {
        IpAddr::V4(ip) => mac.update(&ip.octets()),
        IpAddr::V6(ip) => mac.update(&ip.octets()),
    }
    mac.update(&expiry.to_be_bytes());
    let full = mac.finalize().into_bytes();
    full[..MAC_LENGTH].try_into().expect("a SHA-256 MAC is longer")
}
