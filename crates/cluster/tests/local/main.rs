//! The local engine, through the face that the server uses.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod compare_and_set;
mod folder;
mod opening;
