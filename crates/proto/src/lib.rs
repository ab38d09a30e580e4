//! The words of the Visavis protocol: ids, units, JSON messages, error codes and limits.
//!
//! Nothing here behaves: the call's life is in `visavis-call`, sockets are in `visavis-server`. The prose
//! is `protocol/PROTOCOL.md`; the JSON Schema, the TypeScript types and this crate say the same, and a test
//! reads one golden example per message from `protocol/examples/`.
//!
//! Begin with [`ClientFrame`] (what a device may say) and [`ServerFrame`] (what it hears); [`CallView`] is
//! the one object a client's screen is a function of.

pub mod limits;

mod admin;
mod call_view;
mod client;
mod error;
mod guests;
mod http;
mod ids;
mod logins;
mod parcel;
mod people;
mod push;
mod recording;
mod server;
mod shared;

pub use admin::{
    AddUser, AdminCall, AdminCallList, AdminFailure, AdminFailureList, AdminLink, AdminLinkList, AdminRelay,
    AdminUser, AdminUserList, CallPerson, ChangeUser, FailureCause, NewSignUpLink, RelayCarrier, RelayCounts,
    RelayNetwork, RelayPlace, RelayProblem, RelayReach, RelayTest, RelayVerdict, RelayWay,
};
pub use call_view::{CallState, CallView, EndReason, MediaKind, PeerView, RelayLogin, Role, Route, You};
pub use client::{
    Accept, Ack, CallRef, ClientBody, ClientFrame, Connected, DecodeError, Hangup, Hello, Invite, Ping,
    Reach, RelayKind, Ringing, Take, Transfer,
};
pub use error::{CloseCode, ErrorCode};
pub use guests::{
    EmbedOrigins, EmbeddedGuest, EnterAsGuest, GuestInvitation, GuestLink, GuestLinkList, GuestOf, GuestView,
    MakeGuestLink, NewGuestLink,
};
pub use http::{
    ApiError, ChangeMe, ChangePassword, Direction, HistoryEntry, HistoryPage, HistorySeen, Login, Me,
    Outcome, RelayHealth, RelayState, SignUp, SignUpInvitation, Ticket,
};
pub use ids::{Address, CallId, DeviceId, Epoch, Gen, InvalidId, MessageId, Rev, Timestamp, UserId};
pub use logins::{DeviceView, LoginList, LoginView, RenameLogin};
pub use parcel::{Channel, Closed, Delivered, FromMessenger, Parcel, ParcelDown, ParcelUp, ToMessenger};
pub use people::{
    Block, BlockList, Callers, Changed, ChangedThing, Contact, ContactList, DoNotDisturb, OwnPresence,
    Preferences, Presence, PresenceStatus, PutContact, QuietTime, Weekday,
};
pub use push::{PushKey, PushKeys, PushMessage, PushedCall, PushedStop, PutPush};
pub use recording::{PastRecording, Recording, RecordingEnd, RecordingState, RecordingView, RecordingWish};
pub use server::{
    Bye, ByeReason, Done, ErrorReply, IceConfig, IceServer, Limits, ServerBody, ServerFrame, Welcome,
};

pub use shared::{Confirm, ShareDevice, SharedDevice};

#[cfg(feature = "schema")]
pub mod schema;
