//! Recording a call: one side asks, and nothing is recorded before the other has agreed.
//!
//! ```text
//!             agree
//!   Asked ───────────► On ──────► Over
//!     └── refused, withdrawn, unanswered ──►│      stopped by either, a device that goes, the call's end
//! ```
//!
//! Who records is a device, and who agrees is a person at a device: when either end is another one, what was agreed is over.
//! What was recorded stays in the record, for the history of both.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use visavis_proto::{
    Address, Direction, ErrorCode, PastRecording, RecordingEnd, RecordingWish, Role, Timestamp, limits,
};

use crate::history::milliseconds;
use crate::record::Place;
use crate::step::{Decision, changed};
use crate::{Effect, Phase, Record, Timers};

/// The questions of a call whether it may be recorded: the newest, and what came of those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// How manieth the newest is: it tells a question that is said again from another one.
    pub n: u32,
    /// Who asked.
    pub by: Role,
    /// Where it stands.
    pub stage: RecordingStage,
    /// What was recorded and is over, the oldest first: at most `limits::RECORDINGS`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Recorded>,
}

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingStage {
    /// Nobody has answered.
    Asked {
        /// Then nobody will.
        until: Timestamp,
    },
    /// Agreed.
    On {
        /// When.
        since: Timestamp,
    },
    /// Nothing is recorded.
    Over {
        /// Why not.
        why: RecordingEnd,
    },
}

/// Something that was recorded: one side asked, the other agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Who asked, and recorded.
    pub by: Role,
    /// When the other side agreed.
    pub since: Timestamp,
    /// When it was over.
    pub until: Timestamp,
}

impl Recorded {
    /// As one of the two reads it.
    pub fn seen_by(&self, reader: Direction, now: Timestamp) -> PastRecording {
        let side = match reader {
            Direction::Out => Role::Caller,
            Direction::In => Role::Callee,
        };
        PastRecording {
            by_you: self.by == side,
            started_ago_ms: milliseconds(now.since(self.since)),
            duration_ms: milliseconds(self.until.since(self.since)),
        }
    }
}

impl Recording {
    /// Whether it is being recorded, or somebody is asked.
    fn is_live(&self) -> bool {
        match self.stage {
            RecordingStage::Asked { .. } | RecordingStage::On { .. } => true,
            RecordingStage::Over { .. } => false,
        }
    }

    /// Until `at`; never ends before it began.
    fn finish(&mut self, why: RecordingEnd, at: Timestamp) {
        if let RecordingStage::On { since } = self.stage {
            self.kept.push(Recorded { by: self.by, since, until: at.max(since) });
        }
        if self.is_live() {
            self.stage = RecordingStage::Over { why };
        }
    }

    /// With what another account of the same call knows besides to have been recorded.
    fn knowing(mut self, mut other: Recording, now: Timestamp) -> Self {
        other.finish(RecordingEnd::Left, now);
        let goes_on = match self.stage {
            RecordingStage::On { since } => Some(Recorded { by: self.by, since, until: now }),
            RecordingStage::Asked { .. } | RecordingStage::Over { .. } => None,
        };
        for one in other.kept {
            // Nothing is recorded twice at once: then it is the same.
            let known =
                |known: &Recorded| known.by == one.by && known.since <= one.until && one.since <= known.until;
            if !self.kept.iter().chain(&goes_on).any(known) {
                self.kept.push(one);
            }
        }
        self.kept.sort_by_key(|one| one.since);
        self
    }

    /// How much has happened: of two accounts of one call, the one that knows more is right.
    fn progress(&self) -> (u32, u8) {
        let stage = match self.stage {
            RecordingStage::Asked { .. } => 0,
            RecordingStage::On { .. } => 1,
            RecordingStage::Over { .. } => 2,
        };
        (self.n, stage)
    }
}

impl Record {
    /// Whether somebody records.
    pub fn is_recorded(&self) -> bool {
        self.recording.as_ref().is_some_and(|recording| matches!(recording.stage, RecordingStage::On { .. }))
    }

    /// Ends what is asked or recorded.
    pub(crate) fn finish_recording(&mut self, why: RecordingEnd, at: Timestamp) {
        if let Some(recording) = &mut self.recording {
            recording.finish(why, at);
        }
    }

    /// The device has gone, and with it what it recorded.
    pub(crate) fn recorder_goes(&mut self, who: &Address, now: Timestamp) -> bool {
        let side = self.leg_of(who);
        let recording = self.recording.as_mut().filter(|recording| recording.is_live());
        let Some(recording) = recording.filter(|recording| side == Some(recording.by)) else { return false };
        recording.finish(RecordingEnd::Left, now);
        true
    }

    /// When a question is not waited for any more.
    pub(crate) fn consent_until(&self) -> Option<Timestamp> {
        match self.recording.as_ref()?.stage {
            RecordingStage::Asked { until } => Some(until),
            RecordingStage::On { .. } | RecordingStage::Over { .. } => None,
        }
    }

    /// Who is asked has until then at least.
    pub(crate) fn wait_for_consent(&mut self, at_least: Timestamp) {
        if let Some(Recording { stage: RecordingStage::Asked { until }, .. }) = &mut self.recording {
            *until = (*until).max(at_least);
        }
    }

