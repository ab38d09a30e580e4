//! Seals the records of live calls, for their devices to keep, and opens what comes back.
//!
//! ```text
//!  base64url( format: 1 │ nonce: 12 │ AES-256-GCM of the capsule's JSON: … │ tag: 16 )
//! ```
//!
//! Sealed rather than only signed: a record knows things that the other person shall not read, such as the names of devices
//! that rang and did not answer. Each call has a key of its own, so that random nonces never get near their limit.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use visavis_call::Capsule;
use visavis_proto::{CallId, limits};

use crate::secrets::random;

/// Sealed are whole blocks: the length of a capsule shall not say whether the record has a word more, such as that its
/// caller is blocked.
const BLOCK: usize = 1024;
/// The only format there is.
const FORMAT: u8 = 1;

/// The key from which each call's key is made.
pub struct Capsules {
    key: [u8; 32],
}

impl Capsules {
    /// Capsules under `key`; whoever has another key cannot open them.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Seals a capsule. `None` if it is longer than a device is asked to keep.
    pub(super) fn seal(&self, capsule: &Capsule) -> Option<String> {
        let mut content =
            serde_json::to_vec(capsule).expect("a record has string keys and no failing serializers");
        // JSON may end in spaces.
        content.resize(content.len().next_multiple_of(BLOCK), b' ');
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&random()[..NONCE_LEN]);
        self.key_of(capsule.record.id)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from([FORMAT]), &mut content)
            .expect("a record is far shorter than AES-GCM can seal");
        let text = URL_SAFE_NO_PAD.encode([&[FORMAT], &nonce[..], &content].concat());
        (text.len() <= limits::CAPSULE_BYTES).then_some(text)
    }

    /// Opens a capsule of `call`. `None` if it was not sealed here, for this call, or is of a layout that is not known.
    pub(super) fn open(&self, call: CallId, text: &str) -> Option<Capsule> {
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (format, rest) = bytes.split_first_mut()?;
        if *format != FORMAT {
            return None;
        }
        let (nonce, sealed) = rest.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        // Compares the tag in constant time.
        let content = self.key_of(call).open_in_place(nonce, Aad::from([FORMAT]), sealed).ok()?;
        let capsule: Capsule = serde_json::from_slice(content).ok()?;
        (capsule.record.id == call).then_some(capsule)
    }

    fn key_of(&self, call: CallId) -> LessSafeKey {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        hmac.update(call.0.as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, &hmac.finalize().into_bytes());
        LessSafeKey::new(key.expect("SHA-256 gives as many bytes as the cipher's key has"))
    }
}

impl fmt::Debug for Capsules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capsules(…)")
    }
}

#[cfg(test)]
mod tests;
