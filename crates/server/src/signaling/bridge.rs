//! Connections carried by a messenger: what its users' devices say comes in by `POST /bridge/messages`, what they hear
//! goes out by webhook.
//!
//! ```text
//!  device ─► messenger ─► POST {user, parcel} ─► intake ─► connection ─► delivery ─► webhook {user, device, parcel} ─► …
//! ```
//!
//! The messenger says whose device it is and is believed. A device chooses a channel anew each time it connects; numbers
//! keep its messages in order, and what comes again has no second effect.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ws::Utf8Bytes;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};
use visavis_proto::limits::{FRAME_BYTES, PARCEL_BYTES, PARCEL_MESSAGES};
use visavis_proto::{
    Address, CloseCode, ErrorCode, FromMessenger, ParcelDown, ParcelUp, ToMessenger, UserId,
};

use super::Signaling;
use super::connection::{self, Line, NotRead, Origin, Place, Received};
use super::parcels::{Intake, NotTaken, Unpacked, answer};
use crate::accounts::Refusal;
use crate::clock;
use crate::config::PublicUrl;
use crate::webhook::{Outcome, Webhook};

/// How long a request may take to arrive and its parcel to be passed on.
const REQUEST: Duration = Duration::from_secs(20);
/// Requests read at once, from a messenger that may have many servers.
const REQUESTS: usize = 256;
/// Around the parcel: the user's name.
const ENVELOPE_BYTES: usize = 4096;
/// Frames that wait for the parcel before them to be delivered, besides those in the device's outbox.
const WAITING: usize = 16;
/// Waits before a parcel is tried again. Together with the requests themselves no longer than [`GIVE_UP`].
const AGAIN: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(8),
];
/// A device whose messages the webhook has not taken for this long is closed.
const GIVE_UP: Duration = Duration::from_secs(30);
/// Channels that are over and are remembered, so that what comes late does not open them again.
const REMEMBERED: usize = 4096;
/// Devices told at once that their channel is unknown.
const STRAYS: usize = 16;
/// How long a channel's name is, at least and at most.
const CHANNEL_CHARS: std::ops::RangeInclusive<usize> = 16..=64;

/// The messenger's devices.
#[derive(Debug)]
pub struct Bridge {
    signaling: Arc<Signaling>,
    token: String,
    webhook: Arc<Webhook>,
    /// How devices reach the relay, if not by the name that the messenger uses for us.
    public: Option<PublicUrl>,
    channels: Mutex<Channels>,
    requests: Semaphore,
    strays: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Channels {
    open: HashMap<Name, Arc<Intake>>,
    over: VecDeque<Name>,
}

/// A device's connection: nobody but that device of that user can name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name {
    address: Address,
    channel: String,
}

impl Bridge {
    /// No device is connected. The messenger shows `token`.
    pub fn new(
        signaling: Arc<Signaling>,
        token: String,
        webhook: Webhook,
        public: Option<&PublicUrl>,
    ) -> Arc<Self> {
        Arc::new(Self {
            signaling,
            token,
            webhook: Arc::new(webhook),
            public: public.cloned(),
            channels: Mutex::default(),
            requests: Semaphore::new(REQUESTS),
            strays: Arc::new(Semaphore::new(STRAYS)),
        })
    }

    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_messenger(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        shown.ct_eq(format!("Bearer {}", self.token).as_bytes()).into()
    }

