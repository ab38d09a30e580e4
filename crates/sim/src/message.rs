//! What devices and nodes say to each other: the protocol's messages without their text.

use visavis_proto::{CallId, CallRef, CallView, EndReason, Epoch, ErrorCode, Gen, RecordingWish, UserId};

/// From a device, with the id under which it wants an answer.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) id: Option<u64>,
    pub(crate) words: Say,
}

#[derive(Debug, Clone)]
pub(crate) enum Say {
    Hello { calls: Vec<CallRef> },
    Ping { epoch: Epoch, calls: Vec<CallRef> },
    Invite { call: CallId, to: UserId, epoch: Option<Epoch> },
    Ringing { call: CallId },
    Accept { call: CallId },
    Hangup { call: CallId, reason: Option<EndReason> },
    Connected { call: CallId },
    Take { call: CallId, seen: Gen },
    Transfer { call: CallId, to: UserId },
    Resume { call: CallId, generation: Gen },
    Recording { call: CallId, n: u32, wish: RecordingWish },
}

/// From a node.
#[derive(Debug, Clone)]
pub(crate) enum Hear {
    Welcome { epoch: Epoch, calls: Vec<CallView> },
    Ok { re: u64, call: Option<CallId>, merged: bool },
    Error { re: Option<u64>, code: ErrorCode, call: Option<CallId> },
    Call(Box<CallView>),
    Pong,
}
