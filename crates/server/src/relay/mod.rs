//! The relay of `visavis-relay` as an operator configures it: inside `visavis serve`, or [alone](alone) on a machine of its
//! own.
//!
//! ```text
//!  serve ─┐                        ┌─► Relay ◄── TURN that came to the web ports (serve only)
//!         ├─► settings ─► start ───┤
//!  alone ─┘               take_over└─► Staying: what is left of one that has handed over
//! ```

pub mod alone;
mod secret;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::task::spawn_blocking;
use visavis_relay::handover::{self, Channel};
use visavis_relay::{Relay, RelayConfig};

use crate::config::Config;
use crate::http::listen::{Spare, TurnTaker};
use crate::upgrade::{Asked, Predecessor, UpgradeError};

pub use alone::Alone;
pub use secret::{SecretError, SharedSecret};

/// The relay that is wanted, if one is. `tls` is what handshakes on `relay.listen_tls` begin with.
pub(crate) fn settings(
    config: &Config,
    secret: &SharedSecret,
    tls: Option<Arc<ServerConfig>>,
) -> Option<RelayConfig> {
    if config.relay.listen.is_empty() {
        return None;
    }
    let secret = secret.auth();
    let nonce_key = secret.nonce_key();
    let mut relay = RelayConfig::new(secret, nonce_key);
    relay.listen_udp.clone_from(&config.relay.listen);
    relay.listen_tcp.clone_from(&config.relay.listen);
    if tls.is_some() {
        relay.listen_tls.clone_from(&config.relay.listen_tls);
    }
    relay.tls = tls;
    relay.external_ip = config.relay.external_ip;
    relay.relay_ports = config.relay.ports.first..=config.relay.ports.last;
    relay.allow_peers = config.relay.allow_peers.clone();
    relay.alternate_servers.clone_from(&config.relay.alternate_servers);
    relay.alternate_tls_servers.clone_from(&config.relay.alternate_tls_servers);
    relay.mobility = config.relay.mobility;
    relay.tcp_peers = config.relay.tcp_peers;
    relay.audit = config.relay.audit;
    relay.workers = config.relay.workers as usize;
    relay.engine = config.relay.engine;
    relay.offload = config.relay.offload;
    relay.tick = Duration::from_micros(config.relay.tick_us);
    relay.limits.allocations = config.relay.max_allocations as usize;
    relay.limits.allocations_per_user = config.relay.max_allocations_per_user as usize;
    relay.limits.packets_per_second = config.relay.max_packets_per_s;
    relay.limits.bytes_per_second = config.relay.max_bytes_per_s;
    relay.limits.user_packets_per_second = config.relay.max_user_packets_per_s;
    relay.limits.user_bytes_per_second = config.relay.max_user_bytes_per_s;
    relay.limits.new_allocations_per_second = config.relay.max_new_allocations_per_s;
    relay.limits.new_peers_per_second = config.relay.max_new_peers_per_s;
    Some(relay)
}

/// Whether a relay inside the server may offer that names are sent as a hash. The nonce says so, and a relay elsewhere, which
/// could look no hash up, must take the nonces of this one from those who are sent on to it.
pub(crate) fn knows_names(config: &Config) -> bool {
    let relay = &config.relay;
    relay.others.is_empty() && relay.alternate_servers.is_empty() && relay.alternate_tls_servers.is_empty()
}

/// Starts a relay, if one is wanted.
pub(crate) async fn start(settings: Option<RelayConfig>) -> anyhow::Result<Option<Relay>> {
    match settings {
        Some(settings) => Ok(Some(Relay::start(settings).await?)),
        None => Ok(None),
    }
}

/// Takes over what the process before us relays. If it relays nothing, or in a way that does not fit, we begin anew.
pub(crate) async fn take_over(
    settings: Option<RelayConfig>,
    predecessor: Predecessor,
) -> anyhow::Result<Option<Relay>> {
    let channel = predecessor.relay()?;
    match settings {
        Some(settings) => Ok(Some(Relay::take_over(settings, channel).await?)),
        None => Ok(None),
    }
}

/// Takes TURN from the web ports to the relay.
pub(crate) fn turn_taker(relay: Arc<Relay>) -> TurnTaker {
    Arc::new(move |tcp, tls, received| relay.adopt(tcp, tls, received))
}

/// Gives the process that asks the listening sockets, and the relay with all that is relayed over UDP. Whoever calls has
/// stopped serving everything else. Returns what stays for those who came over TCP.
pub(crate) async fn hand_over(
    relay: Option<Arc<Relay>>,
    spare: Vec<Spare>,
    asked: Asked,
) -> Result<Option<Staying>, UpgradeError> {
    let mut channel = asked.give_listeners(spare).await?.into_channel();
    let Some(relay) = relay else {
        spawn_blocking(move || handover::send_nothing(&mut channel)).await.map_err(io::Error::other)??;
        return Ok(None);
    };
    let channel = relay.hand_over(channel).await?;
    Ok(Some(Staying { relay, _channel: channel }))
}

/// What stays of a process that has handed over: the relay, for those who came over TCP.
#[derive(Debug)]
pub struct Staying {
    relay: Arc<Relay>,
    /// Tells the other process by its end that we have gone.
    _channel: Channel,
}

impl Staying {
    /// Resolves when nobody is relayed here any more.
    pub async fn drained(&self) {
        self.relay.drained().await;
    }
}
