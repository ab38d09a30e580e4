//! Guest links, and the guests who came with them.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use visavis_proto::{Timestamp, UserId, limits};

use super::login;
use super::user::{self, read_user};
use super::value::{millis, time, user_id};
use crate::{Guest, GuestLink, Invitation, LetIn, LinkId, TokenHash, User};

/// What holds of a link with which new guests may come and knock.
const OPEN: &str =
    "(uses IS NULL OR used < uses) AND (guest_link.expires IS NULL OR guest_link.expires > ?2)";

pub(super) const LINK: &str =
    "guest_link.id, guest_link.label, guest_link.video, uses, used, guest_link.expires, guest_link.created";

pub(super) fn read_link(row: &Row<'_>) -> Result<GuestLink> {
    let expires: Option<i64> = row.get(5)?;
    Ok(GuestLink {
        id: LinkId(row.get(0)?),
        label: row.get(1)?,
        video: row.get(2)?,
        uses: row.get(3)?,
        used: row.get(4)?,
        expires: expires.map(|_| time(row, 5)).transpose()?,
        created: time(row, 6)?,
    })
}

/// `false`: the owner has as many as there may be.
pub(crate) fn add_link(db: &Connection, owner: &UserId, link: &GuestLink, token: TokenHash) -> Result<bool> {
    let count: u32 =
        db.query_row("SELECT count(*) FROM guest_link WHERE user = ?1", [owner.as_str()], |row| row.get(0))?;
    if count >= limits::LINKS {
        return Ok(false);
    }
    let added = db.execute(
        "INSERT INTO guest_link (id, user, token, label, video, uses, expires, created)
         SELECT ?2, id, ?3, ?4, ?5, ?6, ?7, ?8 FROM user WHERE id = ?1",
        params![
            owner.as_str(),
            link.id.0,
            token,
            link.label,
            link.video,
            link.uses,
            link.expires.map(millis),
            millis(link.created),
        ],
    )?;
    Ok(added == 1)
}

pub(crate) fn links(db: &Connection, owner: &UserId) -> Result<Vec<GuestLink>> {
    db.prepare_cached(&format!("SELECT {LINK} FROM guest_link WHERE user = ?1 ORDER BY created DESC, id"))?
        .query_map([owner.as_str()], read_link)?
        .collect()
}

/// The guests who came with a link of `owner`.
pub(crate) fn guests_of(db: &Connection, owner: &UserId, id: LinkId) -> Result<Vec<UserId>> {
    db.prepare_cached("SELECT user FROM guest WHERE host = ?1 AND link = ?2")?
        .query_map(params![owner.as_str(), id.0], |row| user_id(row, 0))?
        .collect()
}

/// Deletes a link and its guests but `keep`. Gives those who are gone; `None`: there was no such link.
pub(crate) fn delete_link(
    db: &Connection,
    owner: &UserId,
    id: LinkId,
    keep: &[UserId],
) -> Result<Option<Vec<UserId>>> {
    let mut gone = guests_of(db, owner, id)?;
    gone.retain(|guest| !keep.contains(guest));
    for guest in keep {
        db.execute(
            "UPDATE guest SET link = NULL WHERE user = ?1 AND host = ?2",
            [guest.as_str(), owner.as_str()],
        )?;
    }
    let deleted =
        db.execute("DELETE FROM guest_link WHERE user = ?1 AND id = ?2", params![owner.as_str(), id.0])?;
    Ok((deleted > 0).then_some(gone))
}

pub(crate) fn invitation(db: &Connection, token: TokenHash, now: Timestamp) -> Result<Option<Invitation>> {
    db.prepare_cached(&format!(
        "SELECT {LINK}, (SELECT count(*) FROM guest WHERE link = guest_link.id), user.id, user.display_name
         FROM guest_link JOIN user ON user.id = guest_link.user WHERE token = ?1 AND {OPEN}"
    ))?
    .query_row(params![token, millis(now)], |row| {
        Ok(Invitation {
            link: read_link(row)?,
            guests: row.get(7)?,
            host: User { id: user_id(row, 8)?, display_name: row.get(9)? },
        })
    })
    .optional()
}

