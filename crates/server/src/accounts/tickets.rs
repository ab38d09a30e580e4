//! Tickets for WebSockets: a page cannot give a WebSocket headers, and a cookie alone would let any other page open
//! one. A ticket is signed, so that issuing it keeps nothing and it survives a restart, and good once.
//!
//! ```text
//!  base64url( expires: u64 ms │ nonce: 16 │ login: 32 │ user: UTF-8 │ HMAC-SHA256 over all before: 32 )
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use visavis_proto::limits::TICKET_LIFETIME;
use visavis_proto::{ErrorCode, Timestamp, UserId};
use visavis_store::TokenHash;

use crate::secrets::random;

/// Used tickets remembered until they expire. At 30 s each that is two thousand devices a second; beyond, tickets are
/// refused as overloaded.
const REMEMBERED: usize = 65_536;
/// Of the nonce.
const NONCE: usize = 16;
const LOGIN: usize = 32;
const SIGNATURE: usize = 32;

type Nonce = [u8; NONCE];

/// Issues and redeems tickets.
pub struct Tickets {
    key: [u8; 32],
    /// Used ones with their expiry. A restart forgets them, so that one used just before could be used again within its
    /// 30 s: it travels only inside the connection it opened.
    used: Mutex<HashMap<Nonce, Timestamp>>,
}

/// Whose ticket it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketUser {
    /// Who.
    pub user: UserId,
    /// Which of their logins.
    pub login: TokenHash,
}

struct Content {
    expires: Timestamp,
    nonce: Nonce,
    ticket_user: TicketUser,
}

impl Tickets {
    /// Tickets signed with `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, used: Mutex::default() }
    }

    /// A ticket for a login, good once within [`TICKET_LIFETIME`].
    pub fn issue(&self, user: &UserId, login: TokenHash, now: Timestamp) -> String {
        let mut bytes = (now + TICKET_LIFETIME).0.to_be_bytes().to_vec();
        bytes.extend(&random()[..NONCE]);
        bytes.extend(login.0);
        bytes.extend(user.as_str().as_bytes());
        let signature = self.sign(&bytes).finalize().into_bytes();
        bytes.extend(signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Uses a ticket up. Its login may have ended meanwhile: whoever lets somebody in looks that up.
    ///
    /// # Errors
    /// `unauthenticated` for one that is not ours or was used; `auth_expired`; `overloaded`.
    pub fn redeem(&self, ticket: &str, now: Timestamp) -> Result<TicketUser, ErrorCode> {
        let content = self.open(ticket).ok_or(ErrorCode::Unauthenticated)?;
        if content.expires <= now {
            return Err(ErrorCode::AuthExpired);
        }
        self.use_up(content.nonce, content.expires, now)?;
        Ok(content.ticket_user)
    }

    fn open(&self, ticket: &str) -> Option<Content> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket).ok()?;
        let (signed, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
        // Compares in constant time.
        self.sign(signed).verify_slice(signature).ok()?;
        let (expires, rest) = signed.split_first_chunk::<8>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (login, user) = rest.split_first_chunk::<LOGIN>()?;
        let user = str::from_utf8(user).ok()?.parse().ok()?;
        let ticket_user = TicketUser { user, login: TokenHash(*login) };
        Some(Content { expires: Timestamp(u64::from_be_bytes(*expires)), nonce: *nonce, ticket_user })
    }

    fn use_up(&self, nonce: Nonce, expires: Timestamp, now: Timestamp) -> Result<(), ErrorCode> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= REMEMBERED {
            used.retain(|_, expires| *expires > now);
            if used.len() >= REMEMBERED {
                return Err(ErrorCode::Overloaded);
            }
        }
        match used.insert(nonce, expires) {
            None => Ok(()),
            Some(_) => Err(ErrorCode::Unauthenticated),
        }
    }

    fn sign(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut hmac = Hmac::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        hmac.update(bytes);
        hmac
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(…)")
    }
}
