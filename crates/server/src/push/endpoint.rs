//! Where a push goes: an address that a browser was given by its maker, and that anybody could make up.
//!
//! So it must be HTTPS, without user or fragment, and lead to no address of a private network, however it is written or
//! resolved. What is checked is the very address that is then connected to.

use std::net::SocketAddr;

use axum::http::Uri;
use tokio::net::lookup_host;
use visavis_turn::PeerFilter;

/// Longest endpoint: those of browsers have some hundred bytes.
const BYTES: usize = 1024;

/// An endpoint that may be pushed to, as far as can be seen without resolving it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

/// Why a push cannot go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// Nothing answers to this name now.
    NotNow,
    /// It is, or leads to, an address that is not pushed to.
    Forbidden,
}

impl Endpoint {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok().filter(|_| text.len() <= BYTES && !text.contains('#'))?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        if uri.scheme_str() != Some("https") {
            return None;
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        (!host.is_empty()).then(|| Self { host, port: authority.port_u16().unwrap_or(443), path })
    }

    /// For the `aud` of VAPID.
    pub(super) fn origin(&self) -> String {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        format!("https://{}{port}", self.authority_host())
    }

    /// For the `Host` of the request.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.authority_host(), self.port)
    }

    fn authority_host(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// The addresses behind it, all of which must be allowed: a name that leads to both kinds is a trap.
    pub(super) async fn resolve(&self, filter: &PeerFilter) -> Result<Vec<SocketAddr>, Unreachable> {
        let found: Vec<SocketAddr> =
            lookup_host((self.host.as_str(), self.port)).await.map_err(|_| Unreachable::NotNow)?.collect();
        if found.is_empty() {
            return Err(Unreachable::NotNow);
        }
        if found.iter().all(|address| filter.allows(address.ip())) {
            Ok(found)
        } else {
            Err(Unreachable::Forbidden)
        }
    }
}
