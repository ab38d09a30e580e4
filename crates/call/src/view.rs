//! The snapshot: what one device is told of a call.

use visavis_proto::{
    Address, CallState, CallView, GuestView, PeerView, RecordingState, RecordingView, Rev, Role, Timestamp,
    You,
};

use crate::history::milliseconds;
use crate::record::Place;
use crate::{Phase, Record, RecordingStage};

/// The call as `device` sees it, or `None` if the call does not concern it: it then does not exist for it.
///
/// `rev` is the store's revision of `record`.
pub fn view(record: &Record, rev: Rev, device: &Address, now: Timestamp) -> Option<CallView> {
    let place = record.place(device);
    let role = match place {
        Place::Caller => Role::Caller,
        Place::Answerer => Role::Callee,
        Place::Bystander(role) => role,
        Place::Stranger => return None,
    };
    let you = match place {
        Place::Caller | Place::Answerer => You::Active,
        Place::Bystander(_) if record.answer().is_some() => You::Elsewhere,
        // Also in a call that ended unanswered: this device did ring.
        Place::Bystander(_) | Place::Stranger => You::Ringing,
    };
    let (state, until) = match &record.phase {
        Phase::Inviting { until } => (CallState::Inviting, Some(*until)),
        Phase::Ringing { until, .. } => (CallState::Ringing, Some(*until)),
        Phase::Connecting { .. } => (CallState::Connecting, None),
        Phase::Active { .. } => (CallState::Active, None),
        Phase::Ended(_) => (CallState::Ended, None),
    };
    Some(CallView {
        id: record.id,
        rev,
        state,
        role,
        you,
        peer: peer(record, role),
        media: record.media.clone(),
        generation: record.generation,
        // One side must begin, and the caller has its microphone open since the invite.
        offerer: Role::Caller,
        expires_in_ms: until.map(|until| milliseconds(until.since(now))),
        quiet: role == Role::Caller && record.screened.is_some_and(|screened| screened.told),
        warm: if place == Place::Caller { record.warm().to_vec() } else { Vec::new() },
        follows: record.transfer.as_ref().and_then(|transfer| match role {
            Role::Caller => Some(transfer.caller_was_in),
            Role::Callee => transfer.callee_was_in,
        }),
        transferred_by: record.transfer.as_ref().map(|transfer| transfer.by.clone()),
        answered_on: record.answer().filter(|_| you == You::Elsewhere).map(|answer| match role {
            Role::Caller => record.caller.device_name.clone(),
            Role::Callee => answer.leg.device_name.clone(),
        }),
        active_ms: match &record.phase {
            Phase::Active { connected, .. } => Some(milliseconds(now.since(*connected))),
            Phase::Inviting { .. } | Phase::Ringing { .. } | Phase::Connecting { .. } | Phase::Ended(_) => {
                None
            }
        },
        recording: if you == You::Active { recording(record, now) } else { None },
        reason: record.end().map(|end| end.reason),
        duration_ms: record.end().and_then(|end| end.duration()).map(milliseconds),
        // The shell seals it: that takes a key.
        capsule: None,
        // And issues what the relay wants to be shown.
        relay: None,
    })
}

fn recording(record: &Record, now: Timestamp) -> Option<RecordingView> {
    let Phase::Active { .. } = record.phase else { return None };
    let recording = record.recording.as_ref()?;
    let (state, expires, on, reason) = match recording.stage {
        RecordingStage::Asked { until } => (RecordingState::Asked, Some(until.since(now)), None, None),
        RecordingStage::On { since } => (RecordingState::On, None, Some(now.since(since)), None),
        RecordingStage::Over { why } => (RecordingState::Over, None, None, Some(why)),
    };
    Some(RecordingView {
        n: recording.n,
        by: recording.by,
        state,
        expires_in_ms: expires.map(milliseconds),
        on_ms: on.map(milliseconds),
        reason,
    })
}

fn peer(record: &Record, reader: Role) -> PeerView {
    // Somebody who is lost after the end is not worth a word: nothing will be carried any more.
    let lost = |signaling: crate::Signaling| record.is_live() && signaling.is_lost();
    match reader {
        Role::Caller => {
            let leg = record.answer().map(|answer| &answer.leg);
            PeerView {
                id: record.callee.user.clone(),
                name: record.callee.name.clone(),
                address: leg.map(|leg| leg.address.clone()),
                lost: leg.is_some_and(|leg| lost(leg.signaling)),
                contact: record.ties.caller_knows,
                guest: None,
            }
        }
        Role::Callee => PeerView {
            id: record.caller.address.user.clone(),
            name: record.caller.user_name.clone(),
            address: Some(record.caller.address.clone()),
            lost: lost(record.caller.signaling),
            contact: record.ties.callee_knows,
            guest: record.ties.guest.clone().map(|label| GuestView { label }),
        },
    }
}
