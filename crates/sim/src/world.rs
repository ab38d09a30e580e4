//! One history, from the first call to the last farewell.

use std::rc::Rc;

use visavis_call::{Record, Timers};
use visavis_proto::{Address, CallId, Timestamp};

use crate::Mutant;
use crate::device::{Device, Held};
use crate::hub::{Act, Event, Hub, Shared};
use crate::node::{Node, phase, short};
use crate::weather::{AGREED, BEGINNING, Fault, HEALED, OVER, TOLD, Time};

/// A timer that is late by so much has been forgotten.
const NOTICED: Time = 6_000;
/// Within this time a device in a call says what it holds, and is answered.
const HEARTBEAT: Time = 26_000;
/// A change that is older than this has been told.
const SETTLED: Time = 3_000;

pub(crate) struct World {
    pub(crate) hub: Shared,
    nodes: Vec<Rc<Node>>,
    devices: Vec<Device>,
    pub(crate) events: u64,
    pub(crate) crashes: u64,
    pub(crate) losses: u64,
}

impl World {
    pub(crate) fn new(seed: u64, mutant: Option<Mutant>, traced: bool) -> Self {
        let hub = Rc::new(Hub::new(seed, mutant, traced));
        let nodes = (0..hub.weather.nodes).map(|index| Node::new(index, Rc::clone(&hub))).collect();
        let count: usize = hub.weather.users.iter().sum();
        let devices = (0..count).map(|index| Device::new(index, &hub)).collect();
        let world = Self { hub, nodes, devices, events: 0, crashes: 0, losses: 0 };
        world.plan();
        world
    }

    /// Sets down what people will do and what will break.
    fn plan(&self) {
        let hub = &self.hub;
        hub.note(|| format!("{:?}", hub.weather));
        for (at, fault) in &hub.weather.faults {
            hub.at(*at, Event::Fault(*fault));
        }
        let count = self.devices.len();
        let mut random = hub.random.borrow_mut();
        let mut acts = Vec::new();
        for _ in 0..hub.weather.calls {
            // Many at the end, so that much is still under way when everything is repaired.
            let late = random.chance(500);
            let at = if late {
                HEALED - 60_000 + random.below(59_000)
            } else {
                1_000 + random.below(HEALED - 60_000)
            };
            let (from, to) = (random.index(count), random.index(count));
            acts.push((at, from, Act::Dial { to }));
            if random.chance(200) {
                // Both call at once.
                acts.push((at + random.below(300), to, Act::Dial { to: from }));
            }
            if random.chance(120) {
                // Somebody who talks is not heard for longer than anybody waits, and media flows all the while.
                let fault = Fault::Unheard { device: from, down: random.within(75_000..=110_000) };
                hub.at(at + random.within(5_000..=30_000), Event::Fault(fault));
            }
            if random.chance(300) {
                acts.push((at + random.below(50_000), from, Act::Transfer { to: random.index(count) }));
            }
            for device in [from, to, from] {
                if random.chance(300) {
                    acts.push((at + random.below(60_000), device, Act::Record));
                }
            }
            if random.chance(300) {
                let taken = at + random.below(60_000);
                acts.push((taken, random.index(count), Act::Take));
                if random.chance(300) {
                    // Not everybody has heard of it when the store is lost.
                    let device = random.index(count);
                    hub.at(taken, Event::Fault(Fault::Unheard { device, down: 3_000 }));
                    hub.at(taken + random.below(3_000), Event::Fault(Fault::StoreLost { down: 500 }));
                }
            }
        }
        drop(random);
        for (at, device, act) in acts {
            hub.at(at, Event::Act { device, act });
        }
        hub.at(HEALED, Event::Heal);
        hub.at(AGREED, Event::Farewell);
        for after in (10_000..AGREED - HEALED).step_by(4_000) {
            hub.at(HEALED + after, Event::Look);
        }
    }

