//! The only reader of clocks.

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use visavis_proto::Timestamp;

/// One moment by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// By the machine's clock, which people set: for what is kept.
    pub wall: Timestamp,
    /// By the clock that only moves forward: for intervals.
    pub steady: Instant,
}

/// This moment, by the machine's clock, but never earlier than what was said before. While a clock that was set back has
/// not caught up, time goes on at nine tenths of its speed: a deadline of 20 s is kept after 22 s, not after an hour.
pub fn now() -> Timestamp {
    static LAST: Mutex<Option<Moment>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let read = Moment { wall: machine(), steady: instant() };
    let wall = last.map_or(read.wall, |last| onward(last, read));
    // Kept while it stands, or whoever asks often would add up parts of a millisecond to nothing.
    if last.is_none_or(|last| last.wall != wall) {
        *last = Some(Moment { wall, ..read });
    }
    wall
}

fn machine() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

/// The time at `read`, when it was `last` before.
fn onward(last: Moment, read: Moment) -> Timestamp {
    let passed = read.steady.saturating_duration_since(last.steady);
    let least = last.wall.0.saturating_add(u64::try_from(passed.as_micros() * 9 / 10_000).unwrap_or(0));
    Timestamp(read.wall.0.max(least))
}

/// This moment, by the clock that only moves forward.
pub fn instant() -> Instant {
    Instant::now()
}

/// This moment, by both clocks.
pub fn moment() -> Moment {
    Moment { wall: now(), steady: instant() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is said at each of these seconds, by steady clock and machine's clock.
    fn said(read: &[(u64, u64)]) -> Vec<u64> {
        let start = instant();
        let mut last: Option<Moment> = None;
        let mut all = Vec::new();
        for &(steady, wall) in read {
            let read = Moment { wall: Timestamp(wall * 1000), steady: start + Duration::from_secs(steady) };
            let wall = last.map_or(read.wall, |last| onward(last, read));
            last = Some(Moment { wall, ..read });
            all.push(wall.0 / 1000);
        }
        all
    }

    #[test]
    fn the_machines_clock_is_believed_as_it_goes_and_when_it_is_set_forward() {
        assert_eq!(said(&[(0, 1000), (10, 1010), (20, 5000), (30, 5010)]), [1000, 1010, 5000, 5010]);
    }

    #[test]
    fn a_clock_that_is_set_back_is_waited_for_at_nine_tenths_of_its_speed() {
        let read = [(0, 1000), (100, 1000), (200, 1100), (1000, 1900), (2000, 2900)];
        assert_eq!(said(&read), [1000, 1090, 1180, 1900, 2900]);
    }
}
