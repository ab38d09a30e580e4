//! The store's face, continued: where calls are pushed to.

use visavis_proto::{Address, Timestamp, UserId};

use crate::sqlite::push;
use crate::{PushTarget, Store, StoreError};

impl Store {
    /// Keeps where a device's calls are pushed to, instead of what was there; nothing if the login has ended. What anybody had
    /// at that endpoint before is forgotten. Of too many, the oldest gives way.
    pub async fn put_push(&self, target: PushTarget, now: Timestamp) -> Result<(), StoreError> {
        self.sqlite.write(move |db| push::put(db, &target, now)).await
    }

    /// Forgets a device's registration; with an endpoint, only if it is still that one.
    pub async fn delete_push(&self, address: &Address, endpoint: Option<&str>) -> Result<(), StoreError> {
        let (address, endpoint) = (address.clone(), endpoint.map(str::to_owned));
        self.sqlite.write(move |db| push::delete(db, &address, endpoint.as_deref())).await
    }

    /// Where somebody's calls are pushed to: registrations of logins that have not ended.
    pub async fn pushes(&self, user: &UserId, now: Timestamp) -> Result<Vec<PushTarget>, StoreError> {
        let user = user.clone();
        self.sqlite.read(move |db| push::of_user(db, &user, now)).await
    }

    /// A device's registration, if its login has not ended.
    pub async fn push(&self, address: &Address, now: Timestamp) -> Result<Option<PushTarget>, StoreError> {
        let address = address.clone();
        self.sqlite.read(move |db| push::find(db, &address, now)).await
    }
}
