//! Guest links, and the guests who came with them.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use visavis_proto::{Timestamp, UserId};

use super::user::read_user;
use super::value::{millis, time};
use crate::Guest;

pub(crate) fn is_one(db: &Connection, user: &UserId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM guest WHERE user = ?1)")?
        .query_row([user.as_str()], |row| row.get(0))
}

pub(crate) fn find(db: &Connection, user: &UserId, now: Timestamp) -> Result<Option<Guest>> {
    db.prepare_cached(
        "SELECT host.id, host.display_name, guest.label, guest.video, guest.expires,
                let_in OR coalesce((uses IS NULL OR used < uses) AND (link.expires IS NULL OR link.expires > ?2), FALSE)
         FROM guest JOIN user AS host ON host.id = guest.host LEFT JOIN guest_link AS link ON link.id = guest.link
         WHERE guest.user = ?1",
    )?
    .query_row(rusqlite::params![user.as_str(), millis(now)], read)
    .optional()
}

fn read(row: &Row<'_>) -> Result<Guest> {
    Ok(Guest {
        host: read_user(row)?,
        label: row.get(2)?,
        video: row.get(3)?,
        expires: time(row, 4)?,
        may_knock: row.get(5)?,
    })
}
