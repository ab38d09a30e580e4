//! A server on ports of its own, and phones: devices that say and hear JSON.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use visavis_proto::UserId;
use visavis_server::accounts::Token;
use visavis_server::clock;
use visavis_server::config::{Config, Sources};
use visavis_server::serve::Server;
use visavis_store::{HistoryRow, User};

use crate::bridged_line::Bridged;
use crate::stream_line::Stream;

/// Long enough for a loaded machine; nothing waits this long unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server and its folder.
pub(crate) struct Bed {
    pub(crate) server: Server,
    folder: Option<TempDir>,
    /// The server's own runtime: dropping it is a crash. None if it shares the test's.
    runtime: Option<Runtime>,
    settings: Vec<String>,
    /// The one login of each person.
    logins: Mutex<HashMap<UserId, Token>>,
}

impl Bed {
    /// A server with these settings over the usual ones.
    pub(crate) async fn new(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Self::start(folder, settings).await
    }

    /// A server that shares the test's runtime, and so its clock.
    pub(crate) async fn in_our_time() -> Self {
        Self::in_our_time_with(&[]).await
    }

    /// The same with settings over the usual ones.
    pub(crate) async fn in_our_time_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let server = Server::start(config(&folder, &settings)).await.unwrap();
        Self { server, folder: Some(folder), runtime: None, settings, logins: Mutex::default() }
    }

    async fn start(folder: TempDir, settings: Vec<String>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.spawn(Server::start(config(&folder, &settings))).await.unwrap().unwrap();
        Self { server, folder: Some(folder), runtime: Some(runtime), settings, logins: Mutex::default() }
    }

    /// Stops without a word, as a crash does, and starts again on the same folder.
    pub(crate) async fn crash_and_start_again(self) -> Self {
        self.crash_and_start_again_after(|_| ()).await
    }

    /// The same, and meanwhile the store of live calls is lost.
    pub(crate) async fn crash_and_lose_the_live_calls(self) -> Self {
        let lose = |folder: &Path| {
            let lost = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let lost: Vec<_> = lost.filter(|path| path.to_str().unwrap().contains("/calls.db")).collect();
            assert!(!lost.is_empty());
            lost.iter().for_each(|path| fs::remove_file(path).unwrap());
        };
        self.crash_and_start_again_after(lose).await
    }

    async fn crash_and_start_again_after(mut self, meanwhile: impl FnOnce(&Path)) -> Self {
        let (folder, runtime) = (self.folder.take().unwrap(), self.runtime.take().unwrap());
        let (settings, logins) = (std::mem::take(&mut self.settings), std::mem::take(&mut self.logins));
        drop(self);
        tokio::task::spawn_blocking(move || drop(runtime)).await.unwrap();
        meanwhile(folder.path());
        let mut bed = Self::start(folder, settings).await;
        bed.logins = logins;
        bed
    }

    /// Waits until the server has noticed that only so many sockets are left.
    pub(crate) async fn until_sockets(&self, count: i64) {
        let left = async {
            while self.server.metrics.sockets.value() != count {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, left).await.unwrap();
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.reach.http.unwrap()
    }

    /// A person who is signed in.
    pub(crate) async fn person(&self, name: &str, display_name: &str) {
        let user = User { id: name.parse().unwrap(), display_name: display_name.to_owned() };
        let (store, now) = (&self.server.store, clock::now());
        let token = Token::random();
        let login = token.hash();
        store.add_user(user.clone(), now).await.unwrap();
        assert!(store.add_login(login, &user.id, now, now + PATIENCE * 1000).await.unwrap());
        self.logins.lock().unwrap().insert(user.id, token);
    }

    /// Takes everything out of a person's history, and their login with it.
    pub(crate) async fn forget_history(&self, name: &str) {
        let id: UserId = name.parse().unwrap();
        let user = self.server.store.user(&id).await.unwrap().unwrap();
        assert!(self.server.store.remove_user(&id).await.unwrap());
        assert!(self.server.store.add_user(user, clock::now()).await.unwrap());
        assert!(self.history(name).await.is_empty());
    }

    pub(crate) fn login(&self, user: &UserId) -> Token {
        self.logins.lock().unwrap()[user].clone()
    }

    /// Ends a person's login.
    pub(crate) async fn sign_out(&self, name: &str) {
        let token = self.login(&name.parse().unwrap()).text();
        self.server.accounts.log_out(Some(&token)).await.unwrap();
    }

    /// Gives a person a login that is over after this time.
    pub(crate) async fn login_ends_in(&self, name: &str, time: Duration) {
        let (user, now) = (name.parse().unwrap(), clock::now());
        let token = Token::random();
        assert!(self.server.store.add_login(token.hash(), &user, now, now + time).await.unwrap());
        self.logins.lock().unwrap().insert(user, token);
    }

    /// Waits until a person's login is none any more.
    pub(crate) async fn until_login_is_over(&self, name: &str) {
        let login = self.login(&name.parse().unwrap()).hash();
        let over = async {
            while self.server.store.login(login, clock::now()).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, over).await.unwrap();
    }

    pub(crate) fn ticket(&self, user: &str) -> String {
        let user: UserId = user.parse().unwrap();
        self.server.accounts.tickets.issue(&user, self.login(&user).hash(), clock::now())
    }

    /// A device that has said hello; its `welcome` has been heard.
    pub(crate) async fn phone(&self, user: &str, device: &str) -> Phone {
        self.phone_with(user, device, json!([])).await.0
    }

    /// The same, holding `calls`; with the `welcome`.
    pub(crate) async fn phone_with(&self, user: &str, device: &str, calls: Value) -> (Phone, Value) {
        let mut phone = self.socket().await;
        let welcome = phone.greet(&self.ticket(user), user, device, calls).await;
        (phone, welcome)
    }

    /// The same over an event stream.
    pub(crate) async fn stream_phone(&self, user: &str, device: &str) -> Phone {
        let mut phone = self.stream().await;
        phone.greet(&self.ticket(user), user, device, json!([])).await;
        phone
    }

    /// A secret of the data folder.
    pub(crate) fn secret(&self, name: &str) -> String {
        let path = self.folder.as_ref().unwrap().path().join("secrets.toml");
        let text = fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        line.unwrap().trim_matches('"').to_owned()
    }

    /// A socket on which nothing has been said.
    pub(crate) async fn socket(&self) -> Phone {
        Phone::connect(&format!("ws://{}/ws", self.address())).await.unwrap()
    }

    /// An event stream on which nothing has been said.
    pub(crate) async fn stream(&self) -> Phone {
        Phone::over(Line::Stream(Box::new(Stream::open(self.address()).await)))
    }

    /// `GET` of a page that needs no more than that; status and body.
    pub(crate) async fn get(&self, path: &str, header: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{header}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }

    /// A request of somebody who is signed in; status and body.
    pub(crate) async fn api(&self, user: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let cookie = self.login(&user.parse().unwrap()).text();
        self.request(method, path, &format!("cookie: visavis={cookie}\r\n"), body).await
    }

    /// A request with these headers; status and body.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &Value,
    ) -> (u16, Value) {
        let (status, _, body) = self.request_in_full(method, path, headers, body).await;
        (status, body)
    }

    /// The same; with the headers of the answer.
    pub(crate) async fn request_in_full(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &Value,
    ) -> (u16, String, Value) {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        (status, headers.to_owned(), body)
    }

    /// The database, opened by another process, as the command line does.
    pub(crate) fn database_elsewhere(&self) -> visavis_store::Store {
        visavis_store::Store::open(&self.folder.as_ref().unwrap().path().join("visavis.db")).unwrap()
    }

    /// Keeps the login of somebody who has signed in by themselves.
    pub(crate) fn remember(&self, user: &str, token: &str) {
        self.logins.lock().unwrap().insert(user.parse().unwrap(), Token::parse(token).unwrap());
    }

    /// Another login of a person; what was there before is kept by the server.
    pub(crate) async fn log_in_again(&self, user: &str) {
        let token = Token::random();
        let (user, now): (UserId, _) = (user.parse().unwrap(), clock::now());
        assert!(self.server.store.add_login(token.hash(), &user, now, now + PATIENCE * 1000).await.unwrap());
        self.logins.lock().unwrap().insert(user, token);
    }

    /// A request that must succeed; its answer.
    pub(crate) async fn ask(&self, user: &str, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.api(user, method, path, &body).await;
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    /// A person's history as (direction, outcome, reason, peer), newest first.
    pub(crate) async fn history(&self, user: &str) -> Vec<[String; 4]> {
        let calls = self.server.store.history(&user.parse().unwrap(), None, 50).await.unwrap();
        let word = |value: Value| value.as_str().unwrap().to_owned();
        let words = |row: HistoryRow| {
            let (direction, outcome) = (word(json!(row.direction)), word(json!(row.outcome)));
            [direction, outcome, word(json!(row.reason)), row.peer.to_string()]
        };
        calls.into_iter().map(|call| words(call.row)).collect()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn config(folder: &TempDir, settings: &[String]) -> Config {
    let mut sets = vec![
        format!("data.dir={}", folder.path().display()),
        "http.listen=127.0.0.1:0".to_owned(),
        "https.listen=".to_owned(),
        "relay.listen=[\"127.0.0.1:0\"]".to_owned(),
    ];
    sets.extend_from_slice(settings);
    Config::load(&Sources { sets, ..Sources::default() }).unwrap()
}

/// A device as a test sees it.
pub(crate) struct Phone {
    line: Line,
    heard: VecDeque<Value>,
}

/// What carries a phone's words.
pub(crate) enum Line {
    Socket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
    Stream(Box<Stream>),
    Bridged(Box<Bridged>),
}

/// What a socket ends with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Code(u16),
    NoCode,
}

impl Phone {
    pub(crate) async fn connect(url: &str) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let (socket, _) = connect_async(url).await?;
        Ok(Self::over(Line::Socket(Box::new(socket))))
    }

    pub(crate) fn over(line: Line) -> Self {
        Self { line, heard: VecDeque::new() }
    }

    /// The event stream of a phone that has one.
    pub(crate) fn stream(&mut self) -> &mut Stream {
        match &mut self.line {
            Line::Stream(stream) => stream,
            Line::Socket(_) | Line::Bridged(_) => panic!("this phone has no event stream"),
        }
    }

    /// The messenger's line of a phone that has one.
    pub(crate) fn bridged(&mut self) -> &mut Bridged {
        match &mut self.line {
            Line::Bridged(bridged) => bridged,
            Line::Socket(_) | Line::Stream(_) => panic!("this phone has no messenger"),
        }
    }

    /// Says hello and gives the `welcome`.
    pub(crate) async fn greet(&mut self, token: &str, user: &str, device: &str, calls: Value) -> Value {
        self.say(json!({"type":"hello","id":"h","data":{
            "token":token,"device":device,"name":format!("{user}'s {device}"),"proto":1,"calls":calls}}))
            .await;
        let welcome = self.hear().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        welcome
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: String) {
        match &mut self.line {
            Line::Socket(_) => self.say_frame(Message::text(text)).await,
            Line::Stream(stream) => assert_eq!(stream.say(&[&text]).await, 200),
            Line::Bridged(bridged) => assert_eq!(bridged.say(&[&text]).await, 200),
        }
    }

    pub(crate) async fn say_frame(&mut self, message: Message) {
        let Line::Socket(socket) = &mut self.line else { panic!("only a WebSocket has frames") };
        timeout(PATIENCE, socket.send(message)).await.unwrap().unwrap();
    }

    /// Like `say`, where the server may close at any moment.
    pub(crate) async fn try_say(&mut self, message: Value) -> bool {
        let text = message.to_string();
        match &mut self.line {
            Line::Socket(socket) => socket.send(Message::text(text)).await.is_ok(),
            Line::Stream(stream) => stream.say(&[&text]).await == 200,
            Line::Bridged(bridged) => bridged.say(&[&text]).await == 200,
        }
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Value {
        match self.heard.pop_front() {
            Some(value) => value,
            None => self.receive().await.unwrap(),
        }
    }

    /// Reads until the socket closes.
    pub(crate) async fn hear_end(&mut self) -> End {
        loop {
            if let Err(end) = self.receive().await {
                return end;
            }
        }
    }

    /// Whether the socket ends without another word, however long that takes.
    pub(crate) async fn ends_in_the_end(&mut self) -> bool {
        match &mut self.line {
            Line::Socket(socket) => matches!(socket.next().await, None | Some(Err(_))),
            Line::Stream(stream) => stream.hear().await.is_none(),
            Line::Bridged(_) => panic!("a messenger's line does not end"),
        }
    }

    async fn receive(&mut self) -> Result<Value, End> {
        let socket = match &mut self.line {
            Line::Socket(socket) => socket,
            Line::Stream(stream) => return stream.receive().await,
            Line::Bridged(bridged) => return bridged.receive().await,
        };
        loop {
            match timeout(PATIENCE, socket.next()).await.expect("something to hear") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(End::NoCode, |frame| End::Code(frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(End::NoCode),
            }
        }
    }

    /// The next message of this type; those before it are kept for later.
    pub(crate) async fn hear_type(&mut self, kind: &str) -> Value {
        if let Some(position) = self.heard.iter().position(|value| value["type"] == kind) {
            return self.heard.remove(position).unwrap();
        }
        loop {
            let value = self.receive().await.unwrap();
            if value["type"] == kind {
                return value;
            }
            self.heard.push_back(value);
        }
    }

    /// The next snapshot, which must be in this state.
    pub(crate) async fn hear_call(&mut self, state: &str) -> Value {
        let call = self.hear_type("call").await;
        assert_eq!(call["data"]["state"], state, "{call}");
        call["data"].clone()
    }

    /// Snapshots until the first in this state.
    pub(crate) async fn hear_until(&mut self, state: &str) -> Value {
        self.hear_call_where(|call| call["state"] == state).await
    }

    /// Snapshots until the first of which this holds.
    pub(crate) async fn hear_call_where(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        loop {
            let call = self.hear_type("call").await["data"].clone();
            if holds(&call) {
                return call;
            }
        }
    }

    /// Says a message and gives its answer.
    pub(crate) async fn ask(&mut self, mut message: Value) -> Value {
        let id = format!("{}.{}", message["type"].as_str().unwrap(), self.heard.len());
        message["id"] = json!(id);
        self.say(message).await;
        loop {
            let value = self.receive().await.unwrap();
            if value["re"] == json!(id) {
                return value;
            }
            self.heard.push_back(value);
        }
    }

    /// Says a message that must be `ok`.
    pub(crate) async fn do_it(&mut self, message: Value) -> Value {
        let answer = self.ask(message).await;
        assert_eq!(answer["type"], "ok", "{answer}");
        answer["data"].clone()
    }

    /// Says a message that must be refused; its code.
    pub(crate) async fn refused(&mut self, message: Value) -> String {
        let answer = self.ask(message).await;
        assert_eq!(answer["type"], "error", "{answer}");
        answer["data"]["code"].as_str().unwrap().to_owned()
    }

    /// Nothing has been said to this device: the answer to a heartbeat is the next thing it hears.
    pub(crate) async fn hears_nothing(&mut self) {
        assert_eq!(self.heard.pop_front(), None);
        self.say(json!({"type":"nothing","id":"quiet","data":{}})).await;
        let next = self.receive().await.unwrap();
        assert_eq!(next["re"], "quiet", "{next}");
    }
}

/// A call id of the test's choosing.
pub(crate) fn call_id(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}

/// `invite`.
pub(crate) fn invite(n: u128, to: &str) -> Value {
    json!({"type":"invite","call":call_id(n),"data":{"to":to,"media":["audio","video"]}})
}

/// A verb about a call without data of its own.
pub(crate) fn verb(kind: &str, n: u128) -> Value {
    json!({"type":kind,"call":call_id(n),"data":{}})
}

/// `ringing`, of a device that would like an offer now.
pub(crate) fn ringing_warm(n: u128) -> Value {
    json!({"type":"ringing","call":call_id(n),"data":{"warm":true}})
}

/// `accept`.
pub(crate) fn accept(n: u128) -> Value {
    json!({"type":"accept","call":call_id(n),"data":{"media":["audio","video"]}})
}

/// `connected`, over a direct path.
pub(crate) fn connected(n: u128) -> Value {
    json!({"type":"connected","call":call_id(n),"data":{"route":"direct"}})
}
