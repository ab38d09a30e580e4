//! How many UDP answers a stranger gets (X1): a forged source must not turn this server into somebody's flood.
//!
//! Two fixed arrays of buckets, one for hosts and one for networks, indexed by a keyed hash: memory never grows, no
//! entry is ever evicted, and which addresses share a bucket can not be known from outside. A bucket is the time at
//! which it would be empty again (the generic cell rate algorithm).

use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const HOST_BUCKETS: usize = 16_384;
const NETWORK_BUCKETS: usize = 4_096;
/// A network gets this many times what one of its hosts gets.
const NETWORK_FACTOR: u32 = 4;
/// Whoever has a live signaling connection gets this many times what a stranger gets.
const VOUCHED_FACTOR: u32 = 10;

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

    /// Whether one more answer may go to this address. One to somebody vouched for weighs less, on both scales: it must
    /// not use up what the strangers of his network have.
    pub(crate) fn admit(&self, now: Instant, to: IpAddr, is_vouched: bool) -> bool {
        let share = if is_vouched { VOUCHED_FACTOR } else { 1 };
        let elapsed = now.saturating_duration_since(self.started).as_nanos();
        let elapsed = u64::try_from(elapsed).expect("a process does not live for centuries");
        let host = host_of(to);
        let (host, network) = (self.hash(host), self.hash(host >> 8));
        self.networks.has_room(network, elapsed, share)
            && self.hosts.take(host, elapsed, share)
            && self.networks.take(network, elapsed, share)
    }

    fn hash(&self, prefix: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.seed);
        hasher.write_u64(prefix);
        hasher.finish()
    }
}

/// What counts as one host: an IPv4 address, or a network /64 of IPv6, of which any host has all.
pub(crate) fn host_of(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => u64::try_from(ip.to_bits() >> 64).expect("the upper half of 128 bits"),
    }
}

struct Buckets {
    /// When each bucket is back to zero, in nanoseconds since `started`.
    empty_at: Vec<AtomicU64>,
    interval: u64,
    burst: u64,
}

impl Buckets {
    fn new(count: usize, per_second: u32, burst: u32) -> Self {
        let interval = 1_000_000_000 / u64::from(per_second.clamp(1, 1_000_000_000));
        let empty_at = std::iter::repeat_with(AtomicU64::default).take(count).collect();
        Self { empty_at, interval, burst: interval * u64::from(burst.max(1)) }
    }

    /// Nanoseconds to empty after one more, if there is room for it.
    fn with_one_more(&self, empty_at: u64, elapsed: u64, share: u32) -> Option<u64> {
        let empty_at = empty_at.max(elapsed) + self.interval / u64::from(share);
        (empty_at - elapsed <= self.burst).then_some(empty_at)
    }

    fn has_room(&self, hash: u64, elapsed: u64, share: u32) -> bool {
        let empty_at = self.empty_at[self.index(hash)].load(Ordering::Relaxed);
        self.with_one_more(empty_at, elapsed, share).is_some()
    }

    fn take(&self, hash: u64, elapsed: u64, share: u32) -> bool {
        let bucket = &self.empty_at[self.index(hash)];
        let take = |empty_at| self.with_one_more(empty_at, elapsed, share);
        bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn x1_a_host_gets_its_burst_then_its_rate_and_another_network_is_not_touched() {
        let start = Instant::now();
        let limit = RateLimit::new(start, [1; 32], 10, 3);
        let host = "192.0.2.1".parse().unwrap();
        let count = |limit: &RateLimit, now, to| (0..100).filter(|_| limit.admit(now, to, false)).count();
        assert_eq!(count(&limit, start, host), 3);
        assert_eq!(count(&limit, start + Duration::from_millis(100), host), 1);
        assert_eq!(count(&limit, start, "198.51.100.1".parse().unwrap()), 3);
        assert_eq!(count(&limit, start + Duration::from_secs(3600), host), 3);
    }

    #[test]
    fn x1_a_network_gets_four_times_what_a_host_gets_however_many_hosts_ask() {
        let start = Instant::now();
        let limit = RateLimit::new(start, [1; 32], 10, 3);
        let answered = |limit: &RateLimit, now| {
            let hosts = (0..=255).map(|last| IpAddr::from([192, 0, 2, last]));
            hosts.filter(|host| limit.admit(now, *host, false)).count()
        };
        assert_eq!(answered(&limit, start), 12);
        assert_eq!(answered(&limit, start + Duration::from_millis(100)), 4);
        let in_one_64 = (0u16..100).map(|last| IpAddr::from([0x2001, 0xdb9, 0, 1, 0, 0, 0, last]));
        assert_eq!(in_one_64.filter(|host| limit.admit(start, *host, false)).count(), 3);
    }

    #[test]
    fn x1_somebody_vouched_for_gets_ten_times_what_a_stranger_gets_and_takes_less_from_his_network() {
        let start = Instant::now();
        let limit = RateLimit::new(start, [1; 32], 10, 3);
        let [vouched, stranger]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        let count = |to, is_vouched| (0..100).filter(|_| limit.admit(start, to, is_vouched)).count();
        assert_eq!(count(vouched, true), 30);
        assert_eq!(count(stranger, false), 3);
        assert_eq!(count(vouched, false), 0);
    }
}
