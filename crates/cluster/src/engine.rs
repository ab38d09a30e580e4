//! The face of the store of live calls, whichever engine is behind it.

use std::sync::Arc;
use std::time::Duration;

use visavis_proto::{Epoch, Rev, Timestamp};

use crate::{CasError, Change, Expected, Local, Stats, Stored, Write};

/// A store of live calls.
///
/// An enum, so that every engine's oddities are handled by name where they matter. Share it in an `Arc`.
#[derive(Debug)]
pub enum Engine {
    /// In this process.
    Local(Local),
}

impl Engine {
    /// The record under `key` and its revision, from memory.
    ///
    /// A record stays until it is deleted or swept: its time to live alone does not hide it.
    pub fn get(&self, key: &str) -> Option<(Rev, Arc<[u8]>)> {
        match self {
            Self::Local(local) => local.get(key),
        }
    }

    /// All records whose key begins with `prefix`, in the order of their keys, from memory.
    pub fn list(&self, prefix: &str) -> Vec<Stored> {
        match self {
            Self::Local(local) => local.list(prefix),
        }
    }

    /// Names this life of the store. A new one means that the records of the old one are gone.
    pub fn epoch(&self) -> &Epoch {
        match self {
            Self::Local(local) => local.epoch(),
        }
    }

    /// Sets the record under `key` to `value` if it is as `expected`, and gives its new revision. Readers see
    /// it once it is committed, and it is committed when this returns.
    ///
    /// Dropping the future does not take the write back.
    ///
    /// # Errors
    /// See [`CasError`].
    pub async fn cas(
        &self,
        key: &str,
        expected: Expected,
        value: impl Into<Arc<[u8]>>,
        ttl: Option<Duration>,
        now: Timestamp,
    ) -> Result<Rev, CasError> {
        let change = Change::Set { value: value.into(), ttl };
        self.one(Write { key: key.to_owned(), expected, change }, now).await
    }

    /// Deletes the record under `key` if it is at revision `expected`.
    ///
    /// # Errors
    /// See [`CasError`]; a record that is not there is a conflict.
    pub async fn delete(&self, key: &str, expected: Rev, now: Timestamp) -> Result<(), CasError> {
        let write = Write { key: key.to_owned(), expected: Expected::Rev(expected), change: Change::Delete };
        self.one(write, now).await.map(drop)
    }

    /// Does all `writes` or none of them, and gives the revision of each in their order. A later write sees
    /// what an earlier one of the list has done.
    ///
    /// # Errors
    /// See [`CasError`].
    pub async fn cas_many(&self, writes: Vec<Write>, now: Timestamp) -> Result<Vec<Rev>, CasError> {
        match self {
            Self::Local(local) => local.cas_many(writes, now).await,
        }
    }

    /// Removes the records whose time to live is over, and says how many there were.
    ///
    /// # Errors
    /// As [`cas`](Self::cas), without `Conflict`.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, CasError> {
        match self {
            Self::Local(local) => local.sweep(now).await,
        }
    }

    /// Closes the file when all that was asked for is done, so that another process may open it. Whatever is written from
    /// here on is refused with [`CasError::Storage`]; what was read may still be read.
    pub async fn close(&self) {
        match self {
            Self::Local(local) => local.close().await,
        }
    }

    /// Counters for the metrics page.
    pub fn stats(&self) -> Stats {
        match self {
            Self::Local(local) => local.stats(),
        }
    }

    async fn one(&self, write: Write, now: Timestamp) -> Result<Rev, CasError> {
        let revs = self.cas_many(vec![write], now).await?;
        Ok(*revs.first().expect("one write has one revision"))
    }
}
