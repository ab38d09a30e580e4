//! The address the world sees this machine at: its own, the one that is configured, or what a STUN server says.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tracing::warn;
use visavis_relay::probe;
use visavis_turn::PeerFilter;

use crate::addresses;
use crate::config::Config;

/// How long a STUN server may take at the start, its name included.
const PATIENCE: Duration = Duration::from_secs(3);
/// Where STUN servers listen (RFC 8489 §5).
const STUN_PORT: u16 = 3478;

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicAddress {
    /// The address, if one was found.
    pub ip: Option<IpAddr>,
    /// By whom.
    pub found_by: FoundBy,
}

/// How the public address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// `relay.external_ip` says so.
    Configured,
    /// An interface of this machine has it.
    Interface,
    /// `relay.stun_server` says so.
    Stun,
    /// Nobody knows: all addresses of this machine are private.
    Nobody,
}

impl PublicAddress {
    /// Looks for it. Only `relay.stun_server`, if it is set and has to be asked, takes any time.
    pub async fn find(config: &Config) -> Self {
        if let Some(ip) = config.relay.external_ip {
            return Self { ip: Some(ip), found_by: FoundBy::Configured };
        }
        let own = addresses::reachable().into_iter().find(|ip| is_public(*ip) && ip.is_ipv4());
        if own.is_some() {
            return Self { ip: own, found_by: FoundBy::Interface };
        }
        if let Some(server) = &config.relay.stun_server {
            match ask(server).await {
                Ok(ip) => return Self { ip: Some(ip), found_by: FoundBy::Stun },
                Err(reason) => warn!(server, reason, "relay.stun_server did not tell the public address"),
            }
        }
        // Of IPv6 alone a machine can be public as well, but most networks would not find it.
        let own = addresses::reachable().into_iter().find(|ip| is_public(*ip));
        let found_by = if own.is_some() { FoundBy::Interface } else { FoundBy::Nobody };
        Self { ip: own, found_by }
    }

    /// What the relay must be told that it does not see itself.
    pub fn external_ip(&self) -> Option<IpAddr> {
        match self.found_by {
            FoundBy::Configured | FoundBy::Stun => self.ip,
            FoundBy::Interface | FoundBy::Nobody => None,
        }
    }
}

/// Asks a STUN server, `host` or `host:port`, over IPv4: NAT is a thing of IPv4.
///
/// # Errors
/// Why it gave no answer.
pub async fn ask(server: &str) -> Result<IpAddr, String> {
    let with_port = match server.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => server.to_owned(),
        _ => format!("{server}:{STUN_PORT}"),
    };
    let asked = async {
        let mut found =
            lookup_host(&with_port).await.map_err(|error| format!("its name is not known: {error}"))?;
        let address: SocketAddr =
            found.find(SocketAddr::is_ipv4).ok_or("its name leads to no IPv4 address")?;
        probe::mapped_address(address).await.map(|mapped| mapped.ip()).map_err(|error| error.to_string())
    };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

/// Whether others reach this address from anywhere.
pub fn is_public(ip: IpAddr) -> bool {
    PeerFilter::new(Vec::new(), []).allows(ip)
}

impl fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.found_by) {
            (Some(ip), FoundBy::Configured) => write!(f, "{ip} (relay.external_ip)"),
            (Some(ip), FoundBy::Interface) => write!(f, "{ip} (of this machine)"),
            (Some(ip), FoundBy::Stun) => write!(f, "{ip} (told by relay.stun_server)"),
            (_, FoundBy::Nobody) | (None, _) => {
                f.write_str("none: for calls beyond this network set relay.external_ip or relay.stun_server")
            }
        }
    }
}
