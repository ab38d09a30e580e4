//! The addresses others in the same network reach this machine at.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Addresses told to people and named in the certificate; a machine may have very many.
const MOST: usize = 8;

/// The address of the default route first, then the other IPv4 ones, then IPv6. Loopback and link-local ones are left
/// out: nobody else can use them, or not in a URL.
pub fn reachable() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .iter()
        .filter(|interface| interface.is_oper_up() && !interface.is_loopback() && !interface.is_link_local())
        .map(if_addrs::Interface::ip)
        .collect();
    let default = default_route();
    found.sort_by_key(|address| (Some(*address) != default, address.is_ipv6(), *address));
    found.dedup();
    found.truncate(MOST);
    found
}

/// The address packets to the internet leave from. Connecting a UDP socket sends nothing; it asks the routing table.
fn default_route() -> Option<IpAddr> {
    let documentation = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(documentation).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}