    /// Runs to the end, or to the first rule that is broken.
    pub(crate) fn run(&mut self) -> Option<String> {
        self.nodes.iter().for_each(Node::start);
        for index in 0..self.devices.len() {
            self.devices[index].open(&self.hub);
        }
        let mut agreed = false;
        while let Some(event) = self.hub.next(OVER) {
            if matches!(event, Event::Farewell) && !agreed {
                agreed = true;
                self.all_agree();
            }
            self.happen(event);
            self.events += 1;
            let violation = self.hub.judge.borrow_mut().violation.take();
            if violation.is_some() {
                return violation;
            }
        }
        self.all_is_over();
        self.hub.judge.borrow_mut().violation.take()
    }

    fn happen(&mut self, event: Event) {
        let hub = Rc::clone(&self.hub);
        match event {
            Event::ToNode { socket, said } => {
                let (node, boot, open, cut) = self.socket(socket);
                if !self.is_up(node, boot) || !open {
                    if !cut {
                        hub.later(5, Event::DeviceHearsClose { socket });
                    }
                } else if !cut || !hub.weather.ordered {
                    hub.note(|| format!("{} → node {node}: {}", self.name(socket), crate::brief(&said)));
                    self.nodes[node].hear(socket, said);
                }
            }
            Event::ToDevice { socket, hear } => {
                let device = hub.sockets.borrow()[socket].device;
                if hub.reachable.borrow()[device] {
                    hub.note(|| format!("{} hears {}", self.name(socket), crate::brief_heard(&hear)));
                    self.devices[device].hear(&hub, socket, hear);
                } else if hub.weather.ordered {
                    hub.sockets.borrow_mut()[socket].cut = true;
                }
            }
            Event::NodeHearsClose { socket } => {
                let (node, boot, ..) = self.socket(socket);
                if self.is_up(node, boot) {
                    self.nodes[node].forget(socket);
                }
            }
            Event::DeviceHearsClose { socket } => {
                let device = hub.sockets.borrow()[socket].device;
                if hub.reachable.borrow()[device] {
                    self.devices[device].hear_close(&hub, socket);
                }
            }
            Event::Continue(task) => hub.resume(task),
            Event::Alarm { node, boot } => {
                if self.is_up(node, boot) {
                    self.nodes[node].ring_alarms();
                }
            }
            Event::Changed { node, boot, call } => {
                if self.is_up(node, boot) {
                    self.nodes[node].learn(call);
                }
            }
            Event::DeviceTimer { device, turn } => {
                self.look_for_media(device);
                self.devices[device].timeout(&hub, turn);
            }
            Event::Act { device, act } => {
                let to = match act {
                    Act::Dial { to } | Act::Transfer { to } => to,
                    Act::Accept(_) | Act::Decline(_) | Act::HangUp(_) | Act::Take | Act::Record => device,
                };
                let to = hub.judge.borrow().address(to);
                if !hub.is_healed() || matches!(act, Act::HangUp(_)) {
                    self.devices[device].act(&hub, act, &to);
                }
            }
            Event::Fault(fault) => self.break_down(fault),
            Event::StartNode { node } => {
                let (_, up) = hub.boots.borrow()[node];
                if !up {
                    self.nodes[node].start();
                }
            }
            Event::NetworkBack { device } => {
                hub.reachable.borrow_mut()[device] = true;
                hub.in_touch.borrow_mut()[device] = true;
                if self.devices[device].is_on() {
                    self.devices[device].hurry(&hub);
                }
            }
            Event::Heal => self.heal(),
            Event::Look => self.look(),
            Event::Farewell => {
                for device in 0..self.devices.len() {
                    let calls: Vec<CallId> = self.devices[device].calls.iter().map(|held| held.id).collect();
                    let me = hub.judge.borrow().address(device);
                    calls.into_iter().for_each(|call| self.devices[device].act(&hub, Act::HangUp(call), &me));
                }
            }
        }
    }

    fn socket(&self, socket: usize) -> (usize, u32, bool, bool) {
        let sockets = self.hub.sockets.borrow();
        let socket = &sockets[socket];
        (socket.node, socket.node_boot, socket.open_at_node, socket.cut)
    }

    fn is_up(&self, node: usize, boot: u32) -> bool {
        self.hub.boots.borrow()[node] == (boot, true)
    }

    fn name(&self, socket: usize) -> String {
        let device = self.hub.sockets.borrow()[socket].device;
        self.hub.judge.borrow().address(device).to_string()
    }

