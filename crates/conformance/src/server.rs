//! Plays every device of a transcript against a server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::at_step;
use crate::pattern::Names;
use crate::people::Origin;
use crate::transcript::{Connect, From, Step, Transcript};

/// How long the server may take to say what it should.
const PATIENCE: Duration = Duration::from_secs(10);
/// A server that wants more than this between two messages is not waited for.
const LONGEST_WAIT_MS: u64 = 60_000;
/// Frames that a device remembers for `never_to`.
const REMEMBERED: usize = 1000;

struct Device {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything heard on this socket and not matched by a step.
    passed_over: Vec<Value>,
    last_said: Value,
}

struct Play<'a> {
    origin: &'a Origin,
    cookies: &'a BTreeMap<String, String>,
    transcript: &'a Transcript,
    names: Names,
    devices: BTreeMap<String, Device>,
    fences: u32,
}

/// Plays the transcript; the error says which step did not hold, and why. `cookies`: of each person, what shows that they
/// are signed in.
pub(crate) async fn play(
    origin: &Origin,
    cookies: &BTreeMap<String, String>,
    transcript: &Transcript,
) -> Result<()> {
    let mut play =
        Play { origin, cookies, transcript, names: Names::default(), devices: BTreeMap::new(), fences: 0 };
    for device in transcript.devices.keys() {
        if transcript.starts_connected(device) {
            play.connect(&Connect::of(device)).await.with_context(|| format!("connecting {device}"))?;
        }
    }
    for (number, step) in transcript.steps.iter().enumerate() {
        at_step(play.step(step).await, number)?;
    }
    play.leave_no_call().await?;
    play.speak_in_between().await
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Connect(connect) => self.connect(connect).await,
            Step::Disconnect(step) => {
                // Dropped without a word, as a network is.
                self.devices.remove(&step.disconnect);
                Ok(())
            }
            Step::From(step) => {
                let message = self.names.fill(&step.message);
                self.device(&step.from)?.say(&message).await
            }
            Step::To(step) => {
                let names = &mut self.names;
                let device = self
                    .devices
                    .get_mut(&step.to)
                    .with_context(|| format!("{} is not connected", step.to))?;
                device
                    .until(names, &step.message)
                    .await
                    .with_context(|| format!("{} should hear {}", step.to, step.message))
            }
            Step::NeverTo(step) => self.never(&step.never_to, &step.message).await,
            // What a client does within itself is nothing to a server.
            Step::NeverFrom(_) | Step::Do(_) | Step::Engine(_) | Step::State(_) => Ok(()),
            Step::Wait(_) => bail!("time passes only for clients"),
        }
    }

    fn device(&mut self, name: &str) -> Result<&mut Device> {
        self.devices.get_mut(name).with_context(|| format!("{name} is not connected"))
    }

    async fn connect(&mut self, connect: &Connect) -> Result<()> {
        let (user, id) =
            self.transcript.devices[&connect.connect].split_once('/').context("checked when read")?;
        let calls: Vec<Value> = connect.holds.iter().map(|held| self.names.fill(held)).collect();
        let mut device = self.greet(user, id, &calls).await?;
        let data = Value::Object(connect.welcome.clone());
        let welcome = json!({"type": "welcome", "re": "hello", "data": data});
        device
            .until(&mut self.names, &welcome)
            .await
            .with_context(|| format!("{} should be welcomed with {data}", connect.connect))?;
        self.devices.insert(connect.connect.clone(), device);
        Ok(())
    }

    /// Whatever was sent before has arrived with the answer to a message of our own.
    async fn never(&mut self, name: &str, pattern: &Value) -> Result<()> {
        self.fences += 1;
        let id = format!("fence.{}", self.fences);
        let unknown = json!({"type": "conformance-fence", "id": id, "data": {}});
        let device = self.devices.get_mut(name).with_context(|| format!("{name} is not connected"))?;
        device.say(&unknown).await?;
        // An unknown type is refused, with its id: the one message that every server must answer at once.
        device
            .until(
                &mut Names::default(),
                &json!({"type": "error", "re": id, "data": {"code": "unsupported"}}),
            )
            .await?;
        let pattern = self.names.fill(pattern);
        let found = device.passed_over.iter().find(|heard| Names::default().hear(&pattern, heard).is_ok());
        match found {
            Some(heard) => bail!("{name} should never have heard {heard}"),
            None => Ok(()),
        }
    }

    /// Hangs up what the transcript has left, so that the next one finds everybody free.
    async fn leave_no_call(&mut self) -> Result<()> {
        let transcript = self.transcript;
        for name in transcript.devices.keys() {
            if !self.devices.contains_key(name) {
                self.connect(&Connect::of(name)).await?;
            }
            let device = self.device(name)?;
            device
                .say(&json!({"type": "ping", "id": "last", "data": {"epoch": "none", "calls": []}}))
                .await?;
            let mut open = Vec::new();
            loop {
                let heard = device.hear(Instant::now() + PATIENCE).await?;
                match heard["type"].as_str() {
                    Some("call") if heard["data"]["state"] != "ended" => {
                        open.push(heard["data"]["id"].clone());
                    }
                    Some("pong") => break,
                    _ => {}
                }
            }
            for (number, call) in open.iter().enumerate() {
                let id = format!("leave.{number}");
                device.say(&json!({"type": "hangup", "id": id, "call": call, "data": {}})).await?;
                while device.hear(Instant::now() + PATIENCE).await?["re"] != id.as_str() {}
            }
            device.say(&json!({"type": "bye", "data": {}})).await?;
        }
        Ok(())
    }

    /// Lets everybody who has called somebody speak to them: who is called in vain again and again may be spared by a server,
    /// and the next story has to ring.
    async fn speak_in_between(&mut self) -> Result<()> {
        let transcript = self.transcript;
        let mut pairs = BTreeSet::new();
        for step in &transcript.steps {
            if let Step::From(From { from, message }) = step
                && let Some(to) = message["data"]["to"].as_str().filter(|_| message["type"] == "invite")
                && let Some((user, _)) = transcript.devices[from].split_once('/')
                && self.cookies.contains_key(to)
            {
                pairs.insert((user.to_owned(), to.to_owned()));
            }
        }
        for (caller, callee) in pairs {
            let call = Uuid::now_v7().to_string();
            let (mut caller, mut callee_device) = (self.open(&caller).await?, self.open(&callee).await?);
            let verbs = [
                ("invite", json!({"to": callee, "media": ["audio"]})),
                ("accept", json!({"media": ["audio"]})),
                ("connected", json!({"route": "direct"})),
                ("hangup", json!({})),
            ];
            for (verb, data) in verbs {
                let speaker = if verb == "accept" { &mut callee_device } else { &mut caller };
                speaker.say(&json!({"type": verb, "id": verb, "call": call, "data": data})).await?;
                let done = json!({"type": "ok", "re": verb});
                speaker.until(&mut Names::default(), &done).await.context("speaking in between")?;
            }
        }
        Ok(())
    }

    /// A device of somebody that is in no story.
    async fn open(&self, user: &str) -> Result<Device> {
        let mut device = self.greet(user, "between", &[]).await?;
        device.until(&mut Names::default(), &json!({"type": "welcome"})).await?;
        Ok(device)
    }

    /// A socket on which a device of somebody has said hello.
    async fn greet(&self, user: &str, id: &str, calls: &[Value]) -> Result<Device> {
        let cookie = self.cookies.get(user);
        let cookie = cookie.with_context(|| format!("who is {user}? Give --person {user}=PASSWORD"))?;
        let ticket = self.origin.ticket(cookie).await?;
        let mut request = self.origin.socket().into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "visavis.v1".parse()?);
        let (socket, _) = connect_async(request).await.context("the WebSocket does not open")?;
        let mut device = Device { socket, passed_over: Vec::new(), last_said: Value::Null };
        let name = format!("{user}'s {id}");
        let hello = json!({"token": ticket, "device": id, "name": name, "proto": 1, "calls": calls, "asks_consent": true});
        device.say(&json!({"type": "hello", "id": "hello", "data": hello})).await?;
        Ok(device)
    }
}

