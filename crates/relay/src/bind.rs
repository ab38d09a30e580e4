//! Opening sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::RelayError;

/// What the listening sockets ask the kernel to hold while this process is busy, in bytes.
const LISTEN_BUFFER: usize = 4 << 20;
/// The same for one allocation's port.
const RELAY_BUFFER: usize = 512 << 10;
/// Ports tried for a wildcard with port 0 until one is free on every address.
const SHARED_PORT_ATTEMPTS: usize = 16;

/// Opens the UDP sockets for one configured address, so many for each: the system shares out what comes among them, always
/// the same client to the same. A wildcard becomes sockets on every address of this machine, so that every answer leaves
/// from the address its request came to (RFC 8489 §6.3.1.2), whatever the routing table says.
pub(crate) fn listen_udp(
    address: SocketAddr,
    own: &[IpAddr],
    count: usize,
) -> Result<Vec<Vec<UdpSocket>>, RelayError> {
    let refused = |address| move |source| RelayError::ListenUdp { address, source };
    if !address.ip().is_unspecified() {
        return Ok(vec![listen_on(address, count).map_err(refused(address))?]);
    }
    let same_family = own.iter().filter(|ip| ip.is_ipv4() == address.is_ipv4());
    let ips: Vec<IpAddr> = same_family.copied().collect();
    let mut attempt = 0;
    loop {
        attempt += 1;
        match listen_on_all(&ips, address.port(), count) {
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
fn listen_on_all(
    ips: &[IpAddr],
    mut port: u16,
    count: usize,
) -> Result<Vec<Vec<UdpSocket>>, (SocketAddr, io::Error)> {
    let mut sockets = Vec::new();
    for ip in ips {
        let at = SocketAddr::new(*ip, port);
        let open = listen_on(at, count).and_then(|group| Ok((group[0].local_addr()?.port(), group)));
        let (opened, group) = open.map_err(|error| (at, error))?;
        port = opened;
        sockets.push(group);
    }
    Ok(sockets)
}

/// Opens so many sockets on one address; at least one.
fn listen_on(at: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let alone = udp(at, LISTEN_BUFFER, Sharing::None)?;
    if count <= 1 {
        return Ok(vec![alone]);
    }
    // The address is free, or this would have failed: sockets that share it would join those of somebody else unnoticed.
    let at = alone.local_addr()?;
    drop(alone);
    (0..count).map(|_| udp(at, LISTEN_BUFFER, Sharing::Port)).collect()
}

/// Opens an allocation's port.
pub(crate) fn relay_port(at: SocketAddr) -> io::Result<UdpSocket> {
    udp(at, RELAY_BUFFER, Sharing::None)
}

/// Whether several sockets have one address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    None,
    Port,
}

impl Sharing {
    fn apply(self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            #[cfg(target_os = "linux")]
            Self::Port => socket.set_reuse_port(true),
            #[cfg(not(target_os = "linux"))]
            Self::Port => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

fn udp(at: SocketAddr, buffer: usize, sharing: Sharing) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The system's limit may be lower, which costs packets under load but no function.
    let enlarged = socket.set_recv_buffer_size(buffer).and(socket.set_send_buffer_size(buffer));
    if let Err(error) = enlarged {
        tracing::debug!(%error, "socket buffers stay at the system's default");
    }
    sharing.apply(&socket)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    Ok(socket.into())
}

/// Opens so many TCP listeners on one address, among which the system shares out connections; at least one. A connection
/// knows which address it came to, so a wildcard needs only one.
pub(crate) fn listen_tcp(address: SocketAddr, count: usize) -> io::Result<Vec<TcpListener>> {
    let alone = tcp(address, Sharing::None)?;
    if count <= 1 {
        return Ok(vec![alone]);
    }
    let address = alone.local_addr()?;
    drop(alone);
    (0..count).map(|_| tcp(address, Sharing::Port)).collect()
}

fn tcp(address: SocketAddr, sharing: Sharing) -> io::Result<TcpListener> {
    const BACKLOG: i32 = 1024;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for connections of the predecessor to time out.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    sharing.apply(&socket)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Opens an allocation's port for TCP, to accept peers. Connections to peers leave from the same port, see [`from_relay_port`].
pub(crate) fn relay_listener(at: SocketAddr) -> io::Result<TcpListener> {
    const BACKLOG: i32 = 16;
    // The address is free, or this fails: the next one would join somebody else's.
    drop(relay_stream(at, false)?);
    let socket = relay_stream(at, true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Begins to connect to a peer from an allocation's port, on which [`relay_listener`] listens.
pub(crate) fn from_relay_port(at: SocketAddr, peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = relay_stream(at, true)?;
    match socket.connect(&peer.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        Ok(()) | Err(_) => Ok(socket.into()),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}

fn relay_stream(at: SocketAddr, is_shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Connections of whoever had the port before may not have timed out.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Elsewhere no connection can leave from where one listens, and Connect fails.
    #[cfg(unix)]
    socket.set_reuse_port(is_shared)?;
    #[cfg(not(unix))]
    let _nothing_to_share = is_shared;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    Ok(socket)
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
