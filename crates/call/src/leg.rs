//! A leg: one of the two devices between which a call is, or will be, carried.

use serde::{Deserialize, Serialize};
use visavis_proto::{Address, Gen, Timestamp};

use crate::Timers;

/// One end of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Which device of whom.
    pub address: Address,
    /// How the person is shown to the other.
    pub user_name: String,
    /// What the person calls the device, such as "iPad".
    pub device_name: String,
    /// Whether the device can be told something now.
    pub signaling: Signaling,
    /// The peer connection with which it took the call; 0 for the device that called or answered.
    #[serde(default, skip_serializing_if = "is_first")]
    pub since: Gen,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_first(generation: &Gen) -> bool {
    *generation == Gen(0)
}

impl Leg {
    /// A leg whose device is connected.
    pub fn new(address: Address, user_name: String, device_name: String) -> Self {
        Self { address, user_name, device_name, signaling: Signaling::Here, since: Gen(0) }
    }
}

/// Whether a leg's device is connected to the server. Its media may flow all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signaling {
    /// Connected.
    Here,
    /// Gone a moment ago; probably a reload or a change of network, so nobody has been told.
    Away {
        /// Since when.
        since: Timestamp,
    },
    /// Gone for longer than [`Timers::lost_after`](crate::Timers::lost_after); the other leg knows.
    Lost {
        /// Since when.
        since: Timestamp,
    },
    /// It has said that it goes: its page is closed or reloaded, and its media has gone with it. Nobody has been told,
    /// as a reload is back soon.
    Leaving {
        /// Since when.
        since: Timestamp,
    },
    /// It has gone as it said, and the other leg knows.
    Left {
        /// Since when.
        since: Timestamp,
    },
}

impl Signaling {
    /// Whether the device is connected.
    pub fn is_here(self) -> bool {
        match self {
            Self::Here => true,
            Self::Away { .. } | Self::Lost { .. } | Self::Leaving { .. } | Self::Left { .. } => false,
        }
    }

    /// Whether the other leg has been told that it is gone.
    pub fn is_lost(self) -> bool {
        match self {
            Self::Lost { .. } | Self::Left { .. } => true,
            Self::Here | Self::Away { .. } | Self::Leaving { .. } => false,
        }
    }

    /// Since when the device is gone.
    pub(crate) fn gone_since(self) -> Option<Timestamp> {
        match self {
            Self::Here => None,
            Self::Away { since } | Self::Lost { since } | Self::Leaving { since } | Self::Left { since } => {
                Some(since)
            }
        }
    }

    /// When the other leg is to be told; `None` if there is nothing to tell, or nothing more.
    pub(crate) fn told_at(self, timers: &Timers) -> Option<Timestamp> {
        match self {
            Self::Away { since } | Self::Leaving { since } => Some(since + timers.lost_after),
            Self::Here | Self::Lost { .. } | Self::Left { .. } => None,
        }
    }

    /// When a device that has left is not waited for any more, whatever was heard of its media.
    pub(crate) fn missed_at(self, timers: &Timers) -> Option<Timestamp> {
        match self {
            Self::Leaving { since } | Self::Left { since } => Some(since + timers.left_grace),
            Self::Here | Self::Away { .. } | Self::Lost { .. } => None,
        }
    }

    /// The same, with the other leg told.
    pub(crate) fn told(self) -> Self {
        match self {
            Self::Away { since } => Self::Lost { since },
            Self::Leaving { since } => Self::Left { since },
            Self::Here | Self::Lost { .. } | Self::Left { .. } => self,
        }
    }

    /// Once the device has said that it goes.
    pub(crate) fn leaving(self, now: Timestamp) -> Self {
        match self {
            Self::Here => Self::Leaving { since: now },
            Self::Away { since } => Self::Leaving { since },
            Self::Lost { .. } => Self::Left { since: now },
            Self::Leaving { .. } | Self::Left { .. } => self,
        }
    }

    /// When the server has been away itself, and so does not know for how long the device was.
    pub(crate) fn after_restart(self, now: Timestamp) -> Self {
        match self {
            Self::Here | Self::Away { .. } => Self::Away { since: now },
            Self::Leaving { .. } => Self::Leaving { since: now },
            Self::Left { .. } => Self::Left { since: now },
            Self::Lost { .. } => self,
        }
    }
}
