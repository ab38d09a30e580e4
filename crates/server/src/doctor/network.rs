//! Ports, addresses, and the relay over every way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use rustls::pki_types::CertificateDer;
use tokio::net::lookup_host;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use visavis_relay::{Offload, Relay};

use super::Finding;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::http::listen::{self, Bounds, Listener, Takers};
use crate::ice::{WebPort, split};
use crate::public_address::{self, FoundBy, PublicAddress};
use crate::relay::{self, SharedSecret};
use crate::run_file::RunFile;
use crate::secrets::Secrets;
use crate::self_test::{self, Listening, Outcome, Place, Plan};
use crate::tls::{Shown, TlsIdentity};
use crate::upgrade::{Inherited, Program};
use crate::{addresses, clock};

pub(super) async fn examine(
    config: &Config,
    program: Program,
    running: Option<&RunFile>,
    told: &mut impl FnMut(Finding),
) {
    let address = PublicAddress::find(config).await;
    // As the program does.
    let mut found = config.clone();
    found.relay.external_ip = address.external_ip();
    let found = &found;
    let opened = match running {
        Some(run) => Opened::of_running(found, program, run, told),
        None => Opened::open(found, program, told).await,
    };
    public_address(config, &address).await.into_iter().for_each(&mut *told);
    names(config, &address).await.into_iter().for_each(&mut *told);
    offload(found).into_iter().for_each(&mut *told);
    match opened {
        Some(opened) => {
            let report = self_test::run(&opened.plan(found), clock::now()).await;
            report.outcomes.iter().map(relayed).for_each(&mut *told);
            opened.close().await;
        }
        None if config.relay.listen.is_empty() && config.relay.others.is_empty() => {
            let text = "it is off (relay.listen = []); who cannot be reached directly cannot be called";
            told(Finding::doubtful("relay", text));
        }
        None => {}
    }
}

/// A relay, with its web port if it is a server's, of the program that runs or of our own; or the secret alone, for relays
/// elsewhere.
struct Opened {
    program: Program,
    secret: SharedSecret,
    listening: Listening,
    shown: Option<Arc<Shown>>,
    own: Option<Own>,
}

/// What the doctor has opened itself.
struct Own {
    relay: Option<Arc<Relay>>,
    stop: CancellationToken,
    serving: Vec<JoinHandle<()>>,
}

impl Opened {
    fn of_running(
        config: &Config,
        program: Program,
        run: &RunFile,
        told: &mut impl FnMut(Finding),
    ) -> Option<Self> {
        let text = format!("the {} runs (process {}) and has them", name(program), run.pid);
        told(Finding::good("ports", text));
        let (secret, identity) = keys(config, program)?;
        if run.relay_udp.is_empty() && run.relay_tcp.is_empty() && config.relay.others.is_empty() {
            return None;
        }
        let mut listening = listening(config, run);
        listening.http = listening.http.filter(|_| takes_turn(program));
        let shown = identity.map(Shown::new);
        Some(Self { program, secret, listening, shown, own: None })
    }

    /// Opens what the program would open, and says which port cannot be had.
    async fn open(config: &Config, program: Program, told: &mut impl FnMut(Finding)) -> Option<Self> {
        let (secret, identity) = keys(config, program)?;
        let shown = identity.map(Shown::new);
        let mut listeners = Vec::new();
        let mut bound = |opened: Result<Listener, listen::ListenError>| match opened {
            Ok(listener) => listeners.push(listener),
            Err(error) => told(Finding::bad("ports", error.to_string())),
        };
        if let Some(address) = config.http.listen {
            bound(listen::bind_http(address, &mut Inherited::default()).await);
        }
        if let Some(address) = config.https.listen {
            // That there is no certificate was told.
            if let Some(tls) = shown.as_ref().and_then(|shown| shown.server_config().ok()) {
                bound(listen::bind_https(address, tls, &mut Inherited::default()).await);
            }
        }
        let with_tls = shown.as_ref().filter(|_| !config.relay.listen_tls.is_empty());
        let tls = with_tls.and_then(|shown| shown.turn_config().ok());
        let relay = match relay::settings(config, &secret, tls) {
            None => None,
            Some(relay) => match Relay::start(relay).await {
                Ok(relay) => Some(Arc::new(relay)),
                Err(error) => {
                    told(Finding::bad("ports", format!("{error}; stop what has it, or change the key")));
                    return None;
                }
            },
        };
        let wanted = [config.http.listen, config.https.listen].iter().flatten().count();
        if listeners.len() == wanted {
            let text = format!("the {} does not run, and every port it needs can be had", name(program));
            told(Finding::good("ports", text));
        }
        if relay.is_none() && config.relay.others.is_empty() {
            return None;
        }
        let stop = CancellationToken::new();
        let addresses = relay.as_ref().map(|relay| relay.local_addresses().clone()).unwrap_or_default();
        let mut listening = Listening {
            relay_udp: addresses.udp,
            relay_tcp: addresses.tcp,
            relay_tls: addresses.tls,
            ..Listening::default()
        };
        let mut serving = Vec::new();
        for listener in listeners {
            if listener.is_tls() {
                listening.https = shown.as_ref().map(|_| listener.address());
            } else {
                listening.http = Some(listener.address()).filter(|_| takes_turn(program));
            }
            let turn = relay.clone().filter(|_| takes_turn(program)).map(relay::turn_taker);
            let takers = Takers { router: Router::new(), turn };
            let bounds = Bounds::of(config, &Arc::default());
            serving.push(tokio::spawn(listen::serve(listener, takers, bounds, stop.clone())));
        }
        Some(Self { program, secret, listening, shown, own: Some(Own { relay, stop, serving }) })
    }

