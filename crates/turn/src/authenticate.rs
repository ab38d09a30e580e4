//! Who sent this request? Long-term credentials (RFC 8489 §9.2.4), made by [`credentials`](crate::credentials).
//! Nothing is remembered about anybody who has not shown the password (X3).

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::allocation::Allocation;
use crate::codec::{AttributeType, ErrorCode, Integrity, IntegrityKey, Message, PasswordAlgorithm};
use crate::config::TurnConfig;
use crate::credentials::{Username, password};
use crate::five_tuple::FiveTuple;
use crate::lasting::Lasting;
use crate::nonce::Nonces;

/// What a client may send in place of a user name: SHA-256 over name and realm (RFC 8489 §14.4).
pub(crate) type UserHash = [u8; 32];

/// Somebody who has shown the password.
pub(crate) struct Caller {
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
}

/// Whom an answer is for, and by what it came.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) at: FiveTuple,
    /// TLS lies between.
    pub(crate) over_tls: bool,
    pub(crate) key: &'a IntegrityKey,
}

/// What a caller is checked against.
pub(crate) struct Authenticator<'a> {
    pub(crate) config: &'a TurnConfig,
    pub(crate) nonces: &'a Nonces,
    /// Names that may be sent as a hash.
    pub(crate) known: &'a Lasting<UserHash, Arc<str>, Duration>,
    /// Subjects whose credentials are void if they expire no later than this is kept.
    pub(crate) revoked: &'a Lasting<Arc<str>, (), Duration>,
}

impl Authenticator<'_> {
    /// Checks a request in the order the RFC prescribes. 401 and 438 are to be sent with a challenge, 400 without.
    pub(crate) fn check(
        &self,
        unix: Duration,
        from: FiveTuple,
        message: &Message<'_>,
        existing: Option<&Allocation>,
    ) -> Result<Caller, ErrorCode> {
        let Some(integrity) = message.integrity() else { return Err(ErrorCode::Unauthorized) };
        let (Some(_realm), Some(nonce)) =
            (message.attribute(AttributeType::REALM), message.attribute(AttributeType::NONCE))
        else {
            return Err(ErrorCode::BadRequest);
        };
        let name = self.name(unix, message)?;
        let algorithm = algorithm_of(message)?;
        let username = name.ok_or(ErrorCode::Unauthorized)?;
        let parsed = Username::parse(username).ok_or(ErrorCode::Unauthorized)?;

        let same = existing.filter(|allocation| *allocation.username == *username);
        let caller = self.caller(username, integrity, algorithm, same);
        // A6: an expired credential opens nothing, but keeps what it has opened for a while, or a long call would end.
        let grace = if same.is_some() { self.config.limits.credential_grace } else { Duration::ZERO };
        let is_expired = unix >= parsed.expires_at.saturating_add(grace);
        if !message.verify_integrity(&caller.key) || is_expired || self.is_revoked(unix, parsed) {
            return Err(ErrorCode::Unauthorized);
        }
        // After the integrity check: RFC 8489 §9.2.4 wants 401 if both are wrong.
        if !self.nonces.accept(unix, from.client.ip(), nonce) {
            return Err(ErrorCode::StaleNonce);
        }
        Ok(caller)
    }

    /// The user name, sent as it is or as a hash (A2): 400 if neither is there, `None` if it can be nobody's.
    fn name<'m>(&'m self, unix: Duration, message: &Message<'m>) -> Result<Option<&'m str>, ErrorCode> {
        if let Some(name) = message.attribute(AttributeType::USERNAME) {
            return Ok(std::str::from_utf8(name).ok());
        }
        match message.attribute(AttributeType::USERHASH) {
            Some(hash) if self.config.knows_names => {
                let hash: Option<&UserHash> = hash.try_into().ok();
                Ok(hash.and_then(|hash| self.known.find(unix, hash)).map(|(_, name)| &**name))
            }
            Some(_) | None => Err(ErrorCode::BadRequest),
        }
    }

    fn caller(
        &self,
        username: &str,
        integrity: Integrity,
        algorithm: PasswordAlgorithm,
        same: Option<&Allocation>,
    ) -> Caller {
        match same {
            Some(allocation) if allocation.key.is_for(integrity, algorithm) => {
                Caller { username: Arc::clone(&allocation.username), key: allocation.key.clone() }
            }
            Some(_) | None => {
                let password = password(&self.config.secret, username);
                let realm = &self.config.realm;
                let key = IntegrityKey::derived(integrity, algorithm, username, realm, &password);
                Caller { username: username.into(), key }
            }
        }
    }

    /// A7: what was issued later, to somebody who came back, is good.
    fn is_revoked(&self, unix: Duration, name: Username<'_>) -> bool {
        let found = name.revocations().filter_map(|revoked| self.revoked.find(unix, &*revoked));
        found.into_iter().any(|(until, ())| name.expires_at <= until)
    }
}

/// The hash a client may send in place of this name.
pub(crate) fn user_hash(username: &str, realm: &str) -> UserHash {
    Sha256::digest([username, ":", realm].concat()).into()
}

/// How the caller has made the key. 400 unless what we offered comes back unchanged with one of it, or neither is there
/// (RFC 8489 §9.2.4). Our nonces always say that we have offered.
fn algorithm_of(message: &Message<'_>) -> Result<PasswordAlgorithm, ErrorCode> {
    let offered = message.attribute(AttributeType::PASSWORD_ALGORITHMS);
    let chosen = message.attribute(AttributeType::PASSWORD_ALGORITHM);
    match (offered, chosen) {
        (None, None) => Ok(PasswordAlgorithm::Md5),
        (Some(offered), Some(chosen)) if offered == PasswordAlgorithm::OFFERED => {
            PasswordAlgorithm::decode(chosen).ok_or(ErrorCode::BadRequest)
        }
        (_, _) => Err(ErrorCode::BadRequest),
    }
}
