//! Our server, as it ships, and its protocol as any client speaks it (`protocol/PROTOCOL.md`).

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::http::Http;
use crate::measure::Load;
use crate::process::ServerProcess;
use crate::socket::Socket;
use crate::system::{Dialect, Heard, Side, System};

/// Devices one user may have connected.
const DEVICES_PER_USER: usize = 32;
/// How long the server may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(15);

/// A running Visavis server whose users have signed up.
pub(crate) struct Visavis {
    process: ServerProcess,
    server: SocketAddr,
    http: Http,
    /// Of each user, what shows that they are signed in.
    cookies: Vec<String>,
    /// Of each socket by its number; good once.
    tickets: HashMap<usize, String>,
    /// Calls made so far: their ids are numbers.
    calls: u64,
    _folder: TempDir,
}

impl Visavis {
    /// Starts `program` with room for the load, lets its users sign up, and starts it again, so that their
    /// passwords leave nothing in its memory.
    pub(crate) async fn start(program: &Path, load: &Load) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let files = Files {
            program: program.to_owned(),
            config: folder.path().join("visavis.toml"),
            folder: folder.path().to_owned(),
        };
        std::fs::write(&files.config, config(load))?;
        let users = (load.pairs * 2).max(load.connections.div_ceil(DEVICES_PER_USER));
        let (process, server) = files.serve().await?;
        let cookies = files.sign_up(server, users).await?;
        process.stop().await?;

        let (process, server) = files.serve().await?;
        let http = Http::connect(server).await?;
        Ok(Self { process, server, http, cookies, tickets: HashMap::new(), calls: 0, _folder: folder })
    }

    /// Neighbours in number belong to different users.
    fn device(&self, nth: usize) -> String {
        format!("device{}", nth / self.cookies.len())
    }
}

impl System for Visavis {
    const NAME: &'static str = "Visavis";
    // `limits.ping_idle_ms`.
    const HEARTBEAT: Duration = Duration::from_secs(55);
    type Dialect = Speech;

    fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    async fn prepare(&mut self, sockets: Range<usize>) -> Result<()> {
        for nth in sockets {
            let cookie = &self.cookies[nth % self.cookies.len()];
            let answer = self.http.post("/api/ticket", Some(cookie), &json!({})).await?;
            let ticket = answer.body["ticket"].as_str().context("no ticket in the answer")?;
            self.tickets.insert(nth, ticket.to_owned());
        }
        Ok(())
    }

    async fn connect(&self, nth: usize) -> Result<Socket> {
        let ticket = self.tickets.get(&nth).context("a socket without a ticket")?;
        let mut socket = Socket::open(self.server, "/ws").await?;
        let hello = json!({ "token": ticket, "device": self.device(nth), "name": "Load", "proto": 1 });
        socket.send(frame("hello", "h", None, &hello)).await?;
        socket.until(|text| Frame::of_type(text, "welcome")).await?;
        Ok(socket)
    }

