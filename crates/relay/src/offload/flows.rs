//! A worker's flows that the kernel forwards.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use visavis_turn::{Direction, Flow, Onward, RelayId, Rule, Traffic, Turn};

use super::{COUNTS, Hop, Kernel};
use crate::drive::Worker;
use crate::stats::OffloadStats;

/// How often counters are read, and so by how much longer than a moment an allocation may pass more than its limits.
const LOOKS: Duration = Duration::from_millis(250);
/// How long the rules of a worker hold that does not look any more.
const LEASE: Duration = Duration::from_secs(2);
/// A flow without packets for so long makes room for others.
const REST: Duration = Duration::from_secs(10);
/// How old a route is when it is asked for anew, within as long again: only so many of all flows at a look, since each takes
/// the kernel longer than a packet. What else a rule is made of is told of when it changes.
const ROUTE_LASTS: Duration = Duration::from_secs(5);
/// Looks in that time.
const LOOKS_FOR_ALL: usize = 20;
/// Flows of one allocation at a time, those remembered as declined among them: a call has one or two. Beyond: no rules, so that
/// nobody who sends to port after port takes the room, and the worker's time, from everybody else.
const OF_ONE: usize = 16;
/// Flows remembered between two looks as those for which there are no rules. Beyond: others are not asked for either.
const DECLINED: usize = 1024;

pub(crate) struct Flows {
    kernel: Arc<Kernel>,
    worker: u32,
    /// As many as the kernel has room for.
    flows: BTreeMap<Flow, Installed>,
    /// Those that can not be forwarded, or have no room, at present. Asked for again after the next look.
    declined: BTreeSet<Flow>,
    look_at: Instant,
    stats: OffloadStats,
}

/// One that is forwarded, both ways or one.
struct Installed {
    rules: [Option<Written>; 2],
    used_at: Instant,
    checked_at: Instant,
}

/// A rule that the kernel has.
#[derive(Clone, Copy)]
struct Written {
    rule: Rule,
    hop: Hop,
    place: u32,
    /// What of its count is charged already.
    seen: Traffic,
}

/// Where a counter is: the page, and the place in it.
pub(super) fn page_of(place: u32) -> (u32, usize) {
    let counts = u32::try_from(COUNTS).unwrap_or(u32::MAX);
    (place / counts, usize::try_from(place % counts).unwrap_or(0))
}

impl Flows {
    pub(crate) fn new(kernel: Arc<Kernel>, worker: usize, now: Instant) -> Self {
        Self {
            kernel,
            worker: u32::try_from(worker).unwrap_or(u32::MAX),
            flows: BTreeMap::new(),
            declined: BTreeSet::new(),
            look_at: now,
            stats: OffloadStats::default(),
        }
    }

