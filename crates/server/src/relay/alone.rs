//! Everything `visavis relay` runs: the relay, and nothing of a server but what shows how it is.
//!
//! ```text
//!  relay.listen, relay.listen_tls ──► relay
//!  http.listen ──► /metrics   with the token of the data folder
//!              └─► /health    for whoever balances load
//! ```
//!
//! It knows no users: only that whoever brings a credential made with the shared secret was sent by a server that has it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use visavis_relay::{LocalAddresses, Relay};

use super::{SecretError, SharedSecret, Staying};
use crate::clock;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::http::listen::{self, Bounds, Listener, Spare, Takers};
use crate::http::operator::{self, Operator};
use crate::metrics::Metrics;
use crate::public_address::PublicAddress;
use crate::run_file::RunFile;
use crate::secrets;
use crate::self_test::{About, Listening, SelfTest};
use crate::tls::{Renewal, Shown, TlsIdentity};
use crate::upgrade::{Asked, Inherited, Predecessor, Program, UpgradeError};

/// How long requests under way may take when it stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// A relay that runs alone.
#[derive(Debug)]
pub struct Alone {
    /// Where it can be reached.
    pub reach: Reach,
    relay: Arc<Relay>,
    self_test: Arc<SelfTest>,
    is_draining: Arc<AtomicBool>,
    renew: Arc<Notify>,
    folder: DataFolder,
    /// The listening socket of HTTP once more, for the next version.
    spare: Vec<Spare>,
    listening: TaskTracker,
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

/// The addresses of a relay that runs alone.
#[derive(Debug, Clone)]
pub struct Reach {
    /// `/metrics` and `/health`, unless they are off.
    pub http: Option<SocketAddr>,
    /// The relay.
    pub relay: LocalAddresses,
    /// The certificate's SHA-256, if there is TLS; and whether it is the generated one.
    pub certificate: Option<(String, bool)>,
    /// How the world sees this machine.
    pub public_address: PublicAddress,
}

impl Alone {
    /// The secret, if these settings are those of a relay alone.
    ///
    /// # Errors
    /// What is missing or cannot be used.
    pub fn secret(config: &Config) -> anyhow::Result<SharedSecret> {
        if config.relay.listen.is_empty() {
            return Err(NothingToDo.into());
        }
        Ok(SharedSecret::of_file(config)?.ok_or(SecretError::Missing)?)
    }

    /// Opens every socket and relays; in place of a process that hands over, if there is one.
    ///
    /// # Errors
    /// What keeps it from starting, naming the file, the address or the key, and the way out. A predecessor goes on if this one
    /// fails because of its configuration or its certificate.
    pub async fn start_after(
        mut config: Config,
        secret: SharedSecret,
        predecessor: Option<Predecessor>,
    ) -> anyhow::Result<Self> {
        let address = PublicAddress::find(&config).await;
        config.relay.external_ip = address.external_ip();
        // Those are for the server to tell and to test.
        config.relay.others.clear();
        let folder = DataFolder::open(&config.data.dir)?;
        let token = secrets::metrics_token(&folder)?;
        let shown = if config.relay.listen_tls.is_empty() {
            None
        } else {
            Some(Shown::new(TlsIdentity::load(&config, &folder, clock::now())?))
        };
        let tls = shown.as_ref().map(Shown::turn_config).transpose()?;
        let settings = super::settings(&config, &secret, tls);

        let (predecessor, mut inherited) = match predecessor {
            Some(predecessor) => {
                let (predecessor, inherited) = predecessor.listeners().await?;
                (Some(predecessor), inherited)
            }
            None => (None, Inherited::default()),
        };
        let http = match config.http.listen {
            Some(address) => Some(listen::bind_http(address, &mut inherited).await?),
            None => None,
        };
        let relay = match predecessor {
            Some(predecessor) => super::take_over(settings, predecessor).await?,
            None => super::start(settings).await?,
        };
        let relay = Arc::new(relay.ok_or(NothingToDo)?);

        let reach = Reach {
            http: http.as_ref().map(Listener::address),
            relay: relay.local_addresses().clone(),
            certificate: shown.as_ref().map(|shown| shown.identity().told()),
            public_address: address.clone(),
        };
        let metrics = Arc::new(Metrics::default());
        let listening = Listening {
            relay_udp: reach.relay.udp.clone(),
            relay_tcp: reach.relay.tcp.clone(),
            relay_tls: reach.relay.tls.clone(),
            ..Listening::default()
        };
        let (own, secret) = (config.clone(), secret.auth());
        let about = About { config: own, secret, listening, web: None, shown: shown.clone(), address };
        let self_test = SelfTest::new(about, Arc::clone(&metrics));
        let operator = Operator {
            metrics: Arc::clone(&metrics),
            relay: Some(Arc::clone(&relay)),
            self_test: Some(Arc::clone(&self_test)),
            token,
        };
        let is_draining = Arc::new(AtomicBool::new(false));
        let health = Health { relay: Arc::clone(&relay), is_draining: Arc::clone(&is_draining) };
        let router = operator::metrics_of_relay(operator).merge(health.route());

        let mut tasks = JoinSet::new();
        let (stopping, serving) = (CancellationToken::new(), TaskTracker::new());
        let spare = http.iter().map(Listener::spare).collect::<Result<_, _>>()?;
        if let Some(listener) = http {
            let bounds = Bounds::of(&config, &metrics);
            serving.spawn(listen::serve(listener, Takers { router, turn: None }, bounds, stopping.clone()));
        }
        tasks.spawn(Arc::clone(&self_test).run_hourly());
        let renew = Arc::new(Notify::new());
        if let Some(shown) = shown {
            tasks.spawn(Renewal::new(&config, &folder, shown).run(Arc::clone(&renew)));
        }
        // It relays just as well without.
        if let Err(error) = RunFile::of_relay(&reach).write(&folder, Program::Relay) {
            tracing::warn!(%error, "`visavis relay doctor` will not find that this relay runs");
        }
        let listening = serving;
        Ok(Self { reach, relay, self_test, is_draining, renew, folder, spare, listening, stopping, tasks })
    }

