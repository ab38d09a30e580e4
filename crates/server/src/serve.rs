//! Everything `visavis serve` runs, wired together.
//!
//! ```text
//!   http, https ──► router ──┬── /            the web app, /tutorial/
//!                            ├── /api/…       accounts, history
//!                            ├── /ws, /sse    signaling ──► calls ──► calls.db, visavis.db
//!                            ├── /bridge/…    signaling through a messenger
//!                            ├── /signal      teaching
//!                            └── /metrics
//!   relay.listen ──► relay (a thread of its own): STUN and TURN
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use subtle::ConstantTimeEq;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use visavis_call::Timers;
use visavis_cluster::{Engine, Local};
use visavis_relay::{Relay, RelayConfig};
use visavis_store::Store;

use crate::accounts::{AccountLimits, Accounts};
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::http::api::{self, Api};
use crate::http::listen::{self, Listener};
use crate::ice::Ice;
use crate::metrics::{self, Metrics};
use crate::push::{Push, PushLimits};
use crate::run_file::RunFile;
use crate::secrets::Secrets;
use crate::signaling::{
    Bridge, Calls, Capsules, Devices, Origin, Signaling, SignalingLimits, Streams, bridge, stream, upgrade,
};
use crate::teaching::{self, Rooms};
use crate::tls::TlsIdentity;
use crate::webhook::Webhook;
use crate::{clock, web};

/// Expired logins and links are removed this often.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// How long devices have to hear goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Where it can be reached.
    pub reach: Reach,
    /// Who may sign in.
    pub accounts: Arc<Accounts>,
    /// What outlives it.
    pub store: Store,
    /// The calls.
    pub calls: Arc<Calls>,
    /// What it has counted.
    pub metrics: Arc<Metrics>,
    /// Opens `/metrics`.
    pub metrics_token: String,
    signaling: Arc<Signaling>,
    relay: Option<Arc<Relay>>,
    folder: DataFolder,
    listening: TaskTracker,
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

/// The addresses and names of a running server.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Plain HTTP, unless it is off.
    pub http: Option<SocketAddr>,
    /// HTTPS, unless it is off.
    pub https: Option<SocketAddr>,
    /// The certificate's SHA-256, if HTTPS is on; and whether browsers will warn of it.
    pub certificate: Option<(String, bool)>,
    /// The relay's UDP addresses.
    pub relay_udp: Vec<SocketAddr>,
    /// The relay's TCP addresses.
    pub relay_tcp: Vec<SocketAddr>,
}

impl Server {
    /// Opens the data folder and every socket, takes over the calls that outlived the last run, and serves.
    ///
    /// # Errors
    /// What keeps it from starting, naming the file, the address or the key, and the way out.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let folder = DataFolder::open(&config.data.dir)?;
        folder.refuse_cut_databases()?;
        let secrets = Secrets::load_or_create(&folder)?;
        // Ports before databases: who starts a second server by mistake is told which port is taken.
        let http = match config.http.listen {
            Some(address) => Some(listen::bind_http(address).await?),
            None => None,
        };
        let (https, certificate) = match config.https.listen {
            Some(address) => {
                let tls = TlsIdentity::load(&config, &folder, clock::now())?;
                let listener = listen::bind_https(address, tls.config).await?;
                (Some(listener), Some((tls.fingerprint, tls.self_signed)))
            }
            None => (None, None),
        };
        let relay = start_relay(&config, &secrets).await?.map(Arc::new);