    async fn take(self: &Arc<Self>, headers: &HeaderMap, body: Body) -> Response {
        let Ok(body) = to_bytes(body, PARCEL_BYTES + ENVELOPE_BYTES).await else {
            let hint = format!("a parcel has at most {PARCEL_BYTES} bytes");
            let refused = Refusal::new(ErrorCode::TooLarge, hint);
            return (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], refused).into_response();
        };
        let said: FromMessenger<'_> = match serde_json::from_slice(&body) {
            Ok(said) => said,
            Err(error) => return Refusal::new(ErrorCode::BadMessage, error.to_string()).into_response(),
        };
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let channel = said.parcel.channel.as_str();
        if !CHANNEL_CHARS.contains(&channel.len()) || !channel.chars().all(of_name) {
            let hint =
                "parcel.channel must be 16 to 64 letters, digits, - and _, chosen anew for each connection";
            return Refusal::new(ErrorCode::BadMessage, hint).into_response();
        }
        let intake = match self.intake(&said, headers).await {
            Ok(intake) => intake,
            Err(refused) => return refused,
        };
        match intake.place() {
            Ok(_place) => answer(intake.take(said.parcel.seq, &said.parcel.messages).await),
            Err(none) => none.into_response(),
        }
    }

    /// The intake of the parcel's channel, which its first parcel opens.
    async fn intake(
        self: &Arc<Self>,
        said: &FromMessenger<'_>,
        headers: &HeaderMap,
    ) -> Result<Arc<Intake>, Response> {
        let FromMessenger { user, parcel: ParcelUp { device, channel, seq, .. } } = said;
        let address = Address { user: user.clone(), device: device.clone() };
        let name = Name { address: address.clone(), channel: channel.clone() };
        let is_over;
        {
            let channels = self.channels();
            if let Some(intake) = channels.open.get(&name) {
                return Ok(Arc::clone(intake));
            }
            is_over = channels.over.contains(&name);
        }
        if is_over || *seq != 1 {
            // Or of a connection that this run of the server never had. The device shall not have to find out by itself.
            self.turn_away(&address, channel);
            return Err(NotTaken::Over.into_response());
        }
        match self.signaling.calls.who(user, None, clock::now()).await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(self.no_user(user).await.into_response()),
            Err(code) => return Err(Refusal::new(code, "the server has a fault").into_response()),
        }
        let mut channels = self.channels();
        if let Some(intake) = channels.open.get(&name) {
            return Ok(Arc::clone(intake));
        }
        let mut place = Place::take(&self.signaling, None, |signaling| Some(&signaling.metrics.bridged))
            .map_err(IntoResponse::into_response)?;
        let (intake, unpacked) = Intake::new();
        let intake = Arc::new(intake);
        channels.open.insert(name.clone(), Arc::clone(&intake));
        drop(channels);
        let (host, by_tls) = match &self.public {
            Some(public) => (Some(public.authority().to_owned()), public.is_https()),
            // What the messenger asks for may be a name of its own network, but there is no better.
            None => (connection::host_of(headers), false),
        };
        let (outlet, frames) = mpsc::channel(WAITING);
        let line = Bridged { unpacked, outlet };
        let delivery =
            Delivery { bridge: Arc::clone(self), address: address.clone(), channel: channel.clone() };
        let open = Open { bridge: Arc::clone(self), name };
        tokio::spawn(async move {
            let origin = Origin { host, by_tls, address: None, vouched: Some(address) };
            let connection = async {
                connection::run(line, &mut place, origin).await;
                drop(open);
            };
            tokio::join!(connection, delivery.run(frames));
        });
        Ok(intake)
    }

    /// Why nobody can speak for a user.
    async fn no_user(&self, user: &UserId) -> Refusal {
        let hint = match self.signaling.calls.store.is_disabled(user).await {
            Ok(true) => format!("the account of {user} is shut; an administrator opens it again in the app"),
            Ok(false) => format!("nobody on this server is called {user}; `visavis user add` makes somebody"),
            Err(error) => return error.into(),
        };
        Refusal::new(ErrorCode::NotFound, hint)
    }

    /// Tells a device that its channel is not known here. If many are to be told, some find out by their heartbeat.
    fn turn_away(self: &Arc<Self>, address: &Address, channel: &str) {
        let Ok(place) = Arc::clone(&self.strays).try_acquire_owned() else { return };
        let delivery =
            Delivery { bridge: Arc::clone(self), address: address.clone(), channel: channel.to_owned() };
        tokio::spawn(async move {
            // Number 0: we do not know what the device has heard.
            delivery.deliver(0, &[], Some(CloseCode::Restart)).await;
            drop(place);
        });
    }
}

/// `POST /bridge/messages`: takes a parcel from the messenger.
pub async fn post(State(bridge): State<Arc<Bridge>>, request: Request) -> Response {
    if !bridge.is_messenger(request.headers()) {
        bridge.signaling.metrics.bridge_refused.count();
        let hint = "send \"Authorization: Bearer TOKEN\" with the token that `visavis bridge` shows";
        return Refusal::new(ErrorCode::Unauthenticated, hint).into_response();
    }
    let Ok(_place) = bridge.requests.try_acquire() else { return Refusal::overloaded().into_response() };
    let (head, body) = request.into_parts();
    match timeout(REQUEST, bridge.take(&head.headers, body)).await {
        Ok(answer) => answer,
        Err(_) => {
            bridge.signaling.metrics.http_timeouts.count();
            let hint = format!("the parcel was not passed on within {} s; send it again", REQUEST.as_secs());
            ([(CONNECTION, "close")], Refusal::new(ErrorCode::Overloaded, hint)).into_response()
        }
    }
}