    /// Of what two accounts say of recordings, keeps the newer, and of both what was recorded. What was agreed between other
    /// devices is over.
    pub(crate) fn keep_recording_of(&mut self, other: &Record, same_devices: bool, now: Timestamp) {
        let Some(mut theirs) = other.recording.clone() else { return };
        if !same_devices {
            theirs.finish(RecordingEnd::Left, now);
        }
        self.recording = Some(match self.recording.take() {
            Some(ours) if ours.progress() < theirs.progress() => theirs.knowing(ours, now),
            Some(ours) => ours.knowing(theirs, now),
            None => theirs,
        });
    }
}

/// A device asks, agrees or ends. `n` says which question it is about.
pub(crate) fn wish(
    record: &Record,
    who: &Address,
    (n, wish): (u32, RecordingWish),
    ago: Duration,
    now: Timestamp,
    timers: &Timers,
) -> Decision {
    let side = match (&record.phase, record.place(who)) {
        (_, Place::Stranger) => return Err(ErrorCode::NotYourCall),
        // Whoever wants an end of it has it.
        (Phase::Ended(_), Place::Caller | Place::Answerer) if wish == RecordingWish::Stop => return Ok(None),
        (Phase::Ended(_), _) => return Err(ErrorCode::CallEnded),
        (Phase::Inviting { .. } | Phase::Ringing { .. }, _) => return Err(ErrorCode::BadState),
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
            return Err(ErrorCode::AnsweredElsewhere);
        }
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Caller) => Role::Caller,
        (Phase::Connecting { .. } | Phase::Active { .. }, Place::Answerer) => Role::Callee,
    };
    let mut next = record.clone();
    match wish {
        RecordingWish::Ask => ask(&mut next, side, n, now, timers)?,
        RecordingWish::Agree => agree(&mut next, side, n, now)?,
        RecordingWish::Stop => stop(&mut next, side, n, ago, now)?,
    }
    Ok(changed(record, next, &[Effect::Publish]))
}

fn ask(record: &mut Record, by: Role, n: u32, now: Timestamp, timers: &Timers) -> Result<(), ErrorCode> {
    let Phase::Active { answer, .. } = &record.phase else { return Err(ErrorCode::BadState) };
    let before = record.recording.take();
    let last = before.as_ref().map_or(0, |before| before.n);
    if before.as_ref().is_some_and(|before| (before.n, before.by) == (n, by)) {
        record.recording = before;
        return Ok(());
    }
    // One at a time: of two who ask at once the first is asked for, and the other one is asked.
    if n != last + 1 || before.as_ref().is_some_and(Recording::is_live) {
        return Err(ErrorCode::BadState);
    }
    if n > limits::RECORDINGS {
        return Err(ErrorCode::Forbidden);
    }
    let other = if by == Role::Caller { &answer.leg } else { &record.caller };
    if other.signaling.is_lost() {
        return Err(ErrorCode::Unreachable);
    }
    let stage = RecordingStage::Asked { until: now + timers.consent };
    let kept = before.map(|before| before.kept).unwrap_or_default();
    record.recording = Some(Recording { n, by, stage, kept });
    Ok(())
}

fn agree(record: &mut Record, side: Role, n: u32, now: Timestamp) -> Result<(), ErrorCode> {
    let asked = record.recording.as_mut().filter(|asked| asked.n == n && asked.by == side.other());
    // Nobody agrees in the place of the other.
    let Some(asked) = asked else { return Err(ErrorCode::BadState) };
    match asked.stage {
        RecordingStage::Asked { until } if now < until => asked.stage = RecordingStage::On { since: now },
        RecordingStage::On { .. } => {}
        RecordingStage::Asked { .. } | RecordingStage::Over { .. } => return Err(ErrorCode::BadState),
    }
    Ok(())
}

fn stop(record: &mut Record, side: Role, n: u32, ago: Duration, now: Timestamp) -> Result<(), ErrorCode> {
    let last = record.recording.as_ref().map_or(0, |recording| recording.n);
    if n > last {
        return Err(ErrorCode::BadState);
    }
    let Some(recording) = record.recording.as_mut().filter(|recording| recording.n == n) else {
        return Ok(());
    };
    let by_whoever_asked = recording.by == side;
    let why = match recording.stage {
        RecordingStage::Asked { .. } if by_whoever_asked => RecordingEnd::Withdrawn,
        RecordingStage::Asked { .. } => RecordingEnd::Refused,
        RecordingStage::On { .. } if by_whoever_asked => RecordingEnd::Stopped,
        RecordingStage::On { .. } => RecordingEnd::Revoked,
        RecordingStage::Over { why } => why,
    };
    let at = Timestamp(now.0.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX)));
    recording.finish(why, at);
    Ok(())
}

/// A question that nobody has answered in time.
pub(crate) fn expire(record: &Record, now: Timestamp) -> Option<Record> {
    record.consent_until().filter(|until| now >= *until)?;
    let mut next = record.clone();
    next.finish_recording(RecordingEnd::Unanswered, now);
    Some(next)
}
