//! `/signal?room=NAME`: the smallest signaling there is, for tutorials. What one party of a room says, the
//! other hears: `{"cmd":"offer|answer|icecandidate|close","data":…}`. Off unless `teaching.enabled`.
//!
//! ```text
//!  first ──► hello{parties:1} ─────────────► hello{parties:2}   ◄─ relayed ─► second ──► hello{parties:2}
//! ```
//!
//! It has no accounts: whoever knows the room's name is in. Rooms vanish with their last party.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::timeout;
use visavis_proto::{CloseCode, limits};

use crate::clock;
use crate::metrics::Metrics;
use crate::signaling::allowance::{Allowance, Rate};

/// Rooms open at once.
const ROOMS: usize = 1000;
/// Longest room name, in characters.
const ROOM_CHARS: usize = 64;
/// Frames that may wait for one party.
const OUTBOX_FRAMES: usize = 128;
/// A party that says nothing for this long is gone.
const SILENCE: Duration = Duration::from_secs(600);
/// How long a party may take to read one frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The same limits as for a device.
const RATE: Rate =
    Rate { count: limits::MESSAGES_PER_SECOND, per: Duration::from_secs(1), burst: limits::MESSAGE_BURST };

type Outbox = mpsc::Sender<Utf8Bytes>;

/// The rooms and who is in them: one or two parties each.
#[derive(Debug)]
pub struct Rooms {
    rooms: Mutex<HashMap<String, Vec<(u64, Outbox)>>>,
    next: Mutex<u64>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, PartialEq, Eq)]
enum NoRoom {
    Full,
    TooMany,
}

impl Rooms {
    /// No rooms.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { rooms: Mutex::default(), next: Mutex::default(), metrics }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Vec<(u64, Outbox)>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a room and says hello to everybody in it.
    fn enter(&self, room: &str) -> Result<(u64, mpsc::Receiver<Utf8Bytes>), NoRoom> {
        let mut rooms = self.rooms();
        if !rooms.contains_key(room) && rooms.len() >= ROOMS {
            return Err(NoRoom::TooMany);
        }
        let parties = rooms.entry(room.to_owned()).or_default();
        if parties.len() >= 2 {
            return Err(NoRoom::Full);
        }
        let party = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next += 1;
            *next
        };
        let (outbox, inbox) = mpsc::channel(OUTBOX_FRAMES);
        parties.push((party, outbox));
        let hello = json!({ "cmd": "hello", "data": { "room": room, "parties": parties.len() } }).to_string();
        for (_, outbox) in parties.iter() {
            // A party whose outbox is full is closed by the next frame that it should have read.
            let _ = outbox.try_send(hello.clone().into());
        }
        Ok((party, inbox))
    }

    /// Leaves; the other party hears `close`.
    fn leave(&self, room: &str, party: u64) {
        self.pass_on(room, party, &json!({ "cmd": "close", "data": {} }).to_string().into());
        let mut rooms = self.rooms();
        if let Some(parties) = rooms.get_mut(room) {
            parties.retain(|(other, _)| *other != party);
            if parties.is_empty() {
                rooms.remove(room);
            }
        }
    }

    /// Gives a frame to the other party; nobody hears it if there is none.
    fn pass_on(&self, room: &str, from: u64, text: &Utf8Bytes) {
        let mut rooms = self.rooms();
        if let Some(parties) = rooms.get_mut(room) {
            // Dropping the outbox of a party that does not read ends its socket.
            parties.retain(|(party, outbox)| *party == from || outbox.try_send(text.clone()).is_ok());
        }
    }
}

/// The query of the endpoint.
#[derive(Debug, Deserialize)]
pub struct Room {
    room: String,
}

/// `GET /signal?room=NAME`.
pub async fn signal(
    State(rooms): State<Arc<Rooms>>,
    Query(Room { room }): Query<Room>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if room.is_empty() || room.chars().count() > ROOM_CHARS {
        let hint = format!("room must have 1 to {ROOM_CHARS} characters");
        return (StatusCode::BAD_REQUEST, hint).into_response();
    }
    let (party, inbox) = match rooms.enter(&room) {
        Ok(entered) => entered,
        Err(why) => {
            rooms.metrics.teaching_refused.count();
            let hint = match why {
                NoRoom::Full => "two are in this room already; choose another name",
                NoRoom::TooMany => "too many rooms are open; try again later",
            };
            return (StatusCode::SERVICE_UNAVAILABLE, hint).into_response();
        }
    };
    rooms.metrics.teaching_sockets.add(1);
    let present = Present { rooms, room, party };
    upgrade
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_message_size(limits::FRAME_BYTES)
        .on_upgrade(move |socket| async move { run(socket, &present, inbox).await })
}

