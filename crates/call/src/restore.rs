//! A call whose store was lost, rebuilt from the capsules that its devices have kept.
//!
//! Each snapshot of a live call comes with a [`Capsule`]: the whole record, sealed by the shell so that a device can only give
//! it back. When the store is another one than the capsule's (its epoch tells), the first capsule that comes rebuilds the
//! record, and a newer one of the same lost store may still replace it. What people have decided since then stays: an end is
//! for ever, and whoever has answered has answered.
//!
//! Whether the call had ended before the store was lost is nothing a capsule can know; the shell asks the history, which is
//! written before anybody is told of an end.

use serde::{Deserialize, Serialize};
use visavis_proto::{Address, Epoch, Rev, Timestamp};

use crate::absence::set_review;
use crate::{Effect, Event, Phase, Record, Step, Timers, step};

/// What a device keeps of a call for its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capsule {
    /// The revision that the store gave to `record`.
    pub rev: Rev,
    /// When it was made.
    pub at: Timestamp,
    /// The call as it was then. Its epoch is that of the store.
    pub record: Record,
}

/// Where a rebuilt record comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// How often the call has been rebuilt.
    pub times: u32,
    /// The revision of the capsule.
    pub rev: Rev,
    /// The age of the capsule from which its legs are known, if that was an earlier one: since then nobody has decided which
    /// devices they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<(u32, Rev)>,
    /// The two legs that the capsule named. Where the record names others, somebody has decided since.
    pub legs: (Address, Option<Address>),
}

/// What a capsule makes of the store: `None` if it stays as it is, else the step to commit.
///
/// `current` is the call's record in this store, if there is one; `epoch` is this store's. The shell has opened the seal,
/// knows from the history that the call has not ended, and commits as for any other step; then it lets the legs whose
/// devices are connected come [`Back`](Event::Back).
pub fn restore(
    current: Option<&Record>,
    capsule: &Capsule,
    epoch: &Epoch,
    now: Timestamp,
    timers: &Timers,
) -> Option<Step> {
    let of_a_lost_store = capsule.record.epoch != *epoch;
    let fresh = now.since(capsule.at) < timers.capsule_kept;
    if !of_a_lost_store || !fresh || !capsule.record.is_live() {
        return None;
    }
    let Some(current) = current else {
        return Some(publish(rebuilt(capsule, epoch, now, timers)));
    };
    // A record that was made here owes nothing to a capsule.
    let restored = current.restored.as_ref()?;
    let newer = age(capsule) > age_of_source(restored);
    let decided_here = !current.is_live() || restored.legs != legs(current);
    if !newer || decided_here {
        return None;
    }
    let mut next = rebuilt(capsule, epoch, now, timers);
    keep_what_is_known(&mut next, current, now);
    set_review(&mut next, now, timers);
    Some(publish(next))
}

fn rebuilt(capsule: &Capsule, epoch: &Epoch, now: Timestamp, timers: &Timers) -> Record {
    let mut record = capsule.record.clone();
    let (decided, written) = age(capsule);
    record.epoch = epoch.clone();
    record.restored = Some(Restored {
        times: times_rebuilt(&record).saturating_add(1),
        rev: capsule.rev,
        decided: Some(decided).filter(|decided| *decided != written),
        legs: legs(&record),
    });
    match step(&record, Event::Restarted, now, timers) {
        Ok(Some(extended)) => extended.record,
        Ok(None) | Err(_) => record,
    }
}

/// Facts that have come to be known since the record was rebuilt, and that an older record cannot tell better.
fn keep_what_is_known(next: &mut Record, current: &Record, now: Timestamp) {
    next.generation = next.generation.max(current.generation);
    let same_devices = legs(next) == legs(current);
    next.keep_recording_of(current, same_devices, now);
    if current.answer().is_none() && next.answer().is_none() {
        next.phase = current.phase.clone();
    }
    if next.caller.address == current.caller.address {
        next.caller.signaling = current.caller.signaling;
    }
    let Some(known) = current.answer() else { return };
    if let Phase::Connecting { answer, .. } | Phase::Active { answer, .. } = &mut next.phase
        && answer.leg.address == known.leg.address
    {
        answer.leg.signaling = known.leg.signaling;
    }
    if let (Phase::Connecting { answer, .. }, Phase::Active { connected, route, review, .. }) =
        (&next.phase, &current.phase)
    {
        next.phase =
            Phase::Active { answer: answer.clone(), connected: *connected, route: *route, review: *review };
    }
}

/// In how manieth store, and at which revision there.
type Written = (u32, Rev);

/// When a capsule's legs were decided, and when it was written. A later store in which a call was rebuilt from an old capsule, and
/// nobody has decided since, knows no better than that capsule who has the call.
fn age(capsule: &Capsule) -> (Written, Written) {
    let written = (times_rebuilt(&capsule.record), capsule.rev);
    let undecided = capsule.record.restored.as_ref().filter(|from| from.legs == legs(&capsule.record));
    (undecided.map_or(written, |from| age_of_source(from).0), written)
}

/// The same of the capsule from which a record was rebuilt.
fn age_of_source(from: &Restored) -> (Written, Written) {
    let written = (from.times.saturating_sub(1), from.rev);
    (from.decided.unwrap_or(written), written)
}

fn times_rebuilt(record: &Record) -> u32 {
    record.restored.as_ref().map_or(0, |restored| restored.times)
}

fn legs(record: &Record) -> (Address, Option<Address>) {
    (record.caller.address.clone(), record.answer().map(|answer| answer.leg.address.clone()))
}

fn publish(record: Record) -> Step {
    Step { record, effects: &[Effect::Publish] }
}
