//! What the world of one seed is like: how many of everything, how bad the network is, and what breaks when.

use crate::random::Random;

/// Milliseconds since the world began.
pub(crate) type Time = u64;

/// From here on nothing breaks and nobody does anything new, so that everything can come to rest.
pub(crate) const HEALED: Time = 240_000;
/// By then all devices must agree; whoever still talks hangs up.
pub(crate) const AGREED: Time = HEALED + 200_000;
/// By then everything is over.
pub(crate) const OVER: Time = AGREED + 60_000;

/// The true time at which the world begins, on the clocks of nodes.
pub(crate) const BEGINNING: u64 = 1_800_000_000_000;
/// So long after the repair everybody has come back and has been told how things stand.
pub(crate) const TOLD: Time = 40_000;

#[derive(Debug)]
pub(crate) struct Weather {
    pub(crate) nodes: usize,
    /// Devices of each user.
    pub(crate) users: Vec<usize>,
    /// Messages on a connection keep their order, and a loss breaks the connection: a WebSocket. Otherwise each travels by
    /// itself and may be lost, late or double: a messenger.
    pub(crate) ordered: bool,
    pub(crate) loss: u64,
    pub(crate) doubles: u64,
    pub(crate) slowest: Time,
    /// So many of a thousand writes are refused by a store that has too much to do.
    pub(crate) refusals: u64,
    /// How much each node's clock is ahead of the true time.
    pub(crate) ahead: Vec<Time>,
    pub(crate) faults: Vec<(Time, Fault)>,
    pub(crate) calls: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// A node stops without a word, and starts again after a while.
    Crash { node: usize, down: Time },
    /// The store is lost, and with it every node stops.
    StoreLost { down: Time },
    /// A device has no network for a while.
    Outage { device: usize, down: Time },
    /// A device does not reach the nodes for a while; media knows another way.
    Unheard { device: usize, down: Time },
    /// A page is reloaded: it forgets everything.
    Reload { device: usize },
    /// A device is gone until everything is well again.
    Death { device: usize },
    /// A connection dies and neither end is told.
    HalfOpen { device: usize },
}

impl Weather {
    pub(crate) fn of(random: &mut Random) -> Self {
        let nodes = if random.chance(300) { 1 } else { random.index(4) + 2 };
        let users: Vec<usize> = (0..random.within(2..=5)).map(|_| random.index(4) + 1).collect();
        let devices: usize = users.iter().sum();
        let ordered = random.chance(500);
        let bad = random.chance(700);
        let skew = [0, 200, 2_000, 10_000][random.index(4)];
        let mut weather = Self {
            nodes,
            ordered,
            loss: if bad { random.below(401) } else { 0 },
            doubles: if bad { random.below(100) } else { 0 },
            slowest: [20, 200, 1_500, 6_000][random.index(4)],
            refusals: if random.chance(400) { random.below(400) } else { 0 },
            ahead: (0..nodes).map(|_| random.below(skew + 1)).collect(),
            faults: Vec::new(),
            calls: random.within(2..=12),
            users,
        };
        weather.break_things(random, devices);
        weather
    }

    fn break_things(&mut self, random: &mut Random, devices: usize) {
        let mut at = |random: &mut Random, most: u64, fault: &dyn Fn(&mut Random) -> Fault| {
            for _ in 0..random.below(most + 1) {
                let time = random.below(HEALED - 10_000);
                self.faults.push((time, fault(random)));
            }
        };
        let nodes = self.nodes;
        let down = |random: &mut Random| random.within(100..=25_000);
        if random.chance(600) {
            at(random, 5, &|random| Fault::Crash { node: random.index(nodes), down: down(random) });
        }
        if random.chance(350) {
            at(random, 3, &|random| Fault::StoreLost { down: random.within(100..=8_000) });
        }
        if random.chance(600) {
            at(random, 5, &|random| Fault::Outage { device: random.index(devices), down: down(random) });
            at(random, 3, &|random| Fault::HalfOpen { device: random.index(devices) });
            at(random, 4, &|random| Fault::Unheard {
                device: random.index(devices),
                down: random.within(1_000..=110_000),
            });
        }
        if random.chance(400) {
            at(random, 3, &|random| Fault::Reload { device: random.index(devices) });
        }
        if random.chance(250) {
            at(random, 2, &|random| Fault::Death { device: random.index(devices) });
        }
    }
}
