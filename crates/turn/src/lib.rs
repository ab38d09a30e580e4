//! STUN and TURN without sockets: allocations, permissions, channels, credentials (RFC 8489, RFC 8656).
//!
//! Begin with [`Turn`]: what a client sends goes to [`Turn::route`], what a peer sends to [`Turn::route_from_peer`].
//! Both forward in place, or say `Control`: then the bytes go to [`Turn::handle`], like everything else that happens,
//! and the outputs are drained.
//!
//! ```text
//!            Allocate            RelayOpened             Refresh 0 · lifetime over · Disconnected · Revoke
//!  nothing ───────────► Opening ────────────► Allocated ──────────────────────────────────────────────────► nothing
//!                          │ │ RelayRefused      ▲
//!                          │ └─► other port, 508 │ Allocate with RESERVATION-TOKEN
//!                          └─ next port, too ► Reserved ── 30 s ──► nothing
//! ```
//!
//! This crate reads no clock, no random source and no socket: they are arguments. It knows credentials, not users or
//! calls. What is covered of the standards, and what is not, is in `docs/rfc.md`.

pub mod codec;
pub mod config;
pub mod credentials;

mod allocation;
mod authenticate;
mod filter;
mod five_tuple;
mod nonce;
mod ports;
mod random;
mod rate_limit;
mod relay;
mod requests;
mod route;
mod stats;
mod turn;

pub use config::{Limits, RelayAddress, TurnConfig};
pub use credentials::{AuthSecret, Credential, issue};
pub use filter::PeerFilter;
pub use five_tuple::{FiveTuple, Transport};
pub use relay::RelayId;
pub use route::{HEADROOM, Route, TAILROOM};
pub use stats::{DropReason, Stats, Traffic};
pub use turn::{Input, Output, Turn};
