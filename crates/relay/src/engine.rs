//! What all tasks of the relay's thread share: the core, the sockets and one packet buffer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use visavis_turn::{FiveTuple, HEADROOM, Input, RelayId, Route, TAILROOM, Transport, Turn};

use crate::clock;
use crate::config::TcpLimits;
use crate::listen::tcp::Connection;
use crate::perform::send;
use crate::stats::{SocketStats, Stats};

/// The largest datagram, and then some.
pub(crate) const LARGEST_DATAGRAM: usize = 1 << 16;

/// Shared by all tasks. Nothing is borrowed across an `await`.
pub(crate) struct Engine {
    pub(crate) tcp_limits: TcpLimits,
    state: RefCell<State>,
    timeout_moved: Notify,
}

/// Everything that changes.
pub(crate) struct State {
    pub(crate) turn: Turn,
    pub(crate) stats: SocketStats,
    /// Listening sockets by local address.
    pub(crate) listeners: HashMap<SocketAddr, Rc<UdpSocket>>,
    pub(crate) relays: HashMap<RelayId, RelayPort>,
    pub(crate) connections: HashMap<FiveTuple, Rc<Connection>>,
    /// TCP connections without allocation, by client address; no entry is zero.
    pub(crate) strangers: HashMap<IpAddr, usize>,
    /// The packet in hand, at [`HEADROOM`].
    buffer: Box<[u8]>,
    /// The timeout the main task sleeps for.
    armed: Option<Instant>,
}

/// An allocation's (or reservation's) socket and the task that reads it.
pub(crate) struct RelayPort {
    pub(crate) socket: Rc<UdpSocket>,
    pub(crate) reader: AbortHandle,
}

impl Engine {
    pub(crate) fn new(turn: Turn, tcp_limits: TcpLimits) -> Self {
        let state = State {
            turn,
            stats: SocketStats::default(),
            listeners: HashMap::new(),
            relays: HashMap::new(),
            connections: HashMap::new(),
            strangers: HashMap::new(),
            buffer: vec![0; HEADROOM + LARGEST_DATAGRAM + TAILROOM].into_boxed_slice(),
            armed: None,
        };
        Self { tcp_limits, state: RefCell::new(state), timeout_moved: Notify::new() }
    }

    /// Runs `work` with everything in hand, then does what the core wants done.
    pub(crate) fn with<R>(self: &Rc<Self>, work: impl FnOnce(&mut State, Instant) -> R) -> R {
        let now = clock::now();
        let state = &mut *self.state.borrow_mut();
        let result = work(state, now);
        self.perform(state, now);
        let next = state.turn.next_timeout();
        let is_sooner = next.is_some_and(|next| state.armed.is_none_or(|armed| next < armed));
        if is_sooner {
            self.timeout_moved.notify_one();
        }
        result
    }

    /// When `on_timeout` is due; `timeout_moved` tells when that has become sooner.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let state = &mut *self.state.borrow_mut();
        state.armed = state.turn.next_timeout();
        state.armed
    }

    pub(crate) async fn timeout_moved(&self) {
        self.timeout_moved.notified().await;
    }

    pub(crate) fn on_timeout(self: &Rc<Self>) {
        self.with(|state, now| state.turn.handle(now, Input::Timeout));
    }

    pub(crate) fn set_wall_clock(self: &Rc<Self>, unix: Duration) {
        self.with(|state, now| state.turn.handle(now, Input::WallClock { unix }));
    }

    pub(crate) fn revoke(self: &Rc<Self>, subject: &str) {
        self.with(|state, now| state.turn.handle(now, Input::Revoke { subject }));
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.state.borrow();
        Stats { turn: state.turn.stats().clone(), sockets: state.stats }
    }
}

impl State {
    /// Where the next datagram is received.
    pub(crate) fn receive_buffer(&mut self) -> &mut [u8] {
        &mut self.buffer[HEADROOM..HEADROOM + LARGEST_DATAGRAM]
    }

    /// Routes a datagram or frame of `length` bytes in the receive buffer.
    pub(crate) fn on_client_message(&mut self, now: Instant, from: FiveTuple, length: usize) {
        match self.turn.route(now, from, &mut self.buffer, length) {
            Route::Control => {
                let bytes = &self.buffer[HEADROOM..HEADROOM + length];
                self.turn.handle(now, Input::Message { from, bytes });
            }
            route @ (Route::ToPeer { .. } | Route::ToClient { .. } | Route::Dropped(_)) => self.follow(route),
        }
    }

    /// Routes a datagram of `length` bytes in the receive buffer that came to a relayed port.
    pub(crate) fn on_peer_datagram(&mut self, now: Instant, relay: RelayId, peer: SocketAddr, length: usize) {
        let route = self.turn.route_from_peer(now, relay, peer, &mut self.buffer, length);
        self.follow(route);
    }

    fn follow(&mut self, route: Route) {
        match route {
            Route::ToPeer { relay, peer, data } => {
                let Some(port) = self.relays.get(&relay) else { return };
                send::to_peer(&port.socket, &self.buffer[data], peer, &mut self.stats);
            }
            Route::ToClient { to, data } => match to.transport {
                Transport::Udp => {
                    let Some(listener) = self.listeners.get(&to.server) else { return };
                    send::to_peer(listener, &self.buffer[data], to.client, &mut self.stats);
                }
                Transport::Tcp => {
                    let Some(connection) = self.connections.get(&to) else { return };
                    connection.send(&self.buffer[data], &mut self.stats);
                }
            },
            Route::Control | Route::Dropped(_) => {}
        }
    }

    /// Counts one more (or one fewer) TCP connection without allocation.
    pub(crate) fn count_stranger(&mut self, ip: IpAddr, is_new: bool) {
        let count = self.strangers.entry(ip).or_default();
        *count = if is_new { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.strangers.remove(&ip);
        }
    }
}
