//! The store's face, continued: guest links, and the guests who came with them.

use visavis_proto::{Timestamp, UserId};

use crate::sqlite::guest;
use crate::{Guest, GuestLink, Invitation, LetIn, LinkId, Store, StoreError, TokenHash, User};

impl Store {
    /// Keeps a new link. `false`: its owner has as many as there may be, or is gone.
    pub async fn add_guest_link(
        &self,
        owner: &UserId,
        link: GuestLink,
        token: TokenHash,
    ) -> Result<bool, StoreError> {
        let owner = owner.clone();
        self.sqlite.write(move |db| guest::add_link(db, &owner, &link, token)).await
    }

    /// Somebody's links, the newest first.
    pub async fn guest_links(&self, owner: &UserId) -> Result<Vec<GuestLink>, StoreError> {
        let owner = owner.clone();
        self.sqlite.read(move |db| guest::links(db, &owner)).await
    }

    /// The guests who came with a link and are not gone.
    pub async fn guests_of(&self, owner: &UserId, id: LinkId) -> Result<Vec<UserId>, StoreError> {
        let owner = owner.clone();
        self.sqlite.read(move |db| guest::guests_of(db, &owner, id)).await
    }

    /// Deletes a link with its guests, but `keep`. Gives those who are gone; `None`: there was no such link.
    pub async fn delete_guest_link(
        &self,
        owner: &UserId,
        id: LinkId,
        keep: Vec<UserId>,
    ) -> Result<Option<Vec<UserId>>, StoreError> {
        let owner = owner.clone();
        self.sqlite.write(move |db| guest::delete_link(db, &owner, id, &keep)).await
    }

    /// Whose link a token opens; `None` if it is none, was deleted, is used up or has expired.
    pub async fn invitation(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        self.sqlite.read(move |db| guest::invitation(db, token, now)).await
    }

    /// Signs a guest in with a link, until `expires`. `false` as for [`Store::invitation`].
    pub async fn enter_as_guest(
        &self,
        token: TokenHash,
        guest: User,
        login: TokenHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        self.sqlite.write(move |db| guest::enter(db, token, &guest, login, now, expires)).await
    }

    /// A guest's knock is answered. The first time, that uses the link once, if it is not used up.
    pub async fn let_in(&self, guest: &UserId) -> Result<LetIn, StoreError> {
        let guest = guest.clone();
        self.sqlite.write(move |db| guest::let_in(db, &guest)).await
    }

    /// Takes back what [`LetIn::First`] has counted: the knock ended before its answer was kept.
    pub async fn keep_out(&self, guest: &UserId) -> Result<(), StoreError> {
        let guest = guest.clone();
        self.sqlite.write(move |db| guest::keep_out(db, &guest)).await
    }

    /// What somebody may do as a guest; `None` if they are none.
    pub async fn guest(&self, user: &UserId, now: Timestamp) -> Result<Option<Guest>, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| guest::find(db, &user, now)).await
    }

    /// How many guests there are.
    pub async fn guests(&self) -> Result<u32, StoreError> {
        self.sqlite.read(guest::count).await
    }

    /// Guests whose time is over.
    pub async fn expired_guests(&self, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
        self.sqlite.read(move |db| guest::expired(db, now)).await
    }
}
