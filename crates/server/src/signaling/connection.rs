//! The life of a device's connection, whatever carries it: `hello` first, then messages both ways, until either side
//! has enough.
//!
//! ```text
//!   open ──hello──► signed in ──┬── closed by the device, or silent ──► leave
//!     │                        └── too large, too much, replaced ──► close code ──► leave
//!     └── no valid hello in 10 s ──► close 4400 or 4401
//! ```
//!
//! What carries it is a [`Line`]: a WebSocket (`socket.rs`), an event stream with POSTs (`stream.rs`), or a messenger
//! (`bridge.rs`).

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use axum::http::header::{HOST, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use visavis_proto::limits::{HELLO_TIMEOUT, PING_IDLE, PING_IN_CALL};
use visavis_proto::{Address, ClientFrame, CloseCode, ErrorCode};

use super::Signaling;
use super::allowance::Allowance;
use super::devices::Outgoing;
use super::handle::{Device, Verdict, refusal};
use super::lobby::Waiting;
use crate::clock;
use crate::http::client::Peer;
use crate::ice::Reached;
use crate::metrics::Gauge;

/// How long a device may take to read one frame.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames we do not understand before the connection is closed.
const BAD_FRAMES: u32 = 32;
/// How often the relay is told that somebody at the device's address is signed in.
const VOUCH_EVERY: Duration = Duration::from_secs(300);
/// When to try again after a refusal for want of room.
const RETRY_SECONDS: u32 = 10;

/// How the device reached us.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The host name it used, for the relay's address.
    pub host: Option<String>,
    /// Whether its connection is over TLS as far as this process.
    pub by_tls: bool,
    /// Where it comes from, if it connects to us itself.
    pub address: Option<IpAddr>,
    /// The device, where a messenger has signed its user in; all others show a ticket.
    pub vouched: Option<Address>,
}

impl Origin {
    /// Of a device whose requests have these headers, from this end.
    pub fn of(headers: &HeaderMap, peer: &Peer) -> Self {
        Self { host: host_of(headers), by_tls: peer.secure, address: None, vouched: None }
    }

    /// The same as the relay's addresses depend on it.
    pub(super) fn reached(&self) -> Reached<'_> {
        Reached { host: self.host.as_deref(), by_tls: self.by_tls }
    }
}

/// The host a request asks for.
pub(super) fn host_of(headers: &HeaderMap) -> Option<String> {
    headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned)
}

/// What carries the messages of one device.
pub(super) trait Line: Send {
    /// The next thing that comes from the device. May be dropped half-way and called again.
    fn receive(&mut self) -> impl Future<Output = Received> + Send;
    /// Queues a frame for the device.
    fn feed(&mut self, text: Utf8Bytes) -> impl Future<Output = Result<(), NotRead>> + Send;
    /// Writes what is queued.
    fn flush(&mut self) -> impl Future<Output = Result<(), NotRead>> + Send;
    /// Tells the device why it is over, if it still can be told.
    fn close(self, code: CloseCode) -> impl Future<Output = ()> + Send;
}

/// What comes from a device.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Text(Utf8Bytes),
    /// A sign of life that means nothing else.
    Alive,
    /// Something so large that it was not read.
    TooLarge,
    /// The device has left.
    Gone,
}

/// The device did not take what was written.
pub(super) struct NotRead;

/// A place among the connections that may be open at once, for as long as it lives, the handshake included.
pub(super) struct Place {
    pub(super) signaling: Arc<Signaling>,
    /// Until it has said `hello`.
    waiting: Option<Waiting>,
    kind: fn(&Signaling) -> Option<&Gauge>,
}

/// Why there is no place.
#[derive(Debug)]
pub(super) enum NoPlace {
    /// As many connections are open as `signaling.max_sockets` allows.
    Full,
    /// As many of this address have not said `hello` as `signaling.max_waiting_per_address` allows.
    Crowded,
}

impl Place {
    /// Takes a place for a connection from this address; `kind` counts this kind apart, if that is wanted.
    pub(super) fn take(
        signaling: &Arc<Signaling>,
        address: Option<IpAddr>,
        kind: fn(&Signaling) -> Option<&Gauge>,
    ) -> Result<Self, NoPlace> {
        let open = signaling.metrics.sockets.add(1);
        if let Some(gauge) = kind(signaling) {
            gauge.add(1);
        }
        let mut place = Self { signaling: Arc::clone(signaling), waiting: None, kind };
        if open > i64::from(signaling.max_sockets) {
            signaling.metrics.sockets_refused.count();
            return Err(NoPlace::Full);
        }
        if let Some(address) = address {
            place.waiting = signaling.lobby.enter(address);
            if place.waiting.is_none() {
                signaling.metrics.sockets_crowded.count();
                return Err(NoPlace::Crowded);
            }
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.signaling.metrics.sockets.add(-1);
        if let Some(gauge) = (self.kind)(&self.signaling) {
            gauge.add(-1);
        }
    }
}

impl IntoResponse for NoPlace {
    fn into_response(self) -> Response {
        let hint = match self {
            Self::Full => {
                "the server has as many sockets open as signaling.max_sockets allows; try again later"
            }
            Self::Crowded => {
                "this address has as many sockets open that have not said hello as \
                 signaling.max_waiting_per_address allows; try again later"
            }
        };
        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS.to_string())], hint).into_response()
    }
}