    async fn heartbeat(&self, socket: &mut Socket) -> Result<()> {
        socket.send(r#"{"type":"ping","data":{"epoch":"e","calls":[]}}"#.to_owned()).await?;
        socket.until(|text| Frame::of_type(text, "pong")).await
    }

    async fn pair(&mut self, a: Side<'_>, b: Side<'_>, acked: bool) -> Result<(Speech, Speech)> {
        self.calls += 1;
        let call = format!("00000000-0000-7000-8000-{:012}", self.calls);
        let invite = json!({ "to": user(b.nth % self.cookies.len()), "media": ["audio"] });
        a.socket.send(frame("invite", "i", Some(&call), &invite)).await?;
        a.socket.until(|text| Frame::answers(text, "i")).await?;
        b.socket.until(|text| Frame::of_call(text, &call)).await?;
        b.socket.send(frame("ringing", "r", Some(&call), &json!({}))).await?;
        b.socket.until(|text| Frame::answers(text, "r")).await?;
        b.socket.send(frame("accept", "a", Some(&call), &json!({ "media": ["audio"] }))).await?;
        b.socket.until(|text| Frame::answers(text, "a")).await?;
        for side in [&mut *a.socket, &mut *b.socket] {
            side.send(frame("connected", "c", Some(&call), &json!({ "route": "direct" }))).await?;
            side.until(|text| Frame::answers(text, "c")).await?;
        }
        let speech = || Speech { call: call.clone(), acked, sent: 0 };
        Ok((speech(), speech()))
    }

    async fn part(&self, a: &mut Socket, b: &mut Socket) -> Result<()> {
        a.send(frame("hangup", "h", None, &json!({}))).await?;
        a.until(|text| Frame::answers(text, "h")).await?;
        b.until(|text| text.contains(r#""state":"ended""#).then_some(Ok(()))).await
    }

    async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

/// Payloads of one call.
pub(crate) struct Speech {
    call: String,
    acked: bool,
    sent: usize,
}

impl Dialect for Speech {
    fn payload(&mut self, data: &str) -> String {
        // A payload without an id is relayed the same, and nobody is told that it has arrived.
        let id = if self.acked { format!(r#","id":"p{}""#, self.sent) } else { String::new() };
        self.sent += 1;
        format!(r#"{{"type":"candidate","data":{data},"call":"{}","gen":0{id}}}"#, self.call)
    }

    fn hear(&self, frame: &str) -> Result<Heard> {
        match serde_json::from_str(frame)? {
            Frame { r#type: "candidate", id: None, .. } => Ok(Heard::Payload { ack: None }),
            Frame { r#type: "candidate", id: Some(id), from: Some(from), .. } => {
                let data = format!(r#"{{"id":"{id}","from":"{from}"}}"#);
                let ack = format!(r#"{{"type":"ack","data":{data},"call":"{}"}}"#, self.call);
                Ok(Heard::Payload { ack: Some(ack) })
            }
            Frame { r#type: "ok", re: Some(re), .. } if re.starts_with('p') => Ok(Heard::Acked),
            Frame { r#type: "error", .. } => bail!("the server refused a payload: {frame}"),
            _ => Ok(Heard::Other),
        }
    }

    fn is_acked(&self) -> bool {
        self.acked
    }
}

/// What the load looks at in a frame from the server.
#[derive(Deserialize)]
struct Frame<'a> {
    r#type: &'a str,
    id: Option<&'a str>,
    re: Option<&'a str>,
    from: Option<&'a str>,
}

impl Frame<'_> {
    /// Is it this, or a refusal? Anything else is left out.
    fn of_type(text: &str, wanted: &str) -> Option<Result<()>> {
        let frame: Frame<'_> = serde_json::from_str(text).ok()?;
        match frame.r#type {
            "error" => Some(Err(anyhow!("the server refused: {text}"))),
            other => (other == wanted).then_some(Ok(())),
        }
    }

    fn answers(text: &str, id: &str) -> Option<Result<()>> {
        let frame: Frame<'_> = serde_json::from_str(text).ok()?;
        (frame.re == Some(id)).then(|| Self::of_type(text, "ok")).flatten()
    }

    fn of_call(text: &str, call: &str) -> Option<Result<()>> {
        Self::of_type(text, "call").filter(|_| text.contains(call))
    }
}

fn frame(kind: &str, id: &str, call: Option<&str>, data: &Value) -> String {
    let mut frame = json!({ "type": kind, "id": id, "data": data });
    if let Some(call) = call {
        frame["call"] = call.into();
    }
    frame.to_string()
}

fn user(nth: usize) -> String {
    format!("user{nth}")
}

/// Room for the load; everything else as it ships.
fn config(load: &Load) -> String {
    format!(
        "[http]\nlisten = \"127.0.0.1:0\"\nmax_connections_per_ip = 4096\n\
         [https]\nlisten = \"\"\n[relay]\nlisten = [\"127.0.0.1:0\"]\n\
         [signaling]\nmax_sockets = {}\nmessages_per_second = 10000\nmessage_burst = 100000\n\
         invites_per_minute = 10000\n",
        load.connections + 1
    )
}

/// What is needed to start the server and to call its commands.
struct Files {
    program: PathBuf,
    config: PathBuf,
    folder: PathBuf,
}

/// What the server writes to `run.json` once it listens.
#[derive(Deserialize)]
struct RunFile {
    pid: u32,
    http: String,
}

impl Files {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--config").arg(&self.config).arg("--data").arg(self.data());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    async fn serve(&self) -> Result<(ServerProcess, SocketAddr)> {
        let mut process = ServerProcess::start(&mut self.command(&["serve"]), &self.folder)?;
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            process.check()?;
            let run: Option<RunFile> = std::fs::read(self.data().join("run.json"))
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok());
            // The file of an earlier run names another process.
            if let Some(run) = run.filter(|run| run.pid == process.pid()) {
                let port = run.http.rsplit(':').next().context("no port in run.json")?.parse()?;
                return Ok((process, SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
            }
            ensure!(Instant::now() < deadline, "the server does not listen");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Makes users by the command line, redeems their links as the page does, and returns their cookies.
    async fn sign_up(&self, server: SocketAddr, users: usize) -> Result<Vec<String>> {
        let mut http = Http::connect(server).await?;
        let mut cookies = Vec::with_capacity(users);
        for nth in 0..users {
            let output = self.command(&["user", "add", &user(nth), "--json"]).output().await?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let added: Value = serde_json::from_slice(&output.stdout)?;
            // The link ends with the token that the page would redeem.
            let token = added["link"].as_str().and_then(|link| link.rsplit('/').next());
            let token = token.context("no link for the new user")?;
            let body = json!({ "token": token, "password": format!("password of {nth}"), "display_name": user(nth) });
            let answer = http.post("/api/signup", None, &body).await?;
            cookies.push(answer.cookie.context("no cookie after the sign-up")?);
        }
        Ok(cookies)
    }
}
