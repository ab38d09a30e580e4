//! How much the store of live calls may hold and queue.

/// Limits of a [`Local`](crate::Local). Beyond each, a write is refused and counted; nothing is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most records at a time; creating one more is `Overloaded`.
    pub records: usize,
    /// Writes that may wait for the writer; one more is `Overloaded`.
    pub queue: usize,
    /// Most writes in one transaction.
    pub group: usize,
    /// Longest key, in bytes.
    pub key_bytes: usize,
    /// Largest value, in bytes.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // At about 1 KiB each, 200 MiB of memory.
            records: 200_000,
            queue: 1024,
            group: 256,
            key_bytes: 256,
            value_bytes: 16 * 1024,
        }
    }
}
