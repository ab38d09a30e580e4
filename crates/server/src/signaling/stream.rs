//! A connection carried by an event stream (`GET /sse`) and POSTs, for networks that let no WebSocket through.
//!
//! ```text
//!  GET /sse ──► event channel{…}, then one event per message, at the end close{code}
//!  POST /sse, Authorization: Bearer CHANNEL, {"seq":1,"messages":[…]} ──► {"next":2}
//! ```
//!
//! Pages of sites that are not listed open none (`http/origin.rs`). The channel's id is a secret of this one connection: it is made for it, sent inside it, and dies with it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::ws::Utf8Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::Stream;
use serde::Serialize;
use subtle::ConstantTimeEq;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use visavis_proto::limits::PARCEL_BYTES;
use visavis_proto::{Channel, CloseCode, Closed, ErrorCode, Parcel};

use super::Signaling;
use super::connection::{self, Line, NotRead, Place, Received};
use super::parcels::{Intake, NotTaken, Unpacked, answer};
use crate::accounts::Refusal;
use crate::http::client::Peer;
use crate::http::listen::Lasting;
use crate::secrets::random;

/// How long a parcel may take to arrive and be passed on.
const PARCEL: Duration = Duration::from_secs(20);
/// A comment is sent when nothing else was for this long, so that no proxy takes the stream for dead.
const QUIET: Duration = Duration::from_secs(15);
/// Whoever leaves may have said something that is still on its way.
const LINGER: Duration = Duration::from_secs(2);
/// How long the device may take to hear why it is over.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// So much is collected before it is written in any case.
const WRITE_BYTES: usize = 16 * 1024;
/// Some proxies and virus scanners hold back the beginning of an answer; a comment of this length gets it through.
const PADDING: usize = 2048;
/// Pieces of the stream that wait to be written.
const PIECES: usize = 2;
/// Of a channel's id: what it is looked up by, and what is then compared without telling how much of it was right.
const NAME: usize = 16;

/// The open event streams.
#[derive(Debug)]
pub struct Streams {
    signaling: Arc<Signaling>,
    intakes: Mutex<HashMap<[u8; NAME], Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    id: [u8; 32],
    intake: Arc<Intake>,
}

impl Streams {
    /// No stream is open.
    pub fn new(signaling: Arc<Signaling>) -> Arc<Self> {
        Arc::new(Self { signaling, intakes: Mutex::default() })
    }

    fn intakes(&self) -> MutexGuard<'_, HashMap<[u8; NAME], Entry>> {
        self.intakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The intake of the channel that the request names.
    fn intake(&self, headers: &HeaderMap) -> Option<Arc<Intake>> {
        let shown = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let shown: [u8; 32] = URL_SAFE_NO_PAD.decode(shown).ok()?.try_into().ok()?;
        let entry = self.intakes().get(name(&shown))?.clone();
        bool::from(entry.id.ct_eq(&shown)).then_some(entry.intake)
    }
}

/// `GET /sse`: opens an event stream.
pub async fn open(
    State(streams): State<Arc<Streams>>,
    Extension(lasting): Extension<Lasting>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
) -> Response {
    let origin = streams.signaling.origin(&headers, &peer);
    let mut place =
        match Place::take(&streams.signaling, origin.address, |signaling| Some(&signaling.metrics.streams)) {
            Ok(place) => place,
            Err(none) => return none.into_response(),
        };
    let id = random();
    let (intake, unpacked) = Intake::new();
    let (outlet, pieces) = mpsc::channel(PIECES);
    streams.intakes().insert(*name(&id), Entry { id, intake: Arc::new(intake) });
    let open = Open { streams, id };
    let mut line = Events { unpacked, outlet, queued: String::new(), left: None };
    line.queued = format!(":{}\n\n", " ".repeat(PADDING));
    line.event("channel", &Channel { channel: URL_SAFE_NO_PAD.encode(id) });
    tokio::spawn(async move {
        if line.flush().await.is_ok() {
            connection::run(line, &mut place, origin).await;
        }
        drop(open);
    });
    lasting.begin();
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store, no-transform"),
        // The stream's connection takes no other request: it has outlasted what connections may.
        (CONNECTION, "close"),
    ];
    // nginx and those that learned from it keep an answer back until it is long; not this one.
    let unbuffered = [("x-accel-buffering", "no")];
    (headers, unbuffered, Body::from_stream(Pieces { pieces, quiet: Box::pin(sleep(QUIET)) })).into_response()
}

