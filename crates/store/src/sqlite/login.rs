//! Browsers that are signed in.

use rusqlite::{Connection, OptionalExtension, Result, params};
use visavis_proto::{Timestamp, UserId};

use super::user::read_user;
use super::value::{millis, time};
use crate::{LOGINS_PER_USER, ListedLogin, Login, TokenHash};

pub(crate) fn add(
    db: &Connection,
    token: TokenHash,
    user: &UserId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<bool> {
    let added = db.execute(
        "INSERT INTO login (token, user, created, last_seen, expires)
         SELECT ?1, id, ?3, ?3, ?4 FROM user
         WHERE id = ?2 AND NOT disabled",
        params![token, user.as_str(), millis(now), millis(expires)],
    )?;
    db.execute(
        "DELETE FROM login WHERE token IN
             (SELECT token FROM login WHERE user = ?1 ORDER BY last_seen DESC, created DESC LIMIT -1 OFFSET ?2)",
        params![user.as_str(), LOGINS_PER_USER],
    )?;
    Ok(added == 1)
}

pub(crate) fn find(db: &Connection, token: TokenHash, now: Timestamp) -> Result<Option<Login>> {
    db.prepare_cached(
        "SELECT user.id, user.display_name, login.last_seen, login.expires,
                EXISTS (SELECT 1 FROM guest WHERE guest.user = user.id), login.pin IS NOT NULL, user.admin
         FROM login JOIN user ON user.id = login.user
         WHERE login.token = ?1 AND login.expires > ?2",
    )?
    .query_row(params![token, millis(now)], |row| {
        Ok(Login {
            user: read_user(row)?,
            last_seen: time(row, 2)?,
            expires: time(row, 3)?,
            is_guest: row.get(4)?,
            is_shared: row.get(5)?,
            is_admin: row.get(6)?,
        })
    })
    .optional()
}

pub(crate) fn extend(db: &Connection, token: TokenHash, now: Timestamp, expires: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE login SET last_seen = ?2, expires = ?3 WHERE token = ?1")?.execute(params![
        token,
        millis(now),
        millis(expires)
    ])?;
    Ok(())
}

pub(crate) fn end(db: &Connection, token: TokenHash) -> Result<()> {
    db.execute("DELETE FROM login WHERE token = ?1", [token])?;
    Ok(())
}

pub(crate) fn end_all(db: &Connection, user: &UserId) -> Result<()> {
    db.execute("DELETE FROM login WHERE user = ?1", [user.as_str()])?;
    Ok(())
}

pub(crate) fn list(db: &Connection, user: &UserId, now: Timestamp) -> Result<Vec<ListedLogin>> {
    db.prepare_cached(
        "SELECT token, agent, name, created, last_seen, EXISTS (SELECT 1 FROM push WHERE push.login = token)
         FROM login WHERE user = ?1 AND expires > ?2 ORDER BY last_seen DESC, created DESC",
    )?
    .query_map(params![user.as_str(), millis(now)], |row| {
        Ok(ListedLogin {
            token: TokenHash(row.get(0)?),
            agent: row.get(1)?,
            name: row.get(2)?,
            created: time(row, 3)?,
            last_seen: time(row, 4)?,
            push: row.get(5)?,
        })
    })?
    .collect()
}

pub(crate) fn describe(db: &Connection, token: TokenHash, agent: &str) -> Result<()> {
    db.execute("UPDATE login SET agent = ?2 WHERE token = ?1", params![token, agent])?;
    Ok(())
}

pub(crate) fn rename(db: &Connection, token: TokenHash, name: Option<&str>) -> Result<()> {
    db.execute("UPDATE login SET name = ?2 WHERE token = ?1", params![token, name])?;
    Ok(())
}

/// Sets the hash of a PIN, or takes it away.
pub(crate) fn set_pin(db: &Connection, token: TokenHash, pin: Option<&str>) -> Result<()> {
    db.execute("UPDATE login SET pin = ?2 WHERE token = ?1", params![token, pin])?;
    Ok(())
}

pub(crate) fn pin(db: &Connection, token: TokenHash) -> Result<Option<String>> {
    let found = db
        .prepare_cached("SELECT pin FROM login WHERE token = ?1")?
        .query_row([token], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

pub(crate) fn sweep(db: &Connection, now: Timestamp) -> Result<()> {
    db.execute("DELETE FROM login WHERE expires <= ?1", [millis(now)])?;
    db.execute("DELETE FROM sign_up_link WHERE expires <= ?1", [millis(now)])?;
    Ok(())
}