    /// Looks at once whether there is a new certificate; without this it takes half a minute.
    pub fn renew_certificate(&self) {
        self.renew.notify_one();
    }

    /// Takes nobody new from now on. Gives how many relayed addresses there still are.
    pub async fn drain(&self) -> u64 {
        self.is_draining.store(true, Ordering::Relaxed);
        self.self_test.end();
        self.relay.drain(true).await;
        self.allocations().await
    }

    /// Relayed addresses in use.
    pub async fn allocations(&self) -> u64 {
        self.relay.stats().await.map_or(0, |stats| stats.turn.allocations)
    }

    /// Resolves when nobody is relayed any more.
    pub async fn emptied(&self) {
        self.relay.emptied().await;
    }

    /// Ends what is relayed, and stops.
    pub async fn stop(mut self) {
        self.stop_serving().await;
        if let Some(relay) = Arc::into_inner(self.relay) {
            relay.shutdown().await;
        }
    }

    /// Stops in favour of the process that asks. Returns what stays for those who came over TCP.
    ///
    /// # Errors
    /// If the other process dies meanwhile. Then nobody relays.
    pub async fn hand_over(mut self, asked: Asked) -> Result<Option<Staying>, UpgradeError> {
        let spare = std::mem::take(&mut self.spare);
        self.stop_serving().await;
        super::hand_over(Some(self.relay), spare, asked).await
    }

    async fn stop_serving(&mut self) {
        self.stopping.cancel();
        self.listening.close();
        // Whoever has no answer by then asks again.
        let _ = timeout(LAST_REQUESTS, self.listening.wait()).await;
        self.tasks.shutdown().await;
        RunFile::remove(&self.folder, Program::Relay);
    }
}

/// `relay.listen` is empty.
#[derive(Debug, Error)]
#[error(
    "relay.listen is empty, and a relay alone has nothing else to do; remove the key, or name an address such as 0.0.0.0:3478"
)]
pub struct NothingToDo;

/// Whether new clients should be sent here.
#[derive(Debug, Clone)]
struct Health {
    relay: Arc<Relay>,
    is_draining: Arc<AtomicBool>,
}

impl Health {
    fn route(self) -> Router {
        let answer = async |State(health): State<Self>| {
            if health.is_draining.load(Ordering::Relaxed) {
                (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
            } else if health.relay.is_running() {
                (StatusCode::OK, "ok\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "broken\n")
            }
        };
        Router::new().route("/health", get(answer)).with_state(self)
    }
}
