//! One WebSocket: `hello` first, then messages both ways, until either side has enough.
//!
//! ```text
//!   open ──hello──► signed in ──┬── closed by the device, or silent ──► leave
//!     │                        └── too large, too much, replaced ──► close code ──► leave
//!     └── no valid hello in 10 s ──► close 4400 or 4401
//! ```

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use visavis_proto::limits::{FRAME_BYTES, HELLO_TIMEOUT, PING_IDLE, PING_IN_CALL};
use visavis_proto::{ClientFrame, CloseCode, ErrorCode};

use super::Signaling;
use super::allowance::Allowance;
use super::devices::Outgoing;
use super::handle::{Device, Verdict, refusal};
use crate::clock;

/// How long a device may take to read one frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long we wait for the device's half of a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Frames we do not understand before the socket is closed.
const BAD_FRAMES: u32 = 32;
/// A frame over [`FRAME_BYTES`] is still read up to this size, so that the device can be told.
const READ_BYTES: usize = 4 * FRAME_BYTES;
/// So much is collected before it is written in any case.
const WRITE_BYTES: usize = 16 * 1024;
/// Subprotocol of RFC 6455 §1.9; optional, so that a first client needs one line less.
const SUBPROTOCOL: &str = "visavis.v1";

/// How the device reached us.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The host name it used, for the relay's address.
    pub host: Option<String>,
}

/// Answers the upgrade request of a device.
pub fn upgrade(signaling: &Arc<Signaling>, origin: Origin, upgrade: WebSocketUpgrade) -> Response {
    let open = signaling.metrics.sockets.add(1);
    let guard = OpenSocket(Arc::clone(signaling));
    if open > i64::from(signaling.max_sockets) {
        signaling.metrics.sockets_refused.count();
        let hint = "the server has as many sockets open as signaling.max_sockets allows; try again later";
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "10")], hint).into_response();
    }
    upgrade
        .protocols([SUBPROTOCOL])
        // Tungstenite keeps and touches its read buffer per socket: its default of 128 KiB is what most idle
        // WebSocket servers spend their memory on (tokio-rs/axum #3178).
        .read_buffer_size(1024)
        // What waits together is written together; `send` and `send_waiting` flush.
        .write_buffer_size(WRITE_BYTES)
        .max_write_buffer_size(4 * FRAME_BYTES)
        .max_message_size(READ_BYTES)
        .max_frame_size(READ_BYTES)
        .on_upgrade(move |socket| async move { run(socket, &guard.0, origin).await })
}

/// Counts a socket for as long as it lives, its handshake included.
struct OpenSocket(Arc<Signaling>);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.metrics.sockets.add(-1);
    }
}

async fn run(mut socket: WebSocket, signaling: &Arc<Signaling>, origin: Origin) {
    // Signing in needs more room than staying: boxed, so that an idle socket does not keep that room.
    let (device, mut inbox) = match Box::pin(sign_in(&mut socket, signaling, origin)).await {
        Ok(signed_in) => signed_in,
        Err(Some(code)) => return close(socket, code).await,
        Err(None) => return,
    };
    let code = converse(&mut socket, signaling, &device, &mut inbox).await;
    signaling.forget(&device).await;
    if let Some(code) = code {
        close(socket, code).await;
    }
}

type SignedIn = (Device, mpsc::Receiver<Outgoing>);

async fn sign_in(
    socket: &mut WebSocket,
    signaling: &Arc<Signaling>,
    origin: Origin,
) -> Result<SignedIn, Option<CloseCode>> {
    let deadline = Instant::now() + HELLO_TIMEOUT;
    let text = loop {
        match timeout_at(deadline, socket.recv()).await {
            Ok(Some(Ok(Message::Text(text)))) => break text,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Binary(_)))) => break Utf8Bytes::from_static("a binary frame"),
            Ok(Some(Err(error))) => {
                let code = after(&error);
                if code.is_some() {
                    signaling.metrics.hellos_refused.count();
                }
                return Err(code);
            }
            Ok(Some(Ok(Message::Close(_))) | None) => return Err(None),
            Err(_) => {
                signaling.metrics.hellos_refused.count();
                let hint = format!("no hello within {} s", HELLO_TIMEOUT.as_secs());
                let refused = refusal(ErrorCode::Unauthenticated, None, None, Some(hint));
                send(socket, refused).await.map_err(|_| None)?;
                return Err(Some(CloseCode::Bad));
            }
        }
    };
    match signaling.hello(&text, origin).await {
        Ok((welcome, device, inbox)) => match send(socket, welcome).await {
            Ok(()) => Ok((device, inbox)),
            Err(_) => {
                signaling.forget(&device).await;
                Err(None)
            }
        },
        Err((refused, code)) => {
            signaling.metrics.hellos_refused.count();
            send(socket, refused).await.map_err(|_| None)?;
            Err(Some(code))
        }
    }
}

