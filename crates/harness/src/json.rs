//! Text that claims to be JSON of the protocol: read within the limits or refused with an answer that itself keeps to
//! them; what is read can be written and reads the same.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use visavis_proto::limits;
use visavis_proto::{
    Block, ChangeMe, ChangePassword, Channel, ClientBody, ClientFrame, Closed, Delivered, EnterAsGuest,
    FromMessenger, HistorySeen, Login, MakeGuestLink, Parcel, Preferences, PutContact, PutPush, RenameLogin,
    SignUp,
};

use crate::tape::Tape;

pub(crate) fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let body = tape.byte();
    let Ok(text) = std::str::from_utf8(tape.remainder()) else { return };
    match body {
        1 => again::<Login>(text),
        2 => again::<SignUp>(text),
        3 => again::<Preferences>(text),
        4 => again::<PutContact>(text),
        5 => again::<Block>(text),
        6 => again::<PutPush>(text),
        7 => again::<MakeGuestLink>(text),
        8 => again::<EnterAsGuest>(text),
        9 => again::<RenameLogin>(text),
        10 => again::<HistorySeen>(text),
        11 => again::<Delivered>(text),
        12 => again::<Channel>(text),
        13 => again::<Closed>(text),
        14 => parcel(text),
        15 => from_messenger(text),
        16 => again::<ChangeMe>(text),
        17 => again::<ChangePassword>(text),
        _ => frame(text),
    }
}

/// Written and read again, it is the same.
fn again<T: DeserializeOwned + Serialize>(text: &str) {
    let Ok(read) = serde_json::from_str::<T>(text) else { return };
    same(&read);
}

fn same<T: DeserializeOwned + Serialize>(read: &T) {
    let written = serde_json::to_value(read).expect("what was read can be written");
    let again: T = serde_json::from_value(written.clone()).expect("what was written can be read");
    assert_eq!(serde_json::to_value(&again).expect("and written again"), written);
}

fn parcel(text: &str) {
    let Ok(parcel) = serde_json::from_str::<Parcel<'_>>(text) else { return };
    for message in parcel.messages {
        frame(message.get());
    }
}

fn from_messenger(text: &str) {
    let Ok(brought) = serde_json::from_str::<FromMessenger<'_>>(text) else { return };
    same(&brought.user);
    same(&brought.parcel.device);
    for message in brought.parcel.messages {
        frame(message.get());
    }
}

fn frame(text: &str) {
    let frame = match ClientFrame::decode(text) {
        Ok(frame) => frame,
        Err(error) => {
            let hint = error.hint.chars().count();
            assert!(hint <= limits::HINT_CHARS, "a hint of {hint} characters");
            if text.len() > limits::FRAME_BYTES {
                assert_eq!(error.re, None, "what is too large is not read");
            }
            return;
        }
    };
    assert!(text.len() <= limits::FRAME_BYTES);
    assert_eq!(ClientFrame::id_of(text), frame.id, "a frame has one id, whoever looks for it");
    frame.id.iter().for_each(same);
    frame.call.iter().for_each(same);
    frame.to.iter().for_each(same);
    frame.generation.iter().for_each(same);
    match frame.body {
        ClientBody::Hello(data) => {
            references(data.calls.len(), data.calls.iter().map(|call| call.capsule.as_deref()));
            same(&data);
        }
        ClientBody::Ping(data) => {
            references(data.calls.len(), data.calls.iter().map(|call| call.capsule.as_deref()));
            same(&data);
        }
        ClientBody::Invite(data) => {
            assert!((1..=2).contains(&data.media.len()));
            same(&data);
        }
        ClientBody::Accept(data) => same(&data),
        ClientBody::Take(data) => same(&data),
        ClientBody::Hangup(data) => same(&data),
        ClientBody::Connected(data) => same(&data),
        ClientBody::Ack(data) => same(&data),
        ClientBody::Recording(data) => same(&data),
        ClientBody::Presence(data) => same(&data),
        ClientBody::Reach(data) => same(&data),
        ClientBody::Ringing(data) => same(&data),
        ClientBody::Transfer(data) => {
            assert!(data.to.is_some() != data.call.is_some());
            same(&data);
        }
        ClientBody::Resume | ClientBody::Bye => {}
        ClientBody::Relay(kind, data) => {
            let text = data.get();
            assert!(text.len() <= limits::DESCRIPTION_BYTES, "{kind:?} of {} bytes", text.len());
            assert!(
                depth(text) <= limits::PAYLOAD_DEPTH,
                "{kind:?} is passed on to who reads it by recursion"
            );
        }
    }
}

fn references<'a>(count: usize, capsules: impl Iterator<Item = Option<&'a str>>) {
    assert!(count <= limits::CALL_REFS);
    let capsules: Vec<&str> = capsules.flatten().collect();
    assert!(capsules.len() <= limits::CAPSULES);
    assert!(capsules.iter().all(|capsule| capsule.len() <= limits::CAPSULE_BYTES));
}

/// How deep a text is nested, by reading it; what cannot be read by recursion at all is deeper than anything.
fn depth(text: &str) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Array(list) => 1 + list.iter().map(of).max().unwrap_or_default(),
            Value::Object(map) => 1 + map.values().map(of).max().unwrap_or_default(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }
    // Half of a surrogate pair is JSON by its grammar (RFC 8259 §8.2) and passed on as it is, but no Rust text: another
    // character in its place is nested no deeper.
    let text = text.replace("\\ud", "\\u0").replace("\\uD", "\\u0");
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => of(&value),
        // A number out of range is still JSON; it is not nested.
        Err(error) if error.to_string().starts_with("number out of range") => 0,
        Err(_) => usize::MAX,
    }
}
