//! Who sent this request? Long-term credentials (RFC 8489 §9.2.4), made by [`credentials`](crate::credentials).
//! Nothing is remembered about anybody who has not shown the password (X3).

use std::sync::Arc;
use std::time::Duration;

use crate::allocation::Allocation;
use crate::codec::{AttributeType, ErrorCode, IntegrityKey, Message, PasswordAlgorithm};
use crate::config::TurnConfig;
use crate::credentials::{Username, password};
use crate::five_tuple::FiveTuple;
use crate::nonce::Nonces;

/// Somebody who has shown the password.
pub(crate) struct Caller {
    pub(crate) username: Arc<str>,
    pub(crate) key: IntegrityKey,
}

/// Checks a request in the order the RFC prescribes. 401 and 438 are to be sent with a challenge, 400 without.
pub(crate) fn authenticate(
    config: &TurnConfig,
    nonces: &Nonces,
    unix: Duration,
    from: FiveTuple,
    message: &Message<'_>,
    existing: Option<&Allocation>,
) -> Result<Caller, ErrorCode> {
    let Some(integrity) = message.integrity() else { return Err(ErrorCode::Unauthorized) };
    let username = message.attribute(AttributeType::USERNAME);
    let (Some(username), Some(_realm), Some(nonce)) =
        (username, message.attribute(AttributeType::REALM), message.attribute(AttributeType::NONCE))
    else {
        return Err(ErrorCode::BadRequest);
    };
    let algorithm = algorithm_of(message)?;
    let username = std::str::from_utf8(username).map_err(|_| ErrorCode::Unauthorized)?;
    let parsed = Username::parse(username).ok_or(ErrorCode::Unauthorized)?;

    let same = existing.filter(|allocation| *allocation.username == *username);
    let caller = match same {
        Some(allocation) if allocation.key.is_for(integrity, algorithm) => {
            Caller { username: Arc::clone(&allocation.username), key: allocation.key.clone() }
        }
        Some(_) | None => {
            let password = password(&config.secret, username);
            let key = IntegrityKey::derived(integrity, algorithm, username, &config.realm, &password);
            Caller { username: username.into(), key }
        }
    };
    // A6: an expired credential opens nothing, but keeps what it has opened for a while, or a long call would end.
    let grace = if same.is_some() { config.limits.credential_grace } else { Duration::ZERO };
    let is_valid = unix < parsed.expires_at.saturating_add(grace);
    if !message.verify_integrity(&caller.key) || !is_valid {
        return Err(ErrorCode::Unauthorized);
    }
    // After the integrity check: RFC 8489 §9.2.4 wants 401 if both are wrong.
    if !nonces.accept(unix, from.client.ip(), nonce) {
        return Err(ErrorCode::StaleNonce);
    }
    Ok(caller)
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
