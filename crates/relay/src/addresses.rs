//! The addresses a relay has: those it listens on, and those it opens relayed ports on.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use visavis_turn::RelayAddress;

use crate::config::RelayConfig;
use crate::{RelayError, bind};

/// Where the relay listens: no wildcards for UDP, and no port 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalAddresses {
    /// UDP sockets.
    pub udp: Vec<SocketAddr>,
    /// TCP listeners.
    pub tcp: Vec<SocketAddr>,
    /// TCP listeners for TLS.
    pub tls: Vec<SocketAddr>,
}

impl LocalAddresses {
    fn all(&self) -> impl Iterator<Item = &SocketAddr> {
        self.udp.iter().chain(&self.tcp).chain(&self.tls)
    }
}

/// Open sockets that nobody reads yet, for one worker.
#[derive(Default)]
pub(crate) struct Sockets {
    pub(crate) udp: Vec<(SocketAddr, UdpSocket)>,
    pub(crate) tcp: Vec<(SocketAddr, TcpListener)>,
    pub(crate) tls: Vec<(SocketAddr, TcpListener)>,
}

impl Sockets {
    /// Opens all that clients come to, for each of so many workers.
    pub(crate) fn open(
        config: &RelayConfig,
        own: &[IpAddr],
        workers: usize,
    ) -> Result<Vec<Self>, RelayError> {
        let mut all: Vec<Self> = std::iter::repeat_with(Self::default).take(workers).collect();
        for address in &config.listen_udp {
            let failed = |source| RelayError::ListenUdp { address: *address, source };
            for group in bind::listen_udp(*address, own, workers)? {
                for (sockets, socket) in all.iter_mut().zip(group) {
                    sockets.udp.push((socket.local_addr().map_err(failed)?, socket));
                }
            }
        }
        let listen = |address: SocketAddr| {
            let listeners = bind::listen_tcp(address, workers)?;
            let with_address = |listener: TcpListener| Ok((listener.local_addr()?, listener));
            listeners.into_iter().map(with_address).collect::<std::io::Result<Vec<_>>>()
        };
        for address in &config.listen_tcp {
            let failed = |source| RelayError::ListenTcp { address: *address, source };
            for (sockets, listener) in all.iter_mut().zip(listen(*address).map_err(failed)?) {
                sockets.tcp.push(listener);
            }
        }
        for address in &config.listen_tls {
            let failed = |source| RelayError::ListenTls { address: *address, source };
            for (sockets, listener) in all.iter_mut().zip(listen(*address).map_err(failed)?) {
                sockets.tls.push(listener);
            }
        }
        Ok(all)
    }

    pub(crate) fn addresses(&self) -> LocalAddresses {
        let of_listeners =
            |listeners: &[(SocketAddr, TcpListener)]| listeners.iter().map(|(address, _)| *address).collect();
        LocalAddresses {
            udp: self.udp.iter().map(|(address, _)| *address).collect(),
            tcp: of_listeners(&self.tcp),
            tls: of_listeners(&self.tls),
        }
    }
}

/// Where relayed ports are opened: as configured, else on every address clients can come to, those that others can
/// reach first.
pub(crate) fn relay_addresses(
    config: &RelayConfig,
    listening: &LocalAddresses,
    own: &[IpAddr],
) -> Result<Vec<RelayAddress>, RelayError> {
    let mut binds: Vec<IpAddr> = match config.relay_address {
        Some(ip) => vec![ip],
        None => {
            let listens_on = |ip: &IpAddr| {
                listening.all().any(|address| {
                    let is_wildcard = address.ip().is_unspecified() && address.is_ipv4() == ip.is_ipv4();
                    address.ip() == *ip || is_wildcard
                })
            };
            own.iter().copied().filter(listens_on).collect()
        }
    };
    // A listening address that is on no interface, such as 127.0.0.2.
    for address in listening.all() {
        if config.relay_address.is_none() && !address.ip().is_unspecified() && !binds.contains(&address.ip())
        {
            binds.push(address.ip());
        }
    }
    let Some(external) = config.external_ip else {
        return Ok(binds.into_iter().map(RelayAddress::from).collect());
    };
    // One external address can stand for one address only, or two allocations could be seen under the same.
    let of_family = |ip: &&IpAddr| ip.is_ipv4() == external.is_ipv4();
    let bind = binds.iter().find(of_family).copied().ok_or_else(|| RelayError::Config {
        key: "relay.external_ip",
        problem: "no address of its family is listened on".to_owned(),
    })?;
    binds.retain(|ip| !of_family(&ip));
    let mut addresses = vec![RelayAddress { bind, advertised: external }];
    addresses.extend(binds.into_iter().map(RelayAddress::from));
    Ok(addresses)
}
