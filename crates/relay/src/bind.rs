//! Opening sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::RelayError;

/// What the listening sockets ask the kernel to hold while this process is busy, in bytes.
const LISTEN_BUFFER: usize = 4 << 20;
/// The same for one allocation's port.
const RELAY_BUFFER: usize = 512 << 10;
/// Ports tried for a wildcard with port 0 until one is free on every address.
const SHARED_PORT_ATTEMPTS: usize = 16;

/// Opens the UDP sockets for one configured address. A wildcard becomes one socket per address of this machine, so
/// that every answer leaves from the address its request came to (RFC 8489 §6.3.1.2), whatever the routing table says.
pub(crate) fn listen_udp(address: SocketAddr, own: &[IpAddr]) -> Result<Vec<UdpSocket>, RelayError> {
    let refused = |address| move |source| RelayError::ListenUdp { address, source };
    if !address.ip().is_unspecified() {
        return Ok(vec![udp(address, LISTEN_BUFFER).map_err(refused(address))?]);
    }
    let same_family = own.iter().filter(|ip| ip.is_ipv4() == address.is_ipv4());
    let ips: Vec<IpAddr> = same_family.copied().collect();
    let mut attempt = 0;
    loop {
        attempt += 1;
        match listen_on_all(&ips, address.port()) {
            Ok(sockets) => return Ok(sockets),
            Err((_, error))
                if address.port() == 0
                    && error.kind() == io::ErrorKind::AddrInUse
                    && attempt < SHARED_PORT_ATTEMPTS => {}
            Err((at, error)) => return Err(refused(at)(error)),
        }
    }
}

/// Opens the same port on every address.
fn listen_on_all(ips: &[IpAddr], mut port: u16) -> Result<Vec<UdpSocket>, (SocketAddr, io::Error)> {
    let mut sockets = Vec::new();
    for ip in ips {
        let at = SocketAddr::new(*ip, port);
        let open = udp(at, LISTEN_BUFFER).and_then(|socket| Ok((socket.local_addr()?.port(), socket)));
        let (opened, socket) = open.map_err(|error| (at, error))?;
        port = opened;
        sockets.push(socket);
    }
    Ok(sockets)
}

/// Opens an allocation's port.
pub(crate) fn relay_port(at: SocketAddr) -> io::Result<UdpSocket> {
    udp(at, RELAY_BUFFER)
}

fn udp(at: SocketAddr, buffer: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The system's limit may be lower, which costs packets under load but no function.
    let enlarged = socket.set_recv_buffer_size(buffer).and(socket.set_send_buffer_size(buffer));
    if let Err(error) = enlarged {
        tracing::debug!(%error, "socket buffers stay at the system's default");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    Ok(socket.into())
}

/// Opens a TCP listener. A connection knows which address it came to, so a wildcard needs only one.
pub(crate) fn listen_tcp(address: SocketAddr) -> Result<TcpListener, RelayError> {
    const BACKLOG: i32 = 1024;
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // A restart must not wait for connections of the predecessor to time out.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    open().map_err(|source| RelayError::ListenTcp { address, source })
}

/// Every address of this machine that can be bound without naming an interface.
pub(crate) fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> =
        if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip()).collect();
    addresses.retain(|ip| match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    addresses.sort_unstable_by_key(|ip| (ip.is_loopback(), *ip));
    addresses.dedup();
    if addresses.is_empty() {
        addresses.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }
    Ok(addresses)
}
