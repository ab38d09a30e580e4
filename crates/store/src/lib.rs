//! What must outlive the process: users, password hashes, sign-up links, logins, history.
//!
//! Begin with [`Store`]. It is asynchronous outside and SQLite inside: one thread writes, committing what has queued up
//! together, another reads. Nothing here reads a clock or makes a secret: times and hashes are arguments. Live calls
//! are not here but in `visavis-cluster`.
//!
//! ```text
//!  Store ──► queue ──► writer thread ──┐
//!    │                                 ├── visavis.db (WAL) ◄── `visavis user add`, another process
//!    └─────► queue ──► reader thread ──┘
//! ```

mod admin;
mod error;
mod guests;
mod people;
mod pushes;
mod row;
mod sqlite;
mod store;

pub use error::{OpenError, StoreError};
pub use row::{
    Account, AccountChange, Block, Changed, Contact, ContactChange, Dealings, FailedCall, Guest, GuestLink,
    HistoryRow, Invitation, KeptPreferences, KeptRecording, LetIn, LinkId, ListedLogin, Login, NotAdded,
    PastCall, PushTarget, SignUpLink, TokenHash, Unseen, User,
};
pub use store::{HISTORY_PER_USER, LOGINS_PER_USER, Store};
