//! The store's face, continued: what administrators see and change.

use visavis_proto::{Timestamp, UserId};

use crate::sqlite::{admin, login, user};
use crate::{Account, AccountChange, Changed, FailedCall, GuestLink, Store, StoreError, User};

impl Store {
    /// Accounts by name, at most `limit`, those after `after`, whose name or shown name has `search` in it.
    pub async fn accounts_page(
        &self,
        after: Option<UserId>,
        search: &str,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let search = search.to_lowercase();
        self.sqlite.read(move |db| admin::page(db, after.as_ref(), &search, limit)).await
    }

    /// Somebody's account; guests have none.
    pub async fn account(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.sqlite.read(move |db| admin::find(db, &id)).await
    }

    /// Changes an account, unless nobody could administer the server afterwards. One that is shut loses its logins; its
    /// sign-up link works again when it is opened.
    pub async fn change_account(&self, id: &UserId, change: AccountChange) -> Result<Changed, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| admin::change(db, &id, change)).await
    }

    /// Says whether somebody administers the server, the last one included. `None`: there is no such account.
    pub async fn appoint(&self, id: &UserId, admin: bool) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| admin::appoint(db, &id, admin)).await
    }

    /// As [`Store::remove_user`], unless nobody could administer the server afterwards.
    pub async fn remove_account(&self, id: &UserId) -> Result<Changed, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| admin::remove(db, &id)).await
    }

    /// Who somebody is, unless their account is shut.
    pub async fn open_user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.sqlite
            .read(move |db| if admin::is_disabled(db, &id)? { Ok(None) } else { user::find(db, &id) })
            .await
    }

    /// Whether an account is shut.
    pub async fn is_disabled(&self, id: &UserId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.sqlite.read(move |db| admin::is_disabled(db, &id)).await
    }

    /// Signs all of somebody's browsers out.
    pub async fn end_logins(&self, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        self.sqlite.write(move |db| login::end_all(db, &user)).await
    }

    /// Everybody's guest links, the newest first, at most `limit`.
    pub async fn all_guest_links(&self, limit: u32) -> Result<Vec<(User, GuestLink)>, StoreError> {
        self.sqlite.read(move |db| admin::links(db, limit)).await
    }

    /// Calls since then that went wrong and are in a history, the newest first, at most `limit`.
    pub async fn failed_calls(&self, since: Timestamp, limit: u32) -> Result<Vec<FailedCall>, StoreError> {
        self.sqlite.read(move |db| admin::failures(db, since, limit)).await
    }
}
