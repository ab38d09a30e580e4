//! SQLite behind the store: opening and checking the file, and the two threads that hold its connections.

pub(crate) mod admin;
pub(crate) mod guest;
pub(crate) mod history;
pub(crate) mod login;
pub(crate) mod people;
pub(crate) mod push;
mod schema;
pub(crate) mod user;
mod value;
mod worker;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use crate::{OpenError, StoreError};
use worker::{Access, Worker};

/// How long one process waits for another's transaction: `visavis user add` writes while the server runs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Up to this size the whole file is checked when it is opened, which takes well under a second. Larger ones are
/// checked page by page as they are read, as SQLite always does.
const CHECK_UP_TO_BYTES: u64 = 64 * 1024 * 1024;

/// The writer and the reader of one file.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    writer: Worker,
    reader: Worker,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let unusable = |error: rusqlite::Error| OpenError::new(path.to_owned(), &error);
        let size = create_private(path)?;
        let mut writer = connect(path).map_err(unusable)?;
        writer.pragma_update(None, "journal_mode", "WAL").map_err(unusable)?;
        if size <= CHECK_UP_TO_BYTES {
            check(&writer, path)?;
        }
        schema::migrate(&mut writer, path)?;
        let reader = connect(path).map_err(unusable)?;
        reader.pragma_update(None, "query_only", true).map_err(unusable)?;
        Ok(Self { writer: Worker::start(writer, Access::Write), reader: Worker::start(reader, Access::Read) })
    }

    /// Runs `work` inside the writer's present transaction; what it returns has been committed.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.ask(work).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reader.ask(work).await
    }

    pub(crate) async fn close(&self) {
        // Whoever closes last moves the write-ahead log into the file; only the writer may.
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Makes the file before SQLite does, which would let everybody read it; the files beside it get the same rights.
fn create_private(path: &Path) -> Result<u64, OpenError> {
    let unwritable =
        |error: std::io::Error| OpenError::Unwritable { path: path.to_owned(), reason: error.to_string() };
    let file =
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(unwritable)?;
    Ok(file.metadata().map_err(unwritable)?.len())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A power cut may lose the last moments, never more, and never the file: enough for logins and history.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    add_lower_case(&connection)?;
    Ok(connection)
}

/// `lower_case(TEXT)`, of all scripts: SQLite's own `lower` knows the letters of English alone.
fn add_lower_case(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("lower_case", 1, flags, |text| Ok(text.get_raw(0).as_str()?.to_lowercase()))
}

fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let damaged = |reason: String| OpenError::Damaged { path: path.to_owned(), reason };
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| OpenError::new(path.to_owned(), &error))?;
    if found == "ok" { Ok(()) } else { Err(damaged(found)) }
}
