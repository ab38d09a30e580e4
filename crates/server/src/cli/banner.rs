//! What `visavis serve` prints once it listens: where it is, and what to do first.

use std::net::SocketAddr;
use std::path::Path;

use super::qr;
use crate::config::PublicUrl;
use crate::run_file::RunFile;
use crate::serve::Reach;

/// What there is to tell.
#[derive(Debug)]
pub struct Banner<'a> {
    /// Where the server can be reached.
    pub reach: &'a Reach,
    /// The operator's `public.url`.
    pub public: Option<&'a PublicUrl>,
    /// The data folder.
    pub data: &'a Path,
    /// URLs for other devices in this network.
    pub network: Vec<String>,
    /// Relays that run elsewhere.
    pub others: Vec<String>,
    /// What to type to add the first person, if nobody has an account yet.
    pub first_account: Option<String>,
}

impl Banner<'_> {
    /// The text, with a QR code of the address for phones if there is one.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("Visavis {}", env!("CARGO_PKG_VERSION")), String::new()];
        let mut tell = |what: &str, values: Vec<String>| {
            for (index, value) in values.into_iter().enumerate() {
                lines.push(format!("  {:<17} {value}", if index == 0 { what } else { "" }));
            }
        };
        tell("Public", self.public.iter().map(ToString::to_string).collect());
        tell("On this machine", RunFile::of(self.reach).http.into_iter().collect());
        tell("In this network", self.network.clone());
        if let Some((fingerprint, self_signed)) = &self.reach.certificate {
            let warning = "self-signed: browsers warn once; compare the SHA-256 they show with";
            let mut values = if *self_signed { vec![warning.to_owned()] } else { Vec::new() };
            // Two lines of sixteen bytes, as browsers show it.
            let middle = fingerprint.len() / 2;
            values.extend([fingerprint[..middle].to_owned(), fingerprint[middle + 1..].to_owned()]);
            tell("Certificate", values);
        }
        let relay = |kind, addresses: &[SocketAddr]| -> Vec<String> {
            addresses.iter().map(|address| format!("{kind} {address}")).collect()
        };
        let all = [
            relay("UDP", &self.reach.relay_udp),
            relay("TCP", &self.reach.relay_tcp),
            relay("TLS", &self.reach.relay_tls),
        ]
        .concat();
        let own = if all.is_empty() { "off".to_owned() } else { all.join(", ") };
        tell("Relay", [vec![own], self.others.to_vec()].concat());
        let public = self.reach.public_address.iter();
        tell(
            "Public address",
            public.filter(|_| !self.network.is_empty()).map(ToString::to_string).collect(),
        );
        tell("Data", vec![self.data.display().to_string()]);
        let scan = self.public.map(|url| url.as_str()).or(self.network.first().map(String::as_str));
        if let Some(url) = scan {
            lines.extend([String::new(), qr::code(url)]);
        }
        if let Some(command) = &self.first_account {
            let hint = "Nobody has an account yet. Add yourself, in another terminal:";
            lines.extend([String::new(), hint.to_owned(), String::new(), format!("  {command}")]);
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public_address::{FoundBy, PublicAddress};

    #[test]
    fn the_banner_says_where_the_server_is_and_what_to_do_first() {
        let reach = Reach {
            http: Some("127.0.0.1:7070".parse().unwrap()),
            https: Some("[::]:7443".parse().unwrap()),
            certificate: Some((["AB"; 32].join(":"), true)),
            relay_udp: vec!["0.0.0.0:3478".parse().unwrap()],
            relay_tcp: vec!["0.0.0.0:3478".parse().unwrap()],
            relay_tls: vec!["0.0.0.0:5349".parse().unwrap()],
            public_address: Some(PublicAddress { ip: None, found_by: FoundBy::Nobody }),
        };
        let banner = Banner {
            reach: &reach,
            public: None,
            data: Path::new("data"),
            network: vec!["https://192.0.2.7:7443".to_owned(), "https://[2001:db8::7]:7443".to_owned()],
            others: vec!["turn:turn2.example.org:3478?transport=udp".to_owned()],
            first_account: Some("visavis user add NAME".to_owned()),
        };

        let half = ["AB"; 16].join(":");
        let code = qr::code("https://192.0.2.7:7443");
        assert_eq!(
            banner.text(),
            format!(
                "Visavis {}\n\
                 \n\
                 \x20 On this machine   http://localhost:7070\n\
                 \x20 In this network   https://192.0.2.7:7443\n\
                 \x20                   https://[2001:db8::7]:7443\n\
                 \x20 Certificate       self-signed: browsers warn once; compare the SHA-256 they show with\n\
                 \x20                   {half}\n\
                 \x20                   {half}\n\
                 \x20 Relay             UDP 0.0.0.0:3478, TCP 0.0.0.0:3478, TLS 0.0.0.0:5349\n\
                 \x20                   turn:turn2.example.org:3478?transport=udp\n\
                 \x20 Public address    none: for calls beyond this network set relay.external_ip or relay.stun_server\n\
                 \x20 Data              data\n\
                 \n\
                 {code}\n\
                 \n\
                 Nobody has an account yet. Add yourself, in another terminal:\n\
                 \n\
                 \x20 visavis user add NAME\n",
                env!("CARGO_PKG_VERSION")
            )
        );
        assert!(code.lines().count() > 10, "{code}");
    }
}
