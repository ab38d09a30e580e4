//! Which ways to the relay there are: those of its own sockets, and those that devices are told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustls::pki_types::CertificateDer;
use serde::Serialize;
use visavis_proto::Timestamp;
use visavis_turn::AuthSecret;

use crate::addresses;
use crate::config::{Config, Transport};
use crate::ice::{Reached, WebPort, split};

/// Addresses of this machine that are tried when no name is configured.
const OWN_ADDRESSES: usize = 4;

/// What carries TURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// UDP to `relay.listen`.
    Udp,
    /// TCP to `relay.listen`.
    Tcp,
    /// Plain TURN to a web port.
    Web,
    /// TURN over TLS to the port of HTTPS.
    WebTls,
    /// TURN over TLS to `relay.listen_tls`, or to another relay.
    Tls,
}

/// From where a way begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the socket itself, on this machine.
    Here,
    /// At the name or address that devices are told. From this machine it may look otherwise than from outside.
    Told,
    /// At the address that relayed media is told to come to.
    External,
    /// At another relay that devices are told of (`relay.others`).
    Elsewhere,
}

/// One way to the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// What carries it.
    pub carrier: Carrier,
    /// Where it begins.
    pub place: Place,
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Where a server listens.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    /// The relay's UDP sockets.
    pub relay_udp: Vec<SocketAddr>,
    /// The relay's TCP sockets.
    pub relay_tcp: Vec<SocketAddr>,
    /// The relay's TCP sockets for TLS.
    pub relay_tls: Vec<SocketAddr>,
    /// HTTPS.
    pub https: Option<SocketAddr>,
    /// Plain HTTP.
    pub http: Option<SocketAddr>,
}

/// The relay's own sockets, for the other end of what is relayed: UDP, or TCP if that does not work.
#[derive(Debug, Clone, Copy)]
pub struct Partner {
    /// UDP.
    pub udp: Option<SocketAddr>,
    /// TCP.
    pub tcp: Option<SocketAddr>,
}

/// Everything a test needs.
pub struct Plan {
    /// Makes the credentials.
    pub secret: AuthSecret,
    /// The ways to try.
    pub ways: Vec<Way>,
    /// Where the other end of what is relayed comes in.
    pub partner: Partner,
    /// What our own ports for TLS must show.
    pub certificate: Option<CertificateDer<'static>>,
}

impl Plan {
    /// For a server that listens there and has this web port to tell.
    pub fn new(
        config: &Config,
        secret: AuthSecret,
        listening: &Listening,
        web: Option<&WebPort>,
        certificate: Option<CertificateDer<'static>>,
        now: Timestamp,
    ) -> Self {
        let udp = first(&listening.relay_udp);
        let tcp = first(&listening.relay_tcp);
        let mut ways: Vec<Way> = Vec::new();
        let mut add = |carrier, place, host: &str, port| {
            let is_known = |way: &Way| (way.carrier, way.host.as_str(), way.port) == (carrier, host, port);
            if !ways.iter().any(is_known) {
                ways.push(Way { carrier, place, host: host.to_owned(), port });
            }
        };
        for (carrier, address) in [
            (Carrier::Udp, udp),
            (Carrier::Tcp, tcp),
            (Carrier::WebTls, listening.https.map(local)),
            (Carrier::Web, listening.http.map(local).filter(|_| listening.https.is_none())),
            (Carrier::Tls, first(&listening.relay_tls)),
        ] {
            // Without a relay of our own the web ports lead to none.
            if let Some(address) = address.filter(|_| udp.or(tcp).is_some()) {
                add(carrier, Place::Here, &address.ip().to_string(), address.port());
            }
        }
        for told in told(config, listening) {
            let host = bare(split(&told).0);
            for (carrier, address) in [(Carrier::Udp, udp), (Carrier::Tcp, tcp)] {
                if let Some(address) = address {
                    add(carrier, Place::Told, host, address.port());
                }
            }
            let by_tls = config.public.url.as_ref().is_some_and(|url| url.is_https());
            let reached = Reached { host: config.public.url.as_ref().map(|url| url.authority()), by_tls };
            let configured = config.relay.host.as_deref();
            // Without web ports to choose from, devices are told the port for TLS as it is.
            if let (None, Some(address)) = (web, first(&listening.relay_tls)) {
                add(Carrier::Tls, Place::Told, host, address.port());
            }
            if let Some(offer) = web.and_then(|web| web.offer(configured, split(&told).0, reached, now)) {
                let carrier = match (offer.web, offer.tls) {
                    (true, true) => Carrier::WebTls,
                    (true, false) => Carrier::Web,
                    (false, _) => Carrier::Tls,
                };
                add(carrier, Place::Told, host, offer.port);
            }
        }
        // Behind a NAT the relay's address is not the one of the name: it may even be another router's.
        if let Some((ip, address)) = config.relay.external_ip.zip(udp) {
            add(Carrier::Udp, Place::External, &ip.to_string(), address.port());
        }
        for other in &config.relay.others {
            let carrier = match other.transport() {
                Transport::Udp => Carrier::Udp,
                Transport::Tcp => Carrier::Tcp,
                Transport::Tls => Carrier::Tls,
            };
            add(carrier, Place::Elsewhere, bare(other.host()), other.port());
        }
        Self { secret, ways, partner: Partner { udp, tcp }, certificate }
    }
}

