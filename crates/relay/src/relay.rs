//! Starting, asking and stopping the relay's threads.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};
use tokio::sync::{mpsc, oneshot};
use visavis_turn::{Shared, Snapshot, Turn, TurnConfig};

use crate::addresses::{LocalAddresses, Sockets, relay_addresses};
use crate::config::RelayConfig;
use crate::door::Door;
use crate::drive::{Common, Worker};
use crate::handover::{self, Channel, Estate, Settings};
use crate::leg::{Carrier, NewLeg};
use crate::offload::{self, Kernel};
use crate::stats::Stats;
use crate::{RelayError, bind, clock};

/// Questions and orders under way to the thread.
const COMMANDS: usize = 256;
/// How often a relay that has handed over, or drains, looks whether it is still needed.
const DRAIN_LOOKS: Duration = Duration::from_millis(200);

/// A STUN/TURN server that runs. Dropping it stops it; [`Relay::shutdown`] also waits until all ports are free.
pub struct Relay {
    addresses: LocalAddresses,
    /// What a process that takes over must have, too.
    settings: Settings,
    tls: TlsSetting,
    workers: Vec<Handle>,
    /// What forwards past the workers, as long as there are any that want it.
    kernel: Weak<Kernel>,
    /// Who gets the next connection that is handed over.
    next: AtomicUsize,
    /// Connections handed over to a thread that had too much to do.
    refused: AtomicU64,
    /// Hints lost on a thread that had too much to do.
    unheard: AtomicU64,
}

/// What new TLS handshakes begin with, if there is any TLS.
pub(crate) type TlsSetting = Arc<RwLock<Option<Arc<ServerConfig>>>>;

/// What is asked of a worker's thread.
pub(crate) enum Command {
    Stats(oneshot::Sender<Stats>),
    Revoke(String, Duration),
    Known(String),
    Vouch(IpAddr, Duration),
    Drain(bool),
    Adopt(NewLeg),
    /// Another process takes over.
    Leave(oneshot::Sender<io::Result<Estate>>),
    PredecessorEnded,
}

/// Wakes a worker's thread, and stops it when dropped.
struct Bell {
    waker: Arc<mio::Waker>,
    stop: Arc<AtomicBool>,
}

