//! Devices talk to a real server over real sockets, each by the words of `protocol/PROTOCOL.md`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod bridged_line;
mod stream_line;
#[path = "../../../relay/tests/sockets/client.rs"]
#[expect(dead_code, reason = "the relay's own tests use all of it")]
mod turn_client;

mod admin;
mod bad_input;
mod bridge;
mod calls;
mod chaos;
mod embed;
mod guests;
mod hello;
mod leaving;
mod logins;
mod payloads;
mod presence;
mod push;
mod push_service;
mod reach;
mod recording;
mod relayed;
mod relaying;
mod restart;
mod restored;
mod resume;
mod screening;
mod shared;
mod stream;
mod take;
mod teaching;
mod transfer;
mod waiting;
mod warm;