/// A party is in its room for as long as this lives, also if its handshake fails.
struct Present {
    rooms: Arc<Rooms>,
    room: String,
    party: u64,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.rooms.leave(&self.room, self.party);
        self.rooms.metrics.teaching_sockets.add(-1);
    }
}

async fn run(mut socket: WebSocket, present: &Present, mut inbox: mpsc::Receiver<Utf8Bytes>) {
    let mut allowance = Allowance::full(&RATE, clock::instant());
    loop {
        let outgoing = tokio::select! {
            outgoing = inbox.recv() => match outgoing {
                Some(text) => text,
                None => return close(socket, CloseCode::RateLimited).await,
            },
            received = timeout(SILENCE, socket.recv()) => match received {
                Ok(Some(Ok(Message::Text(text)))) => {
                    if allowance.take(&RATE, clock::instant()).is_err() {
                        return close(socket, CloseCode::RateLimited).await;
                    }
                    match check(&text) {
                        Ok(()) => {
                            present.rooms.pass_on(&present.room, present.party, &text);
                            continue;
                        }
                        Err(hint) => json!({ "cmd": "error", "data": { "hint": hint } }).to_string().into(),
                    }
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_)))) => continue,
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return,
            },
        };
        match timeout(WRITE_TIMEOUT, socket.send(Message::Text(outgoing))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

async fn close(mut socket: WebSocket, code: CloseCode) {
    let frame = CloseFrame { code: code.number(), reason: Utf8Bytes::default() };
    let _ = timeout(WRITE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
}

/// Whether a frame may be passed on.
fn check(text: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Frame<'a> {
        #[serde(borrow)]
        cmd: Cow<'a, str>,
        #[serde(borrow, default, rename = "data")]
        _data: Option<&'a RawValue>,
    }
    let frame: Frame<'_> = serde_json::from_str(text).map_err(|error| format!("not a message: {error}"))?;
    match frame.cmd.as_ref() {
        "offer" | "answer" | "icecandidate" | "close" => Ok(()),
        other => {
            let other: String = other.chars().take(40).collect();
            Err(format!("cmd {other:?} is none of offer, answer, icecandidate, close"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(inbox: &mut mpsc::Receiver<Utf8Bytes>) -> Vec<String> {
        std::iter::from_fn(|| inbox.try_recv().ok()).map(|text| text.to_string()).collect()
    }

    #[test]
    fn two_parties_hear_hello_then_each_other_and_a_third_stays_outside() {
        let rooms = Rooms::new(Arc::new(Metrics::default()));
        let (first, mut to_first) = rooms.enter("tea").unwrap();
        let (second, mut to_second) = rooms.enter("tea").unwrap();
        assert_eq!(rooms.enter("tea").unwrap_err(), NoRoom::Full);
        rooms.pass_on("tea", first, &r#"{"cmd":"offer","data":1}"#.into());
        rooms.leave("tea", second);
        assert_eq!(
            said(&mut to_first),
            [
                r#"{"cmd":"hello","data":{"parties":1,"room":"tea"}}"#,
                r#"{"cmd":"hello","data":{"parties":2,"room":"tea"}}"#,
                r#"{"cmd":"close","data":{}}"#
            ]
        );
        assert_eq!(
            said(&mut to_second),
            [r#"{"cmd":"hello","data":{"parties":2,"room":"tea"}}"#, r#"{"cmd":"offer","data":1}"#]
        );
        rooms.leave("tea", first);
        assert!(rooms.rooms().is_empty());
    }

    #[test]
    fn rooms_are_bounded() {
        let rooms = Rooms::new(Arc::new(Metrics::default()));
        let inside: Vec<_> = (0..ROOMS).map(|n| rooms.enter(&n.to_string()).unwrap()).collect();
        assert_eq!(rooms.enter("one more").unwrap_err(), NoRoom::TooMany);
        drop(inside);
    }

    #[test]
    fn only_the_four_commands_pass() {
        assert_eq!(check(r#"{"cmd":"offer","data":{"sdp":""}}"#), Ok(()));
        assert_eq!(check(r#"{"cmd":"close"}"#), Ok(()));
        assert_eq!(
            check(r#"{"cmd":"shout","data":1}"#),
            Err("cmd \"shout\" is none of offer, answer, icecandidate, close".into())
        );
        assert!(check("hello?").is_err());
    }
}
