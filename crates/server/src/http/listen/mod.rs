//! The web ports: accepting, TLS, and finding out by the first bytes what a connection wants.
//!
//! ```text
//!            first byte                        ALPN, else first byte within
//!  accept ──┬── 0x16 ──► TLS, at most 10 s ──┬── HTTP ─► HTTP/1.1, headers within 30 s ──► router
//!    ▲      │                                └── TURN ─► the relay
//!    │      ├── 0x00–0x03 ─────────────────────────────► the relay
//!    │      └── else ──► HTTP/1.1; on the port of HTTPS only: go to https://
//!    │
//!    └ waits while `http.max_connections` are open, and closes what comes from an address that has
//!      `http.max_connections_per_ip`; upgraded ones (WebSockets), lasting ones (event streams) and those of the relay do not
//!      count: they have bounds of their own
//! ```

mod answer;
mod bind;
mod crowd;
mod greet;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConnection;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use self::answer::answer;
use self::crowd::{Crowd, Guest};
use self::greet::Greeting;
use super::client::Peer;
use crate::config::Config;
use crate::metrics::Metrics;

pub use answer::Lasting;
pub use bind::{ListenError, Listener, Spare, bind_http, bind_https};

/// TLS handshakes at once: each keeps a core busy for a tenth of a millisecond, and a queue of more only grows old.
const HANDSHAKES: usize = 256;
/// What a connection that has just come may still take for its request when the server stops. Closed with bytes of it unread, it
/// would be reset, which no browser tries again with a form it sends.
const LAST_CHANCE: Duration = Duration::from_millis(300);
/// How long to wait when the system cannot give us another socket, all file descriptors being in use for example.
const NO_SOCKET: Duration = Duration::from_millis(100);

/// Takes over a connection that speaks TURN: the socket, its TLS once that has shaken hands, and what has been read of
/// it already.
pub type TurnTaker = Arc<dyn Fn(std::net::TcpStream, Option<ServerConnection>, Vec<u8>) + Send + Sync>;

/// What connections are given to.
#[derive(Clone)]
pub struct Takers {
    /// Answers requests.
    pub router: Router,
    /// Takes TURN; without it such connections are closed.
    pub turn: Option<TurnTaker>,
}

/// How many connections there may be.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// All together; further ones wait to be accepted.
    pub connections: u32,
    /// Of one address (IPv6: /64); further ones are closed. `None` behind a proxy, whose address all have.
    pub per_address: Option<u32>,
    /// Where those that are closed are counted.
    pub metrics: Arc<Metrics>,
}

impl Bounds {
    /// The operator's.
    pub fn of(config: &Config, metrics: &Arc<Metrics>) -> Self {
        let per_address = Some(config.http.max_connections_per_ip).filter(|_| !config.public.trust_proxy);
        Self { connections: config.http.max_connections, per_address, metrics: Arc::clone(metrics) }
    }
}

/// Serves connections until told to stop; then lets requests under way finish and returns. WebSockets are not waited for:
/// whoever upgraded them closes them.
pub async fn serve(listener: Listener, takers: Takers, bounds: Bounds, stop: CancellationToken) {
    let connections = Arc::new(Semaphore::new(bounds.connections as usize));
    let crowd = bounds.per_address.map(Crowd::new);
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let tasks = TaskTracker::new();
    loop {
        let place = Arc::clone(&connections).acquire_owned();
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async { (place.await, listener.tcp.accept().await) } => accepted,
        };
        let (among_all, (tcp, address)) = match accepted {
            (Ok(among_all), Ok(accepted)) => (among_all, accepted),
            (_, Err(error)) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(NO_SOCKET).await;
                continue;
            }
            (Err(_), Ok(_)) => break,
        };
        let guest = crowd.as_ref().map(|crowd| crowd.enter(address.ip()));
        if matches!(guest, Some(None)) {
            bounds.metrics.http_crowded.count();
            continue;
        }
        let place = Place { _among_all: among_all, guest: guest.flatten() };
        // Small answers should leave at once; where that cannot be had, they leave a little later.
        let _ = tcp.set_nodelay(true);
        let (takers, stop, handshakes) = (takers.clone(), stop.clone(), Arc::clone(&handshakes));
        let connection = Connection { tcp, address, takers, place, stop };
        match listener.tls.clone() {
            None => tasks.spawn(connection.serve_plain()),
            Some(tls) => tasks.spawn(connection.serve_tls(tls, handshakes)),
        };
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Waits until the server stops, and until whoever has just come has had time to say something.
async fn last_chance(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_CHANCE).await;
}

