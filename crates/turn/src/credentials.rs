//! Time-limited credentials ("TURN REST API", draft-uberti-behave-turn-rest): whoever knows the secret can make them,
//! the relay needs to know no user.
//!
//! The user name is `expiry:user` or `expiry:user/call`, with the expiry in seconds of Unix time; the password is
//! `base64(HMAC-SHA1(secret, user name))`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// What credentials are made with. Shared by signaling and all relays; never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthSecret(Vec<u8>);

impl AuthSecret {
    /// A secret of any bytes; coturn's `static-auth-secret` is the same thing as text.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
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
    /// `expiry:user[/call]`.
    pub username: String,
    /// 28 characters.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credential").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Makes a credential for `user` (or `user/call`) that opens allocations until `expires_at`, a time since the Unix
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
    /// Everything after the first colon: whom a hang-up revokes.
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
        let user = subject.split_once('/').map_or(subject, |(user, _call)| user);
        Some(Self { expires_at: Duration::from_secs(expiry.parse().ok()?), subject, user })
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
    fn debug_output_shows_no_secret() {
        let secret = AuthSecret::new("north");
        let credential = issue(&secret, "alice", Duration::from_secs(1));
        let shown = format!("{secret:?} {credential:?}");
        assert_eq!(shown, r#"AuthSecret(..) Credential { username: "1:alice", .. }"#);
    }
}
