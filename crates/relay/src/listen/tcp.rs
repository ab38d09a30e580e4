//! Accepting clients that come over TCP, because UDP is blocked.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use mio::{Interest, Registry};

use crate::drive::Worker;
use crate::leg::{Carrier, NewLeg};
use crate::source::Source;

/// Connections taken from one socket before the others have their turn.
const BATCH: usize = 16;
/// Pause after the system refused to accept, most likely for want of file descriptors: it would refuse again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that accepts.
pub(crate) struct Acceptor {
    address: SocketAddr,
    listener: mio::net::TcpListener,
    is_tls: bool,
    /// Until when it accepts nothing.
    rests_until: Option<Instant>,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
}

impl Acceptor {
    pub(crate) fn watch(
        registry: &Registry,
        plain: Vec<(SocketAddr, TcpListener)>,
        tls: Vec<(SocketAddr, TcpListener)>,
    ) -> io::Result<Vec<Self>> {
        let plain = plain.into_iter().map(|listener| (listener, false));
        let tls = tls.into_iter().map(|listener| (listener, true));
        let watch = |(place, ((address, listener), is_tls))| {
            tracing::debug!(%address, is_tls, "listening for TCP");
            let mut listener = mio::net::TcpListener::from_std(listener);
            registry.register(&mut listener, Source::Acceptor(place).into(), Interest::READABLE)?;
            Ok(Self { address, listener, is_tls, rests_until: None, is_queued: false })
        };
        plain.chain(tls).enumerate().map(watch).collect()
    }

    pub(crate) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Gives the socket up for another process.
    pub(crate) fn leave(registry: &Registry, mut acceptor: Self) -> io::Result<(SocketAddr, TcpListener)> {
        registry.deregister(&mut acceptor.listener)?;
        Ok((acceptor.address, acceptor.listener.into()))
    }

    /// When it goes on.
    pub(crate) fn rests_until(&self) -> Option<Instant> {
        self.rests_until
    }
}

impl Worker {
    /// Accepts some connections. Whether there may be more.
    pub(crate) fn serve_acceptor(&mut self, now: Instant, place: usize) -> bool {
        for _ in 0..BATCH {
            let acceptor = &mut self.acceptors[place];
            let stream = match acceptor.listener.accept() {
                Ok((stream, _)) => stream.into(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    acceptor.is_queued = false;
                    return false;
                }
                // This client has gone while it waited.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => {
                    tracing::debug!(%error, "accepting failed");
                    // Stays marked as queued until it is.
                    acceptor.rests_until = Some(now + ACCEPT_PAUSE);
                    return false;
                }
            };
            let carrier = if acceptor.is_tls { Carrier::Awaited } else { Carrier::Plain };
            self.open_leg(now, NewLeg { stream, carrier, received: Vec::new() });
        }
        true
    }

    /// Lets those accept again that have rested.
    pub(crate) fn wake_acceptors(&mut self, now: Instant) {
        for (place, acceptor) in self.acceptors.iter_mut().enumerate() {
            if acceptor.rests_until.is_some_and(|end| end <= now) {
                acceptor.rests_until = None;
                self.ready.push_back(Source::Acceptor(place));
            }
        }
    }
}
