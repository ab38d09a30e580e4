//! Preferences between the wire, where times are relative, and the store, where they are moments; and whether somebody
//! wishes not to be disturbed just now.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::{self, Time};
use jiff::tz::TimeZone;
use visavis_proto::{DoNotDisturb, ErrorCode, Preferences, Timestamp, Weekday, limits};
use visavis_store::KeptPreferences;

use crate::accounts::Refusal;

/// `ends_in_ms` may be this far away; who means longer means always.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// As they are told.
pub(crate) fn shown(kept: KeptPreferences, now: Timestamp) -> Preferences {
    let over = kept.undisturbed_until.is_some_and(|until| until <= now);
    let millis = |until: Timestamp| u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
    let on = kept.undisturbed && !over;
    Preferences {
        callers: kept.callers,
        call_waiting: kept.call_waiting,
        do_not_disturb: DoNotDisturb {
            on,
            ends_in_ms: kept.undisturbed_until.filter(|_| on).map(millis),
            schedule: kept.schedule,
            zone: kept.zone,
        },
        favourites_ring_through: kept.favourites_ring_through,
        hide_address: kept.hide_address,
    }
}

/// As they are kept.
///
/// # Errors
/// `bad_message` for a zone, a time or a length of time that does not exist, `too_large` for too long a schedule.
pub(crate) fn kept(given: Preferences, now: Timestamp) -> Result<KeptPreferences, Refusal> {
    let bad = |message: String| Refusal::new(ErrorCode::BadMessage, message);
    let DoNotDisturb { on, ends_in_ms, schedule, zone } = given.do_not_disturb;
    if schedule.len() > limits::QUIET_TIMES {
        let message = format!("do_not_disturb.schedule may have at most {} entries", limits::QUIET_TIMES);
        return Err(Refusal::new(ErrorCode::TooLarge, message));
    }
    for quiet in &schedule {
        if quiet.days.is_empty() || quiet.days.len() > 7 {
            return Err(bad("do_not_disturb.schedule: each entry needs 1 to 7 days".to_owned()));
        }
        for text in [&quiet.from, &quiet.to] {
            time(text).ok_or_else(|| {
                bad(format!("do_not_disturb.schedule: {:?} is no time such as 22:00", shortened(text)))
            })?;
        }
    }
    if let Some(name) = &zone {
        self::zone(name).ok_or_else(|| {
            bad(format!(
                "do_not_disturb.zone: {:?} is no time zone that this server knows; IANA names such as Europe/Berlin are",
                shortened(name)
            ))
        })?;
    }
    let ends_in = ends_in_ms.map(Duration::from_millis);
    if ends_in.is_some_and(|ends_in| ends_in > LONGEST) {
        return Err(bad(
            "do_not_disturb.ends_in_ms may be 400 days at most; leave it out for always".to_owned()
        ));
    }
    Ok(KeptPreferences {
        callers: given.callers,
        call_waiting: given.call_waiting,
        undisturbed: on,
        undisturbed_until: ends_in.filter(|_| on).map(|ends_in| now + ends_in),
        schedule,
        zone,
        favourites_ring_through: given.favourites_ring_through,
        hide_address: given.hide_address,
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whether nothing shall ring at `now`.
pub(crate) fn is_undisturbed(kept: &KeptPreferences, now: Timestamp) -> bool {
    let by_hand = kept.undisturbed && kept.undisturbed_until.is_none_or(|until| now < until);
    by_hand || (!kept.schedule.is_empty() && is_scheduled(kept, now))
}

fn is_scheduled(kept: &KeptPreferences, now: Timestamp) -> bool {
    let Some(moment) = i64::try_from(now.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
    else {
        return false;
    };
    // A zone that was known when it was set may be gone from a newer database: UTC is the better guess than silence.
    let zone = kept.zone.as_deref().and_then(zone).unwrap_or(TimeZone::UTC);
    let here = moment.to_zoned_datetime(zone);
    let (today, clock) = (here.weekday(), here.time());
    kept.schedule.iter().any(|quiet| {
        let (Some(from), Some(to)) = (time(&quiet.from), time(&quiet.to)) else { return false };
        let begins = |day: civil::Weekday| quiet.days.iter().any(|&begin| weekday(begin) == day);
        if from < to {
            return begins(today) && (from..to).contains(&clock);
        }
        // Over midnight: the evening belongs to the day it is named by, the morning to the day before.
        (begins(today) && clock >= from) || (begins(today.previous()) && clock < to)
    })
}

fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// `HH:MM`, from 00:00 to 23:59.
fn time(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<i8> {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
    };
    Time::new(number(hours)?, number(minutes)?, 0, 0).ok()
}

fn weekday(day: Weekday) -> civil::Weekday {
    match day {
        Weekday::Mon => civil::Weekday::Monday,
        Weekday::Tue => civil::Weekday::Tuesday,
        Weekday::Wed => civil::Weekday::Wednesday,
        Weekday::Thu => civil::Weekday::Thursday,
        Weekday::Fri => civil::Weekday::Friday,
        Weekday::Sat => civil::Weekday::Saturday,
        Weekday::Sun => civil::Weekday::Sunday,
    }
}
