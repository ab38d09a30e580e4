//! How long a call waits for what.

use std::time::Duration;

/// The times of a call's life. The default is what people are used to; an operator may set others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timers {
    /// Without any ringing device for this long after the invite, the callee is `unreachable`.
    pub unreachable: Duration,
    /// How long it rings, counted from the first device that rings.
    pub ring: Duration,
    /// Longest time from the invite to the answer, however late the first device rang.
    pub ring_limit: Duration,
    /// Answered, but no media for this long: `media_failed`.
    pub connect: Duration,
    /// How long somebody is asked whether the call may be recorded.
    pub consent: Duration,
    /// How long the signaling of a leg may be gone before the other leg is told: a reload takes less.
    pub lost_after: Duration,
    /// How long a leg may be lost before the call ends, if no media flows either.
    pub lost_grace: Duration,
    /// How long an answered call waits for a device that has said that it goes. A reload takes less, and a closed tab
    /// never comes back.
    pub left_grace: Duration,
    /// How long phones ring on for a caller whose signaling is gone. A reloaded tab resumes its call within
    /// this time; ringing longer would offer a call to somebody who has left.
    pub caller_grace: Duration,
    /// How long an answered call is kept when both legs are gone. Long, because the usual cause is the
    /// server's own network, and the media goes on without it.
    pub both_lost: Duration,
    /// The least time that devices have to come back after the server has started.
    pub restart: Duration,
    /// How often a call in which nothing happens is committed again, which renews its life in the store.
    pub renew: Duration,
    /// How long an ended call is kept for devices that come late. The shell sets it as time to live.
    pub ended_kept: Duration,
    /// How long a capsule is good for. One that is older belongs to a call that nobody can still be in: it is renewed with
    /// every snapshot, at least once in `renew`.
    pub capsule_kept: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            unreachable: Duration::from_secs(20),
            ring: Duration::from_secs(60),
            ring_limit: Duration::from_secs(90),
            connect: Duration::from_secs(30),
            consent: Duration::from_secs(30),
            lost_after: Duration::from_secs(8),
            lost_grace: Duration::from_secs(60),
            left_grace: Duration::from_secs(15),
            caller_grace: Duration::from_secs(15),
            both_lost: Duration::from_hours(1),
            restart: Duration::from_secs(15),
            renew: Duration::from_hours(1),
            ended_kept: Duration::from_hours(24),
            capsule_kept: Duration::from_hours(24),
        }
    }
}
