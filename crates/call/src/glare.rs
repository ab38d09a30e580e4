//! Glare: two people call each other at once. Both mean the same call, so there shall be one.
//!
//! Beside each call the shell keeps a small record under the [`Pair`] of its people that names the call; it
//! creates both in one compare-and-set. A second invite between the two finds the pair set and is merged
//! into the call it names; that one's record decides, and no client needs code for it.

use std::fmt;

use visavis_proto::{ErrorCode, MediaKind, Timestamp, UserId};

use crate::{Event, Leg, Record, Step, Timers, step};

/// Two people, whoever of them calls: the key of the record that makes glare visible.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pair {
    first: UserId,
    second: UserId,
}

impl Pair {
    /// The pair of two people, the same in either order.
    pub fn of(one: &UserId, other: &UserId) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        Self { first: first.clone(), second: second.clone() }
    }

    /// The pair of a call's people.
    pub fn of_call(record: &Record) -> Self {
        Self::of(&record.caller.address.user, &record.callee.user)
    }
}

impl fmt::Display for Pair {
    /// `alice/bob`: a user name has no slash, so two pairs never read alike.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.second)
    }
}

/// Merges the invite of `leg` into `record`, the live call of the same two people: the device that calls
/// back has thereby answered. Each side sends only what its own user asked for (`media` is the second
/// invite's), so a merge never turns on a camera.
///
/// `None`: this device's invite was merged before; answer `ok` with `merged` again.
///
/// # Errors
/// `call_ended`: the pair's record is stale; create the second call and set the pair to it.
/// `you_busy`: the inviting device is not called by `record`, or another device has already answered.
pub fn merge(
    record: &Record,
    leg: Leg,
    media: Vec<MediaKind>,
    now: Timestamp,
    timers: &Timers,
) -> Result<Option<Step>, ErrorCode> {
    // Who calls somebody wants to talk to them, whatever they wished to hear of them before.
    let wanted = record.screened.is_some() && leg.address.user == record.callee.user;
    let heard = wanted.then(|| Record { screened: None, ..record.clone() });
    step(heard.as_ref().unwrap_or(record), Event::Accept { leg, media }, now, timers).map_err(|code| {
        match code {
            ErrorCode::CallEnded => ErrorCode::CallEnded,
            // Whatever else stands in the way of the answer: the two are in, or setting up, a call already.
            _ => ErrorCode::YouBusy,
        }
    })
}
