//! What `visavis relay` prints once it listens: where it is, and what to tell the server of it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use crate::config::{Transport, TurnUrl, takes_turn};
use crate::relay::alone::Reach;

/// What there is to tell.
#[derive(Debug)]
pub(super) struct RelayBanner<'a> {
    /// Where the relay can be reached.
    pub(super) reach: &'a Reach,
    /// The operator's `relay.host`.
    pub(super) host: Option<&'a str>,
    /// The data folder.
    pub(super) data: &'a Path,
}

impl RelayBanner<'_> {
    /// The text.
    pub(super) fn text(&self) -> String {
        let mut lines =
            vec![format!("Visavis {}, the relay alone", env!("CARGO_PKG_VERSION")), String::new()];
        let mut tell = |what: &str, values: Vec<String>| {
            for (index, value) in values.into_iter().enumerate() {
                lines.push(format!("  {:<17} {value}", if index == 0 { what } else { "" }));
            }
        };
        let relay = &self.reach.relay;
        let listens = |kind, addresses: &[SocketAddr]| -> Vec<String> {
            addresses.iter().map(|address| format!("{kind} {address}")).collect()
        };
        let all = [listens("UDP", &relay.udp), listens("TCP", &relay.tcp), listens("TLS", &relay.tls)];
        tell("Relay", vec![all.concat().join(", ")]);
        tell("Public address", vec![self.reach.public_address.to_string()]);
        if let Some((fingerprint, self_signed)) = &self.reach.certificate {
            let warning = "self-signed: no browser takes it; set https.certificate and https.key";
            tell("Certificate", vec![if *self_signed { warning } else { fingerprint }.to_owned()]);
        }
        if let Some(http) = self.reach.http {
            tell("Operator", vec![format!("http://{http}/metrics"), format!("http://{http}/health")]);
        }
        tell("Data", vec![self.data.display().to_string()]);
        let urls: Vec<String> = self.urls().iter().map(|url| format!("    \"{url}\",")).collect();
        let hint = "In the settings of the server that is to send devices here:";
        lines.extend([String::new(), hint.to_owned(), String::new()]);
        lines.extend(["  [relay]".to_owned(), "  others = [".to_owned(), urls.join("\n"), "  ]".to_owned()]);
        lines.push(String::new());
        lines.join("\n")
    }

    /// How devices reach this relay, as far as it can know.
    fn urls(&self) -> Vec<TurnUrl> {
        let relay = &self.reach.relay;
        let host = match (self.host, self.reach.public_address.ip, relay.udp.first()) {
            (Some(host), _, _) => host.parse().map_or_else(|_| host.to_owned(), written),
            (None, Some(ip), _) => written(ip),
            (None, None, Some(address)) => written(address.ip()),
            (None, None, None) => "HOST".to_owned(),
        };
        let is_trusted = self.reach.certificate.as_ref().is_some_and(|(_, self_signed)| !self_signed);
        let tls = relay.tls.first().filter(|_| is_trusted);
        [(relay.udp.first(), Transport::Udp), (relay.tcp.first(), Transport::Tcp), (tls, Transport::Tls)]
            .into_iter()
            .filter_map(|(address, transport)| Some((address?.port(), transport)))
            .filter(|(port, _)| takes_turn(*port))
            .map(|(port, transport)| TurnUrl::new(&host, port, transport))
            .collect()
    }
}

fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use visavis_relay::LocalAddresses;

    use super::*;
    use crate::public_address::{FoundBy, PublicAddress};

    #[test]
    fn the_banner_says_where_the_relay_is_and_what_to_write_into_the_servers_settings() {
        let address = |text: &str| vec![text.parse().unwrap()];
        let relay = LocalAddresses {
            udp: address("192.0.2.7:3478"),
            tcp: address("0.0.0.0:3478"),
            tls: address("0.0.0.0:5349"),
        };
        let reach = Reach {
            http: Some("127.0.0.1:7070".parse().unwrap()),
            relay,
            certificate: Some(("AB:CD".to_owned(), false)),
            public_address: PublicAddress { ip: "192.0.2.7".parse().ok(), found_by: FoundBy::Interface },
        };
        let banner = |host| RelayBanner { reach: &reach, host, data: Path::new("data") }.text();

        assert_eq!(
            banner(Some("turn2.example.org")),
            format!(
                "Visavis {}, the relay alone\n\
                 \n\
                 \x20 Relay             UDP 192.0.2.7:3478, TCP 0.0.0.0:3478, TLS 0.0.0.0:5349\n\
                 \x20 Public address    192.0.2.7 (of this machine)\n\
                 \x20 Certificate       AB:CD\n\
                 \x20 Operator          http://127.0.0.1:7070/metrics\n\
                 \x20                   http://127.0.0.1:7070/health\n\
                 \x20 Data              data\n\
                 \n\
                 In the settings of the server that is to send devices here:\n\
                 \n\
                 \x20 [relay]\n\
                 \x20 others = [\n\
                 \x20   \"turn:turn2.example.org:3478?transport=udp\",\n\
                 \x20   \"turn:turn2.example.org:3478?transport=tcp\",\n\
                 \x20   \"turns:turn2.example.org:5349?transport=tcp\",\n\
                 \x20 ]\n",
                env!("CARGO_PKG_VERSION")
            )
        );
        assert!(banner(None).contains("\"turn:192.0.2.7:3478?transport=udp\""));
    }
}
