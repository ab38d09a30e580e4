//! Clients that come over TCP, because UDP is blocked. One task per connection reads and writes.

mod out_queue;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use visavis_turn::codec::FrameDecoder;
use visavis_turn::{FiveTuple, Input, Transport};

use self::out_queue::OutQueue;
use crate::clock;
use crate::engine::Engine;
use crate::stats::SocketStats;

/// Bytes read from one connection before the others have their turn.
const READ_SIZE: usize = 16 * 1024;
/// Pause after the system refused to accept, most likely for want of file descriptors: it would refuse again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A TCP connection as the rest of the thread sees it.
pub(crate) struct Connection {
    stream: TcpStream,
    out: RefCell<OutQueue>,
    /// By when it must have an allocation; `None` while it has one.
    deadline: Cell<Option<Instant>>,
    /// The queue or the deadline has changed.
    changed: Notify,
}

/// Why a connection is closed.
enum Closed {
    ByClient,
    TimedOut,
    Malformed,
}

impl Connection {
    /// Sends a message, at once as far as the kernel takes it; beyond the limit the oldest waiting ones are dropped.
    pub(crate) fn send(&self, message: &[u8], stats: &mut SocketStats) {
        let mut out = self.out.borrow_mut();
        stats.tcp_queue_dropped += out.push(message);
        // A broken connection shows when it is read.
        let _broken = out.write_to(&self.stream);
        if !out.is_empty() {
            self.changed.notify_one();
        }
    }

    pub(crate) fn set_allocated(&self, is_allocated: bool, without_allocation: Duration) {
        self.deadline.set((!is_allocated).then(|| clock::now() + without_allocation));
        self.changed.notify_one();
    }

    /// Resolves when there may be something to read, some of the queue has been written, or anything changed.
    async fn wait(&self) -> Result<(), Closed> {
        let has_output = !self.out.borrow().is_empty();
        let deadline = self.deadline.get();
        let timed_out = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            readable = self.stream.readable() => readable.map_err(|_| Closed::ByClient),
            writable = self.stream.writable(), if has_output => {
                writable.and_then(|()| self.out.borrow_mut().write_to(&self.stream)).map_err(|_| Closed::ByClient)
            }
            () = self.changed.notified() => Ok(()),
            () = timed_out => Err(Closed::TimedOut),
        }
    }
}

/// Serves a listener until the thread ends.
pub(crate) async fn accept(engine: Rc<Engine>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => open(&engine, stream, client),
            Err(error) => {
                tracing::debug!(%error, "accepting failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn open(engine: &Rc<Engine>, stream: TcpStream, client: SocketAddr) {
    // The client may have gone while it waited to be accepted.
    let Ok(server) = stream.local_addr() else { return };
    // Media must not wait for more media (Nagle).
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let plain = |address: SocketAddr| SocketAddr::new(address.ip(), address.port());
    let five_tuple = FiveTuple { transport: Transport::Tcp, client: plain(client), server: plain(server) };
    let limits = engine.tcp_limits;
    engine.with(|state, now| {
        let strangers = state.strangers.get(&client.ip()).copied().unwrap_or(0);
        if state.connections.len() >= limits.connections || strangers >= limits.strangers_per_ip {
            state.stats.tcp_refused += 1;
            return;
        }
        let connection = Rc::new(Connection {
            stream,
            out: RefCell::new(OutQueue::new(limits.out_queue)),
            deadline: Cell::new(Some(now + limits.without_allocation)),
            changed: Notify::new(),
        });
        state.connections.insert(five_tuple, Rc::clone(&connection));
        state.count_stranger(client.ip(), true);
        state.stats.tcp_connections += 1;
        tokio::task::spawn_local(serve(Rc::clone(engine), five_tuple, connection));
    });
}

async fn serve(engine: Rc<Engine>, five_tuple: FiveTuple, connection: Rc<Connection>) {
    let mut frames = FrameDecoder::new(engine.tcp_limits.longest_message);
    let closed = loop {
        if let Err(closed) = connection.wait().await {
            break closed;
        }
        match read(&engine, five_tuple, &connection, &mut frames) {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => {}
            Err(closed) => break closed,
        }
    };
    engine.with(|state, now| {
        state.turn.handle(now, Input::Disconnected { five_tuple });
        // Before the core's `Released` could count it again.
        state.connections.remove(&five_tuple);
        if connection.deadline.get().is_some() {
            state.count_stranger(five_tuple.client.ip(), false);
        }
        state.stats.tcp_connections -= 1;
        match closed {
            Closed::ByClient => {}
            Closed::TimedOut => state.stats.tcp_timed_out += 1,
            Closed::Malformed => state.stats.tcp_malformed += 1,
        }
    });
}

/// Reads what has come, and routes every complete message. Whether there was anything.
fn read(
    engine: &Rc<Engine>,
    from: FiveTuple,
    connection: &Connection,
    frames: &mut FrameDecoder,
) -> Result<bool, Closed> {
    engine.with(|state, now| {
        match connection.stream.try_read(&mut state.receive_buffer()[..READ_SIZE]) {
            Ok(0) => return Err(Closed::ByClient),
            Ok(length) => frames.push(&state.receive_buffer()[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(_) => return Err(Closed::ByClient),
        }
        while let Some(frame) = frames.next_frame().map_err(|_| Closed::Malformed)? {
            let length = frame.len();
            state.receive_buffer()[..length].copy_from_slice(frame);
            state.on_client_message(now, from, length);
        }
        Ok(true)
    })
}
