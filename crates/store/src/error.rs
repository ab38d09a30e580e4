//! What can go wrong, and the way out.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the database cannot be used; each message is meant for the operator.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder cannot be made or written.
    #[error(
        "cannot write the database {path}: {reason}; give the folder to the user who runs visavis, or choose another \
         with --data"
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is no database, or parts of it are missing or mixed up.
    #[error(
        "the database {path} is damaged ({reason}); restore it from a backup, or move it and the files {path}-wal and \
         {path}-shm away to start with an empty one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        reason: String,
    },
    /// A newer version has changed the database in ways that this one does not know.
    #[error(
        "the database {path} was written by a newer visavis (its schema is {found}, this one knows {known}); run the \
         newer version, or restore a backup of before"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest this version knows.
        known: u32,
    },
    /// Another process has held the write lock for longer than [`crate::Store`] waits.
    #[error("the database {path} is locked by another program; stop that and try again")]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

impl OpenError {
    pub(crate) fn new(path: PathBuf, error: &rusqlite::Error) -> Self {
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, reason },
            _ => Self::Unwritable { path, reason },
        }
    }
}

/// Why a request failed. Nothing of it was kept.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// The queue is full, or another process keeps the database locked; try again later.
    #[error("the database has too much to do")]
    Overloaded,
    /// The store's thread has ended: a fault of this crate, or the process is ending.
    #[error("the database is closed")]
    Closed,
    /// The database answered with an error.
    #[error("the database failed: {0}")]
    Database(#[source] Arc<rusqlite::Error>),
}

impl From<Arc<rusqlite::Error>> for StoreError {
    fn from(error: Arc<rusqlite::Error>) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Overloaded,
            _ => Self::Database(error),
        }
    }
}
