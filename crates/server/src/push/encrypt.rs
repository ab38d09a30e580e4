//! Message encryption for Web Push (RFC 8291) in one record of `aes128gcm` (RFC 8188).
//!
//! ```text
//!  salt: 16 │ record size: u32 │ key id length: 65 │ our public key: 65 │ AES-128-GCM of the text and a delimiter
//! ```

use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;
use sha2::Sha256;

use crate::secrets::random;

/// An uncompressed point of P-256.
pub(super) const POINT: usize = 65;
/// Of the secret that a browser shares.
pub(super) const AUTH: usize = 16;
const SALT: usize = 16;
/// Larger than any text of ours, so that each is one record.
const RECORD: u32 = 4096;
/// RFC 8188 §2: the delimiter of the last record.
const LAST: u8 = 2;

/// What a browser gave: its public key and the secret it shares with us.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Receiver {
    pub(super) point: [u8; POINT],
    pub(super) auth: [u8; AUTH],
}

/// The body of a push, which only `to` can read. `None`: its key is no point of the curve.
pub(super) fn encrypt(to: &Receiver, text: &[u8]) -> Option<Vec<u8>> {
    let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).ok()?;
    let ours: [u8; POINT] = key.compute_public_key().ok()?.as_ref().try_into().ok()?;
    let [salt, _] = *random().as_chunks::<SALT>().0 else { unreachable!("32 bytes are two times 16") };
    agree_ephemeral(key, &UnparsedPublicKey::new(&ECDH_P256, to.point), |shared| {
        seal(shared, to, &ours, salt, text)
    })
    .ok()
}

fn seal(shared: &[u8], to: &Receiver, ours: &[u8; POINT], salt: [u8; SALT], text: &[u8]) -> Vec<u8> {
    // RFC 8291 §3.4, then RFC 8188 §2.2 and §2.3.
    let info = [&b"WebPush: info\0"[..], &to.point, ours].concat();
    let input = derive(&to.auth, shared, &info);
    let key = derive(&salt, &input, b"Content-Encoding: aes128gcm\0");
    let nonce = derive(&salt, &input, b"Content-Encoding: nonce\0");
    let cipher = UnboundKey::new(&AES_128_GCM, &key[..16]).expect("the cipher's key has 16 bytes");
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).expect("the cipher's nonce has 12 bytes");
    let mut content = [text, &[LAST]].concat();
    LessSafeKey::new(cipher)
        .seal_in_place_append_tag(nonce, Aad::empty(), &mut content)
        .expect("a record is far shorter than AES-GCM can seal");
    let length = u8::try_from(POINT).expect("a point is shorter than 256 bytes");
    [&salt[..], &RECORD.to_be_bytes(), &[length], ours, &content].concat()
}

/// HKDF-SHA-256 (RFC 5869) where one block is enough.
fn derive(salt: &[u8], input: &[u8], info: &[u8]) -> [u8; 32] {
    let hmac = |key: &[u8], parts: &[&[u8]]| -> [u8; 32] {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in parts {
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    };
    hmac(&hmac(salt, &[input]), &[info, &[1]])
}

#[cfg(test)]
mod tests;
