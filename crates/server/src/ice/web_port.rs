//! The relay where nothing but the web gets out: behind the web port, and on `relay.listen_tls`.

use std::fmt;
use std::sync::Arc;

use visavis_proto::Timestamp;

use super::Reached;
use super::judge::Judge;
use crate::config::{Config, takes_turn};
use crate::self_test::Listening;
use crate::tls::{Shown, Trust};

/// The port of HTTPS, which passes more networks than any other.
const HTTPS: u16 = 443;

/// What devices are told of the web port, or of the relay's own port for TLS.
pub struct WebPort {
    /// The web port, and where we listen for it.
    port: Option<(Kind, u16)>,
    /// The port of `relay.listen_tls`.
    relay_tls: Option<u16>,
    /// Of the certificate that both show, if there is one.
    judge: Option<Judge>,
    /// A proxy stands before the web port: what a device sees is the proxy's.
    proxied: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `https.listen`: over TLS if the certificate will do, else plain; the port takes both.
    Https,
    /// `http.listen`, if `public.url` says that people use it.
    Http,
}

/// How a device may come to the relay where nothing but the web gets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Over TLS.
    pub(crate) tls: bool,
    /// Through the web port; else on one of the relay's own.
    pub(crate) web: bool,
    /// Where.
    pub(crate) port: u16,
}

impl Offer {
    /// As ICE takes it.
    pub(super) fn url(self, host: &str) -> String {
        let scheme = if self.tls { "turns" } else { "turn" };
        format!("{scheme}:{host}:{}?transport=tcp", self.port)
    }
}

impl WebPort {
    /// What there is to tell of a server that listens there and shows this.
    pub fn new(config: &Config, listening: &Listening, shown: Option<&Arc<Shown>>) -> Self {
        let proxied = config.public.trust_proxy;
        let is_public = config.public.url.as_ref().is_some_and(|url| !url.is_https());
        let http = listening.http.filter(|_| is_public && !proxied);
        let port = match (listening.https, http) {
            (Some(https), _) => Some((Kind::Https, https.port())),
            (None, Some(http)) => Some((Kind::Http, http.port())),
            (None, None) => None,
        };
        let judge = |shown| Judge::new(config.relay.tls_urls, Arc::clone(shown), Trust::of_machine());
        let relay_tls = listening.relay_tls.first().map(std::net::SocketAddr::port);
        Self { port, relay_tls, judge: shown.map(judge), proxied }
    }

    /// What a device is told that reached us so. `configured` is `relay.host`, `host` the relay's as ICE takes it. One way only,
    /// since each costs the device a relayed port when a call begins.
    pub(crate) fn offer(
        &self,
        configured: Option<&str>,
        host: &str,
        reached: Reached<'_>,
        now: Timestamp,
    ) -> Option<Offer> {
        let is_for_tls = self.judge.as_ref().is_some_and(|judge| judge.is_for_tls(host, now));
        let web = self.web(configured.is_some(), reached, is_for_tls);
        let own = self.relay_tls.filter(|port| is_for_tls && takes_turn(*port));
        match (web, own) {
            (Some(web), Some(_)) if web.port == HTTPS => Some(web),
            (_, Some(port)) => Some(Offer { tls: true, web: false, port }),
            (web, None) => web,
        }
    }

    fn web(&self, is_elsewhere: bool, reached: Reached<'_>, is_for_tls: bool) -> Option<Offer> {
        let (kind, ours) = self.port?;
        let by_us = !self.proxied
            && match kind {
                Kind::Https => reached.by_tls,
                Kind::Http => true,
            };
        // The device knows best where the port is: a router may forward another one to ours.
        let seen = reached.host.filter(|_| by_us && !is_elsewhere).map(split);
        let port = match (seen, kind) {
            (Some((_, Some(port))), _) => port,
            (Some((_, None)), Kind::Https) => HTTPS,
            (Some((_, None)), Kind::Http) => 80,
            (None, _) => ours,
        };
        let tls = is_for_tls && kind == Kind::Https;
        takes_turn(port).then_some(Offer { tls, web: true, port })
    }
}

/// A `Host` header's name and port.
pub(crate) fn split(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        // The colons of a bare IPv6 address are inside its brackets.
        Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
        _ => (host, None),
    }
}

#[cfg(test)]
impl WebPort {
    /// `https.listen` with this certificate, where these authorities are trusted.
    pub(super) fn https(tls_urls: crate::config::TlsUrls, shown: Arc<Shown>, trust: Trust) -> Self {
        let judge = Some(Judge::new(tls_urls, shown, trust));
        Self { port: Some((Kind::Https, 7443)), relay_tls: None, judge, proxied: false }
    }

    /// The same behind a proxy.
    pub(super) fn behind_a_proxy(self) -> Self {
        Self { proxied: true, ..self }
    }

    /// The same with a port of the relay's own.
    pub(super) fn and_relay_tls(self, port: u16) -> Self {
        Self { relay_tls: Some(port), ..self }
    }
}

impl fmt::Debug for WebPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebPort({:?}, {:?})", self.port, self.relay_tls)
    }
}
