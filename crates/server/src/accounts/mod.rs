//! Who somebody is: passwords, logins, sign-up links, tickets for WebSockets.
//!
//! ```text
//!  visavis user add ──► link ──► password ──► login (cookie, 30 days) ──► ticket (30 s, once) ──► hello
//! ```
//!
//! Begin with [`Accounts`]. Whatever a stranger can try is limited by address and by name, costs the same and is
//! answered the same whether the name exists or not.

pub mod guests;
pub mod shared;
pub mod sign_up;
pub mod tickets;

pub(crate) mod agent;
pub(crate) mod names;
mod passwords;
mod refusal;
mod token;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use visavis_proto::{ErrorCode, SignUpInvitation, UserId, limits};
use visavis_store::{Store, TokenHash, User};

pub use guests::GuestLimits;
pub use refusal::Refusal;
pub use token::Token;

use crate::clock::{self, Moment};
use crate::config;
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use crate::signaling::allowance::{Allowances, Rate};
use passwords::Passwords;
use tickets::Tickets;

/// A login's use is noted at most this often, so that reading a page does not write to the database.
const NOTE_USE_EVERY: Duration = Duration::from_secs(3600);
/// Names that nobody has, which one person may try.
const WRONG_NAMES: Rate = Rate { count: 10, per: Duration::from_secs(60), burst: 30 };
/// Addresses and names whose failed attempts are remembered, each.
const REMEMBERED: usize = 100_000;
/// Revocations that may wait for whoever closes the sockets; it does nothing else.
const REVOKED_AT_ONCE: usize = 1024;
/// How many characters a password has at least. Long beats complicated; nothing else is asked of it.
const PASSWORD_CHARS: usize = 8;
/// How many bytes a password has at most, so that hashing it is no burden.
const PASSWORD_BYTES: usize = 256;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct AccountLimits {
    /// How long a login lasts after it was last used.
    pub login: Duration,
    /// Failed attempts at once from one address or IPv6 /64 network.
    pub attempts_per_address: u32,
    /// Failed attempts at once for one name.
    pub attempts_per_name: u32,
    /// How long until one attempt comes back.
    pub attempt_refill: Duration,
    /// Passwords checked at once.
    pub password_checks: u32,
    /// Of guests.
    pub guests: GuestLimits,
}

impl From<&config::Config> for AccountLimits {
    fn from(config: &config::Config) -> Self {
        let guests = GuestLimits::from(&config.guests);
        let config = &config.accounts;
        Self {
            guests,
            login: days(config.login_days),
            attempts_per_address: config.attempts_per_address,
            attempts_per_name: config.attempts_per_name,
            attempt_refill: Duration::from_secs(config.attempt_refill_s.into()),
            password_checks: config.password_checks,
        }
    }
}

/// So many days.
pub(crate) fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 86_400)
}

/// Logins that were good and no longer are; sockets opened with them have to close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// One login: its user has signed out.
    Login(TokenHash),
    /// Every login of a user: the password was set anew, or an administrator says so.
    User(UserId),
}

/// Signs people in and out.
#[derive(Debug)]
pub struct Accounts {
    /// Issues and redeems the tickets for WebSockets.
    pub tickets: Arc<Tickets>,
    store: Store,
    pub(crate) metrics: Arc<Metrics>,
    passwords: Passwords,
    login: Duration,
    by_address: Allowances<IpAddr>,
    by_name: Allowances<UserId>,
    guests: GuestLimits,
    /// Which browsers that several people use are open.
    pub confirmations: Arc<shared::Confirmations>,
    by_pin: Allowances<TokenHash>,
    coming: Allowances<IpAddr>,
    wrong_names: Allowances<UserId>,
    revoked: broadcast::Sender<Revoked>,
}

/// Somebody has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// What the browser keeps; nobody else knows it.
    pub token: Token,
}

/// Somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentLogin {
    /// Who.
    pub user: User,
    /// Which of their logins.
    pub login: TokenHash,
    /// They are a guest.
    pub is_guest: bool,
    /// Several people use this browser.
    pub is_shared: bool,
    /// They administer the server.
    pub is_admin: bool,
}

