//! One push, delivered: an HTTPS POST (RFC 8030 §5) without redirects, cookies or patience.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tracing::debug;
use visavis_turn::PeerFilter;

use super::endpoint::{Endpoint, Unreachable};

/// How long a push service may take, from the look-up of its name to its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The push service has it.
    Done,
    /// The browser has unsubscribed (RFC 8030 §7.3).
    Gone,
    /// Not now; it may be tried again.
    Later,
    /// Not at all.
    Refused,
}

/// What a push carries besides its body.
pub(super) struct Letter {
    pub(super) body: Vec<u8>,
    pub(super) authorization: String,
    /// How long the push service keeps it.
    pub(super) ttl_s: u64,
    /// A later push of the same topic takes the place of one that is kept.
    pub(super) topic: String,
}

/// Delivers pushes.
pub(super) struct Courier {
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) filter: PeerFilter,
}

impl Courier {
    pub(super) async fn deliver(&self, to: &Endpoint, letter: &Letter) -> Delivery {
        match timeout(PATIENCE, self.post(to, letter)).await {
            Ok(Ok(status)) => judge(status),
            Ok(Err(Failure::Forbidden)) => Delivery::Refused,
            Ok(Err(Failure::Broken(why))) => {
                debug!(why, "a push was not delivered");
                Delivery::Later
            }
            Err(_) => Delivery::Later,
        }
    }

    async fn post(&self, to: &Endpoint, letter: &Letter) -> Result<StatusCode, Failure> {
        let addresses = to.resolve(&self.filter).await.map_err(|why| match why {
            Unreachable::Forbidden => Failure::Forbidden,
            Unreachable::NotNow => Failure::Broken("its name leads nowhere".to_owned()),
        })?;
        let tcp = TcpStream::connect(&addresses[..]).await.map_err(broken)?;
        let name = ServerName::try_from(to.host.clone()).map_err(|_| Failure::Forbidden)?;
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await.map_err(broken)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(tls)).await.map_err(broken)?;
        let request = Request::post(&to.path)
            .header(HOST, to.authority())
            .header(AUTHORIZATION, &letter.authorization)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_LENGTH, letter.body.len())
            .header("ttl", letter.ttl_s)
            .header("urgency", "high")
            .header("topic", &letter.topic)
            .body(Full::new(Bytes::from(letter.body.clone())))
            .map_err(|_| Failure::Forbidden)?;
        let driving = tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(broken);
        // Whatever else it wants to say, nobody reads.
        driving.abort();
        Ok(answer?.status())
    }
}

enum Failure {
    Forbidden,
    Broken(String),
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}

fn judge(status: StatusCode) -> Delivery {
    match status {
        status if status.is_success() => Delivery::Done,
        StatusCode::NOT_FOUND | StatusCode::GONE => Delivery::Gone,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Delivery::Later,
        status if status.is_server_error() => Delivery::Later,
        // Redirects, too: an endpoint was checked, and what it points to was not.
        _ => Delivery::Refused,
    }
}
