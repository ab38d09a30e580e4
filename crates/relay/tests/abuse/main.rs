//! The relay on real sockets, and people who mean it ill: floods from forged addresses, connections that only cost, peers
//! that must not be reached, errors that the network sends back. Whatever they do, an honest client beside them is served.
//!
//! Memory is measured in a process of its own, see `tests/memory.rs`.

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

#[path = "../sockets/certificate.rs"]
mod certificate;
#[path = "../sockets/client.rs"]
mod client;
mod errors;
mod forbidden;
mod ports;
mod reflection;
mod streams;
mod tls;
