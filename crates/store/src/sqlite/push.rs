//! Where calls are pushed to.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use visavis_proto::{Address, Timestamp, UserId, limits};

use super::value::{millis, user_id};
use crate::{PushTarget, TokenHash};

const COLUMNS: &str = "user, device, login, device_name, endpoint, p256dh, auth";

fn read(row: &Row<'_>) -> Result<PushTarget> {
    let device: String = row.get(1)?;
    let device = device.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            1,
            Type::Text,
            Box::<dyn std::error::Error + Send + Sync>::from(error),
        )
    })?;
    Ok(PushTarget {
        address: Address { user: user_id(row, 0)?, device },
        login: TokenHash(row.get(2)?),
        device_name: row.get(3)?,
        endpoint: row.get(4)?,
        p256dh: row.get(5)?,
        auth: row.get(6)?,
    })
}

/// Nothing, if the login has ended. Of too many, the oldest gives way.
pub(crate) fn put(db: &Connection, target: &PushTarget, now: Timestamp) -> Result<()> {
    let Address { user, device } = &target.address;
    let kept = db.execute(
        "INSERT OR REPLACE INTO push (user, device, login, device_name, endpoint, p256dh, auth, created)
         SELECT user, ?2, token, ?4, ?5, ?6, ?7, ?8 FROM login WHERE user = ?1 AND token = ?3",
        params![
            user.as_str(),
            device.as_str(),
            target.login,
            target.device_name,
            target.endpoint,
            target.p256dh,
            target.auth,
            millis(now),
        ],
    )?;
    if kept == 0 {
        return Ok(());
    }
    // A browser has one subscription, whatever its device was called before and whoever was signed in there. Its address is a
    // secret between the browser and its push service (RFC 8030), so nobody takes away another's.
    db.execute(
        "DELETE FROM push WHERE endpoint = ?1 AND NOT (user = ?2 AND device = ?3)",
        [target.endpoint.as_str(), user.as_str(), device.as_str()],
    )?;
    db.execute(
        "DELETE FROM push WHERE user = ?1 AND device IN
             (SELECT device FROM push WHERE user = ?1 ORDER BY created DESC, device LIMIT -1 OFFSET ?2)",
        params![user.as_str(), limits::PUSHES],
    )?;
    Ok(())
}

pub(crate) fn delete(db: &Connection, address: &Address, endpoint: Option<&str>) -> Result<()> {
    db.execute(
        "DELETE FROM push WHERE user = ?1 AND device = ?2 AND (?3 IS NULL OR endpoint = ?3)",
        params![address.user.as_str(), address.device.as_str(), endpoint],
    )?;
    Ok(())
}

pub(crate) fn of_user(db: &Connection, user: &UserId, now: Timestamp) -> Result<Vec<PushTarget>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM push WHERE user = ?1
             AND login IN (SELECT token FROM login WHERE login.user = ?1 AND expires > ?2) ORDER BY created, device"
    ))?
    .query_map(params![user.as_str(), millis(now)], read)?
    .collect()
}

pub(crate) fn find(db: &Connection, address: &Address, now: Timestamp) -> Result<Option<PushTarget>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM push WHERE user = ?1 AND device = ?2
             AND login IN (SELECT token FROM login WHERE login.user = ?1 AND expires > ?3)"
    ))?
    .query_row(params![address.user.as_str(), address.device.as_str(), millis(now)], read)
    .optional()
}
