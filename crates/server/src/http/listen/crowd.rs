//! How many connections each address has: a machine that opens more and more of them must not take every place there is
//! (`http.max_connections`), nor every handshake.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::addresses::network_of;

/// TLS handshakes of one address at once; further ones of it wait. Enough for an office that comes back at once, since each
/// takes milliseconds of those who want one.
const HANDSHAKES: usize = 64;

/// Who is connected, by address. There are never more entries than open connections.
pub(super) struct Crowd {
    share: u32,
    inside: Mutex<HashMap<IpAddr, Inside>>,
}

/// What one address has.
struct Inside {
    connections: u32,
    handshakes: Arc<Semaphore>,
}

/// A connection of an address, for as long as this lives.
pub(super) struct Guest {
    crowd: Arc<Crowd>,
    client: IpAddr,
    /// The places for handshakes of this address.
    pub(super) handshakes: Arc<Semaphore>,
}

impl Crowd {
    /// Nobody is connected. One address has at most `share` places.
    pub(super) fn new(share: u32) -> Arc<Self> {
        Arc::new(Self { share, inside: Mutex::default() })
    }

    /// One more from this address; `None` if it has its share.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let client = network_of(address);
        let mut inside = self.inside();
        let of_client = inside.entry(client).or_insert_with(Inside::nobody);
        if of_client.connections >= self.share {
            return None;
        }
        of_client.connections += 1;
        let handshakes = Arc::clone(&of_client.handshakes);
        Some(Guest { crowd: Arc::clone(self), client, handshakes })
    }

    /// Every step leaves the numbers whole, so whoever panicked while counting has spoilt nothing.
    fn inside(&self) -> MutexGuard<'_, HashMap<IpAddr, Inside>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn nobody() -> Self {
        Self { connections: 0, handshakes: Arc::new(Semaphore::new(HANDSHAKES)) }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut inside = self.crowd.inside();
        if let Some(of_client) = inside.get_mut(&self.client) {
            of_client.connections -= 1;
            if of_client.connections == 0 {
                inside.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_share_an_ipv6_network_too_and_is_forgotten_when_it_has_left() {
        let crowd = Crowd::new(2);
        let enter = |text: &str| crowd.enter(text.parse().unwrap());
        let first = enter("192.0.2.1").unwrap();
        let second = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        let others = [enter("192.0.2.2"), enter("2a00::1"), enter("2a00::2")].map(Option::unwrap);
        assert!(enter("2a00::3").is_none());
        drop(first);
        let third = enter("192.0.2.1").unwrap();
        drop((second, third, others));
        assert!(crowd.inside().is_empty());
    }
}
