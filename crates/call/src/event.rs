//! What can happen to a call, and what is to be done about it.

use std::time::Duration;

use visavis_proto::{Address, CallId, EndReason, Epoch, Gen, MediaKind, RecordingWish, Route};

use crate::{Callee, Leg, Record, Screened, Ties};

/// An invite, checked by the shell: both people exist and the callee may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Made by the caller.
    pub id: CallId,
    /// The store's present epoch.
    pub epoch: Epoch,
    /// The device that calls.
    pub caller: Leg,
    /// Who is called.
    pub callee: Callee,
    /// What the caller asks for.
    pub media: Vec<MediaKind>,
    /// What the two are to each other.
    pub ties: Ties,
    /// It shall not ring: see [`screening`](crate::screening).
    pub screened: Option<Screened>,
}

/// Whether the callee takes a call now: the shell's reading of the callee's policy and live calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Ring.
    Free,
    /// In another call, with no wish to hear of a second.
    Busy,
}

/// Something happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A device of the callee really alerts its user.
    Ringing {
        /// Which.
        who: Address,
        /// It would like an offer now. The newest word of a device counts.
        warm: bool,
    },
    /// A device answers.
    Accept {
        /// Which.
        leg: Leg,
        /// What it will send.
        media: Vec<MediaKind>,
    },
    /// A device ends the call: cancels, declines or hangs up, as the state has it.
    Hangup {
        /// Which.
        who: Address,
        /// Only if it is not simply the user's wish.
        reason: Option<EndReason>,
        /// How long ago, says the device; zero unless the server could not be told then.
        ago: Duration,
    },
    /// A device that a push has woken declines: it ends a call that rings, and never one that was answered.
    Decline {
        /// Which.
        who: Address,
    },
    /// Media flows on a leg.
    Connected {
        /// Which.
        who: Address,
        /// The selected path.
        route: Route,
    },
    /// A leg's device has no peer connection any more (its tab was reloaded): both make a new one.
    Renew {
        /// Which.
        who: Address,
        /// The generation that is to be replaced; a repeat of the event finds a larger one and does nothing.
        generation: Gen,
    },
    /// Another device of one of the two people becomes that person's end of an answered call.
    Take {
        /// Which.
        leg: Leg,
        /// What it will send.
        media: Vec<MediaKind>,
        /// The peer connection that the device saw. If another of that person's devices has taken the call since,
        /// this one has lost the race; without it, the last one to take has the call.
        seen: Option<Gen>,
    },
    /// An end of the call wishes something of a recording.
    Recording {
        /// Which.
        who: Address,
        /// How manieth question it is about.
        n: u32,
        /// What it wishes. The shell has made sure that the other device can ask its user.
        wish: RecordingWish,
        /// How long ago, says the device; zero unless the server could not be told then.
        ago: Duration,
    },
    /// The last socket of a device has closed. The shell says so at once; the core waits for a reload.
    Lost {
        /// Which.
        who: Address,
    },
    /// A device says that it goes: its page is being closed or reloaded.
    Leave {
        /// Which.
        who: Address,
    },
    /// A device has connected.
    Back {
        /// Which.
        who: Address,
    },
    /// The record's [`deadline`](crate::deadline) has come. Too early, it does nothing.
    Tick {
        /// Media of this call still flows, as far as a device or the relay says.
        media_flows: bool,
    },
    /// The server has started and found this record: no device is connected yet.
    Restarted,
    /// An administrator ends the call.
    Terminate,
    /// The operator has removed one of the two people.
    Removed,
}

/// What the shell does after it has committed the record, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Send each connected device that the call concerns its snapshot.
    Publish,
    /// Wake the callee's devices that are not connected. Never for a screened call.
    Alert,
    /// Take the call back from the devices that were woken.
    StopAlerting,
    /// Write [`history`](crate::history) of the ended record. Before the end is told, so that whoever then reads the
    /// history finds it there.
    WriteHistory,
}

/// A decision to commit. Without effects it is worth keeping but not worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The call as it is once the commit has succeeded.
    pub record: Record,
    /// What to do then.
    pub effects: &'static [Effect],
}
