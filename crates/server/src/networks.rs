//! From which networks the relay is reached, and from which it is not, as the devices there have found out (`reach` in the
//! protocol): what no test from the server's own side can tell.
//!
//! A network is a /24, or a /48 of IPv6: enough to name the office or the provider whose firewall is in the way, and no person.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use visavis_proto::{Reach, Timestamp};

use crate::metrics::Metrics;

/// Networks remembered; the one heard of longest ago gives way.
const MOST: usize = 1024;

/// What is known of all networks since the server started.
#[derive(Debug)]
pub struct Networks {
    by_network: Mutex<HashMap<IpAddr, Tally>>,
    /// When the relay was last reached from anywhere; 0 if never. Unix milliseconds.
    reached: AtomicU64,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    ways: Ways,
    heard: Timestamp,
}

/// How often each way was reached from a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// `turn:` over UDP.
    pub udp: Way,
    /// `turn:` over TCP.
    pub tcp: Way,
    /// `turns:`.
    pub tls: Way,
}

/// How often devices have got an address from the relay by this way, and how often they have not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The relay was reached.
    pub reached: u64,
    /// It was not.
    pub missed: u64,
}

/// One network, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// In CIDR notation.
    pub network: String,
    /// How often what was reached from it.
    #[serde(flatten)]
    pub ways: Ways,
    /// When it was last heard of, in Unix milliseconds.
    pub heard: Timestamp,
}

impl Way {
    fn count(&mut self, reached: Option<bool>) {
        match reached {
            Some(true) => self.reached += 1,
            Some(false) => self.missed += 1,
            None => {}
        }
    }

    /// It was tried more than once, and never with success.
    pub fn is_closed(self) -> bool {
        self.reached == 0 && self.missed > 1
    }
}

impl Ways {
    /// By name, in the order in which clients prefer them.
    pub fn named(&self) -> [(&'static str, Way); 3] {
        [("UDP", self.udp), ("TCP", self.tcp), ("TLS", self.tls)]
    }

    fn missed(&self) -> u64 {
        self.named().iter().map(|(_, way)| way.missed).sum()
    }
}

impl Networks {
    /// Nothing is known.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { by_network: Mutex::default(), reached: AtomicU64::new(0), metrics }
    }

    /// A device at this address has looked for the relay.
    pub fn note(&self, device: IpAddr, reach: Reach, now: Timestamp) {
        let network = network_of(device);
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&network) {
            let oldest = known.iter().min_by_key(|(_, tally)| tally.heard).map(|(network, _)| *network);
            oldest.and_then(|oldest| known.remove(&oldest));
            self.metrics.networks_forgotten.count();
        }
        let tally = known.entry(network).or_insert(Tally { ways: Ways::default(), heard: now });
        tally.heard = now;
        tally.ways.udp.count(reach.udp);
        tally.ways.tcp.count(reach.tcp);
        tally.ways.tls.count(reach.tls);
        for reached in [reach.udp, reach.tcp, reach.tls].into_iter().flatten() {
            let metrics = &self.metrics;
            let counter = if reached { &metrics.relay_reached } else { &metrics.relay_missed };
            counter.count();
            if reached {
                self.reached.fetch_max(now.0, Ordering::Relaxed);
            }
        }
    }

    /// Whether some device has reached the relay, from anywhere, in this time.
    pub fn reached_within(&self, time: Duration, now: Timestamp) -> bool {
        let reached = Timestamp(self.reached.load(Ordering::Relaxed));
        reached > Timestamp(0) && now.since(reached) <= time
    }

    /// All networks, those from which the relay was missed most often first.
    pub fn report(&self) -> Vec<Network> {
        let known = self.known();
        let network = |(network, Tally { ways, heard }): (&IpAddr, &Tally)| Network {
            network: match network {
                IpAddr::V4(ip) => format!("{ip}/24"),
                IpAddr::V6(ip) => format!("{ip}/48"),
            },
            ways: *ways,
            heard: *heard,
        };
        let mut all: Vec<Network> = known.iter().map(network).collect();
        all.sort_by(|a, b| (b.ways.missed(), &a.network).cmp(&(a.ways.missed(), &b.network)));
        all
    }

    fn known(&self) -> MutexGuard<'_, HashMap<IpAddr, Tally>> {
        self.by_network.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn network_of(device: IpAddr) -> IpAddr {
    match device.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0 << 8)),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !0 << 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(udp: bool, tcp: bool) -> Reach {
        Reach { udp: Some(udp), tcp: Some(tcp), tls: None }
    }

    fn way(reached: u64, missed: u64) -> Way {
        Way { reached, missed }
    }

    #[test]
    fn devices_of_one_network_are_counted_together_and_the_worst_network_comes_first() {
        let networks = Networks::new(Arc::default());
        let told = [
            ("203.0.113.7", reach(true, true)),
            ("198.51.100.1", reach(false, true)),
            ("::ffff:198.51.100.200", reach(false, true)),
            ("2001:db8:1:ff::1", reach(false, false)),
            ("2001:db8:1:2::1", Reach::default()),
        ];
        for (at, (device, reach)) in (1..).zip(told) {
            networks.note(device.parse().unwrap(), reach, Timestamp(at));
        }
        let network = |network: &str, udp, tcp, heard| Network {
            network: network.to_owned(),
            ways: Ways { udp, tcp, tls: Way::default() },
            heard: Timestamp(heard),
        };
        assert_eq!(
            networks.report(),
            [
                network("198.51.100.0/24", way(0, 2), way(2, 0), 3),
                network("2001:db8:1::/48", way(0, 1), way(0, 1), 5),
                network("203.0.113.0/24", way(1, 0), way(1, 0), 1),
            ]
        );
        let closed = |network: &Network| network.ways.named().map(|(_, way)| way.is_closed());
        assert_eq!(closed(&networks.report()[0]), [true, false, false]);
        // Once may have been anything.
        assert_eq!(closed(&networks.report()[1]), [false; 3]);
    }

    #[test]
    fn it_is_known_when_the_relay_was_last_reached_by_any_way_and_from_anywhere() {
        let networks = Networks::new(Arc::default());
        let reached = |now| networks.reached_within(Duration::from_secs(60), Timestamp(now));
        assert!(!reached(0));
        networks.note("203.0.113.7".parse().unwrap(), reach(false, false), Timestamp(10_000));
        assert!(!reached(10_000));
        networks.note("198.51.100.1".parse().unwrap(), reach(false, true), Timestamp(20_000));
        networks.note("203.0.113.7".parse().unwrap(), reach(false, false), Timestamp(30_000));
        assert!(reached(80_000) && !reached(80_001));
    }

    #[test]
    fn the_network_heard_of_longest_ago_gives_way() {
        let metrics = Arc::new(Metrics::default());
        let networks = Networks::new(Arc::clone(&metrics));
        let ip = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n << 8).unwrap()));
        for n in 0..=MOST {
            networks.note(ip(n), reach(true, true), Timestamp(n as u64));
            // It goes on being heard of.
            networks.note(ip(0), reach(true, true), Timestamp(n as u64));
        }
        let names: Vec<_> = networks.report().into_iter().map(|network| network.network).collect();
        assert_eq!(names.len(), MOST);
        assert!(names.contains(&"0.0.0.0/24".to_owned()) && !names.contains(&"0.0.1.0/24".to_owned()));
        assert_eq!(metrics.networks_forgotten.value(), 1);
    }
}
