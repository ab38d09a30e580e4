//! A client's TCP connection: what it sends is cut into messages, what it is sent waits its turn. The connection may carry
//! TLS; the core knows both as TCP.

mod carrier;
mod out_queue;

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use mio::net::TcpStream;
use rustls::ServerConfig;
use visavis_turn::codec::FrameDecoder;
use visavis_turn::{FiveTuple, Transport};

pub(crate) use self::carrier::Carrier;
use self::carrier::TlsFailed;
pub(crate) use self::carrier::{Received, received};
pub(crate) use self::out_queue::Kind;
use self::out_queue::{OutQueue, QueueLimits};
use crate::config::TcpLimits;
use crate::stats::SocketStats;

/// Bytes read from one connection before the others have their turn.
pub(crate) const READ_SIZE: usize = 16 * 1024;
/// What the kernel may hold of messages it has not sent yet, so that the rest waits where it can be dropped.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 16 * 1024;

/// A connection of a worker.
pub(crate) struct Leg {
    pub(crate) five_tuple: FiveTuple,
    pub(crate) stream: TcpStream,
    carrier: Carrier,
    frames: FrameDecoder,
    out: OutQueue,
    /// By when it must have an allocation; `None` while it has one.
    pub(crate) deadline: Option<Instant>,
    /// It holds one of the places for handshakes.
    pub(crate) is_handshaking: bool,
    /// The place of the peer it is joined with: what it carries is the peer's, and no messages any more.
    pub(crate) joined: Option<usize>,
    /// It is in the worker's list of those to be served.
    pub(crate) is_queued: bool,
}

/// A connection that begins.
pub(crate) struct NewLeg {
    pub(crate) stream: std::net::TcpStream,
    pub(crate) carrier: Carrier,
    /// Bytes of messages that somebody has read already.
    pub(crate) received: Vec<u8>,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    ByClient,
    TimedOut,
    Malformed,
    TlsFailed,
}

impl From<TlsFailed> for Closed {
    fn from(_: TlsFailed) -> Self {
        Self::TlsFailed
    }
}

impl Leg {
    /// `None` if the client has gone already.
    pub(crate) fn new(new: NewLeg, limits: &TcpLimits, deadline: Instant) -> Option<Self> {
        let NewLeg { stream, carrier, received } = new;
        let five_tuple = five_tuple_of(&stream)?;
        stream.set_nonblocking(true).ok()?;
        // Media must not wait for more media (Nagle).
        stream.set_nodelay(true).ok()?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT).ok()?;
        let mut frames = FrameDecoder::new(limits.longest_message);
        frames.push(&received);
        Some(Self {
            five_tuple,
            stream: TcpStream::from_std(stream),
            is_handshaking: carrier.is_handshaking(),
            carrier,
            frames,
            out: OutQueue::new(QueueLimits { bytes: limits.out_queue, age: limits.longest_wait }),
            deadline: Some(deadline),
            joined: None,
            is_queued: false,
        })
    }

    /// Whether this is TLS, the client has spoken, and the handshake has not begun.
    pub(crate) fn wants_handshake(&self) -> bool {
        matches!(self.carrier, Carrier::Awaited) && self.stream.peek(&mut [0]).is_ok()
    }

    /// Whether its messages come through TLS.
    pub(crate) const fn is_tls(&self) -> bool {
        matches!(self.carrier, Carrier::Tls(_))
    }

    /// Begins the handshake.
    pub(crate) fn begin_handshake(&mut self, config: Arc<ServerConfig>) -> Result<(), Closed> {
        self.carrier = Carrier::begin(config)?;
        self.is_handshaking = true;
        Ok(())
    }

    /// Whether the handshake has ended since this was asked last.
    pub(crate) fn has_shaken_hands(&mut self) -> bool {
        let has_ended = self.is_handshaking && !self.carrier.is_handshaking();
        self.is_handshaking &= !has_ended;
        has_ended
    }

    /// Reads once, into `buffer` and on to the frames. Whether there may be more.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<bool, Closed> {
        match self.carrier.read(&mut self.stream, buffer)? {
            Received::Bytes(length) => {
                self.frames.push(&buffer[..length]);
                Ok(true)
            }
            Received::Overhead => Ok(true),
            Received::Nothing => Ok(false),
            Received::End | Received::Broken => Err(Closed::ByClient),
        }
    }

    /// Copies the next complete message to the front of `target`; returns its length.
    pub(crate) fn next_message(&mut self, target: &mut [u8]) -> Result<Option<usize>, Closed> {
        let Some(frame) = self.frames.next_frame().map_err(|_| Closed::Malformed)? else { return Ok(None) };
        target[..frame.len()].copy_from_slice(frame);
        Ok(Some(frame.len()))
    }

    /// Sends a message, given in pieces, at once as far as the kernel takes it.
    pub(crate) fn send(&mut self, now: Instant, message: &[&[u8]], kind: Kind, stats: &mut SocketStats) {
        stats.tcp_queue_dropped += self.out.push(now, message, kind);
        // A broken connection shows when it is read.
        let _broken = self.write(now, stats);
    }

    /// Writes what the kernel takes of what waits.
    pub(crate) fn write(&mut self, now: Instant, stats: &mut SocketStats) -> Result<(), Closed> {
        stats.tcp_queue_dropped += self.out.drop_stale(now);
        let flushed = self.carrier.flush(&mut self.stream).map_err(|_| Closed::ByClient)?;
        if !flushed || self.out.is_empty() {
            return Ok(());
        }
        let Self { out, carrier, stream, .. } = self;
        out.write_with(|slices| carrier.write(stream, slices)).map_err(|_| Closed::ByClient)
    }

    /// Joins it with a peer. Returns what the client has sent behind the last message.
    pub(crate) fn join(&mut self, peer: usize) -> Vec<u8> {
        self.joined = Some(peer);
        self.frames.take_rest()
    }

    /// Reads once of what is no message any more.
    pub(crate) fn read_raw(&mut self, target: &mut [u8]) -> Result<Received, Closed> {
        Ok(self.carrier.read(&mut self.stream, target)?)
    }

    /// Writes what is no message, once the last message has been written. `Ok(0)`: nothing, for now.
    pub(crate) fn write_raw(
        &mut self,
        now: Instant,
        slices: &[IoSlice<'_>],
        stats: &mut SocketStats,
    ) -> io::Result<usize> {
        self.write(now, stats).map_err(|_| io::ErrorKind::BrokenPipe)?;
        if !self.out.is_empty() {
            return Ok(0);
        }
        self.carrier.write(&mut self.stream, slices)
    }

    /// Tells the client that nothing more comes, once all has been written. Whether it has been told.
    pub(crate) fn end_writing(&mut self, now: Instant, stats: &mut SocketStats) -> io::Result<bool> {
        self.write(now, stats).map_err(|_| io::ErrorKind::BrokenPipe)?;
        if !self.out.is_empty() || !self.carrier.flush(&mut self.stream)? {
            return Ok(false);
        }
        self.carrier.say_goodbye(&mut self.stream);
        self.stream.shutdown(Shutdown::Write)?;
        Ok(true)
    }

    /// Says the last words.
    pub(crate) fn close(&mut self) {
        self.carrier.say_goodbye(&mut self.stream);
    }
}

fn five_tuple_of(stream: &std::net::TcpStream) -> Option<FiveTuple> {
    // Without flow label and scope, which would make equal addresses differ.
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (client, server) = (plain(stream.peer_addr().ok()?), plain(stream.local_addr().ok()?));
    Some(FiveTuple { transport: Transport::Tcp, client, server })
}