        let metrics = Arc::new(Metrics::default());
        let (database, live) = (folder.database(), folder.calls());
        let (store, engine) = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
            Ok((Store::open(&database)?, Engine::Local(Local::open(&live)?)))
        })
        .await??;
        let limits = AccountLimits::from(&config);
        let accounts = Arc::new(Accounts::new(store.clone(), &secrets, &limits, Arc::clone(&metrics)));
        let devices = Arc::new(Devices::new(Arc::clone(&metrics)));
        let push = Push::new(
            store.clone(),
            Arc::clone(&devices),
            Arc::clone(&metrics),
            &secrets,
            PushLimits::from(&config),
        )?;
        let calls = Calls::open(
            engine,
            store.clone(),
            Arc::clone(&devices),
            Arc::clone(&metrics),
            Capsules::new(secrets.capsule_key),
            timers(&config),
            Some(Arc::clone(&push)),
        )
        .await
        .context("the calls of the last run could not be read")?;
        let signaling = Arc::new(Signaling::new(
            Arc::clone(&devices),
            Arc::clone(&calls),
            Arc::clone(&accounts.tickets),
            ice(&config, &secrets, relay.as_deref()),
            Arc::clone(&metrics),
            &SignalingLimits::from(&config.signaling),
            &config.chaos,
        ));

        let reach = Reach {
            http: http.as_ref().map(Listener::address),
            https: https.as_ref().map(Listener::address),
            certificate,
            relay_udp: relay.as_ref().map_or_else(Vec::new, |relay| relay.local_addresses().udp.clone()),
            relay_tcp: relay.as_ref().map_or_else(Vec::new, |relay| relay.local_addresses().tcp.clone()),
        };
        let measured = Measured {
            metrics: Arc::clone(&metrics),
            relay: relay.clone(),
            token: secrets.metrics_token.clone(),
        };
        let api = Api {
            accounts: Arc::clone(&accounts),
            store: store.clone(),
            devices: Arc::clone(&devices),
            presences: Arc::clone(&signaling.presences),
            push,
            calls: Arc::clone(&calls),
            public: config.public.url.clone(),
            https: reach.https,
            trust_proxy: config.public.trust_proxy,
        };
        let bridge = messenger(&config, &secrets, &signaling)?;
        let app = router(api, &signaling, bridge, measured, config.teaching.enabled);
        let mut tasks = JoinSet::new();
        let stopping = CancellationToken::new();
        let listening = TaskTracker::new();
        for listener in [http, https].into_iter().flatten() {
            let connections = config.http.max_connections;
            listening.spawn(listen::serve(listener, app.clone(), connections, stopping.clone()));
        }
        tasks.spawn(Arc::clone(&calls).run_alarms());
        tasks.spawn(Arc::clone(&calls).run_sweeps());
        tasks.spawn(Arc::clone(&signaling).run_revocations(accounts.revoked()));
        if config.chaos.enabled {
            tracing::warn!("chaos.enabled: messages are lost and connections break on purpose");
            if config.chaos.restart_s > 0 {
                let every = Duration::from_secs(config.chaos.restart_s);
                tasks.spawn(Arc::clone(&signaling).run_chaos(every));
            }
        }
        tasks.spawn(Arc::clone(&calls).run_removals(Arc::clone(&accounts)));
        tasks.spawn(Arc::clone(&calls).run_guest_sweeps(Arc::clone(&accounts)));
        tasks.spawn(sweep(store.clone()));
        RunFile::of(&reach).write(&folder)?;
        Ok(Self {
            reach,
            accounts,
            store,
            calls,
            metrics,
            metrics_token: secrets.metrics_token,
            signaling,
            relay,
            folder,
            listening,
            stopping,
            tasks,
        })
    }

    /// Tells every device that the server restarts, and closes their sockets.
    pub fn say_goodbye(&self) {
        self.signaling.say_goodbye();
    }

    /// Says goodbye to every device, and stops. Calls go on and are taken over by the next run.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        self.listening.close();
        self.say_goodbye();
        // Who has not heard by then notices by the closed socket.
        let _ = timeout(GOODBYE, async {
            self.listening.wait().await;
            self.signaling.all_gone().await;
        })
        .await;
        self.tasks.shutdown().await;
        self.store.close().await;
        RunFile::remove(&self.folder);
        if let Some(relay) = self.relay.take().and_then(Arc::into_inner) {
            relay.shutdown().await;
        }
    }
}

