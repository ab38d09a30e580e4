//! What each user holds over all calls and devices, and how fast new things may come (L5, X2). Asked when something
//! opens, ends or is permitted, never per packet; what packets are measured by is in [`Spending`].

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crate::bucket::{Bucket, Rate};
use crate::config::Limits;
use crate::meter::Spending;

/// Users who hold nothing, kept only until their buckets are empty again. Beyond: the first to have come is forgotten.
const RESTING: usize = 4096;

/// Everybody who holds a port, or did until lately.
pub(crate) struct Users {
    by_name: HashMap<Arc<str>, User>,
    /// The sum over all users.
    held: usize,
    /// Who let go of the last port, and when he can be forgotten.
    resting: VecDeque<(Instant, Arc<str>)>,
    new_allocations: Option<Rate>,
    new_peers: Option<Rate>,
}

struct User {
    /// Relayed ports: opening, reserved and allocated.
    held: usize,
    spending: Arc<Spending>,
    new_allocations: Bucket,
    new_peers: Bucket,
}

impl User {
    /// Somebody who opens his first one.
    fn new(now: Instant, new_allocations: Option<Rate>) -> Self {
        let mut opened = Bucket::new(now);
        if let Some(rate) = new_allocations {
            opened.take(now, rate, 1);
        }
        let spending = Arc::new(Spending::new(now));
        Self { held: 0, spending, new_allocations: opened, new_peers: Bucket::new(now) }
    }

    /// When nothing is left of what was done lately, so that somebody new would be treated the same.
    fn empty_at(&self) -> Instant {
        self.new_allocations.empty_at().max(self.new_peers.empty_at()).max(self.spending.empty_at())
    }
}

impl Users {
    pub(crate) fn new(limits: &Limits) -> Self {
        // Zero is no limit.
        let rate = |per_second, burst| (per_second > 0).then(|| Rate::new(per_second, burst));
        Self {
            by_name: HashMap::new(),
            held: 0,
            resting: VecDeque::new(),
            new_allocations: rate(limits.new_allocations_per_second, limits.new_allocations_burst),
            new_peers: rate(limits.new_peers_per_second, limits.new_peers_burst),
        }
    }

    /// Relayed ports of one user.
    pub(crate) fn held_by(&self, name: &str) -> usize {
        self.by_name.get(name).map_or(0, |user| user.held)
    }

    /// Relayed ports of all users.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// Whether a user may open something again already. Who is not known has opened nothing lately.
    pub(crate) fn may_open(&mut self, now: Instant, name: &str) -> bool {
        let Some(rate) = self.new_allocations else { return true };
        self.by_name.get_mut(name).is_none_or(|user| user.new_allocations.take(now, rate, 1))
    }

    /// Whether a user may reach out to so many addresses not reached before.
    pub(crate) fn may_reach(&mut self, now: Instant, name: &Arc<str>, new: usize) -> bool {
        let Some(rate) = self.new_peers else { return true };
        let new = u64::try_from(new).unwrap_or(u64::MAX);
        // Whoever asks has an allocation, and so is known.
        self.by_name.get_mut(name).is_none_or(|user| user.new_peers.take(now, rate, new))
    }

    /// Ports are his from now on.
    pub(crate) fn hold(&mut self, now: Instant, name: &Arc<str>, count: usize) {
        let new_allocations = self.new_allocations;
        let user = self.by_name.entry(Arc::clone(name)).or_insert_with(|| User::new(now, new_allocations));
        user.held += count;
        self.held += count;
    }

    /// What his packets are measured by.
    pub(crate) fn spending_of(&self, name: &str) -> Arc<Spending> {
        Arc::clone(&self.by_name.get(name).expect("every relay counts on its user's quota").spending)
    }

    /// A port is his no longer. Whether somebody had to be forgotten early for want of room.
    pub(crate) fn release(&mut self, now: Instant, name: &Arc<str>) -> bool {
        let user = self.by_name.get_mut(name).expect("every relay counts on its user's quota");
        user.held -= 1;
        self.held -= 1;
        if user.held > 0 {
            return false;
        }
        let empty_at = user.empty_at();
        self.resting.push_back((empty_at, Arc::clone(name)));
        self.forget_rested(now);
        if self.resting.len() <= RESTING {
            return false;
        }
        let Some((_, name)) = self.resting.pop_front() else { return false };
        if self.by_name.get(&name).is_some_and(|user| user.held == 0) {
            self.by_name.remove(&name);
        }
        true
    }
    fn forget_rested(&mut self, now: Instant) {
        while let Some((_, name)) = self.resting.pop_front_if(|(at, _)| *at <= now) {
            let Some(user) = self.by_name.get(&name).filter(|user| user.held == 0) else { continue };
            let empty_at = user.empty_at();
            if empty_at <= now {
                self.by_name.remove(&name);
            } else {
                // More was charged after the end.
                self.resting.push_back((empty_at, name));
            }
        }
    }
}