impl Accounts {
    /// Nobody is being limited yet.
    pub fn new(store: Store, secrets: &Secrets, limits: &AccountLimits, metrics: Arc<Metrics>) -> Self {
        let attempts = |burst| Rate { count: 1, per: limits.attempt_refill, burst };
        Self {
            tickets: Arc::new(Tickets::new(secrets.ticket_key)),
            metrics,
            passwords: Passwords::new(limits.password_checks),
            login: limits.login,
            by_address: Allowances::new(attempts(limits.attempts_per_address), REMEMBERED),
            by_name: Allowances::new(attempts(limits.attempts_per_name), REMEMBERED),
            guests: limits.guests,
            confirmations: Arc::default(),
            by_pin: Allowances::new(shared::WRONG_PINS, REMEMBERED),
            coming: Allowances::new(guests::COMING, REMEMBERED),
            wrong_names: Allowances::new(WRONG_NAMES, REMEMBERED),
            revoked: broadcast::Sender::new(REVOKED_AT_ONCE),
            store,
        }
    }

    /// Hears of every login that is revoked from here on.
    pub fn revoked(&self) -> broadcast::Receiver<Revoked> {
        self.revoked.subscribe()
    }

    /// How long a login lasts after it was last used.
    pub fn login_lifetime(&self) -> Duration {
        self.login
    }

    /// Signs in with a password. Strangers, people without a password and wrong passwords are refused alike.
    ///
    /// # Errors
    /// `unauthenticated`, `conflict` for an account that is shut, `rate_limited`, `overloaded`, `internal`.
    pub async fn log_in(
        &self,
        from: IpAddr,
        name: &str,
        password: &str,
        now: Moment,
    ) -> Result<SignedIn, Refusal> {
        let from = network(from);
        let attempt = |taken: Result<(), Duration>| taken.map_err(|wait| self.limited(wait));
        attempt(self.by_address.take(from, now.steady))?;
        // A name that cannot exist is a stranger's like any other.
        let user: Option<UserId> = name.parse().ok();
        if let Some(user) = &user {
            attempt(self.by_name.take(user.clone(), now.steady))?;
        }
        let hash = match &user {
            Some(user) => self.store.password(user).await?,
            None => None,
        };
        let verified = self.passwords.verify(password.to_owned(), hash).await;
        if !matches!(verified, Ok(false)) {
            // Only wrong guesses count, so that one address shared by many people stays usable: neither right ones, nor
            // those that we were too busy to look at.
            self.by_address.give_back(&from, now.steady);
            if let Some(user) = &user {
                self.by_name.give_back(user, now.steady);
            }
        }
        let (true, Some(user)) = (verified?, user) else {
            self.metrics.logins_refused.count();
            return Err(Refusal::new(ErrorCode::Unauthenticated, "the name or the password is wrong"));
        };
        self.begin_login(&user, now).await
    }

    /// Whom a sign-up link is for.
    ///
    /// # Errors
    /// `not_found` once it was used, replaced or has expired; `rate_limited`, `overloaded`, `internal`.
    pub async fn check_sign_up(
        &self,
        from: IpAddr,
        token: &str,
        now: Moment,
    ) -> Result<SignUpInvitation, Refusal> {
        let from = network(from);
        self.by_address.take(from, now.steady).map_err(|wait| self.limited(wait))?;
        let link = match Token::parse(token) {
            Some(token) => self.store.sign_up_link(token.hash(), now.wall).await?,
            None => None,
        };
        let link = link.ok_or_else(bad_link)?;
        self.by_address.give_back(&from, now.steady);
        let expires_in_ms = u64::try_from(link.expires.since(now.wall).as_millis()).unwrap_or(u64::MAX);
        Ok(SignUpInvitation { name: link.user, expires_in_ms })
    }

