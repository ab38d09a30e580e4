//! People, their passwords and their sign-up links.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use visavis_proto::{Timestamp, UserId};

use super::value::{millis, time, user_id};
use crate::{SignUpLink, TokenHash, User};

pub(crate) fn add(db: &Connection, user: &User, now: Timestamp) -> Result<bool> {
    let added = db.execute(
        "INSERT INTO user (id, display_name, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![user.id.as_str(), user.display_name, millis(now)],
    )?;
    Ok(added == 1)
}

pub(crate) fn find(db: &Connection, id: &UserId) -> Result<Option<User>> {
    db.prepare_cached("SELECT id, display_name FROM user WHERE id = ?1")?
        .query_row([id.as_str()], read_user)
        .optional()
}

pub(crate) fn none(db: &Connection) -> Result<bool> {
    db.query_row("SELECT NOT EXISTS (SELECT 1 FROM user)", [], |row| row.get(0))
}

pub(crate) fn password(db: &Connection, id: &UserId) -> Result<Option<String>> {
    let found = db
        .prepare_cached("SELECT password FROM user WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

pub(crate) fn set_password(db: &Connection, id: &UserId, hash: &str) -> Result<bool> {
    let set = db.execute("UPDATE user SET password = ?2 WHERE id = ?1", params![id.as_str(), hash])?;
    Ok(set == 1)
}

pub(crate) fn rename(db: &Connection, id: &UserId, display_name: &str) -> Result<Option<User>> {
    db.execute("UPDATE user SET display_name = ?2 WHERE id = ?1", params![id.as_str(), display_name])?;
    find(db, id)
}

pub(crate) fn set_link(db: &Connection, user: &UserId, token: TokenHash, expires: Timestamp) -> Result<bool> {
    let set = db.execute(
        "INSERT OR REPLACE INTO sign_up_link (user, token, expires)
         SELECT id, ?2, ?3 FROM user WHERE id = ?1 AND NOT disabled",
        params![user.as_str(), token, millis(expires)],
    )?;
    Ok(set == 1)
}

pub(crate) fn link(db: &Connection, token: TokenHash, now: Timestamp) -> Result<Option<SignUpLink>> {
    db.prepare_cached(
        "SELECT link.user, link.expires FROM sign_up_link AS link JOIN user ON user.id = link.user
         WHERE link.token = ?1 AND link.expires > ?2 AND NOT user.disabled",
    )?
    .query_row(params![token, millis(now)], |row| {
        Ok(SignUpLink { user: user_id(row, 0)?, expires: time(row, 1)? })
    })
    .optional()
}

pub(crate) fn sign_up(
    db: &Connection,
    token: TokenHash,
    password: &str,
    display_name: Option<&str>,
    now: Timestamp,
) -> Result<Option<User>> {
    let Some(link) = link(db, token, now)? else {
        return Ok(None);
    };
    let user = link.user.as_str();
    db.execute("DELETE FROM sign_up_link WHERE user = ?1", [user])?;
    // Whoever resets a password wants nobody else to stay signed in.
    db.execute("DELETE FROM login WHERE user = ?1", [user])?;
    db.execute(
        "UPDATE user SET password = ?2, display_name = coalesce(?3, display_name) WHERE id = ?1",
        params![user, password, display_name],
    )?;
    find(db, &link.user)
}

/// Removes somebody with all that is theirs, and their guests.
pub(crate) fn remove(db: &Connection, id: &UserId) -> Result<bool> {
    // Their guests go with them: see the schema's trigger.
    Ok(db.execute("DELETE FROM user WHERE id = ?1", [id.as_str()])? > 0)
}

pub(super) fn read_user(row: &Row<'_>) -> Result<User> {
    Ok(User { id: user_id(row, 0)?, display_name: row.get(1)? })
}