    fn plan(&self, config: &Config) -> Plan {
        let new_web = || WebPort::new(config, &self.listening, self.shown.as_ref());
        let web = takes_turn(self.program).then(new_web);
        let certificate: Option<CertificateDer<'static>> =
            self.shown.as_ref().and_then(|shown| shown.identity().certificate());
        Plan::new(config, self.secret.auth(), &self.listening, web.as_ref(), certificate, clock::now())
    }

    async fn close(self) {
        let Some(Own { relay, stop, serving }) = self.own else { return };
        stop.cancel();
        for serving in serving {
            // It ends once it is told to, or has panicked, which it has said.
            let _ = serving.await;
        }
        if let Some(relay) = relay.and_then(Arc::into_inner) {
            relay.shutdown().await;
        }
    }
}

/// As people call it.
const fn name(program: Program) -> &'static str {
    match program {
        Program::Server => "server",
        Program::Relay => "relay",
    }
}

/// Whether its ports of HTTP and HTTPS take TURN. That of a relay alone is for its operator.
fn takes_turn(program: Program) -> bool {
    program == Program::Server
}

/// The secret and the certificate that the program has, or would have. What is wrong with them was told already.
fn keys(config: &Config, program: Program) -> Option<(SharedSecret, Option<TlsIdentity>)> {
    let folder = DataFolder::found(&config.data.dir, program);
    let of_file = SharedSecret::of_file(config).ok()?;
    let secret = match (of_file, program, &folder) {
        (Some(secret), ..) => secret,
        (None, Program::Server, Some(folder)) => Secrets::load_or_create(folder).ok()?.turn_secret,
        (None, Program::Server, None) => SharedSecret::random(),
        (None, Program::Relay, _) => return None,
    };
    if config.https.listen.is_none() && config.relay.listen_tls.is_empty() {
        return Some((secret, None));
    }
    let identity = match &folder {
        Some(folder) => TlsIdentity::load(config, folder, clock::now()).ok(),
        // The doctor makes no folder, so it keeps nothing.
        None => {
            let own = TlsIdentity::own(config).ok().flatten();
            own.or_else(|| TlsIdentity::for_the_moment(config, clock::now()).ok())
        }
    };
    Some((secret, identity))
}

/// Where the program that runs listens.
pub(super) fn listening(config: &Config, run: &RunFile) -> Listening {
    let port = |url: &Option<String>| url.as_deref().and_then(|url| url.rsplit_once(':')?.1.parse().ok());
    let at = |listen: Option<SocketAddr>, url| Some(SocketAddr::new(listen?.ip(), port(url)?));
    Listening {
        relay_udp: run.relay_udp.clone(),
        relay_tcp: run.relay_tcp.clone(),
        relay_tls: run.relay_tls.clone(),
        https: at(config.https.listen, &run.https),
        http: at(config.http.listen, &run.http),
    }
}

/// The address the world sees, and whether what is configured can be true.
async fn public_address(config: &Config, address: &PublicAddress) -> Option<Finding> {
    const SUBJECT: &str = "public address";
    let is_open = config.relay.listen.iter().any(|listen| !listen.ip().is_loopback());
    if !is_open {
        return None;
    }
    if let Some(external) = config.relay.external_ip {
        return Some(external_ip(config, external).await);
    }
    Some(match address.found_by {
        FoundBy::Nobody => Finding::doubtful(
            SUBJECT,
            "every address of this machine is private, so that nobody outside this network can be relayed; forward \
             relay.listen and relay.ports to it, and set relay.external_ip to the outer address (or relay.stun_server, to ask)",
        ),
        FoundBy::Configured | FoundBy::Interface | FoundBy::Stun => {
            Finding::good(SUBJECT, address.to_string())
        }
    })
}

