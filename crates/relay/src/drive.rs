//! The loop of the relay's thread, and what it owns.
//!
//! ```text
//!  poll ──► ready, a ring of sources ──► each served once, within its budget ──► the rest goes to the back of the ring
//!   ▲                                       │ route · handle · perform                                        │
//!   └──── sleeps until the next timeout if the ring is empty, else only looks ◄───────────────────────────────┘
//! ```
//!
//! The poll is edge-triggered: a source stays in the ring until it has been read dry.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};
use tokio::sync::mpsc;
use visavis_turn::{FiveTuple, HEADROOM, Input, RelayId, Route, TAILROOM, Transport, Turn};

use crate::addresses::Sockets;
use crate::clock;
use crate::config::{RelayConfig, TcpLimits};
use crate::datagrams::{self, Flow, Inbox, Outbox, Outlet, Packet, Reading, SLOTS};
use crate::door::Door;
use crate::leg::Kind;
use crate::listen::legs::Legs;
use crate::listen::tcp::Acceptor;
use crate::listen::udp::{Listener, listener_at, place_at};
use crate::offload::{Flows, Kernel};
use crate::pace::Pace;
use crate::peers::Peers;
use crate::perform::relay_port::{Bytes, RelayPorts, Shelf};
use crate::relay::{Command, TlsSetting};
use crate::source::Source;
use crate::stats::{SocketStats, Stats};

/// The longest message a stream can carry, and then some.
const LONGEST_MESSAGE: usize = 1 << 17;
/// Where in the buffer such a message is put.
pub(crate) const RECEIVED: Range<usize> = HEADROOM..HEADROOM + LONGEST_MESSAGE;
/// Sources told of by one look at the poll; the others are told of by the next.
const EVENTS: usize = 1024;
/// How often the core is told the time of day, which may have been set meanwhile.
const WALL_CLOCK_INTERVAL: Duration = Duration::from_secs(30);

/// What all workers of a relay share besides what their cores do. Nothing of it is touched for a packet.
pub(crate) struct Common {
    pub(crate) tls: TlsSetting,
    pub(crate) door: Arc<Door>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) kernel: Option<Arc<Kernel>>,
}

/// A thread's core and sockets.
pub(crate) struct Worker {
    pub(crate) poll: Poll,
    pub(crate) turn: Turn,
    pub(crate) stats: SocketStats,
    pub(crate) tcp_limits: TcpLimits,
    pub(crate) tls: TlsSetting,
    pub(crate) door: Arc<Door>,
    pub(crate) shelf: Arc<Shelf>,
    /// Sources that may have something for us.
    pub(crate) ready: VecDeque<Source>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) acceptors: Vec<Acceptor>,
    pub(crate) relay_ports: RelayPorts,
    pub(crate) legs: Legs,
    pub(crate) peers: Peers,
    /// Datagrams received, and those of them that go out at the end of the round.
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) pace: Pace,
    pub(crate) reading: Reading,
    /// What the kernel forwards, if it does.
    pub(crate) flows: Option<Flows>,
    /// The message of a stream in hand, at [`RECEIVED`].
    pub(crate) buffer: Box<[u8]>,
    commands: mpsc::Receiver<Command>,
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
    wall_clock_at: Instant,
}

