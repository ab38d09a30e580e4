//! Sign-up links: how an operator lets somebody in, or lets them choose a new password.

use std::time::Duration;

use visavis_proto::{Timestamp, UserId};
use visavis_store::{Store, StoreError};

use super::Token;

/// Makes the only link with which `user` may choose a password, once. `None`: there is no such user. A password they
/// have stays valid until the link is used.
///
/// # Errors
/// When the database fails.
pub async fn make_link(
    store: &Store,
    user: &UserId,
    lifetime: Duration,
    now: Timestamp,
) -> Result<Option<Token>, StoreError> {
    let token = Token::random();
    let made = store.set_sign_up_link(user, token.hash(), now + lifetime).await?;
    Ok(made.then_some(token))
}

/// The page of the web app that takes the token. Behind the `#`, it is sent to no server and written to no log.
pub fn page(base: &str, token: &Token) -> String {
    format!("{base}/#/join/{}", token.text())
}
