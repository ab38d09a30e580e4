//! Whole histories of calls on virtual time: several nodes over one store, people with several devices, and whatever can go
//! wrong between them; a judge who knows the rules looks on. The same seed is the same history.
//!
//! ```text
//!   device ◄── network: late, lost, double, half open ──► node ──► visavis-call decides ──► store: compare-and-set
//!     │                                                     │                                  │
//!     └──────────── what people mean ──► judge ◄── what is committed, said, written ───────────┘
//! ```
//!
//! `device` is a client as the SDK is, `node` a server as `crates/server/src/signaling` is; what they decide about calls is
//! the very code of `visavis-call`. `weather` says what a seed's world is like, `hub` holds its clock and its network, `judge`
//! the rules. Begin with [`run`].
//!
//! The rules: a call is answered at most once; what has ended does not return; an active call ends only by somebody who
//! hangs up, or when media is gone too; nothing rings for ever; no hang-up is lost; when all is well again everybody agrees; an
//! invite makes one call; nothing is recorded but between two devices of which one has asked and the other agreed; and the
//! history has one line for each person, which is true, of what was recorded, too.
//!
//! A rule that no mistake can break is worth nothing: see [`Mutant`].

mod device;
mod hub;
mod judge;
mod message;
mod node;
mod random;
mod store;
mod weather;
mod world;

use message::{Hear, Said, Say};
use visavis_proto::{CallRef, CallView};
use world::World;

/// A mistake, made on purpose in the simulated node or device, that some history must uncover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The store takes every write, whatever is there.
    NoCompareAndSet,
    /// A heartbeat does not say which revision the device has.
    NoRevision,
    /// A call's timer is kept only by the node that made the call.
    TimerOnOneNode,
    /// An invite does not say in which epoch it was first sent.
    NoEpochFence,
    /// A device says everything once.
    NoResend,
    /// Of a lost store's capsules the first to come counts, and a newer one changes nothing.
    NoSupersedingCapsule,
    /// A heartbeat does not say that its device is back.
    NoBack,
    /// A hang-up does not bring the call's capsule with it.
    NoCapsuleWithHangup,
    /// A node judges the media of a call of which no device could tell it.
    JudgesUnknownMedia,
    /// A device is not told that another one has the call.
    NoElsewhere,
    /// A heartbeat is answered as if its capsules had been judged when they could not be.
    PongForUnjudged,
    /// A node takes everybody who is asked whether they may be recorded for somebody who agrees.
    ConsentAssumed,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoCompareAndSet,
        Self::NoRevision,
        Self::TimerOnOneNode,
        Self::NoEpochFence,
        Self::NoResend,
        Self::NoSupersedingCapsule,
        Self::NoBack,
        Self::NoCapsuleWithHangup,
        Self::JudgesUnknownMedia,
        Self::NoElsewhere,
        Self::PongForUnjudged,
        Self::ConsentAssumed,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCompareAndSet => "no-compare-and-set",
            Self::NoRevision => "no-revision",
            Self::TimerOnOneNode => "timer-on-one-node",
            Self::NoEpochFence => "no-epoch-fence",
            Self::NoResend => "no-resend",
            Self::NoSupersedingCapsule => "no-superseding-capsule",
            Self::NoBack => "no-back",
            Self::NoCapsuleWithHangup => "no-capsule-with-hangup",
            Self::JudgesUnknownMedia => "judges-unknown-media",
            Self::NoElsewhere => "no-elsewhere",
            Self::PongForUnjudged => "pong-for-unjudged",
            Self::ConsentAssumed => "consent-assumed",
        }
    }
}

/// What happened in one history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Things that happened.
    pub events: u64,
    /// Calls made.
    pub calls: u64,
    /// Decisions committed.
    pub commits: u64,
    /// Nodes that crashed.
    pub crashes: u64,
    /// How often the store was lost.
    pub losses: u64,
    /// The first rule that was broken.
    pub violation: Option<String>,
}

/// The history of a seed.
pub fn run(seed: u64, mutant: Option<Mutant>) -> History {
    tell(World::new(seed, mutant, false)).0
}

/// The history of a seed, and all that happened, line by line.
pub fn trace(seed: u64, mutant: Option<Mutant>) -> (History, Vec<String>) {
    tell(World::new(seed, mutant, true))
}

fn tell(mut world: World) -> (History, Vec<String>) {
    let violation = world.run();
    let judge = world.hub.judge.borrow();
    let history = History {
        events: world.events,
        calls: judge.calls(),
        commits: judge.commits,
        crashes: world.crashes,
        losses: world.losses,
        violation,
    };
    drop(judge);
    (history, world.hub.notes())
}

/// What a device says, in a line of the trace.
fn brief(said: &Said) -> String {
    match &said.words {
        Say::Hello { calls } => format!("hello {}", refs(calls)),
        Say::Ping { epoch, calls } => format!("ping {epoch} {}", refs(calls)),
        words => format!("{words:?}").replace("00000000-0000-0000-0000-", "…"),
    }
}

fn brief_heard(hear: &Hear) -> String {
    match hear {
        Hear::Welcome { epoch, calls } => {
            format!("welcome {epoch} {}", calls.iter().map(seen).collect::<Vec<_>>().join("; "))
        }
        Hear::Call(view) => seen(view),
        Hear::Ok { .. } | Hear::Error { .. } | Hear::Pong => {
            format!("{hear:?}").replace("00000000-0000-0000-0000-", "…")
        }
    }
}

fn refs(calls: &[CallRef]) -> String {
    let brief = |call: &CallRef| {
        let capsule = if call.capsule.is_some() { " with a capsule" } else { "" };
        format!("{} rev {}{capsule}", node::short(call.id), call.rev.0)
    };
    calls.iter().map(brief).collect::<Vec<_>>().join(", ")
}

fn seen(view: &CallView) -> String {
    let reason = view.reason.map_or_else(String::new, |reason| format!(" {reason:?}"));
    format!(
        "{} rev {} {:?}{reason}, you {:?}, gen {}",
        node::short(view.id),
        view.rev.0,
        view.state,
        view.you,
        view.generation.0
    )
}
