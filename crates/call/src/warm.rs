//! The warm ring, and to whom a payload goes: while several devices ring, the caller prepares a peer connection with
//! each of a few that want it; after the answer there are two ends, and nobody else.

use visavis_proto::{Address, DeviceId, ErrorCode, RelayKind, limits};

use crate::record::Place;
use crate::{Phase, Record};

impl Record {
    /// The ringing devices to which the caller may send an offer now. Empty after the answer.
    pub fn warm(&self) -> &[Address] {
        match &self.phase {
            Phase::Ringing { warm, .. } => warm,
            Phase::Inviting { .. } | Phase::Connecting { .. } | Phase::Active { .. } | Phase::Ended(_) => &[],
        }
    }

    /// Whether the device is one of the two ends, or prepares to become one.
    pub fn carries(&self, device: &Address) -> bool {
        self.leg_of(device).is_some() || self.warm().contains(device)
    }

    /// The device that gets a payload of `from`, which may name it by `to`.
    ///
    /// Before the answer payloads go between the caller and each [`warm`](Self::warm) device, and the caller must say
    /// which. What a ringing device shows is not passed on: its user has not answered.
    ///
    /// # Errors
    /// `bad_state` before the answer, `answered_elsewhere` for or from a device that is not, or not any more, an end of
    /// the call, `call_ended`, `not_your_call`.
    pub fn recipient(
        &self,
        from: &Address,
        to: Option<&DeviceId>,
        kind: RelayKind,
    ) -> Result<&Address, ErrorCode> {
        let place = self.place(from);
        match (&self.phase, place) {
            (_, Place::Stranger) => Err(ErrorCode::NotYourCall),
            (Phase::Ended(_), _) => Err(ErrorCode::CallEnded),
            (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Caller) => {
                self.warm().iter().find(|device| Some(&device.device) == to).ok_or(ErrorCode::BadState)
            }
            (Phase::Inviting { .. } | Phase::Ringing { .. }, Place::Answerer | Place::Bystander(_)) => {
                let may_say = match kind {
                    RelayKind::Offer | RelayKind::Answer | RelayKind::Candidate => true,
                    RelayKind::Media => false,
                };
                let caller = &self.caller.address;
                let is_meant = to.is_none_or(|to| *to == caller.device);
                (may_say && is_meant && self.warm().contains(from))
                    .then_some(caller)
                    .ok_or(ErrorCode::BadState)
            }
            (
                Phase::Connecting { answer, .. } | Phase::Active { answer, .. },
                Place::Caller | Place::Answerer,
            ) => {
                let other = if place == Place::Caller { &answer.leg.address } else { &self.caller.address };
                // What was for a device that has lost the race is not for the one that has won it.
                to.is_none_or(|to| *to == other.device).then_some(other).ok_or(ErrorCode::AnsweredElsewhere)
            }
            (Phase::Connecting { .. } | Phase::Active { .. }, Place::Bystander(_)) => {
                Err(ErrorCode::AnsweredElsewhere)
            }
        }
    }

    /// Whether payloads go from one of the two devices to the other, and acks back.
    pub fn passes(&self, from: &Address, to: &Address) -> bool {
        self.recipient(from, Some(&to.device), RelayKind::Candidate) == Ok(to)
    }

    /// Enters a ringing device among the warm ones, or takes it out. Says whether that changed anything.
    ///
    /// A device that finds the list full gets its offer after the answer; its place comes free if another goes away.
    pub(crate) fn list_warm(&mut self, device: &Address, wants: bool) -> bool {
        let Phase::Ringing { warm, .. } = &mut self.phase else { return false };
        let before = warm.len();
        match (wants, warm.iter().position(|listed| listed == device)) {
            (true, None) if before < limits::WARM_DEVICES => warm.push(device.clone()),
            (false, Some(position)) => {
                warm.remove(position);
            }
            (true, _) | (false, None) => {}
        }
        warm.len() != before
    }
}
