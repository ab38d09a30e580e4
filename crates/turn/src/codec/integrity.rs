//! MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 with a long-term credential (RFC 8489 §9.2.2, §14.5, §14.6).

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::attribute::AttributeType;

/// Which attribute protects a message. An answer is protected as its request was (RFC 8489 §9.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// MESSAGE-INTEGRITY: HMAC-SHA1, 20 bytes. What every browser sends.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256: HMAC-SHA256, always all 32 bytes, since TURN defines no shorter one.
    Sha256,
}

impl Integrity {
    /// The kind of the attribute.
    pub const fn attribute(self) -> AttributeType {
        match self {
            Self::Sha1 => AttributeType::MESSAGE_INTEGRITY,
            Self::Sha256 => AttributeType::MESSAGE_INTEGRITY_SHA256,
        }
    }

    /// The bytes of its value.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(crate) fn of(kind: AttributeType) -> Option<Self> {
        [Self::Sha1, Self::Sha256].into_iter().find(|integrity| integrity.attribute() == kind)
    }
}

/// How the key is made of a long-term credential (RFC 8489 §18.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordAlgorithm {
    /// `MD5(user:realm:password)`: what is meant when nothing is said.
    Md5,
    /// `SHA-256(user:realm:password)`.
    Sha256,
}

impl PasswordAlgorithm {
    /// All, the better one first, as the value of PASSWORD-ALGORITHMS: number and length of the parameters, which none has.
    pub const OFFERED: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];

    /// Reads PASSWORD-ALGORITHM; `None` if malformed or unknown.
    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        match value {
            [0, 1, 0, 0] => Some(Self::Md5),
            [0, 2, 0, 0] => Some(Self::Sha256),
            _ => None,
        }
    }
}

#[derive(Clone)]
enum Schedule {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
}

/// What both sides make of user name, realm and password; the HMAC key schedule is computed once.
#[derive(Clone)]
pub struct IntegrityKey {
    schedule: Schedule,
    algorithm: PasswordAlgorithm,
}

impl std::fmt::Debug for IntegrityKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("IntegrityKey(..)")
    }
}

impl IntegrityKey {
    /// The key of a long-term credential as every browser makes and uses it: MD5 and HMAC-SHA1.
    pub fn long_term(username: &str, realm: &str, password: &str) -> Self {
        Self::derived(Integrity::Sha1, PasswordAlgorithm::Md5, username, realm, password)
    }

    /// The key of a long-term credential (RFC 8489 §18.5.1), for one kind of integrity.
    pub fn derived(
        integrity: Integrity,
        algorithm: PasswordAlgorithm,
        username: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        let parts = [username, ":", realm, ":", password].map(str::as_bytes);
        match algorithm {
            PasswordAlgorithm::Md5 => Self::from_bytes(integrity, algorithm, &Md5::digest(parts.concat())),
            PasswordAlgorithm::Sha256 => {
                Self::from_bytes(integrity, algorithm, &Sha256::digest(parts.concat()))
            }
        }
    }

    /// The key of a short-term credential: the password itself (RFC 8489 §9.1.1).
    pub fn short_term(password: &str) -> Self {
        Self::from_bytes(Integrity::Sha1, PasswordAlgorithm::Md5, password.as_bytes())
    }

    fn from_bytes(integrity: Integrity, algorithm: PasswordAlgorithm, key: &[u8]) -> Self {
        const ANY: &str = "HMAC takes a key of any length";
        let schedule = match integrity {
            Integrity::Sha1 => Schedule::Sha1(Hmac::new_from_slice(key).expect(ANY)),
            Integrity::Sha256 => Schedule::Sha256(Hmac::new_from_slice(key).expect(ANY)),
        };
        Self { schedule, algorithm }
    }

    /// Which attribute this key makes and checks.
    pub const fn integrity(&self) -> Integrity {
        match self.schedule {
            Schedule::Sha1(_) => Integrity::Sha1,
            Schedule::Sha256(_) => Integrity::Sha256,
        }
    }

    pub(crate) fn is_for(&self, integrity: Integrity, algorithm: PasswordAlgorithm) -> bool {
        self.integrity() == integrity && self.algorithm == algorithm
    }

    /// The MAC over a message up to (not including) its integrity attribute. The length field is taken to end with that
    /// attribute, whatever follows it.
    pub(crate) fn mac(&self, before: &[u8]) -> MacValue {
        let after = 4 + self.integrity().length();
        let length = u16::try_from(before.len() + after - super::MESSAGE_HEADER).unwrap_or(u16::MAX);
        let parts = [&before[..2], &length.to_be_bytes(), &before[4..]];
        let mut bytes = [0; 32];
        let used = match &self.schedule {
            Schedule::Sha1(schedule) => write(schedule.clone(), parts, &mut bytes),
            Schedule::Sha256(schedule) => write(schedule.clone(), parts, &mut bytes),
        };
        MacValue { bytes, used }
    }

    /// Whether `claimed` is the MAC over `before`, in constant time.
    pub(crate) fn verify(&self, before: &[u8], claimed: &[u8]) -> bool {
        self.mac(before).as_slice().ct_eq(claimed).into()
    }
}

/// A MAC of either length.
pub(crate) struct MacValue {
    bytes: [u8; 32],
    used: usize,
}

impl MacValue {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

fn write<M: Mac>(mut mac: M, parts: [&[u8]; 3], into: &mut [u8; 32]) -> usize {
    for part in parts {
        mac.update(part);
    }
    let made = mac.finalize().into_bytes();
    into[..made.len()].copy_from_slice(&made);
    made.len()
}