/// Carries messages until the socket is done; gives the code to close with, if it still can be closed.
async fn converse(
    socket: &mut WebSocket,
    signaling: &Arc<Signaling>,
    device: &Device,
    inbox: &mut mpsc::Receiver<Outgoing>,
) -> Option<CloseCode> {
    let mut allowance = Allowance::full(&signaling.messages, clock::instant());
    let mut bad = 0;
    let mut limited = 0;
    let mut heard_at = Instant::now();
    // One timer that looks now and then, rather than one set anew by every message.
    let mut look = pin!(sleep_until(heard_at + patience(PING_IN_CALL)));
    loop {
        let text = tokio::select! {
            outgoing = inbox.recv() => match outgoing {
                Some(Outgoing::Text(text)) => match send_waiting(socket, text, inbox).await {
                    Ok(None) => continue,
                    Ok(Some(code)) => return Some(code),
                    Err(NotRead) => {
                        signaling.metrics.sockets_slow.count();
                        return None;
                    }
                },
                Some(Outgoing::Close(code)) => return Some(code),
                // The registry has dropped us because the outbox was full.
                None => return Some(CloseCode::RateLimited),
            },
            received = socket.recv() => match received {
                None | Some(Ok(Message::Close(_))) => return None,
                Some(Err(error)) => {
                    let code = after(&error);
                    if code == Some(CloseCode::TooLarge) {
                        signaling.metrics.messages_too_large.count();
                    }
                    return code;
                }
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Binary(_))) => Utf8Bytes::from_static("a binary frame"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    heard_at = Instant::now();
                    continue;
                }
            },
            () = &mut look => {
                let in_call = signaling.calls.has_leg(&device.address);
                let silent_at = heard_at + patience(if in_call { PING_IN_CALL } else { PING_IDLE });
                let now = Instant::now();
                if now >= silent_at {
                    signaling.metrics.sockets_silent.count();
                    return None;
                }
                // A call may begin meanwhile, and then less silence is borne.
                look.as_mut().reset(silent_at.min(now + patience(PING_IN_CALL)));
                continue;
            }
        };
        heard_at = Instant::now();
        if let Err(wait) = allowance.take(&signaling.messages, clock::instant()) {
            limited += 1;
            signaling.metrics.messages_limited.count();
            if limited > signaling.messages.burst {
                return Some(CloseCode::RateLimited);
            }
            let hint = format!("at most {} messages a second", signaling.messages.count);
            let id = ClientFrame::id_of(&text);
            send(socket, refusal(ErrorCode::RateLimited, id.as_ref(), Some(wait), Some(hint))).await.ok()?;
            continue;
        }
        match Box::pin(signaling.handle(device, &text)).await {
            Verdict::Done(replies) => {
                for reply in replies {
                    send(socket, reply).await.ok()?;
                }
            }
            Verdict::Misunderstood(reply) => {
                bad += 1;
                send(socket, reply).await.ok()?;
                if bad >= BAD_FRAMES {
                    return Some(CloseCode::Bad);
                }
            }
            Verdict::TooLarge(reply) => {
                send(socket, reply).await.ok()?;
                return Some(CloseCode::TooLarge);
            }
            Verdict::Bye => return None,
        }
    }
}

/// How long a device may be silent: one and a half heartbeats, and a round trip over a bad network.
fn patience(interval: Duration) -> Duration {
    interval * 3 / 2 + Duration::from_secs(5)
}

fn after(error: &axum::Error) -> Option<CloseCode> {
    // Axum hides tungstenite's error type; its text is all there is.
    error.to_string().starts_with("Space limit exceeded").then_some(CloseCode::TooLarge)
}

struct NotRead;

async fn send(socket: &mut WebSocket, text: Utf8Bytes) -> Result<(), NotRead> {
    in_time(socket.send(Message::Text(text))).await
}

/// Sends a frame and all that wait behind it in one go; gives the code if the last of them was to close.
async fn send_waiting(
    socket: &mut WebSocket,
    first: Utf8Bytes,
    inbox: &mut mpsc::Receiver<Outgoing>,
) -> Result<Option<CloseCode>, NotRead> {
    in_time(async {
        socket.feed(Message::Text(first)).await?;
        let mut close = None;
        // What comes meanwhile waits for the next turn: the device wants to be heard, too.
        for _ in 0..inbox.len() {
            match inbox.try_recv() {
                Ok(Outgoing::Text(text)) => socket.feed(Message::Text(text)).await?,
                Ok(Outgoing::Close(code)) => {
                    close = Some(code);
                    break;
                }
                Err(_) => break,
            }
        }
        socket.flush().await?;
        Ok(close)
    })
    .await
}

/// Gives a device [`WRITE_TIMEOUT`] to take what is written.
async fn in_time<T>(writing: impl Future<Output = Result<T, axum::Error>>) -> Result<T, NotRead> {
    match timeout(WRITE_TIMEOUT, writing).await {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(_)) | Err(_) => Err(NotRead),
    }
}

async fn close(mut socket: WebSocket, code: CloseCode) {
    let frame = CloseFrame { code: code.number(), reason: Utf8Bytes::default() };
    let _ = timeout(CLOSE_TIMEOUT, async {
        socket.send(Message::Close(Some(frame))).await?;
        // Without reading on, unread input would turn our close into a reset that loses it.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<(), axum::Error>(())
    })
    .await;
}
