//! What administrators see and change.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use visavis_proto::{CallId, Direction, Timestamp, UserId};

use super::guest::{LINK, read_link};
use super::user::read_user;
use super::value::{Json, duration, millis, time, user_id};
use crate::{Account, AccountChange, Changed, FailedCall, GuestLink, User};

const ACCOUNT: &str =
    "user.id, user.display_name, user.created, user.password IS NOT NULL, user.admin, user.disabled,
    (SELECT max(last_seen) FROM login WHERE login.user = user.id)";

fn read_account(row: &Row<'_>) -> Result<Account> {
    let seen: Option<i64> = row.get(6)?;
    Ok(Account {
        user: read_user(row)?,
        created: time(row, 2)?,
        signed_up: row.get(3)?,
        admin: row.get(4)?,
        disabled: row.get(5)?,
        last_seen: seen.map(|_| time(row, 6)).transpose()?,
    })
}

pub(crate) fn all(db: &Connection) -> Result<Vec<Account>> {
    db.prepare(&format!("SELECT {ACCOUNT} FROM user WHERE id NOT IN (SELECT user FROM guest) ORDER BY id"))?
        .query_map([], read_account)?
        .collect()
}

/// `search`: in lower case; a part of the name, or of how they are shown.
pub(crate) fn page(
    db: &Connection,
    after: Option<&UserId>,
    search: &str,
    limit: u32,
) -> Result<Vec<Account>> {
    db.prepare_cached(&format!(
        "SELECT {ACCOUNT} FROM user
         WHERE id NOT IN (SELECT user FROM guest) AND (?1 IS NULL OR id > ?1)
             AND (instr(lower_case(id), ?2) OR instr(lower_case(display_name), ?2))
         ORDER BY id LIMIT ?3"
    ))?
    .query_map(params![after.map(UserId::as_str), search, limit], read_account)?
    .collect()
}

pub(crate) fn find(db: &Connection, id: &UserId) -> Result<Option<Account>> {
    db.prepare_cached(&format!(
        "SELECT {ACCOUNT} FROM user WHERE id = ?1 AND id NOT IN (SELECT user FROM guest)"
    ))?
    .query_row([id.as_str()], read_account)
    .optional()
}

/// Whether nobody else could administer the server: who has chosen no password cannot sign in.
fn is_last(db: &Connection, id: &UserId) -> Result<bool> {
    db.query_row(
        "SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1 AND admin AND NOT disabled)
            AND NOT EXISTS
                (SELECT 1 FROM user WHERE id <> ?1 AND admin AND NOT disabled AND password IS NOT NULL)",
        [id.as_str()],
        |row| row.get(0),
    )
}

pub(crate) fn change(db: &Connection, id: &UserId, change: AccountChange) -> Result<Changed> {
    let Some(before) = find(db, id)? else { return Ok(Changed::Nobody) };
    let admin = change.admin.unwrap_or(before.admin);
    let disabled = change.disabled.unwrap_or(before.disabled);
    if (!admin || disabled) && is_last(db, id)? {
        return Ok(Changed::LastAdministrator);
    }
    set(db, id, admin, disabled)?;
    if disabled {
        db.execute("DELETE FROM login WHERE user = ?1", [id.as_str()])?;
    }
    Ok(find(db, id)?.map_or(Changed::Nobody, Changed::Done))
}

fn set(db: &Connection, id: &UserId, admin: bool, disabled: bool) -> Result<()> {
    db.execute(
        "UPDATE user SET admin = ?2, disabled = ?3 WHERE id = ?1",
        params![id.as_str(), admin, disabled],
    )?;
    Ok(())
}

pub(crate) fn appoint(db: &Connection, id: &UserId, admin: bool) -> Result<Option<Account>> {
    db.execute(
        "UPDATE user SET admin = ?2 WHERE id = ?1 AND id NOT IN (SELECT user FROM guest)",
        params![id.as_str(), admin],
    )?;
    find(db, id)
}

pub(crate) fn remove(db: &Connection, id: &UserId) -> Result<Changed> {
    let Some(account) = find(db, id)? else { return Ok(Changed::Nobody) };
    if is_last(db, id)? {
        return Ok(Changed::LastAdministrator);
    }
    super::user::remove(db, id)?;
    Ok(Changed::Done(account))
}

pub(crate) fn is_disabled(db: &Connection, id: &UserId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1 AND disabled)")?
        .query_row([id.as_str()], |row| row.get(0))
}

pub(crate) fn links(db: &Connection, limit: u32) -> Result<Vec<(User, GuestLink)>> {
    db.prepare_cached(&format!(
        "SELECT {LINK}, user.id, user.display_name FROM guest_link JOIN user ON user.id = guest_link.user
         ORDER BY guest_link.created DESC, guest_link.id LIMIT ?1"
    ))?
    .query_map([limit], |row| {
        Ok((User { id: user_id(row, 7)?, display_name: row.get(8)? }, read_link(row)?))
    })?
    .collect()
}

/// One line of each call that went wrong: the caller's, or the other one where the caller has none, as guests have not.
pub(crate) fn failures(db: &Connection, since: Timestamp, limit: u32) -> Result<Vec<FailedCall>> {
    db.prepare_cached(
        "SELECT line.user, owner.display_name, line.call, line.peer,
                coalesce(other.display_name, line.peer_name, line.peer), line.direction, line.reason, line.started,
                line.duration
         FROM history AS line JOIN user AS owner ON owner.id = line.user LEFT JOIN user AS other ON other.id = line.peer
         WHERE line.reason IN
                 ('\"media_failed\"', '\"connection_lost\"', '\"permission\"', '\"incompatible_media\"', '\"server\"')
             AND line.started >= ?1
             AND (line.direction = '\"out\"' OR NOT EXISTS
                 (SELECT 1 FROM history AS out WHERE out.user = line.peer AND out.call = line.call))
         ORDER BY line.started DESC LIMIT ?2",
    )?
    .query_map(params![millis(since), limit], |row| {
        let call: [u8; 16] = row.get(2)?;
        let owner = User { id: user_id(row, 0)?, display_name: row.get(1)? };
        let peer = User { id: user_id(row, 3)?, display_name: row.get(4)? };
        let Json(direction) = row.get(5)?;
        let (caller, callee) = match direction {
            Direction::Out => (owner, peer),
            Direction::In => (peer, owner),
        };
        let Json(reason) = row.get(6)?;
        let (started, duration) = (time(row, 7)?, duration(row, 8)?);
        Ok(FailedCall { call: CallId(uuid::Uuid::from_bytes(call)), caller, callee, reason, started, duration })
    })?
    .collect()
}