/// A connection's place among all, and among those of its address, for as long as this lives.
struct Place {
    _among_all: OwnedSemaphorePermit,
    guest: Option<Guest>,
}

/// One that has just been accepted.
struct Connection {
    tcp: TcpStream,
    address: SocketAddr,
    takers: Takers,
    place: Place,
    stop: CancellationToken,
}

impl Connection {
    /// On the port of plain HTTP.
    async fn serve_plain(self) {
        let Some(greeting) = self.unless_stopped(greet::first(&self.tcp, answer::HEADERS)).await else {
            return;
        };
        match greeting {
            Greeting::Turn => self.hand_over(),
            // A TLS client that has the wrong port hears what every program hears that speaks no HTTP.
            Greeting::Http | Greeting::Tls => {
                let peer = Peer { address: self.address, secure: false };
                answer(self.tcp, peer, self.takers.router, self.stop, self.place).await;
            }
        }
    }

    /// On the port of HTTPS.
    async fn serve_tls(self, tls: TlsAcceptor, handshakes: Arc<Semaphore>) {
        let Some(greeting) = self.unless_stopped(greet::first(&self.tcp, greet::HANDSHAKE)).await else {
            return;
        };
        match greeting {
            Greeting::Turn => self.hand_over(),
            Greeting::Http => {
                let peer = Peer { address: self.address, secure: false };
                answer(self.tcp, peer, greet::go_to_https(), self.stop, self.place).await;
            }
            Greeting::Tls => self.shake_hands(tls, &handshakes).await,
        }
    }

    async fn shake_hands(self, tls: TlsAcceptor, handshakes: &Semaphore) {
        let Self { tcp, address, takers, place, stop } = self;
        let of_address = place.guest.as_ref().map(|guest| &*guest.handshakes);
        let shaken = tokio::select! {
            () = last_chance(&stop) => return,
            shaken = greet::shake_hands(tls, tcp, handshakes, of_address) => shaken,
        };
        let mut stream = match shaken {
            Ok(stream) => BufReader::with_capacity(greet::PEEKED, stream),
            Err(error) => return debug!(%error, "no TLS connection"),
        };
        let greeting = tokio::select! {
            () = last_chance(&stop) => return,
            greeting = greet::second(&mut stream) => greeting,
        };
        match (greeting, takers.turn) {
            (Ok(Greeting::Turn), Some(turn)) => {
                if let Err(error) =
                    greet::take_apart(stream).map(|(tcp, tls, read)| turn(tcp, Some(tls), read))
                {
                    debug!(%error, "a connection that speaks TURN was lost");
                }
            }
            (Ok(Greeting::Turn), None) => debug!("a connection speaks TURN, and there is no relay"),
            (Ok(Greeting::Http | Greeting::Tls), _) => {
                let peer = Peer { address, secure: true };
                answer(stream, peer, takers.router, stop, place).await;
            }
            (Err(error), _) => debug!(%error, "a TLS connection said nothing"),
        }
    }

    /// Gives the connection to the relay, whose own limits hold from here on.
    fn hand_over(self) {
        let Some(turn) = self.takers.turn else {
            return debug!("a connection speaks TURN, and there is no relay");
        };
        match self.tcp.into_std() {
            Ok(tcp) => turn(tcp, None, Vec::new()),
            Err(error) => debug!(%error, "a connection that speaks TURN was lost"),
        }
    }

    /// What a connection says first; `None` if it says nothing, is gone, or the server stops.
    async fn unless_stopped(
        &self,
        first: impl Future<Output = std::io::Result<Greeting>>,
    ) -> Option<Greeting> {
        let greeting = tokio::select! {
            () = last_chance(&self.stop) => return None,
            greeting = first => greeting,
        };
        greeting.inspect_err(|error| debug!(%error, "a connection said nothing")).ok()
    }
}