    /// Uses a sign-up link up, sets the password, ends all other logins and signs in.
    ///
    /// # Errors
    /// As [`Accounts::check_sign_up`]; `bad_message` for a password or name that is too short or too long.
    pub async fn sign_up(
        &self,
        from: IpAddr,
        token: &str,
        password: &str,
        display_name: Option<&str>,
        now: Moment,
    ) -> Result<SignedIn, Refusal> {
        check_password(password)?;
        let display_name =
            display_name.map(|name| check_display_name("display_name", name)).transpose()?.flatten();
        // Before the costly part: who has no link may not make us hash.
        self.check_sign_up(from, token, now).await?;
        let token = Token::parse(token).ok_or_else(bad_link)?;
        let hash = self.passwords.hash(password.to_owned()).await?;
        let user =
            self.store.sign_up(token.hash(), hash, display_name, now.wall).await?.ok_or_else(bad_link)?;
        self.metrics.sign_ups.count();
        // Nobody may be listening, as in a command-line tool.
        let _ = self.revoked.send(Revoked::User(user.id.clone()));
        self.begin_login(&user.id, now).await
    }

    /// Changes somebody's password and ends all their other logins: whoever changes it may fear that another knows it.
    ///
    /// # Errors
    /// `forbidden` if `old` is wrong; `bad_message` for a `new` that is too short or too long; `rate_limited` after too many
    /// wrong ones, `overloaded`, `internal`.
    pub async fn change_password(
        &self,
        who: &CurrentLogin,
        old: &str,
        new: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        check_password(new)?;
        let user = &who.user.id;
        // Whoever has found a browser that is signed in may not guess the password there either.
        self.by_name.take(user.clone(), now.steady).map_err(|wait| self.limited(wait))?;
        let hash = self.store.password(user).await?;
        let verified = self.passwords.verify(old.to_owned(), hash).await;
        if !matches!(verified, Ok(false)) {
            self.by_name.give_back(user, now.steady);
        }
        if !verified? {
            return Err(Refusal::new(ErrorCode::Forbidden, "the old password is wrong"));
        }
        let hash = self.passwords.hash(new.to_owned()).await?;
        self.store.set_password(user, hash).await?;
        self.end_other_logins(who, now).await
    }

    /// Signs every other browser of somebody's out.
    ///
    /// # Errors
    /// `overloaded`, `internal`.
    pub async fn end_other_logins(&self, who: &CurrentLogin, now: Moment) -> Result<(), Refusal> {
        for login in self.store.logins(&who.user.id, now.wall).await? {
            if login.token != who.login {
                self.end_login(login.token).await?;
            }
        }
        Ok(())
    }

    /// How somebody is shown to others from now on; by their name if nothing is left of it.
    ///
    /// # Errors
    /// `bad_message` for what is too long or deceives; `unauthenticated` if they are gone; `overloaded`, `internal`.
    pub async fn rename(&self, who: &CurrentLogin, display_name: &str) -> Result<User, Refusal> {
        let name = check_display_name("display_name", display_name)?;
        let shown = name.unwrap_or_else(|| who.user.id.as_str().to_owned());
        let gone = || Refusal::new(ErrorCode::Unauthenticated, "this account has just been removed");
        self.store.rename_user(&who.user.id, shown).await?.ok_or_else(gone)
    }

    /// Who is signed in with a cookie's value; noting its use makes the login last longer.
    ///
    /// # Errors
    /// `unauthenticated`, `overloaded`, `internal`.
    pub async fn current(&self, token: Option<&str>, now: Moment) -> Result<CurrentLogin, Refusal> {
        let nobody = || Refusal::new(ErrorCode::Unauthenticated, "sign in first");
        let login = token.and_then(Token::parse).ok_or_else(nobody)?.hash();
        let found = self.store.login(login, now.wall).await?.ok_or_else(nobody)?;
        if !found.is_guest && now.wall.since(found.last_seen) >= NOTE_USE_EVERY {
            self.store.extend_login(login, now.wall, now.wall + self.login).await?;
        }
        let visavis_store::Login { user, is_guest, is_shared, is_admin, .. } = found;
        Ok(CurrentLogin { user, login, is_guest, is_shared, is_admin })
    }

    /// Signs out; nothing happens if nobody was signed in.
    ///
    /// # Errors
    /// `overloaded`, `internal`.
    pub async fn log_out(&self, token: Option<&str>) -> Result<(), Refusal> {
        match token.and_then(Token::parse) {
            Some(token) => self.end_login(token.hash()).await,
            None => Ok(()),
        }
    }

