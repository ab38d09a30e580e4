//! Who asks: the address a request came from and how it came.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;

/// The other end of a connection; every request carries it as `ConnectInfo<Peer>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Where it connected from.
    pub address: SocketAddr,
    /// Whether over TLS.
    pub secure: bool,
}

/// Who asks, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The person's address, not a proxy's.
    pub address: IpAddr,
    /// Whether the person's browser uses HTTPS.
    pub secure: bool,
}

impl Client {
    /// Reads the connection and, if `trust_proxy` says that a proxy sets them, the `X-Forwarded-` headers. `None` if the
    /// request did not come through [`super::listen`].
    pub fn of(extensions: &Extensions, headers: &HeaderMap, trust_proxy: bool) -> Option<Self> {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<Peer>>()?;
        Some(Self::at(peer, headers, trust_proxy))
    }

    /// The same, of this end.
    pub fn at(peer: &Peer, headers: &HeaderMap, trust_proxy: bool) -> Self {
        let mut client = Self { address: peer.address.ip().to_canonical(), secure: peer.secure };
        if trust_proxy {
            if let Some(address) = last(headers, "x-forwarded-for").and_then(|text| text.parse().ok()) {
                client.address = address;
            }
            if let Some(scheme) = last(headers, "x-forwarded-proto") {
                client.secure = scheme == "https";
            }
        }
        client
    }
}

/// The entry that the nearest proxy added; those before it are what it was told, perhaps by a liar.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trust_proxy: bool, headers: &[(&'static str, &'static str)]) -> Client {
        let mut extensions = Extensions::new();
        let address = "[::ffff:192.0.2.1]:4000".parse().unwrap();
        extensions.insert(ConnectInfo(Peer { address, secure: false }));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Client::of(&extensions, &map, trust_proxy).unwrap()
    }

    #[test]
    fn a_proxy_is_believed_only_if_the_operator_says_so_and_only_its_own_word() {
        let headers = [("x-forwarded-for", "203.0.113.9, 198.51.100.7"), ("x-forwarded-proto", "https")];
        let itself = Client { address: "192.0.2.1".parse().unwrap(), secure: false };
        let behind = Client { address: "198.51.100.7".parse().unwrap(), secure: true };

        assert_eq!(client(false, &headers), itself);
        assert_eq!(client(true, &headers), behind);
        assert_eq!(client(true, &[]), itself);
        assert_eq!(client(true, &[("x-forwarded-for", "unknown")]), itself);
    }
}
