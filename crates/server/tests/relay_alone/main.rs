//! The relay on a machine of its own, as an operator runs it, beside a server that sends devices to it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod processes;

mod doctor;
mod draining;
mod operator;
mod secret;
mod told;
mod upgrade;
