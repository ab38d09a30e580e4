//! What everybody in a world shares: the clock, the queue of what is to happen, the network, the store, the judge.
//!
//! Nodes are written as the server is, with `async` functions. There is no executor but the queue: the only thing
//! that ever waits is [`Hub::pause`], and a node that crashes is a set of futures that are dropped.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use visavis_proto::{CallId, Timestamp};

use crate::Mutant;
use crate::judge::Judge;
use crate::message::{Hear, Said};
use crate::random::Random;
use crate::store::Store;
use crate::weather::{BEGINNING, Fault, HEALED, Time, Weather};

/// What a person does at a device.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Dial {
        to: usize,
    },
    Accept(CallId),
    Decline(CallId),
    HangUp(CallId),
    Take,
    /// Hands the person it talks to over to somebody.
    Transfer {
        to: usize,
    },
    /// Asks whether it may record, answers, or ends it.
    Record,
}

#[derive(Debug)]
pub(crate) enum Event {
    ToNode {
        socket: usize,
        said: Said,
    },
    ToDevice {
        socket: usize,
        hear: Hear,
    },
    NodeHearsClose {
        socket: usize,
    },
    DeviceHearsClose {
        socket: usize,
    },
    /// A pause of a task is over.
    Continue(u64),
    /// The node shall look whose time has come.
    Alarm {
        node: usize,
        boot: u32,
    },
    /// Another node has committed a change.
    Changed {
        node: usize,
        boot: u32,
        call: CallId,
    },
    DeviceTimer {
        device: usize,
        turn: u64,
    },
    Act {
        device: usize,
        act: Act,
    },
    Fault(Fault),
    StartNode {
        node: usize,
    },
    NetworkBack {
        device: usize,
    },
    /// Everything is repaired.
    Heal,
    /// The judge looks at everything.
    Look,
    /// Everybody who talks hangs up.
    Farewell,
}

struct Due {
    at: Time,
    order: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    /// The soonest is the greatest, for the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

/// A connection of a device to a node, as each end knows it.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) device: usize,
    pub(crate) node: usize,
    pub(crate) node_boot: u32,
    pub(crate) open_at_device: bool,
    pub(crate) open_at_node: bool,
    /// Nothing passes any more, and nobody has been told.
    pub(crate) cut: bool,
    last_up: Time,
    last_down: Time,
}

struct Task {
    node: usize,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

pub(crate) struct Hub {
    pub(crate) weather: Weather,
    pub(crate) mutant: Option<Mutant>,
    now: Cell<Time>,
    order: Cell<u64>,
    queue: RefCell<BinaryHeap<Due>>,
    pub(crate) random: RefCell<Random>,
    pub(crate) store: RefCell<Store>,
    pub(crate) judge: RefCell<Judge>,
    pub(crate) sockets: RefCell<Vec<Socket>>,
    /// Whether each device reaches the nodes.
    pub(crate) reachable: RefCell<Vec<bool>>,
    /// Whether media reaches each device.
    pub(crate) in_touch: RefCell<Vec<bool>>,
    /// How often each node has started, and whether it runs.
    pub(crate) boots: RefCell<Vec<(u32, bool)>>,
    tasks: RefCell<BTreeMap<u64, Task>>,
    current: Cell<u64>,
    next_task: Cell<u64>,
    next_call: Cell<u128>,
    trace: Option<RefCell<Vec<String>>>,
}

impl Hub {
    pub(crate) fn new(seed: u64, mutant: Option<Mutant>, traced: bool) -> Self {
        let mut random = Random::new(seed);
        let weather = Weather::of(&mut random);
        let devices = weather.users.iter().sum();
        let nodes = weather.nodes;
        Self {
            judge: RefCell::new(Judge::new(&weather)),
            weather,
            mutant,
            now: Cell::new(0),
            order: Cell::new(0),
            queue: RefCell::default(),
            random: RefCell::new(random),
            store: RefCell::new(Store::new()),
            sockets: RefCell::default(),
            reachable: RefCell::new(vec![true; devices]),
            in_touch: RefCell::new(vec![true; devices]),
            boots: RefCell::new(vec![(0, false); nodes]),
            tasks: RefCell::default(),
            current: Cell::new(0),
            next_task: Cell::new(0),
            next_call: Cell::new(1),
            trace: traced.then(RefCell::default),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.now.get()
    }

    /// What a node takes to be the time.
    pub(crate) fn clock(&self, node: usize) -> Timestamp {
        Timestamp(BEGINNING + self.now() + self.weather.ahead[node])
    }

    /// When a node's clock will show `at`.
    pub(crate) fn when(&self, node: usize, at: Timestamp) -> Time {
        at.0.saturating_sub(BEGINNING + self.weather.ahead[node]).max(self.now())
    }

    pub(crate) fn is_healed(&self) -> bool {
        self.now() >= HEALED
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.random.borrow_mut().below(limit)
    }

    pub(crate) fn chance(&self, permille: u64) -> bool {
        self.random.borrow_mut().chance(permille)
    }

    pub(crate) fn new_call(&self) -> CallId {
        let number = self.next_call.get();
        self.next_call.set(number + 1);
        CallId(uuid::Uuid::from_u128(number))
    }

    pub(crate) fn later(&self, wait: Time, event: Event) {
        self.at(self.now() + wait, event);
    }

    pub(crate) fn at(&self, at: Time, event: Event) {
        let order = self.order.get();
        self.order.set(order + 1);
        self.queue.borrow_mut().push(Due { at, order, event });
    }

    /// The next thing that happens, up to `end`; the clock has moved there.
    pub(crate) fn next(&self, end: Time) -> Option<Event> {
        let mut queue = self.queue.borrow_mut();
        if queue.peek()?.at > end {
            return None;
        }
        let due = queue.pop()?;
        self.now.set(due.at);
        Some(due.event)
    }

    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let now = self.now();
            trace.borrow_mut().push(format!("{:>7}.{:03}  {}", now / 1000, now % 1000, line()));
        }
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.trace.as_ref().map_or_else(Vec::new, |trace| trace.borrow().clone())
    }

