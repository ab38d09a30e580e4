//! Plays the server of a transcript against a client.
//!
//! The client is a program. It connects to the WebSocket in `VISAVIS_URL` with the ticket and the device id given beside it,
//! reads what its user and its media do as JSON lines from standard input, and writes each state that it shows as a JSON
//! line to standard output.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::at_step;
use crate::pattern::Names;
use crate::transcript::{Connect, Step, Transcript};

/// How long the client may take to say or show what it should.
const PATIENCE: Duration = Duration::from_secs(10);
const TICKET: &str = "conformance-ticket";

struct Play<'a> {
    transcript: &'a Transcript,
    device: &'a str,
    listener: TcpListener,
    /// Kills the client when dropped.
    _child: Child,
    input: ChildStdin,
    shown: Lines<BufReader<ChildStdout>>,
    socket: Option<WebSocketStream<TcpStream>>,
    names: Names,
    /// Everything said and not matched by a step.
    passed_over: Vec<Value>,
}

/// Plays the transcript to one of its devices; the error says which step did not hold, and why.
pub(crate) async fn play(command: &[String], transcript: &Transcript, device: &str) -> Result<()> {
    let (program, arguments) = command.split_first().context("no client to start")?;
    let address =
        transcript.devices.get(device).with_context(|| format!("{device} is not among the devices"))?;
    let (_, id) = address.split_once('/').context("checked when read")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("VISAVIS_URL", format!("ws://{}/ws", listener.local_addr()?))
        .env("VISAVIS_TICKET", TICKET)
        .env("VISAVIS_DEVICE", id)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let input = child.stdin.take().context("no standard input")?;
    let shown = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    let names = Names::default();
    let mut play = Play {
        transcript,
        device,
        listener,
        _child: child,
        input,
        shown,
        socket: None,
        names,
        passed_over: Vec::new(),
    };
    if transcript.starts_connected(device) {
        play.connect(&Connect::of(device)).await.context("connecting")?;
    }
    for (number, step) in transcript.steps.iter().enumerate() {
        if step.device().is_none_or(|about| about == device) {
            at_step(play.step(step).await, number)?;
        }
    }
    Ok(())
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Connect(connect) => self.connect(connect).await,
            Step::Disconnect(_) => {
                self.socket = None;
                Ok(())
            }
            Step::From(step) => self
                .until_said(&step.message)
                .await
                .with_context(|| format!("the client should say {}", step.message)),
            Step::To(step) => {
                let message = self.names.fill(&step.message);
                self.tell(&message).await
            }
            Step::Do(step) => self.order("do", &step.r#do, &step.more).await,
            Step::Engine(step) => self.order("engine", &step.engine, &step.more).await,
            Step::State(step) => self
                .until_shown(&step.state)
                .await
                .with_context(|| format!("the client should show {}", step.state)),
            Step::NeverFrom(step) => {
                let found =
                    self.passed_over.iter().find(|said| Names::default().hear(&step.message, said).is_ok());
                found.map_or(Ok(()), |said| bail!("the client should never have said {said}"))
            }
            // The played server says nothing but what the transcript has.
            Step::NeverTo(_) => Ok(()),
            Step::Wait(step) => {
                sleep(Duration::from_millis(step.ms)).await;
                Ok(())
            }
        }
    }

    async fn connect(&mut self, connect: &Connect) -> Result<()> {
        let (stream, _) =
            timeout(PATIENCE, self.listener.accept()).await.context("the client does not connect")??;
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let choose = |request: &Request, mut response: Response| {
            // Whoever offers subprotocols wants one of them chosen.
            if request.headers().contains_key("sec-websocket-protocol")
                && let Ok(protocol) = "visavis.v1".parse()
            {
                response.headers_mut().insert("sec-websocket-protocol", protocol);
            }
            Ok(response)
        };
        self.socket = Some(accept_hdr_async(stream, choose).await.context("no WebSocket handshake")?);
        let (user, id) = self.transcript.devices[self.device].split_once('/').context("checked when read")?;
        let hello = json!({"type": "hello", "data": {"token": TICKET, "device": id, "proto": 1}});
        let said = self.until_said_once(&hello).await.context("the client should say hello")?;
        for held in &connect.holds {
            let held = self.names.fill(held);
            let calls = said["data"]["calls"].as_array().cloned().unwrap_or_default();
            if !calls.iter().any(|call| self.names.hear(&held, call).is_ok()) {
                bail!("its hello names the calls {calls:?} and not {held}");
            }
        }
        let mut data = json!({
            "user": user, "device": id, "proto": 1, "epoch": self.names.fill(&"$epoch".into()), "calls": [],
            "ice": {"servers": [], "ttl_ms": 3_600_000},
            "limits": {"ping_in_call_ms": 20_000, "ping_idle_ms": 55_000, "frame_bytes": 65_536, "messages_per_second": 20},
        });
        for (field, value) in &connect.welcome {
            data[field] = self.names.fill(value);
        }
        let mut welcome = json!({"type": "welcome", "data": data});
        if let Some(id) = said.get("id") {
            welcome["re"] = id.clone();
        }
        self.tell(&welcome).await
    }

    async fn tell(&mut self, message: &Value) -> Result<()> {
        let socket = self.socket.as_mut().context("the client is not connected")?;
        socket.send(Message::text(message.to_string())).await.context("the client is gone")
    }

    async fn order(&mut self, kind: &str, what: &str, more: &Map<String, Value>) -> Result<()> {
        let mut line = Map::from_iter([(kind.to_owned(), Value::from(what))]);
        for (name, value) in more {
            line.insert(name.clone(), self.names.fill(value));
        }
        let text = format!("{}\n", Value::Object(line));
        self.input.write_all(text.as_bytes()).await.context("the client reads no more")?;
        Ok(self.input.flush().await?)
    }

    async fn until_said(&mut self, pattern: &Value) -> Result<()> {
        self.until_said_once(pattern).await.map(|_| ())
    }

    async fn until_said_once(&mut self, pattern: &Value) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            let socket = self.socket.as_mut().context("the client is not connected")?;
            let frame = match timeout_at(deadline, socket.next()).await {
                Ok(Some(frame)) => frame?,
                Ok(None) => bail!("the client closed the socket; it said: {}", said.join("; ")),
                Err(_) => bail!("nothing more came; it said: {}", said.join("; ")),
            };
            let Message::Text(text) = frame else { continue };
            let message: Value = serde_json::from_str(text.as_str()).context("a frame is no JSON")?;
            match self.names.hear(pattern, &message) {
                Ok(()) => return Ok(message),
                Err(why) => said.push(format!("{message} ({why})")),
            }
            // Nobody waits for a heartbeat's answer in a transcript, and a client without it connects anew.
            if message["type"] == "ping" {
                self.tell(&json!({"type": "pong", "data": {}})).await?;
            }
            self.passed_over.push(message);
        }
    }

    async fn until_shown(&mut self, pattern: &Value) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = Vec::new();
        loop {
            let line = match timeout_at(deadline, self.shown.next_line()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => bail!("the client has ended; it showed: {}", shown.join("; ")),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => bail!("it showed: {}", shown.join("; ")),
            };
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            let Some(state) = line.get("state") else { continue };
            match self.names.hear(pattern, state) {
                Ok(()) => return Ok(()),
                Err(why) => shown.push(format!("{state} ({why})")),
            }
        }
    }
}
