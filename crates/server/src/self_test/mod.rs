//! The relay tests itself: at the start, every hour and when asked, over every way that devices are told.
//!
//! ```text
//!  plan (which ways) ──► run (try them, as a device would) ──► report ──► metrics, log, /api/relay/self-test, doctor
//! ```
//!
//! The test is a TURN client of our own (`visavis_relay::probe`) on real sockets; it knows no shortcut into the relay.

pub(crate) mod handshake;
mod plan;
mod run;
mod words;

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tracing::{info, warn};
use visavis_turn::AuthSecret;

use crate::clock;
use crate::config::Config;
use crate::ice::WebPort;
use crate::metrics::Metrics;
use crate::public_address::PublicAddress;
use crate::tls::Shown;

pub use plan::{Carrier, Listening, Place, Plan, Way};
pub use run::{Outcome, Problem, Report, Verdict, run};
pub use words::{cause, title};

/// How often.
const EVERY: Duration = Duration::from_secs(3600);
/// A report that is not older is as good as a new one.
const FRESH: Duration = Duration::from_secs(2);
/// The same for those who only want to know what to say of a call that has failed.
const RECENT: Duration = Duration::from_secs(60);
/// How long they wait. Where much is silent a test takes longer, and they are told nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server's test of its own relay.
#[derive(Debug)]
pub struct SelfTest {
    /// What the server knows of itself.
    pub about: About,
    /// The tests are counted there.
    pub metrics: Arc<Metrics>,
    latest: watch::Sender<Option<Arc<Report>>>,
    /// Its one permit is with the test that is under way.
    alone: Arc<Semaphore>,
    is_over: AtomicBool,
}

/// What there is to test.
pub struct About {
    /// The operator's settings.
    pub config: Config,
    /// Makes credentials.
    pub secret: AuthSecret,
    /// Where the server listens.
    pub listening: Listening,
    /// The web port that devices are told.
    pub web: Option<Arc<WebPort>>,
    /// The certificate of HTTPS and of TURN over TLS.
    pub shown: Option<Arc<Shown>>,
    /// How the world sees this machine.
    pub address: PublicAddress,
}

