//! The life of a call, told as scenarios in virtual time, and every short sequence of events.
//!
//! "Row n" is the row of the list of cases in the design of calls.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod absence;
mod answering;
mod ending;
mod glare;
mod invariants;
mod inviting;
mod record;
mod recording;
mod restored;
mod screening;
mod sequences;
mod snapshot;
mod take;
mod transfer;
mod warm;
mod world;
