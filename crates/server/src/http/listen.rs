//! The sockets of HTTP and HTTPS: accepting, TLS, and how long anybody may keep us waiting.
//!
//! ```text
//!  accept ──► (TLS, at most 10 s) ──► HTTP/1.1, headers within 30 s ──► router
//!    ▲  waits while `http.max_connections` are open       ├── upgraded: a WebSocket, no longer ours
//!    └────────────────────────────────────────────────────┴── lasting: an event stream, bounded by who opened it
//! ```

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use super::client::Peer;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// TLS handshakes at once: each keeps a core busy for a tenth of a millisecond, and a queue of more only grows old.
const HANDSHAKES: usize = 256;
/// How long a request's headers may take, and how long a connection may be silent between two requests.
const HEADERS: Duration = Duration::from_secs(30);
/// After this a connection takes no further request; a browser just opens another. Long enough for the whole web app
/// over the slowest line.
const LIFE: Duration = Duration::from_secs(300);
/// How long the answer under way may then still take.
const LAST_ANSWER: Duration = Duration::from_secs(30);
/// Headers of ours are small; a page's cookies may not be.
const HEADER_BYTES: usize = 16 * 1024;
/// How long to wait when the system cannot give us another socket, all file descriptors being in use for example.
const NO_SOCKET: Duration = Duration::from_millis(100);

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

/// Why an address cannot be listened on; meant for the operator.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Somebody else has the port.
    #[error(
        "cannot listen on {address} ({key}): the port is in use, perhaps by another visavis; stop that, or set {key}"
    )]
    InUse {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
    },
    /// Anything else.
    #[error(
        "cannot listen on {address} ({key}): {source}; set {key} to an address of this machine and a free port"
    )]
    Refused {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A socket that waits for connections.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Where it listens; the port is the real one if the system chose it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Listens for plain HTTP on `http.listen`.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind_http(address: SocketAddr) -> Result<Listener, ListenError> {
    bind("http.listen", address, None).await
}

/// Listens for HTTPS on `https.listen`.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind_https(
    address: SocketAddr,
    config: Arc<rustls::ServerConfig>,
) -> Result<Listener, ListenError> {
    bind("https.listen", address, Some(TlsAcceptor::from(config))).await
}

async fn bind(
    key: &'static str,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> Result<Listener, ListenError> {
    let mut bound = TcpListener::bind(address).await;
    if bound.is_err() && address.ip().is_unspecified() && !ipv6_works() {
        // The default says `[::]` for everybody; on a machine without IPv6 that means IPv4.
        info!("this machine has no IPv6: listening on IPv4 only");
        bound = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
    }
    let listener = bound.and_then(|tcp| {
        let address = tcp.local_addr()?;
        Ok(Listener { tcp, address, tls })
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { key, address },
        _ => ListenError::Refused { key, address, source },
    })
}

fn ipv6_works() -> bool {
    std::net::UdpSocket::bind("[::1]:0").is_ok()
}

/// Answers connections with `router` until told to stop; then lets requests under way finish and returns. WebSockets are
/// not waited for: whoever upgraded them closes them.
pub async fn serve(listener: Listener, router: Router, max_connections: u32, stop: CancellationToken) {
    let connections = Arc::new(Semaphore::new(max_connections as usize));
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let tasks = TaskTracker::new();
    loop {
        let place = Arc::clone(&connections).acquire_owned();
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async { (place.await, listener.tcp.accept().await) } => accepted,
        };
        let (place, (tcp, address)) = match accepted {
            (Ok(place), Ok(accepted)) => (place, accepted),
            (_, Err(error)) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(NO_SOCKET).await;
                continue;
            }
            (Err(_), Ok(_)) => break,
        };
        let (router, stop, tls) = (router.clone(), stop.clone(), listener.tls.clone());
        let handshakes = Arc::clone(&handshakes);
        tasks.spawn(async move {
            // Small answers should leave at once; where that cannot be had, they leave a little later.
            let _ = tcp.set_nodelay(true);
            let peer = Peer { address, secure: tls.is_some() };
            match tls {
                None => answer(tcp, peer, router, stop, place).await,
                Some(tls) => match shake_hands(tls, tcp, &handshakes).await {
                    Ok(stream) => answer(stream, peer, router, stop, place).await,
                    Err(error) => debug!(%error, "no TLS connection"),
                },
            }
        });
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

async fn shake_hands(
    tls: TlsAcceptor,
    tcp: TcpStream,
    handshakes: &Semaphore,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    let handshake = async {
        // Who says nothing takes no place from those who do.
        tcp.peek(&mut [0]).await?;
        let _place = handshakes.acquire().await.map_err(io::Error::other)?;
        tls.accept(tcp).await
    };
    timeout(HANDSHAKE, handshake).await?
}

async fn answer<S>(
    stream: S,
    peer: Peer,
    router: Router,
    stop: CancellationToken,
    place: OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let lasting = Lasting(CancellationToken::new());
    let lasts = lasting.0.clone();
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(lasting.clone());
        request.map(axum::body::Body::new)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEADER_BYTES);
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
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