async fn external_ip(config: &Config, external: IpAddr) -> Finding {
    const SUBJECT: &str = "relay.external_ip";
    let own = addresses::reachable().into_iter().filter(|ip| ip.is_ipv4() == external.is_ipv4());
    if let Some(server) = &config.relay.stun_server {
        match public_address::ask(server).await {
            Ok(seen) if seen != external => {
                let text =
                    format!("it says {external}, and {server} sees this machine at {seen}; set it to {seen}");
                return Finding::bad(SUBJECT, text);
            }
            Ok(_) => return Finding::good(SUBJECT, format!("{external}, as {server} sees it")),
            Err(reason) => {
                let text = format!("{server} (relay.stun_server) did not say whether it is right: {reason}");
                return Finding::doubtful(SUBJECT, text);
            }
        }
    }
    let own: Vec<IpAddr> = own.collect();
    if own.contains(&external) {
        return Finding::good(SUBJECT, format!("{external} is an address of this machine itself"));
    }
    match own.into_iter().find(|ip| public_address::is_public(*ip)) {
        Some(public) => Finding::bad(
            SUBJECT,
            format!(
                "it says {external}, but this machine has the public address {public} itself; remove the key"
            ),
        ),
        None => Finding::good(
            SUBJECT,
            format!("{external}; set relay.stun_server, and it is compared with what that sees"),
        ),
    }
}

/// Whether the kernel takes what it is to forward packets with, if it is to.
fn offload(config: &Config) -> Option<Finding> {
    if config.relay.offload == Offload::Off || config.relay.listen.is_empty() {
        return None;
    }
    Some(match visavis_relay::offload::check() {
        Ok(()) => Finding::good("relay.offload", "the kernel takes the program that forwards packets"),
        Err(reason) => Finding::doubtful(
            "relay.offload",
            format!("every packet passes through the relay's threads: {reason}"),
        ),
    })
}

/// Whether the names that people and devices use lead here.
async fn names(config: &Config, address: &PublicAddress) -> Vec<Finding> {
    let url = config.public.url.as_ref().filter(|_| !config.public.trust_proxy);
    let names = [
        ("public.url", url.map(|url| split(url.authority()).0)),
        ("relay.host", config.relay.host.as_deref().map(|host| split(host).0)),
    ];
    let mut findings = Vec::new();
    for (key, host) in names {
        let Some(host) = host else { continue };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(found) = lookup_host((bare, 0)).await else {
            let text = format!("{bare} leads nowhere; give the name an address in DNS, or change {key}");
            findings.push(Finding::bad(key, text));
            continue;
        };
        let found: Vec<IpAddr> = found.map(|found| found.ip().to_canonical()).collect();
        let own = addresses::reachable();
        let leads_here = |ip: &IpAddr| {
            ip.is_loopback() || own.contains(ip) || address.ip.is_some_and(|public| public == *ip)
        };
        findings.push(match found.iter().find(|ip| !leads_here(ip)) {
            None => Finding::good(key, format!("{bare} leads here")),
            Some(other) => Finding::doubtful(
                key,
                format!(
                    "{bare} leads to {other}, which is no address of this machine as far as it knows; mend it in DNS, or set \
                     relay.external_ip if that is the address of your router"
                ),
            ),
        });
    }
    findings
}

/// What came of one way to the relay.
fn relayed(outcome: &Outcome) -> Finding {
    let subject = format!("relay, {}", self_test::title(&outcome.way));
    let at = SocketAddrText(&outcome.way.host, outcome.way.port);
    match (&outcome.problem, outcome.way.place) {
        (None, _) => Finding::good(subject, format!("bytes go both ways by {at} ({} ms)", outcome.took_ms)),
        (Some(problem), Place::Here | Place::Elsewhere) => {
            Finding::bad(subject, format!("{at}: {}", self_test::cause(problem, &outcome.way)))
        }
        (Some(problem), Place::Told | Place::External) => {
            Finding::doubtful(subject, format!("{at}: {}", self_test::cause(problem, &outcome.way)))
        }
    }
}

/// A host and a port as people write them.
struct SocketAddrText<'a>(&'a str, u16);

impl std::fmt::Display for SocketAddrText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(host, port) = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
