//! When rules hold: the program asks the clock itself, so that nothing is forwarded for a process that has died or hangs.

#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use visavis_turn::{Direction, Form, Onward, Rule, Traffic};

use super::kernel::Kernel;
use super::{Hop, OffloadError};
use crate::clock;

#[path = "../../tests/sockets/offload/namespace.rs"]
mod namespace;

use namespace::{Namespace, is_possible};

const HOUR: Duration = Duration::from_secs(3600);

/// Two machines, and a rule of the one by which it sends what comes from the other back to its second address.
struct Mirror {
    kernel: Kernel,
    rule: Rule,
    hop: Hop,
    place: u32,
    sender: UdpSocket,
    /// Where a packet arrives that no rule has taken.
    passed: UdpSocket,
    forwarded: UdpSocket,
    _machines: [Namespace; 2],
}

impl Mirror {
    fn new(until: Instant) -> Self {
        let (near, far) = (Namespace::new(), Namespace::new());
        let script = "ip link add near type veth peer name far netns $1
            ip address add 10.77.1.1/24 dev near
            ip link set near up";
        near.shell(script, &[&far.id().to_string()]);
        let script = "ip address add 10.77.1.2/24 dev far
            ip address add 10.77.1.3/24 dev far
            ip link set far up
            ethtool -K far tx off > /dev/null";
        far.shell(script, &[]);
        let socket = |machine: &Namespace, host: u8| {
            let socket =
                machine.inside(|| UdpSocket::bind(SocketAddr::from(([10, 77, 1, host], 0))).unwrap());
            socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            socket
        };
        let (passed, sender, forwarded) = (socket(&near, 1), socket(&far, 2), socket(&far, 3));
        let address = |socket: &UdpSocket| socket.local_addr().unwrap();
        let (from, at, to) = (address(&sender), address(&passed), address(&forwarded));
        let (kernel, interfaces) = near.inside(|| Kernel::start(&[at.ip()], 2, 2).unwrap());
        assert_eq!(interfaces, "near");
        let rule = Rule {
            direction: Direction::ToPeer,
            from,
            at,
            form: Form::Plain,
            onward: Onward::Sent { from: at, to, form: Form::Plain },
            is_between: false,
            until,
        };
        let hop = kernel.hop(at.ip(), to.ip()).unwrap();
        assert_eq!(hop.mtu, 1500);
        let (place, seen) = kernel.take_place().unwrap();
        assert_eq!(seen, Traffic::default());
        Self { kernel, rule, hop, place, sender, passed, forwarded, _machines: [near, far] }
    }

    fn write(&self, worker: u32) {
        assert!(self.kernel.insert(clock::now(), &self.rule, self.hop, self.place, worker));
    }

    fn send(&self) {
        self.sender.send_to(b"packet", self.rule.at).unwrap();
    }

    fn is_passed(&self) {
        self.send();
        assert_eq!(heard(&self.passed), self.rule.from);
    }

    fn is_forwarded(&self) {
        self.send();
        assert_eq!(heard(&self.forwarded), self.rule.at);
    }
}

/// Who sent what arrives next.
fn heard(socket: &UdpSocket) -> SocketAddr {
    let mut buffer = [0; 100];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(buffer[..length], *b"packet");
    from
}

#[test]
fn a_rule_holds_until_its_time_has_come_or_its_worker_has_not_been_heard_of_for_long() {
    if !is_possible() {
        return;
    }
    let now = clock::now();
    let mut mirror = Mirror::new(now + HOUR);
    mirror.is_passed();
    mirror.write(1);
    // Nobody has heard of the worker yet, whatever others do.
    mirror.kernel.lease(0, now, now + HOUR);
    mirror.is_passed();
    mirror.kernel.lease(1, now, now + HOUR);
    mirror.is_forwarded();
    mirror.kernel.lease(1, now, now);
    mirror.is_passed();
    mirror.kernel.lease(1, now, now + HOUR);
    mirror.is_forwarded();
    // Its own time.
    mirror.rule.until = now;
    mirror.write(1);
    mirror.is_passed();
    mirror.rule.until = now + HOUR;
    mirror.write(1);
    mirror.is_forwarded();
    assert_eq!(mirror.kernel.counts(0)[0], Traffic { packets: 3, bytes: 18 });
    mirror.kernel.remove(&mirror.rule);
    mirror.is_passed();
    assert_eq!(mirror.kernel.counts(0)[0], Traffic { packets: 3, bytes: 18 });
}

#[test]
fn two_capabilities_are_enough_and_without_them_the_refusal_names_them() {
    if !is_possible() {
        return;
    }
    let check_with = |capabilities| {
        // A thread's own.
        let thread = std::thread::spawn(move || {
            let inheritable = CapabilitySet::empty();
            let sets = CapabilitySets { effective: capabilities, permitted: capabilities, inheritable };
            set_capabilities(None, sets).unwrap();
            Kernel::check()
        });
        thread.join().unwrap()
    };
    check_with(CapabilitySet::BPF | CapabilitySet::NET_ADMIN).unwrap();
    let refusal = check_with(CapabilitySet::empty()).unwrap_err().to_string();
    assert!(refusal.contains("Operation not permitted"), "{refusal}");
    assert!(refusal.ends_with("It needs CAP_BPF and CAP_NET_ADMIN, and Linux 6.6 or newer"), "{refusal}");
}

#[test]
fn the_program_leaves_with_the_relay() {
    if !is_possible() {
        return;
    }
    let now = clock::now();
    let mirror = Mirror::new(now + HOUR);
    mirror.write(0);
    mirror.kernel.lease(0, now, now + HOUR);
    mirror.is_forwarded();
    let Mirror { kernel, rule, sender, passed, _machines, .. } = mirror;
    drop(kernel);
    sender.send_to(b"packet", rule.at).unwrap();
    assert_eq!(heard(&passed), rule.from);
}

#[test]
fn what_is_no_ethernet_takes_no_program_and_is_named() {
    if !is_possible() {
        return;
    }
    let machine = Namespace::new();
    machine.shell("ip link set lo up", &[]);
    let refused = machine.inside(|| Kernel::start(&[[127, 0, 0, 1].into()], 2, 1).map(|_| ()));
    let Err(OffloadError::Interfaces(refusals)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusals, ["lo is no Ethernet"]);
}