/// `POST /sse`: takes a parcel.
pub async fn post(State(streams): State<Arc<Streams>>, request: Request) -> Response {
    let Some(intake) = streams.intake(request.headers()) else {
        return NotTaken::Over.into_response();
    };
    let _place = match intake.place() {
        Ok(place) => place,
        Err(none) => return none.into_response(),
    };
    match timeout(PARCEL, take(&intake, request.into_body())).await {
        Ok(answer) => answer,
        Err(_) => {
            streams.signaling.metrics.http_timeouts.count();
            let hint = format!("the parcel was not passed on within {} s; send it again", PARCEL.as_secs());
            let refused = Refusal::new(ErrorCode::Overloaded, hint);
            ([(CONNECTION, "close")], refused).into_response()
        }
    }
}

async fn take(intake: &Intake, body: Body) -> Response {
    let Ok(body) = to_bytes(body, PARCEL_BYTES).await else {
        intake.too_large().await;
        let hint = format!("a parcel has at most {PARCEL_BYTES} bytes");
        let refused = Refusal::new(ErrorCode::TooLarge, hint);
        return (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], refused).into_response();
    };
    match serde_json::from_slice::<Parcel<'_>>(&body) {
        Ok(parcel) => answer(intake.take(parcel.seq, &parcel.messages).await),
        Err(error) => {
            intake.unreadable().await;
            Refusal::new(ErrorCode::BadMessage, format!("the body is no parcel: {error}")).into_response()
        }
    }
}

fn name(id: &[u8; 32]) -> &[u8; NAME] {
    id.first_chunk().expect("an id is longer than its name")
}

/// A stream's channel, for as long as it is open.
struct Open {
    streams: Arc<Streams>,
    id: [u8; 32],
}

impl Drop for Open {
    fn drop(&mut self) {
        self.streams.intakes().remove(name(&self.id));
    }
}

/// The line of an event stream.
struct Events {
    unpacked: mpsc::Receiver<Unpacked>,
    outlet: mpsc::Sender<Bytes>,
    queued: String,
    /// Set when the stream has ended: until when we still listen.
    left: Option<Instant>,
}

impl Events {
    fn event(&mut self, event: &str, data: &impl Serialize) {
        let data = serde_json::to_string(data).expect("an event's data is JSON");
        self.queued += &format!("event: {event}\ndata: {data}\n\n");
    }
}

impl Line for Events {
    async fn receive(&mut self) -> Received {
        loop {
            let left = self.left;
            tokio::select! {
                unpacked = self.unpacked.recv() => return match unpacked {
                    Some(Unpacked::Message(text)) => Received::Text(text),
                    Some(Unpacked::TooLarge) => Received::TooLarge,
                    None => Received::Gone,
                },
                () = self.outlet.closed(), if left.is_none() => self.left = Some(Instant::now() + LINGER),
                () = sleep_until(left.unwrap_or_else(Instant::now)), if left.is_some() => return Received::Gone,
            }
        }
    }

    async fn feed(&mut self, text: Utf8Bytes) -> Result<(), NotRead> {
        self.queued += "data: ";
        // A line's end would end the field. Outside of strings JSON takes a space as well; inside there is none.
        if text.contains(['\r', '\n']) {
            self.queued += &text.replace(['\r', '\n'], " ");
        } else {
            self.queued += &text;
        }
        self.queued += "\n\n";
        if self.queued.len() < WRITE_BYTES { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<(), NotRead> {
        let piece = Bytes::from(std::mem::take(&mut self.queued));
        // That the stream has ended is told by `receive`, which still listens for a moment.
        let _ = self.outlet.send(piece).await;
        Ok(())
    }

    async fn close(mut self, code: CloseCode) {
        self.event("close", &Closed { code: code.number() });
        let _ = timeout(CLOSE_TIMEOUT, self.flush()).await;
    }
}

/// The stream as HTTP writes it, with a comment now and then.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    quiet: Pin<Box<Sleep>>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = match self.pieces.poll_recv(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(piece)) => piece,
            Poll::Pending => match self.quiet.as_mut().poll(cx) {
                Poll::Ready(()) => Bytes::from_static(b":\n\n"),
                Poll::Pending => return Poll::Pending,
            },
        };
        self.quiet.as_mut().reset(Instant::now() + QUIET);
        Poll::Ready(Some(Ok(piece)))
    }
}