/// A worker's thread as seen from outside.
struct Handle {
    commands: mpsc::Sender<Command>,
    bell: Bell,
    stopped: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Relay {
    /// Opens all listening sockets and starts serving.
    ///
    /// # Errors
    ///
    /// If an address is taken or a setting makes no sense; the message names the key. Nothing stays open then.
    pub async fn start(config: RelayConfig) -> Result<Self, RelayError> {
        config.check()?;
        let own = own_addresses()?;
        let anew = |sockets| Estate { sockets, snapshot: Snapshot::default(), ports: Vec::new() };
        let sockets = Sockets::open(&config, &own, config.threads())?;
        Self::launch(&config, own, sockets.into_iter().map(anew).collect())
    }

    /// Goes on with what the relay at the other end of the channel leaves: its sockets and all allocations of clients that
    /// came over UDP, with as many workers as it had, since the system has shared out the clients among those. If that
    /// relay has other settings, there is none, or it leaves what we do not understand, this one begins anew.
    ///
    /// # Errors
    ///
    /// As for [`Self::start`], and if the other side breaks off.
    pub async fn take_over(config: RelayConfig, mut channel: Channel) -> Result<Self, RelayError> {
        config.check()?;
        let settings = Settings::of(&config);
        let receive = move || (handover::receive(&mut channel, &settings), channel);
        let received = tokio::task::spawn_blocking(receive).await.map_err(io::Error::other);
        let broken = |source| RelayError::System { what: "take over from the relay before", source };
        let (left, channel) = received.map_err(broken)?;
        let estates = match left.map_err(broken)? {
            Ok(estates) => estates,
            Err(reason) => {
                tracing::info!(%reason, "nothing is taken over from the relay before");
                return Self::start(config).await;
            }
        };
        let count: usize = estates.iter().map(|estate| estate.snapshot.len()).sum();
        let relay = Self::launch(&config, own_addresses()?, estates)?;
        tracing::info!(relayed_ports = count, "took over from the relay before");
        // What the other process still had is common knowledge of all workers.
        let commands = relay.workers[0].commands.clone();
        std::thread::spawn(move || {
            channel.wait_for_end();
            // Looked at when the next packet comes, which is soon enough. If the relay has stopped, nothing is to be told.
            let _stopped = commands.blocking_send(Command::PredecessorEnded);
        });
        Ok(relay)
    }

    /// Starts the threads, one for each estate; there is at least one.
    fn launch(config: &RelayConfig, own: Vec<IpAddr>, estates: Vec<Estate>) -> Result<Self, RelayError> {
        let addresses = estates.first().map(|estate| estate.sockets.addresses()).unwrap_or_default();
        let relay_addresses = relay_addresses(config, &addresses, &own)?;
        let ips = addresses.udp.iter().map(SocketAddr::ip);
        let ips: Vec<IpAddr> = ips.chain(relay_addresses.iter().map(|address| address.bind)).collect();
        let kernel = offload::start(config, &ips, estates.len());
        let turn = TurnConfig {
            relay_addresses,
            realm: config.realm.clone(),
            previous_nonce_key: config.previous_nonce_key,
            relay_ports: config.relay_ports.clone(),
            rfc5766_channels: config.rfc5766_channels,
            knows_names: config.knows_names,
            alternate_servers: config.alternate_servers.clone(),
            alternate_tls_servers: config.alternate_tls_servers.clone(),
            audit: config.audit,
            dont_fragment: config.engine.is_batched(),
            mobility: config.mobility,
            offload: kernel.is_some(),
            tcp_peers: config.tcp_peers,
            allow_peers: config.allow_peers.clone(),
            own_addresses: own,
            limits: config.limits,
            ..TurnConfig::new(config.secret.clone(), config.nonce_key)
        };
        let shared = Arc::new(Shared::new(&turn, clock::now(), seed()?, estates.len()));
        let tls: TlsSetting = Arc::new(RwLock::new(config.tls.clone()));
        let door = Arc::new(Door::new(config.tcp_limits));
        let of_workers = kernel.as_ref().map_or_else(Weak::new, Arc::downgrade);
        let common = Common { tls: Arc::clone(&tls), door, shelf: Arc::default(), kernel };
        let mut workers = Vec::with_capacity(estates.len());
        for (place, estate) in estates.into_iter().enumerate() {
            let (now, unix) = (clock::now(), clock::unix());
            let turn = Turn::sharing(Arc::clone(&shared), turn.clone(), now, unix, seed()?);
            workers.push(Handle::start(place, turn, config, &common, estate)?);
        }
        let (refused, unheard) = (AtomicU64::new(0), AtomicU64::new(0));
        let settings = Settings::of(config);
        let (next, kernel) = (AtomicUsize::new(0), of_workers);
        Ok(Self { addresses, settings, tls, workers, kernel, next, refused, unheard })
    }

    /// Whether it serves. Once it does not, which only a defect can cause, it has to be started anew.
    pub fn is_running(&self) -> bool {
        !self.workers.iter().any(|worker| worker.thread.is_finished())
    }

    /// Where it listens.
    pub const fn local_addresses(&self) -> &LocalAddresses {
        &self.addresses
    }

    /// Counters as of now; `None` if the relay has stopped by itself, which only a defect can cause.
    pub async fn stats(&self) -> Option<Stats> {
        let mut sum = Stats::default();
        for worker in &self.workers {
            let (answer, stats) = oneshot::channel();
            worker.order(Command::Stats(answer)).await?;
            sum.add(&stats.await.ok()?);
        }
        sum.sockets.tcp_refused += self.refused.load(Ordering::Relaxed);
        sum.offload.misses = self.kernel.upgrade().map_or(0, |kernel| kernel.misses());
        sum.sockets.hints_lost += self.unheard.load(Ordering::Relaxed);
        Some(sum)
    }

    /// Ends all allocations opened with credentials issued for this `user`, or with this `user/tag` among others, and lets none
    /// be opened with those that expire no later than `until`, a time since the Unix epoch.
    pub async fn revoke(&self, subject: &str, until: Duration) {
        for worker in &self.workers {
            // Without a thread there are no allocations either.
            let _gone = worker.order(Command::Revoke(subject.to_owned(), until)).await;
        }
    }

    /// Takes no new allocations, or takes them again. Clients are sent to `relay.alternate_servers`, or get 508.
    pub async fn drain(&self, is_draining: bool) {
        for worker in &self.workers {
            let _gone = worker.order(Command::Drain(is_draining)).await;
        }
    }

    /// Whoever comes from this address within that time is known, and gets a larger ration than strangers. Of no
    /// consequence if a thread has too much to do to hear of it.
    pub fn vouch(&self, ip: IpAddr, lasts: Duration) {
        self.hint(|| Command::Vouch(ip, lasts));
    }

    /// A credential with this user name was issued; its owner may send a hash of the name ([`RelayConfig::knows_names`]).
    /// If a thread has too much to do to hear of it, the name itself is still good.
    pub fn known(&self, username: &str) {
        self.hint(|| Command::Known(username.to_owned()));
    }

    /// Tells every worker, whose client it may be, as far as they listen.
    fn hint(&self, command: impl Fn() -> Command) {
        for worker in &self.workers {
            if worker.commands.try_send(command()).is_err() {
                self.unheard.fetch_add(1, Ordering::Relaxed);
            } else {
                worker.bell.ring();
            }
        }
    }

    /// Serves a connection that somebody else has accepted and found to speak STUN or TURN, as if it had come to one of the
    /// relay's own TCP addresses: the same limits hold. `tls` is its TLS, with the handshake done; `received` is what has
    /// been read of the messages (out of the TLS, if there is one).
    ///
    /// It counts from now on; if it may not come in, it is closed.
    pub fn adopt(&self, stream: TcpStream, tls: Option<ServerConnection>, received: Vec<u8>) {
        let carrier = tls.map_or(Carrier::Plain, Carrier::from);
        let order = Command::Adopt(NewLeg { stream, carrier, received });
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let worker = &self.workers[turn % self.workers.len()];
        if worker.commands.try_send(order).is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        worker.bell.ring();
    }

    /// What TLS handshakes begin with from now on. Connections that stand are not touched.
    pub fn set_tls(&self, config: Arc<ServerConfig>) {
        *self.tls.write().unwrap_or_else(PoisonError::into_inner) = Some(config);
    }

    /// Leaves everything that came over UDP, and all sockets clients come to, to the relay at the other end of the channel.
    /// This one goes on for clients that have come over TCP. Returns the channel, to be closed when this process ends.
    ///
    /// # Errors
    ///
    /// If the other side has gone; what it was to be given is lost.
    pub async fn hand_over(&self, mut channel: Channel) -> io::Result<Channel> {
        let gone = || io::Error::other("a thread of the relay has ended");
        let mut estates = Vec::with_capacity(self.workers.len());
        for worker in &self.workers {
            let (answer, left) = oneshot::channel();
            worker.order(Command::Leave(answer)).await.ok_or_else(gone)?;
            estates.push(left.await.map_err(|_| gone())??);
        }
        let settings = self.settings.clone();
        let send = move || handover::send(&mut channel, &settings, estates).map(|()| channel);
        tokio::task::spawn_blocking(send).await.map_err(io::Error::other)?
    }

    /// Waits until no client is connected over TCP.
    pub async fn drained(&self) {
        // Only at the end of the process, so a look now and then is simpler than a notice from every connection.
        while self.stats().await.is_some_and(|stats| stats.sockets.tcp_connections > 0) {
            tokio::time::sleep(DRAIN_LOOKS).await;
        }
    }

    /// Waits until nobody has an allocation.
    pub async fn emptied(&self) {
        while self.stats().await.is_some_and(|stats| stats.turn.allocations > 0) {
            tokio::time::sleep(DRAIN_LOOKS).await;
        }
    }

    /// Stops, and returns when all ports are free.
    pub async fn shutdown(self) {
        let stopping = self.workers.into_iter().map(|Handle { bell, stopped, thread, .. }| {
            drop(bell);
            (stopped, thread)
        });
        for (stopped, thread) in stopping.collect::<Vec<_>>() {
            // Never sent, only dropped: by the thread as its last act, also when it panics.
            let _dropped = stopped.await;
            if thread.join().is_err() {
                tracing::error!("a thread of the relay panicked");
            }
        }
    }
}

fn own_addresses() -> Result<Vec<IpAddr>, RelayError> {
    let what = "list the addresses of this machine";
    bind::own_addresses().map_err(|source| RelayError::System { what, source })
}

/// Fresh random numbers of the system.
fn seed() -> Result<[u8; 32], RelayError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| RelayError::System { what: "get random numbers", source: error.into() })?;
    Ok(seed)
}

