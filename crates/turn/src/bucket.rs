//! Token buckets: how much of something may happen per second, and how much at once after a pause. A bucket is the time
//! at which it would be empty again (the generic cell rate algorithm), so it costs no timer.

use std::time::{Duration, Instant};

/// So many per second, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// In picoseconds: bytes come in less than a nanosecond.
    per_unit: u64,
    /// In nanoseconds.
    burst: u64,
}

impl Rate {
    /// `per_second` is not zero.
    pub(crate) const fn new(per_second: u64, burst: u64) -> Self {
        let per_unit = 1_000_000_000_000 / per_second;
        Self { per_unit, burst: per_unit.saturating_mul(burst) / 1000 }
    }

    /// The level after so many units, whether there was room for them or not.
    pub(crate) fn after(self, empty_at: u64, now: u64, units: u64) -> u64 {
        empty_at.max(now).saturating_add(self.cost(units))
    }

    /// Whether a bucket of this level is not fuller than it may be.
    pub(crate) const fn has_held(self, empty_at: u64, now: u64) -> bool {
        empty_at.saturating_sub(now) <= self.burst
    }

    /// Whether a bucket of this level could take half a burst at once.
    pub(crate) const fn is_half_empty(self, empty_at: u64, now: u64) -> bool {
        empty_at.saturating_sub(now) <= self.burst / 2
    }

    const fn cost(self, units: u64) -> u64 {
        self.per_unit.saturating_mul(units).div_ceil(1000)
    }

    /// For how long a bucket of this level is fuller than it may be.
    pub(crate) const fn debt(self, empty_at: u64, now: u64) -> Duration {
        Duration::from_nanos(empty_at.saturating_sub(now).saturating_sub(self.burst))
    }

    /// The level after so many units, for a bucket counted in nanoseconds; `None` if there is no room for all of them.
    pub(crate) fn next(self, empty_at: u64, now: u64, units: u64) -> Option<u64> {
        let next = self.after(empty_at, now, units);
        self.has_held(next, now).then_some(next)
    }
}

/// How much has been taken lately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    empty_at: Instant,
}

impl Bucket {
    /// Nothing yet.
    pub(crate) const fn new(now: Instant) -> Self {
        Self { empty_at: now }
    }

    /// When it is empty if nothing more is taken.
    pub(crate) const fn empty_at(&self) -> Instant {
        self.empty_at
    }

    /// Takes so many units if there is room for all of them.
    pub(crate) fn take(&mut self, now: Instant, rate: Rate, units: u64) -> bool {
        let empty_at = self.empty_at.max(now) + Duration::from_nanos(rate.cost(units));
        let has_room = empty_at.saturating_duration_since(now) <= Duration::from_nanos(rate.burst);
        if has_room {
            self.empty_at = empty_at;
        }
        has_room
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
    fn a_bucket_gives_its_burst_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let mut count = |now| (0..100).filter(|_| bucket.take(now, Rate::new(10, 3), 1)).count();
        assert_eq!(count(start), 3);
        assert_eq!(count(start + Duration::from_millis(100)), 1);
        assert_eq!(count(start + Duration::from_millis(350)), 2);
        assert_eq!(count(start + Duration::from_secs(3600)), 3);
    }

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        let rate = Rate::new(2_000_000_000, 3000);
        assert!(!bucket.take(start, rate, 3001));
        assert!(bucket.take(start, rate, 3000));
        assert!(!bucket.take(start, rate, 2));
    }
}
