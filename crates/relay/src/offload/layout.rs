//! Keys and rules as the program reads them: `struct key` and `struct rule` of `bpf/offload.c`.

use std::net::{IpAddr, SocketAddr};

use visavis_turn::{Form, Onward, Rule};

use super::Hop;

pub(super) const KEY: usize = 56;
pub(super) const RULE: usize = 64;

const PLAIN: u16 = 0;
const CHANNEL: u16 = 1;
const INDICATION: u16 = 2;
const BETWEEN: u16 = 3;

/// Puts one value after the other.
struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Writer<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], at: 0 }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn done(self) -> [u8; N] {
        assert!(self.at == N, "the program would read something else");
        self.bytes
    }
}

fn octets(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// What a packet must be for this rule.
pub(super) fn key(rule: &Rule) -> [u8; KEY] {
    let (peer, channel) = match rule.form {
        Form::Plain => (None, 0),
        Form::Channel(number) => (None, number),
        Form::Indication(peer) => (Some(peer), 0),
    };
    let mut key = Writer::new();
    key.put(&octets(rule.from.ip()));
    key.put(&octets(rule.at.ip()));
    key.put(&peer.map_or([0; 16], |peer| octets(peer.ip())));
    key.put(&rule.from.port().to_be_bytes());
    key.put(&rule.at.port().to_be_bytes());
    key.put(&peer.map_or(0, |peer| peer.port()).to_be_bytes());
    key.put(&channel.to_be_bytes());
    key.done()
}

/// What becomes of it. `until` is the kernel's time, in nanoseconds.
pub(super) fn rule(rule: &Rule, until: u64, hop: Hop, place: u32, worker: u32) -> [u8; RULE] {
    let (from, to, form, channel): (SocketAddr, SocketAddr, u16, u16) = match rule.onward {
        Onward::Sent { from, to, form: Form::Plain } => (from, to, PLAIN, 0),
        Onward::Sent { from, to, form: Form::Channel(number) } => (from, to, CHANNEL, number),
        // The program names the peer that the packet came from.
        Onward::Sent { from, to, form: Form::Indication(_) } => (from, to, INDICATION, 0),
        Onward::ByRule { from, to } => (from, to, BETWEEN, 0),
    };
    let mut value = Writer::new();
    value.put(&until.to_ne_bytes());
    value.put(&octets(from.ip()));
    value.put(&octets(to.ip()));
    value.put(&from.port().to_be_bytes());
    value.put(&to.port().to_be_bytes());
    value.put(&channel.to_be_bytes());
    value.put(&form.to_ne_bytes());
    for number in [hop.interface, hop.mtu, place, worker] {
        value.put(&number.to_ne_bytes());
    }
    value.done()
}