    // Tasks.

    /// Runs `future` at a node until it pauses.
    pub(crate) fn spawn(&self, node: usize, future: impl Future<Output = ()> + 'static) {
        let id = self.next_task.get();
        self.next_task.set(id + 1);
        self.tasks.borrow_mut().insert(id, Task { node, future: Box::pin(future) });
        self.resume(id);
    }

    pub(crate) fn resume(&self, id: u64) {
        // Taken out while it runs, because it may spawn others.
        let Some(mut task) = self.tasks.borrow_mut().remove(&id) else { return };
        let before = self.current.replace(id);
        let poll = task.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.current.set(before);
        if poll.is_pending() {
            self.tasks.borrow_mut().insert(id, task);
        }
    }

    /// A node stops without a word: whatever it was about to do is not done.
    pub(crate) fn abandon_tasks_of(&self, node: usize) {
        self.tasks.borrow_mut().retain(|_, task| task.node != node);
    }

    pub(crate) fn pause(&self, wait: Time) -> Pause<'_> {
        Pause { hub: self, wait, begun: false }
    }

    /// The way to the store or back.
    pub(crate) fn way_to_the_store(&self) -> Pause<'_> {
        let slow = if self.chance(30) { 800 } else { 8 };
        self.pause(self.below(slow))
    }

    // The network.

    pub(crate) fn connect(&self, device: usize, node: usize) -> usize {
        let mut sockets = self.sockets.borrow_mut();
        let node_boot = self.boots.borrow()[node].0;
        sockets.push(Socket {
            device,
            node,
            node_boot,
            open_at_device: true,
            open_at_node: true,
            cut: false,
            last_up: 0,
            last_down: 0,
        });
        sockets.len() - 1
    }

    pub(crate) fn say(&self, socket: usize, said: &Said) {
        for at in self.travel(socket, true) {
            self.at(at, Event::ToNode { socket, said: said.clone() });
        }
    }

    pub(crate) fn tell(&self, socket: usize, hear: &Hear) {
        for at in self.travel(socket, false) {
            self.at(at, Event::ToDevice { socket, hear: hear.clone() });
        }
    }

    /// When a message arrives: never, once or twice.
    fn travel(&self, socket: usize, up: bool) -> Vec<Time> {
        let mut sockets = self.sockets.borrow_mut();
        let socket = &mut sockets[socket];
        let reachable = self.reachable.borrow()[socket.device];
        let Weather { ordered, loss, doubles, slowest, .. } = self.weather;
        let mut random = self.random.borrow_mut();
        let calm = self.is_healed();
        if !reachable || (ordered && !calm && random.chance(loss / 12)) {
            socket.cut |= ordered;
            return Vec::new();
        }
        if socket.cut {
            return Vec::new();
        }
        let slow = if calm { 50 } else { slowest };
        let mut arrival = || self.now() + 5 + random.below(slow);
        if ordered {
            let last = if up { &mut socket.last_up } else { &mut socket.last_down };
            *last = arrival().max(*last);
            return vec![*last];
        }
        let first = arrival();
        let second = arrival();
        if calm {
            return vec![first];
        }
        if random.chance(loss) {
            return Vec::new();
        }
        if random.chance(doubles) { vec![first, second] } else { vec![first] }
    }

    /// One end closes; the other is told unless nothing passes.
    pub(crate) fn close(&self, socket: usize, by_device: bool) {
        let (told, after) = {
            let mut sockets = self.sockets.borrow_mut();
            let open = &mut sockets[socket];
            if by_device {
                open.open_at_device = false;
            } else {
                open.open_at_node = false;
            }
            let reachable = self.reachable.borrow()[open.device];
            (reachable && !open.cut, open.last_up.max(open.last_down).max(self.now()) + 5)
        };
        if told {
            let event =
                if by_device { Event::NodeHearsClose { socket } } else { Event::DeviceHearsClose { socket } };
            self.at(after, event);
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("now", &self.now).field("weather", &self.weather).finish_non_exhaustive()
    }
}

/// See [`Hub::pause`].
pub(crate) struct Pause<'a> {
    hub: &'a Hub,
    wait: Time,
    begun: bool,
}

impl Future for Pause<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.begun {
            return Poll::Ready(());
        }
        self.begun = true;
        self.hub.later(self.wait, Event::Continue(self.hub.current.get()));
        Poll::Pending
    }
}

/// A shared hub.
pub(crate) type Shared = Rc<Hub>;
