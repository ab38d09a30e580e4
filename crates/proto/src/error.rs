//! What a device may be told went wrong. Codes are stable: clients translate them, logs search for them.

use serde::{Deserialize, Serialize};

/// Why a message was refused. Do-not-disturb and block never show here: the caller sees `no_answer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum ErrorCode {
    /// Not JSON, not an object, or a field of the wrong type; `hint` names it.
    BadMessage,
    /// The frame or one of its fields is larger than the limit named in `hint`.
    TooLarge,
    /// No valid ticket; sign in again.
    Unauthenticated,
    /// The ticket or login has expired; get a new one.
    AuthExpired,
    /// Signed in, but not allowed.
    Forbidden,
    /// No such user, call or page.
    NotFound,
    /// This server does not know the message type or protocol version, or the other device does not know what is asked.
    Unsupported,
    /// Somebody else changed the same thing first; ask for its state.
    Conflict,
    /// The person called is in another call.
    Busy,
    /// You are in another call already.
    YouBusy,
    /// The other device cannot be reached now; send again later.
    Unreachable,
    /// The call has ended.
    CallEnded,
    /// Several people use this browser: confirm who you are (`POST /api/confirm`), then say it again.
    Unconfirmed,
    /// Another device of yours has answered.
    AnsweredElsewhere,
    /// You take no part in this call.
    NotYourCall,
    /// The payload belongs to another peer connection.
    WrongGen,
    /// Not possible in the call's present state.
    BadState,
    /// Too many messages, calls or log-ins; wait `retry_after_ms`.
    RateLimited,
    /// The server has too much to do; wait `retry_after_ms`.
    Overloaded,
    /// A fault of the server; it has been logged.
    Internal,
}

impl ErrorCode {
    /// Whether sending the same message again later may succeed.
    pub fn retry(self) -> bool {
        match self {
            Self::Conflict | Self::Unreachable | Self::RateLimited | Self::Overloaded | Self::Internal => {
                true
            }
            Self::BadMessage
            | Self::TooLarge
            | Self::Unauthenticated
            | Self::AuthExpired
            | Self::Forbidden
            | Self::NotFound
            | Self::Unsupported
            | Self::Busy
            | Self::YouBusy
            | Self::CallEnded
            | Self::Unconfirmed
            | Self::AnsweredElsewhere
            | Self::NotYourCall
            | Self::WrongGen
            | Self::BadState => false,
        }
    }
}

/// Why the server closes a WebSocket (RFC 6455 §7.4.2, private range).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// Too many unreadable messages, or no `hello` in time.
    Bad = 4400,
    /// No valid ticket.
    Unauthenticated = 4401,
    /// The login was revoked.
    Revoked = 4403,
    /// The same device connected again.
    Replaced = 4409,
    /// A frame over the limit.
    TooLarge = 4413,
    /// Too many messages, or replies not read.
    RateLimited = 4429,
    /// The server restarts; connect again.
    Restart = 4503,
}

impl CloseCode {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }
}
