//! What has been received and not yet sent on. A slot holds one datagram, or a run of them that the kernel has put together
//! (UDP_GRO): of one sender, of one size, the last perhaps smaller.

use std::net::SocketAddr;
use std::ops::Range;

use mio::net::UdpSocket;
use visavis_turn::{HEADROOM, TAILROOM};

use super::portable;
#[cfg(target_os = "linux")]
use super::recvmmsg;
use crate::config::Engine;
use crate::stats::SocketStats;

/// Datagrams (or runs) held at a time.
pub(crate) const SLOTS: usize = 256;
/// The largest datagram or run, and then some.
const LARGEST: usize = 1 << 16;
/// The longest run the kernel makes.
const LONGEST_RUN: usize = 64;
/// Room around each datagram of a run, once they have been moved apart. A multiple of four.
const GAP: usize = (HEADROOM + TAILROOM).next_multiple_of(4);
/// Bytes of a slot. The odd cache lines keep the slots' beginnings from sharing the few places a cache has for equal
/// lower address bits.
const SLOT: usize = LARGEST + (LONGEST_RUN + 1) * GAP + 3 * 64;

const _: () = {
    assert!(
        LONGEST_RUN * stride(LARGEST / LONGEST_RUN) + HEADROOM + TAILROOM <= SLOT,
        "the longest run fits"
    );
    assert!(HEADROOM + LARGEST + TAILROOM <= SLOT, "the largest datagram fits");
};

/// The slots.
pub(crate) struct Inbox {
    engine: Engine,
    bytes: Box<[u8]>,
    arrivals: Vec<Arrival>,
    #[cfg(target_os = "linux")]
    headers: recvmmsg::Headers,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) from: SocketAddr,
    pub(crate) length: usize,
    /// The size of the datagrams, if there is more than one.
    pub(crate) segment: Option<usize>,
    /// The DSCP and ECN bits it came with, if the engine can tell.
    pub(crate) tos: u8,
    /// It was larger than what fits, and the rest is lost.
    pub(crate) is_cut: bool,
}

/// Where one datagram lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Where its headroom begins.
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Packet {
    /// The bytes of the inbox that routing may read and write.
    pub(crate) const fn room(self) -> Range<usize> {
        self.start..self.start + HEADROOM + self.length + TAILROOM
    }
}

impl Inbox {
    pub(crate) fn new(engine: Engine) -> Self {
        let mut bytes = vec![0; SLOTS * SLOT].into_boxed_slice();
        Self {
            engine,
            #[cfg(target_os = "linux")]
            headers: recvmmsg::Headers::new(
                bytes.chunks_mut(SLOT).map(|slot| &mut slot[HEADROOM..][..LARGEST]),
            ),
            bytes,
            arrivals: Vec::with_capacity(SLOTS),
        }
    }

    /// Slots that are free.
    pub(crate) fn room(&self) -> usize {
        SLOTS - self.arrivals.len()
    }

    /// Frees all slots.
    pub(crate) fn clear(&mut self) {
        self.arrivals.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Fills up to `most` free slots; says which, and whether the socket has been read dry.
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        most: usize,
        stats: &mut SocketStats,
    ) -> (Range<usize>, bool) {
        let first = self.arrivals.len();
        let wanted = first..first + most.min(self.room());
        let is_dry = self.fill(socket, wanted);
        for slot in first..self.arrivals.len() {
            let arrival = &mut self.arrivals[slot];
            if arrival.is_cut {
                stats.datagrams_cut += 1;
                arrival.length = 0;
                arrival.segment = None;
            } else if let Some(segment) = arrival.segment {
                spread(&mut self.bytes[slot * SLOT..][..SLOT], arrival.length, segment);
            }
        }
        (first..self.arrivals.len(), is_dry)
    }

    fn fill(&mut self, socket: &UdpSocket, wanted: Range<usize>) -> bool {
        #[cfg(target_os = "linux")]
        if self.engine.is_batched() {
            return self.headers.receive(socket, wanted, &mut self.arrivals);
        }
        for slot in wanted {
            let target = &mut self.bytes[slot * SLOT + HEADROOM..][..LARGEST];
            let Some((length, from)) = portable::receive(socket, target) else { return true };
            self.arrivals.push(Arrival { from, length, segment: None, tos: 0, is_cut: false });
        }
        false
    }

    pub(crate) fn arrival(&self, slot: usize) -> Arrival {
        self.arrivals[slot]
    }

    /// The datagrams in a slot.
    pub(crate) fn packets(&self, slot: usize) -> impl Iterator<Item = Packet> + use<> {
        let Arrival { length, segment, is_cut, .. } = self.arrivals[slot];
        let size = segment.unwrap_or(length);
        // A datagram may be empty.
        let count = if is_cut { 0 } else { length.div_ceil(size.max(1)).max(1) };
        (0..count).map(move |index| Packet {
            start: slot * SLOT + index * stride(size),
            length: size.min(length - index * size),
        })
    }
}

/// From one datagram of a run to the next, headroom to headroom.
const fn stride(size: usize) -> usize {
    size.next_multiple_of(4) + GAP
}

/// Moves the datagrams of a run apart, so that each has room around it. They lie one after the other behind the headroom.
fn spread(slot: &mut [u8], length: usize, size: usize) {
    for index in (1..length.div_ceil(size)).rev() {
        let from = HEADROOM + index * size;
        let end = HEADROOM + length.min((index + 1) * size);
        slot.copy_within(from..end, HEADROOM + index * stride(size));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_a_run_are_moved_apart_and_stay_what_they_are() {
        for (size, length) in [(1, 64), (3, 8), (4, 8), (1200, 1200 * 16 + 7), (1023, LARGEST - 1)] {
            let mut slot = vec![0; SLOT];
            let run: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            slot[HEADROOM..HEADROOM + length].copy_from_slice(&run);
            spread(&mut slot, length, size);
            for (index, datagram) in run.chunks(size).enumerate() {
                let start = index * stride(size);
                let room = Packet { start, length: datagram.len() }.room();
                assert_eq!(
                    slot[room.start + HEADROOM..room.end - TAILROOM],
                    *datagram,
                    "{size} {length} {index}"
                );
                assert!(room.end <= SLOT);
            }
        }
    }
}
