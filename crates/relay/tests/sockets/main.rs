//! The relay on real sockets of the loopback interface. Rules of the protocol are tested in `visavis-turn`; here it is
//! about what only sockets can get wrong.

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

mod client;
mod coturn;
mod tcp;
mod udp;
