//! Doing what the core wants done.

pub(crate) mod send;

mod relay_port;

use std::rc::Rc;
use std::time::Instant;

use visavis_turn::{FiveTuple, Output, Transport};

use crate::engine::{Engine, State};

impl Engine {
    /// Drains the core's outputs.
    pub(crate) fn perform(self: &Rc<Self>, state: &mut State, now: Instant) {
        while let Some(output) = state.turn.poll_output() {
            match output {
                Output::Answer { to, bytes } => answer(state, to, &bytes),
                Output::OpenRelay { relay, at, next } => relay_port::open(self, state, now, relay, at, next),
                Output::CloseRelay { relay } => relay_port::close(state, relay),
                Output::Allocated { five_tuple } => self.set_allocated(state, five_tuple, true),
                Output::Released { five_tuple } => self.set_allocated(state, five_tuple, false),
            }
        }
    }

    /// A TCP connection without allocation is a stranger's and does not live long.
    fn set_allocated(&self, state: &mut State, five_tuple: FiveTuple, is_allocated: bool) {
        let Some(connection) = state.connections.get(&five_tuple) else { return };
        connection.set_allocated(is_allocated, self.tcp_limits.without_allocation);
        state.count_stranger(five_tuple.client.ip(), !is_allocated);
    }
}

fn answer(state: &mut State, to: FiveTuple, bytes: &[u8]) {
    match to.transport {
        Transport::Udp => {
            let Some(listener) = state.listeners.get(&to.server) else { return };
            send::to_peer(listener, bytes, to.client, &mut state.stats);
        }
        Transport::Tcp => {
            let Some(connection) = state.connections.get(&to) else { return };
            connection.send(bytes, &mut state.stats);
        }
    }
}