    /// Ends the login that a browser had until it got another: nobody can show that cookie any more, and what it left behind,
    /// such as its pushes, would be of somebody who seems to be gone. Nothing happens if `former` is no login of ours.
    ///
    /// # Errors
    /// `overloaded`, `internal`.
    pub async fn end_former(&self, former: Option<&str>, now: Moment) -> Result<(), Refusal> {
        let Some(former) = former.and_then(Token::parse) else { return Ok(()) };
        // Anybody may send any cookie, and a look is cheaper than a write.
        match self.store.login(former.hash(), now.wall).await? {
            Some(_) => self.end_login(former.hash()).await,
            None => Ok(()),
        }
    }

    /// Signs a browser out from afar.
    ///
    /// # Errors
    /// `overloaded`, `internal`.
    pub async fn end_login(&self, login: TokenHash) -> Result<(), Refusal> {
        self.store.end_login(login).await?;
        let _ = self.revoked.send(Revoked::Login(login));
        Ok(())
    }

    /// Somebody's account is gone from the database or shut, or their logins are: their sockets have to close.
    pub fn user_is_gone(&self, user: &UserId) {
        let _ = self.revoked.send(Revoked::User(user.clone()));
    }

    async fn begin_login(&self, user: &UserId, now: Moment) -> Result<SignedIn, Refusal> {
        let token = Token::random();
        let gone = || Refusal::new(ErrorCode::Unauthenticated, "this account has just been removed");
        let added = self.store.add_login(token.hash(), user, now.wall, now.wall + self.login).await?;
        if !added && self.store.is_disabled(user).await? {
            // Told only to who has shown the password.
            let message = "an administrator has shut this account; ask them to open it again";
            return Err(Refusal::new(ErrorCode::Conflict, message));
        }
        let user = self.store.user(user).await?.filter(|_| added).ok_or_else(gone)?;
        self.metrics.logins.count();
        Ok(SignedIn { user, token })
    }

    /// Looks somebody up for `user` by a name that was typed. Names that nobody has are rationed: else all of them could be
    /// tried.
    ///
    /// # Errors
    /// `rate_limited` after too many of them; what `found` says.
    pub(crate) async fn by_typed_name<T>(
        &self,
        user: &UserId,
        found: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let limited = |wait| {
            self.metrics.names_limited.count();
            Refusal::later(ErrorCode::RateLimited, "too many names that nobody has; wait a little", wait)
        };
        self.wrong_names.take(user.clone(), clock::instant()).map_err(limited)?;
        let found = found.await;
        if found.as_ref().err().is_none_or(|refused| refused.code != ErrorCode::NotFound) {
            self.wrong_names.give_back(user, clock::instant());
        }
        found
    }

    fn limited(&self, wait: Duration) -> Refusal {
        self.metrics.logins_limited.count();
        Refusal::later(ErrorCode::RateLimited, "too many failed attempts; wait a little", wait)
    }
}

fn bad_link() -> Refusal {
    Refusal::new(
        ErrorCode::NotFound,
        "this sign-up link was used or replaced, or has expired; ask for a new one (`visavis user link NAME`)",
    )
}

fn check_password(password: &str) -> Result<(), Refusal> {
    if password.chars().count() < PASSWORD_CHARS {
        let message = format!("the password needs at least {PASSWORD_CHARS} characters");
        return Err(Refusal::new(ErrorCode::BadMessage, message));
    }
    if password.len() > PASSWORD_BYTES {
        let message = format!("the password may have at most {PASSWORD_BYTES} bytes");
        return Err(Refusal::new(ErrorCode::BadMessage, message));
    }
    Ok(())
}

/// The name of `what` without what cannot be seen; `None` if nothing is left.
pub(crate) fn check_display_name(what: &str, name: &str) -> Result<Option<String>, Refusal> {
    let name = name.trim();
    if name.chars().any(names::is_deceptive) {
        let message = format!("{what} may not contain control, invisible or direction-changing characters");
        return Err(Refusal::new(ErrorCode::BadMessage, message));
    }
    if name.chars().count() > limits::NAME_CHARS {
        let message = format!("{what} may have at most {} characters", limits::NAME_CHARS);
        return Err(Refusal::new(ErrorCode::BadMessage, message));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// What counts as one address: an IPv6 subscriber has a /64 network, so its addresses are free to change.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}
