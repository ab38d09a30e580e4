//! What a device makes of what it hears about calls.

use visavis_proto::{CallId, CallState, CallView, EndReason, Role, You};

use super::{Device, Held, Over, PROBE, Stage, blank};
use crate::Mutant;
use crate::hub::{Act, Event, Hub};
use crate::message::Say;
use crate::node::short;

impl Device {
    pub(super) fn find(&self, call: CallId) -> Option<&Held> {
        self.calls.iter().find(|held| held.id == call)
    }

    pub(super) fn find_mut(&mut self, call: CallId) -> Option<&mut Held> {
        self.calls.iter_mut().find(|held| held.id == call)
    }

    pub(super) fn finish(&mut self, call: CallId, over: Over) {
        self.calls.retain(|held| held.id != call);
        self.outbox.retain(|pending| pending.call != call);
        self.over.insert(call, over);
    }

    pub(super) fn hang_up(&mut self, hub: &Hub, call: CallId, reason: Option<EndReason>) {
        let never_said = self.outbox.iter().any(|pending| {
            pending.call == call && pending.tries == 0 && matches!(pending.words, Say::Invite { .. })
        });
        let capsule = self.find(call).and_then(|held| held.capsule.clone());
        self.finish(call, Over::Ended);
        let capsule = capsule.filter(|_| !hub.is(Mutant::NoCapsuleWithHangup));
        if !never_said {
            self.say(hub, call, Say::Hangup { call, reason }, capsule);
        }
    }

    /// The server knows nothing of the call.
    pub(super) fn lose(&mut self, hub: &Hub, call: CallId) {
        self.outbox.retain(|pending| pending.call != call || pending.capsule.is_none());
        let Some(held) = self.find(call) else { return };
        hub.note(|| format!("{} hears that nobody knows {} ({:?})", self.address, short(call), held.stage));
        let mut judge = hub.judge.borrow_mut();
        if held.stage == Stage::Active && held.capsule.is_some() && !judge.is_over(call) {
            judge.find(|| format!("{} was told that {} is over, which lives", self.address, short(call)));
        }
        if held.capsule.is_none() {
            judge.may_end(call);
        }
        drop(judge);
        self.finish(call, Over::Ended);
    }

    pub(super) fn apply(&mut self, hub: &Hub, view: CallView) {
        if view.you == You::Elsewhere && view.state != CallState::Ended {
            self.elsewhere.insert(view.id, view.generation);
        } else {
            self.elsewhere.remove(&view.id);
        }
        if view.state == CallState::Ended {
            hub.judge.borrow_mut().hears_of_end(view.id);
        }
        if self.find(view.id).is_none() && !self.meet(hub, &view) {
            return;
        }
        let now = hub.now();
        let epoch = self.epoch.clone();
        let unjudged = self.find(view.id).is_some_and(|held| self.outlives(held.capsule.as_ref()));
        let taking = self.outbox.iter().any(|it| it.call == view.id && matches!(it.words, Say::Take { .. }));
        let Some(held) = self.find_mut(view.id) else { return };
        if held.rev.is_some_and(|rev| view.rev <= rev) {
            return;
        }
        if unjudged && view.you == You::Elsewhere && view.state != CallState::Ended {
            held.contradicted = true;
            return;
        }
        held.rev = Some(view.rev);
        held.contradicted = false;
        held.capsule = view.capsule.zip(epoch).map(|(text, epoch)| (epoch, text));
        if view.generation != held.generation {
            held.generation = view.generation;
            held.flowed = 0;
        }
        held.known = true;
        held.role = view.role;
        held.peer = view.peer.address;
        held.expires = view.expires_in_ms.map(|left| now + left);
        self.see_recording(hub, view.id, view.recording);
        let Some(held) = self.find_mut(view.id) else { return };
        if view.you == You::Elsewhere && !(taking && view.state != CallState::Ended) {
            if held.confirmed && view.state != CallState::Ended {
                hub.judge.borrow_mut().hears_elsewhere(view.id, self.index);
            }
            return self.finish(view.id, Over::Elsewhere);
        }
        match view.state {
            CallState::Ended => {
                let handed_over = view.reason == Some(EndReason::Transferred);
                self.finish(view.id, Over::Ended);
                if handed_over {
                    self.handed_over.insert(view.id);
                }
            }
            CallState::Inviting => {}
            CallState::Ringing => {
                if held.stage == Stage::Dialing {
                    held.stage = Stage::RingingOut;
                    held.entered = now;
                }
            }
            CallState::Connecting | CallState::Active => self.answered(hub, &view.id, view.you, view.state),
        }
    }

    /// The node has seen our capsules. What contradicts them all the same is the truth.
    pub(super) fn believe(&mut self, hub: &Hub) {
        let mut doubts = false;
        for held in self.calls.iter_mut().filter(|held| held.contradicted) {
            held.contradicted = false;
            held.capsule = None;
            doubts = true;
        }
        if doubts {
            self.ping(hub, PROBE);
        }
    }

