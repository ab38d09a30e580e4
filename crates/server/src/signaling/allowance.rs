//! Token buckets: how much a device or a user may do in the long run, and how much at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A rate and a burst.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// How many in the long run, per `per`.
    pub count: u32,
    /// The time `count` is meant for.
    pub per: Duration,
    /// How many at once after a quiet time.
    pub burst: u32,
}

/// What is left for one sender.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    /// A full bucket.
    pub fn full(rate: &Rate, now: Instant) -> Self {
        Self { left: f64::from(rate.burst), at: now }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub fn take(&mut self, rate: &Rate, now: Instant) -> Result<(), Duration> {
        self.left = self.refilled(rate, now);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) * seconds_each(rate)))
    }

    fn refilled(&self, rate: &Rate, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + passed / seconds_each(rate)).min(f64::from(rate.burst))
    }
}

fn seconds_each(rate: &Rate) -> f64 {
    rate.per.as_secs_f64() / f64::from(rate.count.max(1))
}

/// One bucket per key, for at most `limit` keys that are not full.
#[derive(Debug)]
pub struct Allowances<K> {
    rate: Rate,
    limit: usize,
    buckets: Mutex<HashMap<K, Allowance>>,
}

impl<K: Eq + Hash> Allowances<K> {
    /// No bucket yet. When `limit` keys are in use, full buckets are forgotten; if none is full, a new key
    /// is refused for one refill.
    pub fn new(rate: Rate, limit: usize) -> Self {
        Self { rate, limit, buckets: Mutex::default() }
    }

    /// Takes one from the bucket of `key`.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= self.limit && !buckets.contains_key(&key) {
            let full = f64::from(self.rate.burst);
            buckets.retain(|_, bucket| bucket.refilled(&self.rate, now) < full);
            if buckets.len() >= self.limit {
                return Err(self.rate.per / self.rate.count.max(1));
            }
        }
        buckets.entry(key).or_insert_with(|| Allowance::full(&self.rate, now)).take(&self.rate, now)
    }

    /// Puts one back, for what turned out not to count.
    pub fn give_back(&self, key: &K, now: Instant) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            let full = f64::from(self.rate.burst);
            *bucket = Allowance { left: (bucket.refilled(&self.rate, now) + 1.0).min(full), at: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { count: 2, per: Duration::from_secs(1), burst: 3 };

    #[test]
    fn after_the_burst_the_rate_holds_and_the_wait_is_told() {
        let start = Instant::now();
        let mut bucket = Allowance::full(&RATE, start);
        assert_eq!([(); 3].map(|()| bucket.take(&RATE, start)), [Ok(()); 3]);
        assert_eq!(bucket.take(&RATE, start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(&RATE, start + Duration::from_millis(500)), Ok(()));
        assert_eq!(bucket.take(&RATE, start + Duration::from_millis(750)), Err(Duration::from_millis(250)));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let start = Instant::now();
        let buckets = Allowances::new(RATE, 2);
        assert_eq!([(); 3].map(|()| buckets.take("a", start)), [Ok(()); 3]);
        buckets.give_back(&"a", start);
        assert_eq!(buckets.take("a", start), Ok(()));
        assert!(buckets.take("a", start).is_err());
    }

    #[test]
    fn the_number_of_buckets_is_bounded_and_full_ones_make_room() {
        let start = Instant::now();
        let buckets = Allowances::new(RATE, 2);
        assert_eq!(buckets.take("a", start), Ok(()));
        assert_eq!(buckets.take("b", start), Ok(()));
        assert_eq!(buckets.take("c", start), Err(Duration::from_millis(500)));
        assert_eq!(buckets.take("c", start + Duration::from_secs(1)), Ok(()));
    }
}