    fn break_down(&mut self, fault: Fault) {
        let hub = Rc::clone(&self.hub);
        if hub.is_healed() {
            return;
        }
        hub.note(|| format!("── {fault:?}"));
        match fault {
            Fault::Crash { node, down } => {
                if hub.boots.borrow()[node].1 {
                    self.crashes += 1;
                    self.nodes[node].crash();
                    hub.later(down, Event::StartNode { node });
                }
            }
            Fault::StoreLost { down } => {
                self.losses += 1;
                for node in 0..self.nodes.len() {
                    if hub.boots.borrow()[node].1 {
                        self.nodes[node].crash();
                    }
                    hub.later(down + hub.below(3_000), Event::StartNode { node });
                }
                hub.store.borrow_mut().lose();
            }
            Fault::Outage { device, down } => {
                hub.reachable.borrow_mut()[device] = false;
                hub.in_touch.borrow_mut()[device] = false;
                hub.later(down, Event::NetworkBack { device });
            }
            Fault::Unheard { device, down } => {
                hub.reachable.borrow_mut()[device] = false;
                hub.later(down, Event::NetworkBack { device });
            }
            Fault::Reload { device } => {
                if self.devices[device].is_on() {
                    self.devices[device].forget(&hub, false);
                    self.devices[device].open(&hub);
                }
            }
            Fault::Death { device } => self.devices[device].forget(&hub, true),
            Fault::HalfOpen { device } => {
                let mut sockets = hub.sockets.borrow_mut();
                sockets.iter_mut().filter(|it| it.device == device).for_each(|it| it.cut = true);
            }
        }
    }

    fn heal(&mut self) {
        let hub = Rc::clone(&self.hub);
        hub.note(|| "── everything is well again".to_owned());
        for node in 0..self.nodes.len() {
            hub.at(hub.now(), Event::StartNode { node });
        }
        hub.reachable.borrow_mut().iter_mut().for_each(|reachable| *reachable = true);
        hub.in_touch.borrow_mut().iter_mut().for_each(|in_touch| *in_touch = true);
        // Dead connections are found out at once, by whoever still believes in them.
        let sockets = hub.sockets.borrow().len();
        for socket in (0..sockets).filter(|socket| hub.sockets.borrow()[*socket].cut) {
            hub.later(5, Event::DeviceHearsClose { socket });
            hub.later(5, Event::NodeHearsClose { socket });
        }
        for device in &mut self.devices {
            device.open(&hub);
            device.hurry(&hub);
        }
    }

    /// Media arrives at a device whose peer is there, holds the same call with it, and has the same peer connection.
    fn look_for_media(&mut self, device: usize) {
        let hub = Rc::clone(&self.hub);
        if !self.devices[device].looks(&hub) || !hub.in_touch.borrow()[device] {
            return;
        }
        let me = hub.judge.borrow().address(device);
        let arrives = |held: &&Held| {
            let Some(peer) = held.peer.as_ref().filter(|_| held.confirmed) else { return false };
            let Some(other) = hub.judge.borrow().device(peer) else { return false };
            let theirs = self.devices[other].calls.iter().find(|theirs| theirs.id == held.id);
            let same = theirs.is_some_and(|theirs| {
                theirs.confirmed && theirs.peer.as_ref() == Some(&me) && theirs.generation == held.generation
            });
            same && other != device && hub.in_touch.borrow()[other]
        };
        let flows: Vec<CallId> = self.devices[device]
            .calls
            .iter()
            .filter(Held::is_answered_ref)
            .filter(arrives)
            .map(|held| held.id)
            .collect();
        for call in flows {
            self.devices[device].feel_media(&hub, call);
        }
    }

