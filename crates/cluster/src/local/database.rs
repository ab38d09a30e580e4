//! The SQLite file: two tables, opened by one process at a time.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use visavis_proto::{Epoch, Rev, Timestamp};

use super::{Entry, OpenError, Records};

/// "VISC": tells our file from any other SQLite database.
const APPLICATION_ID: i32 = 0x5649_5343;
/// The layout below.
const LAYOUT: i32 = 1;

const SCHEMA: &str = "
    CREATE TABLE meta (
        only  INTEGER PRIMARY KEY CHECK (only = 1),
        epoch TEXT NOT NULL,
        rev   INTEGER NOT NULL -- the largest ever given out, so that none is used twice
    ) STRICT;
    CREATE TABLE record (
        key     TEXT PRIMARY KEY,
        rev     INTEGER NOT NULL,
        value   BLOB NOT NULL,
        expires INTEGER -- milliseconds since 1970
    ) STRICT, WITHOUT ROWID;
";

/// The open file. Only the writer thread has it.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
}

/// What the file held when it was opened.
pub(super) struct Content {
    pub(super) epoch: Epoch,
    pub(super) last_rev: Rev,
    pub(super) records: Records,
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<(Self, Content), OpenError> {
        create_private(path)
            .map_err(|error| OpenError::Storage { path: path.into(), detail: error.to_string() })?;
        let opened = Connection::open(path).and_then(|mut connection| {
            configure(&connection)?;
            let content = match recognise(&connection)? {
                Found::Nothing => create(&mut connection).map(Ok),
                Found::Ours => load(&connection),
                Found::Foreign => Ok(Err(Unusable::Foreign)),
            }?;
            Ok(content.map(|content| (Self { connection }, content)))
        });
        match opened {
            Ok(Ok(open)) => Ok(open),
            Ok(Err(Unusable::Foreign)) => Err(OpenError::Foreign { path: path.into() }),
            Ok(Err(Unusable::Damaged(detail))) => Err(OpenError::Damaged { path: path.into(), detail }),
            Err(error) => Err(explain(path, &error)),
        }
    }

    /// Begins the transaction of one group of writes.
    pub(super) fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    /// Stands for a disk that is full: every statement that writes fails.
    #[cfg(test)]
    pub(super) fn refuse_writes(&self) {
        self.connection.pragma_update(None, "query_only", true).unwrap();
    }
}

pub(super) fn put(transaction: &Transaction<'_>, key: &str, entry: &Entry) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO record (key, rev, value, expires) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![key, signed(entry.rev.0), &entry.value[..], entry.expires.map(|at| signed(at.0))])?;
    Ok(())
}

pub(super) fn remove(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM record WHERE key = ?1")?.execute([key])?;
    Ok(())
}

pub(super) fn set_last_rev(transaction: &Transaction<'_>, rev: Rev) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE meta SET rev = ?1")?.execute([signed(rev.0)])?;
    Ok(())
}

enum Found {
    Nothing,
    Ours,
    Foreign,
}

enum Unusable {
    Foreign,
    Damaged(String),
}

/// Makes an empty file that only its owner may read: it names who calls whom.
///
/// An existing file is not touched: closing a second descriptor of it would drop SQLite's locks (POSIX).
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // A second server on the same folder is a mistake of the operator: tell at once rather than wait.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // Before the journal mode: the write-ahead log then needs no shared memory, and no second process gets in.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Takes the lock even if nothing is written for a while.
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT;")
}

fn recognise(connection: &Connection) -> rusqlite::Result<Found> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (number("application_id")?, number("user_version")?, tables) {
        (0, 0, 0) => Found::Nothing,
        (APPLICATION_ID, LAYOUT, _) => Found::Ours,
        _ => Found::Foreign,
    })
}

fn create(connection: &mut Connection) -> rusqlite::Result<Content> {
    let epoch = random_epoch();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO meta (only, epoch, rev) VALUES (1, ?1, 0)", [epoch.as_str()])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.commit()?;
    Ok(Content { epoch, last_rev: Rev(0), records: Records::new() })
}

fn load(connection: &Connection) -> rusqlite::Result<Result<Content, Unusable>> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Ok(Err(Unusable::Damaged(verdict)));
    }
    let meta = connection
        .query_row("SELECT epoch, rev FROM meta", [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    let Some((epoch, last_rev)) = meta else {
        return Ok(Err(Unusable::Damaged("its epoch is missing".into())));
    };
    let Ok(epoch) = Epoch::try_from(epoch) else {
        return Ok(Err(Unusable::Damaged("its epoch is not one".into())));
    };
    let mut statement = connection.prepare("SELECT key, rev, value, expires FROM record")?;
    let rows = statement.query_map([], |row| {
        let key: String = row.get(0)?;
        let value: Vec<u8> = row.get(2)?;
        let expires: Option<i64> = row.get(3)?;
        let entry = Entry {
            rev: Rev(unsigned(row.get(1)?)),
            value: value.into(),
            expires: expires.map(|at| Timestamp(unsigned(at))),
        };
        Ok((Arc::from(key), entry))
    })?;
    let records = rows.collect::<rusqlite::Result<Records>>()?;
    Ok(Ok(Content { epoch, last_rev: Rev(unsigned(last_rev)), records }))
}

/// 128 random bits in hexadecimal.
fn random_epoch() -> Epoch {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    let text = format!("{:032x}", u128::from_be_bytes(bytes));
    Epoch::try_from(text).expect("hexadecimal digits are allowed in an epoch")
}

fn explain(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged { path, detail },
        _ => OpenError::Storage { path, detail },
    }
}

/// SQLite's integers are signed; ours stay far below their limit (the year 292 million, or as many writes).
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
