//! MESSAGE-INTEGRITY with a long-term credential (RFC 8489 §9.2.2 and §14.5).

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// What both sides make of user name, realm and password; the HMAC key schedule is computed once.
#[derive(Clone)]
pub struct IntegrityKey {
    schedule: Hmac<Sha1>,
}

impl std::fmt::Debug for IntegrityKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("IntegrityKey(..)")
    }
}

impl IntegrityKey {
    /// The key of a long-term credential: `MD5(user:realm:password)` (RFC 8489 §18.5.1.1), which is what every browser
    /// uses.
    pub fn long_term(username: &str, realm: &str, password: &str) -> Self {
        let mut digest = Md5::new();
        for part in [username, ":", realm, ":", password] {
            digest.update(part.as_bytes());
        }
        Self::from_bytes(&digest.finalize())
    }

    /// The key of a short-term credential: the password itself (RFC 8489 §9.1.1).
    pub fn short_term(password: &str) -> Self {
        Self::from_bytes(password.as_bytes())
    }

    fn from_bytes(key: &[u8]) -> Self {
        Self { schedule: Hmac::new_from_slice(key).expect("HMAC takes a key of any length") }
    }

    /// The MAC over a message up to (not including) its MESSAGE-INTEGRITY. The length field is taken to end with that
    /// attribute, whatever follows it.
    pub(crate) fn mac(&self, before: &[u8]) -> [u8; 20] {
        let length = u16::try_from(before.len() + 24 - super::MESSAGE_HEADER).unwrap_or(u16::MAX);
        let mut mac = self.schedule.clone();
        mac.update(&before[..2]);
        mac.update(&length.to_be_bytes());
        mac.update(&before[4..]);
        mac.finalize().into_bytes().into()
    }

    /// Whether `claimed` is the MAC over `before`, in constant time.
    pub(crate) fn verify(&self, before: &[u8], claimed: &[u8]) -> bool {
        self.mac(before).ct_eq(claimed).into()
    }
}
