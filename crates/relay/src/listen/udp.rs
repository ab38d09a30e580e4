//! Clients that come over UDP.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::net::UdpSocket;
use visavis_turn::{FiveTuple, Transport};

use crate::engine::{Engine, State};

/// Datagrams taken from one socket before the others have their turn.
pub(crate) const BATCH: usize = 64;

/// Serves a listening socket until the thread ends.
pub(crate) async fn serve(engine: Rc<Engine>, address: SocketAddr, socket: Rc<UdpSocket>) {
    while socket.readable().await.is_ok() {
        let is_drained = engine.with(|state, now| {
            for _ in 0..BATCH {
                let Some((length, client)) = receive(&socket, state) else { return true };
                let from = FiveTuple { transport: Transport::Udp, client, server: address };
                state.on_client_message(now, from, length);
            }
            false
        });
        if !is_drained {
            tokio::task::yield_now().await;
        }
    }
}

/// Takes one datagram into the receive buffer; `None` when there is none left.
pub(crate) fn receive(socket: &UdpSocket, state: &mut State) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.try_recv_from(state.receive_buffer()) {
            // Without flow label and scope, which would make equal addresses differ.
            Ok((length, from)) => return Some((length, SocketAddr::new(from.ip(), from.port()))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            // The fate of an earlier datagram, such as "port unreachable"; the next one may be fine.
            Err(error) => tracing::trace!(%error, "receiving failed"),
        }
    }
}
