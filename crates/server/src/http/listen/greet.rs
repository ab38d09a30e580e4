//! What a connection wants, by what it says first (RFC 7443 for ALPN; the ranges of first bytes are those of RFC 7983).
//!
//! A connection to a TURN server begins with a request, never with ChannelData, whose first bytes (0x40–0x4F) begin HTTP
//! methods as well.

use std::io::{self, Read};
use std::time::Duration;

use axum::Router;
use axum::http::header::HOST;
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use rustls::ServerConnection;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::answer::HEADERS;
use crate::tls::TURN_PROTOCOLS;

/// How long a TLS handshake may take, and how long its first byte.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// Bytes of a TLS connection held to look at the first; its reader takes everything after them itself.
pub(super) const PEEKED: usize = 32;
/// The record type of a TLS handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What a connection wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    Tls,
    Turn,
    Http,
}

impl Greeting {
    const fn of(first: u8) -> Self {
        match first {
            0x00..=0x03 => Self::Turn,
            TLS_HANDSHAKE => Self::Tls,
            _ => Self::Http,
        }
    }
}

/// Waits for the first byte of a TCP connection, and leaves it where it is.
pub(super) async fn first(tcp: &TcpStream, patience: Duration) -> io::Result<Greeting> {
    let mut byte = [0];
    match timeout(patience, tcp.peek(&mut byte)).await?? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(Greeting::of(byte[0])),
    }
}

/// Shakes hands with a client that has said something. It waits for a place among those of its own address first, so that a
/// crowd behind one address keeps nobody else waiting.
pub(super) async fn shake_hands(
    tls: TlsAcceptor,
    tcp: TcpStream,
    handshakes: &Semaphore,
    of_address: Option<&Semaphore>,
) -> io::Result<TlsStream<TcpStream>> {
    let handshake = async {
        let _share = match of_address {
            Some(of_address) => Some(of_address.acquire().await.map_err(io::Error::other)?),
            None => None,
        };
        let _place = handshakes.acquire().await.map_err(io::Error::other)?;
        tls.accept(tcp).await
    };
    timeout(HANDSHAKE, handshake).await?
}

/// What a TLS connection wants: by the protocol its handshake named, else by its first decrypted byte, which stays in the
/// buffer.
pub(super) async fn second(stream: &mut BufReader<TlsStream<TcpStream>>) -> io::Result<Greeting> {
    if let Some(named) = stream.get_ref().get_ref().1.alpn_protocol() {
        return Ok(if TURN_PROTOCOLS.contains(&named) { Greeting::Turn } else { Greeting::Http });
    }
    match timeout(HEADERS, stream.fill_buf()).await??.first() {
        None => Err(io::ErrorKind::UnexpectedEof.into()),
        Some(&byte) => Ok(Greeting::of(byte)),
    }
}

/// The parts of a TLS connection, with everything that has been decrypted of it.
pub(super) fn take_apart(
    stream: BufReader<TlsStream<TcpStream>>,
) -> io::Result<(std::net::TcpStream, ServerConnection, Vec<u8>)> {
    let mut read = stream.buffer().to_vec();
    let (tcp, mut tls) = stream.into_inner().into_inner();
    let rest = tls.reader().read_to_end(&mut read);
    match rest {
        // "That is all for now"; or the client has closed already, which its reader will see.
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
        Ok(_) | Err(_) => {}
    }
    Ok((tcp.into_std()?, tls, read))
}

/// Answers whoever typed `http://` before the port of HTTPS.
pub(super) fn go_to_https() -> Router {
    Router::new().fallback(async |uri: Uri, headers: HeaderMap| -> Response {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        match host.map(|host| format!("https://{host}{path}")) {
            // 308: what was a POST stays one.
            Some(there) => Redirect::permanent(&there).into_response(),
            None => (StatusCode::BAD_REQUEST, "this port speaks HTTPS").into_response(),
        }
    })
}