/// A channel for as long as its connection lives; afterwards it is remembered as over.
struct Open {
    bridge: Arc<Bridge>,
    name: Name,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut channels = self.bridge.channels();
        channels.open.remove(&self.name);
        if channels.over.len() == REMEMBERED {
            channels.over.pop_front();
        }
        channels.over.push_back(self.name.clone());
    }
}

/// What goes to a device.
#[derive(Debug)]
enum Frame {
    Text(Utf8Bytes),
    Close(CloseCode),
}

/// The line of a device behind the messenger.
struct Bridged {
    unpacked: mpsc::Receiver<Unpacked>,
    outlet: mpsc::Sender<Frame>,
}

impl Line for Bridged {
    async fn receive(&mut self) -> Received {
        tokio::select! {
            unpacked = self.unpacked.recv() => match unpacked {
                Some(Unpacked::Message(text)) => Received::Text(text),
                Some(Unpacked::TooLarge) => Received::TooLarge,
                None => Received::Gone,
            },
            // The webhook does not take what the device should hear.
            () = self.outlet.closed() => Received::Gone,
        }
    }

    async fn feed(&mut self, text: Utf8Bytes) -> Result<(), NotRead> {
        self.outlet.send(Frame::Text(text)).await.map_err(|_| NotRead)
    }

    async fn flush(&mut self) -> Result<(), NotRead> {
        Ok(())
    }

    async fn close(self, code: CloseCode) {
        // Without a reader there is nobody to tell.
        let _ = self.outlet.send(Frame::Close(code)).await;
    }
}

/// Brings one connection's frames to the webhook, one parcel after another.
struct Delivery {
    bridge: Arc<Bridge>,
    address: Address,
    channel: String,
}

impl Delivery {
    async fn run(self, mut frames: mpsc::Receiver<Frame>) {
        let mut seq = 1;
        let mut next = None;
        loop {
            let Some(first) = (match next.take() {
                Some(frame) => Some(frame),
                None => frames.recv().await,
            }) else {
                return;
            };
            let (texts, close, left) = pack(first, &mut frames);
            next = left;
            let given = self.deliver(seq, &texts, close).await;
            if !given {
                self.bridge.signaling.metrics.webhooks_given_up.count();
                return;
            }
            if close.is_some() {
                return;
            }
            seq += texts.len() as u64;
        }
    }

    /// Posts a parcel until the webhook has it or will not have it; false if it will not.
    async fn deliver(&self, seq: u64, texts: &[Utf8Bytes], close: Option<CloseCode>) -> bool {
        let messages = texts
            .iter()
            .map(|text| serde_json::from_str::<&RawValue>(text).expect("what the server says is JSON"));
        let said = ToMessenger {
            user: &self.address.user,
            device: &self.address.device,
            parcel: ParcelDown {
                channel: &self.channel,
                seq,
                messages: messages.collect(),
                close: close.map(CloseCode::number),
            },
        };
        let body = Bytes::from(serde_json::to_vec(&said).expect("text and numbers are JSON"));
        let id = format!("{}.{seq}", self.channel);
        let metrics = &self.bridge.signaling.metrics;
        let until = Instant::now() + GIVE_UP;
        let mut waits = AGAIN.into_iter();
        loop {
            match self.bridge.webhook.post(&id, body.clone(), clock::now()).await {
                Outcome::Taken => {
                    metrics.webhooks.count();
                    return true;
                }
                Outcome::Refused(status) => {
                    tracing::debug!(%status, "the webhook refuses a parcel");
                    return false;
                }
                Outcome::TryAgain => {}
            }
            let Some(wait) = waits.next().filter(|wait| Instant::now() + *wait < until) else {
                tracing::warn!("the webhook does not take messages; a device behind the messenger is closed");
                return false;
            };
            metrics.webhooks_tried_again.count();
            sleep(wait).await;
        }
    }
}

/// Puts into one parcel what waits, up to its limits; gives the frame that did not fit, if there is one.
fn pack(
    first: Frame,
    frames: &mut mpsc::Receiver<Frame>,
) -> (Vec<Utf8Bytes>, Option<CloseCode>, Option<Frame>) {
    let mut texts: Vec<Utf8Bytes> = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(frame) = next {
        match frame {
            Frame::Close(code) => return (texts, Some(code), None),
            Frame::Text(text) if !texts.is_empty() && bytes + text.len() > FRAME_BYTES => {
                return (texts, None, Some(Frame::Text(text)));
            }
            Frame::Text(text) => {
                bytes += text.len();
                texts.push(text);
            }
        }
        next = if texts.len() < PARCEL_MESSAGES { frames.try_recv().ok() } else { None };
    }
    (texts, None, None)
}
