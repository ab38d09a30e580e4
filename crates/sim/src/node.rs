//! A server, as `crates/server/src/signaling` is: it reads a record, lets `visavis-call` decide, commits by compare-and-set and
//! performs the effects. What differs is that several of them share the store, and tell each other what they have changed.
//!
//! A leg that is connected to another node is here all the same, so media is judged only by a node that holds a leg, and a
//! node that learns of a record which takes one of its devices to be away says that it is not.

mod restore;
mod transfer;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use visavis_call::{
    Availability, Callee, Capsule, Effect, Event as Happening, Leg, NewCall, Pair, Phase, Record, Step, Ties,
    Timers,
};
use visavis_proto::{
    Address, CallId, CallRef, CallView, ErrorCode, MediaKind, RecordingWish, Rev, Route, Timestamp, UserId,
    You,
};

use crate::Mutant;
use crate::hub::{Event, Shared};
use crate::judge::Why;
use crate::message::{Hear, Said, Say};
use crate::store::{NotWritten, PairWrite};
use crate::weather::Time;

const ATTEMPTS: u32 = 16;
const CALLS_PER_USER: usize = 16;
const MEDIA_FRESH: Time = 45_000;
const TICK_AGAIN: Time = 1_000;
const SILENT_IN_CALL: Time = 35_000;
const SILENT_IDLE: Time = 87_500;

#[derive(Debug)]
struct Connection {
    device: Option<Address>,
    heard: Time,
    waiting: Vec<Said>,
    busy: bool,
}

/// What a crash takes away.
#[derive(Debug, Default)]
struct Memory {
    connections: BTreeMap<usize, Connection>,
    devices: BTreeMap<Address, usize>,
    alarms: BTreeMap<CallId, Timestamp>,
    media_seen: BTreeMap<CallId, Timestamp>,
    capsules: BTreeMap<CallId, (Rev, String)>,
    /// What was committed or read here last: publishing moves only forward.
    shown: BTreeMap<CallId, Rev>,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) index: usize,
    hub: Shared,
    timers: Timers,
    memory: RefCell<Memory>,
}

type Done = Result<(CallId, bool), ErrorCode>;

impl Node {
    pub(crate) fn new(index: usize, hub: Shared) -> Rc<Self> {
        Rc::new(Self { index, hub, timers: Timers::default(), memory: RefCell::default() })
    }

    fn now(&self) -> Timestamp {
        self.hub.clock(self.index)
    }

    fn boot(&self) -> u32 {
        self.hub.boots.borrow()[self.index].0
    }

    // Coming and going.

    pub(crate) fn start(self: &Rc<Self>) {
        {
            let mut boots = self.hub.boots.borrow_mut();
            boots[self.index] = (boots[self.index].0 + 1, true);
        }
        self.hub.note(|| format!("node {} starts", self.index));
        let node = Rc::clone(self);
        self.hub.spawn(self.index, async move {
            let records: Vec<Rc<Record>> =
                node.hub.store.borrow().calls.values().map(|(_, record)| Rc::clone(record)).collect();
            let now = node.now();
            for record in records {
                if record.is_live() {
                    node.set_alarm(&record);
                    let _ = node.decide(record.id, &Why::Restarted, &Happening::Restarted, now).await;
                } else {
                    node.write_history(&record).await;
                }
            }
            loop {
                node.hub.pause(5_000).await;
                node.close_silent_sockets();
            }
        });
    }

    pub(crate) fn crash(&self) {
        self.hub.boots.borrow_mut()[self.index].1 = false;
        self.hub.abandon_tasks_of(self.index);
        let memory = self.memory.take();
        for (socket, _) in memory.connections {
            // Mostly the machine goes on and refuses; sometimes it is gone as well.
            if self.hub.chance(700) {
                self.hub.close(socket, false);
            } else {
                self.hub.sockets.borrow_mut()[socket].cut = true;
            }
        }
    }

