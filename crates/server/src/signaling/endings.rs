//! How long a call that has ended is kept in the store of live calls: a day, for devices that come late, but that for so many of each
//! caller only. Else a few people who call without end would fill the store (`visavis_cluster::Limits::records`), and nobody
//! could call any more. The history keeps them all the same.

use std::time::{Duration, Instant};

use visavis_proto::UserId;

use super::allowance::{Allowances, Rate};

/// Calls of one caller that are kept for the whole time, within a day.
const LONG: Rate = Rate { count: 200, per: Duration::from_secs(24 * 3600), burst: 200 };
/// Callers whose calls are counted; of others none is kept for long.
const CALLERS: usize = 100_000;
/// How long the others are kept: a device that was away for a moment still hears how its call ended.
const SHORT: Duration = Duration::from_secs(600);

/// Counts the calls that ended.
#[derive(Debug)]
pub(super) struct Endings(Allowances<UserId>);

impl Endings {
    pub(super) fn new() -> Self {
        Self(Allowances::new(LONG, CALLERS))
    }

    /// How long to keep a call of this caller; `long` where nothing speaks against it.
    pub(super) fn keep(&self, caller: &UserId, long: Duration, now: Instant) -> Duration {
        match self.0.take(caller.clone(), now) {
            Ok(()) => long,
            Err(_) => long.min(SHORT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_without_end_does_not_fill_the_store_with_ended_calls_for_everybody() {
        let endings = Endings::new();
        let (now, long) = (Instant::now(), Duration::from_secs(24 * 3600));
        let keep = |user: &str, now| endings.keep(&user.parse().unwrap(), long, now);
        let kept: Vec<Duration> = (0..202).map(|_| keep("eve", now)).collect();
        assert!(kept[..200].iter().all(|kept| *kept == long));
        assert_eq!(kept[200..], [SHORT; 2]);
        assert_eq!(keep("alice", now), long);
        // A day has room for 200 more, bit by bit.
        assert_eq!(keep("eve", now + Duration::from_secs(600)), long);
    }
}
