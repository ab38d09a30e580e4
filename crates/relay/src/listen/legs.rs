//! The TCP connections of a worker: opened, served, closed.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::PoisonError;
use std::time::Instant;

use mio::Interest;
use slab::Slab;
use visavis_turn::{FiveTuple, Input};

use crate::drive::{RECEIVED, Worker};
use crate::leg::{Closed, Leg, NewLeg, READ_SIZE};
use crate::source::Source;

/// Steps of TLS handshakes in one round, so that a crowd of new clients does not hold up the media of the others.
const HANDSHAKE_STEPS: usize = 4;

/// All of them.
#[derive(Default)]
pub(crate) struct Legs {
    places: Slab<Leg>,
    by_five_tuple: HashMap<FiveTuple, usize>,
    /// By when those without allocation must have one.
    deadlines: BTreeSet<(Instant, usize)>,
    /// Handshakes under way.
    handshakes: usize,
    /// Those that would begin one when there is a place.
    waiting: VecDeque<usize>,
    /// Steps of handshakes that may be made in this round.
    steps_left: usize,
}

impl Legs {
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Leg> {
        self.places.get_mut(place)
    }

    pub(crate) fn of(&mut self, five_tuple: &FiveTuple) -> Option<&mut Leg> {
        self.places.get_mut(*self.by_five_tuple.get(five_tuple)?)
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    pub(crate) fn begin_round(&mut self) {
        self.steps_left = HANDSHAKE_STEPS;
    }

    /// Moves the time by which a connection must have an allocation. `None` if there is no such connection.
    fn set_deadline(&mut self, five_tuple: &FiveTuple, deadline: Option<Instant>) -> Option<()> {
        let place = *self.by_five_tuple.get(five_tuple)?;
        let leg = self.places.get_mut(place)?;
        if let Some(old) = std::mem::replace(&mut leg.deadline, deadline) {
            self.deadlines.remove(&(old, place));
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, place));
        }
        Some(())
    }

    pub(crate) fn place_of(&self, five_tuple: &FiveTuple) -> Option<usize> {
        self.by_five_tuple.get(five_tuple).copied()
    }

    fn remove(&mut self, place: usize) -> Option<Leg> {
        let leg = self.places.try_remove(place)?;
        if self.by_five_tuple.get(&leg.five_tuple) == Some(&place) {
            self.by_five_tuple.remove(&leg.five_tuple);
        }
        if let Some(deadline) = leg.deadline {
            self.deadlines.remove(&(deadline, place));
        }
        self.waiting.retain(|waiting| *waiting != place);
        Some(leg)
    }
}

