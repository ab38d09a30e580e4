//! A device that has no WebSocket: an event stream and POSTs, as a test sees them.

use std::net::SocketAddr;

use futures_util::StreamExt;
use http_body_util::{BodyExt, BodyStream, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bed::{End, PATIENCE};

/// An open event stream.
pub(crate) struct Stream {
    address: SocketAddr,
    body: Option<BodyStream<Incoming>>,
    read: String,
    pub(crate) channel: String,
    /// The number of the next message.
    pub(crate) next: u64,
}

/// One request on a connection of its own.
pub(crate) async fn request(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.unwrap();
    tokio::spawn(connection);
    timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap()
}

/// `GET /sse` of a page with this origin, or of a program.
pub(crate) async fn open(address: SocketAddr, origin: Option<&str>) -> Response<Incoming> {
    let mut get = Request::get("/sse").header(HOST, address.to_string());
    if let Some(origin) = origin {
        get = get.header(ORIGIN, origin);
    }
    request(address, get.body(Full::default()).unwrap()).await
}

impl Stream {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let response = open(address, None).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = Some(BodyStream::new(response.into_body()));
        let mut stream = Self { address, body, read: String::new(), channel: String::new(), next: 1 };
        let (event, data) = stream.hear().await.unwrap();
        assert_eq!(event, "channel");
        stream.channel = data["channel"].as_str().unwrap().to_owned();
        stream
    }

    /// Says these messages; the answer's status.
    pub(crate) async fn say(&mut self, messages: &[&str]) -> u16 {
        let (status, _) = self.bring(self.next, messages).await;
        self.next += messages.len() as u64;
        status
    }

    /// Cuts the stream; what it said may be followed by more.
    pub(crate) fn leave(&mut self) {
        self.body = None;
    }

    /// Brings a parcel with this number.
    pub(crate) async fn bring(&self, seq: u64, messages: &[&str]) -> (u16, Value) {
        // What is no JSON makes the whole parcel unreadable, as it is meant to.
        self.post(&self.channel, format!("{{\"seq\":{seq},\"messages\":[{}]}}", messages.join(","))).await
    }

    /// Brings any body to any channel.
    pub(crate) async fn post(&self, channel: &str, body: String) -> (u16, Value) {
        let post = Request::post("/sse")
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Bearer {channel}"))
            .body(Full::from(body))
            .unwrap();
        let response = request(self.address, post).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The next event and its data; none when the stream has ended.
    pub(crate) async fn hear(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let mut kind = "message".to_owned();
                let mut data = None;
                for line in event.lines() {
                    match line.split_once(": ") {
                        Some(("event", word)) => kind = word.to_owned(),
                        Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
                        _ => assert!(line.starts_with(':'), "{line}"),
                    }
                }
                self.read = rest.to_owned();
                if let Some(data) = data {
                    return Some((kind, data));
                }
            }
            let piece = self.body.as_mut()?.next().await?.ok()?.into_data().unwrap();
            self.read.push_str(str::from_utf8(&piece).unwrap());
        }
    }

    pub(crate) async fn receive(&mut self) -> Result<Value, End> {
        match timeout(PATIENCE, self.hear()).await.expect("something to hear") {
            Some((kind, data)) if kind == "message" => Ok(data),
            Some((kind, data)) => {
                assert_eq!(kind, "close");
                Err(End::Code(data["code"].as_u64().unwrap().try_into().unwrap()))
            }
            None => Err(End::NoCode),
        }
    }
}
