//! The address of a TURN server, as devices take it (RFC 7065 §3.1).

use std::fmt;
use std::net::Ipv6Addr;

use super::setting::Text;

/// `turn:HOST:PORT?transport=udp` and its like. What may be left out is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnUrl {
    host: String,
    port: u16,
    transport: Transport,
}

/// What carries TURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl TurnUrl {
    /// An address of these parts. The host is a name or an address; IPv6 in brackets.
    pub fn new(host: &str, port: u16, transport: Transport) -> Self {
        Self { host: host.to_owned(), port, transport }
    }

    /// The name or address; IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What carries TURN there.
    pub fn transport(&self) -> Transport {
        self.transport
    }
}

/// Chromium asks no relay on another port below 1024, so that no page can talk to what else listens there.
pub(crate) const fn takes_turn(port: u16) -> bool {
    matches!(port, 53 | 80 | 443 | 1024..)
}

impl fmt::Display for TurnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, transport) = match self.transport {
            Transport::Udp => ("turn", "udp"),
            Transport::Tcp => ("turn", "tcp"),
            Transport::Tls => ("turns", "tcp"),
        };
        write!(f, "{scheme}:{}:{}?transport={transport}", self.host, self.port)
    }
}

impl Text for TurnUrl {
    const KIND: &'static str = "a TURN address such as turn:turn2.example.org:3478?transport=udp or turns:turn2.example.org:5349?transport=tcp";

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |problem: &str| Err(format!("{text:?} {problem}"));
        let (is_tls, rest) = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("turn") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("turns") => (true, rest),
            _ => {
                return wrong(
                    "must begin with turn: or turns:, as in turn:turn2.example.org:3478?transport=udp",
                );
            }
        };
        if rest.starts_with('/') {
            return wrong(
                "has slashes that do not belong there, as in turn:turn2.example.org:3478?transport=udp",
            );
        }
        let (authority, query) =
            rest.split_once('?').map_or((rest, None), |(host, query)| (host, Some(query)));
        let transport = match (is_tls, query) {
            (false, None | Some("transport=udp")) => Transport::Udp,
            (false, Some("transport=tcp")) => Transport::Tcp,
            (true, None | Some("transport=tcp")) => Transport::Tls,
            (true, Some("transport=udp")) => {
                return wrong("is TLS over UDP, which no browser speaks; write ?transport=tcp");
            }
            (_, Some(_)) => {
                return wrong("may end with ?transport=udp or ?transport=tcp, and with nothing else");
            }
        };
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of IPv6 are within its brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if !is_host(host) {
            return wrong(
                "needs a host such as turn2.example.org, 192.0.2.7 or [2001:db8::7] behind the colon",
            );
        }
        let usual = if is_tls { 5349 } else { 3478 };
        let port = match port.map_or(Ok(usual), str::parse) {
            Ok(0) | Err(_) => return wrong("needs a port from 1 to 65535"),
            Ok(port) if !takes_turn(port) => {
                return wrong(
                    "names a port on which Chromium uses no relay; choose 53, 80, 443, or one from 1024 on",
                );
            }
            Ok(port) => port,
        };
        Ok(Self::new(host, port, transport))
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(inside) => inside.parse::<Ipv6Addr>().is_ok(),
        None => !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        TurnUrl::parse(text).map(|url| url.to_string())
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let read = |text| read(text).unwrap();
        assert_eq!(
            [
                "turn:a.example",
                "turn:a.example:3479?transport=tcp",
                "turns:a.example",
                "TURNS:[2001:db8::7]:443"
            ]
            .map(read),
            [
                "turn:a.example:3478?transport=udp",
                "turn:a.example:3479?transport=tcp",
                "turns:a.example:5349?transport=tcp",
                "turns:[2001:db8::7]:443?transport=tcp"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        for (text, told) in [
            ("turn2.example.org:3478", "must begin with turn: or turns:"),
            ("stun:turn2.example.org", "must begin with turn: or turns:"),
            ("turn://turn2.example.org", "has slashes that do not belong there"),
            ("turns:turn2.example.org?transport=udp", "is TLS over UDP"),
            ("turn:turn2.example.org?transport=sctp", "may end with ?transport=udp or ?transport=tcp"),
            ("turn:", "needs a host"),
            ("turn:me@turn2.example.org", "needs a host"),
            ("turn:2001:db8::7", "needs a host"),
            ("turn:turn2.example.org:0", "needs a port from 1 to 65535"),
            ("turn:turn2.example.org:99999", "needs a port from 1 to 65535"),
            ("turn:turn2.example.org:81", "names a port on which Chromium uses no relay"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("{text:?} {told}")), "{error}");
        }
    }
}
