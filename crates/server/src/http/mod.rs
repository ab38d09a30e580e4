//! HTTP: the sockets it comes in on, and the account API.
//!
//! `listen.rs` accepts connections and does TLS; `client.rs`, `cookie.rs` and `origin.rs` say who asks; `api.rs` answers, and
//! `embed.rs` pages of other sites.

pub mod admin;
pub mod api;
pub mod client;
pub mod listen;
pub mod operator;
pub mod origin;

mod cookie;
mod devices;
mod embed;
mod guests;
mod history;
mod people;
mod push;
mod refusal;
mod relay;
mod shared;
mod to_the_end;
