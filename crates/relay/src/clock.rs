//! The only reader of time in this crate.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Now, for timers.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day since the Unix epoch, for credentials and nonces. A clock before 1970 reads as 1970.
pub(crate) fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
