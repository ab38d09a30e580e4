//! What a test has found, in words for the operator. The cause comes with the way out.

use super::plan::{Carrier, Place, Way};
use super::run::Problem;

/// What a way is called.
pub fn title(way: &Way) -> &'static str {
    match (way.place, way.carrier) {
        (Place::Here, Carrier::Udp) => "UDP on this machine",
        (Place::Here, Carrier::Tcp) => "TCP on this machine",
        (Place::Here, Carrier::Web) => "the web port on this machine",
        (Place::Here, Carrier::WebTls) => "TLS through the web port on this machine",
        (Place::Told, Carrier::Udp) => "UDP as devices are told",
        (Place::Told, Carrier::Tcp) => "TCP as devices are told",
        (Place::Told, Carrier::Web) => "the web port as devices are told",
        (Place::Told, Carrier::WebTls) => "TLS through the web port as devices are told",
        (Place::Here, Carrier::Tls) => "TLS on this machine",
        (Place::Told, Carrier::Tls) => "TLS as devices are told",
        (Place::External, _) => "UDP at relay.external_ip",
        (Place::Elsewhere, Carrier::Udp) => "another one over UDP",
        (Place::Elsewhere, Carrier::Tcp | Carrier::Web) => "another one over TCP",
        (Place::Elsewhere, Carrier::Tls | Carrier::WebTls) => "another one over TLS",
    }
}

/// Why it does not work and what to do, in one sentence without a full stop.
pub fn cause(problem: &Problem, way: &Way) -> String {
    if way.place == Place::Elsewhere {
        return cause_elsewhere(problem, way);
    }
    let protocol = match way.carrier {
        Carrier::Udp => "UDP",
        Carrier::Tcp | Carrier::Web | Carrier::WebTls | Carrier::Tls => "TCP",
    };
    let port = way.port;
    let named = match way.carrier {
        Carrier::Udp | Carrier::Tcp => "relay.listen",
        Carrier::Web => "http.listen",
        Carrier::WebTls => "https.listen",
        Carrier::Tls => "relay.listen_tls",
    };
    match problem {
        Problem::Closed | Problem::Unreachable { .. } | Problem::Stranger | Problem::Refused { .. }
            if way.place == Place::External =>
        {
            "it is the address of another machine; set relay.external_ip to the address the world sees this one at \
             (relay.stun_server tells it)"
                .to_owned()
        }
        Problem::Silent if way.place == Place::External => format!(
            "nothing comes back; either relay.external_ip is wrong (relay.stun_server tells the right one), or {protocol} port \
             {port} is not forwarded, or the router lets nobody inside reach its outer address: then try from outside"
        ),
        Problem::NameUnknown => {
            "the name leads nowhere; give it an address in DNS, or set relay.host to one that has".to_owned()
        }
        Problem::Closed => format!(
            "nobody listens on {protocol} port {port} there; the name or relay.external_ip leads to another machine, or the \
             port is not forwarded to this one"
        ),
        Problem::Unreachable { detail } => {
            format!("there is no way to that address ({detail}); relay.host or public.url names a wrong one")
        }
        Problem::Silent if way.place == Place::Here => {
            format!("a firewall of this machine drops {protocol} port {port}; open it, or change {named}")
        }
        Problem::Silent => format!(
            "nothing comes back from {protocol} port {port}; forward it to this machine and open it in the firewall (some \
             routers let nobody inside reach their outer address: then try from outside)"
        ),
        Problem::Stranger => format!(
            "something else than this relay answers on {protocol} port {port}; stop it, or change {named}"
        ),
        Problem::OtherCertificate | Problem::Untrusted => {
            "TLS ends at something else than this server, such as a proxy; set relay.tls_urls = \"never\", or let the \
             proxy pass TLS through"
                .to_owned()
        }
        Problem::Refused { error: 401 } => {
            "the relay there has another secret; another visavis answers, or secrets.toml was changed: restart"
                .to_owned()
        }
        Problem::Refused { error: 508 } => {
            "the relay has no port left; raise relay.max_allocations, or widen relay.ports".to_owned()
        }
        Problem::Refused { error } => format!("the relay refuses with STUN error {error}"),
        Problem::Lost => {
            "the relay takes packets and they do not come out again; its ports (relay.ports) are blocked by a firewall of \
             this machine, or UDP does not reach relay.listen"
                .to_owned()
        }
    }
}

/// The same of a relay on another machine, which is mended there.
fn cause_elsewhere(problem: &Problem, way: &Way) -> String {
    let port = way.port;
    let protocol = if way.carrier == Carrier::Udp { "UDP" } else { "TCP" };
    match problem {
        Problem::NameUnknown => {
            "the name leads nowhere; give it an address in DNS, or change relay.others".to_owned()
        }
        Problem::Closed => format!(
            "nobody listens on {protocol} port {port} there; start `visavis relay` there, or change relay.others"
        ),
        Problem::Unreachable { detail } => {
            format!(
                "there is no way to that address ({detail}); relay.others names a wrong one, or this machine has no way out"
            )
        }
        Problem::Silent => format!(
            "nothing comes back from {protocol} port {port}; open it in the firewall there, or change relay.others"
        ),
        Problem::Stranger => {
            format!(
                "something else than a relay answers on {protocol} port {port} there; stop it, or change relay.others"
            )
        }
        Problem::Refused { error: 401 } => {
            "it has another secret than this server, or its clock is wrong; write what `visavis \
             relay secret` prints here into its relay.secret_file, and restart it"
                .to_owned()
        }
        Problem::Refused { error: 300 | 508 } => {
            "it takes nobody new: it is being stopped, or it is full (relay.max_allocations there)".to_owned()
        }
        Problem::Refused { error } => format!("it refuses with STUN error {error}"),
        Problem::OtherCertificate | Problem::Untrusted => format!(
            "no authority that this machine trusts has signed its certificate for {}, so browsers refuse it as well; set \
             https.certificate and https.key there, with the whole chain",
            way.host
        ),
        Problem::Lost => {
            "it takes packets and they do not come out again; its relay.ports are blocked there".to_owned()
        }
    }
}
