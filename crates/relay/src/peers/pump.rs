//! Passing on between a client's connection and a peer's.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use visavis_turn::Direction;

use super::Peer;
use crate::drive::Worker;
use crate::leg::{Closed, READ_SIZE, received};

impl Worker {
    /// Writes what waits, reads once from either side, and writes that. Whether there may be more to read; what can not be
    /// written waits until the kernel says that it takes more.
    pub(crate) fn pump(&mut self, now: Instant, place: usize) -> Result<bool, Closed> {
        self.write_both(now, place)?;
        let has_more = self.read_both(now, place)?;
        self.write_both(now, place)?;
        let is_over = |peer: &Peer| peer.to_peer.is_over() && peer.to_client.is_over();
        if self.peers.places.get(place).is_some_and(is_over) {
            return Err(Closed::ByClient);
        }
        Ok(has_more)
    }

    fn write_both(&mut self, now: Instant, place: usize) -> Result<(), Closed> {
        let Some(peer) = self.peers.places.get_mut(place) else { return Ok(()) };
        let Some(leg) = peer.leg.and_then(|leg| self.legs.get_mut(leg)) else { return Ok(()) };
        let Peer { stream, to_peer, to_client, .. } = peer;
        let stats = &mut self.stats;
        let over = |_| Closed::ByClient;
        // Also what is sealed, or the answer to the ConnectionBind, when nothing waits behind it.
        leg.write(now, stats)?;
        to_client.write_with(|slices| leg.write_raw(now, slices, stats)).map_err(over)?;
        to_client.tell_end(|| leg.end_writing(now, stats)).map_err(over)?;
        to_peer.write_with(|slices| stream.write_vectored(slices)).map_err(over)?;
        to_peer.tell_end(|| stream.shutdown(Shutdown::Write).map(|()| true)).map_err(over)
    }

    fn read_both(&mut self, now: Instant, place: usize) -> Result<bool, Closed> {
        let Some(peer) = self.peers.places.get_mut(place) else { return Ok(false) };
        let Some(leg) = peer.leg.and_then(|leg| self.legs.get_mut(leg)) else { return Ok(false) };
        if peer.rests_until.is_some() {
            return Ok(false);
        }
        let buffer = &mut self.buffer[..READ_SIZE];
        let connection = peer.connection;
        let (mut has_more, mut pause) = (false, Duration::ZERO);
        for way in [Direction::ToPeer, Direction::ToClient] {
            let pipe = match way {
                Direction::ToPeer => &mut peer.to_peer,
                Direction::ToClient => &mut peer.to_client,
            };
            if !pipe.has_room() {
                continue;
            }
            let got = match way {
                Direction::ToPeer => leg.read_raw(buffer)?,
                Direction::ToClient => received(peer.stream.read(buffer)),
            };
            let taken = pipe.take(got, buffer).map_err(|_| Closed::ByClient)?;
            has_more |= taken.is_some();
            if let Some(length) = taken.filter(|length| *length > 0) {
                pause = pause.max(self.turn.pass(now, connection, way, length));
            }
        }
        if pause.is_zero() {
            return Ok(has_more);
        }
        self.let_rest(now, place, pause);
        Ok(false)
    }
}
