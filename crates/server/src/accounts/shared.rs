//! Browsers that several people use: their user confirms who they are, by a PIN of that browser or by the password, before
//! answering a call and before seeing what is theirs. A confirmation lasts for a moment, and is forgotten by a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use visavis_proto::limits::PIN_DIGITS;
use visavis_proto::{ErrorCode, SharedDevice};
use visavis_store::{Store, TokenHash};

use super::{Accounts, CurrentLogin, Refusal};
use crate::clock::{self, Moment};
use crate::signaling::allowance::Rate;

/// How long what was confirmed counts: enough to look something up, too short for the next person to come.
pub const OPEN_FOR: Duration = Duration::from_secs(120);
/// Wrong PINs of one browser: with four digits it takes weeks to try half of them.
pub(super) const WRONG_PINS: Rate = Rate { count: 1, per: Duration::from_secs(300), burst: 5 };
/// Browsers that are open at once; further ones are refused as overloaded.
const OPEN_AT_ONCE: usize = 10_000;

/// Which shared browsers are open, and until when.
#[derive(Debug, Default)]
pub struct Confirmations {
    open: Mutex<HashMap<TokenHash, Instant>>,
}

impl Confirmations {
    /// For how long a browser is open; zero if it is not.
    pub fn open_for(&self, login: TokenHash, now: Instant) -> Duration {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&login).map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    fn open(&self, login: TokenHash, now: Instant) -> Result<(), Refusal> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, until| *until > now);
        if open.len() >= OPEN_AT_ONCE {
            return Err(Refusal::overloaded());
        }
        open.insert(login, now + OPEN_FOR);
        Ok(())
    }

    fn close(&self, login: TokenHash) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&login);
    }
}

/// Whether whoever is at a browser may act as its user now.
///
/// # Errors
/// [`ErrorCode::Unconfirmed`]; `internal` if that cannot be looked up.
pub async fn confirmed(
    store: &Store,
    confirmations: &Confirmations,
    login: TokenHash,
) -> Result<(), ErrorCode> {
    let found = store.login(login, clock::now()).await.map_err(|error| {
        tracing::error!(%error, "a login could not be looked up");
        ErrorCode::Internal
    })?;
    let shared = found.is_some_and(|login| login.is_shared);
    if shared && confirmations.open_for(login, clock::instant()).is_zero() {
        return Err(ErrorCode::Unconfirmed);
    }
    Ok(())
}

impl Accounts {
    /// Several people use this browser from now on, or its PIN is another one.
    ///
    /// # Errors
    /// `bad_message` for what is no PIN; `overloaded`, `internal`.
    pub async fn share(&self, login: TokenHash, pin: String) -> Result<(), Refusal> {
        let (least, most) = PIN_DIGITS;
        if !(least..=most).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("a PIN has {least} to {most} digits");
            return Err(Refusal::new(ErrorCode::BadMessage, message));
        }
        let hash = self.passwords.hash(pin).await?;
        self.store.set_pin(login, Some(hash)).await?;
        self.confirmations.close(login);
        Ok(())
    }

    /// One person uses this browser again.
    ///
    /// # Errors
    /// `overloaded`, `internal`.
    pub async fn unshare(&self, login: TokenHash) -> Result<(), Refusal> {
        self.store.set_pin(login, None).await?;
        self.confirmations.close(login);
        Ok(())
    }

    /// Somebody at a shared browser says who they are, by its PIN or the account's password.
    ///
    /// # Errors
    /// `forbidden` if it is neither, `rate_limited` after too many of those; `overloaded`, `internal`.
    pub async fn confirm(
        &self,
        current: &CurrentLogin,
        secret: String,
        now: Moment,
    ) -> Result<SharedDevice, Refusal> {
        let login = current.login;
        self.by_pin.take(login, now.steady).map_err(|wait| self.limited(wait))?;
        let pin = self.store.pin(login).await?;
        let verified = match self.passwords.verify(secret.clone(), pin).await {
            Ok(false) => {
                let password = self.store.password(&current.user.id).await?;
                self.passwords.verify(secret, password).await
            }
            other => other,
        };
        if !matches!(verified, Ok(false)) {
            self.by_pin.give_back(&login, now.steady);
        }
        if !verified? {
            self.metrics.pins_refused.count();
            return Err(Refusal::new(ErrorCode::Forbidden, "this is neither the PIN nor the password"));
        }
        self.confirmations.open(login, now.steady)?;
        Ok(SharedDevice { open_for_ms: millis(OPEN_FOR) })
    }

    /// Whoever was confirmed goes.
    pub fn lock(&self, login: TokenHash) {
        self.confirmations.close(login);
    }

    /// What the page is told of a login.
    pub fn shared(&self, current: &CurrentLogin, now: Moment) -> Option<SharedDevice> {
        let open_for = self.confirmations.open_for(current.login, now.steady);
        current.is_shared.then(|| SharedDevice { open_for_ms: millis(open_for) })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
