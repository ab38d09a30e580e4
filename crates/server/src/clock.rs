//! The only reader of the clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use visavis_proto::Timestamp;

/// This moment, by the machine's clock.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

/// This moment, for measuring how long something takes.
pub fn instant() -> Instant {
    Instant::now()
}
