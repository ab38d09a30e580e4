//! What goes out when the inbox has been routed: packets by flow, so that those of one flow leave together and in order.
//!
//! Nothing waits here longer than a round. What the kernel does not take at once is dropped: what waits is late, and late
//! media is useless.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

use mio::net::UdpSocket;
use visavis_turn::RelayId;

use super::portable;
#[cfg(target_os = "linux")]
use super::{sendmmsg::Sender, setsockopt};
use crate::config::Engine;
use crate::stats::SocketStats;

/// Which socket a packet leaves from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outlet {
    /// The one clients send to, by its place.
    Listener(usize),
    /// An allocation's.
    RelayPort(RelayId),
}

/// Packets that are alike but for what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flow {
    pub(crate) outlet: Outlet,
    pub(crate) to: SocketAddr,
    /// The DSCP and ECN bits.
    pub(crate) tos: u8,
}

/// Packets that wait for the end of the round.
pub(crate) struct Outbox {
    /// In the order they were added, each with the next one of its flow.
    packets: Vec<Waiting>,
    flows: Vec<Line>,
    by_flow: HashMap<Flow, usize, foldhash::fast::RandomState>,
    /// The flow of the last packet: the next one's, most likely.
    last: usize,
    /// The flows in the order they are sent.
    order: Vec<usize>,
    #[cfg(target_os = "linux")]
    sender: Option<Sender>,
}

struct Waiting {
    data: Range<usize>,
    next: Option<usize>,
}

/// The packets of a flow: the first and the last one's place.
struct Line {
    flow: Flow,
    first: usize,
    last: usize,
}

impl Outbox {
    pub(crate) fn new(engine: Engine) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _same_everywhere = engine;
        Self {
            packets: Vec::new(),
            flows: Vec::new(),
            by_flow: HashMap::default(),
            last: 0,
            order: Vec::new(),
            #[cfg(target_os = "linux")]
            sender: engine.is_batched().then(Sender::default),
        }
    }

    /// Adds a packet, by where it lies in the inbox.
    pub(crate) fn push(&mut self, flow: Flow, data: Range<usize>) {
        let place = self.packets.len();
        self.packets.push(Waiting { data, next: None });
        let known = match self.flows.get(self.last) {
            Some(line) if line.flow == flow => Some(self.last),
            _ => self.by_flow.get(&flow).copied(),
        };
        if let Some(known) = known {
            let line = &mut self.flows[known];
            self.packets[line.last].next = Some(place);
            line.last = place;
            self.last = known;
        } else {
            self.last = self.flows.len();
            self.by_flow.insert(flow, self.last);
            self.flows.push(Line { flow, first: place, last: place });
        }
    }

    /// Sends one packet at once, with DF. False where that can not be done.
    pub(crate) fn send_whole(
        &mut self,
        socket: &UdpSocket,
        data: &[u8],
        to: SocketAddr,
        tos: u8,
        stats: &mut SocketStats,
    ) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(sender) = &mut self.sender
            && setsockopt::keep_whole(socket, true).is_ok()
        {
            let mut sending = sender.begin(socket, data);
            sending.add(to, tos, std::iter::once(0..data.len()), stats);
            sending.finish(stats);
            if let Err(error) = setsockopt::keep_whole(socket, false) {
                tracing::debug!(%error, "packets can not be sent without DF any more");
            }
            return true;
        }
        #[cfg(not(target_os = "linux"))]
        let _unused = (socket, data, to, tos);
        stats.send_failures += 1;
        false
    }

    /// Sends everything.
    pub(crate) fn flush<'a>(
        &mut self,
        bytes: &[u8],
        socket_of: impl Fn(Outlet) -> Option<&'a UdpSocket>,
        stats: &mut SocketStats,
    ) {
        self.order.clear();
        self.order.extend(0..self.flows.len());
        // Those of one socket after each other, else as they came.
        self.order.sort_unstable_by_key(|index| (self.flows[*index].flow.outlet, *index));
        let same_outlet = |a: &usize, b: &usize| self.flows[*a].flow.outlet == self.flows[*b].flow.outlet;
        for group in self.order.chunk_by(same_outlet) {
            // Closed meanwhile: nobody waits for it any more.
            let Some(socket) = socket_of(self.flows[group[0]].flow.outlet) else { continue };
            #[cfg(target_os = "linux")]
            if let Some(sender) = &mut self.sender {
                let mut sending = sender.begin(socket, bytes);
                for index in group {
                    let Line { flow, first, .. } = self.flows[*index];
                    sending.add(flow.to, flow.tos, line(&self.packets, first), stats);
                }
                sending.finish(stats);
                continue;
            }
            for index in group {
                let Line { flow, first, .. } = self.flows[*index];
                for data in line(&self.packets, first) {
                    portable::send(socket, &bytes[data], flow.to, stats);
                }
            }
        }
        self.packets.clear();
        self.flows.clear();
        self.by_flow.clear();
        self.last = 0;
    }
}

/// The packets of a flow, in order.
fn line(packets: &[Waiting], first: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let packet = &packets[next?];
        next = packet.next;
        Some(packet.data.clone())
    })
}