    /// Soon after everything was repaired: nothing waits longer than it should, and whoever has had the time to be told how a
    /// call stands knows it.
    fn look(&self) {
        let hub = &self.hub;
        let now = hub.now();
        let store = hub.store.borrow();
        let mut judge = hub.judge.borrow_mut();
        let timers = Timers::default();
        for (call, (rev, record)) in &store.calls {
            let due = visavis_call::deadline(record, &timers).filter(|_| record.answer().is_none());
            let late = |due: Timestamp| due.0.saturating_sub(BEGINNING) + judge.skew() + NOTICED < now;
            if due.is_some_and(late) {
                judge.find(|| format!("{} waits, though its time has come", short(*call)));
            }
            let lately = now - SETTLED;
            let said = self.devices.iter().any(|device| device.has_just_spoken(*call, lately));
            if now < HEALED + TOLD || !judge.is_quiet(*call, lately) || said {
                continue;
            }
            let heartbeats_ago = judge.is_quiet(*call, now - HEARTBEAT);
            for (index, device) in self.devices.iter().enumerate() {
                let address = judge.address(index);
                let held = device.calls.iter().find(|held| held.id == *call);
                if heartbeats_ago && held.is_some_and(|held| held.rev != Some(*rev)) {
                    judge.find(|| {
                        format!("{address} has heard nothing of {}: {}", short(*call), phase(record))
                    });
                }
                let is_away = record.is_live() && is_away(record, &address);
                if heartbeats_ago && is_away && device.is_online() {
                    judge.find(|| {
                        format!(
                            "{address} is here and is said to be away: {}, {}",
                            short(*call),
                            phase(record)
                        )
                    });
                }
                let is_leg = record.is_live() && record.leg_of(&address).is_some();
                let answered = record.answer().is_some();
                let agrees = match held {
                    Some(held) => {
                        record.concerns(&address) && record.is_live() && held.is_answered() == answered
                    }
                    // Who knows that another device has it keeps silent: that one's capsule may be still to come.
                    None => !is_leg || device.has_left(*call),
                };
                if !agrees {
                    let stage = held.map(|held| held.stage);
                    judge.find(|| {
                        format!("{address} has {} as {stage:?}, it is {}", short(*call), phase(record))
                    });
                }
            }
        }
    }

    /// Long after everything was repaired: devices and records tell the same, nothing rings, and no end was forgotten.
    fn all_agree(&self) {
        let hub = &self.hub;
        let store = hub.store.borrow();
        let mut judge = hub.judge.borrow_mut();
        for (call, (_, record)) in &store.calls {
            if record.is_live() && record.answer().is_none() {
                judge.find(|| format!("{} rings for ever", short(*call)));
            }
            for (index, device) in self.devices.iter().enumerate() {
                let address = judge.address(index);
                let holds = device.calls.iter().any(|held| held.id == *call);
                let is_leg = record.is_live() && record.leg_of(&address).is_some();
                if holds != is_leg {
                    let what = if holds { "holds" } else { "does not hold" };
                    judge.find(|| format!("{address} {what} {}, which is {:?}", short(*call), record.phase));
                }
            }
        }
        for (index, device) in self.devices.iter().enumerate() {
            let address = judge.address(index);
            if !device.is_online() {
                judge.find(|| format!("{address} does not come back"));
            }
            for held in &device.calls {
                if !store.calls.contains_key(&held.id) {
                    judge.find(|| format!("{address} holds {}, which nobody knows", short(held.id)));
                }
            }
        }
        let meant: Vec<_> = judge.meant_to_end().collect();
        for (call, at) in meant {
            if store.calls.get(&call).is_some_and(|(_, record)| record.is_live()) {
                judge
                    .find(|| format!("{} was to end {} s ago, and lives", short(call), (AGREED - at) / 1000));
            }
        }
    }

    fn all_is_over(&self) {
        let hub = &self.hub;
        let store = hub.store.borrow();
        let mut judge = hub.judge.borrow_mut();
        for (call, (_, record)) in &store.calls {
            if record.is_live() {
                judge.find(|| format!("{} does not end: {:?}", short(*call), record.phase));
            }
        }
        for (index, device) in self.devices.iter().enumerate() {
            if let Some(held) = device.calls.first() {
                let address = judge.address(index);
                judge.find(|| format!("{address} still holds {}", short(held.id)));
            }
        }
        judge.reads_history(&store.history);
    }
}

/// Whether an answered call takes one of its two devices not to be connected.
fn is_away(record: &Record, device: &Address) -> bool {
    let Some(answer) = record.answer() else { return false };
    [&record.caller, &answer.leg].iter().any(|leg| leg.address == *device && !leg.signaling.is_here())
}