impl Device {
    async fn say(&mut self, message: &Value) -> Result<()> {
        self.last_said = message.clone();
        self.socket.send(Message::text(message.to_string())).await.context("the socket is gone")
    }

    async fn hear(&mut self, deadline: Instant) -> Result<Value> {
        loop {
            let frame = timeout_at(deadline, self.socket.next()).await.context("nothing more came")?;
            match frame.context("the server closed the socket")?? {
                Message::Text(text) => {
                    return serde_json::from_str(text.as_str()).context("a frame is no JSON");
                }
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                Message::Binary(_) => bail!("a binary frame"),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Hears on until something fits. What came before and fitted nothing counts too: the protocol sets no order between
    /// an answer and a snapshot.
    async fn until(&mut self, names: &mut Names, pattern: &Value) -> Result<()> {
        if let Some(at) = self.passed_over.iter().position(|earlier| names.hear(pattern, earlier).is_ok()) {
            self.passed_over.remove(at);
            return Ok(());
        }
        let mut deadline = Instant::now() + PATIENCE;
        let mut heard = Vec::new();
        loop {
            match self.hear(deadline).await {
                Ok(message) if self.must_wait(&message).await? => deadline = Instant::now() + PATIENCE,
                Ok(message) => match names.hear(pattern, &message) {
                    Ok(()) => return Ok(()),
                    Err(why) => {
                        heard.push(format!("{message} ({why})"));
                        self.passed_over.push(message);
                        if self.passed_over.len() > REMEMBERED {
                            bail!("more than {REMEMBERED} other messages came");
                        }
                    }
                },
                Err(error) if heard.is_empty() => return Err(error),
                Err(error) => return Err(error.context(format!("heard instead: {}", heard.join("; ")))),
            }
        }
    }

    /// Whether the server wants the last message later, which is then said again: limits are no fault.
    async fn must_wait(&mut self, heard: &Value) -> Result<bool> {
        let id = &self.last_said["id"];
        if heard["data"]["code"] != "rate_limited" || id.is_null() || heard["re"] != *id {
            return Ok(false);
        }
        let wait = heard["data"]["retry_after_ms"].as_u64().unwrap_or(1000).min(LONGEST_WAIT_MS);
        sleep(Duration::from_millis(wait)).await;
        let again = self.last_said.clone();
        self.say(&again).await?;
        Ok(true)
    }
}
