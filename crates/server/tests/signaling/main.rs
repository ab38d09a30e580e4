//! Devices talk to a real server over real sockets, each by the words of `protocol/PROTOCOL.md`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod bridged_line;
mod stream_line;

mod bad_input;
mod bridge;
mod calls;
mod chaos;
mod guests;
mod hello;
mod leaving;
mod logins;
mod payloads;
mod presence;
mod push;
mod push_service;
mod restart;
mod restored;
mod resume;
mod screening;
mod stream;
mod take;
mod teaching;
mod transfer;
mod waiting;
mod warm;
