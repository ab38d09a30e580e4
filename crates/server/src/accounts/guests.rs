//! Guests: people without an account who came with somebody's link.
//!
//! ```text
//!  POST /api/links ──► link ──► POST /api/guest ──► a guest's login ──► ticket ──► hello ──► invite, the knock
//! ```
//!
//! A token that opens nothing is answered alike, whatever the cause, and counts as a failed attempt of its address.

use std::net::IpAddr;
use std::time::Duration;

use visavis_proto::{ErrorCode, UserId};
use visavis_store::{GuestLink, Invitation, LinkId, User};

use super::{Accounts, Refusal, SignedIn, Token, check_display_name, network};
use crate::clock::Moment;
use crate::config;
use crate::secrets::random;
use crate::signaling::allowance::Rate;

/// No ordinary user may have a name that begins so.
pub const RESERVED: &str = "guest.";
/// Guests of one link who are not gone.
const GUESTS_PER_LINK: u32 = 20;
/// Guests from one address, and how many at once.
pub(super) const COMING: Rate = Rate { count: 1, per: Duration::from_secs(60), burst: 6 };

/// What an operator may set.
#[derive(Debug, Clone, Copy)]
pub struct GuestLimits {
    /// Whether there are guests.
    pub enabled: bool,
    /// How long one may stay.
    pub stay: Duration,
    /// How many there may be.
    pub most: u32,
}

impl From<&config::Guests> for GuestLimits {
    fn from(config: &config::Guests) -> Self {
        Self {
            enabled: config.enabled,
            stay: Duration::from_secs(u64::from(config.hours) * 3600),
            most: config.max,
        }
    }
}

/// Whether an ordinary user may not be called so.
pub fn is_reserved(name: &UserId) -> bool {
    name.as_str().starts_with(RESERVED)
}

/// The page of the web app that takes the token. Behind the `#`, it is sent to no server and written to no log.
pub(crate) fn page(base: &str, token: &Token) -> String {
    format!("{base}/#/guest/{}", token.text())
}

impl Accounts {
    /// Makes a link; its token is told nowhere else.
    ///
    /// # Errors
    /// `forbidden` where there are no guests, `conflict` for too many links.
    pub async fn make_guest_link(
        &self,
        owner: &UserId,
        link: GuestLink,
    ) -> Result<(GuestLink, Token), Refusal> {
        if !self.guests.enabled {
            return Err(Refusal::new(ErrorCode::Forbidden, "this server has no guests (guests.enabled)"));
        }
        let [a, b, c, d, e, f, g, h, ..] = random();
        let link = GuestLink { id: LinkId([a, b, c, d, e, f, g, h]), ..link };
        let token = Token::random();
        if !self.store.add_guest_link(owner, link.clone(), token.hash()).await? {
            let message = format!("there may be {} links; delete one first", visavis_proto::limits::LINKS);
            return Err(Refusal::new(ErrorCode::Conflict, message));
        }
        Ok((link, token))
    }

    /// Whose link it is.
    ///
    /// # Errors
    /// `not_found` for a link that opens nothing, whatever the cause; `rate_limited`, `overloaded`, `internal`.
    pub async fn check_guest(&self, from: IpAddr, token: &str, now: Moment) -> Result<Invitation, Refusal> {
        let from = network(from);
        self.by_address.take(from, now.steady).map_err(|wait| self.limited(wait))?;
        let invitation = match Token::parse(token) {
            Some(token) if self.guests.enabled => self.store.invitation(token.hash(), now.wall).await?,
            Some(_) | None => None,
        };
        let invitation = invitation.ok_or_else(link_opens_nothing)?;
        self.by_address.give_back(&from, now.steady);
        Ok(invitation)
    }

    /// Signs a guest in.
    ///
    /// # Errors
    /// As [`Accounts::check_guest`]; `bad_message` for a name that cannot be shown.
    pub async fn enter_as_guest(
        &self,
        from: IpAddr,
        token: &str,
        name: &str,
        now: Moment,
    ) -> Result<SignedIn, Refusal> {
        let name = check_display_name("name", name)?
            .ok_or_else(|| Refusal::new(ErrorCode::BadMessage, "name is empty: say who knocks"))?;
        let invitation = self.check_guest(from, token, now).await?;
        let link = Token::parse(token).ok_or_else(link_opens_nothing)?;
        self.coming.take(network(from), now.steady).map_err(|wait| {
            self.metrics.guests_refused.count();
            Refusal::later(ErrorCode::RateLimited, "too many guests from here; wait a little", wait)
        })?;
        if invitation.guests >= GUESTS_PER_LINK || self.store.guests().await? >= self.guests.most {
            self.metrics.guests_refused.count();
            return Err(Refusal::new(ErrorCode::Overloaded, "too many guests are waiting; try again later"));
        }
        let user = User { id: guest_name(), display_name: name };
        let login = Token::random();
        let expires = now.wall + self.guests.stay;
        if !self.store.enter_as_guest(link.hash(), user.clone(), login.hash(), now.wall, expires).await? {
            return Err(link_opens_nothing());
        }
        self.metrics.guests.count();
        Ok(SignedIn { user, token: login })
    }

    /// How long a guest may stay.
    pub fn guest_lifetime(&self) -> Duration {
        self.guests.stay
    }
}

fn link_opens_nothing() -> Refusal {
    Refusal::new(
        ErrorCode::NotFound,
        "this link is used up, was revoked or has expired; ask whoever gave it to you for a new one",
    )
}

/// A name nobody else has: 60 random bits as letters that are told apart easily.
fn guest_name() -> UserId {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters: String =
        random()[..12].iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    format!("{RESERVED}{letters}").parse().expect("a dot and ASCII letters make a name")
}
