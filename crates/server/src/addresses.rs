//! The addresses others in the same network reach this machine at, and what addresses have in common.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

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

/// The URLs at which other devices reach HTTPS that listens on `address`.
pub fn network_urls(address: SocketAddr) -> Vec<String> {
    let url = |ip| format!("https://{}", SocketAddr::new(ip, address.port()));
    if address.ip().is_loopback() {
        return Vec::new();
    }
    if !address.ip().is_unspecified() {
        return vec![url(address.ip())];
    }
    reachable().into_iter().filter(|ip| address.is_ipv6() || ip.is_ipv4()).map(url).collect()
}

/// Whose address this is when strangers are counted: an IPv6 client has all addresses of a /64 to itself.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

/// Whether `host`, as a browser writes it in `Host`, is this machine for itself only.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        // The colons of an IPv6 address without a port are within its brackets.
        Some((name, port)) if !port.ends_with(']') => name,
        Some(_) | None => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_is_of_no_use_to_others() {
        let urls = |text: &str| network_urls(text.parse().unwrap());

        assert_eq!(urls("127.0.0.1:7443"), Vec::<String>::new());
        assert_eq!(urls("192.0.2.7:7443"), ["https://192.0.2.7:7443"]);
    }

    #[test]
    fn a_host_that_only_this_machine_reaches_is_known() {
        for host in [
            "localhost",
            "LOCALHOST:7070",
            "app.localhost:80",
            "127.0.0.1:7070",
            "127.9.9.9",
            "[::1]",
            "[::1]:7070",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "192.0.2.7:7070",
            "localhost.example.org",
            "[2001:db8::1]",
            "[2001:db8::1]:7070",
            "call.example.org",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