/// Signs a guest in. `false`: the link is not open any more.
pub(crate) fn enter(
    db: &Connection,
    token: TokenHash,
    guest: &User,
    login: TokenHash,
    now: Timestamp,
    expires: Timestamp,
) -> Result<bool> {
    let Some(invitation) = invitation(db, token, now)? else { return Ok(false) };
    if !user::add(db, guest, now)? {
        return Ok(false);
    }
    db.execute(
        "INSERT INTO guest (user, host, link, label, video, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            guest.id.as_str(),
            invitation.host.id.as_str(),
            invitation.link.id.0,
            invitation.link.label,
            invitation.link.video,
            millis(expires),
        ],
    )?;
    login::add(db, login, &guest.id, now, expires)
}

/// Counts an answer to a guest's knock: the first one uses the link, if it lets anybody in.
pub(crate) fn let_in(db: &Connection, guest: &UserId) -> Result<LetIn> {
    let known = db
        .query_row("SELECT let_in, host FROM guest WHERE user = ?1", [guest.as_str()], |row| {
            Ok((row.get(0)?, user_id(row, 1)?))
        })
        .optional()?;
    let host = match known {
        None => return Ok(LetIn::LinkOver),
        Some((true, _)) => return Ok(LetIn::Again),
        Some((false, host)) => host,
    };
    let used = db.execute(
        "UPDATE guest_link SET used = used + 1
         WHERE id = (SELECT link FROM guest WHERE user = ?1) AND (uses IS NULL OR used < uses)",
        [guest.as_str()],
    )?;
    if used == 0 {
        return Ok(LetIn::LinkOver);
    }
    db.execute("UPDATE guest SET let_in = TRUE WHERE user = ?1", [guest.as_str()])?;
    Ok(LetIn::First(host))
}

/// The knock that was counted came to nothing.
pub(crate) fn keep_out(db: &Connection, guest: &UserId) -> Result<()> {
    if db.execute("UPDATE guest SET let_in = FALSE WHERE user = ?1 AND let_in", [guest.as_str()])? > 0 {
        db.execute(
            "UPDATE guest_link SET used = used - 1 WHERE id = (SELECT link FROM guest WHERE user = ?1) AND used > 0",
            [guest.as_str()],
        )?;
    }
    Ok(())
}

pub(crate) fn count(db: &Connection) -> Result<u32> {
    db.query_row("SELECT count(*) FROM guest", [], |row| row.get(0))
}

pub(crate) fn expired(db: &Connection, now: Timestamp) -> Result<Vec<UserId>> {
    db.prepare_cached("SELECT user FROM guest WHERE expires <= ?1")?
        .query_map([millis(now)], |row| user_id(row, 0))?
        .collect()
}

pub(crate) fn is_one(db: &Connection, user: &UserId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM guest WHERE user = ?1)")?
        .query_row([user.as_str()], |row| row.get(0))
}

pub(crate) fn find(db: &Connection, user: &UserId, now: Timestamp) -> Result<Option<Guest>> {
    db.prepare_cached(&format!(
        "SELECT host.id, host.display_name, guest.label, guest.video, guest.expires, guest.link,
                guest_link.id IS NOT NULL AND (let_in OR ({OPEN}))
         FROM guest JOIN user AS host ON host.id = guest.host LEFT JOIN guest_link ON guest_link.id = guest.link
         WHERE guest.user = ?1"
    ))?
    .query_row(params![user.as_str(), millis(now)], |row| {
        Ok(Guest {
            host: read_user(row)?,
            label: row.get(2)?,
            video: row.get(3)?,
            expires: time(row, 4)?,
            link: row.get::<_, Option<[u8; 8]>>(5)?.map(LinkId),
            may_knock: row.get(6)?,
        })
    })
    .optional()
}
