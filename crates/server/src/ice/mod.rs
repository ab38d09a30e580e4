//! The STUN and TURN servers a device is told: this server's own relay, by the host name the device used to
//! reach us, and those that run elsewhere, with a credential that expires. What the own relay is told of devices goes through
//! here, too.

mod expiries;
mod judge;
mod web_port;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sha2::{Digest, Sha256};
use visavis_proto::{Address, CallId, IceConfig, IceServer, Reach, RelayLogin, Timestamp, UserId};
use visavis_relay::Relay;
use visavis_turn::credentials::{self, AuthSecret, Credential};

pub use expiries::Expiries;
pub use web_port::WebPort;

use crate::config::{Transport, TurnUrl};

pub(crate) use web_port::split;

/// How long the relay believes that somebody at an address is signed in.
const VOUCHED_FOR: Duration = Duration::from_secs(600);

/// A credential for a call is another one after this part of its life.
const STEPS: u32 = 4;

/// How to hand out the relay.
#[derive(Debug)]
pub struct Ice {
    /// The relay's host name from `relay.host`; without it, the one the device used.
    pub host: Option<String>,
    /// The relay's UDP port, unless it has none.
    pub udp_port: Option<u16>,
    /// The relay's TCP port, unless it has none.
    pub tcp_port: Option<u16>,
    /// How it is reached where nothing but the web gets out, unless it is off.
    pub web: Option<Arc<WebPort>>,
    /// Relays that run elsewhere.
    pub others: Vec<TurnUrl>,
    /// Shared with all of them; signs credentials.
    pub secret: AuthSecret,
    /// How long a credential is good for.
    pub ttl: Duration,
    /// Tells credentials from those that were revoked a moment before.
    pub expiries: Expiries,
    /// The relay itself, if it runs here.
    pub relay: Weak<Relay>,
    /// The operator's `public.trust_proxy`: where a device comes from.
    pub trust_proxy: bool,
}

/// How a device reached us: its connection, as far as the device sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reached<'a> {
    /// The host, perhaps with a port, that the device asked for.
    pub host: Option<&'a str>,
    /// Whether it shook hands over TLS with this process itself and not with a proxy.
    pub by_tls: bool,
}

