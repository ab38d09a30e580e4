//! Opening the sockets of HTTP and HTTPS.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing::info;

use crate::upgrade::Inherited;

/// Why an address cannot be listened on; meant for the operator.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Somebody else has the port.
    #[error(
        "cannot listen on {address} ({key}): the port is in use, perhaps by another visavis; stop that, or set {key}"
    )]
    InUse {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
    },
    /// Anything else.
    #[error(
        "cannot listen on {address} ({key}): {source}; set {key} to an address of this machine and a free port"
    )]
    Refused {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A socket that waits for connections.
pub struct Listener {
    pub(super) tcp: TcpListener,
    pub(super) tls: Option<TlsAcceptor>,
    address: SocketAddr,
    key: &'static str,
    configured: SocketAddr,
}

/// A listening socket to pass on: its setting, what that says, and the socket.
pub type Spare = (&'static str, SocketAddr, std::net::TcpListener);

impl Listener {
    /// Whether it speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Where it listens; the port is the real one if the system chose it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same socket once more: as long as one of the two is open, connections that come wait instead of being refused.
    ///
    /// # Errors
    /// When the process may open no further file.
    pub fn spare(&self) -> io::Result<Spare> {
        Ok((self.key, self.configured, self.tcp.as_fd().try_clone_to_owned()?.into()))
    }
}

/// Listens for plain HTTP on `http.listen`; with the socket of the process before this one, if that had the same setting.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind_http(address: SocketAddr, inherited: &mut Inherited) -> Result<Listener, ListenError> {
    bind("http.listen", address, None, inherited).await
}

/// Listens for HTTPS on `https.listen`; with the socket of the process before this one, if that had the same setting.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind_https(
    address: SocketAddr,
    config: Arc<rustls::ServerConfig>,
    inherited: &mut Inherited,
) -> Result<Listener, ListenError> {
    bind("https.listen", address, Some(TlsAcceptor::from(config)), inherited).await
}

async fn bind(
    key: &'static str,
    configured: SocketAddr,
    tls: Option<TlsAcceptor>,
    inherited: &mut Inherited,
) -> Result<Listener, ListenError> {
    let address = configured;
    let mut bound = match inherited.take(key, configured) {
        Some(open) => open.set_nonblocking(true).and_then(|()| TcpListener::from_std(open)),
        None => TcpListener::bind(address).await,
    };
    if bound.is_err() && address.ip().is_unspecified() && !ipv6_works() {
        // The default says `[::]` for everybody; on a machine without IPv6 that means IPv4.
        info!("this machine has no IPv6: listening on IPv4 only");
        bound = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
    }
    let listener = bound.and_then(|tcp| {
        let address = tcp.local_addr()?;
        Ok(Listener { tcp, tls, address, key, configured })
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { key, address },
        _ => ListenError::Refused { key, address, source },
    })
}

fn ipv6_works() -> bool {
    std::net::UdpSocket::bind("[::1]:0").is_ok()
}
