//! Doing what the core wants done.

pub(crate) mod relay_port;

use std::time::Instant;

use visavis_turn::{FiveTuple, Output, Transport};

use crate::datagrams;
use crate::drive::Worker;
use crate::leg::Kind;
use crate::listen::udp::listener_at;

impl Worker {
    /// Drains the core's outputs.
    pub(crate) fn perform(&mut self, now: Instant) {
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { to, bytes } => self.answer(now, to, &bytes),
                Output::OpenRelay { relay, at, next } => self.open_relay(now, relay, at, next),
                Output::Listen { relay, at } => self.listen_for_peers(now, relay, at),
                Output::Connect { connection, relay, to } => self.connect_to_peer(now, connection, relay, to),
                Output::Join { connection, client } => self.join(now, connection, client),
                Output::Disconnect { connection } => self.close_peer(now, connection),
                Output::TakeRelay { relay } => self.take_relay(relay),
                Output::CloseRelay { relay } => {
                    self.on_changed(now, relay);
                    self.close_relay(relay);
                }
                Output::Changed { relay } => self.on_changed(now, relay),
                Output::Allocated { five_tuple } => self.set_allocated(now, five_tuple, true),
                Output::Released { five_tuple } => self.set_allocated(now, five_tuple, false),
                Output::Audit(audit) => tracing::debug!(target: "visavis_relay::audit", ?audit),
            }
        }
    }

    fn answer(&mut self, now: Instant, to: FiveTuple, bytes: &[u8]) {
        match to.transport {
            Transport::Udp => {
                let Some(listener) = listener_at(&self.listeners, to.server) else { return };
                datagrams::send_now(&listener.socket, bytes, to.client, &mut self.stats);
            }
            Transport::Tcp => {
                let Some(leg) = self.legs.of(&to) else { return };
                leg.send(now, &[bytes], Kind::Answer, &mut self.stats);
            }
        }
    }
}
