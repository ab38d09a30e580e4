//! The store's face, continued: contacts, blocks, preferences.

use visavis_proto::{CallId, Timestamp, UserId};

use crate::sqlite::{history, people};
use crate::{
    Block, Contact, ContactChange, Dealings, KeptPreferences, NotAdded, Store, StoreError, Unseen, User,
};

impl Store {
    /// Somebody's contacts, favourites first, then by the name that is shown.
    pub async fn contacts(&self, owner: &UserId) -> Result<Vec<Contact>, StoreError> {
        let owner = owner.clone();
        self.sqlite.read(move |db| people::contacts(db, &owner)).await
    }

    /// Adds somebody to a list, or changes what is said of them there; they are no longer blocked.
    pub async fn put_contact(
        &self,
        owner: &UserId,
        whom: &UserId,
        change: ContactChange,
    ) -> Result<Result<Contact, NotAdded>, StoreError> {
        let (owner, whom) = (owner.clone(), whom.clone());
        self.sqlite.write(move |db| people::put_contact(db, &owner, &whom, &change)).await
    }

    /// Takes somebody off a list. `false`: they were not on it.
    pub async fn delete_contact(&self, owner: &UserId, whom: &UserId) -> Result<bool, StoreError> {
        let (owner, whom) = (owner.clone(), whom.clone());
        self.sqlite.write(move |db| people::delete_contact(db, &owner, &whom)).await
    }

    /// Those of somebody's contacts who have them among theirs.
    pub async fn mutual_contacts(&self, user: &UserId) -> Result<Vec<UserId>, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| people::mutual_contacts(db, &user)).await
    }

    /// Whether two people have each other among their contacts.
    pub async fn are_mutual_contacts(&self, one: &UserId, other: &UserId) -> Result<bool, StoreError> {
        let (one, other) = (one.clone(), other.clone());
        self.sqlite.read(move |db| people::are_mutual_contacts(db, &one, &other)).await
    }

    /// Whom somebody has blocked, the newest first.
    pub async fn blocks(&self, owner: &UserId) -> Result<Vec<Block>, StoreError> {
        let owner = owner.clone();
        self.sqlite.read(move |db| people::blocks(db, &owner)).await
    }

    /// Blocks somebody, who is no contact any more.
    pub async fn block(
        &self,
        owner: &UserId,
        whom: &UserId,
        now: Timestamp,
    ) -> Result<Result<(), NotAdded>, StoreError> {
        let (owner, whom) = (owner.clone(), whom.clone());
        self.sqlite.write(move |db| people::block(db, &owner, &whom, now)).await
    }

    /// Ends a block. `false`: there was none.
    pub async fn unblock(&self, owner: &UserId, whom: &UserId) -> Result<bool, StoreError> {
        let (owner, whom) = (owner.clone(), whom.clone());
        self.sqlite.write(move |db| people::unblock(db, &owner, &whom)).await
    }

    /// How somebody wishes to be called.
    pub async fn preferences(&self, user: &UserId) -> Result<KeptPreferences, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| people::preferences(db, &user)).await
    }

    /// Keeps how somebody wishes to be called.
    pub async fn set_preferences(&self, user: &UserId, kept: KeptPreferences) -> Result<(), StoreError> {
        let user = user.clone();
        self.sqlite.write(move |db| people::set_preferences(db, &user, &kept)).await
    }

    /// What is known of two people when one calls the other, with their calls since a time. `None`: nobody is called
    /// `callee`.
    pub async fn dealings(
        &self,
        caller: &UserId,
        callee: &UserId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Dealings>, StoreError> {
        let (caller, callee) = (caller.clone(), callee.clone());
        self.sqlite.read(move |db| people::dealings(db, &caller, &callee, since, now)).await
    }

    /// Which of these people have an account.
    pub async fn who_is_there(&self, users: Vec<UserId>) -> Result<Vec<User>, StoreError> {
        self.sqlite.read(move |db| people::who_is_there(db, users)).await
    }

    /// How many lines of somebody's history they have not seen.
    pub async fn unseen(&self, user: &UserId) -> Result<Unseen, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| history::unseen(db, &user)).await
    }

    /// Somebody has seen their missed calls, up to one or all. `false`: there were none.
    pub async fn see_history(&self, user: &UserId, up_to: Option<CallId>) -> Result<bool, StoreError> {
        let user = user.clone();
        self.sqlite.write(move |db| history::see(db, &user, up_to)).await
    }
}
