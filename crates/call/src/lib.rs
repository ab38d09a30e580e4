//! The life of a one-to-one call as a pure function over one small [`Record`].
//!
//! ```text
//!             ringing            accept             connected
//!   Inviting ─────────► Ringing ─────────► Connecting ─────────► Active
//!      │  └─────────────── accept ─────────────►│                  │
//!      │ unreachable       │ no_answer          │ media_failed     │ connection_lost
//!      │ cancelled         │ cancelled          │ hangup, …        │ hangup, …
//!      │ rejected, busy    │ rejected, busy     │                  │
//!      └───────────────────┴───────► Ended ◄────┴──────────────────┘
//! ```
//!
//! While it is answered, either person may take the call to another of their devices, and either may hand the other
//! one over ([`transfer_to`], [`transfer_between`]), which ends it and begins another. It is [recorded](Recording) only while
//! both agree.
//!
//! Begin with [`step`]: a record and an [`Event`] give the next record and the [`Effect`]s to perform. The
//! shell commits the record by compare-and-set; whoever commits has decided, so nobody owns a call and no
//! lock is held. On a conflict the shell reads again and steps again. Devices are told snapshots ([`view`]),
//! and [`deadline`] says when the record wants an [`Event::Tick`].
//!
//! Not here: offers, answers and candidates (they are passed on unread), sockets, pushes, the store.

mod absence;
mod deadline;
mod event;
mod glare;
mod history;
mod leg;
mod record;
mod recording;
mod restore;
pub mod screening;
mod step;
mod take;
mod timers;
mod transfer;
mod view;
mod warm;

pub use deadline::deadline;
pub use event::{Availability, Effect, Event, NewCall, Step};
pub use glare::{Pair, merge};
pub use history::{HistoryRow, history};
pub use leg::{Leg, Signaling};
pub use record::{Answer, Callee, End, Phase, Record, Ties, Version};
pub use recording::{Recorded, Recording, RecordingStage};
pub use restore::{Capsule, Restored, restore};
pub use screening::{Screened, Screening};
pub use step::{create, step, turn_away};
pub use timers::Timers;
pub use transfer::{Handover, Introduction, Transfer, transfer_between, transfer_to, transferable};
pub use view::view;