impl Worker {
    /// Takes a connection in, if there is room.
    pub(crate) fn open_leg(&mut self, now: Instant, new: NewLeg) {
        let deadline = now + self.tcp_limits.without_allocation;
        // The client may have gone while it waited.
        let Some(mut leg) = Leg::new(new, &self.tcp_limits, deadline) else { return };
        let five_tuple = leg.five_tuple;
        if !self.door.enter(five_tuple.client.ip()) {
            self.stats.tcp_refused += 1;
            return;
        }
        self.stats.tcp_connections += 1;
        // The system gives a port anew once it knows that the last connection is gone; we may not know that yet.
        if let Some(gone) = self.legs.by_five_tuple.get(&five_tuple).copied() {
            self.close_leg(now, gone, Closed::ByClient);
        }
        let entry = self.legs.places.vacant_entry();
        let place = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut leg.stream, Source::Leg(place).into(), interest);
        // What has been received before may be all that the client sends.
        leg.is_queued = true;
        entry.insert(leg);
        self.legs.by_five_tuple.insert(five_tuple, place);
        self.legs.deadlines.insert((deadline, place));
        self.ready.push_back(Source::Leg(place));
        if let Err(error) = watched {
            tracing::debug!(%error, "a connection can not be watched");
            self.close_leg(now, place, Closed::ByClient);
        }
    }

    /// Writes what waits, reads once and routes every complete message. Whether there may be more.
    pub(crate) fn serve_leg(&mut self, now: Instant, place: usize) -> bool {
        let has_more = match self.try_serve_leg(now, place) {
            Ok(has_more) => has_more,
            Err(closed) => {
                self.close_leg(now, place, closed);
                return false;
            }
        };
        if let Some(leg) = self.legs.get_mut(place) {
            leg.is_queued = has_more;
        }
        has_more
    }

    fn try_serve_leg(&mut self, now: Instant, place: usize) -> Result<bool, Closed> {
        let Some(leg) = self.legs.places.get_mut(place) else { return Ok(false) };
        if let Some(peer) = leg.joined {
            return self.pump(now, peer);
        }
        leg.write(now, &mut self.stats)?;
        if leg.wants_handshake() && !self.begin_handshake(place)? {
            return Ok(false);
        }
        self.route_messages(now, place)?;
        let Some(leg) = self.legs.places.get_mut(place) else { return Ok(false) };
        if leg.is_handshaking {
            if self.legs.steps_left == 0 {
                return Ok(true);
            }
            self.legs.steps_left -= 1;
        }
        let has_more = leg.read(&mut self.buffer[..READ_SIZE])?;
        if leg.has_shaken_hands() {
            self.end_handshake();
        }
        self.route_messages(now, place)?;
        Ok(has_more)
    }

    fn route_messages(&mut self, now: Instant, place: usize) -> Result<(), Closed> {
        while let Some(leg) = self.legs.places.get_mut(place)
            && leg.joined.is_none()
            && let Some(length) = leg.next_message(&mut self.buffer[RECEIVED])?
        {
            let (from, over_tls) = (leg.five_tuple, leg.is_tls());
            self.on_stream_message(now, from, over_tls, length);
        }
        Ok(())
    }

    /// Begins a handshake. If there is no place for one, the connection is served again when there is; then `false`.
    fn begin_handshake(&mut self, place: usize) -> Result<bool, Closed> {
        if self.legs.handshakes >= self.tcp_limits.handshakes {
            if !self.legs.waiting.contains(&place) {
                self.legs.waiting.push_back(place);
            }
            return Ok(false);
        }
        let config = self.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (Some(config), Some(leg)) = (config, self.legs.places.get_mut(place)) else {
            return Err(Closed::TlsFailed);
        };
        leg.begin_handshake(config)?;
        self.legs.handshakes += 1;
        Ok(true)
    }

    /// A place for handshakes is free.
    fn end_handshake(&mut self) {
        self.legs.handshakes -= 1;
        let Some(place) = self.legs.waiting.pop_front() else { return };
        if let Some(leg) = self.legs.places.get_mut(place)
            && !std::mem::replace(&mut leg.is_queued, true)
        {
            self.ready.push_back(Source::Leg(place));
        }
    }

    /// A connection without allocation is a stranger's and does not live long.
    pub(crate) fn set_allocated(&mut self, now: Instant, five_tuple: FiveTuple, is_allocated: bool) {
        let deadline = (!is_allocated).then(|| now + self.tcp_limits.without_allocation);
        if self.legs.set_deadline(&five_tuple, deadline).is_some() {
            self.door.set_stranger(five_tuple.client.ip(), !is_allocated);
        }
    }

    pub(crate) fn close_late_legs(&mut self, now: Instant) {
        while let Some((deadline, place)) = self.legs.deadlines.first().copied()
            && deadline <= now
        {
            self.close_leg(now, place, Closed::TimedOut);
        }
    }

    pub(crate) fn close_leg(&mut self, now: Instant, place: usize, closed: Closed) {
        // Before the core is told, whose `Released` would make it a stranger again.
        let Some(mut leg) = self.legs.remove(place) else { return };
        if leg.is_handshaking {
            self.end_handshake();
        }
        let ip = leg.five_tuple.client.ip();
        self.door.leave(ip, leg.deadline.is_some());
        self.stats.tcp_connections -= 1;
        match closed {
            Closed::ByClient => {}
            Closed::TimedOut => self.stats.tcp_timed_out += 1,
            Closed::Malformed => self.stats.tcp_malformed += 1,
            Closed::TlsFailed => self.stats.tls_failed += 1,
        }
        leg.close();
        let (five_tuple, joined) = (leg.five_tuple, leg.joined);
        drop(leg);
        if let Some(peer) = joined {
            self.lose_peer(now, peer);
        }
        self.tell(now, Input::Disconnected { five_tuple });
    }
}
