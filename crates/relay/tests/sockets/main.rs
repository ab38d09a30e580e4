//! The relay on real sockets of the loopback interface. Rules of the protocol are tested in `visavis-turn`; here it is
//! about what only sockets can get wrong.

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

mod bursts;
mod certificate;
mod client;
mod coturn;
mod foreign;
mod handover;
#[cfg(target_os = "linux")]
mod icmp;
mod mobility;
#[cfg(target_os = "linux")]
mod offload;
mod pion;
mod probe;
mod program;
mod tcp;
mod tcp_peers;
mod tls;
mod udp;
mod workers;
