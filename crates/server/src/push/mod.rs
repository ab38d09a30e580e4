//! Web Push: how a call reaches a device that is not connected.
//!
//! ```text
//!  Effect::Alert ──► registrations of the callee ──► those that are not connected ──► `call`, again while it rings
//!  Effect::StopAlerting ───────────────────────────► those that were pushed to ─────► `stop`, of the same topic
//! ```
//!
//! `encrypt` is RFC 8291, `vapid` RFC 8292, `deliver` the POST of RFC 8030, `endpoint` keeps it out of private networks,
//! `token` is what the woken device shows.

mod deliver;
mod encrypt;
mod endpoint;
mod places;
mod token;
pub(crate) mod vapid;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use visavis_proto::{
    Address, CallId, ErrorCode, MediaKind, PresenceStatus, PushKeys, PushMessage, PushedCall, PushedStop,
    PutPush, Timestamp, UserId,
};
use visavis_store::{PushTarget, Store, TokenHash};
use visavis_turn::PeerFilter;

use crate::accounts::Refusal;
use crate::clock;
use crate::config;
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use crate::signaling::Devices;
use deliver::{Courier, Delivery, Letter};
use encrypt::{AUTH, POINT, Receiver};
use endpoint::Endpoint;
use places::Places;
use vapid::Vapid;

/// Calls of which it is remembered whom to tell that they ring no more.
const REMEMBERED: usize = 10_000;
/// The first wait before a push is tried again; it doubles.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long a push service keeps the news that a call rings no more: as long as it could have kept the call.
const STOP_TTL: Duration = Duration::from_secs(120);

/// What an operator may set.
#[derive(Debug, Clone, Default)]
pub struct PushLimits {
    /// Whom a push service may write to.
    pub contact: Option<String>,
    /// Networks that may be pushed to although they are private.
    pub allow_networks: Vec<IpNet>,
    /// Further certificate authorities.
    pub authorities: Option<PathBuf>,
}

impl From<&config::Config> for PushLimits {
    fn from(config: &config::Config) -> Self {
        let public = config.public.url.as_ref().map(|url| url.as_str().to_owned());
        Self {
            contact: config
                .push
                .contact
                .as_ref()
                .map(|contact| contact.as_str().to_owned())
                .or(public.filter(|url| url.starts_with("https://"))),
            allow_networks: config.push.allow_networks.clone(),
            authorities: config.push.authorities.clone(),
        }
    }
}

/// Wakes devices.
pub struct Push {
    store: Store,
    devices: Arc<Devices>,
    metrics: Arc<Metrics>,
    courier: Courier,
    vapid: Vapid,
    token_key: [u8; 32],
    places: Places,
    ringing: Mutex<HashMap<CallId, Ringing>>,
}

/// A call that was pushed and rings.
struct Ringing {
    targets: Vec<PushTarget>,
    /// Ends what is still being tried.
    over: CancellationToken,
}

/// A call to be told to devices that are not connected.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) call: CallId,
    pub(crate) callee: UserId,
    pub(crate) from: UserId,
    pub(crate) name: String,
    pub(crate) media: Vec<MediaKind>,
    /// It may ring until then.
    pub(crate) until: Timestamp,
}

impl Push {
    /// Nothing rings yet.
    ///
    /// # Errors
    /// When `push.authorities` cannot be read.
    pub fn new(
        store: Store,
        devices: Arc<Devices>,
        metrics: Arc<Metrics>,
        secrets: &Secrets,
        limits: PushLimits,
    ) -> anyhow::Result<Arc<Self>> {
        let PushLimits { contact, allow_networks, authorities } = limits;
        let contact = contact.unwrap_or_else(|| "mailto:operator@localhost".to_owned());
        Ok(Arc::new(Self {
            store,
            devices,
            metrics,
            courier: Courier {
                tls: Arc::new(trust(authorities.as_deref())?),
                filter: PeerFilter::new(allow_networks, []),
            },
            vapid: Vapid::new(&secrets.push_key, contact).context("push_key of secrets.toml cannot sign")?,
            token_key: secrets.ticket_key,
            places: Places::new(),
            ringing: Mutex::default(),
        }))
    }

