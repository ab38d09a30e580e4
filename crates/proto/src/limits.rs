//! The protocol's limits. A client may rely on them; `welcome.limits` repeats those it needs.

use std::time::Duration;

/// Largest frame either side sends, in bytes of UTF-8.
pub const FRAME_BYTES: usize = 64 * 1024;
/// Largest session description, in bytes of its JSON. Chromium's audio+video offer is about 5 KiB.
pub const DESCRIPTION_BYTES: usize = 48 * 1024;
/// Largest single candidate message, in bytes of its JSON.
pub const CANDIDATE_BYTES: usize = 16 * 1024;
/// Levels of lists and objects in a payload: what it is passed on to may read it by recursion.
pub const PAYLOAD_DEPTH: usize = 16;
/// Candidates a device may send per call and generation.
pub const CANDIDATES_PER_GEN: u32 = 200;
/// Ringing devices whose media path is prepared before the answer.
pub const WARM_DEVICES: usize = 3;
/// Calls one device may carry at once: one in which it talks, the others on hold or ringing.
pub const CALLS_PER_DEVICE: usize = 4;
/// Questions in one call whether it may be recorded.
pub const RECORDINGS: u32 = 8;
/// Messages a device may send per second in the long run.
pub const MESSAGES_PER_SECOND: u32 = 20;
/// Messages a device may send at once after having been quiet.
pub const MESSAGE_BURST: u32 = 60;
/// Calls a user may start per minute.
pub const INVITES_PER_MINUTE: u32 = 10;
/// Longest user name, in bytes of UTF-8.
pub const USER_ID_BYTES: usize = 64;
/// Longest device id, in bytes.
pub const DEVICE_ID_BYTES: usize = 64;
/// Longest message id, in bytes.
pub const MESSAGE_ID_BYTES: usize = 64;
/// Longest device or display name, in characters.
pub const NAME_CHARS: usize = 64;
/// Longest text a hang-up may carry, in characters.
pub const TEXT_CHARS: usize = 200;
/// Longest `hint` of an error, in characters: a sentence, not the message once more.
pub const HINT_CHARS: usize = 256;
/// Call references a heartbeat or `hello` may carry.
pub const CALL_REFS: usize = 16;
/// Contacts of one user.
pub const CONTACTS: u32 = 1000;
/// People one user may block.
pub const BLOCKS: u32 = 1000;
/// Quiet times in a week's schedule.
pub const QUIET_TIMES: usize = 28;
/// Guest links of one user.
pub const LINKS: u32 = 100;
/// Devices of one user that calls are pushed to.
pub const PUSHES: u32 = 32;
/// Digits of a PIN, at least and at most.
pub const PIN_DIGITS: (usize, usize) = (4, 12);
/// Longest capsule, in bytes.
pub const CAPSULE_BYTES: usize = 4096;
/// Capsules a heartbeat or `hello` may carry, so that it stays within a frame.
pub const CAPSULES: usize = 12;
/// How long a `hello` may take after the socket has opened.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Heartbeat interval of a device that is in a call.
pub const PING_IN_CALL: Duration = Duration::from_secs(20);
/// Heartbeat interval of an idle device.
pub const PING_IDLE: Duration = Duration::from_secs(55);
/// How long a ticket for `hello` is valid.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);
/// Largest parcel of messages, in bytes of its JSON.
pub const PARCEL_BYTES: usize = 4 * FRAME_BYTES;
/// Most messages in a parcel.
pub const PARCEL_MESSAGES: usize = 64;
