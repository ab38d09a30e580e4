//! Who called whom, and what became of it.

use rusqlite::{Connection, Result, Row, params};
use visavis_proto::{CallId, UserId};

use super::value::{Json, duration, duration_millis, millis, time, user_id};
use crate::{HISTORY_PER_USER, HistoryRow, PastCall};

pub(crate) fn add(db: &Connection, rows: &[HistoryRow]) -> Result<()> {
    for row in rows {
        let added = db
            .prepare_cached(
                "INSERT INTO history (user, call, peer, direction, outcome, reason, media, started, duration, device_name)
                 SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM user WHERE id = ?1
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
            ])?;
        if added > 0 {
            forget_oldest(db, &row.user)?;
        }
    }
    Ok(())
}

fn forget_oldest(db: &Connection, user: &UserId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM history WHERE user = ?1 AND (started, call) <
             (SELECT started, call FROM history WHERE user = ?1 ORDER BY started DESC, call DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![user.as_str(), HISTORY_PER_USER - 1])?;
    Ok(())
}

pub(crate) fn page(
    db: &Connection,
    user: &UserId,
    before: Option<CallId>,
    limit: u32,
) -> Result<Vec<PastCall>> {
    db.prepare_cached(
        "SELECT history.user, call, peer, direction, outcome, reason, media, started, duration, device_name,
                coalesce(user.display_name, peer)
         FROM history LEFT JOIN user ON user.id = peer
         WHERE history.user = ?1 AND (?2 IS NULL OR (started, call) <
             (SELECT started, call FROM history WHERE user = ?1 AND call = ?2))
         ORDER BY started DESC, call DESC LIMIT ?3",
    )?
    .query_map(params![user.as_str(), before.map(|call| *call.0.as_bytes()), limit], read)?
    .collect()
}

pub(crate) fn contains(db: &Connection, user: &UserId, call: CallId) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM history WHERE user = ?1 AND call = ?2)")?
        .query_row(params![user.as_str(), call.0.as_bytes()], |row| row.get(0))
}

fn read(row: &Row<'_>) -> Result<PastCall> {
    Ok(PastCall {
        row: HistoryRow {
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
        },
        peer_name: row.get(10)?,
    })
}