    /// When [`Self::look`] is due.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        (!self.is_idle()).then_some(self.look_at)
    }

    pub(crate) fn stats(&self) -> OffloadStats {
        OffloadStats { flows: u64::try_from(self.flows.len()).unwrap_or(u64::MAX), ..self.stats }
    }

    /// Has the kernel forward what the core has had to do with.
    pub(crate) fn install(&mut self, now: Instant, turn: &mut Turn) {
        while let Some(flow) = turn.next_flow() {
            if self.flows.contains_key(&flow)
                || self.declined.contains(&flow)
                || self.declined.len() >= DECLINED
                || self.is_crowded(flow.relay)
            {
                continue;
            }
            if self.is_idle() {
                self.renew_lease(now);
            }
            self.write(now, turn, flow);
            if !self.flows.contains_key(&flow) {
                self.declined.insert(flow);
            }
        }
    }

    /// Whether this allocation has as many flows as one may have.
    fn is_crowded(&self, relay: RelayId) -> bool {
        let declined = self.declined.range(first_of(relay)..).take_while(|flow| flow.relay == relay);
        self.of(relay).chain(declined).take(OF_ONE).count() == OF_ONE
    }

    /// Those of an allocation that the kernel forwards.
    fn of(&self, relay: RelayId) -> impl Iterator<Item = &Flow> {
        self.flows.range(first_of(relay)..).map(|(flow, _)| flow).take_while(move |flow| flow.relay == relay)
    }

    fn is_idle(&self) -> bool {
        self.flows.is_empty() && self.declined.is_empty()
    }

    /// Charges what has passed, and takes back the rules of who may pass no more, has not for long, or not by this route.
    pub(crate) fn look(&mut self, now: Instant, turn: &mut Turn) {
        self.renew_lease(now);
        self.declined.clear();
        let counts = self.counts();
        let mut over = Vec::new();
        for (flow, installed) in &mut self.flows {
            let mut has_held = true;
            for written in installed.rules.iter_mut().flatten() {
                let (page, at) = page_of(written.place);
                let Some(counts) = counts.get(&page) else { continue };
                let new = written.count(counts[at], &mut self.stats);
                if new.packets > 0 {
                    installed.used_at = now;
                    has_held &= turn.charge(now, flow.relay, &written.rule, new);
                }
            }
            if !has_held || now.saturating_duration_since(installed.used_at) >= REST {
                over.push(*flow);
            }
        }
        for flow in over {
            self.end(now, turn, flow);
        }
        for flow in outdated(self.flows.iter().map(|(flow, installed)| (*flow, installed.checked_at)), now) {
            self.write(now, turn, flow);
        }
    }

    /// Adapts the rules to how an allocation is now; without allocation there are none.
    pub(crate) fn on_changed(&mut self, now: Instant, turn: &mut Turn, relay: RelayId) {
        for flow in self.of(relay).copied().collect::<Vec<_>>() {
            self.write(now, turn, flow);
        }
    }

    /// Adapts all of them.
    pub(crate) fn on_all_changed(&mut self, now: Instant, turn: &mut Turn) {
        for flow in self.flows.keys().copied().collect::<Vec<_>>() {
            self.write(now, turn, flow);
        }
    }

    /// Makes the kernel's rules for this flow those that hold.
    fn write(&mut self, now: Instant, turn: &mut Turn, flow: Flow) {
        let wanted = turn.rules(now, flow).map(|rule| rule.and_then(|rule| Some((rule, self.hop(&rule)?))));
        let known = self.flows.remove(&flow);
        let used_at = known.as_ref().map_or(now, |known| known.used_at);
        let mut rules = known.map_or([None, None], |known| known.rules);
        for (written, wanted) in rules.iter_mut().zip(wanted) {
            *written = self.write_rule(now, turn, flow.relay, *written, wanted);
        }
        if rules.iter().any(Option::is_some) {
            self.flows.insert(flow, Installed { rules, used_at, checked_at: now });
        }
    }

    fn write_rule(
        &mut self,
        now: Instant,
        turn: &mut Turn,
        relay: RelayId,
        written: Option<Written>,
        wanted: Option<(Rule, Hop)>,
    ) -> Option<Written> {
        if written.map(|written| (written.rule, written.hop)) == wanted {
            return written;
        }
        let replaced = written.zip(wanted).filter(|(old, (new, _))| is_for_the_same_packets(&old.rule, new));
        if let Some((old, (rule, hop))) = replaced {
            if self.kernel.insert(now, &rule, hop, old.place, self.worker) {
                return Some(Written { rule, hop, ..old });
            }
            self.remove_rule(now, turn, relay, old);
            return None;
        }
        if let Some(old) = written {
            self.remove_rule(now, turn, relay, old);
        }
        let (rule, hop) = wanted?;
        let Some((place, seen)) = self.kernel.take_place() else {
            self.stats.refused += 1;
            return None;
        };
        if !self.kernel.insert(now, &rule, hop, place, self.worker) {
            self.kernel.give_back(place);
            self.stats.refused += 1;
            return None;
        }
        Some(Written { rule, hop, place, seen })
    }

    /// Takes both rules of a flow back.
    fn end(&mut self, now: Instant, turn: &mut Turn, flow: Flow) {
        let Some(installed) = self.flows.remove(&flow) else { return };
        for written in installed.rules.into_iter().flatten() {
            self.remove_rule(now, turn, flow.relay, written);
        }
    }

    fn remove_rule(&mut self, now: Instant, turn: &mut Turn, relay: RelayId, mut written: Written) {
        self.kernel.remove(&written.rule);
        let (page, at) = page_of(written.place);
        let new = written.count(self.kernel.counts(page)[at], &mut self.stats);
        if new.packets > 0 {
            // There is nothing left to be taken back.
            let _held = turn.charge(now, relay, &written.rule, new);
        }
        self.kernel.give_back(written.place);
    }

    /// How what a rule sends leaves; `None` if it must not be forwarded so.
    fn hop(&self, rule: &Rule) -> Option<Hop> {
        match rule.onward {
            Onward::Sent { from, to, .. } => self.kernel.hop(from.ip(), to.ip()),
            // Told by the other rule.
            Onward::ByRule { .. } => Some(Hop::default()),
        }
    }

    fn renew_lease(&mut self, now: Instant) {
        self.kernel.lease(self.worker, now, now + LEASE);
        self.look_at = now + LOOKS;
    }

    /// The pages on which there is a counter of ours.
    fn counts(&self) -> BTreeMap<u32, [Traffic; COUNTS]> {
        let written = self.flows.values().flat_map(|installed| installed.rules.iter().flatten());
        let pages: BTreeSet<u32> = written.map(|written| page_of(written.place).0).collect();
        pages.into_iter().map(|page| (page, self.kernel.counts(page))).collect()
    }
}

