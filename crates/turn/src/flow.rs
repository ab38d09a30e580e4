//! Flows that the shell may forward past this core, in the kernel say: which are in use, by which rules they are forwarded,
//! and what has been.
//!
//! ```text
//!  route ──► a packet of a flow has passed ──► next_flow ──► rules ──► whoever forwards from now on
//!            limits, statistics, audit ◄── charge ◄── how much it was ◄──┘      ▲
//!            permissions, channels, lifetime ──► Output::Changed ──► rules ─────┘
//! ```
//!
//! A rule says what this core would do with the next packet, and until when. Only clients over UDP have rules, and only for
//! peers of the address family they came by.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::allocation::Allocation;
use crate::audit::Audit;
use crate::five_tuple::Transport;
use crate::meter::Meter;
use crate::relay::RelayId;
use crate::route::Admission;
use crate::stats::Traffic;
use crate::turn::Turn;

/// Flows in use that the shell has not asked for yet. Beyond: one waits for its next packet.
const IN_USE: usize = 256;

/// What passes between an allocation and one peer, both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The allocation.
    pub relay: RelayId,
    /// The peer, as the client names it.
    pub peer: SocketAddr,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client.
    ToPeer,
    /// To the client.
    ToClient,
}

/// How application data is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    Plain,
    /// As ChannelData with this number.
    Channel(u16),
    /// As a Send or Data indication that names this peer.
    Indication(SocketAddr),
}

/// What is to be done with packets that come from one address to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which way they go.
    pub direction: Direction,
    /// Where they come from.
    pub from: SocketAddr,
    /// Which address of this machine they come to.
    pub at: SocketAddr,
    /// Only if they are wrapped like this.
    pub form: Form,
    /// What becomes of them.
    pub onward: Onward,
    /// Whether they pass between two allocations of this relay.
    pub is_between: bool,
    /// From then on the rule is none.
    pub until: Instant,
}

/// Where packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// They are sent.
    Sent {
        /// From this address of this machine.
        from: SocketAddr,
        /// To this one.
        to: SocketAddr,
        /// Wrapped like this.
        form: Form,
    },
    /// They go on by the rule for plain data, if there is one, that comes from the one address to the other.
    ByRule {
        /// The sender's relayed address, as peers see it.
        from: SocketAddr,
        /// Where the other's socket is bound.
        to: SocketAddr,
    },
}

/// What is kept only for a shell that forwards past the core.
#[derive(Default)]
pub(crate) struct Offload {
    in_use: HashSet<Flow>,
    /// Those that have ended, for the last of their packets, in the order their ends are told of.
    ended: VecDeque<(RelayId, Arc<Meter>)>,
}

impl Turn {
    /// A flow of which a packet has passed through this core since it was last asked for, so that rules for it may save
    /// the next ones the way. Told only if the configuration wants rules.
    pub fn next_flow(&mut self) -> Option<Flow> {
        let flow = self.offload.in_use.iter().next().copied()?;
        self.offload.in_use.take(&flow)
    }

    /// What would be done with the next packet of a flow, each way, if that can be said: not if the allocation has little
    /// left of what it may pass, so that somebody must look at every packet.
    pub fn rules(&self, now: Instant, flow: Flow) -> [Option<Rule>; 2] {
        let Some(allocation) = self.allocation(flow.relay) else { return [None, None] };
        if !can_be_offloaded(allocation, flow.peer) || !allocation.meter.has_plenty(now, &self.rates) {
            return [None, None];
        }
        [self.rule_to_peer(now, flow, allocation), self.rule_to_client(now, flow, allocation)]
    }

    /// Counts what has been forwarded by a rule, as if it had passed through here: also right after the end of the
    /// allocation, until all outputs are taken (with audit, until its end is told). Whether that was not more than it may pass.
    pub fn charge(&mut self, now: Instant, relay: RelayId, rule: &Rule, traffic: Traffic) -> bool {
        match (rule.direction, rule.is_between) {
            (Direction::ToPeer, false) => self.stats.to_peer.add(traffic),
            (Direction::ToPeer, true) => self.stats.between_allocations.add(traffic),
            (Direction::ToClient, false) => self.stats.to_client.add(traffic),
            // Counted on its way from the other client.
            (Direction::ToClient, true) => {}
        }
        let ended = || self.offload.ended.iter().find(|(ended, _)| *ended == relay).map(|(_, meter)| meter);
        let meter = self.allocation(relay).map(|allocation| &allocation.meter).or_else(ended);
        meter.is_none_or(|meter| meter.charge(now, &self.rates, rule.direction, traffic))
    }