    fn close_silent_sockets(self: &Rc<Self>) {
        let now = self.hub.now();
        let silent: Vec<usize> = {
            let memory = self.memory.borrow();
            let in_call =
                |device: &Address| self.live(&device.user).iter().any(|(_, it)| it.leg_of(device).is_some());
            let patience = |connection: &Connection| match &connection.device {
                Some(device) if in_call(device) => SILENT_IN_CALL,
                Some(_) => SILENT_IDLE,
                None => 10_000,
            };
            let connections = memory.connections.iter();
            connections.filter(|(_, it)| now >= it.heard + patience(it)).map(|(socket, _)| *socket).collect()
        };
        for socket in silent {
            self.hub.close(socket, false);
            self.forget(socket);
        }
    }

    /// The socket is gone.
    pub(crate) fn forget(self: &Rc<Self>, socket: usize) {
        let device = {
            let mut memory = self.memory.borrow_mut();
            let Some(Connection { device: Some(device), .. }) = memory.connections.remove(&socket) else {
                return;
            };
            if memory.devices.get(&device) != Some(&socket) {
                return;
            }
            memory.devices.remove(&device);
            device
        };
        let node = Rc::clone(self);
        self.hub.spawn(self.index, async move {
            node.tell_legs(&device, &Happening::Lost { who: device.clone() }).await;
        });
    }

    // Messages.

    pub(crate) fn hear(self: &Rc<Self>, socket: usize, said: Said) {
        {
            let mut memory = self.memory.borrow_mut();
            let now = self.hub.now();
            let is_hello = matches!(said.words, Say::Hello { .. });
            if !memory.connections.contains_key(&socket) && !is_hello && self.hub.weather.ordered {
                return;
            }
            let connection = memory.connections.entry(socket).or_insert_with(|| Connection {
                device: None,
                heard: now,
                waiting: Vec::new(),
                busy: false,
            });
            connection.heard = now;
            connection.waiting.push(said);
            if connection.busy {
                return;
            }
            connection.busy = true;
        }
        let node = Rc::clone(self);
        self.hub.spawn(self.index, async move { node.converse(socket).await });
    }

    async fn converse(self: Rc<Self>, socket: usize) {
        loop {
            let (said, device) = {
                let mut memory = self.memory.borrow_mut();
                let Some(connection) = memory.connections.get_mut(&socket) else { return };
                if connection.waiting.is_empty() {
                    connection.busy = false;
                    return;
                }
                (connection.waiting.remove(0), connection.device.clone())
            };
            match (said.words, device) {
                (Say::Hello { calls }, _) => self.hello(socket, calls).await,
                // Nothing is said before `welcome`; what overtakes `hello` is lost.
                (_, None) => {}
                (Say::Ping { epoch, calls }, Some(device)) => {
                    let current = epoch == self.hub.store.borrow().epoch();
                    self.heartbeat(socket, &device, current, &calls).await;
                }
                (words, Some(device)) => {
                    let (call, done) = self.verb(&device, words).await;
                    self.answer(socket, said.id, call, done);
                }
            }
        }
    }

    fn answer(&self, socket: usize, id: Option<u64>, about: CallId, done: Done) {
        match (done, id) {
            (Ok((call, merged)), Some(re)) => {
                self.hub.tell(socket, &Hear::Ok { re, call: Some(call), merged });
            }
            (Ok(_), None) => {}
            (Err(code), re) => self.hub.tell(socket, &Hear::Error { re, code, call: Some(about) }),
        }
    }

    async fn hello(self: &Rc<Self>, socket: usize, held: Vec<CallRef>) {
        let index = self.hub.sockets.borrow()[socket].device;
        let device = self.hub.judge.borrow().address(index);
        let older = {
            let mut memory = self.memory.borrow_mut();
            if let Some(connection) = memory.connections.get_mut(&socket) {
                connection.device = Some(device.clone());
            }
            let older = memory.devices.insert(device.clone(), socket).filter(|older| *older != socket);
            older.inspect(|older| drop(memory.connections.remove(older)))
        };
        if let Some(older) = older {
            self.hub.close(older, false);
        }
        self.tell_legs(&device, &Happening::Back { who: device.clone() }).await;
        let now = self.now();
        for held in &held {
            let _ = self.restore(held, &device, now).await;
        }
        for held in held.iter().filter(|held| held.media) {
            self.media_seen(held.id, &device, now);
        }
        let mut calls = self.live_views(&device, now);
        for held in &held {
            if !calls.iter().any(|view| view.id == held.id) {
                calls.extend(self.view(held.id, &device, now).await);
            }
        }
        for view in &mut calls {
            view.capsule = self.capsule_of(view.id, view.rev, now);
        }
        let epoch = self.hub.store.borrow().epoch();
        self.hub.tell(socket, &Hear::Welcome { epoch, calls });
    }

