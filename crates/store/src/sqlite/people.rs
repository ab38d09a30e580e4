//! Contacts, blocks, preferences, and what all of it says about a call of one person to another.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use visavis_proto::{Timestamp, UserId, limits};

use super::user::read_user;
use super::value::{Json, millis, time, user_id};
use super::{guest, history, user};
use crate::{Block, Contact, ContactChange, Dealings, KeptPreferences, NotAdded, User};

pub(crate) fn contacts(db: &Connection, owner: &UserId) -> Result<Vec<Contact>> {
    db.prepare_cached(
        "SELECT user.id, user.display_name, contact.display_name, favourite
         FROM contact JOIN user ON user.id = contact.contact
         WHERE contact.user = ?1
         ORDER BY favourite DESC, lower(coalesce(contact.display_name, user.display_name)), user.id",
    )?
    .query_map([owner.as_str()], read_contact)?
    .collect()
}

pub(crate) fn contact(db: &Connection, owner: &UserId, contact: &UserId) -> Result<Option<Contact>> {
    db.prepare_cached(
        "SELECT user.id, user.display_name, contact.display_name, favourite
         FROM contact JOIN user ON user.id = contact.contact
         WHERE contact.user = ?1 AND contact.contact = ?2",
    )?
    .query_row([owner.as_str(), contact.as_str()], read_contact)
    .optional()
}

fn read_contact(row: &Row<'_>) -> Result<Contact> {
    Ok(Contact { user: read_user(row)?, given_name: row.get(2)?, favourite: row.get(3)? })
}

pub(crate) fn put_contact(
    db: &Connection,
    owner: &UserId,
    whom: &UserId,
    change: &ContactChange,
) -> Result<std::result::Result<Contact, NotAdded>> {
    let before = contact(db, owner, whom)?;
    if before.is_none() {
        // A guest is gone tomorrow.
        if user::find(db, whom)?.is_none() || guest::is_one(db, whom)? {
            return Ok(Err(NotAdded::Nobody));
        }
        let count: u32 =
            db.query_row("SELECT count(*) FROM contact WHERE user = ?1", [owner.as_str()], |row| row.get(0))?;
        if count >= limits::CONTACTS {
            return Ok(Err(NotAdded::Full));
        }
    }
    let (favourite, given_name) =
        before.map_or((false, None), |contact| (contact.favourite, contact.given_name));
    let favourite = change.favourite.unwrap_or(favourite);
    let given_name = change.given_name.clone().unwrap_or(given_name);
    db.prepare_cached(
        "INSERT OR REPLACE INTO contact (user, contact, display_name, favourite) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![owner.as_str(), whom.as_str(), given_name, favourite])?;
    unblock(db, owner, whom)?;
    Ok(contact(db, owner, whom)?.ok_or(NotAdded::Nobody))
}

pub(crate) fn delete_contact(db: &Connection, owner: &UserId, whom: &UserId) -> Result<bool> {
    let deleted = db
        .prepare_cached("DELETE FROM contact WHERE user = ?1 AND contact = ?2")?
        .execute([owner.as_str(), whom.as_str()])?;
    Ok(deleted > 0)
}

/// Whether the two have each other among their contacts.
pub(crate) fn are_mutual_contacts(db: &Connection, one: &UserId, other: &UserId) -> Result<bool> {
    Ok(contact(db, one, other)?.is_some() && contact(db, other, one)?.is_some())
}

/// Those whom `user` has among their contacts and who have `user` among theirs.
pub(crate) fn mutual_contacts(db: &Connection, user: &UserId) -> Result<Vec<UserId>> {
    db.prepare_cached(
        "SELECT mine.contact FROM contact AS mine
         JOIN contact AS theirs ON theirs.user = mine.contact AND theirs.contact = mine.user
         WHERE mine.user = ?1",
    )?
    .query_map([user.as_str()], |row| user_id(row, 0))?
    .collect()
}

pub(crate) fn blocks(db: &Connection, owner: &UserId) -> Result<Vec<Block>> {
    db.prepare_cached(
        "SELECT user.id, user.display_name, since FROM block JOIN user ON user.id = blocked
         WHERE block.user = ?1 ORDER BY since DESC, user.id",
    )?
    .query_map([owner.as_str()], |row| Ok(Block { user: read_user(row)?, since: time(row, 2)? }))?
    .collect()
}

fn is_blocked(db: &Connection, owner: &UserId, whom: &UserId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM block WHERE user = ?1 AND blocked = ?2)")?
        .query_row([owner.as_str(), whom.as_str()], |row| row.get(0))
}

pub(crate) fn block(
    db: &Connection,
    owner: &UserId,
    whom: &UserId,
    now: Timestamp,
) -> Result<std::result::Result<(), NotAdded>> {
    if is_blocked(db, owner, whom)? {
        return Ok(Ok(()));
    }
    let count: u32 =
        db.query_row("SELECT count(*) FROM block WHERE user = ?1", [owner.as_str()], |row| row.get(0))?;
    if count >= limits::BLOCKS {
        return Ok(Err(NotAdded::Full));
    }
    let added = db.execute(
        "INSERT INTO block (user, blocked, since) SELECT ?1, id, ?3 FROM user WHERE id = ?2",
        params![owner.as_str(), whom.as_str(), millis(now)],
    )?;
    delete_contact(db, owner, whom)?;
    Ok(if added == 1 { Ok(()) } else { Err(NotAdded::Nobody) })
}

pub(crate) fn unblock(db: &Connection, owner: &UserId, whom: &UserId) -> Result<bool> {
    let deleted = db
        .prepare_cached("DELETE FROM block WHERE user = ?1 AND blocked = ?2")?
        .execute([owner.as_str(), whom.as_str()])?;
    Ok(deleted > 0)
}

pub(crate) fn preferences(db: &Connection, user: &UserId) -> Result<KeptPreferences> {
    let kept: Option<Option<Json<KeptPreferences>>> = db
        .prepare_cached("SELECT preferences FROM user WHERE id = ?1")?
        .query_row([user.as_str()], |row| row.get(0))
        .optional()?;
    Ok(kept.flatten().map(|Json(kept)| kept).unwrap_or_default())
}

pub(crate) fn set_preferences(db: &Connection, user: &UserId, kept: &KeptPreferences) -> Result<()> {
    db.execute("UPDATE user SET preferences = ?2 WHERE id = ?1", params![user.as_str(), Json(kept)])?;
    Ok(())
}

/// `None`: nobody is called `callee`.
pub(crate) fn dealings(
    db: &Connection,
    caller: &UserId,
    callee: &UserId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<Dealings>> {
    let Some(called) = user::find(db, callee)? else { return Ok(None) };
    Ok(Some(Dealings {
        callee: called,
        callee_is_guest: guest::is_one(db, callee)?,
        preferences: preferences(db, callee)?,
        blocked: is_blocked(db, callee, caller)?,
        callees_contact: contact(db, callee, caller)?,
        callers_contact: contact(db, caller, callee)?,
        guest: guest::find(db, caller, now)?,
        calls: history::between(db, caller, callee, since)?,
    }))
}

/// Which of `users` have an account.
pub(crate) fn who_is_there(db: &Connection, users: Vec<UserId>) -> Result<Vec<User>> {
    let mut found = Vec::with_capacity(users.len());
    for id in users {
        found.extend(user::find(db, &id)?);
    }
    Ok(found)
}
