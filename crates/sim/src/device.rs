//! A client, as `clients/web/sdk/src/core` is, with its page and its person's hands.

mod calls;
mod recording;

use std::collections::{BTreeMap, BTreeSet};

use visavis_proto::{
    Address, CallId, CallRef, CallView, EndReason, Epoch, ErrorCode, Gen, RecordingView, Rev, Role,
};

use crate::Mutant;
use crate::hub::{Act, Event, Hub};
use crate::message::{Hear, Said, Say};
use crate::node::short;
use crate::weather::Time;

const RECONNECT: [Time; 6] = [0, 300, 1_200, 2_700, 4_800, 7_000];
const RESEND: [Time; 4] = [1_000, 2_000, 4_000, 8_000];
const OPEN_LIMIT: Time = 10_000;
const STABLE: Time = 10_000;
const PING_IN_CALL: Time = 20_000;
const PING_IDLE: Time = 55_000;
const PROBE: Time = 5_000;
const DIAL_LIMIT: Time = 20_000;
const RING_GRACE: Time = 10_000;
const CONNECT_LIMIT: Time = 30_000;
const RECOVERY_LIMIT: Time = 60_000;
const FLOW_FRESH: Time = 6_000;
/// How often a device in a call looks whether media arrives.
const LOOK: Time = 2_000;

#[derive(Debug)]
enum Link {
    Waiting {
        retry: Time,
    },
    Opening {
        socket: usize,
        until: Time,
    },
    Online {
        socket: usize,
        since: Time,
        pinged: Time,
        dead_by: Option<Time>,
    },
    /// The device is gone.
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Dialing,
    RingingOut,
    RingingIn,
    Connecting,
    Active,
}

/// A call that has not ended, as far as this device knows.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) id: CallId,
    pub(crate) stage: Stage,
    role: Role,
    other: String,
    pub(crate) peer: Option<Address>,
    pub(crate) rev: Option<Rev>,
    capsule: Option<(Epoch, String)>,
    /// A node that does not know the capsule yet says that another device has the call.
    contradicted: bool,
    pub(crate) generation: Gen,
    known: bool,
    /// The server has said that this device is one of the two ends.
    pub(crate) confirmed: bool,
    reported: bool,
    recording: Option<RecordingView>,
    entered: Time,
    expires: Option<Time>,
    flowed: Time,
}

impl Held {
    pub(crate) fn is_answered_ref(held: &&Self) -> bool {
        held.is_answered()
    }

    pub(crate) fn is_answered(&self) -> bool {
        matches!(self.stage, Stage::Connecting | Stage::Active)
    }
}

/// How a call ended for this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Ended,
    Elsewhere,
}

#[derive(Debug, Clone)]
struct Pending {
    id: u64,
    call: CallId,
    words: Say,
    since: Time,
    tries: usize,
    retry: Option<Time>,
    capsule: Option<(Epoch, String)>,
}

#[derive(Debug)]
pub(crate) struct Device {
    index: usize,
    address: Address,
    link: Link,
    node: usize,
    attempt: usize,
    epoch: Option<Epoch>,
    pub(crate) calls: Vec<Held>,
    over: BTreeMap<CallId, Over>,
    /// Answered calls of this person that are on another device, with their peer connection.
    elsewhere: BTreeMap<CallId, Gen>,
    /// Calls from which this device was handed over; another one follows.
    handed_over: BTreeSet<CallId>,
    /// The page has not been welcomed yet.
    fresh: bool,
    outbox: Vec<Pending>,
    next: u64,
    looked: Time,
    timer: u64,
}

impl Device {
    pub(crate) fn new(index: usize, hub: &Hub) -> Self {
        let address = hub.judge.borrow().address(index);
        Self {
            index,
            address,
            link: Link::Off,
            node: 0,
            attempt: 0,
            epoch: None,
            calls: Vec::new(),
            over: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            handed_over: BTreeSet::new(),
            fresh: true,
            outbox: Vec::new(),
            next: 0,
            looked: 0,
            timer: 0,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.link, Link::Off)
    }

    pub(crate) fn is_online(&self) -> bool {
        matches!(self.link, Link::Online { .. })
    }

    /// Whether something has been said of a call since then that nobody has answered.
    pub(crate) fn has_just_spoken(&self, call: CallId, since: Time) -> bool {
        self.outbox.iter().any(|pending| pending.call == call && pending.since >= since)
    }

    /// Whether it has been told that another device of its user has the call.
    pub(crate) fn has_left(&self, call: CallId) -> bool {
        self.over.get(&call) == Some(&Over::Elsewhere)
    }

    // The page.

