//! STUN and TURN without sockets: allocations, permissions, channels, credentials (RFC 8489, RFC 8656, RFC 8016, RFC 6062).
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
mod audit;
mod authenticate;
mod bucket;
mod connection;
mod directory;
mod filter;
mod five_tuple;
mod flow;
mod icmp;
mod lasting;
mod meter;
mod nonce;
mod ports;
mod random;
mod rate_limit;
mod relay;
mod requests;
mod route;
mod shared;
mod snapshot;
mod stats;
mod ticket;
mod turn;
mod users;

pub use audit::Audit;
pub use config::{DEFAULT_REALM, Limits, RelayAddress, TlsServer, TurnConfig};
pub use connection::ConnectionId;
pub use credentials::{AuthSecret, Credential, issue};
pub use filter::PeerFilter;
pub use five_tuple::{FiveTuple, Transport};
pub use flow::{Direction, Flow, Form, Onward, Rule};
pub use icmp::IcmpError;
pub use relay::RelayId;
pub use route::{HEADROOM, Route, TAILROOM};
pub use shared::Shared;
pub use snapshot::{SNAPSHOT_FORM, Snapshot};
pub use stats::{DropReason, Stats, Traffic};
pub use turn::{Input, Output, Turn};