    async fn heartbeat(self: &Rc<Self>, socket: usize, device: &Address, current: bool, refs: &[CallRef]) {
        let now = self.now();
        let mut pending = Vec::new();
        for held in refs {
            if let Err(code) = self.restore(held, device, now).await {
                pending.push((held.id, code));
            }
        }
        if !self.hub.is(Mutant::NoBack) {
            self.tell_legs(device, &Happening::Back { who: device.clone() }).await;
        }
        let blind = self.hub.is(Mutant::NoRevision);
        let live = self.live_views(device, now);
        for held in refs {
            if held.media {
                self.media_seen(held.id, device, now);
            }
            if live.iter().any(|view| view.id == held.id) {
                continue;
            }
            match self.view(held.id, device, now).await {
                Some(view) if (view.rev != held.rev || !current) && !blind => self.show(socket, view, now),
                Some(_) => {}
                None if pending.iter().any(|(pending, _)| *pending == held.id) => {}
                None => {
                    let call = Some(held.id);
                    self.hub.tell(socket, &Hear::Error { re: None, code: ErrorCode::NotFound, call });
                }
            }
        }
        for view in live {
            let held = refs.iter().find(|held| held.id == view.id);
            if held.is_none_or(|held| (held.rev != view.rev || !current) && !blind) {
                self.show(socket, view, now);
            }
        }
        // Whoever hears a pong takes what contradicts a capsule for the truth.
        if pending.is_empty() || self.hub.is(Mutant::PongForUnjudged) {
            self.hub.tell(socket, &Hear::Pong);
        }
        for (call, code) in pending {
            self.hub.tell(socket, &Hear::Error { re: None, code, call: Some(call) });
        }
    }

    fn show(&self, socket: usize, mut view: CallView, now: Timestamp) {
        view.capsule = self.capsule_of(view.id, view.rev, now);
        self.tell_view(socket, view);
    }

    fn tell_view(&self, socket: usize, view: CallView) {
        if view.you != You::Elsewhere || !self.hub.is(Mutant::NoElsewhere) {
            self.hub.tell(socket, &Hear::Call(Box::new(view)));
        }
    }

    async fn verb(self: &Rc<Self>, device: &Address, words: Say) -> (CallId, Done) {
        let who = device.clone();
        let (call, event) = match words {
            Say::Hello { .. } | Say::Ping { .. } => unreachable!("they are no verbs"),
            Say::Invite { call, to, epoch } => {
                let stale = epoch.is_some_and(|epoch| epoch != self.hub.store.borrow().epoch());
                return (call, self.invite(call, leg(device), to, stale).await);
            }
            Say::Ringing { call } => (call, Happening::Ringing { who, warm: false }),
            Say::Accept { call } => {
                (call, Happening::Accept { leg: leg(device), media: vec![MediaKind::Audio] })
            }
            Say::Hangup { call, reason } => {
                self.hub.judge.borrow_mut().hears_hangup(call, device);
                (call, Happening::Hangup { who, reason, ago: Duration::ZERO })
            }
            Say::Connected { call } => (call, Happening::Connected { who, route: Route::Direct }),
            Say::Take { call, seen } => {
                (call, Happening::Take { leg: leg(device), media: vec![MediaKind::Audio], seen: Some(seen) })
            }
            Say::Transfer { call, to } => {
                self.hub.judge.borrow_mut().hears_hangup(call, device);
                let done = self.transfer(call, device, to).await;
                return (call, done.map(|()| (call, false)));
            }
            Say::Resume { call, generation } => (call, Happening::Renew { who, generation }),
            Say::Recording { call, n, wish } => {
                self.hub.judge.borrow_mut().hears_recording(call, device, n, wish);
                (call, Happening::Recording { who, n, wish, ago: Duration::ZERO })
            }
        };
        let asked = matches!(event, Happening::Recording { wish: RecordingWish::Ask, .. });
        let done = self.apply(call, device, event).await;
        if asked && self.hub.is(Mutant::ConsentAssumed) {
            self.assume_consent(call, device).await;
        }
        if done.is_ok() {
            let over = self.read(call).is_some_and(|(_, record)| !record.is_live());
            self.hub.judge.borrow_mut().acknowledges(call, over);
        }
        (call, done.map(|()| (call, false)))
    }

