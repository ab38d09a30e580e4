//! When credentials expire, so that a revocation voids all that were issued before it and none that is issued after it.
//!
//! A credential says in whole seconds when it expires, and by that alone the relay knows whether a revocation means it, too.
//! Who signs up is revoked (whoever was signed in under that name before) and comes back within the same second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The latest expiries there have been, in seconds of Unix time.
#[derive(Debug, Default)]
pub struct Expiries {
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    issued: u64,
    voided: u64,
}

impl Expiries {
    /// When a credential expires that is issued to last until then: a second later than any that has been voided.
    pub fn issue(&self, wanted: Duration) -> Duration {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let expiry = wanted.as_secs().max(latest.voided + 1);
        latest.issued = latest.issued.max(expiry);
        Duration::from_secs(expiry)
    }

    /// The latest expiry there has been: of whatever a call's end is to void.
    pub fn latest(&self) -> Duration {
        Duration::from_secs(self.latest.lock().unwrap_or_else(PoisonError::into_inner).issued)
    }

    /// The latest expiry that a revocation means, if what is issued at this moment lasts until `wanted`.
    pub fn void(&self, wanted: Duration) -> Duration {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.voided = latest.voided.max(latest.issued).max(wanted.as_secs());
        Duration::from_secs(latest.voided)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_issued_in_the_second_of_a_revocation_is_voided_before_it_and_good_after_it() {
        let expiries = Expiries::default();
        let now = Duration::from_millis(1_000_900);

        let before = expiries.issue(now);
        let first = expiries.void(now);
        let between = expiries.issue(now);
        let second = expiries.void(now);
        let after = expiries.issue(now);

        assert!(before <= first && first < between && between <= second && second < after);
        assert_eq!((before, after), (Duration::from_secs(1000), Duration::from_secs(1002)));
    }

    #[test]
    fn without_revocations_a_credential_lasts_as_long_as_wanted() {
        let expiries = Expiries::default();
        assert_eq!(expiries.issue(Duration::from_millis(5_900)), Duration::from_secs(5));
        expiries.void(Duration::from_secs(7));
        assert_eq!(expiries.issue(Duration::from_secs(60)), Duration::from_secs(60));
    }
}