impl Ice {
    /// The servers for a device that reached us so.
    pub fn config(&self, device: &Address, reached: Reached<'_>, now: Timestamp) -> IceConfig {
        let ttl_ms = u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX);
        let (mut stun, mut urls) = (None, Vec::new());
        if let Some(host) = self.host.as_deref().or(reached.host).map(relay_host) {
            stun = self.udp_port.map(|port| format!("stun:{host}:{port}"));
            let turn = |port: Option<u16>, transport| {
                port.map(|port| format!("turn:{host}:{port}?transport={transport}"))
            };
            // Each of these costs a device a relayed port when a call begins, so there is one for each kind of network: most,
            // those without UDP, and those where nothing but the web gets out.
            let offer = |web: &Arc<WebPort>| web.offer(self.host.as_deref(), &host, reached, now);
            let web = self.web.as_ref().and_then(offer).map(|offer| offer.url(&host));
            urls.extend([turn(self.udp_port, "udp"), turn(self.tcp_port, "tcp"), web].into_iter().flatten());
        }
        urls.extend(self.others.iter().map(ToString::to_string));
        // Every TURN server speaks STUN as well.
        let by_udp = |other: &&TurnUrl| other.transport() == Transport::Udp;
        let other = self.others.iter().find(by_udp);
        let stun = stun.or_else(|| other.map(|other| format!("stun:{}:{}", other.host(), other.port())));
        let without_credential = |url| IceServer { urls: vec![url], username: None, credential: None };
        let mut servers: Vec<IceServer> = stun.into_iter().map(without_credential).collect();
        if !urls.is_empty() {
            servers.push(self.with_credential(urls, device, now));
        }
        IceConfig { servers, ttl_ms }
    }

    fn with_credential(&self, urls: Vec<String>, device: &Address, now: Timestamp) -> IceServer {
        let expires = self.expiries.issue(Duration::from_millis((now + self.ttl).0));
        let credential = credentials::issue(&self.secret, &subject(device), expires);
        if let Some(relay) = self.relay.upgrade() {
            relay.known(&credential.username);
        }
        IceServer { urls, username: Some(credential.username), credential: Some(credential.password) }
    }

    /// What a device has found out, and what follows from it. Browsers stop looking once they have a path: a way that takes
    /// fewer trips than one that was answered, and was not answered itself, leads nowhere.
    pub fn inferred(&self, reach: Reach) -> Reach {
        // Another relay may be nearer by any way.
        if !self.others.is_empty() {
            return reach;
        }
        let missed = |offered: Option<u16>, slower: bool| (offered.is_some() && slower).then_some(false);
        let by = |way: Option<bool>| way == Some(true);
        let tcp = reach.tcp.or(missed(self.tcp_port, by(reach.tls)));
        let udp = reach.udp.or(missed(self.udp_port, by(reach.tls) || by(reach.tcp)));
        Reach { udp, tcp, ..reach }
    }

    /// What a device shows the relay in one call. The same for a while, so that what it is told of the call changes only with
    /// the call. `None` if no relay runs here.
    pub fn of_call(&self, device: &Address, call: CallId, now: Timestamp) -> Option<RelayLogin> {
        let relay = self.relay.upgrade()?;
        let step = (self.ttl / STEPS).as_secs().max(1);
        let wanted = (now.0 / 1000).next_multiple_of(step) + self.ttl.as_secs();
        let expires = self.expiries.issue(Duration::from_secs(wanted));
        let subject = format!("{}/{}", subject(device), opaque(&call.to_string()));
        let Credential { username, password: credential } =
            credentials::issue(&self.secret, &subject, expires);
        relay.known(&username);
        Some(RelayLogin { username, credential })
    }

    /// Ends what a user has at the relay for a call, for good: no call has the id of another.
    pub async fn revoke_call(&self, user: &UserId, call: CallId) {
        if let Some(relay) = self.relay.upgrade() {
            let subject = format!("{}/{}", opaque(user.as_str()), opaque(&call.to_string()));
            relay.revoke(&subject, self.expiries.latest()).await;
        }
    }

    /// Tells the relay that somebody at this address is signed in: it answers him more often than strangers.
    pub fn vouch(&self, ip: IpAddr) {
        if let Some(relay) = self.relay.upgrade() {
            relay.vouch(ip, VOUCHED_FOR);
        }
    }

    /// Ends what a device has at the relay, for good.
    pub async fn revoke_device(&self, device: &Address, now: Timestamp) {
        self.revoke(&subject(device), now).await;
    }

    /// Ends what all devices of a user have at the relay, also of those that are not connected.
    pub async fn revoke_user(&self, user: &UserId, now: Timestamp) {
        self.revoke(&opaque(user.as_str()), now).await;
    }

    async fn revoke(&self, subject: &str, now: Timestamp) {
        if let Some(relay) = self.relay.upgrade() {
            let until = self.expiries.void(Duration::from_millis((now + self.ttl).0));
            relay.revoke(subject, until).await;
        }
    }
}

/// The relay knows credentials, not people: it can still count what one user allocates, and end what one device has.
fn subject(device: &Address) -> String {
    format!("{}/{}", opaque(device.user.as_str()), opaque(device.device.as_str()))
}