    /// Remembers that a packet of this flow is under way.
    pub(crate) fn note_flow(&mut self, relay: RelayId, peer: SocketAddr) {
        if self.config.offload
            && self.offload.in_use.len() < IN_USE
            && self.allocation(relay).is_some_and(|allocation| can_be_offloaded(allocation, peer))
        {
            self.offload.in_use.insert(Flow { relay, peer });
        }
    }

    /// Keeps what an allocation has passed open for what is still to be charged, to its user above all.
    pub(crate) fn remember_ended(&mut self, relay: RelayId, allocation: &Allocation) {
        if self.config.offload {
            self.offload.ended.push_back((relay, Arc::clone(&allocation.meter)));
        }
    }

    /// Adds what has been charged since.
    pub(crate) fn audit_offloaded(&mut self, audit: &mut Audit) {
        if let Some((_, meter)) = self.offload.ended.pop_front() {
            (audit.to_peer, audit.to_client) = (meter.to_peer(), meter.to_client());
        }
    }

    /// The shell has done all it was asked for, and so charged what it had to.
    pub(crate) fn forget_ended(&mut self) {
        self.offload.ended.clear();
    }

    fn rule_to_peer(&self, now: Instant, flow: Flow, allocation: &Allocation) -> Option<Rule> {
        let permitted_until = allocation.permissions.until(now, flow.peer.ip());
        let (form, until) = match allocation.channels.until(now, flow.peer) {
            Some((number, until)) => (Form::Channel(number.number()), until),
            None => (Form::Indication(flow.peer), permitted_until?),
        };
        let (onward, is_between) = match self.admit(flow.peer) {
            Admission::Denied => return None,
            Admission::Outside => {
                let from = self.bound_address(flow.relay);
                (Onward::Sent { from, to: flow.peer, form: Form::Plain }, false)
            }
            Admission::Allocation(other) => {
                (Onward::ByRule { from: allocation.relayed, to: self.bound_address(other) }, true)
            }
            Admission::Elsewhere => {
                let to = self.shared.access(flow.peer)?.bound;
                (Onward::ByRule { from: allocation.relayed, to }, true)
            }
        };
        let five_tuple = allocation.five_tuple;
        Some(Rule {
            direction: Direction::ToPeer,
            from: five_tuple.client,
            at: five_tuple.server,
            form,
            onward,
            is_between,
            until: until.min(allocation.expires_at),
        })
    }

    fn rule_to_client(&self, now: Instant, flow: Flow, allocation: &Allocation) -> Option<Rule> {
        let permitted_until = allocation.permissions.until(now, flow.peer.ip())?;
        let (form, until) = match allocation.channels.until(now, flow.peer) {
            Some((number, until)) => (Form::Channel(number.number()), until.min(permitted_until)),
            None => (Form::Indication(flow.peer), permitted_until),
        };
        let five_tuple = allocation.five_tuple;
        Some(Rule {
            direction: Direction::ToClient,
            from: flow.peer,
            at: self.bound_address(flow.relay),
            form: Form::Plain,
            onward: Onward::Sent { from: five_tuple.server, to: five_tuple.client, form },
            is_between: matches!(self.admit(flow.peer), Admission::Allocation(_) | Admission::Elsewhere),
            until: until.min(allocation.expires_at),
        })
    }

    /// Where the socket of a relayed port is bound.
    pub(crate) fn bound_address(&self, relay: RelayId) -> SocketAddr {
        let relay = &self.relays[&relay];
        SocketAddr::new(self.config.relay_addresses[relay.address].bind, relay.port)
    }
}

fn can_be_offloaded(allocation: &Allocation, peer: SocketAddr) -> bool {
    let five_tuple = allocation.five_tuple;
    five_tuple.transport == Transport::Udp && five_tuple.client.is_ipv4() == peer.is_ipv4()
}