    /// The mistake of that name.
    async fn assume_consent(self: &Rc<Self>, call: CallId, asker: &Address) {
        let Some((_, record)) = self.read(call) else { return };
        let (Some(who), Some(recording)) = (record.peer_of(asker).cloned(), &record.recording) else {
            return;
        };
        let n = recording.n;
        let agrees =
            Happening::Recording { who: who.clone(), n, wish: RecordingWish::Agree, ago: Duration::ZERO };
        let _ = self.apply(call, &who, agrees).await;
    }

    // Decisions.

    async fn invite(self: &Rc<Self>, id: CallId, caller: Leg, to: UserId, stale: bool) -> Done {
        let now = self.now();
        if let Some((_, record)) = self.read(id) {
            return repeated(&record, &caller.address).map(|()| (id, false));
        }
        if stale {
            return Err(ErrorCode::CallEnded);
        }
        let pair = Pair::of(&caller.address.user, &to);
        let media = vec![MediaKind::Audio];
        for _ in 0..ATTEMPTS {
            let (expected, other) = self.hub.store.borrow().pair(&pair);
            if let Some(other) = other {
                let decision = |record: &Record| {
                    visavis_call::merge(record, caller.clone(), media.clone(), now, &self.timers)
                };
                match self.decide_by(other, &Why::Accept(caller.address.clone()), decision).await {
                    Ok(()) => return Ok((other, true)),
                    Err(ErrorCode::CallEnded | ErrorCode::NotFound) => {}
                    Err(code) => return Err(code),
                }
            }
            let new = NewCall {
                id,
                epoch: self.hub.store.borrow().epoch(),
                caller: caller.clone(),
                callee: Callee { user: to.clone(), name: to.to_string() },
                media: media.clone(),
                ties: Ties::default(),
                screened: None,
            };
            let availability = self.availability(&caller.address, &to)?;
            let step = visavis_call::create(new, availability, now, &self.timers);
            let write =
                step.record.is_live().then(|| PairWrite { key: pair.to_string(), expected, names: Some(id) });
            if is_written(self.commit(None, write, step, &Why::Create, now).await)? {
                return Ok((id, false));
            }
            if let Some((_, record)) = self.read(id) {
                return repeated(&record, &caller.address).map(|()| (id, false));
            }
        }
        Err(ErrorCode::Conflict)
    }

    fn availability(&self, caller: &Address, callee: &UserId) -> Result<Availability, ErrorCode> {
        let own = self.live(&caller.user);
        if own.iter().any(|(_, record)| record.leg_of(caller).is_some()) {
            return Err(ErrorCode::YouBusy);
        }
        if own.len() >= CALLS_PER_USER {
            return Err(ErrorCode::RateLimited);
        }
        let busy = caller.user != *callee && !self.live(callee).is_empty();
        Ok(if busy { Availability::Busy } else { Availability::Free })
    }

    async fn apply(self: &Rc<Self>, id: CallId, device: &Address, event: Happening) -> Result<(), ErrorCode> {
        let Some((_, record)) = self.read(id) else { return Err(ErrorCode::NotYourCall) };
        if !record.concerns(device) {
            return Err(ErrorCode::NotYourCall);
        }
        let why = match &event {
            Happening::Accept { leg, .. } => Why::Accept(leg.address.clone()),
            Happening::Take { leg, .. } => Why::Take(leg.address.clone()),
            Happening::Hangup { .. } => Why::Hangup(device.clone()),
            _ => Why::Other(format!("{event:?}")),
        };
        self.decide(id, &why, &event, self.now()).await
    }

    async fn decide(
        self: &Rc<Self>,
        id: CallId,
        why: &Why,
        event: &Happening,
        now: Timestamp,
    ) -> Result<(), ErrorCode> {
        self.decide_by(id, why, |record| visavis_call::step(record, event.clone(), now, &self.timers)).await
    }

