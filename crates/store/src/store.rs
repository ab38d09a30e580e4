//! The store's face: what can be asked of it, whatever database is behind.

use std::path::Path;

use visavis_proto::{CallId, Timestamp, UserId};

use crate::sqlite::{Sqlite, admin, history, login, user};
use crate::{
    Account, HistoryRow, ListedLogin, Login, OpenError, PastCall, SignUpLink, StoreError, TokenHash, User,
};

/// Lines of history kept per user; older ones are dropped.
pub const HISTORY_PER_USER: u32 = 10_000;
/// Logins kept per user; the one that was unused longest is ended.
pub const LOGINS_PER_USER: u32 = 100;

/// A handle to the database; cloning it is cheap. Every request either happens as a whole or not at all, and has been
/// committed when it is answered.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) sqlite: Sqlite,
}

impl Store {
    /// Opens the database, makes it if it is not there (readable by its owner only), brings it up to this version's schema.
    /// Blocks for as long as that takes.
    ///
    /// # Errors
    /// When the file cannot be used; the message tells the way out.
    pub fn open(path: &Path) -> Result<Store, OpenError> {
        Ok(Self { sqlite: Sqlite::open(path)? })
    }

    /// Adds a person who cannot sign in yet. `false`: the name is taken.
    pub async fn add_user(&self, user: User, now: Timestamp) -> Result<bool, StoreError> {
        self.sqlite.write(move |db| user::add(db, &user, now)).await
    }

    /// Removes somebody with everything that is theirs, their guests included. `false`: there is no such user.
    pub async fn remove_user(&self, id: &UserId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| user::remove(db, &id)).await
    }

    /// A number that is another one after somebody else, such as the command line, has written to the database.
    pub async fn version_elsewhere(&self) -> Result<i64, StoreError> {
        // Asked where this process writes: there, its own writing does not change it.
        self.sqlite.write(|db| db.query_row("PRAGMA data_version", [], |row| row.get(0))).await
    }

    /// Who somebody is.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.sqlite.read(move |db| user::find(db, &id)).await
    }

    /// Everybody, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.sqlite.read(admin::all).await
    }

    /// Whether nobody has been added yet.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        self.sqlite.read(user::none).await
    }

    /// The hash of somebody's password, as it was given; `None` for strangers and for people who have not signed up.
    pub async fn password(&self, id: &UserId) -> Result<Option<String>, StoreError> {
        let id = id.clone();
        self.sqlite.read(move |db| user::password(db, &id)).await
    }

    /// Sets somebody's password. `false`: there is no such user.
    pub async fn set_password(&self, id: &UserId, hash: String) -> Result<bool, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| user::set_password(db, &id, &hash)).await
    }

    /// How somebody is shown to others from now on. `None`: there is no such user.
    pub async fn rename_user(&self, id: &UserId, display_name: String) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.sqlite.write(move |db| user::rename(db, &id, &display_name)).await
    }

    /// Makes a link the only one with which `user` may choose a password. `false`: there is no such user, or the account is shut.
    pub async fn set_sign_up_link(
        &self,
        user: &UserId,
        token: TokenHash,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let user = user.clone();
        self.sqlite.write(move |db| user::set_link(db, &user, token, expires)).await
    }

    /// What a link is for; `None` once it was used, replaced or has expired.
    pub async fn sign_up_link(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<SignUpLink>, StoreError> {
        self.sqlite.read(move |db| user::link(db, token, now)).await
    }

    /// Uses a link up: sets the password (and the name to show, if given) and ends all logins of before. `None` as for
    /// [`Store::sign_up_link`]; of two at once, one gets the user.
    pub async fn sign_up(
        &self,
        token: TokenHash,
        password: String,
        display_name: Option<String>,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        self.sqlite.write(move |db| user::sign_up(db, token, &password, display_name.as_deref(), now)).await
    }

    /// Notes that a browser signed in. `false`: there is no such user, or the account is shut. See [`LOGINS_PER_USER`].
    pub async fn add_login(
        &self,
        token: TokenHash,
        user: &UserId,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let user = user.clone();
        self.sqlite.write(move |db| login::add(db, token, &user, now, expires)).await
    }

    /// Who is signed in with a token; `None` once it was ended or has expired.
    pub async fn login(&self, token: TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        self.sqlite.read(move |db| login::find(db, token, now)).await
    }

    /// Notes that a login was used and so lasts longer.
    pub async fn extend_login(
        &self,
        token: TokenHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::extend(db, token, now, expires)).await
    }

    /// Somebody's logins, the last used first.
    pub async fn logins(&self, user: &UserId, now: Timestamp) -> Result<Vec<ListedLogin>, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| login::list(db, &user, now)).await
    }

    /// Notes what a browser says it is.
    pub async fn describe_login(&self, token: TokenHash, agent: String) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::describe(db, token, &agent)).await
    }

    /// Sets the hash of the PIN by which a login's user confirms who they are; `None`: nobody has to.
    pub async fn set_pin(&self, token: TokenHash, pin: Option<String>) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::set_pin(db, token, pin.as_deref())).await
    }

    /// That hash.
    pub async fn pin(&self, token: TokenHash) -> Result<Option<String>, StoreError> {
        self.sqlite.read(move |db| login::pin(db, token)).await
    }

    /// Gives a login a name, or takes it away.
    pub async fn rename_login(&self, token: TokenHash, name: Option<String>) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::rename(db, token, name.as_deref())).await
    }

    /// Signs a browser out.
    pub async fn end_login(&self, token: TokenHash) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::end(db, token)).await
    }

    /// Keeps lines of history, together. A line that is there already, or whose user is not, is skipped, so that
    /// telling twice does no harm. See [`HISTORY_PER_USER`]. Tells whose history has changed.
    pub async fn add_history(&self, rows: Vec<HistoryRow>) -> Result<Vec<UserId>, StoreError> {
        self.sqlite.write(move |db| history::add(db, &rows)).await
    }

    /// Somebody's calls, newest first, at most `limit`, older than `before` if given (none if they have no such call).
    pub async fn history(
        &self,
        user: &UserId,
        before: Option<CallId>,
        limit: u32,
    ) -> Result<Vec<PastCall>, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| history::page(db, &user, before, limit)).await
    }

    /// Whether a call is in somebody's history, and so is over.
    pub async fn is_past(&self, user: &UserId, call: CallId) -> Result<bool, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| history::contains(db, &user, call)).await
    }

    /// Removes links and logins that have expired.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        self.sqlite.write(move |db| login::sweep(db, now)).await
    }

    /// Closes the database after what was asked before, for this handle and all its clones. Everything is then in one file
    /// again. Not closing loses nothing: what was answered is kept all the same.
    pub async fn close(&self) {
        self.sqlite.close().await;
    }
}
