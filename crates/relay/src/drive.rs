//! Starting, asking and stopping the relay's thread.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use visavis_turn::{RelayAddress, Turn, TurnConfig};

use crate::config::{RelayConfig, TcpLimits};
use crate::engine::Engine;
use crate::stats::Stats;
use crate::{RelayError, bind, clock, listen};

/// Questions and orders under way to the thread.
const COMMANDS: usize = 64;
/// How often the core is told the time of day, which may have been set meanwhile.
const WALL_CLOCK_INTERVAL: Duration = Duration::from_secs(30);
/// The longest realm (RFC 8489 §14.9).
const LONGEST_REALM: usize = 127;

/// A STUN/TURN server that runs. Dropping it stops it; [`Relay::shutdown`] also waits until all ports are free.
#[derive(Debug)]
pub struct Relay {
    addresses: LocalAddresses,
    commands: mpsc::Sender<Command>,
    stopped: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

/// Where the relay listens: no wildcards for UDP, and no port 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalAddresses {
    /// UDP sockets.
    pub udp: Vec<SocketAddr>,
    /// TCP listeners.
    pub tcp: Vec<SocketAddr>,
}

enum Command {
    Stats(oneshot::Sender<Stats>),
    Revoke(String),
    Shutdown,
}

/// Open sockets that nobody reads yet.
struct Sockets {
    udp: Vec<(SocketAddr, UdpSocket)>,
    tcp: Vec<(SocketAddr, TcpListener)>,
}

impl Relay {
    /// Opens all listening sockets and starts serving.
    ///
    /// # Errors
    ///
    /// If an address is taken or a setting makes no sense; the message names the key. Nothing stays open then.
    pub async fn start(config: RelayConfig) -> Result<Self, RelayError> {
        check(&config)?;
        let system = |what| move |source| RelayError::System { what, source };
        let own = bind::own_addresses().map_err(system("list the addresses of this machine"))?;
        let sockets = open(&config, &own)?;
        let addresses = LocalAddresses {
            udp: sockets.udp.iter().map(|(address, _)| *address).collect(),
            tcp: sockets.tcp.iter().map(|(address, _)| *address).collect(),
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| RelayError::System { what: "get random numbers", source: error.into() })?;
        let turn = TurnConfig {
            relay_addresses: relay_addresses(&config, &addresses, &own)?,
            realm: config.realm.clone(),
            secret: config.secret.clone(),
            nonce_key: config.nonce_key,
            previous_nonce_key: config.previous_nonce_key,
            relay_ports: config.relay_ports.clone(),
            rfc5766_channels: config.rfc5766_channels,
            allow_peers: config.allow_peers.clone(),
            own_addresses: own,
            limits: config.limits,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(system("start a runtime"))?;
        let (commands, received) = mpsc::channel(COMMANDS);
        let (starting, started) = oneshot::channel();
        let (stopping, stopped) = oneshot::channel();
        let serve = move || {
            let turn = Turn::new(turn, clock::now(), clock::unix(), seed);
            let tasks = tokio::task::LocalSet::new();
            let result = tasks.block_on(&runtime, run(turn, config.tcp_limits, sockets, starting, received));
            if let Err(error) = result {
                tracing::error!(%error, "the relay stops");
            }
            // Every socket belongs to a task or to the engine the tasks share; they go before anybody is told.
            drop(tasks);
            drop(runtime);
            drop(stopping);
        };
        let thread = std::thread::Builder::new().name("relay".to_owned()).spawn(serve);
        let thread = thread.map_err(system("start a thread"))?;
        // Dropped unsent only if the thread panicked.
        let failed = || std::io::Error::other("the thread ended at once");
        started.await.unwrap_or_else(|_| Err(failed())).map_err(system("serve the sockets"))?;
        Ok(Self { addresses, commands, stopped, thread })
    }

    /// Whether it serves. Once it does not, which only a defect can cause, it has to be started anew.
    pub fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Where it listens.
    pub const fn local_addresses(&self) -> &LocalAddresses {
        &self.addresses
    }

    /// Counters as of now; `None` if the relay has stopped by itself, which only a defect can cause.
    pub async fn stats(&self) -> Option<Stats> {
        let (answer, stats) = oneshot::channel();
        self.commands.send(Command::Stats(answer)).await.ok()?;
        stats.await.ok()
    }

    /// Ends all allocations opened with credentials issued for this `user` or `user/call`.
    pub async fn revoke(&self, subject: &str) {
        // Without a thread there are no allocations either.
        let _gone = self.commands.send(Command::Revoke(subject.to_owned())).await;
    }

    /// Stops, and returns when all ports are free.
    pub async fn shutdown(self) {
        let _gone = self.commands.send(Command::Shutdown).await;
        // Never sent, only dropped: by the thread as its last act, also when it panics.
        let _dropped = self.stopped.await;
        if self.thread.join().is_err() {
            tracing::error!("the relay's thread panicked");
        }
    }
}

/// The thread's main task: timers and commands. Sockets have tasks of their own.
async fn run(
    turn: Turn,
    limits: TcpLimits,
    sockets: Sockets,
    starting: oneshot::Sender<std::io::Result<()>>,
    mut commands: mpsc::Receiver<Command>,
) -> Result<(), ListenerEnded> {
    let engine = Rc::new(Engine::new(turn, limits));
    let mut listeners = match listen::start(&engine, sockets.udp, sockets.tcp) {
        Ok(listeners) => listeners,
        Err(error) => {
            // Whoever starts the relay is told why; it may have given up waiting.
            let _unwanted = starting.send(Err(error));
            return Ok(());
        }
    };
    let _unwanted = starting.send(Ok(()));
    let mut wall_clock = tokio::time::interval(WALL_CLOCK_INTERVAL);
    loop {
        let timeout = engine.next_timeout();
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Stats(answer)) => {
                    let _unwanted = answer.send(engine.stats());
                }
                Some(Command::Revoke(subject)) => engine.revoke(&subject),
                Some(Command::Shutdown) | None => return Ok(()),
            },
            () = engine.timeout_moved() => {}
            () = sleep_until(timeout) => engine.on_timeout(),
            _ = wall_clock.tick() => engine.set_wall_clock(clock::unix()),
            Some(_) = listeners.join_next() => return Err(ListenerEnded),
        }
    }
}

