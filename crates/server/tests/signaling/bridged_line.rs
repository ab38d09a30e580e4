//! A messenger that carries the signaling of its users, as a test sees it, and a device behind it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::bed::{Bed, End, Line, PATIENCE, Phone};
use crate::stream_line::request;

/// The messenger's own server.
pub(crate) struct Messenger {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<Seen>>,
    devices: Mutex<u32>,
}

/// One request of the webhook.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
}

#[derive(Default)]
struct Seen {
    hooks: Vec<Hook>,
    /// The statuses of the next answers; beyond, 204. 0 is no answer at all.
    answers: VecDeque<u16>,
    /// By user and channel.
    devices: HashMap<(String, String), UnboundedSender<Value>>,
}

impl Messenger {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(Seen::default()));
        let app = Router::new().route("/hook", post(take)).with_state(Arc::clone(&state));
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { address, state, devices: Mutex::new(0) }
    }

    /// A server whose webhook leads here.
    pub(crate) fn setting(&self) -> String {
        format!("bridge.webhook=http://{}/hook", self.address)
    }

    /// How the next requests of the webhook are answered.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.state.lock().unwrap().answers = statuses.iter().copied().collect();
    }

    /// All requests of the webhook so far.
    pub(crate) fn hooks(&self) -> Vec<Hook> {
        self.state.lock().unwrap().hooks.clone()
    }

    /// A device of a user of the messenger, on which nothing has been said.
    pub(crate) fn device(&self, bed: &Bed, user: &str, device: &str) -> Phone {
        let number = {
            let mut devices = self.devices.lock().unwrap();
            *devices += 1;
            *devices
        };
        let channel = format!("channel-of-this-test-{number}");
        let (heard, parcels) = unbounded_channel();
        self.state.lock().unwrap().devices.insert((user.to_owned(), channel.clone()), heard);
        Phone::over(Line::Bridged(Box::new(Bridged {
            server: bed.address(),
            token: bed.secret("bridge_token"),
            user: user.to_owned(),
            device: device.to_owned(),
            channel,
            next: 1,
            parcels,
            heard: VecDeque::new(),
            expected: 1,
            close: None,
        })))
    }

    /// A device that has said hello.
    pub(crate) async fn phone(&self, bed: &Bed, user: &str, device: &str) -> Phone {
        let mut phone = self.device(bed, user, device);
        phone.greet("", user, device, json!([])).await;
        phone
    }
}

async fn take(State(state): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let hook = Hook {
        id: header("webhook-id"),
        time: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body,
    };
    let answer = {
        let mut seen = state.lock().unwrap();
        let answer = seen.answers.pop_front().unwrap_or(204);
        if (200..300).contains(&answer) {
            let said: Value = serde_json::from_slice(&hook.body).unwrap();
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            let device = seen.devices.get(&(word(&said["user"]), word(&said["parcel"]["channel"])));
            if let Some(device) = device {
                // Who is not listened to any more hears nothing.
                let _ = device.send(said);
            }
        }
        seen.hooks.push(hook);
        answer
    };
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap()
}

/// A device behind a messenger.
pub(crate) struct Bridged {
    server: SocketAddr,
    token: String,
    user: String,
    device: String,
    pub(crate) channel: String,
    /// The number of the next message.
    pub(crate) next: u64,
    parcels: UnboundedReceiver<Value>,
    heard: VecDeque<Value>,
    expected: u64,
    close: Option<u16>,
}

impl Bridged {
    /// Says these messages; the answer's status.
    pub(crate) async fn say(&mut self, messages: &[&str]) -> u16 {
        let (status, _) = self.bring(self.next, messages).await;
        self.next += messages.len() as u64;
        status
    }

    /// Brings a parcel with this number.
    pub(crate) async fn bring(&self, seq: u64, messages: &[&str]) -> (u16, Value) {
        self.post(&self.token, self.parcel(seq, messages)).await
    }

    /// The body of a parcel.
    pub(crate) fn parcel(&self, seq: u64, messages: &[&str]) -> String {
        let Self { user, device, channel, .. } = self;
        let messages = messages.join(",");
        format!(
            r#"{{"user":"{user}","parcel":{{"device":"{device}","channel":"{channel}","seq":{seq},"messages":[{messages}]}}}}"#
        )
    }

    /// Brings any body with any token.
    pub(crate) async fn post(&self, token: &str, body: impl Into<Bytes>) -> (u16, Value) {
        let post = Request::post("/bridge/messages")
            .header(HOST, self.server.to_string())
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Full::from(body.into()))
            .unwrap();
        let response = request(self.server, post).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The next parcel as the webhook brings it.
    pub(crate) async fn parcel_heard(&mut self) -> Value {
        timeout(PATIENCE, self.parcels.recv()).await.expect("something to hear").unwrap()
    }

    pub(crate) async fn receive(&mut self) -> Result<Value, End> {
        loop {
            if let Some(message) = self.heard.pop_front() {
                return Ok(message);
            }
            if let Some(code) = self.close {
                return Err(End::Code(code));
            }
            let said = self.parcel_heard().await;
            assert_eq!((&said["user"], &said["device"]), (&json!(self.user), &json!(self.device)));
            let parcel = &said["parcel"];
            let messages = parcel["messages"].as_array().unwrap();
            assert_eq!(parcel["seq"], self.expected);
            self.expected += messages.len() as u64;
            self.heard.extend(messages.iter().cloned());
            self.close = parcel["close"].as_u64().map(|code| code.try_into().unwrap());
        }
    }
}