impl Drop for Flows {
    /// The program may go on for other workers.
    fn drop(&mut self) {
        for written in self.flows.values().flat_map(|installed| installed.rules.iter().flatten()) {
            self.kernel.remove(&written.rule);
        }
    }
}

impl Written {
    /// What has been counted since the last time.
    fn count(&mut self, count: Traffic, stats: &mut OffloadStats) -> Traffic {
        let new = Traffic {
            packets: count.packets.saturating_sub(self.seen.packets),
            bytes: count.bytes.saturating_sub(self.seen.bytes),
        };
        if new.packets > 0 {
            self.seen = count;
        }
        // What passes between two clients is counted by a rule of each.
        if !self.rule.is_between || self.rule.direction == Direction::ToPeer {
            stats.packets += new.packets;
            stats.bytes += new.bytes;
        }
        new
    }
}

/// Of flows with the times they were checked at, those that are to be checked now: the oldest, so many that all come round.
fn outdated<F: Copy + Ord>(checked: impl ExactSizeIterator<Item = (F, Instant)>, now: Instant) -> Vec<F> {
    let at_once = checked.len().div_ceil(LOOKS_FOR_ALL);
    let is_old = |(_, at): &(F, Instant)| now.saturating_duration_since(*at) >= ROUTE_LASTS;
    let mut old: Vec<_> = checked.filter(is_old).collect();
    old.sort_unstable_by_key(|(flow, at)| (*at, *flow));
    old.into_iter().map(|(flow, _)| flow).take(at_once).collect()
}

/// The least flow of an allocation there can be.
fn first_of(relay: RelayId) -> Flow {
    Flow { relay, peer: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)) }
}

fn is_for_the_same_packets(one: &Rule, other: &Rule) -> bool {
    (one.from, one.at, one.form) == (other.from, other.at, other.form)
}

impl Worker {
    /// Has the kernel forward what came through here in this round.
    pub(crate) fn offload(&mut self, now: Instant) {
        if let Some(flows) = &mut self.flows {
            flows.install(now, &mut self.turn);
        }
    }

    /// Adapts the kernel's rules to what has become of an allocation.
    pub(crate) fn on_changed(&mut self, now: Instant, relay: RelayId) {
        if let Some(flows) = &mut self.flows {
            flows.on_changed(now, &mut self.turn, relay);
        }
    }

    /// Counts what the kernel has forwarded, if that is due.
    pub(crate) fn look_at_flows(&mut self, now: Instant) {
        if let Some(flows) = &mut self.flows
            && flows.next_look().is_some_and(|due| due <= now)
        {
            flows.look(now, &mut self.turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn flows_that_began_together_are_checked_a_few_at_a_time_and_all_in_time() {
        let began = clock::now();
        let mut checked: BTreeMap<u32, Instant> = (0..1000).map(|flow| (flow, began)).collect();
        let mut oldest = Duration::ZERO;
        for look in 1..200 {
            let now = began + LOOKS * look;
            let due = outdated(checked.iter().map(|(flow, at)| (*flow, *at)), now);
            assert!(due.len() <= 50, "{}", due.len());
            for flow in due {
                oldest = oldest.max(now - checked[&flow]);
                checked.insert(flow, now);
            }
        }
        assert!(oldest >= ROUTE_LASTS && oldest < ROUTE_LASTS * 2, "{oldest:?}");
        assert!(checked.values().all(|at| *at > began));
    }
}
