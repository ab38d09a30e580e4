//! Connections that have not said `hello`: anybody can open them, so each address has a share, and nobody alone takes all
//! places there are (`signaling.max_sockets`) by saying nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::addresses::network_of;

/// Who waits, by address. There are never more entries than open connections.
#[derive(Debug)]
pub(super) struct Lobby {
    share: u32,
    waiting: Mutex<HashMap<IpAddr, u32>>,
}

/// A connection that has not said `hello`, for as long as this lives.
#[derive(Debug)]
pub(super) struct Waiting {
    lobby: Arc<Lobby>,
    client: IpAddr,
}

impl Lobby {
    /// Nobody waits. One address has at most `share` places.
    pub(super) fn new(share: u32) -> Arc<Self> {
        Arc::new(Self { share, waiting: Mutex::default() })
    }

    /// One more from this address; `None` if it has its share.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Waiting> {
        let client = network_of(address);
        let mut waiting = self.waiting();
        let count = waiting.entry(client).or_default();
        if *count >= self.share {
            return None;
        }
        *count += 1;
        Some(Waiting { lobby: Arc::clone(self), client })
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = self.lobby.waiting();
        if let Some(count) = waiting.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_share_an_ipv6_network_too_and_who_leaves_makes_room() {
        let lobby = Lobby::new(2);
        let enter = |text: &str| lobby.enter(text.parse().unwrap());
        let first = enter("192.0.2.1").unwrap();
        let _second = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        let _other = enter("192.0.2.2").unwrap();
        drop(first);
        let _third = enter("192.0.2.1").unwrap();

        let _v6 = [enter("2a00::1").unwrap(), enter("2a00::2").unwrap()];
        assert!(enter("2a00::3").is_none());
        assert!(enter("2a00:0:0:1::1").is_some());
    }

    #[test]
    fn an_address_that_nobody_waits_from_is_forgotten() {
        let lobby = Lobby::new(1);
        drop(lobby.enter("192.0.2.1".parse().unwrap()));
        assert!(lobby.waiting().is_empty());
    }
}