    /// The `applicationServerKey`.
    pub(crate) fn public_key(&self) -> String {
        self.vapid.public_key()
    }

    /// Keeps where calls of a device are pushed to.
    ///
    /// # Errors
    /// `bad_message` for an endpoint or keys that cannot be right.
    pub(crate) async fn register(
        &self,
        user: &UserId,
        login: TokenHash,
        wish: PutPush,
        name: String,
    ) -> Result<(), Refusal> {
        let bad = |message: &'static str| Refusal::new(ErrorCode::BadMessage, message);
        if Endpoint::parse(&wish.endpoint).is_none() {
            return Err(bad("endpoint must be an https:// address of at most 1024 bytes, without a user"));
        }
        let keys = receiver(&wish.keys).filter(|keys| encrypt::encrypt(keys, b"").is_some());
        let Receiver { point, auth } = keys.ok_or_else(|| {
            bad("keys: p256dh must be a point of P-256 (65 bytes) and auth 16 bytes, in base64url")
        })?;
        let target = PushTarget {
            address: Address { user: user.clone(), device: wish.device },
            login,
            device_name: name,
            endpoint: wish.endpoint,
            p256dh: point.to_vec(),
            auth: auth.to_vec(),
        };
        Ok(self.store.put_push(target, clock::now()).await?)
    }

    /// Whose token it is for a call, and where they registered; `None` for any that is not good any more.
    pub(crate) async fn woken(&self, call: CallId, token: &str) -> Result<Option<PushTarget>, Refusal> {
        let Some(device) = token::open(&self.token_key, call, token) else { return Ok(None) };
        Ok(self.store.push(&device, clock::now()).await?)
    }

    fn ringing(&self) -> MutexGuard<'_, HashMap<CallId, Ringing>> {
        self.ringing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells devices that are not connected of a call, for as long as it rings.
    pub(crate) fn alert(self: &Arc<Self>, alert: Alert) {
        let over = CancellationToken::new();
        {
            let mut ringing = self.ringing();
            if ringing.len() >= REMEMBERED {
                self.metrics.pushes_dropped.count();
                return;
            }
            ringing.insert(alert.call, Ringing { targets: Vec::new(), over: over.clone() });
        }
        let push = Arc::clone(self);
        tokio::spawn(async move {
            let targets = match push.store.pushes(&alert.callee, clock::now()).await {
                Ok(targets) => targets,
                Err(error) => return warn!(%error, "it cannot be read whom to wake"),
            };
            let connected = push.devices.list(&alert.callee);
            // Its page says what rings; one that is open elsewhere in the browser and looked at does, too.
            let is_told = |target: &PushTarget| {
                connected.iter().any(|device| {
                    device.device == target.address.device
                        || (device.login == Some(target.login) && device.status == PresenceStatus::Online)
                })
            };
            for target in targets.into_iter().filter(|target| !is_told(target)) {
                match push.ringing().get_mut(&alert.call) {
                    Some(ringing) => ringing.targets.push(target.clone()),
                    None => return,
                }
                let (push, alert, over) = (Arc::clone(&push), alert.clone(), over.clone());
                tokio::spawn(async move {
                    let message = |now| push.message(&alert, &target, now);
                    push.send(&target, alert.call, alert.until, message, &over).await;
                });
            }
        });
    }

    fn message(&self, alert: &Alert, target: &PushTarget, now: Timestamp) -> PushMessage {
        PushMessage::Call(PushedCall {
            call: alert.call,
            from: alert.from.clone(),
            name: alert.name.clone(),
            media: alert.media.clone(),
            expires_in_ms: u64::try_from(alert.until.since(now).as_millis()).unwrap_or(u64::MAX),
            sent_at: now.0,
            device: target.address.device.clone(),
            token: token::issue(&self.token_key, alert.call, &target.address),
        })
    }