/// The names and addresses at which devices look for the relay.
fn told(config: &Config, listening: &Listening) -> Vec<String> {
    if let Some(host) = &config.relay.host {
        // An operator may write an address without the brackets that tell its colons from a port's.
        return vec![host.parse().map_or_else(|_| host.clone(), written)];
    }
    if let Some(url) = &config.public.url {
        return vec![url.authority().to_owned()];
    }
    let open = |address: &SocketAddr| !address.ip().is_loopback();
    let listens = listening.relay_udp.iter().chain(&listening.relay_tcp);
    let families: Vec<bool> = listens.filter(|address| open(address)).map(SocketAddr::is_ipv4).collect();
    let own = addresses::reachable().into_iter().filter(|ip| families.contains(&ip.is_ipv4()));
    own.take(OWN_ADDRESSES).map(written).collect()
}

fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Without the brackets of IPv6.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Of several sockets the one that others reach as well, else any.
fn first(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    let open = addresses.iter().find(|address| !address.ip().is_loopback());
    open.or(addresses.first()).copied().map(local)
}

/// The address to go to for a socket that listens on all.
fn local(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn ways(config: &Config) -> Vec<String> {
        let listening = Listening {
            relay_udp: vec!["127.0.0.1:3478".parse().unwrap(), "192.0.2.7:3478".parse().unwrap()],
            relay_tcp: vec!["0.0.0.0:3478".parse().unwrap()],
            relay_tls: Vec::new(),
            https: Some("[::]:7443".parse().unwrap()),
            http: Some("127.0.0.1:7070".parse().unwrap()),
        };
        let plan = Plan::new(config, AuthSecret::from([7; 32]), &listening, None, None, NOW);
        assert_eq!(plan.partner.udp, Some("192.0.2.7:3478".parse().unwrap()));
        let line = |way: &Way| format!("{:?} {:?} {} {}", way.place, way.carrier, way.host, way.port);
        plan.ways.iter().map(line).collect()
    }

    #[test]
    fn the_sockets_come_first_and_then_what_devices_are_told() {
        let mut config = Config::default();
        config.public.url = Some("https://call.example.org".parse().unwrap());
        let here =
            ["Here Udp 192.0.2.7 3478", "Here Tcp 127.0.0.1 3478", "Here WebTls ::1 7443"].map(str::to_owned);

        let by_url = ways(&config);
        assert_eq!(by_url[..3], here);
        assert_eq!(by_url[3..], ["Told Udp call.example.org 3478", "Told Tcp call.example.org 3478"]);

        for host in ["[2001:db8::7]", "2001:db8::7"] {
            config.relay.host = Some(host.to_owned());
            assert_eq!(ways(&config)[3..], ["Told Udp 2001:db8::7 3478", "Told Tcp 2001:db8::7 3478"]);
        }
    }
}
