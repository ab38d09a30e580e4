//! The server as seen by clients and peers, in virtual time. Tests carry the id of the rule they hold (`docs/rfc.md`).

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

mod abuse;
mod allocate;
mod auth;
mod channel;
mod data;
mod even_port;
mod hot_path;
mod oracle;
mod parsing;
mod permission;
mod refresh;
mod robustness;
mod vectors;
mod world;
