//! The only reader of clocks.

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

/// This moment, by the machine's clock.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

/// This moment, by the clock that only moves forward.
pub fn instant() -> Instant {
    Instant::now()
}

/// This moment, by both clocks.
pub fn moment() -> Moment {
    Moment { wall: now(), steady: instant() }
}