impl Worker {
    /// Has the poll watch all sockets. `place` is its own among the workers.
    pub(crate) fn new(
        place: usize,
        turn: Turn,
        config: &RelayConfig,
        common: &Common,
        sockets: Sockets,
        commands: mpsc::Receiver<Command>,
    ) -> std::io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), Source::Commands.into())?);
        let reading = Reading { engine: config.engine, is_offloaded: common.kernel.is_some() };
        let flows = common.kernel.as_ref().map(|kernel| Flows::new(Arc::clone(kernel), place, clock::now()));
        let listeners = Listener::watch(poll.registry(), reading, sockets.udp)?;
        let acceptors = Acceptor::watch(poll.registry(), sockets.tcp, sockets.tls)?;
        Ok(Self {
            poll,
            turn,
            stats: SocketStats::default(),
            tcp_limits: config.tcp_limits,
            tls: Arc::clone(&common.tls),
            door: Arc::clone(&common.door),
            shelf: Arc::clone(&common.shelf),
            ready: VecDeque::new(),
            listeners,
            acceptors,
            relay_ports: RelayPorts::default(),
            legs: Legs::default(),
            peers: Peers::default(),
            inbox: Inbox::new(config.engine),
            outbox: Outbox::new(config.engine),
            pace: Pace::new(clock::now(), config.tick),
            reading,
            flows,
            buffer: vec![0; HEADROOM + LONGEST_MESSAGE + TAILROOM].into_boxed_slice(),
            commands,
            waker,
            stop: Arc::default(),
            wall_clock_at: clock::now() + WALL_CLOCK_INTERVAL,
        })
    }

    /// Wakes the thread to look at its orders.
    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Ends the thread when it is set and the thread woken.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Serves until told to stop.
    pub(crate) fn run(mut self) -> std::io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        while !self.stop.load(Ordering::Acquire) {
            match self.poll.poll(&mut events, self.patience()) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error),
                Err(_) => continue,
                Ok(()) => {}
            }
            for event in &events {
                self.on_event(event.token(), event.is_error());
            }
            self.obey();
            self.serve_round();
            self.flush();
            self.offload(clock::now());
            self.on_time();
            self.rest();
        }
        Ok(())
    }

    /// Lets packets wait for each other if many come.
    fn rest(&mut self) {
        if self.ready.is_empty()
            && let Some(rest) = self.pace.rest(clock::now())
        {
            std::thread::sleep(rest);
        }
    }

    /// How long to sleep unless something comes.
    fn patience(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let resting = self.acceptors.iter().filter_map(Acceptor::rests_until);
        let look = self.flows.as_ref().and_then(Flows::next_look);
        let deadlines = self.turn.next_timeout().into_iter().chain(self.legs.next_deadline()).chain(resting);
        let deadlines = deadlines.chain(look);
        let deadlines = deadlines.chain(self.peers.next_wake());
        let next = deadlines.fold(self.wall_clock_at, Instant::min);
        Some(next.saturating_duration_since(clock::now()))
    }

    fn on_event(&mut self, token: Token, is_error: bool) {
        let source = Source::from(token);
        let is_queued = match source {
            // Looked at in every round.
            Source::Commands => return,
            Source::Listener(place) => &mut self.listeners[place].is_queued,
            Source::Acceptor(place) => &mut self.acceptors[place].is_queued,
            Source::RelayPort(place) => match self.relay_ports.get_mut(place) {
                Some(port) => {
                    port.has_failures |= is_error;
                    &mut port.is_queued
                }
                // Closed since.
                None => return,
            },
            Source::Leg(place) => match self.legs.get_mut(place) {
                Some(leg) => &mut leg.is_queued,
                None => return,
            },
            Source::PeerListener(place) => match self.peers.listener_mut(place) {
                Some(listener) => &mut listener.is_queued,
                None => return,
            },
            Source::Peer(place) => match self.peers.get_mut(place) {
                Some(peer) => &mut peer.is_queued,
                None => return,
            },
        };
        if !std::mem::replace(is_queued, true) {
            self.ready.push_back(source);
        }
    }

    fn obey(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Stats(answer) => {
                    let stats = self.stats_now();
                    // Who asked may have lost patience.
                    let _unwanted = answer.send(stats);
                }
                Command::Revoke(subject, until) => {
                    self.tell(clock::now(), Input::Revoke { subject: &subject, until });
                }
                Command::Known(username) => self.tell(clock::now(), Input::Known { username: &username }),
                Command::Vouch(ip, lasts) => {
                    let now = clock::now();
                    self.tell(now, Input::Vouch { ip, until: now + lasts });
                }
                Command::Drain(is_draining) => self.tell(clock::now(), Input::Drain { is_draining }),
                Command::Adopt(leg) => self.open_leg(clock::now(), leg),
                Command::Leave(answer) => {
                    let _unwanted = answer.send(self.leave());
                }
                Command::PredecessorEnded => {
                    let now = clock::now();
                    self.tell(now, Input::PredecessorEnded);
                    if let Some(flows) = &mut self.flows {
                        flows.on_all_changed(now, &mut self.turn);
                    }
                }
            }
        }
    }

    fn stats_now(&mut self) -> Stats {
        let offload = self.flows.as_mut().map(|flows| {
            flows.look(clock::now(), &mut self.turn);
            flows.stats()
        });
        Stats { turn: self.turn.stats().clone(), sockets: self.stats, offload: offload.unwrap_or_default() }
    }

    /// Serves once whatever is ready; what becomes ready meanwhile has to wait for the next round.
    fn serve_round(&mut self) {
        self.legs.begin_round();
        for _ in 0..self.ready.len() {
            let Some(source) = self.ready.pop_front() else { return };
            let now = clock::now();
            let has_more = match source {
                Source::Commands => false,
                Source::Listener(place) => self.serve_listener(now, place),
                Source::Acceptor(place) => self.serve_acceptor(now, place),
                Source::RelayPort(place) => self.serve_relay_port(now, place),
                Source::Leg(place) => self.serve_leg(now, place),
                Source::PeerListener(place) => self.serve_peer_listener(now, place),
                Source::Peer(place) => self.serve_peer(now, place),
            };
            if has_more {
                self.ready.push_back(source);
            }
        }
    }

    /// Does what is due.
    fn on_time(&mut self) {
        let now = clock::now();
        if self.turn.next_timeout().is_some_and(|deadline| deadline <= now) {
            self.tell(now, Input::Timeout);
        }
        // Who has moved leaves a connection behind.
        self.perform(now);
        self.look_at_flows(now);
        self.close_late_legs(now);
        self.wake_acceptors(now);
        self.wake_peers(now);
        if self.wall_clock_at <= now {
            self.wall_clock_at = now + WALL_CLOCK_INTERVAL;
            self.tell(now, Input::WallClock { unix: clock::unix() });
        }
    }

    /// Tells the core something, and does what it wants done.
    pub(crate) fn tell(&mut self, now: Instant, input: Input<'_>) {
        self.turn.handle(now, input);
        self.perform(now);
    }

    /// Makes sure that there is room for at least a few datagrams, by sending those that wait.
    pub(crate) fn make_room(&mut self) {
        if self.inbox.room() < SLOTS / 4 {
            self.flush();
        }
    }

    /// Sends what waits.
    fn flush(&mut self) {
        let (listeners, relay_ports) = (&self.listeners, &self.relay_ports);
        let socket_of = |outlet| match outlet {
            Outlet::Listener(place) => listeners.get(place).map(|listener: &Listener| &listener.socket),
            Outlet::RelayPort(relay) => relay_ports.of(relay).map(|port| &port.socket),
        };
        self.outbox.flush(self.inbox.bytes(), socket_of, &mut self.stats);
        self.inbox.clear();
    }

    /// Routes a datagram of a client.
    pub(crate) fn on_client_datagram(&mut self, now: Instant, from: FiveTuple, tos: u8, packet: Packet) {
        let buffer = &mut self.inbox.bytes_mut()[packet.room()];
        match self.turn.route(now, from, buffer, packet.length) {
            Route::Control => {
                let bytes = &buffer[HEADROOM..HEADROOM + packet.length];
                self.turn.handle(now, Input::Message { from, over_tls: false, bytes });
                self.perform(now);
            }
            route @ (Route::ToPeer { .. } | Route::ToClient { .. } | Route::Dropped(_)) => {
                self.follow(now, route, tos, packet);
            }
        }
    }

    /// Routes a datagram that came to a relayed port.
    pub(crate) fn on_peer_datagram(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        tos: u8,
        packet: Packet,
    ) {
        let buffer = &mut self.inbox.bytes_mut()[packet.room()];
        let route = self.turn.route_from_peer(now, relay, peer, buffer, packet.length);
        self.follow(now, route, tos, packet);
    }

    fn follow(&mut self, now: Instant, route: Route, tos: u8, packet: Packet) {
        // Of requests there are never so many, and each has somebody who waits for its answer.
        self.pace.count(1);
        let in_inbox = |data: Range<usize>| packet.start + data.start..packet.start + data.end;
        match route {
            Route::ToPeer { relay, peer, data, dont_fragment: true } => {
                self.send_whole(now, relay, peer, tos, Bytes::Inbox(in_inbox(data)));
            }
            Route::ToPeer { relay, peer, data, dont_fragment: false } => {
                let flow = Flow { outlet: Outlet::RelayPort(relay), to: peer, tos };
                self.outbox.push(flow, in_inbox(data));
            }
            Route::ToClient { to, data } => match to.transport {
                Transport::Udp => {
                    let Some(place) = place_at(&self.listeners, to.server) else { return };
                    let flow = Flow { outlet: Outlet::Listener(place), to: to.client, tos };
                    self.outbox.push(flow, in_inbox(data));
                }
                Transport::Tcp => {
                    let Some(leg) = self.legs.of(&to) else { return };
                    let message = &self.inbox.bytes()[in_inbox(data)];
                    leg.send(now, &[message], Kind::Media, &mut self.stats);
                }
            },
            Route::Control | Route::Dropped(_) => {}
        }
    }

    /// Routes a message of `length` bytes at [`RECEIVED`] that came over TCP. It does not wait for others.
    pub(crate) fn on_stream_message(&mut self, now: Instant, from: FiveTuple, over_tls: bool, length: usize) {
        let route = self.turn.route(now, from, &mut self.buffer, length);
        if !matches!(route, Route::Control) {
            self.pace.count(1);
        }
        match route {
            Route::Control => {
                let bytes = &self.buffer[HEADROOM..HEADROOM + length];
                self.turn.handle(now, Input::Message { from, over_tls, bytes });
                self.perform(now);
            }
            Route::ToPeer { relay, peer, data, dont_fragment: true } => {
                self.send_whole(now, relay, peer, 0, Bytes::Stream(data));
            }
            Route::ToPeer { relay, peer, data, dont_fragment: false } => {
                let Some(port) = self.relay_ports.of(relay) else { return };
                datagrams::send_now(&port.socket, &self.buffer[data], peer, &mut self.stats);
            }
            Route::ToClient { to, data } => match to.transport {
                Transport::Udp => {
                    let Some(listener) = listener_at(&self.listeners, to.server) else { return };
                    datagrams::send_now(&listener.socket, &self.buffer[data], to.client, &mut self.stats);
                }
                Transport::Tcp => {
                    let Some(leg) = self.legs.of(&to) else { return };
                    leg.send(now, &[&self.buffer[data]], Kind::Media, &mut self.stats);
                }
            },
            Route::Dropped(_) => {}
        }
    }
}
