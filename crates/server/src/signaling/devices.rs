//! Which devices are connected to this node, and how to reach each: the authoritative map for the sockets
//! this process holds.
//!
//! A device has a bounded outbox. Whoever pushes never waits: a device that does not read until its outbox
//! is full is taken out of the map and its socket closes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use visavis_proto::{
    Address, Changed, ChangedThing, CloseCode, DeviceId, PresenceStatus, ServerBody, ServerFrame, UserId,
};
use visavis_store::TokenHash;

use crate::accounts::Revoked;
use crate::metrics::Metrics;

/// Frames that may wait for one device.
pub(super) const OUTBOX_FRAMES: usize = 128;
/// Devices one user may have connected at once.
pub(super) const DEVICES_PER_USER: usize = 32;

/// What a socket's task takes from its outbox.
#[derive(Debug)]
pub enum Outgoing {
    /// Send this.
    Text(Utf8Bytes),
    /// Close with this code, after what was queued before.
    Close(CloseCode),
}

/// Tells one connection of a device from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection(u64);

#[derive(Debug)]
struct Entry {
    device: DeviceId,
    /// None for a device whose user a messenger has signed in.
    login: Option<TokenHash>,
    connection: Connection,
    outbox: mpsc::Sender<Outgoing>,
    /// What it calls itself.
    name: String,
    /// Its page is not looked at.
    away: bool,
    /// It asks its user whether a call may be recorded.
    asks_consent: bool,
}

/// A device that is connected, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedDevice {
    /// Which.
    pub device: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// With which login; none if a messenger has signed its user in.
    pub login: Option<TokenHash>,
    /// Whether its page is looked at.
    pub status: PresenceStatus,
}

/// The connected devices of every user.
#[derive(Debug)]
pub struct Devices {
    users: Mutex<HashMap<UserId, Vec<Entry>>>,
    next: AtomicU64,
    metrics: Arc<Metrics>,
}

/// The user has [`DEVICES_PER_USER`] devices connected.
#[derive(Debug)]
pub struct TooManyDevices;

impl Devices {
    /// Nobody is connected.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { users: Mutex::default(), next: AtomicU64::new(1), metrics }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Entry>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a device. If it was connected already, that older socket gets `bye` and is closed.
    ///
    /// # Errors
    /// [`TooManyDevices`].
    pub fn register(
        &self,
        address: &Address,
        login: Option<TokenHash>,
        name: String,
        bye: Utf8Bytes,
    ) -> Result<(Connection, mpsc::Receiver<Outgoing>), TooManyDevices> {
        let connection = Connection(self.next.fetch_add(1, Ordering::Relaxed));
        let (outbox, inbox) = mpsc::channel(OUTBOX_FRAMES);
        let device = address.device.clone();
        let entry = Entry { device, login, connection, outbox, name, away: false, asks_consent: false };
        let mut users = self.users();
        let entries = users.entry(address.user.clone()).or_default();
        if let Some(older) = entries.iter_mut().find(|older| older.device == address.device) {
            self.metrics.devices_replaced.count();
            let older = std::mem::replace(older, entry);
            // If its outbox is full, the older socket closes as a slow one, which is just as well.
            let _ = older.outbox.try_send(Outgoing::Text(bye));
            let _ = older.outbox.try_send(Outgoing::Close(CloseCode::Replaced));
            return Ok((connection, inbox));
        }
        if entries.len() >= DEVICES_PER_USER {
            return Err(TooManyDevices);
        }
        entries.push(entry);
        Ok((connection, inbox))
    }

    /// Takes a device out, unless it has connected again since. Says whether it was taken out.
    pub fn leave(&self, address: &Address, connection: Connection) -> bool {
        let mut users = self.users();
        let Some(entries) = users.get_mut(&address.user) else { return false };
        let before = entries.len();
        entries.retain(|entry| entry.connection != connection);
        let left = entries.len() < before;
        if entries.is_empty() {
            users.remove(&address.user);
        }
        left
    }

    /// Pushes a frame to one device. False if it is not connected or did not read what it got before.
    pub fn send(&self, address: &Address, text: Utf8Bytes) -> bool {
        self.push(&mut self.users(), address, text)
    }

