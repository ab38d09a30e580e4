//! The STUN and TURN servers a device is told: this server's own relay, by the host name the device used to
//! reach us, with a credential that expires.

use std::time::Duration;

use sha2::{Digest, Sha256};
use visavis_proto::{IceConfig, IceServer, Timestamp, UserId};
use visavis_turn::credentials::{self, AuthSecret};

/// How to hand out the relay.
#[derive(Debug, Clone)]
pub struct Ice {
    /// The relay's host name from `relay.host`; without it, the one the device used.
    pub host: Option<String>,
    /// The relay's UDP port, unless it has none.
    pub udp_port: Option<u16>,
    /// The relay's TCP port, unless it has none.
    pub tcp_port: Option<u16>,
    /// Shared with the relay; signs credentials.
    pub secret: AuthSecret,
    /// How long a credential is good for.
    pub ttl: Duration,
}

impl Ice {
    /// The servers for a user who reached us as `host`.
    pub fn config(&self, user: &UserId, host: Option<&str>, now: Timestamp) -> IceConfig {
        let ttl_ms = u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX);
        let host = self.host.as_deref().or(host).map(relay_host);
        let mut servers = Vec::new();
        if let Some(host) = host {
            if let Some(port) = self.udp_port {
                servers.push(IceServer {
                    urls: vec![format!("stun:{host}:{port}")],
                    username: None,
                    credential: None,
                });
            }
            let turn = |port: Option<u16>, transport| {
                port.map(|port| format!("turn:{host}:{port}?transport={transport}"))
            };
            let urls: Vec<String> =
                [turn(self.udp_port, "udp"), turn(self.tcp_port, "tcp")].into_iter().flatten().collect();
            if !urls.is_empty() {
                let expires = now + self.ttl;
                let credential =
                    credentials::issue(&self.secret, &opaque(user), Duration::from_millis(expires.0));
                servers.push(IceServer {
                    urls,
                    username: Some(credential.username),
                    credential: Some(credential.password),
                });
            }
        }
        IceConfig { servers, ttl_ms }
    }
}

/// The relay knows credentials, not people: it can still count what one user allocates.
fn opaque(user: &UserId) -> String {
    let digest = Sha256::digest(user.as_str().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The host part of a `Host` header, as an ICE URL takes it (RFC 7065 §3.1).
fn relay_host(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        // The colons of a bare IPv6 address are inside its brackets.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    // Some browsers try ::1 first for this name, where a relay that listens on IPv4 only would not answer.
    if name.eq_ignore_ascii_case("localhost") { "127.0.0.1".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ice() -> Ice {
        Ice {
            host: None,
            udp_port: Some(3478),
            tcp_port: Some(3478),
            secret: AuthSecret::from([7; 32]),
            ttl: Duration::from_secs(3600),
        }
    }

    #[test]
    fn a_device_is_sent_to_the_host_it_came_to() {
        let config =
            ice().config(&"bob".parse().unwrap(), Some("call.example.org:7443"), Timestamp(1_000_000));
        let urls: Vec<_> = config.servers.iter().flat_map(|server| server.urls.clone()).collect();
        assert_eq!(
            urls,
            [
                "stun:call.example.org:3478",
                "turn:call.example.org:3478?transport=udp",
                "turn:call.example.org:3478?transport=tcp"
            ]
        );
        let username = config.servers[1].username.as_deref().unwrap();
        assert!(username.starts_with("4600:"), "expiry in seconds, then the opaque user: {username}");
        assert!(!username.contains("bob"), "the relay knows credentials, not users");
    }

    #[test]
    fn hosts_lose_their_port_and_keep_their_brackets() {
        assert_eq!(
            [
                "a.example:1",
                "a.example",
                "192.0.2.1:80",
                "[2001:db8::1]:443",
                "[2001:db8::1]",
                "localhost:7070"
            ]
            .map(relay_host),
            ["a.example", "a.example", "192.0.2.1", "[2001:db8::1]", "[2001:db8::1]", "127.0.0.1"]
        );
    }

    #[test]
    fn without_a_relay_there_is_nothing_to_hand_out() {
        let none = Ice { udp_port: None, tcp_port: None, ..ice() };
        assert!(none.config(&"bob".parse().unwrap(), Some("a"), Timestamp(0)).servers.is_empty());
    }
}