    pub(super) fn answered(&mut self, hub: &Hub, call: &CallId, you: You, state: CallState) {
        let now = hub.now();
        let Some(held) = self.find_mut(*call) else { return };
        if you != You::Active {
            return;
        }
        if held.stage == Stage::RingingIn {
            // Answered by this device, but not by this page.
            return self.hang_up(hub, *call, Some(EndReason::ConnectionLost));
        }
        if !held.is_answered() {
            held.stage = Stage::Connecting;
            held.entered = now;
        }
        held.confirmed = true;
        if state == CallState::Active {
            if held.stage != Stage::Active {
                held.flowed = now;
            }
            held.stage = Stage::Active;
        }
    }

    /// A call this page does not hold. True if it does from now on.
    pub(super) fn meet(&mut self, hub: &Hub, view: &CallView) -> bool {
        if view.state == CallState::Ended || view.you == You::Elsewhere {
            return false;
        }
        if let Some(over) = self.over.get(&view.id) {
            let saying =
                self.outbox.iter().any(|it| it.call == view.id && matches!(it.words, Say::Hangup { .. }));
            if *over == Over::Ended && !saying {
                hub.note(|| format!("{} says again that {} is over", self.address, short(view.id)));
                self.say(hub, view.id, Say::Hangup { call: view.id, reason: None }, None);
            }
            return false;
        }
        let crossing = self
            .calls
            .iter()
            .find(|held| held.stage == Stage::Dialing && !held.known && held.other == view.peer.id.as_str())
            .map(|held| held.id);
        if let Some(ours) = crossing.filter(|_| view.role == Role::Callee) {
            self.merge(hub, ours, view.id);
            if view.you == You::Ringing {
                self.say(hub, view.id, Say::Accept { call: view.id }, None);
            }
            return self.find(view.id).is_some();
        }
        let follows = |it: CallId| self.handed_over.contains(&it) || self.find(it).is_some();
        if view.you == You::Active && view.follows.is_some_and(follows) {
            hub.note(|| format!("{} goes on with {}", self.address, short(view.id)));
            let mut held = blank(view.id, view.role, Stage::Dialing, hub.now());
            held.known = true;
            self.calls.push(held);
            self.will_hang_up(hub, view.id);
            return true;
        }
        if view.you == You::Active {
            // A page that is gone had it. Mostly its successor goes on with it; what is only being made is given up.
            let is_answered = matches!(view.state, CallState::Connecting | CallState::Active);
            if is_answered && self.fresh && hub.chance(700) {
                hub.note(|| format!("{} resumes {}", self.address, short(view.id)));
                let mut held = blank(view.id, view.role, Stage::Connecting, hub.now());
                held.generation = view.generation;
                self.calls.push(held);
                self.say(hub, view.id, Say::Resume { call: view.id, generation: view.generation }, None);
                self.will_hang_up(hub, view.id);
                return true;
            }
            hub.note(|| format!("{} cannot go on with {}", self.address, short(view.id)));
            self.over.insert(view.id, Over::Ended);
            let words = Say::Hangup { call: view.id, reason: Some(EndReason::ConnectionLost) };
            self.say(hub, view.id, words, None);
            return false;
        }
        self.calls.push(blank(view.id, Role::Callee, Stage::RingingIn, hub.now()));
        self.alert(hub, view.id);
        true
    }

    /// It rings, and somebody may react.
    pub(super) fn alert(&mut self, hub: &Hub, call: CallId) {
        hub.note(|| format!("{} rings, {}", self.address, short(call)));
        self.say(hub, call, Say::Ringing { call }, None);
        if hub.is_healed() {
            return;
        }
        let together = hub.chance(400);
        let wait = if together { 2_000 + hub.below(60) } else { 300 + hub.below(25_000) };
        let act = match hub.below(100) {
            0..50 => Act::Accept(call),
            50..60 => Act::Decline(call),
            _ => return,
        };
        hub.later(wait, Event::Act { device: self.index, act });
    }

    pub(super) fn merge(&mut self, hub: &Hub, ours: CallId, into: CallId) {
        hub.note(|| format!("{}: {} has become {}", self.address, short(ours), short(into)));
        self.outbox.retain(|it| !(it.call == ours && matches!(it.words, Say::Invite { .. })));
        if self.find(into).is_some() {
            self.finish(into, Over::Elsewhere);
        }
        self.over.remove(&into);
        let now = hub.now();
        if let Some(held) = self.find_mut(ours) {
            *held = Held { known: true, ..blank(into, Role::Callee, Stage::Connecting, now) };
        }
        self.will_hang_up(hub, into);
    }
}
