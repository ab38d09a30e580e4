//! Trying the ways, one after the other, as a device would: with a fresh credential, and with bytes that must come out at
//! the other side.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use visavis_proto::Timestamp;
use visavis_relay::probe::{self, Probe, ProbeError};
use visavis_turn::{Credential, issue};

use super::handshake;
use super::plan::{Carrier, Partner, Place, Plan, Way};
use crate::tls::TURN_PROTOCOLS;

/// What the relay is told instead of a user.
const USER: &str = "self-test";
/// How long the credentials are good: longer than any test takes.
const CREDENTIAL: Duration = Duration::from_secs(600);
/// Addresses of one name that are tried.
const ADDRESSES: usize = 4;
/// How long a name, a connection or a handshake may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Which one.
    #[serde(flatten)]
    pub way: Way,
    /// Why it does not work; nothing if it does.
    pub problem: Option<Problem>,
    /// How long it took to find out.
    pub took_ms: u64,
}

/// Why a way does not work. `code` in JSON is stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// Its name leads nowhere.
    NameUnknown,
    /// The machine there says that nobody listens.
    Closed,
    /// There is no way to that address, or the connection broke.
    Unreachable {
        /// What the system says.
        detail: String,
    },
    /// Nothing comes back: a firewall, a port that is not forwarded, or a wrong address.
    Silent,
    /// Something else than this relay answers.
    Stranger,
    /// It refuses, with this STUN error code.
    Refused {
        /// RFC 8489 §14.8 and RFC 8656 §19.
        error: u16,
    },
    /// Something else than this server shakes hands there, such as a proxy that ends TLS.
    OtherCertificate,
    /// Another relay shows a certificate that this machine does not trust, or not for its name.
    Untrusted,
    /// Bytes go in and do not come out.
    Lost,
}

/// Everything a test has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was done.
    pub at: Timestamp,
    /// Way by way, in the order of the plan.
    pub outcomes: Vec<Outcome>,
}

/// A report in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every way works.
    Works,
    /// Some way that devices are told does not work from this machine, to this relay or another one. It may from outside:
    /// many routers let nobody inside reach their outer address.
    Unsure,
    /// A socket of the relay itself does not do its work.
    Broken,
}

/// What relays answer that have no room: for this user, or at all (RFC 8656 §19).
const NO_ROOM: [u16; 2] = [486, 508];

impl Report {
    /// In one word.
    pub fn verdict(&self) -> Verdict {
        let broken = |place| {
            self.outcomes.iter().any(|outcome| outcome.way.place == place && outcome.problem.is_some())
        };
        if broken(Place::Here) {
            Verdict::Broken
        } else if broken(Place::Told) || broken(Place::External) || broken(Place::Elsewhere) {
            Verdict::Unsure
        } else {
            Verdict::Works
        }
    }

    /// Whether no relay does its work for the server itself; `told` and `external` ways may be closed from here alone.
    pub fn fails(&self) -> bool {
        let mut certain = self.certain().peekable();
        certain.peek().is_some() && certain.all(|problem| problem.is_some())
    }

    /// Whether it is only that there is no room.
    pub fn is_full(&self) -> bool {
        let full =
            |problem: &Problem| matches!(problem, Problem::Refused { error } if NO_ROOM.contains(error));
        self.fails() && self.certain().flatten().any(full)
    }

    fn certain(&self) -> impl Iterator<Item = Option<&Problem>> {
        let certain = |outcome: &&Outcome| matches!(outcome.way.place, Place::Here | Place::Elsewhere);
        self.outcomes.iter().filter(certain).map(|outcome| outcome.problem.as_ref())
    }
}

/// Tries every way of the plan.
pub async fn run(plan: &Plan, now: Timestamp) -> Report {
    let expires = now + CREDENTIAL;
    let credential = issue(&plan.secret, USER, Duration::from_millis(expires.0));
    let (mut outcomes, mut partner) = (Vec::new(), plan.partner);
    for way in &plan.ways {
        let begun = Instant::now();
        let problem = try_way(plan, way, &mut partner, &credential).await.err();
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        outcomes.push(Outcome { way: way.clone(), problem, took_ms });
    }
    Report { at: now, outcomes }
}

