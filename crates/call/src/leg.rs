//! A leg: one of the two devices between which a call is, or will be, carried.

use serde::{Deserialize, Serialize};
use visavis_proto::{Address, Gen, Timestamp};

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
}

impl Signaling {
    /// Whether the device is connected.
    pub fn is_here(self) -> bool {
        match self {
            Self::Here => true,
            Self::Away { .. } | Self::Lost { .. } => false,
        }
    }

    /// Whether the other leg has been told that it is gone.
    pub fn is_lost(self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Here | Self::Away { .. } => false,
        }
    }
}