    /// Pushes to each its frame before anything else is pushed to any of them: what one device says of the news that it has
    /// just got reaches the other after the same news.
    pub fn send_all(&self, frames: Vec<(Address, Utf8Bytes)>) {
        let mut users = self.users();
        for (address, text) in frames {
            self.push(&mut users, &address, text);
        }
    }

    fn push(&self, users: &mut HashMap<UserId, Vec<Entry>>, address: &Address, text: Utf8Bytes) -> bool {
        let Some(entries) = users.get_mut(&address.user) else { return false };
        let Some(position) = entries.iter().position(|entry| entry.device == address.device) else {
            return false;
        };
        match entries[position].outbox.try_send(Outgoing::Text(text)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                // Dropping the outbox ends the socket's task; the device comes back and gets snapshots.
                self.metrics.sockets_slow.count();
                entries.swap_remove(position);
                false
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Whether a device is connected here.
    pub fn is_connected(&self, address: &Address) -> bool {
        self.users()
            .get(&address.user)
            .is_some_and(|entries| entries.iter().any(|entry| entry.device == address.device))
    }

    /// Whether this connection is the device's present one.
    pub fn holds(&self, address: &Address, connection: Connection) -> bool {
        self.users()
            .get(&address.user)
            .is_some_and(|entries| entries.iter().any(|entry| entry.connection == connection))
    }

    /// The connected devices of a user.
    pub fn of_user(&self, user: &UserId) -> Vec<DeviceId> {
        self.users()
            .get(user)
            .map_or_else(Vec::new, |entries| entries.iter().map(|entry| entry.device.clone()).collect())
    }

    /// The connected devices of a user, with what is shown of them.
    pub fn list(&self, user: &UserId) -> Vec<ConnectedDevice> {
        let shown = |entry: &Entry| ConnectedDevice {
            device: entry.device.clone(),
            name: entry.name.clone(),
            login: entry.login,
            status: if entry.away { PresenceStatus::Away } else { PresenceStatus::Online },
        };
        self.users().get(user).map_or_else(Vec::new, |entries| entries.iter().map(shown).collect())
    }

    /// Whether a user is there: online if any device of theirs is looked at.
    pub fn status(&self, user: &UserId) -> PresenceStatus {
        match self.users().get(user) {
            None => PresenceStatus::Offline,
            Some(entries) if entries.iter().any(|entry| !entry.away) => PresenceStatus::Online,
            Some(_) => PresenceStatus::Away,
        }
    }

    /// A device says whether its page is looked at.
    pub fn set_away(&self, address: &Address, connection: Connection, away: bool) {
        let mut users = self.users();
        let entries = users.get_mut(&address.user).into_iter().flatten();
        if let Some(entry) = entries.into_iter().find(|entry| entry.connection == connection) {
            entry.away = away;
        }
    }

    /// A device says that it asks its user whether a call may be recorded.
    pub fn set_asks_consent(&self, address: &Address, connection: Connection) {
        let mut users = self.users();
        let entries = users.get_mut(&address.user).into_iter().flatten();
        if let Some(entry) = entries.into_iter().find(|entry| entry.connection == connection) {
            entry.asks_consent = true;
        }
    }

    /// Whether a device asks its user whether a call may be recorded; `None` if it is not connected.
    pub fn asks_consent(&self, address: &Address) -> Option<bool> {
        let users = self.users();
        let mut entries = users.get(&address.user).into_iter().flatten();
        entries.find(|entry| entry.device == address.device).map(|entry| entry.asks_consent)
    }

    /// Everybody of whom a device is connected.
    pub fn users_connected(&self) -> HashSet<UserId> {
        self.users().keys().cloned().collect()
    }

    /// Tells every device of a user that something of theirs has changed.
    pub fn tell_changed(&self, user: &UserId, what: &[ChangedThing]) {
        let changed = Changed { what: what.to_vec() };
        let frame = ServerFrame { re: None, body: ServerBody::Changed(&changed) };
        let text = Utf8Bytes::from(frame.encode());
        for device in self.of_user(user) {
            self.send(&Address { user: user.clone(), device }, text.clone());
        }
    }

    /// Takes out every device whose login was revoked, tells it `bye` and closes its socket. Gives those devices.
    pub fn revoke(&self, revoked: &Revoked, bye: &Utf8Bytes) -> Vec<Address> {
        let mut users = self.users();
        let mut gone = Vec::new();
        users.retain(|user, entries| {
            entries.retain(|entry| {
                let stays = match revoked {
                    Revoked::Login(login) => entry.login != Some(*login),
                    Revoked::User(name) => user != name,
                };
                if !stays {
                    let _ = entry.outbox.try_send(Outgoing::Text(bye.clone()));
                    let _ = entry.outbox.try_send(Outgoing::Close(CloseCode::Revoked));
                    gone.push(Address { user: user.clone(), device: entry.device.clone() });
                }
                stays
            });
            !entries.is_empty()
        });
        gone
    }

    /// Tells every device goodbye and closes its socket; `bye` makes the frame for the nth of them.
    pub fn close_all(&self, code: CloseCode, bye: impl Fn(usize) -> Utf8Bytes) {
        let entries: Vec<Entry> = self.users().drain().flat_map(|(_, entries)| entries).collect();
        for (nth, entry) in entries.iter().enumerate() {
            let _ = entry.outbox.try_send(Outgoing::Text(bye(nth)));
            let _ = entry.outbox.try_send(Outgoing::Close(code));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: Option<TokenHash> = Some(TokenHash([7; 32]));

    fn devices() -> Devices {
        Devices::new(Arc::new(Metrics::default()))
    }

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn text(outgoing: Option<Outgoing>) -> String {
        match outgoing {
            Some(Outgoing::Text(text)) => text.to_string(),
            Some(Outgoing::Close(code)) => format!("close {}", code.number()),
            None => "gone".into(),
        }
    }

    #[tokio::test]
    async fn a_device_that_connects_again_replaces_its_older_socket_which_hears_why() {
        let devices = devices();
        let (older, mut older_inbox) =
            devices.register(&address("bob/phone"), LOGIN, String::new(), "bye".into()).unwrap();
        let (_newer, mut newer_inbox) =
            devices.register(&address("bob/phone"), LOGIN, String::new(), "bye".into()).unwrap();
        assert!(!devices.leave(&address("bob/phone"), older), "the newer socket stays");
        assert!(devices.send(&address("bob/phone"), "hi".into()));
        assert_eq!(text(older_inbox.recv().await), "bye");
        assert_eq!(text(older_inbox.recv().await), "close 4409");
        assert_eq!(text(older_inbox.recv().await), "gone");
        assert_eq!(text(newer_inbox.recv().await), "hi");
    }

    #[tokio::test]
    async fn a_device_that_does_not_read_is_dropped_and_nobody_else_notices() {
        let devices = devices();
        let (_slow, mut slow_inbox) =
            devices.register(&address("bob/slow"), LOGIN, String::new(), "bye".into()).unwrap();
        let (_quick, mut quick_inbox) =
            devices.register(&address("bob/quick"), LOGIN, String::new(), "bye".into()).unwrap();
        for _ in 0..OUTBOX_FRAMES {
            assert!(devices.send(&address("bob/slow"), "x".into()));
        }
        assert!(!devices.send(&address("bob/slow"), "one too many".into()));
        assert!(!devices.is_connected(&address("bob/slow")));
        assert_eq!(devices.metrics.sockets_slow.value(), 1);
        assert!(devices.send(&address("bob/quick"), "hi".into()));
        assert_eq!(text(quick_inbox.recv().await), "hi");
        for _ in 0..OUTBOX_FRAMES {
            assert_eq!(text(slow_inbox.recv().await), "x");
        }
        assert_eq!(text(slow_inbox.recv().await), "gone");
    }

    #[test]
    fn a_user_may_have_only_so_many_devices() {
        let devices = devices();
        let keep: Vec<_> = (0..DEVICES_PER_USER)
            .map(|n| {
                devices.register(&address(&format!("bob/d{n}")), LOGIN, String::new(), "bye".into()).unwrap()
            })
            .collect();
        assert!(devices.register(&address("bob/one-more"), LOGIN, String::new(), "bye".into()).is_err());
        assert!(devices.register(&address("eve/d0"), LOGIN, String::new(), "bye".into()).is_ok());
        drop(keep);
    }
}
