//! The schema, as steps that only go forward. A step once released is never edited: a change is a new step.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::OpenError;

/// Step *n* leads from schema *n* to *n* + 1.
const STEPS: &[&str] = &[
    include_str!("schema/1_accounts_and_history.sql"),
    include_str!("schema/2_people.sql"),
    include_str!("schema/3_recordings.sql"),
    include_str!("schema/4_shared_devices.sql"),
    include_str!("schema/5_administrators.sql"),
    include_str!("schema/6_push_endpoints.sql"),
];

pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let known = u32::try_from(STEPS.len()).expect("there are few steps");
    let found = apply(connection).map_err(|error| OpenError::new(path.to_owned(), &error))?;
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Applies the missing steps and returns the version that was found, all in one transaction: two processes that start at
/// once do not both migrate, and a step that fails leaves nothing behind.
fn apply(connection: &mut Connection) -> rusqlite::Result<u32> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_step (
             version INTEGER PRIMARY KEY,
             applied TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
         ) STRICT",
    )?;
    let found: Option<u32> = transaction
        .query_row("SELECT max(version) FROM schema_step", [], |row| row.get(0))
        .optional()?
        .flatten();
    let found = found.unwrap_or(0);
    for (version, step) in (1u32..).zip(STEPS).filter(|(version, _)| *version > found) {
        transaction.execute_batch(step)?;
        transaction.execute("INSERT INTO schema_step (version) VALUES (?1)", [version])?;
    }
    transaction.commit()?;
    Ok(found)
}
