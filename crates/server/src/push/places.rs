//! Room for deliveries: so many at once, of which no user and no push service holds more than a share. Who waits for a share
//! holds none of the room, so that endpoints that never answer keep nobody waiting but their own user.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use visavis_proto::UserId;

/// Pushes delivered at once; further ones wait.
const AT_ONCE: usize = 64;
/// Of them for one user.
const PER_USER: usize = 4;
/// Of them to one push service. Most people share one of three, so this is more than one user's.
const PER_HOST: usize = 16;

pub(super) struct Places {
    room: Semaphore,
    users: Shares<UserId>,
    hosts: Shares<String>,
}

/// One delivery's room, for as long as it lives.
pub(super) struct Place<'a> {
    _room: SemaphorePermit<'a>,
    _host: Share<'a, String>,
    _user: Share<'a, UserId>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { room: Semaphore::new(AT_ONCE), users: Shares::new(PER_USER), hosts: Shares::new(PER_HOST) }
    }

    /// Waits for room. May be dropped half-way.
    pub(super) async fn take(&self, user: &UserId, host: &str) -> Place<'_> {
        let user = self.users.take(user.clone()).await;
        let host = self.hosts.take(host.to_owned()).await;
        let room = self.room.acquire().await.expect("the semaphore is never closed");
        Place { _room: room, _host: host, _user: user }
    }
}

/// The shares of all who hold or await one: nobody else is remembered.
struct Shares<K: Eq + Hash> {
    each: usize,
    known: Mutex<HashMap<K, Arc<Semaphore>>>,
}

struct Share<'a, K: Eq + Hash> {
    // Goes before the entry does, which looks whether it is the last.
    _permit: OwnedSemaphorePermit,
    _entry: Entry<'a, K>,
}

struct Entry<'a, K: Eq + Hash> {
    shares: &'a Shares<K>,
    key: K,
    share: Option<Arc<Semaphore>>,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    fn new(each: usize) -> Self {
        Self { each, known: Mutex::default() }
    }

    async fn take(&self, key: K) -> Share<'_, K> {
        let share = {
            let mut known = self.known();
            Arc::clone(known.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
        };
        let entry = Entry { shares: self, key, share: Some(Arc::clone(&share)) };
        let permit = share.acquire_owned().await.expect("the semaphore is never closed");
        Share { _permit: permit, _entry: entry }
    }
}

impl<K: Eq + Hash> Shares<K> {
    fn known(&self) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Entry<'_, K> {
    fn drop(&mut self) {
        let mut known = self.shares.known();
        drop(self.share.take());
        if known.get(&self.key).is_some_and(|share| Arc::strong_count(share) == 1) {
            known.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn user(n: usize) -> UserId {
        format!("user{n}").parse().unwrap()
    }

    #[test]
    fn who_holds_a_share_of_the_places_for_pushes_keeps_only_themselves_waiting() {
        let places = Places::new();
        let take = |n, host: &'static str| {
            let user = user(n);
            async { places.take(&{ user }, host).await }.now_or_never()
        };
        let mut held: Vec<_> = (0..PER_USER).map(|_| take(0, "silent").unwrap()).collect();
        assert!(take(0, "silent").is_none() && take(0, "other").is_none());
        held.extend((PER_USER..PER_HOST).map(|n| take(n, "silent").unwrap()));
        assert!(take(100, "silent").is_none(), "a push service has a share, too");
        held.push(take(100, "other").unwrap());
        held.remove(0);
        held.push(take(0, "silent").unwrap());
        drop(held);
        assert!(places.users.known().is_empty() && places.hosts.known().is_empty(), "nobody is remembered");
    }
}
