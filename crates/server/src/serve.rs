//! Everything `visavis serve` runs, wired together.
//!
//! ```text
//!   http, https ──► router ──┬── /            the web app, /tutorial/, /embed for other sites
//!                            ├── /api/…       accounts, history
//!                            ├── /ws, /sse    signaling ──► calls ──► calls.db, visavis.db
//!                            ├── /bridge/…    signaling through a messenger
//!                            ├── /signal      teaching
//!                            └── /metrics, /api/relay/self-test
//!   relay.listen, relay.listen_tls ──► relay (threads of its own): STUN and TURN
//! ```

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use visavis_call::Timers;
use visavis_cluster::{Engine, Local};
use visavis_relay::{Relay, RelayConfig};
use visavis_store::Store;

use crate::accounts::{AccountLimits, Accounts, days};
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::http::admin::Admin;
use crate::http::api::{self, Api};
use crate::http::client::Peer;
use crate::http::listen::{self, Bounds, Listener, Spare, Takers};
use crate::http::operator::{self, Operator};
use crate::http::origin::{self, Sites};
use crate::ice::{Expiries, Ice, WebPort};
use crate::metrics::Metrics;
use crate::public_address::PublicAddress;
use crate::push::{Push, PushLimits};
use crate::relay::{self, SharedSecret, Staying};
use crate::run_file::RunFile;
use crate::secrets::Secrets;
use crate::self_test::{About, Listening, SelfTest};
use crate::signaling::{
    Bridge, Calls, Capsules, Devices, Signaling, SignalingLimits, Streams, bridge, stream, upgrade,
};
use crate::teaching::{self, Rooms};
use crate::tls::{Renewal, Shown, TlsIdentity};
use crate::upgrade::{Asked, Inherited, Predecessor, Program, UpgradeError};
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
    renew: Arc<Notify>,
    folder: DataFolder,
    /// The listening sockets once more, for the next version.
    spare: Vec<Spare>,
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
    /// The certificate's SHA-256, if there is TLS; and whether browsers will warn of it.
    pub certificate: Option<(String, bool)>,
    /// The relay's UDP addresses.
    pub relay_udp: Vec<SocketAddr>,
    /// The relay's TCP addresses.
    pub relay_tcp: Vec<SocketAddr>,
    /// The relay's TCP addresses for TLS.
    pub relay_tls: Vec<SocketAddr>,
    /// What is known of how the world sees this machine, if there is a relay.
    pub public_address: Option<PublicAddress>,
}

