//! The record: everything the server keeps of a call. It survives a crash in the store, so it is versioned.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use visavis_proto::{Address, CallId, EndReason, Epoch, Gen, MediaKind, Role, Route, Timestamp, UserId};

use crate::{Leg, Recording, Restored, Screened, Signaling, Transfer};

/// A call. Its revision belongs to the store and is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this layout; records of another version do not deserialise.
    pub v: Version,
    /// Which call.
    pub id: CallId,
    /// The life of the store in which the call was made.
    pub epoch: Epoch,
    /// If an earlier store was lost: what it was rebuilt from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
    /// The device that called.
    pub caller: Leg,
    /// The person called.
    pub callee: Callee,
    /// What the caller asked for: audio before video, each at most once.
    pub media: Vec<MediaKind>,
    /// When the invite came.
    pub created: Timestamp,
    /// The present peer connection.
    #[serde(rename = "gen")]
    pub generation: Gen,
    /// Where the call stands.
    pub phase: Phase,
    /// What the two are to each other.
    #[serde(default, skip_serializing_if = "Ties::are_none")]
    pub ties: Ties,
    /// It does not ring: the callee's devices are not concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screened: Option<Screened>,
    /// It goes on with another call, which somebody has handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Somebody has asked whether it may be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
}

/// What the two people of a call are to each other, when it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ties {
    /// The callee is among the caller's contacts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub caller_knows: bool,
    /// The caller is among the callee's contacts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub callee_knows: bool,
    /// The caller is a guest with a link that the callee labelled so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<String>,
}

impl Ties {
    fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The only layout there is: 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Version;

impl TryFrom<u8> for Version {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            1 => Ok(Self),
            other => Err(format!("call record has version {other}, this server knows 1")),
        }
    }
}

impl From<Version> for u8 {
    fn from(Version: Version) -> u8 {
        1
    }
}

/// The person called. All devices ring, except the caller's own in a call to oneself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callee {
    /// Whom.
    pub user: UserId,
    /// How they are shown to the caller.
    pub name: String,
}

/// Where a call stands, with what is known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Phase {
    /// No device of the callee has said that it rings.
    Inviting {
        /// Then it ends as `unreachable`.
        until: Timestamp,
    },
    /// At least one device rings.
    Ringing {
        /// When the first one said so.
        since: Timestamp,
        /// Then it ends as `no_answer`.
        until: Timestamp,
        /// Ringing devices that would like an offer now, at most `limits::WARM_DEVICES`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warm: Vec<Address>,
    },
    /// Answered; the media path is being made.
    Connecting {
        /// Who answered.
        answer: Answer,
        /// Then it ends as `media_failed`, unless both legs are away and nobody can report.
        until: Timestamp,
        /// When the legs' absence is judged.
        review: Timestamp,
    },
    /// Media flows.
    Active {
        /// Who answered.
        answer: Answer,
        /// When the first leg reported media.
        connected: Timestamp,
        /// The path that leg reported.
        route: Route,
        /// When the legs' absence is judged.
        review: Timestamp,
    },
    /// Over, for ever.
    Ended(End),
}

/// The accept that won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The device that answered.
    pub leg: Leg,
    /// What it sends: audio before video, each at most once; empty for a listener.
    pub media: Vec<MediaKind>,
    /// When.
    pub at: Timestamp,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// Who said so; `None` if time did.
    pub by: Option<Role>,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who had answered.
    pub answer: Option<Answer>,
    /// When media had begun to flow.
    pub connected: Option<Timestamp>,
    /// When it had ceased, if the server heard of the end later than the two did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parted: Option<Timestamp>,
}

impl End {
    /// How long the two were connected; `None` if they never were.
    pub fn duration(&self) -> Option<Duration> {
        self.connected.map(|connected| self.parted.unwrap_or(self.at).since(connected))
    }
}

/// Where a device stands in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It made the call.
    Caller,
    /// It answered the call.
    Answerer,
    /// Another device of one of the two: of the callee it rings until the call is answered; of the caller it knows
    /// nothing until then. After the answer it may take the call.
    Bystander(Role),
    /// Nowhere.
    Stranger,
}

impl Record {
    /// Whether the call has not ended.
    pub fn is_live(&self) -> bool {
        match &self.phase {
            Phase::Inviting { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting { .. }
            | Phase::Active { .. } => true,
            Phase::Ended(_) => false,
        }
    }

    /// The accept that won, if there was one.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.phase {
            Phase::Inviting { .. } | Phase::Ringing { .. } => None,
            Phase::Connecting { answer, .. } | Phase::Active { answer, .. } => Some(answer),
            Phase::Ended(end) => end.answer.as_ref(),
        }
    }

    /// How the call ended, if it has.
    pub fn end(&self) -> Option<&End> {
        match &self.phase {
            Phase::Ended(end) => Some(end),
            Phase::Inviting { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting { .. }
            | Phase::Active { .. } => None,
        }
    }

    /// Which end of the call the device is: the caller's from the start, the callee's once it has answered.
    pub fn leg_of(&self, device: &Address) -> Option<Role> {
        match self.place(device) {
            Place::Caller => Some(Role::Caller),
            Place::Answerer => Some(Role::Callee),
            Place::Bystander(_) | Place::Stranger => None,
        }
    }

    /// The other end, to which this device's payloads go. `None` before the answer and for any third device.
    pub fn peer_of(&self, device: &Address) -> Option<&Address> {
        match self.place(device) {
            Place::Caller => self.answer().map(|answer| &answer.leg.address),
            Place::Answerer => Some(&self.caller.address),
            Place::Bystander(_) | Place::Stranger => None,
        }
    }

    /// Whether the device is told of this call: the caller's one, every device of the callee, and once the call is
    /// answered every device of the caller.
    pub fn concerns(&self, device: &Address) -> bool {
        self.place(device) != Place::Stranger
    }

    /// Whose devices may be concerned: caller and callee, or one person in a call to oneself or a screened one. The audience
    /// of a snapshot is each of their devices for which [`view`](crate::view) gives one.
    pub fn people(&self) -> impl Iterator<Item = &UserId> {
        let caller = &self.caller.address.user;
        let callee = Some(&self.callee.user).filter(|&callee| callee != caller && self.screened.is_none());
        std::iter::once(caller).chain(callee)
    }

    pub(crate) fn place(&self, device: &Address) -> Place {
        if *device == self.caller.address {
            Place::Caller
        } else if self.answer().is_some_and(|answer| answer.leg.address == *device) {
            Place::Answerer
        } else if device.user == self.callee.user && self.screened.is_none() {
            // In a call to oneself all others count as the callee's: they rang, and it is the answer that they may take.
            Place::Bystander(Role::Callee)
        } else if device.user == self.caller.address.user && self.answer().is_some() {
            Place::Bystander(Role::Caller)
        } else {
            Place::Stranger
        }
    }

    /// The signaling of both legs of an answered call.
    pub(crate) fn answered_legs_mut(&mut self) -> Option<[&mut Signaling; 2]> {
        match &mut self.phase {
            Phase::Connecting { answer, .. } | Phase::Active { answer, .. } => {
                Some([&mut self.caller.signaling, &mut answer.leg.signaling])
            }
            Phase::Inviting { .. } | Phase::Ringing { .. } | Phase::Ended(_) => None,
        }
    }
}