    async fn decide_by(
        self: &Rc<Self>,
        id: CallId,
        why: &Why,
        decision: impl Fn(&Record) -> Result<Option<Step>, ErrorCode>,
    ) -> Result<(), ErrorCode> {
        for _ in 0..ATTEMPTS {
            let Some((rev, record)) = self.read(id) else { return Err(ErrorCode::NotFound) };
            self.make_past(&record).await;
            let Some(step) = decision(&record)? else {
                self.set_alarm(&record);
                return Ok(());
            };
            let pair = Pair::of_call(&record);
            let frees = !step.record.is_live() && record.is_live();
            let (expected, named) = self.hub.store.borrow().pair(&pair);
            let write = (frees && named == Some(id)).then(|| PairWrite {
                key: pair.to_string(),
                expected,
                names: None,
            });
            if is_written(self.commit(Some(rev), write, step, why, self.now()).await)? {
                return Ok(());
            }
        }
        Err(ErrorCode::Conflict)
    }

    async fn commit(
        self: &Rc<Self>,
        expected: Option<Rev>,
        pair: Option<PairWrite>,
        step: Step,
        why: &Why,
        now: Timestamp,
    ) -> Result<(), NotWritten> {
        self.commit_all(vec![(expected, step)], pair.into_iter().collect(), why, now).await
    }

    async fn commit_all(
        self: &Rc<Self>,
        steps: Vec<(Option<Rev>, Step)>,
        pairs: Vec<PairWrite>,
        why: &Why,
        now: Timestamp,
    ) -> Result<(), NotWritten> {
        self.hub.way_to_the_store().await;
        let effects: Vec<&[Effect]> = steps.iter().map(|(_, step)| step.effects).collect();
        let writes: Vec<(Option<Rev>, Rc<Record>)> =
            steps.into_iter().map(|(expected, step)| (expected, Rc::new(step.record))).collect();
        let before: Vec<Option<Rc<Record>>> =
            writes.iter().map(|(_, record)| self.read(record.id).map(|(_, before)| before)).collect();
        let compare = !self.hub.is(Mutant::NoCompareAndSet);
        // A node that starts waits until the store takes what it writes.
        let refused =
            !self.hub.is_healed() && *why != Why::Restarted && self.hub.chance(self.hub.weather.refusals);
        let written = match refused {
            true => Err(NotWritten::Overloaded),
            false => self.hub.store.borrow_mut().write(&writes, pairs, compare),
        };
        let revs = written.inspect_err(|error| {
            self.hub.note(|| format!("node {}: {error:?}, {why}", self.index));
        })?;
        let life = self.hub.store.borrow().life;
        for (((_, record), before), rev) in writes.iter().zip(before).zip(&revs) {
            let (node, call) = (self.index, short(record.id));
            self.hub.note(|| format!("node {node} commits {call} rev {}, {why}: {}", rev.0, phase(record)));
            self.hub.judge.borrow_mut().committed(self.hub.now(), life, before.as_deref(), record, why);
        }
        self.hub.way_to_the_store().await;
        for (((_, record), effects), rev) in writes.iter().zip(effects).zip(revs) {
            let makes = matches!(why, Why::Create | Why::Transfer(_));
            let made_here = makes || self.memory.borrow().alarms.contains_key(&record.id);
            if made_here || !self.hub.is(Mutant::TimerOnOneNode) {
                self.alarm(record);
            }
            for effect in effects {
                match effect {
                    Effect::Publish => self.publish(rev, record, now),
                    Effect::WriteHistory => self.write_history(record).await,
                    Effect::Alert | Effect::StopAlerting => {}
                }
            }
            self.tell_the_others(record.id);
        }
        Ok(())
    }

    fn tell_the_others(&self, call: CallId) {
        for node in (0..self.hub.weather.nodes).filter(|node| *node != self.index) {
            let lost = !self.hub.is_healed() && self.hub.chance(self.hub.weather.loss / 4);
            let (boot, up) = self.hub.boots.borrow()[node];
            if up && !lost {
                self.hub.later(1 + self.hub.below(30), Event::Changed { node, boot, call });
            }
        }
    }

    /// Another node has changed a call.
    pub(crate) fn learn(self: &Rc<Self>, call: CallId) {
        let node = Rc::clone(self);
        self.hub.spawn(self.index, async move {
            let Some((rev, record)) = node.read(call) else { return };
            node.set_alarm(&record);
            node.make_past(&record).await;
            let now = node.now();
            node.publish(rev, &record, now);
            if record.is_live() {
                node.welcome_legs(&record, now).await;
            }
        });
    }