async fn try_way(
    plan: &Plan,
    way: &Way,
    partner: &mut Partner,
    credential: &Credential,
) -> Result<(), Problem> {
    let mut probe = reach(plan, way, credential).await?;
    // What another relay relays need not come as far as ours, which may be behind a NAT: it has both ends.
    let partner = match way.place {
        Place::Here | Place::Told | Place::External => partner.open(credential).await,
        Place::Elsewhere => reach(plan, way, credential).await,
    };
    let mut partner = match partner {
        Ok(partner) => partner,
        Err(problem) => {
            // It ends by itself otherwise, after minutes for which a relay that is stopped would stay.
            let _ = probe.close().await;
            return Err(problem);
        }
    };
    let exchanged = probe::exchange(&mut probe, &mut partner).await;
    for probe in [probe, partner] {
        // It ends by itself otherwise.
        let _ = probe.close().await;
    }
    Ok(exchanged?)
}

impl Partner {
    /// The other end of what is relayed. What did not work once is not waited for again.
    async fn open(&mut self, credential: &Credential) -> Result<Probe, Problem> {
        let mut problem = Problem::Closed;
        if let Some(udp) = self.udp {
            match Probe::udp(udp, credential).await {
                Ok(partner) => return Ok(partner),
                Err(error) => problem = error.into(),
            }
            self.udp = None;
        }
        match self.tcp {
            Some(tcp) => Ok(Probe::tcp(tcp, credential).await?),
            None => Err(problem),
        }
    }
}

/// By the first address that works, as devices do; if none does, the first one's problem is told.
async fn reach(plan: &Plan, way: &Way, credential: &Credential) -> Result<Probe, Problem> {
    let found = timeout(PATIENCE, lookup_host((way.host.as_str(), way.port))).await;
    let found = found.map_err(|_| Problem::NameUnknown)?.map_err(|_| Problem::NameUnknown)?;
    let mut first = None;
    for target in found.take(ADDRESSES) {
        match open(plan, way, target, credential).await {
            Ok(probe) => return Ok(probe),
            Err(problem) => first = first.or(Some(problem)),
        }
    }
    Err(first.unwrap_or(Problem::NameUnknown))
}

async fn open(plan: &Plan, way: &Way, target: SocketAddr, credential: &Credential) -> Result<Probe, Problem> {
    match way.carrier {
        Carrier::Udp => Ok(Probe::udp(target, credential).await?),
        Carrier::Tcp | Carrier::Web => Ok(Probe::tcp(target, credential).await?),
        Carrier::WebTls | Carrier::Tls => {
            let connected =
                timeout(PATIENCE, TcpStream::connect(target)).await.map_err(|_| Problem::Silent)?;
            let tcp = connected.map_err(ProbeError::Unreachable)?;
            let shaken = if way.place == Place::Elsewhere {
                timeout(PATIENCE, handshake::trusting(tcp, &way.host)).await
            } else {
                let certificate = plan.certificate.clone().ok_or(Problem::OtherCertificate)?;
                timeout(PATIENCE, handshake::pinned(tcp, &way.host, certificate, TURN_PROTOCOLS[0])).await
            };
            let stream = shaken.map_err(|_| Problem::Silent)??;
            Ok(Probe::stream(stream, credential).await?)
        }
    }
}

impl From<ProbeError> for Problem {
    fn from(error: ProbeError) -> Self {
        use std::io::ErrorKind::{ConnectionRefused, ConnectionReset, TimedOut, UnexpectedEof};
        match error {
            ProbeError::Unreachable(error) => match error.kind() {
                ConnectionRefused => Self::Closed,
                TimedOut => Self::Silent,
                // It takes connections and closes them at the first word of TURN.
                ConnectionReset | UnexpectedEof => Self::Stranger,
                _ => Self::Unreachable { detail: error.to_string() },
            },
            ProbeError::Silent => Self::Silent,
            ProbeError::Stranger => Self::Stranger,
            ProbeError::Refused(code) => Self::Refused { error: code.number() },
            ProbeError::Lost => Self::Lost,
        }
    }
}