    /// Tells the devices that were told of a call that it rings no more; not the one that has answered.
    pub(crate) fn stop(self: &Arc<Self>, stop: &PushedStop, answered: Option<&Address>) {
        let Some(Ringing { targets, over }) = self.ringing().remove(&stop.call) else { return };
        over.cancel();
        let until = clock::now() + STOP_TTL;
        for target in targets.into_iter().filter(|target| Some(&target.address) != answered) {
            let (push, stop) = (Arc::clone(self), stop.clone());
            tokio::spawn(async move {
                let message = |_| PushMessage::Stop(stop.clone());
                push.send(&target, stop.call, until, message, &CancellationToken::new()).await;
            });
        }
    }

    /// Pushes until the push service has it, or it is of no use any more.
    async fn send(
        &self,
        target: &PushTarget,
        call: CallId,
        until: Timestamp,
        message: impl Fn(Timestamp) -> PushMessage,
        over: &CancellationToken,
    ) {
        let (Some(to), Some(receiver)) = (Endpoint::parse(&target.endpoint), receiver_of(target)) else {
            return;
        };
        let origin = to.origin();
        let mut wait = AGAIN_AFTER;
        loop {
            let place = tokio::select! {
                () = over.cancelled() => return,
                place = self.places.take(&target.address.user, &origin) => place,
            };
            let now = clock::now();
            if now >= until {
                return;
            }
            let text = serde_json::to_vec(&message(now)).expect("our messages have no failing serializers");
            let Some(body) = encrypt::encrypt(&receiver, &text) else { return };
            let letter = Letter {
                body,
                authorization: self.vapid.authorization(&origin, now),
                ttl_s: until.since(now).as_secs(),
                topic: URL_SAFE_NO_PAD.encode(call.0.as_bytes()),
            };
            let delivery = self.courier.deliver(&to, &letter).await;
            drop(place);
            match delivery {
                Delivery::Done => return self.metrics.pushes.count(),
                Delivery::Gone => {
                    self.metrics.pushes_gone.count();
                    if let Err(error) = self.store.delete_push(&target.address, Some(&target.endpoint)).await
                    {
                        warn!(%error, "a registration that has ended is kept");
                    }
                    return;
                }
                Delivery::Refused => {
                    debug!("a push service refused a push");
                    return self.metrics.pushes_failed.count();
                }
                Delivery::Later => self.metrics.pushes_failed.count(),
            }
            tokio::select! {
                () = over.cancelled() => return,
                () = tokio::time::sleep(wait) => wait *= 2,
            }
        }
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Push(…)")
    }
}

fn receiver(keys: &PushKeys) -> Option<Receiver> {
    // Some browsers pad.
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let point: [u8; POINT] = bytes(&keys.p256dh)?.try_into().ok()?;
    let auth: [u8; AUTH] = bytes(&keys.auth)?.try_into().ok()?;
    Some(Receiver { point, auth })
}

fn receiver_of(target: &PushTarget) -> Option<Receiver> {
    let point = target.p256dh.as_slice().try_into().ok()?;
    Some(Receiver { point, auth: target.auth.as_slice().try_into().ok()? })
}

/// Whom we believe to be a push service: those whom the machine's own authorities have signed, and `more`.
fn trust(more: Option<&Path>) -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = more {
        let named =
            || format!("push.authorities: {} holds no PEM certificate that can be read", path.display());
        for certificate in CertificateDer::pem_file_iter(path).with_context(named)? {
            roots.add(certificate.with_context(named)?).with_context(named)?;
        }
    }
    if roots.is_empty() {
        warn!(
            "this machine knows no certificate authority, so that no push can be sent; install ca-certificates"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS cannot be set up")?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