    /// Nobody is told of an end that is not in the history yet: who has committed it may just be about to write it, and the
    /// store may be lost before.
    async fn make_past(self: &Rc<Self>, record: &Record) {
        if !record.is_live() {
            self.write_history(record).await;
        }
    }

    async fn write_history(self: &Rc<Self>, record: &Record) {
        self.hub.way_to_the_store().await;
        self.hub.store.borrow_mut().keep(visavis_call::history(record));
    }

    fn publish(&self, rev: Rev, record: &Record, now: Timestamp) {
        {
            let mut memory = self.memory.borrow_mut();
            let shown = memory.shown.entry(record.id).or_insert(Rev(0));
            if *shown >= rev {
                return;
            }
            *shown = rev;
        }
        let capsule = self.capsule_of(record.id, rev, now);
        let devices: Vec<(Address, usize)> =
            self.memory.borrow().devices.iter().map(|(device, socket)| (device.clone(), *socket)).collect();
        for (device, socket) in devices {
            if record.people().any(|user| *user == device.user)
                && let Some(mut view) = visavis_call::view(record, rev, &device, now)
            {
                view.capsule.clone_from(&capsule);
                self.tell_view(socket, view);
            }
        }
    }

    // Alarms.

    /// Any node that knows of a call may tick it.
    fn set_alarm(&self, record: &Record) {
        if !self.hub.is(Mutant::TimerOnOneNode) {
            self.alarm(record);
        }
    }

    fn alarm(&self, record: &Record) {
        let due = visavis_call::deadline(record, &self.timers);
        let mut memory = self.memory.borrow_mut();
        match due {
            Some(due) => {
                if memory.alarms.insert(record.id, due) != Some(due) {
                    let event = Event::Alarm { node: self.index, boot: self.boot() };
                    self.hub.at(self.hub.when(self.index, due), event);
                }
            }
            None => drop(memory.alarms.remove(&record.id)),
        }
    }

    pub(crate) fn ring_alarms(self: &Rc<Self>) {
        let now = self.now();
        let due: Vec<CallId> = {
            let mut memory = self.memory.borrow_mut();
            let due = memory.alarms.iter().filter(|(_, at)| **at <= now).map(|(call, _)| *call).collect();
            memory.alarms.retain(|_, at| *at > now);
            due
        };
        for call in due {
            let node = Rc::clone(self);
            self.hub.spawn(self.index, async move { node.tick(call).await });
        }
    }

    async fn tick(self: Rc<Self>, call: CallId) {
        let now = self.now();
        let Some((_, record)) = self.read(call) else { return };
        if !self.may_judge(&record) && !self.hub.is(Mutant::JudgesUnknownMedia) {
            // Whoever holds a leg does; should that node be gone, its device comes to another one.
            return self.again(call, 20_000);
        }
        let seen = self.memory.borrow().media_seen.get(&call).copied();
        let media_flows = seen.is_some_and(|seen| now.since(seen).as_millis() < u128::from(MEDIA_FRESH));
        let event = Happening::Tick { media_flows };
        if let Err(ErrorCode::Conflict | ErrorCode::Overloaded) =
            self.decide(call, &Why::Tick { media_flows }, &event, now).await
        {
            self.again(call, TICK_AGAIN);
        }
    }

    fn again(&self, call: CallId, wait: Time) {
        let due = self.now() + Duration::from_millis(wait);
        self.memory.borrow_mut().alarms.insert(call, due);
        self.hub.later(wait, Event::Alarm { node: self.index, boot: self.boot() });
    }

    /// Whether media of the call, if it flows, is reported to this node: to whom else nobody could say so.
    fn may_judge(&self, record: &Record) -> bool {
        let Some(answer) = record.answer() else { return true };
        let legs = [&record.caller, &answer.leg];
        let nobody_is_here = legs.iter().all(|leg| !leg.signaling.is_here());
        nobody_is_here || legs.iter().all(|leg| !leg.signaling.is_here() || self.is_connected(&leg.address))
    }

    // Reading.

