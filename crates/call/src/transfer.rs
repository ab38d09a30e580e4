//! Handing the other person of a call over: blind, when they call somebody, and attended, when they are connected with
//! somebody to whom the same device talks.
//!
//! ```text
//!   blind:     X ─── Y              Y ··► Z           the new call rings at Z
//!   attended:  X ─── Y, X ─── Z     Y ─── Z           the new call connects the two devices
//! ```
//!
//! The old calls end and the new one begins in one compare-and-set, so nobody is ever in both, or in neither.

use serde::{Deserialize, Serialize};
use visavis_proto::{Address, CallId, EndReason, Epoch, ErrorCode, Gen, MediaKind, Role, Timestamp};

use crate::absence::review_at;
use crate::record::{Place, Version};
use crate::step::{create, end};
use crate::{
    Answer, Availability, Callee, Effect, Leg, NewCall, Phase, Record, Signaling, Step, Ties, Timers,
};

/// Where a call comes from that a transfer has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// How the person who did it is shown.
    pub by: String,
    /// The call in which its caller was.
    pub caller_was_in: CallId,
    /// The call in which its callee was; `None` if they were in none and are only called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callee_was_in: Option<CallId>,
}

/// What a transfer commits, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The ends of the old calls. They are told first.
    pub ended: Vec<Step>,
    /// The call that they go on with.
    pub new: Step,
}

/// What is said of two people who are connected with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// Made by the shell.
    pub id: CallId,
    /// The store's present epoch.
    pub epoch: Epoch,
    /// How the other person of the first call is shown.
    pub caller_name: String,
    /// How the other person of the second call is shown.
    pub callee: Callee,
    /// What the two are to each other.
    pub ties: Ties,
}

/// The leg that `who` would hand over: the other end of its call. `None` if it has handed it over before.
///
/// # Errors
/// `bad_state` before the answer, `answered_elsewhere` for a device that is no end of the call, `call_ended`,
/// `unreachable` while the other device is known to be gone: there is nobody who could go on.
pub fn transferable(record: &Record, who: &Address, now: Timestamp) -> Result<Option<Leg>, ErrorCode> {
    let place = record.place(who);
    let role = match place {
        Place::Stranger => return Err(ErrorCode::NotYourCall),
        Place::Bystander(_) => {
            return Err(match &record.phase {
                Phase::Inviting { .. } | Phase::Ringing { .. } => ErrorCode::BadState,
                Phase::Connecting { .. } | Phase::Active { .. } => ErrorCode::AnsweredElsewhere,
                Phase::Ended(_) => ErrorCode::CallEnded,
            });
        }
        Place::Caller => Role::Caller,
        Place::Answerer => Role::Callee,
    };
    let answer = match &record.phase {
        Phase::Inviting { .. } | Phase::Ringing { .. } => return Err(ErrorCode::BadState),
        Phase::Ended(end) if end.reason == EndReason::Transferred && end.by == Some(role) => return Ok(None),
        Phase::Ended(_) => return Err(ErrorCode::CallEnded),
        Phase::Connecting { answer, .. } | Phase::Active { answer, .. } => answer,
    };
    let other = if place == Place::Caller { &answer.leg } else { &record.caller };
    let signaling = match other.signaling {
        Signaling::Here => Signaling::Here,
        // Most such are back in a moment, and find the new call instead of the old one.
        Signaling::Away { .. } => Signaling::Away { since: now },
        Signaling::Lost { .. } | Signaling::Leaving { .. } | Signaling::Left { .. } => {
            return Err(ErrorCode::Unreachable);
        }
    };
    Ok(Some(Leg { signaling, since: Gen(0), ..other.clone() }))
}

/// Blind: the other person of `record` calls `new.callee`, as if they had dialled. `new.caller` is their leg, from
/// [`transferable`]; it carries sound only, whatever `new` asks for, so that no camera is turned on by it. `None` if it was
/// done before.
///
/// # Errors
/// As [`transferable`]; `busy` if the callee is, and the old call goes on; `bad_state` towards either of the two who are in the
/// call already.
pub fn transfer_to(
    record: &Record,
    who: &Address,
    by: String,
    new: NewCall,
    callee_is: Availability,
    now: Timestamp,
    timers: &Timers,
) -> Result<Option<Handover>, ErrorCode> {
    let Some(leg) = transferable(record, who, now)? else { return Ok(None) };
    if new.callee.user == leg.address.user || new.callee.user == who.user {
        return Err(ErrorCode::BadState);
    }
    match callee_is {
        Availability::Free => {}
        Availability::Busy => return Err(ErrorCode::Busy),
    }
    // The shell knows the name by which the callee knows them; the rest is the record's.
    let caller = Leg { user_name: new.caller.user_name, ..leg };
    let new = NewCall { caller, media: vec![MediaKind::Audio], ..new };
    let mut created = create(new, callee_is, now, timers);
    created.record.transfer = Some(Transfer { by, caller_was_in: record.id, callee_was_in: None });
    Ok(Some(Handover { ended: vec![handed_over(record, who, now)], new: created }))
}

/// Attended: the other person of `first` and the other person of `second` are connected with each other, with sound only.
/// `None` if it was done before.
///
/// # Errors
/// As [`transferable`], of either call; `bad_state` if there are no two other people.
pub fn transfer_between(
    first: &Record,
    second: &Record,
    who: &Address,
    by: String,
    introduction: Introduction,
    now: Timestamp,
    timers: &Timers,
) -> Result<Option<Handover>, ErrorCode> {
    let Some(caller) = transferable(first, who, now)? else { return Ok(None) };
    let Some(answerer) = transferable(second, who, now)? else { return Err(ErrorCode::CallEnded) };
    if caller.address.user == answerer.address.user {
        return Err(ErrorCode::BadState);
    }
    let Introduction { id, epoch, caller_name, callee, ties } = introduction;
    let review = review_at(caller.signaling, answerer.signaling, now, timers);
    let answer = Answer { leg: answerer, media: vec![MediaKind::Audio], at: now };
    let record = Record {
        v: Version,
        id,
        epoch,
        restored: None,
        caller: Leg { user_name: caller_name, ..caller },
        callee,
        media: vec![MediaKind::Audio],
        created: now,
        generation: Gen(0),
        phase: Phase::Connecting { answer, until: now + timers.connect, review },
        ties,
        screened: None,
        transfer: Some(Transfer { by, caller_was_in: first.id, callee_was_in: Some(second.id) }),
        recording: None,
    };
    let new = Step { record, effects: &[Effect::Publish] };
    Ok(Some(Handover { ended: vec![handed_over(first, who, now), handed_over(second, who, now)], new }))
}

fn handed_over(record: &Record, who: &Address, now: Timestamp) -> Step {
    end(record, EndReason::Transferred, record.leg_of(who), now)
}
