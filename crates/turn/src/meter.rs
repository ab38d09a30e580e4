//! How much application data passes, and whether it may (X2). Both directions of an allocation count together, and so do
//! all allocations of a user. What is too much of media is dropped, never queued: late media is of no use. Streams wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::bucket::Rate;
use crate::config::Limits;
use crate::flow::Direction;
use crate::stats::{DropReason, Traffic};

/// The largest datagram: less than this at once would let none of that size through, ever.
const LEAST_BURST: u64 = 1 << 16;

/// What the operator grants; `None` is no limit. A burst is what a second would bring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    packets: Option<Rate>,
    bytes: Option<Rate>,
    user_packets: Option<Rate>,
    user_bytes: Option<Rate>,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let rate =
            |per_second: u64, least| (per_second > 0).then(|| Rate::new(per_second, per_second.max(least)));
        Self {
            packets: rate(limits.packets_per_second, 1),
            bytes: rate(limits.bytes_per_second, LEAST_BURST),
            user_packets: rate(limits.user_packets_per_second, 1),
            user_bytes: rate(limits.user_bytes_per_second, LEAST_BURST),
        }
    }
}

/// Measures one allocation. Another core may pass data to its client, too.
pub(crate) struct Meter {
    own: Spending,
    user: Arc<Spending>,
    to_peer: Count,
    to_client: Count,
}

impl Meter {
    pub(crate) fn new(now: Instant, user: Arc<Spending>) -> Self {
        let (to_peer, to_client) = (Count::default(), Count::default());
        Self { own: Spending::new(now), user, to_peer, to_client }
    }

    /// Takes a packet of so many bytes from the client, or says by which limit it is dropped.
    pub(crate) fn take_to_peer(&self, now: Instant, rates: &Rates, length: usize) -> Result<(), DropReason> {
        self.take(now, rates, length as u64)?;
        self.to_peer.add(Traffic::packet(length));
        Ok(())
    }

    /// The same for the client.
    pub(crate) fn take_to_client(
        &self,
        now: Instant,
        rates: &Rates,
        length: usize,
    ) -> Result<(), DropReason> {
        self.take(now, rates, length as u64)?;
        self.to_client.add(Traffic::packet(length));
        Ok(())
    }

    /// Takes what has been passed already, in this direction. Whether the limits have held.
    pub(crate) fn charge(&self, now: Instant, rates: &Rates, direction: Direction, traffic: Traffic) -> bool {
        let count = match direction {
            Direction::ToPeer => &self.to_peer,
            Direction::ToClient => &self.to_client,
        };
        count.add(traffic);
        let own = self.own.charge(now, (rates.packets, rates.bytes), traffic);
        let user = self.user.charge(now, (rates.user_packets, rates.user_bytes), traffic);
        own && user
    }

    /// Whether so much is left that nobody need look at each packet.
    pub(crate) fn has_plenty(&self, now: Instant, rates: &Rates) -> bool {
        self.own.has_plenty(now, (rates.packets, rates.bytes))
            && self.user.has_plenty(now, (rates.user_packets, rates.user_bytes))
    }

    /// Counts bytes of a stream that have been read already; for how long no more should be.
    pub(crate) fn pass(&self, now: Instant, rates: &Rates, way: Direction, length: usize) -> Duration {
        match way {
            Direction::ToPeer => self.to_peer.add(Traffic::packet(length)),
            Direction::ToClient => self.to_client.add(Traffic::packet(length)),
        }
        let own = self.own.overdraw(now, rates.bytes, length as u64);
        own.max(self.user.overdraw(now, rates.user_bytes, length as u64))
    }

    pub(crate) fn to_peer(&self) -> Traffic {
        self.to_peer.sum()
    }

    pub(crate) fn to_client(&self) -> Traffic {
        self.to_client.sum()
    }