    fn read(&self, id: CallId) -> Option<(Rev, Rc<Record>)> {
        self.hub.store.borrow().calls.get(&id).map(|(rev, record)| (*rev, Rc::clone(record)))
    }

    fn live(&self, user: &UserId) -> Vec<(Rev, Rc<Record>)> {
        let store = self.hub.store.borrow();
        let records =
            store.calls.values().filter(|(_, it)| it.is_live() && it.people().any(|one| one == user));
        records.map(|(rev, record)| (*rev, Rc::clone(record))).collect()
    }

    fn live_views(&self, device: &Address, now: Timestamp) -> Vec<CallView> {
        let live = self.live(&device.user);
        live.iter().for_each(|(_, record)| self.set_alarm(record));
        live.iter().filter_map(|(rev, record)| visavis_call::view(record, *rev, device, now)).collect()
    }

    async fn view(self: &Rc<Self>, id: CallId, device: &Address, now: Timestamp) -> Option<CallView> {
        let (rev, record) = self.read(id)?;
        let view = visavis_call::view(&record, rev, device, now)?;
        self.make_past(&record).await;
        Some(view)
    }

    fn capsule_of(&self, id: CallId, rev: Rev, now: Timestamp) -> Option<String> {
        if let Some((sealed, text)) = self.memory.borrow().capsules.get(&id)
            && *sealed == rev
        {
            return Some(text.clone());
        }
        let (current, record) = self.read(id)?;
        if current != rev || !record.is_live() {
            return None;
        }
        let capsule = Capsule { rev, at: now, record: Record::clone(&record) };
        let text =
            serde_json::to_string(&capsule).expect("a record has string keys and no failing serializers");
        self.memory.borrow_mut().capsules.insert(id, (rev, text.clone()));
        Some(text)
    }

    fn media_seen(&self, id: CallId, device: &Address, now: Timestamp) {
        if self.read(id).is_some_and(|(_, record)| record.is_live() && record.leg_of(device).is_some()) {
            self.memory.borrow_mut().media_seen.insert(id, now);
            self.hub.judge.borrow_mut().hears_of_media(self.hub.now(), id);
        }
    }

    fn is_connected(&self, device: &Address) -> bool {
        self.memory.borrow().devices.contains_key(device)
    }

    async fn tell_legs(self: &Rc<Self>, device: &Address, event: &Happening) {
        let why = Why::Other(format!("{event:?}"));
        for (_, record) in self.live(&device.user) {
            if record.carries(device) {
                let _ = self.decide(record.id, &why, event, self.now()).await;
            }
        }
    }
}

fn leg(device: &Address) -> Leg {
    Leg::new(device.clone(), device.user.to_string(), device.device.to_string())
}

/// False if somebody else was faster, so that it is to be decided again.
pub(crate) fn is_written(written: Result<(), NotWritten>) -> Result<bool, ErrorCode> {
    match written {
        Ok(()) => Ok(true),
        Err(NotWritten::Conflict) => Ok(false),
        Err(NotWritten::Overloaded) => Err(ErrorCode::Overloaded),
    }
}

fn repeated(record: &Record, caller: &Address) -> Result<(), ErrorCode> {
    if record.caller.address == *caller { Ok(()) } else { Err(ErrorCode::NotYourCall) }
}

/// A call's number, for people.
pub(crate) fn short(call: CallId) -> String {
    format!("call {}", call.0.as_u128())
}

pub(crate) fn phase(record: &Record) -> String {
    let legs = |record: &Record| {
        let sign =
            |leg: &Leg| format!("{}{}", leg.address, if leg.signaling.is_here() { "" } else { " (away)" });
        let answer =
            record.answer().map_or_else(|| record.callee.user.to_string(), |answer| sign(&answer.leg));
        format!("{} → {answer}, gen {}", sign(&record.caller), record.generation.0)
    };
    let name = match &record.phase {
        Phase::Inviting { .. } => "inviting".to_owned(),
        Phase::Ringing { .. } => "ringing".to_owned(),
        Phase::Connecting { .. } => "connecting".to_owned(),
        Phase::Active { .. } => "active".to_owned(),
        Phase::Ended(end) => format!("ended {:?} by {:?}", end.reason, end.by),
    };
    format!("{name}, {}", legs(record))
}
