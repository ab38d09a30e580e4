//! How long a busy worker rests between two looks at its sockets. At some thousand packets per second most of what a packet
//! costs is waking up for it; a rest of a fraction of a millisecond lets several wait for each other.
//!
//! ```text
//!  quiet: sleeps until something comes, no rest      busy: rests for a tick, then serves all that has come
//! ```

use std::time::{Duration, Instant};

/// From so many packets per second on it is worth it.
const BUSY: u64 = 2000;
/// The most packets that should have come when a rest ends: the kernel's buffers must hold them.
const MOST_PER_REST: u64 = 64;
/// How long packets are counted before the rate is looked at anew.
const WINDOW: Duration = Duration::from_millis(10);
/// After such a time what was before does not matter.
const FORGOTTEN: Duration = Duration::from_millis(200);

/// Counts packets, and says how long to rest.
pub(crate) struct Pace {
    tick: Duration,
    since: Instant,
    counted: u64,
    /// Packets per second, of late.
    rate: u64,
}

impl Pace {
    pub(crate) fn new(now: Instant, tick: Duration) -> Self {
        Self { tick, since: now, counted: 0, rate: 0 }
    }

    pub(crate) fn count(&mut self, packets: usize) {
        self.counted += packets as u64;
    }

    /// How long to rest now; `None` when it is quiet.
    pub(crate) fn rest(&mut self, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= WINDOW {
            let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1);
            let sample = self.counted.saturating_mul(1_000_000) / micros;
            self.rate = if elapsed >= FORGOTTEN { sample } else { (self.rate * 3 + sample) / 4 };
            (self.since, self.counted) = (now, 0);
        }
        if self.tick.is_zero() || self.rate < BUSY {
            return None;
        }
        Some(self.tick.min(Duration::from_micros(MOST_PER_REST * 1_000_000 / self.rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets packets come evenly for some milliseconds.
    fn run(pace: &mut Pace, now: &mut Instant, millis: u64, per_millisecond: usize) -> Option<Duration> {
        let mut rest = None;
        for _ in 0..millis {
            *now += Duration::from_millis(1);
            pace.count(per_millisecond);
            rest = pace.rest(*now);
        }
        rest
    }

    #[test]
    fn a_busy_worker_rests_and_a_quiet_one_does_not() {
        let mut now = crate::clock::now();
        let tick = Duration::from_micros(500);
        let mut pace = Pace::new(now, tick);
        assert_eq!(run(&mut pace, &mut now, 300, 1), None);
        assert_eq!(run(&mut pace, &mut now, 300, 20), Some(tick));
        // The first packet after a silence is served at once.
        now += Duration::from_secs(1);
        pace.count(1);
        assert_eq!(pace.rest(now), None);
    }

    #[test]
    fn a_very_busy_worker_rests_less_so_that_nothing_overflows() {
        let mut now = crate::clock::now();
        let mut pace = Pace::new(now, Duration::from_millis(1));
        assert_eq!(run(&mut pace, &mut now, 500, 256), Some(Duration::from_micros(250)));
    }

    #[test]
    fn a_tick_of_zero_is_none() {
        let mut now = crate::clock::now();
        let mut pace = Pace::new(now, Duration::ZERO);
        assert_eq!(run(&mut pace, &mut now, 300, 100), None);
    }
}
