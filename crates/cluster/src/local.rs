//! The engine for one process: all records in memory, and in an SQLite file before anybody sees them.
//!
//! ```text
//!   cas ──► bounded queue ──► writer thread: check, one transaction for all that wait, then memory, then answer
//!   get ◄─────────────────────────────────────────────────────────── memory
//! ```
//!
//! A killed process loses nothing that was acknowledged. A loss of power may lose the last moments (the file
//! is written without waiting for the disk), never the file's soundness.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use thiserror::Error;
use tokio::sync::oneshot;
use visavis_proto::{Epoch, Rev, Timestamp};

use crate::stats::{Counters, count};
use crate::{CasError, Change, Limits, Stats, Stored, Write};

mod database;
#[cfg(test)]
mod tests;
mod writer;

use database::Database;
use writer::{Request, Writer};

/// A store of live calls in this process. Dropping it closes the file.
#[derive(Debug)]
pub struct Local {
    epoch: Epoch,
    limits: Limits,
    shared: Arc<Shared>,
    /// `None` once closed: the writer ends when its queue does.
    queue: Mutex<Option<SyncSender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Why the file could not be opened. The file is left as it is.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{} is in use by another process; is a second server running on the same data folder?", path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Its content is broken.
    #[error(
        "{} is damaged ({detail}); move it away and start again: live calls are lost, accounts are not",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// It is a sound database, but not of this program or of a later version of it.
    #[error("{} is not a store of live calls of this version; move it away and start again", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{} cannot be opened: {detail}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
}

/// What readers and the writer share.
#[derive(Debug, Default)]
struct Shared {
    records: RwLock<Records>,
    counters: Counters,
}

type Records = BTreeMap<Arc<str>, Entry>;

#[derive(Debug, Clone)]
struct Entry {
    rev: Rev,
    value: Arc<[u8]>,
    expires: Option<Timestamp>,
}

impl Local {
    /// Opens the file at `path` with the default limits; creates it, readable by its owner only, if it is not
    /// there. The folder must be there.
    ///
    /// Reads the whole file and checks it: a few milliseconds per thousand calls. Call it outside of async code.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, Limits::default())
    }

    /// As [`open`](Self::open), with other limits.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with(path: &Path, limits: Limits) -> Result<Self, OpenError> {
        let (database, content) = Database::open(path)?;
        let shared = Arc::new(Shared { records: RwLock::new(content.records), ..Shared::default() });
        let (queue, requests) = sync_channel(limits.queue);
        let writer = Writer::new(database, content.last_rev, Arc::clone(&shared), limits.clone());
        let writer = std::thread::Builder::new()
            .name("live-calls".into())
            .spawn(move || writer.run(&requests))
            .map_err(|error| OpenError::Storage { path: path.into(), detail: error.to_string() })?;
        let (queue, writer) = (Mutex::new(Some(queue)), Mutex::new(Some(writer)));
        Ok(Self { epoch: content.epoch, limits, shared, queue, writer })
    }

    pub(crate) async fn close(&self) {
        let writer = self.end();
        // A writer that panicked has already failed every write since; there is nobody left to tell.
        let _ = tokio::task::spawn_blocking(move || writer.map(JoinHandle::join)).await;
    }

    /// Lets the writer end when it has done what waits.
    fn end(&self) -> Option<JoinHandle<()>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn get(&self, key: &str) -> Option<(Rev, Arc<[u8]>)> {
        let records = self.shared.read();
        records.get(key).map(|entry| (entry.rev, Arc::clone(&entry.value)))
    }

    pub(crate) fn list(&self, prefix: &str) -> Vec<Stored> {
        let records = self.shared.read();
        records
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, entry)| Stored {
                key: Arc::clone(key),
                rev: entry.rev,
                value: Arc::clone(&entry.value),
            })
            .collect()
    }

    pub(crate) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    pub(crate) fn stats(&self) -> Stats {
        let records = self.shared.read().len();
        self.shared.counters.read(records)
    }

    pub(crate) async fn cas_many(&self, writes: Vec<Write>, now: Timestamp) -> Result<Vec<Rev>, CasError> {
        for write in &writes {
            at_most("key", write.key.len(), self.limits.key_bytes)?;
            if let Change::Set { value, .. } = &write.change {
                at_most("value", value.len(), self.limits.value_bytes)?;
            }
        }
        self.ask(|answer| Request::Cas { writes, now, answer }).await
    }

    pub(crate) async fn sweep(&self, now: Timestamp) -> Result<usize, CasError> {
        self.ask(|answer| Request::Sweep { now, answer }).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, CasError>>) -> Request,
    ) -> Result<T, CasError> {
        let (answer, answered) = oneshot::channel();
        let sent = match &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.try_send(request(answer)),
            None => return Err(CasError::Storage("the store is closed".into())),
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                count(&self.shared.counters.overloaded);
                return Err(CasError::Overloaded);
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(CasError::Storage("the writer has ended".into()));
            }
        }
        answered.await.unwrap_or(Err(CasError::Unknown))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some(writer) = self.end() {
            // As in `close`.
            let _ = writer.join();
        }
    }
}

impl Shared {
    // A panic under the lock cannot leave the map half changed in a way that matters: each entry is whole.
    fn read(&self) -> RwLockReadGuard<'_, Records> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Records> {
        self.records.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_most(what: &'static str, bytes: usize, limit: usize) -> Result<(), CasError> {
    if bytes > limit {
        return Err(CasError::TooLarge { what, bytes, limit });
    }
    Ok(())
}
