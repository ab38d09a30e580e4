//! HTTP/1.1 over one connection, and how long anybody may keep us waiting.

use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use super::{Place, last_chance};
use crate::http::client::Peer;

/// How long a request's headers may take, and how long a connection may be silent between two requests.
pub(super) const HEADERS: Duration = Duration::from_secs(30);
/// After this a connection takes no further request; a browser just opens another. Long enough for the whole web app
/// over the slowest line.
const LIFE: Duration = Duration::from_secs(300);
/// How long the answer under way may then still take.
const LAST_ANSWER: Duration = Duration::from_secs(30);
/// Headers of ours are small; a page's cookies may not be.
const HEADER_BYTES: usize = 16 * 1024;

/// With every request: lets its answer last for as long as it takes. The connection then counts for none of ours; it must
/// close behind that answer.
#[derive(Debug, Clone)]
pub struct Lasting(CancellationToken);

impl Lasting {
    /// This answer will take long.
    pub fn begin(&self) {
        self.0.cancel();
    }
}

/// Answers requests until the connection ends, or soon after it should.
pub(super) async fn answer<S>(stream: S, peer: Peer, router: Router, stop: CancellationToken, place: Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let lasting = Lasting(CancellationToken::new());
    let lasts = lasting.0.clone();
    let asked = CancellationToken::new();
    let has_asked = asked.clone();
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        asked.cancel();
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(lasting.clone());
        request.map(axum::body::Body::new)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEADER_BYTES);
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let stopped = async {
        stop.cancelled().await;
        tokio::select! {
            () = has_asked.cancelled() => {}
            () = last_chance(&stop) => {}
        }
    };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = lasts.cancelled() => {
            drop(place);
            connection.await
        }
        () = tokio::time::sleep(LIFE) => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST_ANSWER, connection).await {
                Ok(ended) => ended,
                // Whoever has not read an answer by now does not want it.
                Err(_) => return debug!("a connection that did not end was cut"),
            }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended badly");
    }
}
