//! Where clients come in.

pub(crate) mod tcp;
pub(crate) mod udp;

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;

use tokio::task::JoinSet;

use crate::engine::Engine;

/// Starts a task for every listening socket. They never end by themselves.
pub(crate) fn start(
    engine: &Rc<Engine>,
    udp_sockets: Vec<(SocketAddr, UdpSocket)>,
    tcp_listeners: Vec<(SocketAddr, TcpListener)>,
) -> io::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    for (address, socket) in udp_sockets {
        tracing::debug!(%address, "listening for UDP");
        let socket = Rc::new(tokio::net::UdpSocket::from_std(socket)?);
        engine.with(|state, _| state.listeners.insert(address, Rc::clone(&socket)));
        tasks.spawn_local(udp::serve(Rc::clone(engine), address, socket));
    }
    for (address, listener) in tcp_listeners {
        tracing::debug!(%address, "listening for TCP");
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tasks.spawn_local(tcp::accept(Rc::clone(engine), listener));
    }
    Ok(tasks)
}
