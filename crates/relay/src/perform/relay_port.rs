//! Opening, reading and closing relayed ports.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use tokio::net::UdpSocket;
use visavis_turn::{Input, RelayId};

use crate::bind;
use crate::engine::{Engine, RelayPort, State};
use crate::listen::udp::{BATCH, receive};

/// Opens a port, and the one after it if `next` names it; both or none.
pub(super) fn open(
    engine: &Rc<Engine>,
    state: &mut State,
    now: Instant,
    relay: RelayId,
    at: SocketAddr,
    next: Option<RelayId>,
) {
    match open_sockets(at, next.is_some()) {
        Ok((socket, sibling)) => {
            start(engine, state, relay, socket);
            if let Some((relay, socket)) = next.zip(sibling) {
                start(engine, state, relay, socket);
            }
            state.turn.handle(now, Input::RelayOpened { relay });
        }
        Err(error) => {
            tracing::debug!(%at, %error, "relayed port can not be opened");
            state.turn.handle(now, Input::RelayRefused { relay });
        }
    }
}

/// Closes a port. Its reader lets go of the socket before the thread waits for anything again.
pub(super) fn close(state: &mut State, relay: RelayId) {
    if let Some(port) = state.relays.remove(&relay) {
        port.reader.abort();
    }
}

fn open_sockets(at: SocketAddr, with_next: bool) -> io::Result<(UdpSocket, Option<UdpSocket>)> {
    let socket = UdpSocket::from_std(bind::relay_port(at)?)?;
    if !with_next {
        return Ok((socket, None));
    }
    let next = at.port().checked_add(1).ok_or(io::ErrorKind::AddrNotAvailable)?;
    let sibling = UdpSocket::from_std(bind::relay_port(SocketAddr::new(at.ip(), next))?)?;
    Ok((socket, Some(sibling)))
}

fn start(engine: &Rc<Engine>, state: &mut State, relay: RelayId, socket: UdpSocket) {
    let socket = Rc::new(socket);
    let task = tokio::task::spawn_local(read(Rc::clone(engine), relay, Rc::clone(&socket)));
    state.relays.insert(relay, RelayPort { socket, reader: task.abort_handle() });
}

async fn read(engine: Rc<Engine>, relay: RelayId, socket: Rc<UdpSocket>) {
    while socket.readable().await.is_ok() {
        let is_drained = engine.with(|state, now| {
            for _ in 0..BATCH {
                let Some((length, peer)) = receive(&socket, state) else { return true };
                state.on_peer_datagram(now, relay, peer, length);
            }
            false
        });
        if !is_drained {
            tokio::task::yield_now().await;
        }
    }
}