impl Server {
    /// Opens the data folder and every socket, takes over the calls that outlived the last run, and serves.
    ///
    /// # Errors
    /// What keeps it from starting, naming the file, the address or the key, and the way out.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        Self::start_after(config, None).await
    }

    /// The same in place of a process that hands over its sockets.
    ///
    /// # Errors
    /// As for [`Self::start`], and if the other process breaks off. It goes on if this one fails before it has asked for
    /// anything: because of its configuration, its secrets or its certificate.
    pub async fn start_after(mut config: Config, predecessor: Option<Predecessor>) -> anyhow::Result<Self> {
        let public_address = PublicAddress::find(&config).await;
        config.relay.external_ip = public_address.external_ip();
        let folder = DataFolder::open(&config.data.dir)?;
        if predecessor.is_none() {
            folder.refuse_cut_databases()?;
        }
        let secrets = Secrets::load_or_create(&folder)?;
        let secret = SharedSecret::of_server(&config, &secrets)?;
        let shown = if config.https.listen.is_some() || !config.relay.listen_tls.is_empty() {
            Some(Shown::new(TlsIdentity::load(&config, &folder, clock::now())?))
        } else {
            None
        };
        let (predecessor, mut inherited) = match predecessor {
            Some(predecessor) => {
                let (predecessor, inherited) = predecessor.listeners().await?;
                // It has only just closed them.
                folder.refuse_cut_databases()?;
                (Some(predecessor), inherited)
            }
            None => (None, Inherited::default()),
        };
        // Ports before databases: who starts a second server by mistake is told which port is taken.
        let http = match config.http.listen {
            Some(address) => Some(listen::bind_http(address, &mut inherited).await?),
            None => None,
        };
        let https = match (config.https.listen, &shown) {
            (Some(address), Some(shown)) => {
                Some(listen::bind_https(address, shown.server_config()?, &mut inherited).await?)
            }
            _ => None,
        };
        let relay_settings = relay_settings(&config, &secret, shown.as_ref())?;
        // The one of a predecessor relays until we are ready.
        let mut relay = match predecessor {
            None => relay::start(relay_settings.clone()).await?,
            Some(_) => None,
        };

        let metrics = Arc::new(Metrics::default());
        let (database, live) = (folder.database(), folder.calls());
        let (store, engine) = spawn_blocking(move || -> anyhow::Result<_> {
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
        if let Some(predecessor) = predecessor {
            relay = relay::take_over(relay_settings, predecessor).await?;
        }
        let relay = relay.map(Arc::new);
        let addresses = relay.as_ref().map(|relay| relay.local_addresses().clone()).unwrap_or_default();
        let listening = Listening {
            relay_udp: addresses.udp,
            relay_tcp: addresses.tcp,
            relay_tls: addresses.tls,
            https: https.as_ref().map(Listener::address),
            http: http.as_ref().map(Listener::address),
        };
        let web = relay.as_ref().map(|_| Arc::new(WebPort::new(&config, &listening, shown.as_ref())));
        let signaling = Arc::new(Signaling::new(
            Arc::clone(&devices),
            Arc::clone(&calls),
            &accounts,
            ice(&config, &secret, relay.as_ref(), web.clone()),
            Arc::clone(&metrics),
            &SignalingLimits::from(&config.signaling),
            &config.chaos,
        ));

        let reach = Reach {
            http: listening.http,
            https: listening.https,
            certificate: shown.as_ref().map(|shown| shown.identity().told()),
            relay_udp: listening.relay_udp.clone(),
            relay_tcp: listening.relay_tcp.clone(),
            relay_tls: listening.relay_tls.clone(),
            public_address: relay.as_ref().map(|_| public_address.clone()),
        };
        let about = About {
            config: config.clone(),
            secret: secret.auth(),
            listening,
            web,
            shown: shown.clone(),
            address: public_address,
        };
        let is_there = relay.is_some() || !config.relay.others.is_empty();
        let self_test = is_there.then(|| SelfTest::new(about, Arc::clone(&metrics)));
        let admin = Admin::new(
            relay.clone(),
            self_test.clone(),
            Arc::clone(&signaling.networks),
            days(config.accounts.signup_days),
        );
        let operator = Operator {
            metrics: Arc::clone(&metrics),
            relay: relay.clone(),
            self_test: self_test.clone(),
            token: secrets.metrics_token.clone(),
        };
        let api = Api {
            accounts: Arc::clone(&accounts),
            store: store.clone(),
            devices: Arc::clone(&devices),
            presences: Arc::clone(&signaling.presences),
            push,
            calls: Arc::clone(&calls),
            admin: Arc::new(admin),
            public: config.public.url.clone(),
            embed_origins: config.web.embed_origins.as_slice().into(),
            https: reach.https,
            trust_proxy: config.public.trust_proxy,
        };
        let bridge = messenger(&config, &secrets, &signaling)?;
        let app = router(api, &signaling, bridge, operator, config.teaching.enabled);
        let takers = Takers { router: app, turn: relay.clone().map(relay::turn_taker) };
        let mut tasks = JoinSet::new();
        let stopping = CancellationToken::new();
        let serving = TaskTracker::new();
        let spare = [&http, &https].into_iter().flatten().map(Listener::spare).collect::<Result<_, _>>()?;
        for listener in [http, https].into_iter().flatten() {
            let bounds = Bounds::of(&config, &metrics);
            serving.spawn(listen::serve(listener, takers.clone(), bounds, stopping.clone()));
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
        if let Some(self_test) = self_test {
            tasks.spawn(self_test.run_hourly());
        }
        let renew = Arc::new(Notify::new());
        if let Some(shown) = &shown {
            let renewal = Renewal::new(&config, &folder, Arc::clone(shown));
            tasks.spawn(renewal.run(Arc::clone(&renew)));
        }
        RunFile::of(&reach).write(&folder, Program::Server)?;
        Ok(Self {
            reach,
            accounts,
            store,
            calls,
            metrics,
            metrics_token: secrets.metrics_token,
            signaling,
            relay,
            renew,
            folder,
            spare,
            listening: serving,
            stopping,
            tasks,
        })
    }

    /// Looks at once whether there is a new certificate; without this it takes half a minute.
    pub fn renew_certificate(&self) {
        self.renew.notify_one();
    }

    /// Tells every device that the server restarts, and closes their sockets.
    pub fn say_goodbye(&self) {
        self.signaling.say_goodbye();
    }

    /// Says goodbye to every device, and stops. Calls go on and are taken over by the next run.
    pub async fn stop(mut self) {
        self.stop_serving().await;
        if let Some(relay) = self.relay.take().and_then(Arc::into_inner) {
            relay.shutdown().await;
        }
    }

    /// Stops in favour of the process that asks, which takes the listening sockets and the relay with all that is relayed
    /// over UDP. Returns what stays for those who came over TCP.
    ///
    /// # Errors
    /// If the other process dies meanwhile. Then nobody serves.
    pub async fn hand_over(mut self, asked: Asked) -> Result<Option<Staying>, UpgradeError> {
        let spare = std::mem::take(&mut self.spare);
        self.stop_serving().await;
        relay::hand_over(self.relay.take(), spare, asked).await
    }

    /// Everything but the relay ends, and the databases are closed.
    async fn stop_serving(&mut self) {
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
        self.calls.close().await;
        self.store.close().await;
        RunFile::remove(&self.folder, Program::Server);
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

/// The relay inside this server, if one is wanted: it is told of every name that is issued, and shows our certificate.
fn relay_settings(
    config: &Config,
    secret: &SharedSecret,
    shown: Option<&Arc<Shown>>,
) -> anyhow::Result<Option<RelayConfig>> {
    let shown = shown.filter(|_| !config.relay.listen_tls.is_empty());
    let tls = shown.map(Shown::turn_config).transpose()?;
    let settings = relay::settings(config, secret, tls);
    Ok(settings.map(|settings| RelayConfig { knows_names: relay::knows_names(config), ..settings }))
}

fn ice(config: &Config, secret: &SharedSecret, relay: Option<&Arc<Relay>>, web: Option<Arc<WebPort>>) -> Ice {
    let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
    Ice {
        web,
        others: config.relay.others.clone(),
        host: config.relay.host.clone(),
        udp_port: relay.and_then(|relay| port(&relay.local_addresses().udp)),
        tcp_port: relay.and_then(|relay| port(&relay.local_addresses().tcp)),
        secret: secret.auth(),
        ttl: Duration::from_secs(config.relay.credential_ttl_s),
        expiries: Expiries::default(),
        relay: relay.map_or_else(Weak::new, Arc::downgrade),
        trust_proxy: config.public.trust_proxy,
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
    operator: Operator,
    teaching: bool,
) -> Router {
    let streams = Streams::new(Arc::clone(signaling));
    let sites = Sites { public: api.public.clone(), listed: Arc::clone(&api.embed_origins) };
    let framed = web::framed_by(&api.embed_origins);
    let mut app = Router::new()
        .route("/ws", get(websocket).with_state(Arc::clone(signaling)))
        .route(
            "/sse",
            get(stream::open)
                .post(stream::post)
                .with_state(streams)
                .layer(middleware::from_fn_with_state(sites, origin::share)),
        )
        .route("/embed", get(web::embed).with_state(framed))
        .route("/", get(web::app))
        .route("/{*path}", get(web::app))
        .merge(api::routes(api));
    let metrics = Arc::clone(&operator.metrics);
    app = app.merge(operator::routes(operator, Arc::clone(&signaling.networks)));
    if let Some(bridge) = bridge {
        app = app.route("/bridge/messages", post(bridge::post).with_state(bridge));
    }
    if teaching {
        let rooms = Arc::new(Rooms::new(metrics));
        app = app
            .route("/signal", get(teaching::signal).with_state(rooms))
            .route("/tutorial/", get(web::tutorial))
            .route("/tutorial/{*path}", get(web::tutorial));
    }
    app.layer(middleware::from_fn(add_security_headers))
}

async fn add_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in web::SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

async fn websocket(
    State(signaling): State<Arc<Signaling>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    request: WebSocketUpgrade,
) -> Response {
    upgrade(&signaling, signaling.origin(&headers, &peer), request)
}
