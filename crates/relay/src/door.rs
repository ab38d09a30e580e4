//! Who may come in over TCP: so many connections at all, so many of one address without an allocation. Shared by
//! whoever accepts; asked when a connection begins or ends and when it gains or loses its allocation, never per packet.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::TcpLimits;

/// Counts TCP connections.
pub(crate) struct Door {
    limits: TcpLimits,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    connections: usize,
    /// Those without allocation, by client; no entry is zero.
    strangers: HashMap<IpAddr, usize>,
}

impl Door {
    pub(crate) fn new(limits: TcpLimits) -> Self {
        Self { limits, inside: Mutex::default() }
    }

    /// Lets one more connection in, as a stranger. Whether it may.
    pub(crate) fn enter(&self, ip: IpAddr) -> bool {
        let mut inside = self.inside();
        let strangers = inside.strangers.get(&client(ip)).copied().unwrap_or(0);
        if inside.connections >= self.limits.connections || strangers >= self.limits.strangers_per_ip {
            return false;
        }
        inside.connections += 1;
        inside.count_stranger(ip, true);
        true
    }

    /// A connection has lost (or gained) its allocation.
    pub(crate) fn set_stranger(&self, ip: IpAddr, is_stranger: bool) {
        self.inside().count_stranger(ip, is_stranger);
    }

    /// A connection has ended.
    pub(crate) fn leave(&self, ip: IpAddr, was_stranger: bool) {
        let mut inside = self.inside();
        inside.connections = inside.connections.saturating_sub(1);
        if was_stranger {
            inside.count_stranger(ip, false);
        }
    }

    /// The numbers are whole after every step, so a thread that died while counting has spoilt nothing.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Counts one more (or one fewer).
    fn count_stranger(&mut self, ip: IpAddr, is_new: bool) {
        let client = client(ip);
        let count = self.strangers.entry(client).or_default();
        *count = if is_new { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.strangers.remove(&client);
        }
    }
}

/// Whose address this is: an IPv6 client has all addresses of a /64 to itself.
fn client(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_counted_by_address_and_all_by_the_total() {
        let door = Door::new(TcpLimits { connections: 4, strangers_per_ip: 2, ..TcpLimits::default() });
        let [here, there] = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        assert_eq!([door.enter(here), door.enter(here), door.enter(here)], [true, true, false]);
        door.set_stranger(here, false);
        assert_eq!([door.enter(here), door.enter(there), door.enter(there)], [true, true, false]);
        door.leave(here, false);
        assert_eq!([door.enter(here), door.enter(there)], [false, true]);
        for (ip, was_stranger) in [(here, true), (here, true), (there, true), (there, true)] {
            door.leave(ip, was_stranger);
        }
        let inside = door.inside();
        assert_eq!((inside.connections, inside.strangers.len()), (0, 0));
    }

    #[test]
    fn x2_all_addresses_of_an_ipv6_client_share_what_one_client_may() {
        let door = Door::new(TcpLimits { strangers_per_ip: 2, ..TcpLimits::default() });
        let ip = |text: &str| text.parse().unwrap();
        let addresses = ["2a00::1", "2a00::2", "2a00::ffff:ffff:ffff:ffff", "2a00:0:0:1::1"].map(ip);
        assert_eq!(addresses.map(|ip| door.enter(ip)), [true, true, false, true]);
        door.leave(addresses[0], true);
        assert!(door.enter(addresses[2]));
    }
}
