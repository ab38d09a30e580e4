//! What an operator may choose: one TOML file, environment variables over it, flags over both.
//!
//! `keys.rs` lists every key with its type, default and documentation; begin there. `layers.rs` reads the
//! sources, `setting.rs` the values; [`ConfigError`] says where something is wrong and what would be right.

mod docs;
mod error;
mod keys;
mod layers;
mod setting;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use docs::{reference, show};
pub use error::{ConfigError, Fault, Origin};
pub use keys::{
    Accounts, Bridge, Calls, Chaos, Config, Data, Guests, Http, Https, Log, Public, Push, Relay, Signaling,
    Teaching,
};
pub use layers::Sources;
pub use setting::{Contact, LogFilter, PortRange, PublicUrl, WebhookUrl};

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
    if config.http.listen.is_some_and(|address| address.port() != 0)
        && config.http.listen == config.https.listen
    {
        fault("https.listen", "is the same address as http.listen; each needs its own port");
    }
}