    /// The page is loaded.
    pub(crate) fn open(&mut self, hub: &Hub) {
        if !self.is_on() {
            self.link = Link::Waiting { retry: hub.now() };
            self.connect(hub);
            self.set_timer(hub);
        }
    }

    /// The page is gone, with all it knew. The socket closes unless the whole machine has gone.
    pub(crate) fn forget(&mut self, hub: &Hub, machine_too: bool) {
        if let Link::Opening { socket, .. } | Link::Online { socket, .. } = self.link {
            if machine_too {
                hub.sockets.borrow_mut()[socket].cut = true;
                hub.sockets.borrow_mut()[socket].open_at_device = false;
            } else {
                hub.close(socket, true);
            }
        }
        hub.judge.borrow_mut().forgets(self.index);
        *self = Self { next: self.next, timer: self.timer + 1, ..Self::new(self.index, hub) };
    }

    // The person.

    pub(crate) fn act(&mut self, hub: &Hub, act: Act, to: &Address) {
        if !self.is_on() {
            return;
        }
        match act {
            Act::Dial { .. } => self.dial(hub, to),
            Act::Accept(call) => self.accept(hub, call),
            Act::Decline(call) | Act::HangUp(call) => {
                if let Some(held) = self.find(call) {
                    hub.note(|| format!("{} hangs up {} ({:?})", self.address, short(call), held.stage));
                    hub.judge.borrow_mut().means_to_end(hub.now(), call, self.index, held.capsule.is_some());
                    self.hang_up(hub, call, None);
                }
            }
            Act::Take => self.take(hub),
            Act::Transfer { .. } => self.transfer(hub, to),
            Act::Record => self.record(hub),
        }
        self.set_timer(hub);
    }

    fn dial(&mut self, hub: &Hub, to: &Address) {
        if !self.calls.is_empty() {
            return;
        }
        let call = hub.new_call();
        hub.note(|| format!("{} dials {}: {}", self.address, to.user, short(call)));
        let mut held = blank(call, Role::Caller, Stage::Dialing, hub.now());
        held.other = to.user.to_string();
        self.calls.push(held);
        self.say(hub, call, Say::Invite { call, to: to.user.clone(), epoch: None }, None);
        self.will_hang_up(hub, call);
    }

    fn accept(&mut self, hub: &Hub, call: CallId) {
        let now = hub.now();
        let Some(held) = self.find_mut(call).filter(|held| held.stage == Stage::RingingIn) else { return };
        held.stage = Stage::Connecting;
        held.entered = now;
        hub.note(|| format!("{} answers {}", self.address, short(call)));
        self.outbox.retain(|pending| !(pending.call == call && matches!(pending.words, Say::Ringing { .. })));
        self.say(hub, call, Say::Accept { call }, None);
        self.will_hang_up(hub, call);
    }

    fn take(&mut self, hub: &Hub) {
        let Some((&call, &seen)) = self.elsewhere.iter().next().filter(|_| self.calls.is_empty()) else {
            return;
        };
        hub.note(|| format!("{} takes {}", self.address, short(call)));
        self.over.remove(&call);
        self.elsewhere.remove(&call);
        let mut held = blank(call, Role::Caller, Stage::Connecting, hub.now());
        held.known = true;
        held.generation = seen;
        self.calls.push(held);
        self.say(hub, call, Say::Take { call, seen }, None);
        self.will_hang_up(hub, call);
    }

    /// Sooner or later everybody hangs up, most of them sooner.
    fn will_hang_up(&self, hub: &Hub, call: CallId) {
        let most = if hub.chance(300) { 180_000 } else { 60_000 };
        hub.later(1_000 + hub.below(most), Event::Act { device: self.index, act: Act::HangUp(call) });
    }

    fn transfer(&mut self, hub: &Hub, to: &Address) {
        let Some(call) = self.calls.iter().find(|held| held.stage == Stage::Active).map(|held| held.id)
        else {
            return;
        };
        hub.note(|| format!("{} hands {} over to {}", self.address, short(call), to.user));
        self.say(hub, call, Say::Transfer { call, to: to.user.clone() }, None);
    }

    // The link.

    fn connect(&mut self, hub: &Hub) {
        if let Link::Opening { socket, .. } | Link::Online { socket, .. } = self.link {
            hub.close(socket, true);
        }
        let nodes = hub.weather.nodes;
        if self.attempt > 0 || hub.chance(300) {
            self.node = usize::try_from(hub.below(nodes as u64)).unwrap_or(0);
        }
        let socket = hub.connect(self.index, self.node);
        self.link = Link::Opening { socket, until: hub.now() + OPEN_LIMIT };
        let calls = self.call_refs(hub);
        hub.say(socket, &Said { id: None, words: Say::Hello { calls } });
    }

