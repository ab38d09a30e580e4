//! The server as seen by clients and peers, in virtual time. Tests carry the id of the rule they hold (`docs/rfc.md`).

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

mod abuse;
mod advisories;
mod allocate;
mod alternate;
mod audit;
mod auth;
mod channel;
mod data;
mod differential;
mod dual;
mod even_port;
mod handover;
mod hot_path;
mod icmp;
mod limits;
mod mobility;
mod offload;
mod oracle;
mod parsing;
mod permission;
mod refresh;
mod robustness;
mod sharing;
mod tcp_peers;
mod vectors;
mod world;
