//! The live call records that every node shares: small values under text keys, changed by compare-and-set.
//!
//! Whoever's compare-and-set wins has decided; the loser reads again. There are no locks, leases or owners.
//! Values are opaque here: the server keeps the JSON of a call record in them.
//!
//! Begin with [`Engine`]. Today's only engine is [`Local`]: one process, kept in an SQLite file, so that calls
//! survive a `kill -9`. Accounts and history are elsewhere (`visavis-store`).

mod engine;
mod limits;
mod local;
mod stats;
mod write;

pub use engine::Engine;
pub use limits::Limits;
pub use local::{Local, OpenError};
pub use stats::Stats;
pub use write::{CasError, Change, Expected, Stored, Write};