    fn wait(&mut self, hub: &Hub) {
        if let Link::Opening { socket, .. } | Link::Online { socket, .. } = self.link {
            hub.close(socket, true);
        }
        let was_stable = matches!(self.link, Link::Online { since, .. } if hub.now() >= since + STABLE);
        self.attempt = if was_stable { 0 } else { self.attempt + 1 };
        let usual = RECONNECT[self.attempt.min(RECONNECT.len() - 1)];
        self.link = Link::Waiting { retry: hub.now() + usual + hub.below(300) };
    }

    pub(crate) fn hear_close(&mut self, hub: &Hub, socket: usize) {
        let current = match self.link {
            Link::Opening { socket, .. } | Link::Online { socket, .. } => Some(socket),
            Link::Waiting { .. } | Link::Off => None,
        };
        if current == Some(socket) {
            self.wait(hub);
            self.set_timer(hub);
        }
    }

    pub(crate) fn hear(&mut self, hub: &Hub, from: usize, hear: Hear) {
        let (Link::Opening { socket, .. } | Link::Online { socket, .. }) = self.link else { return };
        if socket != from {
            return;
        }
        if let Link::Online { dead_by, .. } = &mut self.link {
            *dead_by = None;
        }
        match hear {
            Hear::Welcome { epoch, calls } => self.welcome(hub, epoch, calls),
            _ if !self.is_online() => {}
            Hear::Ok { re, call, merged } => self.done(hub, re, call.filter(|_| merged)),
            Hear::Error { re: Some(re), code, .. } => self.refused(hub, re, code),
            Hear::Error { re: None, code: ErrorCode::NotFound, call: Some(call) } => self.lose(hub, call),
            Hear::Error { .. } => {}
            Hear::Pong => self.believe(hub),
            Hear::Call(view) => self.apply(hub, *view),
        }
        self.set_timer(hub);
    }

    fn welcome(&mut self, hub: &Hub, epoch: Epoch, views: Vec<CallView>) {
        let Link::Opening { socket, .. } = self.link else { return };
        let now = hub.now();
        if self.epoch.as_ref().is_some_and(|known| *known != epoch) {
            self.calls.iter_mut().for_each(|held| held.rev = None);
        }
        self.epoch = Some(epoch);
        self.link = Link::Online { socket, since: now, pinged: now, dead_by: None };
        let before: Vec<u64> = self.outbox.iter().map(|pending| pending.id).collect();
        let gone: Vec<CallId> = self
            .calls
            .iter()
            .filter(|held| {
                held.known
                    && !views.iter().any(|view| view.id == held.id)
                    && !self.outlives(held.capsule.as_ref())
            })
            .map(|held| held.id)
            .collect();
        gone.into_iter().for_each(|call| self.lose(hub, call));
        for view in views {
            self.apply(hub, view);
        }
        self.fresh = false;
        if self.call_refs(hub).iter().any(|held| held.capsule.is_some()) {
            self.ping(hub, PROBE);
        }
        for id in before {
            self.transmit(hub, id);
        }
    }

    fn ping(&mut self, hub: &Hub, patience: Time) {
        let Some(epoch) = self.epoch.clone() else { return };
        let calls = self.call_refs(hub);
        let Link::Online { socket, pinged, dead_by, .. } = &mut self.link else { return };
        *pinged = hub.now();
        *dead_by = Some(dead_by.unwrap_or(Time::MAX).min(hub.now() + patience));
        hub.say(*socket, &Said { id: None, words: Say::Ping { epoch, calls } });
    }

    fn call_refs(&self, hub: &Hub) -> Vec<CallRef> {
        let refer = |id, rev: Option<Rev>, media, capsule: Option<&(Epoch, String)>| CallRef {
            id,
            rev: rev.unwrap_or_default(),
            media,
            capsule: capsule.filter(|it| self.outlives(Some(it))).map(|(_, text)| text.clone()),
        };
        let held = self.calls.iter().filter(|held| held.known).map(|held| {
            let media = held.is_answered() && hub.now() <= held.flowed + FLOW_FRESH && held.flowed > 0;
            refer(held.id, held.rev, media, held.capsule.as_ref())
        });
        let ended = self.outbox.iter().filter(|pending| self.outlives(pending.capsule.as_ref()));
        held.chain(ended.map(|pending| refer(pending.call, None, false, pending.capsule.as_ref()))).collect()
    }

