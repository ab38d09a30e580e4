//! Who is there, told to those who may know: contacts who have each other among their contacts.
//!
//! ```text
//!  hello, bye, `presence` ──► note ──► (a moment) ──► what is true then ──► told, if it is news
//! ```
//!
//! What is told is kept: a snapshot and the changes after it never disagree. One change of a person costs at most a frame
//! for each connected device of each contact, and there is at most one every few seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::warn;
use visavis_proto::{Address, Presence, PresenceStatus, ServerBody, ServerFrame, UserId};
use visavis_store::{Store, StoreError};

use super::devices::Devices;

/// Who is gone for less than this was reloading a page or changing networks.
const OFFLINE_AFTER: Duration = Duration::from_secs(6);
/// Who looks at another page for less than this is not away.
const AWAY_AFTER: Duration = Duration::from_secs(3);
/// Who has come is told almost at once; several changes in one breath are one.
const ONLINE_AFTER: Duration = Duration::from_millis(200);

/// Tells contacts who is there.
#[derive(Debug)]
pub struct Presences {
    devices: Arc<Devices>,
    store: Store,
    people: Mutex<People>,
}

#[derive(Debug, Default)]
struct People {
    /// What contacts were told; who is missing is offline.
    told: HashMap<UserId, PresenceStatus>,
    /// Those whose change waits to be told: each a task that looks at what is true in the end.
    waiting: HashMap<UserId, u64>,
    next: u64,
}

impl Presences {
    /// Nobody is there.
    pub fn new(devices: Arc<Devices>, store: Store) -> Self {
        Self { devices, store, people: Mutex::default() }
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may have changed about somebody.
    pub(super) fn note(self: &Arc<Self>, user: &UserId) {
        let status = self.devices.status(user);
        let turn = {
            let mut people = self.people();
            let told = people.told.get(user).copied().unwrap_or(PresenceStatus::Offline);
            if told == status {
                // Back before anybody was told.
                people.waiting.remove(user);
                return;
            }
            // Who is waited for is looked at when the wait is over; only who has come shall not wait for that.
            if status != PresenceStatus::Online && people.waiting.contains_key(user) {
                return;
            }
            people.next += 1;
            let turn = people.next;
            people.waiting.insert(user.clone(), turn);
            turn
        };
        let wait = match status {
            PresenceStatus::Online => ONLINE_AFTER,
            PresenceStatus::Away => AWAY_AFTER,
            PresenceStatus::Offline => OFFLINE_AFTER,
        };
        let (presences, user) = (Arc::clone(self), user.clone());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            presences.settle(&user, turn).await;
        });
    }

    async fn settle(self: &Arc<Self>, user: &UserId, turn: u64) {
        let status = self.devices.status(user);
        {
            let mut people = self.people();
            if people.waiting.get(user) != Some(&turn) {
                return;
            }
            people.waiting.remove(user);
            let before = match status {
                PresenceStatus::Offline => people.told.remove(user),
                PresenceStatus::Online | PresenceStatus::Away => people.told.insert(user.clone(), status),
            };
            if before.unwrap_or(PresenceStatus::Offline) == status {
                return;
            }
        }
        match self.store.mutual_contacts(user).await {
            Ok(contacts) => {
                for contact in contacts {
                    self.tell(&contact, user, status);
                }
            }
            Err(error) => warn!(%error, "contacts could not be told who is there"),
        }
    }

    fn tell(&self, contact: &UserId, user: &UserId, status: PresenceStatus) {
        let devices = self.devices.of_user(contact);
        if devices.is_empty() {
            return;
        }
        let presence = Presence { user: user.clone(), status };
        let text: axum::extract::ws::Utf8Bytes =
            ServerFrame { re: None, body: ServerBody::Presence(&presence) }.encode().into();
        for device in devices {
            self.devices.send(&Address { user: contact.clone(), device }, text.clone());
        }
    }

    /// Everybody whom `user` may know to be there.
    pub(super) async fn snapshot(&self, user: &UserId) -> Vec<Presence> {
        let contacts = self.store.mutual_contacts(user).await.unwrap_or_else(|error| {
            warn!(%error, "contacts could not be read");
            Vec::new()
        });
        let people = self.people();
        let there =
            |user: UserId| people.told.get(&user).map(|&status| Presence { user: user.clone(), status });
        contacts.into_iter().filter_map(there).collect()
    }

    /// Does `change` to what two people are to each other, and tells them if they may now know of each other, or no
    /// longer.
    pub(crate) async fn around<T>(
        &self,
        one: &UserId,
        other: &UserId,
        change: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let before = self.store.are_mutual_contacts(one, other).await?;
        let done = change.await?;
        let after = self.store.are_mutual_contacts(one, other).await?;
        if before != after {
            for (reader, user) in [(one, other), (other, one)] {
                let told = self.people().told.get(user).copied();
                let Some(status) = told else { continue };
                self.tell(reader, user, if after { status } else { PresenceStatus::Offline });
            }
        }
        Ok(done)
    }
}
