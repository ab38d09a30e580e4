//! Writes and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use visavis_proto::Rev;

/// What a record must be for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Not there.
    Absent,
    /// There, at this revision.
    Rev(Rev),
}

/// One write of [`Engine::cas_many`](crate::Engine::cas_many).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Which record.
    pub key: String,
    /// What it must be.
    pub expected: Expected,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It has this value.
    Set {
        /// Anything; small.
        value: Arc<[u8]>,
        /// When it may be swept away, counted from the write; never if `None`.
        ttl: Option<Duration>,
    },
    /// It is not there.
    Delete,
}

/// A record as [`Engine::list`](crate::Engine::list) gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub key: Arc<str>,
    /// Its revision.
    pub rev: Rev,
    /// Its value.
    pub value: Arc<[u8]>,
}

/// Why a write did not happen, or may not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CasError {
    /// The record is not what was expected: somebody was faster. Read again and decide again.
    #[error("record {key} was changed by somebody else")]
    Conflict {
        /// The first record that differed.
        key: String,
    },
    /// Nobody can tell whether the write happened. Read again; the write may even show up later.
    #[error("the outcome of the write is unknown")]
    Unknown,
    /// The queue or the store is full. Nothing was written; try again later.
    #[error("the store of live calls is at its limit")]
    Overloaded,
    /// A key or value is over its limit. Nothing was written.
    #[error("{what} has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Which of the two.
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The disk failed. Nothing was written.
    #[error("the store of live calls failed: {0}")]
    Storage(String),
}
