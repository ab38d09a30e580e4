//! Requests to the server's HTTP API over one connection that stays open.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// An open HTTP connection.
#[derive(Debug)]
pub(crate) struct Http {
    server: SocketAddr,
    requests: SendRequest<Full<Bytes>>,
}

/// What came back: the body, and the cookie that was set if one was.
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) cookie: Option<String>,
}

impl Http {
    /// Connects.
    pub(crate) async fn connect(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the connection.
        tokio::spawn(connection);
        Ok(Self { server, requests })
    }

    /// Posts JSON.
    pub(crate) async fn post(&mut self, path: &str, cookie: Option<&str>, body: &Value) -> Result<Answer> {
        let mut request = Request::post(path)
            .header(HOST, self.server.to_string())
            .header(ORIGIN, format!("http://{}", self.server))
            .header(CONTENT_TYPE, "application/json");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        self.requests.ready().await?;
        let request = request.body(Full::new(Bytes::from(body.to_string())))?;
        let response = self.requests.send_request(request).await?;
        let cookie = cookie_of(&response);
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "POST {path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(Answer { body: serde_json::from_slice(&body).unwrap_or_default(), cookie })
    }
}

fn cookie_of<T>(response: &Response<T>) -> Option<String> {
    let header = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    Some(header.split(';').next()?.to_owned())
}
