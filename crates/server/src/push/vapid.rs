//! How we say to a push service who we are (VAPID, RFC 8292): a token signed with a key that the browsers know.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use visavis_proto::Timestamp;

/// How long a token is good for: RFC 8292 §2 allows a day.
const LIFETIME_S: u64 = 12 * 3600;

/// The server's key for pushes.
pub(super) struct Vapid {
    key: EcdsaKeyPair,
    /// Whom a push service may write to.
    contact: String,
}

impl Vapid {
    /// `pkcs8` is what [`generate`] gave.
    pub(super) fn new(pkcs8: &[u8], contact: String) -> Option<Self> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        Some(Self { key: key.ok()?, contact })
    }

    /// The `applicationServerKey`.
    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key())
    }

    /// The `Authorization` of a push to `origin`, such as `https://push.example.net`.
    pub(super) fn authorization(&self, origin: &str, now: Timestamp) -> String {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"aud": origin, "exp": now.0 / 1000 + LIFETIME_S, "sub": self.contact});
        let signed = format!("{}.{}", encode(json!({"typ": "JWT", "alg": "ES256"})), encode(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .expect("the system gives random bytes: nothing here could be secure without them");
        format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public_key())
    }
}

/// A new key, as PKCS #8.
pub(crate) fn generate() -> Vec<u8> {
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .expect("the system gives random bytes: nothing here could be secure without them")
        .as_ref()
        .to_vec()
}

/// Whether `pkcs8` is a key that can sign.
pub(crate) fn is_key(pkcs8: &[u8]) -> bool {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new()).is_ok()
}
