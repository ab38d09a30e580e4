//! The sockets of a row and the flows between them, with everything allocated, bound and permitted.

use std::net::{SocketAddr, UdpSocket};

use anyhow::{Context, Result};

use crate::client::Client;
use crate::packet::{Burst, Wrapping};
use crate::recvmmsg::{receive_runs, send_runs};
use crate::row::{Direction, Method, Row};

/// What our sockets ask the kernel to hold: enough for a moment in which this process is not running.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A connected socket of a client or a peer.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) socket: UdpSocket,
    /// Whether what it receives is wrapped.
    pub(crate) is_client: bool,
    /// Whether a burst leaves with one system call, cut by the kernel.
    pub(crate) sends_runs: bool,
}

/// Packets from one endpoint to another, through the server.
#[derive(Debug)]
pub(crate) struct Flow {
    /// Its place among the flows.
    pub(crate) number: u32,
    /// Endpoints by their place.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) burst: Burst,
    /// Bytes of application data in a packet.
    pub(crate) bytes: usize,
    /// The sequence number of the next packet.
    pub(crate) sequence: u32,
    pub(crate) arrived: Arrived,
}

/// Which sequence numbers have arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived(Vec<u64>);

impl Arrived {
    /// Whether it is the first time.
    pub(crate) fn insert(&mut self, sequence: u32) -> bool {
        let word = (sequence / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let bit = 1 << (sequence % 64);
        let is_first = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_first
    }
}

/// Opens everything a row needs.
pub(crate) fn open(server: SocketAddr, row: &Row, with_runs: bool) -> Result<(Vec<Endpoint>, Vec<Flow>)> {
    let mut opening = Opening { row, with_runs, endpoints: Vec::new(), flows: Vec::new() };
    let mut allocated = Vec::with_capacity(row.load.clients);
    // Two make a call.
    let clients = match row.direction {
        Direction::Up | Direction::Down => row.load.clients,
        Direction::Hair => row.load.clients.next_multiple_of(2),
    };
    for nth in 0..clients {
        let mut client = Client::new(server, nth)?;
        let relayed = client.allocate().with_context(|| format!("client {nth} has no allocation"))?;
        allocated.push((client, relayed));
    }
    match row.direction {
        Direction::Up | Direction::Down => {
            for (client, relayed) in allocated {
                opening.with_peer(client, relayed)?;
            }
        }
        Direction::Hair => {
            let mut allocated = allocated.into_iter();
            while let (Some(a), Some(b)) = (allocated.next(), allocated.next()) {
                opening.pair(a, b)?;
            }
        }
    }
    Ok((opening.endpoints, opening.flows))
}

struct Opening<'a> {
    row: &'a Row,
    with_runs: bool,
    endpoints: Vec<Endpoint>,
    flows: Vec<Flow>,
}

impl Opening<'_> {
    fn with_peer(&mut self, mut client: Client, relayed: SocketAddr) -> Result<()> {
        let peer = UdpSocket::bind(SocketAddr::new(relayed.ip(), 0))?;
        let peer_address = peer.local_addr()?;
        peer.connect(relayed)?;
        self.let_through(&mut client, peer_address)?;
        let wrapping = Wrapping::of_client(self.row.method, peer_address);
        let client = self.endpoint(client.into_socket(), true)?;
        let peer = self.endpoint(peer, false)?;
        match self.row.direction {
            Direction::Up => self.flow(client, peer, &wrapping),
            Direction::Down | Direction::Hair => self.flow(peer, client, &Wrapping::Bare),
        }
    }

    /// Both send, each to the other's relayed address.
    fn pair(&mut self, a: (Client, SocketAddr), b: (Client, SocketAddr)) -> Result<()> {
        let ((mut a, a_relayed), (mut b, b_relayed)) = (a, b);
        self.let_through(&mut a, b_relayed)?;
        self.let_through(&mut b, a_relayed)?;
        let a = self.endpoint(a.into_socket(), true)?;
        let b = self.endpoint(b.into_socket(), true)?;
        self.flow(a, b, &Wrapping::of_client(self.row.method, b_relayed))?;
        self.flow(b, a, &Wrapping::of_client(self.row.method, a_relayed))
    }

    fn let_through(&self, client: &mut Client, peer: SocketAddr) -> Result<()> {
        match self.row.method {
            Method::Channels => client.bind_channel(peer),
            Method::Indications => client.permit(peer),
        }
    }

    fn endpoint(&mut self, socket: UdpSocket, is_client: bool) -> Result<usize> {
        socket.set_nonblocking(true)?;
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
        if self.with_runs {
            receive_runs(&socket)?;
        }
        self.endpoints.push(Endpoint { socket, is_client, sends_runs: false });
        Ok(self.endpoints.len() - 1)
    }

    fn flow(&mut self, from: usize, to: usize, wrapping: &Wrapping) -> Result<()> {
        let load = &self.row.load;
        let burst = Burst::new(wrapping, load.bytes, usize::try_from(load.burst)?);
        if self.with_runs && load.burst > 1 {
            send_runs(&self.endpoints[from].socket, burst.packet_size())?;
            self.endpoints[from].sends_runs = true;
        }
        self.flows.push(Flow {
            number: u32::try_from(self.flows.len())?,
            from,
            to,
            burst,
            bytes: load.bytes,
            sequence: 0,
            arrived: Arrived::default(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_arrives_for_the_first_time_only_once() {
        let mut arrived = Arrived::default();
        let order = [0, 5, 64, 5, 3000, 64, 0, 63];
        let first = order.map(|sequence| arrived.insert(sequence));
        assert_eq!(first, [true, true, true, false, true, false, false, true]);
    }
}