/// Serves a device until it has gone or been closed.
pub(super) async fn run(line: impl Line, place: &mut Place, origin: Origin) {
    let signaling = Arc::clone(&place.signaling);
    match &signaling.chaos {
        None => serve(line, &signaling, place, origin).await,
        Some(chaos) => serve(chaos.spoil(line), &signaling, place, origin).await,
    }
}

async fn serve(mut line: impl Line, signaling: &Arc<Signaling>, place: &mut Place, origin: Origin) {
    // Signing in needs more room than staying: boxed, so that an idle connection does not keep that room.
    let (device, mut inbox) = match Box::pin(sign_in(&mut line, signaling, origin)).await {
        Ok(signed_in) => signed_in,
        Err(Some(code)) => return line.close(code).await,
        Err(None) => return,
    };
    place.waiting = None;
    let code = converse(&mut line, signaling, &device, &mut inbox).await;
    signaling.forget(&device).await;
    if let Some(code) = code {
        line.close(code).await;
    }
}

type SignedIn = (Device, mpsc::Receiver<Outgoing>);

async fn sign_in(
    line: &mut impl Line,
    signaling: &Arc<Signaling>,
    origin: Origin,
) -> Result<SignedIn, Option<CloseCode>> {
    let deadline = Instant::now() + HELLO_TIMEOUT;
    let text = loop {
        match timeout_at(deadline, line.receive()).await {
            Ok(Received::Text(text)) => break text,
            Ok(Received::Alive) => {}
            Ok(Received::TooLarge) => {
                signaling.metrics.hellos_refused.count();
                return Err(Some(CloseCode::TooLarge));
            }
            Ok(Received::Gone) => return Err(None),
            Err(_) => {
                signaling.metrics.hellos_refused.count();
                let hint = format!("no hello within {} s", HELLO_TIMEOUT.as_secs());
                let refused = refusal(ErrorCode::Unauthenticated, None, None, Some(hint));
                send(line, refused).await.map_err(|_| None)?;
                return Err(Some(CloseCode::Bad));
            }
        }
    };
    match signaling.hello(&text, origin).await {
        Ok((welcome, device, inbox)) => match send(line, welcome).await {
            Ok(()) => Ok((device, inbox)),
            Err(_) => {
                signaling.forget(&device).await;
                Err(None)
            }
        },
        Err((refused, code)) => {
            signaling.metrics.hellos_refused.count();
            send(line, refused).await.map_err(|_| None)?;
            Err(Some(code))
        }
    }
}

/// Carries messages until the connection is done; gives the code to close with, if it still can be closed.
async fn converse(
    line: &mut impl Line,
    signaling: &Arc<Signaling>,
    device: &Device,
    inbox: &mut mpsc::Receiver<Outgoing>,
) -> Option<CloseCode> {
    let mut allowance = Allowance::full(&signaling.messages, clock::instant());
    let mut bad = 0;
    let mut limited = 0;
    let mut heard_at = Instant::now();
    let mut vouched_at = heard_at;
    device.vouch(signaling);
    // One timer that looks now and then, rather than one set anew by every message.
    let mut look = pin!(sleep_until(heard_at + patience(PING_IN_CALL)));
    loop {
        let text = tokio::select! {
            outgoing = inbox.recv() => match outgoing {
                Some(Outgoing::Text(text)) => match send_waiting(line, text, inbox).await {
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
            received = line.receive() => match received {
                Received::Gone => return None,
                Received::TooLarge => {
                    signaling.metrics.messages_too_large.count();
                    return Some(CloseCode::TooLarge);
                }
                Received::Text(text) => text,
                Received::Alive => {
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
                if now >= vouched_at + VOUCH_EVERY {
                    vouched_at = now;
                    device.vouch(signaling);
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
            send(line, refusal(ErrorCode::RateLimited, id.as_ref(), Some(wait), Some(hint))).await.ok()?;
            continue;
        }
        match Box::pin(signaling.handle(device, &text)).await {
            Verdict::Done(replies) => {
                for reply in replies {
                    send(line, reply).await.ok()?;
                }
            }
            Verdict::Misunderstood(reply) => {
                bad += 1;
                send(line, reply).await.ok()?;
                if bad >= BAD_FRAMES {
                    return Some(CloseCode::Bad);
                }
            }
            Verdict::TooLarge(reply) => {
                send(line, reply).await.ok()?;
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

async fn send(line: &mut impl Line, text: Utf8Bytes) -> Result<(), NotRead> {
    in_time(async {
        line.feed(text).await?;
        line.flush().await
    })
    .await
}

/// Sends a frame and all that wait behind it in one go; gives the code if the last of them was to close.
async fn send_waiting(
    line: &mut impl Line,
    first: Utf8Bytes,
    inbox: &mut mpsc::Receiver<Outgoing>,
) -> Result<Option<CloseCode>, NotRead> {
    in_time(async {
        line.feed(first).await?;
        let mut close = None;
        // What comes meanwhile waits for the next turn: the device wants to be heard, too.
        for _ in 0..inbox.len() {
            match inbox.try_recv() {
                Ok(Outgoing::Text(text)) => line.feed(text).await?,
                Ok(Outgoing::Close(code)) => {
                    close = Some(code);
                    break;
                }
                Err(_) => break,
            }
        }
        line.flush().await?;
        Ok(close)
    })
    .await
}

/// Gives a device [`WRITE_TIMEOUT`] to take what is written.
async fn in_time<T>(writing: impl Future<Output = Result<T, NotRead>>) -> Result<T, NotRead> {
    timeout(WRITE_TIMEOUT, writing).await.unwrap_or(Err(NotRead))
}
