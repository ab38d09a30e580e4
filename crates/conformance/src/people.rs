//! Signs people in at the server's HTTP API and gets tickets for their devices.

use std::convert::Infallible;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// More than any answer of the API has.
const ANSWER_BYTES: usize = 64 * 1024;

/// A name and a password.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    password: String,
}

impl FromStr for Person {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, password) = text.split_once('=').ok_or("write NAME=PASSWORD")?;
        Ok(Self { name: name.to_owned(), password: password.to_owned() })
    }
}

/// The server's address.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    authority: String,
}

impl Origin {
    /// Of an `http://` URL.
    pub(crate) fn of(url: &str) -> Result<Self> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("{url} is not an http:// address; for https:// give the address behind its proxy");
        };
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.is_empty() {
            bail!("{url} names no host");
        }
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority })
    }

    /// Where the WebSocket is.
    pub(crate) fn socket(&self) -> String {
        format!("ws://{}/ws", self.authority)
    }

    /// Signs somebody in; the cookie that shows it.
    pub(crate) async fn sign_in(&self, person: &Person) -> Result<String> {
        let login = json!({"name": person.name, "password": person.password});
        let answer = self.post("/api/login", None, &login).await?;
        if !answer.status().is_success() {
            bail!("{} cannot sign in: {}", person.name, answer.status());
        }
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie =
            cookie.and_then(|cookie| cookie.split(';').next()).context("no cookie after signing in")?;
        Ok(cookie.to_owned())
    }

    /// A ticket for a device of whoever has this cookie.
    pub(crate) async fn ticket(&self, cookie: &str) -> Result<String> {
        let answer = self.post("/api/ticket", Some(cookie), &json!({})).await?;
        let body: Value = serde_json::from_slice(answer.body()).context("the ticket is no JSON")?;
        Ok(body["ticket"].as_str().context("no ticket in the answer")?.to_owned())
    }

    async fn post(&self, path: &str, cookie: Option<&str>, body: &Value) -> Result<Response<Bytes>> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .with_context(|| format!("nothing listens at {}", self.authority))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let body = Full::<Bytes>::new(body.to_string().into()).map_err(|never: Infallible| match never {});
        let (parts, body) = sender.send_request(request.body(body)?).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?
            .to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}