fn opaque(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The host part of a `Host` header or of `relay.host`, as an ICE URL takes it (RFC 7065 §3.1).
fn relay_host(host: &str) -> String {
    // An operator may write an address without the brackets that tell its colons from a port's.
    if host.parse::<Ipv6Addr>().is_ok() {
        return format!("[{host}]");
    }
    let (name, _port) = split(host);
    // Some browsers try ::1 first for this name, where a relay that listens on IPv4 only would not answer.
    if name.eq_ignore_ascii_case("localhost") { "127.0.0.1".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, TlsUrls};
    use crate::self_test::Listening;
    use crate::tls::Shown;
    use crate::tls::authority::Authority;

    /// In 2027.
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn ice(web: Option<WebPort>) -> Ice {
        Ice {
            host: None,
            udp_port: Some(3478),
            tcp_port: Some(3478),
            web: web.map(Arc::new),
            others: Vec::new(),
            secret: AuthSecret::from([7; 32]),
            ttl: Duration::from_secs(3600),
            expiries: Expiries::default(),
            relay: Weak::new(),
            trust_proxy: false,
        }
    }

    fn bob() -> Address {
        Address { user: "bob".parse().unwrap(), device: "laptop".parse().unwrap() }
    }

    /// HTTPS on 7443, with a certificate of a trusted authority for call.example.org.
    fn https(tls_urls: TlsUrls) -> WebPort {
        let authority = Authority::new();
        WebPort::https(tls_urls, Shown::new(authority.sign("call.example.org")), authority.trusted())
    }

    /// All addresses.
    fn urls(ice: &Ice, host: &str, by_tls: bool) -> Vec<String> {
        let config = ice.config(&bob(), Reached { host: Some(host), by_tls }, NOW);
        config.servers.into_iter().flat_map(|server| server.urls).collect()
    }

    /// The address of the web port.
    fn web(ice: &Ice, host: &str, by_tls: bool) -> Option<String> {
        urls(ice, host, by_tls).into_iter().nth(3)
    }

    #[test]
    fn a_device_is_sent_to_the_host_it_came_to() {
        let reached = Reached { host: Some("call.example.org:7443"), by_tls: true };
        let config = ice(None).config(&bob(), reached, Timestamp(1_000_000));
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
    fn a_quicker_way_that_was_not_answered_when_a_slower_one_was_leads_nowhere() {
        let reach = |udp, tcp, tls| Reach { udp, tcp, tls };
        let (yes, no) = (Some(true), Some(false));
        let with_all = ice(None);
        for (found, follows) in [
            (reach(None, None, yes), reach(no, no, yes)),
            (reach(None, yes, None), reach(no, yes, None)),
            (reach(yes, None, None), reach(yes, None, None)),
            (reach(None, no, None), reach(None, no, None)),
            (reach(yes, None, yes), reach(yes, no, yes)),
        ] {
            assert_eq!(with_all.inferred(found), follows);
        }
        let without_udp = Ice { udp_port: None, ..ice(None) };
        assert_eq!(without_udp.inferred(reach(None, yes, None)), reach(None, yes, None));
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
                "2001:db8::1",
                "localhost:7070"
            ]
            .map(relay_host),
            [
                "a.example",
                "a.example",
                "192.0.2.1",
                "[2001:db8::1]",
                "[2001:db8::1]",
                "[2001:db8::1]",
                "127.0.0.1"
            ]
        );
    }

    #[test]
    fn without_a_relay_there_is_nothing_to_hand_out() {
        let none = Ice { udp_port: None, tcp_port: None, ..ice(None) };
        assert_eq!(urls(&none, "a", true), Vec::<String>::new());
    }

    #[test]
    fn the_web_port_comes_last_over_tls_if_browsers_take_the_certificate_for_the_host() {
        let auto = ice(Some(https(TlsUrls::Auto)));
        assert_eq!(
            urls(&auto, "call.example.org:8443", true),
            [
                "stun:call.example.org:3478",
                "turn:call.example.org:3478?transport=udp",
                "turn:call.example.org:3478?transport=tcp",
                "turns:call.example.org:8443?transport=tcp"
            ]
        );
        // The same certificate under an address: a browser would refuse it, so the port is offered without TLS.
        assert_eq!(web(&auto, "192.0.2.7:8443", true).unwrap(), "turn:192.0.2.7:8443?transport=tcp");
        assert_eq!(web(&auto, "[2001:db8::7]", true).unwrap(), "turn:[2001:db8::7]:443?transport=tcp");
        let (always, never) = (ice(Some(https(TlsUrls::Always))), ice(Some(https(TlsUrls::Never))));
        assert_eq!(web(&always, "192.0.2.7", true).unwrap(), "turns:192.0.2.7:443?transport=tcp");
        assert_eq!(web(&never, "call.example.org", true).unwrap(), "turn:call.example.org:443?transport=tcp");
    }

    #[test]
    fn the_port_is_the_one_a_device_sees_if_it_came_through_it_itself_and_else_ours() {
        let direct = || https(TlsUrls::Always);
        assert_eq!(
            web(&ice(Some(direct())), "a.example:8443", true).unwrap(),
            "turns:a.example:8443?transport=tcp"
        );
        // It came by plain HTTP: that port is another one.
        assert_eq!(
            web(&ice(Some(direct())), "a.example:80", false).unwrap(),
            "turns:a.example:7443?transport=tcp"
        );
        let proxied = ice(Some(direct().behind_a_proxy()));
        assert_eq!(web(&proxied, "a.example", true).unwrap(), "turns:a.example:7443?transport=tcp");
        let elsewhere = Ice { host: Some("turn.example".to_owned()), ..ice(Some(direct())) };
        assert_eq!(web(&elsewhere, "a.example:8443", true).unwrap(), "turns:turn.example:7443?transport=tcp");
    }

    #[test]
    fn a_port_that_chromium_asks_no_relay_on_is_not_told() {
        let always = ice(Some(https(TlsUrls::Always)));
        assert_eq!([444, 1023].map(|port| web(&always, &format!("a.example:{port}"), true)), [None, None]);
        for port in [53, 80, 443, 1024, 65535] {
            let told = web(&always, &format!("a.example:{port}"), true);
            assert_eq!(told.unwrap(), format!("turns:a.example:{port}?transport=tcp"));
        }
    }

    #[test]
    fn plain_http_is_a_way_to_the_relay_only_where_it_is_public() {
        let with = |url: Option<&str>, trust_proxy| {
            let mut config = Config::default();
            config.public.url = url.map(|url| url.parse().unwrap());
            config.public.trust_proxy = trust_proxy;
            let http = Some("0.0.0.0:8080".parse().unwrap());
            let port = WebPort::new(&config, &Listening { http, ..Listening::default() }, None);
            web(&ice(Some(port)), "a.example:8888", false)
        };
        assert_eq!(with(Some("http://a.example:8888"), false).unwrap(), "turn:a.example:8888?transport=tcp");
        assert_eq!(with(Some("http://a.example:8888"), true), None);
        assert_eq!(with(Some("https://a.example"), false), None);
        assert_eq!(with(None, false), None);
    }

    fn others(texts: &[&str]) -> Vec<TurnUrl> {
        let set = format!("relay.others={}", texts.join(","));
        let sources = crate::config::Sources { sets: vec![set], ..crate::config::Sources::default() };
        Config::load(&sources).unwrap().relay.others
    }

    #[test]
    fn relays_elsewhere_come_behind_the_own_one_with_the_same_credential() {
        let others = others(&["turn:turn2.example.org", "turns:turn2.example.org:443"]);
        let both = Ice { others: others.clone(), ..ice(None) };
        assert_eq!(
            urls(&both, "a.example", true),
            [
                "stun:a.example:3478",
                "turn:a.example:3478?transport=udp",
                "turn:a.example:3478?transport=tcp",
                "turn:turn2.example.org:3478?transport=udp",
                "turns:turn2.example.org:443?transport=tcp"
            ]
        );
        // Also for a device that cannot say which host it has asked for.
        let alone = Ice { others, udp_port: None, tcp_port: None, ..ice(None) };
        let servers = alone.config(&bob(), Reached::default(), NOW).servers;
        let told: Vec<_> =
            servers.iter().map(|server| (server.urls.clone(), server.username.is_some())).collect();
        let turn = ["turn:turn2.example.org:3478?transport=udp", "turns:turn2.example.org:443?transport=tcp"];
        assert_eq!(
            told,
            [
                (vec!["stun:turn2.example.org:3478".to_owned()], false),
                (turn.map(str::to_owned).to_vec(), true)
            ]
        );
    }

    #[test]
    fn the_relays_own_port_for_tls_is_told_in_place_of_the_web_port_unless_that_is_443() {
        let with = |tls_urls| ice(Some(https(tls_urls).and_relay_tls(5349)));
        let auto = with(TlsUrls::Auto);
        assert_eq!(
            web(&auto, "call.example.org:8443", true).unwrap(),
            "turns:call.example.org:5349?transport=tcp"
        );
        assert_eq!(web(&auto, "call.example.org", true).unwrap(), "turns:call.example.org:443?transport=tcp");
        // It takes nothing but TLS, so where the certificate is not good the web port is told.
        assert_eq!(web(&auto, "192.0.2.7:8443", true).unwrap(), "turn:192.0.2.7:8443?transport=tcp");
        let never = with(TlsUrls::Never);
        assert_eq!(
            web(&never, "call.example.org:8443", true).unwrap(),
            "turn:call.example.org:8443?transport=tcp"
        );
    }

    #[test]
    fn a_renewed_certificate_is_judged_anew() {
        let authority = Authority::new();
        let shown = Shown::new(authority.sign("old.example.org"));
        let ice = ice(Some(WebPort::https(TlsUrls::Auto, Arc::clone(&shown), authority.trusted())));
        assert_eq!(web(&ice, "a.example", true).unwrap(), "turn:a.example:443?transport=tcp");

        shown.replace(authority.sign("a.example"));

        assert_eq!(web(&ice, "a.example", true).unwrap(), "turns:a.example:443?transport=tcp");
    }
}
