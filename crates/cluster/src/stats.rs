//! Counters of the store of live calls, for the metrics page.

use std::sync::atomic::{AtomicU64, Ordering};

/// What has happened since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Records there are.
    pub records: u64,
    /// Writes that were committed.
    pub committed: u64,
    /// Transactions they took; fewer than writes when many come at once.
    pub transactions: u64,
    /// Writes that somebody else was faster than.
    pub conflicts: u64,
    /// Writes refused at a limit.
    pub overloaded: u64,
    /// Writes that failed with the disk.
    pub failed: u64,
    /// Records removed because their time was over.
    pub expired: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) committed: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) overloaded: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) expired: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, records: usize) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            records: u64::try_from(records).unwrap_or(u64::MAX),
            committed: read(&self.committed),
            transactions: read(&self.transactions),
            conflicts: read(&self.conflicts),
            overloaded: read(&self.overloaded),
            failed: read(&self.failed),
            expired: read(&self.expired),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