/// A listener's task has ended, which none ever should: better no relay than one that does not hear.
#[derive(Debug, thiserror::Error)]
#[error("a listener has ended")]
struct ListenerEnded;

async fn sleep_until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn check(config: &RelayConfig) -> Result<(), RelayError> {
    let wrong = |key, problem: &str| Err(RelayError::Config { key, problem: problem.to_owned() });
    if config.relay_ports.is_empty() || *config.relay_ports.start() == 0 {
        return wrong("relay.ports", "must be a range of ports, lower end first, without 0");
    }
    let is_quotable =
        config.realm.bytes().all(|byte| byte != b'"' && byte != b'\\' && !byte.is_ascii_control());
    if config.realm.is_empty() || config.realm.len() > LONGEST_REALM || !is_quotable {
        return wrong(
            "relay.realm",
            "must be 1 to 127 bytes without quotes, backslashes and control characters",
        );
    }
    if config.relay_address.is_some_and(|ip| ip.is_unspecified()) {
        return wrong("relay.address", "must be one address of this machine, not a wildcard");
    }
    let families_differ = |(relay, external): (IpAddr, IpAddr)| relay.is_ipv4() != external.is_ipv4();
    if config.relay_address.zip(config.external_ip).is_some_and(families_differ) {
        return wrong("relay.external_ip", "must be of the same family as relay.address");
    }
    Ok(())
}

fn open(config: &RelayConfig, own: &[IpAddr]) -> Result<Sockets, RelayError> {
    let mut sockets = Sockets { udp: Vec::new(), tcp: Vec::new() };
    for address in &config.listen_udp {
        let failed = |source| RelayError::ListenUdp { address: *address, source };
        for socket in bind::listen_udp(*address, own)? {
            sockets.udp.push((socket.local_addr().map_err(failed)?, socket));
        }
    }
    for address in &config.listen_tcp {
        let failed = |source| RelayError::ListenTcp { address: *address, source };
        let listener = bind::listen_tcp(*address)?;
        sockets.tcp.push((listener.local_addr().map_err(failed)?, listener));
    }
    Ok(sockets)
}

/// Where relayed ports are opened: as configured, else on every address clients can come to, those that others can
/// reach first.
fn relay_addresses(
    config: &RelayConfig,
    listening: &LocalAddresses,
    own: &[IpAddr],
) -> Result<Vec<RelayAddress>, RelayError> {
    let mut binds: Vec<IpAddr> = match config.relay_address {
        Some(ip) => vec![ip],
        None => {
            let listens_on = |ip: &IpAddr| {
                listening.udp.iter().chain(&listening.tcp).any(|address| {
                    let is_wildcard = address.ip().is_unspecified() && address.is_ipv4() == ip.is_ipv4();
                    address.ip() == *ip || is_wildcard
                })
            };
            own.iter().copied().filter(listens_on).collect()
        }
    };
    // A listening address that is on no interface, such as 127.0.0.2.
    for address in listening.udp.iter().chain(&listening.tcp) {
        if config.relay_address.is_none() && !address.ip().is_unspecified() && !binds.contains(&address.ip())
        {
            binds.push(address.ip());
        }
    }
    let Some(external) = config.external_ip else {
        return Ok(binds.into_iter().map(RelayAddress::from).collect());
    };
    // One external address can stand for one address only, or two allocations could be seen under the same.
    let of_family = |ip: &&IpAddr| ip.is_ipv4() == external.is_ipv4();
    let bind = binds.iter().find(of_family).copied().ok_or_else(|| RelayError::Config {
        key: "relay.external_ip",
        problem: "no address of its family is listened on".to_owned(),
    })?;
    binds.retain(|ip| !of_family(&ip));
    let mut addresses = vec![RelayAddress { bind, advertised: external }];
    addresses.extend(binds.into_iter().map(RelayAddress::from));
    Ok(addresses)
}
