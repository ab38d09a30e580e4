//! Time-limited credentials ("TURN REST API", draft-uberti-behave-turn-rest): whoever knows the secret can make them,
//! the relay needs to know no user.
//!
//! The user name is `expiry:user`, perhaps with tags behind it (`expiry:user/device/call`), with the expiry in seconds of
//! Unix time; the password is `base64(HMAC-SHA1(secret, user name))`. What a tag stands for is the issuer's business: all
//! that a user has under one of them can be revoked at once.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Tells the key of nonces from passwords, which are made with the same secret: no user name is like this.
const NONCE_LABEL: &[u8] = b"visavis nonce key";

/// What credentials are made with. Shared by signaling and all relays; never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthSecret(Vec<u8>);

impl AuthSecret {
    /// A secret of any bytes; coturn's `static-auth-secret` is the same thing as text.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }
}

impl AuthSecret {
    /// A key for nonces, the same for all relays with this secret: a nonce of one is good at the others, so whoever is sent on
    /// from one to the next (300) comes with a good one. Browsers give up if it is not.
    pub fn nonce_key(&self) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(NONCE_LABEL);
        mac.finalize().into_bytes().into()
    }
}

impl From<[u8; 32]> for AuthSecret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }
}

impl std::fmt::Debug for AuthSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AuthSecret(..)")
    }
}

/// What a client is given for the `username` and `credential` of an ICE server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// `expiry:user[/tag…]`.
    pub username: String,
    /// 28 characters.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credential").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Makes a credential for `user` (or `user/tag…`) that opens allocations until `expires_at`, a time since the Unix
/// epoch, cut to whole seconds.
pub fn issue(secret: &AuthSecret, user: &str, expires_at: Duration) -> Credential {
    let username = format!("{}:{user}", expires_at.as_secs());
    let password = password(secret, &username);
    Credential { username, password }
}

/// The password that belongs to a user name.
pub(crate) fn password(secret: &AuthSecret, username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret.0).expect("HMAC takes a key of any length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The parts of a user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Username<'a> {
    /// Until when it opens allocations, since the Unix epoch.
    pub expires_at: Duration,
    /// Everything after the first colon.
    pub subject: &'a str,
    /// The subject up to the first slash: whose quota it counts on.
    pub user: &'a str,
}

impl<'a> Username<'a> {
    /// `None` if it does not start with decimal digits and a colon.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (expiry, subject) = text.split_once(':')?;
        let is_decimal = !expiry.is_empty() && expiry.bytes().all(|byte| byte.is_ascii_digit());
        if !is_decimal {
            return None;
        }
        let user = subject.split_once('/').map_or(subject, |(user, _tags)| user);
        Some(Self { expires_at: Duration::from_secs(expiry.parse().ok()?), subject, user })
    }

    /// What stands behind the user.
    fn tags(self) -> impl Iterator<Item = &'a str> {
        self.subject.split('/').skip(1)
    }

    /// Whether a revocation of this `user` or `user/tag` means it.
    pub(crate) fn is_of(self, revoked: &str) -> bool {
        match revoked.strip_prefix(self.user).and_then(|rest| rest.strip_prefix('/')) {
            Some(tag) => self.tags().any(|own| own == tag),
            None => revoked == self.user,
        }
    }

    /// All revocations that mean it: `user`, and `user/tag` for each tag.
    pub(crate) fn revocations(self) -> impl Iterator<Item = Cow<'a, str>> {
        let tagged = move |tag| Cow::Owned([self.user, "/", tag].concat());
        std::iter::once(Cow::Borrowed(self.user)).chain(self.tags().map(tagged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_what_openssl_makes_of_the_same_secret_and_user_name() {
        // printf %s '1700000000:alice/c1' | openssl dgst -sha1 -hmac north -binary | base64
        let credential =
            issue(&AuthSecret::new("north"), "alice/c1", Duration::from_millis(1_700_000_000_999));
        assert_eq!(credential.username, "1700000000:alice/c1");
        assert_eq!(credential.password, "LAXwURn132HynWDzPsNHS7A+1Uc=");
    }

    #[test]
    fn the_key_of_nonces_is_what_openssl_makes_of_the_secret() {
        // printf %s 'visavis nonce key' | openssl dgst -sha256 -hmac north
        let key = AuthSecret::new("north").nonce_key();
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "d7c3262a13f57fa84d055628524b349d5f1e18cf62eb43d0953c27b8e139ee98");
    }

    #[test]
    fn a_user_name_is_taken_apart_at_the_first_colon_and_slash() {
        let expires_at = Duration::from_secs(12);
        let parsed = |text| Username::parse(text);
        assert_eq!(parsed("12:a"), Some(Username { expires_at, subject: "a", user: "a" }));
        assert_eq!(parsed("12:a/b/c:d"), Some(Username { expires_at, subject: "a/b/c:d", user: "a" }));
        assert_eq!(parsed("12:"), Some(Username { expires_at, subject: "", user: "" }));
        for wrong in ["", "12", ":a", "+12:a", "-1:a", "x:a", "99999999999999999999:a"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_credential_is_revoked_with_its_user_or_with_any_of_its_tags() {
        let name = Username::parse("12:alice/laptop/c1").unwrap();
        assert!(["alice", "alice/laptop", "alice/c1"].iter().all(|revoked| name.is_of(revoked)));
        let others =
            ["", "ali", "alice/", "alice/c", "alice/laptop/c1", "alice/alice", "bob/c1", "bob", "/c1"];
        assert!(!others.iter().any(|revoked| name.is_of(revoked)));
        assert_eq!(name.revocations().collect::<Vec<_>>(), ["alice", "alice/laptop", "alice/c1"]);
        let alone = Username::parse("12:alice").unwrap();
        assert!(alone.is_of("alice") && !alone.is_of("alice/"));
        assert_eq!(alone.revocations().collect::<Vec<_>>(), ["alice"]);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = AuthSecret::new("north");
        let credential = issue(&secret, "alice", Duration::from_secs(1));
        let shown = format!("{secret:?} {credential:?}");
        assert_eq!(shown, r#"AuthSecret(..) Credential { username: "1:alice", .. }"#);
    }
}