    fn outlives(&self, capsule: Option<&(Epoch, String)>) -> bool {
        capsule.is_some_and(|(epoch, _)| Some(epoch) != self.epoch.as_ref())
    }

    // The outbox.

    fn say(&mut self, hub: &Hub, call: CallId, words: Say, capsule: Option<(Epoch, String)>) {
        self.next += 1;
        let id = self.next;
        self.outbox.push(Pending { id, call, words, since: hub.now(), tries: 0, retry: None, capsule });
        if self.is_online() {
            self.transmit(hub, id);
        }
    }

    fn transmit(&mut self, hub: &Hub, id: u64) {
        let Link::Online { socket, .. } = self.link else { return };
        let fenced = !hub.is(Mutant::NoEpochFence);
        let Some(pending) = self.outbox.iter_mut().find(|pending| pending.id == id) else { return };
        if pending.tries > 0 && hub.is(Mutant::NoResend) {
            return;
        }
        if let Say::Invite { epoch, .. } = &mut pending.words
            && pending.tries == 0
            && fenced
        {
            epoch.clone_from(&self.epoch);
        }
        pending.tries += 1;
        // A WebSocket loses nothing while it lives; what has no order is said again.
        let wait = RESEND[pending.tries.min(RESEND.len()) - 1];
        pending.retry = (!hub.weather.ordered).then(|| hub.now() + wait);
        hub.say(socket, &Said { id: Some(id), words: pending.words.clone() });
    }

    fn settle(&mut self, re: u64) -> Option<Pending> {
        let place = self.outbox.iter().position(|pending| pending.id == re)?;
        Some(self.outbox.remove(place))
    }

    fn done(&mut self, hub: &Hub, re: u64, merged: Option<CallId>) {
        let Some(pending) = self.settle(re) else { return };
        match pending.words {
            Say::Invite { call, .. } => match merged.filter(|into| *into != call) {
                Some(into) => self.merge(hub, call, into),
                None => {
                    if let Some(held) = self.find_mut(call) {
                        held.known = true;
                    }
                }
            },
            Say::Hello { .. }
            | Say::Ping { .. }
            | Say::Ringing { .. }
            | Say::Accept { .. }
            | Say::Hangup { .. }
            | Say::Connected { .. }
            | Say::Take { .. }
            | Say::Transfer { .. }
            | Say::Resume { .. }
            | Say::Recording { .. } => {}
        }
    }

    fn postpone(&mut self, hub: &Hub, id: u64) {
        if let Some(pending) = self.outbox.iter_mut().find(|pending| pending.id == id) {
            pending.retry = Some(hub.now() + RESEND[pending.tries.clamp(1, RESEND.len()) - 1]);
        }
    }

    fn refused(&mut self, hub: &Hub, re: u64, code: ErrorCode) {
        if code.retry() {
            return self.postpone(hub, re);
        }
        let known = |call| self.find(call).is_some_and(|held| held.known);
        let doubtful = |it: &Pending| it.id == re && (known(it.call) || self.outlives(it.capsule.as_ref()));
        if code == ErrorCode::NotYourCall && self.outbox.iter().any(doubtful) {
            // It may have overtaken the call's capsule, or be late. What the heartbeat says of the call counts.
            self.postpone(hub, re);
            return self.ping(hub, PROBE);
        }
        let was_known = self.outbox.iter().any(|it| it.id == re && known(it.call));
        let Some(pending) = self.settle(re) else { return };
        if was_known && matches!(pending.words, Say::Invite { .. }) {
            // Said again because only the answer to it was lost.
            return;
        }
        let over = if code == ErrorCode::AnsweredElsewhere { Over::Elsewhere } else { Over::Ended };
        match pending.words {
            Say::Invite { call, .. } | Say::Accept { call } | Say::Take { call, .. } => {
                if self.find(call).is_some() {
                    hub.note(|| format!("{} is refused {}: {code:?}", self.address, short(call)));
                    self.finish(call, over);
                }
            }
            Say::Hello { .. }
            | Say::Ping { .. }
            | Say::Ringing { .. }
            | Say::Hangup { .. }
            | Say::Connected { .. }
            | Say::Transfer { .. }
            | Say::Resume { .. }
            | Say::Recording { .. } => {}
        }
    }

    // Time.

    /// Media of a call has arrived here just now.
    pub(crate) fn feel_media(&mut self, hub: &Hub, call: CallId) {
        let now = hub.now();
        let Some(held) = self.find_mut(call) else { return };
        held.flowed = now;
        held.stage = Stage::Active;
        if !held.reported {
            held.reported = true;
            self.say(hub, call, Say::Connected { call }, None);
        }
    }

