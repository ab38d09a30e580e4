//! Signaling: connected devices, their messages, and the calls between them.
//!
//! ```text
//!  socket ─┐
//!  stream ─┼► connection ──► handle ──► calls ──► visavis-call (decides) ──► visavis-cluster (commits)
//!  bridge ─┘       ▲                      │
//!                  └────── devices ◄──────┘  snapshots, relayed payloads
//! ```
//!
//! `connection` is the life of one connection with its limits, whatever carries it: `socket` a WebSocket, `stream` an
//! event stream and POSTs, `bridge` a messenger; `parcels` puts in order what comes without one, `lobby` counts who has
//! not said hello. `handle` says what each message means, `relay` passes payloads on, `unacked` knows which have not
//! arrived. `calls` commits decisions and performs their effects, `endings` says how long an ended call is kept,
//! `capsules` and `restore` bring calls back whose store was lost, `alarms` wakes calls whose time has come, `devices`
//! knows who is connected. Nothing here waits for a device.

mod absence;
mod alarms;
pub mod allowance;
pub mod bridge;
mod calls;
mod capsules;
mod chaos;
mod connection;
mod devices;
mod endings;
mod handle;
mod lobby;
mod parcels;
mod past;
mod presence;
mod recording;
mod relay;
mod removals;
mod restore;
mod socket;
pub mod stream;
mod terms;
mod transfer;
mod unacked;
mod woken;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use axum::http::HeaderMap;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use visavis_proto::{Bye, ByeReason, CloseCode, ServerBody, ServerFrame, UserId};

pub use bridge::Bridge;
pub use calls::Calls;
pub use capsules::Capsules;
pub use connection::Origin;
pub use devices::Devices;
pub use presence::Presences;
pub use socket::upgrade;
pub use stream::Streams;

use crate::accounts::shared::Confirmations;
use crate::accounts::tickets::Tickets;
use crate::accounts::{Accounts, Revoked};
use crate::clock;
use crate::config;
use crate::http::client::{Client, Peer};
use crate::ice::Ice;
use crate::metrics::Metrics;
use crate::networks::Networks;

use allowance::{Allowances, Rate};
use lobby::Lobby;

/// Users whose recent invites are remembered.
const INVITERS: usize = 100_000;
/// At a restart, devices come back spread over this time, so that not all come at once.
const RESTART_SPREAD: Duration = Duration::from_secs(3);

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct SignalingLimits {
    /// Connections open at once, whatever carries them; more are refused with 503.
    pub max_sockets: u32,
    /// Of these, those of one address that have not said `hello`; more are refused with 503.
    pub max_waiting_per_address: u32,
    /// Messages per second of one device in the long run.
    pub messages_per_second: u32,
    /// Messages at once after a quiet time.
    pub message_burst: u32,
    /// Calls per minute of one user.
    pub invites_per_minute: u32,
}

impl From<&config::Signaling> for SignalingLimits {
    fn from(config: &config::Signaling) -> Self {
        Self {
            max_sockets: config.max_sockets,
            max_waiting_per_address: config.max_waiting_per_address,
            messages_per_second: config.messages_per_second,
            message_burst: config.message_burst,
            invites_per_minute: config.invites_per_minute,
        }
    }
}

/// Everything a connection's task needs.
#[derive(Debug)]
pub struct Signaling {
    /// Who is connected.
    pub devices: Arc<Devices>,
    /// Tell contacts who is there.
    pub presences: Arc<Presences>,
    /// The calls.
    pub calls: Arc<Calls>,
    /// How devices reach the relay.
    pub networks: Arc<Networks>,
    tickets: Arc<Tickets>,
    confirmations: Arc<Confirmations>,
    ice: Arc<Ice>,
    metrics: Arc<Metrics>,
    max_sockets: u32,
    lobby: Arc<Lobby>,
    messages: Rate,
    inviters: Allowances<UserId>,
    /// What goes wrong on purpose.
    chaos: Option<chaos::Chaos>,
}

impl Signaling {
    /// Puts the parts together.
    pub fn new(
        devices: Arc<Devices>,
        calls: Arc<Calls>,
        accounts: &Accounts,
        ice: Ice,
        metrics: Arc<Metrics>,
        limits: &SignalingLimits,
        chaos: &config::Chaos,
    ) -> Self {
        let invites = Rate {
            count: limits.invites_per_minute,
            per: Duration::from_secs(60),
            burst: limits.invites_per_minute,
        };
        let messages = Rate {
            count: limits.messages_per_second,
            per: Duration::from_secs(1),
            burst: limits.message_burst,
        };
        let ice = Arc::new(ice);
        calls.relay_through(Arc::clone(&ice));
        let inviters = Allowances::new(invites, INVITERS);
        let presences = Arc::new(Presences::new(Arc::clone(&devices), calls.store.clone()));
        let chaos = chaos::Chaos::new(chaos, Arc::clone(&metrics));
        Self {
            devices,
            calls,
            networks: Arc::new(Networks::new(Arc::clone(&metrics))),
            tickets: Arc::clone(&accounts.tickets),
            confirmations: Arc::clone(&accounts.confirmations),
            ice,
            metrics,
            max_sockets: limits.max_sockets,
            lobby: Lobby::new(limits.max_waiting_per_address),
            messages,
            inviters,
            chaos,
            presences,
        }
    }

    /// How a device has reached us whose requests look like this.
    pub fn origin(&self, headers: &HeaderMap, peer: &Peer) -> Origin {
        let client = Client::at(peer, headers, self.ice.trust_proxy);
        Origin { address: Some(client.address), ..Origin::of(headers, peer) }
    }

    /// Waits until no socket is open.
    pub async fn all_gone(&self) {
        // Only at the end of the process, so a look now and then is simpler than a notice from every socket.
        while self.metrics.sockets.value() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Closes the sockets of revoked logins and ends what their devices carry, for as long as logins can be revoked.
    pub async fn run_revocations(self: Arc<Self>, mut revoked: broadcast::Receiver<Revoked>) {
        let goodbye = bye(ByeReason::Revoked, 0);
        loop {
            match revoked.recv().await {
                Ok(revoked) => {
                    for device in self.devices.revoke(&revoked, &goodbye) {
                        self.calls.device_revoked(&device).await;
                        self.ice.revoke_device(&device, clock::now()).await;
                    }
                    if let Revoked::User(user) = &revoked {
                        self.ice.revoke_user(user, clock::now()).await;
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    tracing::error!(missed, "sockets of revoked logins stay open");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// With chaos, does now and then to all devices what a restart does, for ever.
    pub async fn run_chaos(self: Arc<Self>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            self.say_goodbye();
        }
    }

    /// Tells every device that the server restarts, and closes the sockets.
    pub fn say_goodbye(&self) {
        let spread = u64::try_from(RESTART_SPREAD.as_millis()).unwrap_or(u64::MAX);
        // A low-discrepancy sequence (multiples of the golden ratio) spreads any number of devices evenly.
        let retry = |nth: usize| (nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % spread;
        self.devices.close_all(CloseCode::Restart, |nth| bye(ByeReason::Restart, retry(nth)));
    }
}

/// The `bye` frame.
fn bye(reason: ByeReason, retry_in_ms: u64) -> Utf8Bytes {
    ServerFrame { re: None, body: ServerBody::Bye(&Bye { reason, retry_in_ms }) }.encode().into()
}