impl SelfTest {
    /// Nothing has been tested.
    pub fn new(about: About, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            about,
            metrics,
            latest: watch::Sender::new(None),
            alone: Arc::new(Semaphore::new(1)),
            is_over: AtomicBool::new(false),
        })
    }

    /// Tests until it is over.
    pub async fn run_hourly(self: Arc<Self>) {
        while !self.is_over.load(Ordering::Relaxed) {
            self.test().await;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// The relay takes nobody new any more, and so no test. One that is under way gives back what it has, and what it finds
    /// is not told.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Begins a test unless one is under way, and waits for nothing: where much is silent it takes minutes.
    pub fn begin(self: &Arc<Self>) {
        let Ok(alone) = Arc::clone(&self.alone).try_acquire_owned() else { return };
        let this = Arc::clone(self);
        tokio::spawn(async move { this.test_alone(alone).await });
    }

    /// Whether a test is under way.
    pub fn is_running(&self) -> bool {
        self.alone.available_permits() == 0
    }

    /// Tests now, or waits for the test that is under way.
    pub async fn test(&self) -> Arc<Report> {
        let alone = Arc::clone(&self.alone).acquire_owned().await.expect("it is never closed");
        match self.latest().filter(|report| clock::now().since(report.at) < FRESH) {
            Some(report) => report,
            None => self.test_alone(alone).await,
        }
    }

    /// What has been found within the last minute. If nothing has, it is tested now, as far as that is quick.
    pub async fn lately(self: &Arc<Self>) -> Option<Arc<Report>> {
        let recent = self.latest().filter(|report| clock::now().since(report.at) < RECENT);
        if recent.is_some() || self.is_over.load(Ordering::Relaxed) {
            return recent;
        }
        let mut news = self.latest.subscribe();
        // It goes on when nobody waits for it any more, and is one for all who do.
        self.begin();
        timeout(PATIENCE, news.changed()).await.ok()?.ok()?;
        self.latest()
    }

    async fn test_alone(&self, _alone: OwnedSemaphorePermit) -> Arc<Report> {
        let before = self.latest();
        let About { config, secret, listening, web, shown, .. } = &self.about;
        let certificate = shown.as_ref().and_then(|shown| shown.identity().certificate());
        let plan = Plan::new(config, secret.clone(), listening, web.as_deref(), certificate, clock::now());
        let mut report = run(&plan, clock::now()).await;
        report.at = clock::now();
        self.tell(before.as_deref(), &report);
        let report = Arc::new(report);
        self.latest.send_replace(Some(Arc::clone(&report)));
        report
    }

    /// What the last test has found.
    pub fn latest(&self) -> Option<Arc<Report>> {
        self.latest.borrow().clone()
    }

    /// Counts it, and says what has changed.
    fn tell(&self, before: Option<&Report>, report: &Report) {
        if self.is_over.load(Ordering::Relaxed) {
            return;
        }
        self.metrics.relay_self_tests.count();
        if report.verdict() != Verdict::Works {
            self.metrics.relay_self_tests_failed.count();
        }
        for outcome in &report.outcomes {
            let known = before.and_then(|before| before.outcomes.iter().find(|it| it.way == outcome.way));
            if known.map(|known| &known.problem) == Some(&outcome.problem) {
                continue;
            }
            // Addresses stay out of the log; the JSON has them.
            let way = title(&outcome.way);
            match (&outcome.problem, outcome.way.place) {
                (None, _) if known.is_none() => {}
                (None, _) => info!(way, "the relay works again"),
                (Some(problem), Place::Here | Place::Elsewhere) => {
                    warn!(way, cause = cause(problem, &outcome.way), "the relay does not work");
                }
                (Some(problem), Place::Told | Place::External) => {
                    let cause = cause(problem, &outcome.way);
                    info!(
                        way,
                        cause, "the relay cannot be reached so from this machine; from outside it may be"
                    );
                }
            }
        }
        if before.is_none() && report.verdict() == Verdict::Works {
            info!(ways = report.outcomes.len(), "the relay works, by every way that devices are told");
        }
    }

    /// For the operator: what is known, as JSON.
    pub fn json(&self) -> Value {
        let latest = self.latest();
        json!({
            "verdict": latest.as_ref().map(|report| report.verdict()),
            "tested_ago_ms": latest.as_ref().map(|report| clock::now().since(report.at).as_millis()),
            "ways": latest.as_ref().map(|report| &report.outcomes),
            "address": self.about.address,
        })
    }

    /// Adds what is known in the Prometheus text format.
    pub fn render(&self, out: &mut String) {
        let Some(report) = self.latest() else { return };
        let name = "visavis_relay_works";
        out.push_str("# HELP visavis_relay_works Whether the last self-test went through.\n");
        out.push_str("# TYPE visavis_relay_works gauge\n");
        for (place, label) in PLACES {
            for (carrier, way) in CARRIERS {
                let of = report.outcomes.iter();
                let mut of = of.filter(|it| it.way.place == place && it.way.carrier == carrier).peekable();
                if of.peek().is_some() {
                    let works = u8::from(of.all(|outcome| outcome.problem.is_none()));
                    writeln!(out, "{name}{{way=\"{way}\",from=\"{label}\"}} {works}")
                        .expect("a String takes any text");
                }
            }
        }
    }
}

/// As labels of metrics.
const CARRIERS: [(Carrier, &str); 5] = [
    (Carrier::Udp, "udp"),
    (Carrier::Tcp, "tcp"),
    (Carrier::Web, "web"),
    (Carrier::WebTls, "web_tls"),
    (Carrier::Tls, "tls"),
];
/// The same.
const PLACES: [(Place, &str); 4] = [
    (Place::Here, "here"),
    (Place::Told, "told"),
    (Place::External, "external"),
    (Place::Elsewhere, "elsewhere"),
];

impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("About(…)")
    }
}