    /// Whether it is time to look for media.
    pub(crate) fn looks(&mut self, hub: &Hub) -> bool {
        let due = hub.now() >= self.looked + LOOK && self.calls.iter().any(Held::is_answered);
        if due {
            self.looked = hub.now();
        }
        due
    }

    pub(crate) fn timeout(&mut self, hub: &Hub, turn: u64) {
        if turn != self.timer {
            return;
        }
        let now = hub.now();
        let late: Vec<(CallId, Stage)> = self
            .calls
            .iter()
            .filter(|held| deadline(held) <= now)
            .map(|held| (held.id, held.stage))
            .collect();
        for (call, stage) in late {
            hub.note(|| format!("{} gives up {} ({stage:?})", self.address, short(call)));
            if self.find(call).is_some_and(|held| held.capsule.is_none()) {
                hub.judge.borrow_mut().may_end(call);
            }
            match stage {
                Stage::Dialing => {
                    let held = self.find(call).is_some_and(|held| held.known);
                    let tried = self.outbox.iter().any(|it| it.call == call && it.tries > 0);
                    let capsule = self.find(call).and_then(|held| held.capsule.clone());
                    self.finish(call, Over::Ended);
                    if held || tried {
                        self.say(hub, call, Say::Hangup { call, reason: None }, capsule);
                    }
                }
                Stage::RingingIn => self.finish(call, Over::Ended),
                Stage::RingingOut => self.hang_up(hub, call, None),
                Stage::Connecting | Stage::Active => self.hang_up(hub, call, Some(EndReason::MediaFailed)),
            }
        }
        if self.is_online() {
            let due: Vec<u64> = self
                .outbox
                .iter()
                .filter(|pending| pending.retry.is_some_and(|retry| retry <= now))
                .map(|pending| pending.id)
                .collect();
            due.into_iter().for_each(|id| self.transmit(hub, id));
        }
        match self.link {
            Link::Waiting { retry } if retry <= now => self.connect(hub),
            Link::Opening { until, .. } if until <= now => self.wait(hub),
            Link::Online { dead_by: Some(dead_by), .. } if dead_by <= now => self.wait(hub),
            Link::Online { pinged, .. } if pinged + self.ping_interval() <= now => {
                self.ping(hub, self.ping_interval() / 2);
            }
            Link::Waiting { .. } | Link::Opening { .. } | Link::Online { .. } | Link::Off => {}
        }
        self.set_timer(hub);
    }

    fn ping_interval(&self) -> Time {
        if self.calls.is_empty() { PING_IDLE } else { PING_IN_CALL }
    }

    pub(crate) fn set_timer(&mut self, hub: &Hub) {
        let link = match self.link {
            Link::Waiting { retry } => retry,
            Link::Opening { until, .. } => until,
            Link::Online { pinged, dead_by, .. } => {
                (pinged + self.ping_interval()).min(dead_by.unwrap_or(Time::MAX))
            }
            Link::Off => return,
        };
        let calls = self.calls.iter().map(deadline);
        let retries = self.outbox.iter().filter(|_| self.is_online()).filter_map(|pending| pending.retry);
        let looks = self.calls.iter().filter(|held| held.is_answered()).map(|_| self.looked + LOOK);
        let due = calls.chain(retries).chain(looks).fold(link, Time::min);
        self.timer += 1;
        hub.at(due.max(hub.now() + 1), Event::DeviceTimer { device: self.index, turn: self.timer });
    }

    /// Everything is well again: no patience is needed any more.
    pub(crate) fn hurry(&mut self, hub: &Hub) {
        if matches!(self.link, Link::Waiting { .. }) {
            self.connect(hub);
        } else if self.is_online() {
            self.ping(hub, PROBE);
        }
        self.set_timer(hub);
    }
}

fn blank(id: CallId, role: Role, stage: Stage, now: Time) -> Held {
    Held {
        id,
        stage,
        role,
        other: String::new(),
        peer: None,
        rev: None,
        capsule: None,
        contradicted: false,
        generation: Gen(0),
        known: false,
        confirmed: false,
        reported: false,
        recording: None,
        entered: now,
        expires: None,
        flowed: 0,
    }
}

fn deadline(held: &Held) -> Time {
    match held.stage {
        Stage::Dialing if !held.known => held.entered + DIAL_LIMIT,
        Stage::Dialing | Stage::RingingOut | Stage::RingingIn => {
            held.expires.map_or(Time::MAX, |expires| expires + RING_GRACE)
        }
        Stage::Connecting => held.entered + CONNECT_LIMIT,
        Stage::Active => held.flowed.max(held.entered) + RECOVERY_LIMIT,
    }
}