    fn take(&self, now: Instant, rates: &Rates, length: u64) -> Result<(), DropReason> {
        let own = self.own.take(now, (rates.packets, rates.bytes), length);
        own.map_err(|full| match full {
            Full::Packets => DropReason::PacketRate,
            Full::Bytes => DropReason::ByteRate,
        })?;
        let user = self.user.take(now, (rates.user_packets, rates.user_bytes), length);
        user.map_err(|full| match full {
            Full::Packets => DropReason::UserPacketRate,
            Full::Bytes => DropReason::UserByteRate,
        })
    }
}

/// Packets and bytes that several threads may count.
#[derive(Default)]
struct Count {
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl Count {
    fn add(&self, traffic: Traffic) {
        self.packets.fetch_add(traffic.packets, Ordering::Relaxed);
        self.bytes.fetch_add(traffic.bytes, Ordering::Relaxed);
    }

    fn sum(&self) -> Traffic {
        let (packets, bytes) = (self.packets.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        Traffic { packets, bytes }
    }
}

/// Measures one allocation or all of a user's, which may be served by different threads. A level is the time at which
/// the bucket would be empty again, in nanoseconds.
pub(crate) struct Spending {
    began: Instant,
    packets: AtomicU64,
    bytes: AtomicU64,
}

/// Which of the two is too much.
enum Full {
    Packets,
    Bytes,
}

impl Spending {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { began: now, packets: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// When both buckets are empty if nothing more passes.
    pub(crate) fn empty_at(&self) -> Instant {
        let level = self.packets.load(Ordering::Relaxed).max(self.bytes.load(Ordering::Relaxed));
        // Not every system's clock can name a time centuries ahead.
        self.began.checked_add(Duration::from_nanos(level)).unwrap_or(self.began)
    }

    /// Whether there was room for it.
    fn charge(&self, now: Instant, (packets, bytes): (Option<Rate>, Option<Rate>), traffic: Traffic) -> bool {
        let elapsed = self.elapsed(now);
        let charge = |level: &AtomicU64, rate: Option<Rate>, units| {
            let Some(rate) = rate else { return true };
            let next = |at| Some(rate.after(at, elapsed, units));
            let before = level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
            before.is_ok_and(|before| rate.has_held(rate.after(before, elapsed, units), elapsed))
        };
        // Both, whatever the first says.
        let packets = charge(&self.packets, packets, traffic.packets);
        charge(&self.bytes, bytes, traffic.bytes) && packets
    }

    fn has_plenty(&self, now: Instant, (packets, bytes): (Option<Rate>, Option<Rate>)) -> bool {
        let elapsed = self.elapsed(now);
        let is_half_empty = |level: &AtomicU64, rate: Option<Rate>| {
            rate.is_none_or(|rate| rate.is_half_empty(level.load(Ordering::Relaxed), elapsed))
        };
        is_half_empty(&self.packets, packets) && is_half_empty(&self.bytes, bytes)
    }

    fn elapsed(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.began).as_nanos();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }

    fn overdraw(&self, now: Instant, bytes: Option<Rate>, length: u64) -> Duration {
        let Some(rate) = bytes else { return Duration::ZERO };
        let elapsed = self.elapsed(now);
        let next = |at| Some(rate.after(at, elapsed, length));
        let before = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        // It never fails.
        rate.debt(rate.after(before.unwrap_or_default(), elapsed, length), elapsed)
    }

    fn take(
        &self,
        now: Instant,
        (packets, bytes): (Option<Rate>, Option<Rate>),
        length: u64,
    ) -> Result<(), Full> {
        let elapsed = self.elapsed(now);
        let has_room = |level: &AtomicU64, rate: Option<Rate>, units| match rate {
            Some(rate) => {
                // Nothing else hangs on the order of these numbers.
                let next = |at| rate.next(at, elapsed, units);
                level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
            }
            None => true,
        };
        if !has_room(&self.packets, packets, 1) {
            return Err(Full::Packets);
        }
        if !has_room(&self.bytes, bytes, length) {
            return Err(Full::Bytes);
        }
        Ok(())
    }
}
