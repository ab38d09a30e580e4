//! Who called whom, and what became of it.

use rusqlite::{Connection, Result, Row, params};
use visavis_proto::{CallId, Outcome, Timestamp, UserId};

use super::value::{Json, duration, duration_millis, millis, time, user_id};
use crate::{HISTORY_PER_USER, HistoryRow, PastCall, Unseen};

/// Adds lines that are not there yet. Tells whose history has changed.
pub(crate) fn add(db: &Connection, rows: &[HistoryRow]) -> Result<Vec<UserId>> {
    let mut changed = Vec::new();
    for row in rows {
        let added = db
            .prepare_cached(
                "INSERT INTO history (user, call, peer, direction, outcome, reason, media, started, duration,
                     device_name, peer_name, quiet, request, guest, unseen, recordings)
                 SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 FROM user WHERE id = ?1
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                row.user.as_str(),
                row.call.0.as_bytes(),
                row.peer.as_str(),
                Json(row.direction),
                Json(row.outcome),
                Json(row.reason),
                Json(&row.media),
                millis(row.started),
                duration_millis(row.duration),
                row.device_name,
                row.peer_name,
                row.quiet,
                row.request,
                row.guest,
                row.outcome == Outcome::Missed,
                (!row.recordings.is_empty()).then_some(Json(&row.recordings)),
            ])?;
        if added > 0 {
            forget_oldest(db, &row.user)?;
            changed.push(row.user.clone());
        }
    }
    Ok(changed)
}

fn forget_oldest(db: &Connection, user: &UserId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM history WHERE user = ?1 AND (started, call) <
             (SELECT started, call FROM history WHERE user = ?1 ORDER BY started DESC, call DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![user.as_str(), HISTORY_PER_USER - 1])?;
    Ok(())
}

const COLUMNS: &str =
    "history.user, call, peer, direction, outcome, reason, media, started, duration, device_name,
     coalesce(history.peer_name, peer), quiet, request, guest, recordings";

pub(crate) fn page(
    db: &Connection,
    user: &UserId,
    before: Option<CallId>,
    limit: u32,
) -> Result<Vec<PastCall>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS}, unseen, coalesce(contact.display_name, user.display_name, history.peer_name, peer)
         FROM history
         LEFT JOIN user ON user.id = peer
         LEFT JOIN contact ON contact.user = history.user AND contact.contact = peer
         WHERE history.user = ?1 AND (?2 IS NULL OR (started, call) <
             (SELECT started, call FROM history WHERE user = ?1 AND call = ?2))
         ORDER BY started DESC, call DESC LIMIT ?3"
    ))?
    .query_map(params![user.as_str(), before.map(|call| *call.0.as_bytes()), limit], |row| {
        Ok(PastCall { row: read(row)?, unseen: row.get(15)?, peer_name: row.get(16)? })
    })?
    .collect()
}

pub(crate) fn contains(db: &Connection, user: &UserId, call: CallId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM history WHERE user = ?1 AND call = ?2)")?
        .query_row(params![user.as_str(), call.0.as_bytes()], |row| row.get(0))
}

/// The calls between two people as the first one's history has them, the oldest first.
pub(crate) fn between(
    db: &Connection,
    user: &UserId,
    peer: &UserId,
    since: Timestamp,
) -> Result<Vec<HistoryRow>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM history WHERE user = ?1 AND started >= ?3 AND peer = ?2 ORDER BY started, call"
    ))?
    .query_map(params![user.as_str(), peer.as_str(), millis(since)], read)?
    .collect()
}

pub(crate) fn unseen(db: &Connection, user: &UserId) -> Result<Unseen> {
    db.prepare_cached(
        "SELECT count(*) FILTER (WHERE NOT request), count(*) FILTER (WHERE request) FROM history
         WHERE user = ?1 AND unseen",
    )?
    .query_row([user.as_str()], |row| Ok(Unseen { missed: row.get(0)?, requests: row.get(1)? }))
}

/// Says whether there was anything to see.
pub(crate) fn see(db: &Connection, user: &UserId, up_to: Option<CallId>) -> Result<bool> {
    let seen = db
        .prepare_cached(
            "UPDATE history SET unseen = FALSE WHERE user = ?1 AND unseen AND (?2 IS NULL OR (started, call) <=
                 (SELECT started, call FROM history WHERE user = ?1 AND call = ?2))",
        )?
        .execute(params![user.as_str(), up_to.map(|call| *call.0.as_bytes())])?;
    Ok(seen > 0)
}

fn read(row: &Row<'_>) -> Result<HistoryRow> {
    Ok(HistoryRow {
        user: user_id(row, 0)?,
        call: CallId(uuid::Uuid::from_bytes(row.get(1)?)),
        peer: user_id(row, 2)?,
        direction: row.get::<_, Json<_>>(3)?.0,
        outcome: row.get::<_, Json<_>>(4)?.0,
        reason: row.get::<_, Json<_>>(5)?.0,
        media: row.get::<_, Json<_>>(6)?.0,
        started: time(row, 7)?,
        duration: duration(row, 8)?,
        device_name: row.get(9)?,
        peer_name: row.get(10)?,
        quiet: row.get(11)?,
        request: row.get(12)?,
        guest: row.get(13)?,
        recordings: row.get::<_, Option<Json<_>>>(14)?.map(|Json(list)| list).unwrap_or_default(),
    })
}
