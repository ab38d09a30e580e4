//! What an operator may choose: one TOML file, environment variables over it, flags over both.
//!
//! `keys.rs` lists every key with its type, default and documentation; begin there. `layers.rs` reads the
//! sources, `setting.rs` the values; [`ConfigError`] says where something is wrong and what would be right.

mod docs;
mod embed_origin;
mod error;
mod keys;
mod layers;
mod setting;
mod table;
mod turn_url;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;

pub use docs::{reference, show};
pub use embed_origin::EmbedOrigin;
pub use error::{ConfigError, Fault, Origin};
pub use keys::{
    Accounts, Bridge, Calls, Chaos, Config, Data, Guests, Http, Https, Log, Public, Push, Relay, Signaling,
    Teaching, Web,
};
pub use layers::Sources;
pub use setting::{Contact, LogFilter, PortRange, PublicUrl, TlsUrls, WebhookUrl};
pub(crate) use turn_url::takes_turn;
pub use turn_url::{Transport, TurnUrl};

/// More addresses of other relays than any device should ask: each costs it a relayed address when a call begins.
const MOST_OTHERS: usize = 16;

impl Config {
    /// Reads the sources, later ones over earlier ones: defaults, file, variables, flags.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place, not only the first.
    pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
        let mut faults = Vec::new();
        let (file, values) = layers::read(sources, &mut faults);
        let mut config = Config { file, ..Config::default() };
        let mut origins: BTreeMap<&'static str, Origin> = BTreeMap::new();
        for value in values {
            let Some(key) = keys::key(&value.key) else {
                faults.push(Fault::unknown_key(value.origin, &value.key));
                continue;
            };
            if let Err(problem) = (key.set)(&mut config, &value.raw) {
                faults.push(Fault { origin: value.origin.clone(), key: Some(value.key), problem });
            }
            origins.insert(key.name, value.origin);
        }
        if faults.is_empty() {
            check_together(&config, &origins, &mut faults);
        }
        if faults.is_empty() { Ok(config) } else { Err(ConfigError { faults }) }
    }
}

/// What no key can check alone.
fn check_together(config: &Config, origins: &BTreeMap<&'static str, Origin>, faults: &mut Vec<Fault>) {
    let mut fault = |name: &'static str, problem: &str| {
        let origin = origins.get(name).cloned().unwrap_or(Origin::Default);
        faults.push(Fault { origin, key: Some(name.to_owned()), problem: problem.to_owned() });
    };
    match (&config.https.certificate, &config.https.key) {
        (Some(_), None) => fault("https.certificate", "needs https.key beside it"),
        (None, Some(_)) => fault("https.key", "needs https.certificate beside it"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if config.http.listen.is_none() && config.https.listen.is_none() {
        fault("https.listen", "is off, and so is http.listen: nobody could reach the server");
    }
    let relay = &config.relay;
    if relay.listen.is_empty() && !relay.listen_tls.is_empty() {
        fault(
            "relay.listen_tls",
            "needs relay.listen beside it, which is empty: most devices use the relay without TLS",
        );
    }
    for (key, is_on) in [("relay.mobility", relay.mobility), ("relay.tcp_peers", relay.tcp_peers)] {
        if is_on && relay.workers > 1 {
            fault(
                key,
                "needs relay.workers to be 1, or 0: a client may come to another thread than the one that knows it",
            );
        }
    }
    let is_taken = |address: &SocketAddr| {
        let others = relay.listen.iter().chain(&config.https.listen).chain(&config.http.listen);
        address.port() != 0 && others.into_iter().any(|other| other == address)
    };
    if relay.listen_tls.iter().any(is_taken) {
        fault(
            "relay.listen_tls",
            "is the same address as relay.listen, https.listen or http.listen; it needs a port of its own (5349, usually)",
        );
    }
    if relay.others.len() > MOST_OTHERS {
        let problem = format!(
            "names {} addresses, and {MOST_OTHERS} are the most: each costs every device a relayed address when a call begins",
            relay.others.len()
        );
        fault("relay.others", &problem);
    }
    if config.http.listen.is_some_and(|address| address.port() != 0)
        && config.http.listen == config.https.listen
    {
        fault("https.listen", "is the same address as http.listen; each needs its own port");
    }
}