async fn sweep(store: Store) {
    loop {
        if let Err(error) = store.sweep(clock::now()).await {
            tracing::warn!(%error, "expired logins and links could not be removed");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn start_relay(config: &Config, secrets: &Secrets) -> anyhow::Result<Option<Relay>> {
    if config.relay.listen.is_empty() {
        return Ok(None);
    }
    let mut relay = RelayConfig::new(secrets.turn_secret.into(), secrets.turn_nonce_key);
    relay.listen_udp.clone_from(&config.relay.listen);
    relay.listen_tcp.clone_from(&config.relay.listen);
    relay.external_ip = config.relay.external_ip;
    relay.relay_ports = config.relay.ports.first..=config.relay.ports.last;
    relay.allow_peers = config.relay.allow_peers.clone();
    relay.limits.allocations = config.relay.max_allocations as usize;
    relay.limits.allocations_per_user = config.relay.max_allocations_per_user as usize;
    Ok(Some(Relay::start(relay).await?))
}

fn ice(config: &Config, secrets: &Secrets, relay: Option<&Relay>) -> Ice {
    let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
    Ice {
        host: config.relay.host.clone(),
        udp_port: relay.and_then(|relay| port(&relay.local_addresses().udp)),
        tcp_port: relay.and_then(|relay| port(&relay.local_addresses().tcp)),
        secret: secrets.turn_secret.into(),
        ttl: Duration::from_secs(config.relay.credential_ttl_s),
    }
}

fn timers(config: &Config) -> Timers {
    let usual = Timers::default();
    let ring = Duration::from_millis(config.calls.ring_timeout_ms);
    let unreachable = Duration::from_millis(config.calls.unreachable_ms);
    Timers {
        unreachable,
        ring,
        // However the operator sets the two, the first device may ring at the last moment.
        ring_limit: usual.ring_limit.max(ring + unreachable),
        connect: Duration::from_millis(config.calls.connect_timeout_ms),
        lost_grace: Duration::from_millis(config.calls.lost_grace_ms),
        ..usual
    }
}

/// The way of a messenger's messages, if there is a messenger.
fn messenger(
    config: &Config,
    secrets: &Secrets,
    signaling: &Arc<Signaling>,
) -> anyhow::Result<Option<Arc<Bridge>>> {
    let Some(webhook) = &config.bridge.webhook else { return Ok(None) };
    let webhook = Webhook::new(webhook.uri().clone(), secrets.webhook_key).context(
        "bridge.webhook is HTTPS, and this machine trusts no authority: install its certificates (ca-certificates)",
    )?;
    let token = secrets.bridge_token.clone();
    Ok(Some(Bridge::new(Arc::clone(signaling), token, webhook, config.public.url.as_ref())))
}

fn router(
    api: Api,
    signaling: &Arc<Signaling>,
    bridge: Option<Arc<Bridge>>,
    measured: Measured,
    teaching: bool,
) -> Router {
    let streams = Streams::new(Arc::clone(signaling), api.public.clone());
    let mut app = Router::new()
        .route("/ws", get(websocket).with_state(Arc::clone(signaling)))
        .route("/sse", get(stream::open).post(stream::post).with_state(streams))
        .route("/metrics", get(show_metrics).with_state(measured.clone()))
        .route("/", get(web::app))
        .route("/{*path}", get(web::app))
        .merge(api::routes(api));
    if let Some(bridge) = bridge {
        app = app.route("/bridge/messages", post(bridge::post).with_state(bridge));
    }
    if teaching {
        let rooms = Arc::new(Rooms::new(measured.metrics));
        app = app
            .route("/signal", get(teaching::signal).with_state(rooms))
            .route("/tutorial/", get(web::tutorial))
            .route("/tutorial/{*path}", get(web::tutorial));
    }
    app.layer(middleware::from_fn(add_security_headers))
}

async fn add_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(web::SECURITY_HEADERS);
    response
}

async fn websocket(
    State(signaling): State<Arc<Signaling>>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
) -> Response {
    upgrade(&signaling, Origin::of(&headers), request)
}

#[derive(Clone)]
struct Measured {
    metrics: Arc<Metrics>,
    relay: Option<Arc<Relay>>,
    token: String,
}

async fn show_metrics(State(measured): State<Measured>, headers: HeaderMap) -> Response {
    let given = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    let wanted = format!("Bearer {}", measured.token);
    if !bool::from(given.ct_eq(wanted.as_bytes())) {
        let hint =
            "send \"Authorization: Bearer TOKEN\" with metrics_token of the data folder's secrets.toml";
        return (StatusCode::UNAUTHORIZED, hint).into_response();
    }
    let mut text = measured.metrics.render();
    if let Some(relay) = &measured.relay
        && let Some(stats) = relay.stats().await
    {
        metrics::render_relay(&mut text, &stats);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
