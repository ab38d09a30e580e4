//! How many UDP answers a stranger gets (X1): a forged source must not turn this server into somebody's flood.
//!
//! Two fixed arrays of buckets, one for hosts and one for networks, indexed by a keyed hash: memory never grows, no
//! entry is ever evicted, and which addresses share a bucket can not be known from outside. A bucket is the time at
//! which it would be empty again (the generic cell rate algorithm).

use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;
use std::time::{Duration, Instant};

const HOST_BUCKETS: usize = 16_384;
const NETWORK_BUCKETS: usize = 4_096;
/// A network gets this many times what one of its hosts gets.
const NETWORK_FACTOR: u32 = 4;

/// Counts answers by source.
pub(crate) struct RateLimit {
    started: Instant,
    seed: [u8; 32],
    hosts: Buckets,
    networks: Buckets,
}

impl RateLimit {
    pub(crate) fn new(now: Instant, seed: [u8; 32], per_second: u32, burst: u32) -> Self {
        let hosts = Buckets::new(HOST_BUCKETS, per_second, burst);
        let network_rate = per_second.saturating_mul(NETWORK_FACTOR);
        let networks = Buckets::new(NETWORK_BUCKETS, network_rate, burst.saturating_mul(NETWORK_FACTOR));
        Self { started: now, seed, hosts, networks }
    }

    /// Whether one more answer may go to this address.
    pub(crate) fn admit(&mut self, now: Instant, to: IpAddr) -> bool {
        let elapsed = now.saturating_duration_since(self.started);
        let (host, network) = match to {
            IpAddr::V4(ip) => (u64::from(ip.to_bits()), u64::from(ip.to_bits() >> 8)),
            IpAddr::V6(ip) => {
                let upper = u64::try_from(ip.to_bits() >> 64).expect("the upper half of 128 bits");
                (upper, upper >> 8)
            }
        };
        let (host, network) = (self.hash(host), self.hash(network));
        self.networks.has_room(network, elapsed)
            && self.hosts.take(host, elapsed)
            && self.networks.take(network, elapsed)
    }

    fn hash(&self, prefix: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.seed);
        hasher.write_u64(prefix);
        hasher.finish()
    }
}

struct Buckets {
    /// When each bucket is back to zero, since `started`.
    empty_at: Vec<Duration>,
    interval: Duration,
    burst: Duration,
}

impl Buckets {
    fn new(count: usize, per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { empty_at: vec![Duration::ZERO; count], interval, burst: interval * burst.max(1) }
    }

    fn has_room(&self, hash: u64, elapsed: Duration) -> bool {
        let level = self.empty_at[self.index(hash)].saturating_sub(elapsed);
        level + self.interval <= self.burst
    }

    fn take(&mut self, hash: u64, elapsed: Duration) -> bool {
        let has_room = self.has_room(hash, elapsed);
        if has_room {
            let index = self.index(hash);
            self.empty_at[index] = self.empty_at[index].max(elapsed) + self.interval;
        }
        has_room
    }

    fn index(&self, hash: u64) -> usize {
        let count = u64::try_from(self.empty_at.len()).expect("a count of buckets fits");
        usize::try_from(hash % count).expect("reduced below a usize")
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can only be had from the clock; its value does not matter"
)]
mod tests {
    use super::*;

    #[test]
    fn x1_a_host_gets_its_burst_then_its_rate_and_another_network_is_not_touched() {
        let start = Instant::now();
        let mut limit = RateLimit::new(start, [1; 32], 10, 3);
        let host = "192.0.2.1".parse().unwrap();
        let count = |limit: &mut RateLimit, now, to| (0..100).filter(|_| limit.admit(now, to)).count();
        assert_eq!(count(&mut limit, start, host), 3);
        assert_eq!(count(&mut limit, start + Duration::from_millis(100), host), 1);
        assert_eq!(count(&mut limit, start, "198.51.100.1".parse().unwrap()), 3);
        assert_eq!(count(&mut limit, start + Duration::from_secs(3600), host), 3);
    }

    #[test]
    fn x1_a_network_gets_four_times_what_a_host_gets_however_many_hosts_ask() {
        let start = Instant::now();
        let mut limit = RateLimit::new(start, [1; 32], 10, 3);
        let answered = |limit: &mut RateLimit, now| {
            let hosts = (0..=255).map(|last| IpAddr::from([192, 0, 2, last]));
            hosts.filter(|host| limit.admit(now, *host)).count()
        };
        assert_eq!(answered(&mut limit, start), 12);
        assert_eq!(answered(&mut limit, start + Duration::from_millis(100)), 4);
        let in_one_64 = (0u16..100).map(|last| IpAddr::from([0x2001, 0xdb9, 0, 1, 0, 0, 0, last]));
        assert_eq!(in_one_64.filter(|host| limit.admit(start, *host)).count(), 3);
    }
}