impl Handle {
    fn start(
        place: usize,
        turn: Turn,
        config: &RelayConfig,
        common: &Common,
        estate: Estate,
    ) -> Result<Self, RelayError> {
        let Estate { sockets, snapshot, ports } = estate;
        let system = |what| move |source| RelayError::System { what, source };
        let (commands, received) = mpsc::channel(COMMANDS);
        let mut worker = Worker::new(place, turn, config, common, sockets, received)
            .map_err(system("watch the sockets"))?;
        worker.inherit(snapshot, ports).map_err(system("watch the sockets"))?;
        let bell = Bell { waker: worker.waker(), stop: worker.stop() };
        let (stopping, stopped) = oneshot::channel::<()>();
        let serve = move || {
            if let Err(error) = worker.run() {
                tracing::error!(%error, "the relay stops");
            }
            // The worker and with it every socket has gone.
            drop(stopping);
        };
        let thread = std::thread::Builder::new().name("relay".to_owned()).spawn(serve);
        let thread = thread.map_err(system("start a thread"))?;
        Ok(Self { commands, bell, stopped, thread })
    }

    /// `None` if the thread has ended.
    async fn order(&self, command: Command) -> Option<()> {
        self.commands.send(command).await.ok()?;
        self.bell.ring();
        Some(())
    }
}

impl Bell {
    fn ring(&self) {
        if let Err(error) = self.waker.wake() {
            // The thread looks at its orders at the latest when its next timeout is due.
            tracing::debug!(%error, "the relay's thread can not be woken");
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.ring();
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
