//! ICMP errors about packets we sent to peers, passed on to the client (RFC 8656 §11.5, D6): it learns that a peer's
//! port is closed, or how large a packet may be.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::bucket::Rate;
use crate::codec::{AttributeType, Class, MessageBuilder, Method};
use crate::relay::RelayId;
use crate::stats::DropReason;
use crate::turn::{Output, Turn};

/// Errors told to one client: anybody on the path can forge them, and a port scanner would provoke many.
const TOLD: Rate = Rate::new(10, 10);

/// What an ICMP or ICMPv6 message says. Which of the two it is goes by the family of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The largest packet the next link takes, if that is what it is about.
    pub mtu: u32,
}

impl IcmpError {
    /// Whether RFC 8656 §11.5 wants it passed on: unreachable, too big, time exceeded.
    const fn is_told(self, peer: IpAddr) -> bool {
        match peer {
            IpAddr::V4(_) => matches!(self.kind, 3 | 11),
            IpAddr::V6(_) => matches!(self.kind, 1..=3),
        }
    }

    /// The value of an ICMP attribute (RFC 8656 §18.13): 16 bits of nothing, 7 of type, 9 of code, and the MTU where
    /// the standard has one.
    fn encode(self, peer: IpAddr) -> [u8; 8] {
        let has_mtu = match peer {
            IpAddr::V4(_) => (self.kind, self.code) == (3, 4),
            IpAddr::V6(_) => self.kind == 2,
        };
        let [mtu_0, mtu_1, mtu_2, mtu_3] = if has_mtu { self.mtu.to_be_bytes() } else { [0; 4] };
        let [upper, lower] = (u16::from(self.kind) << 9 | u16::from(self.code)).to_be_bytes();
        [0, 0, upper, lower, mtu_0, mtu_1, mtu_2, mtu_3]
    }
}

impl Turn {
    /// `peer` is whom the packet was for that the error is about; who sent the error does not matter.
    pub(crate) fn on_icmp(&mut self, now: Instant, relay: RelayId, peer: SocketAddr, error: IcmpError) {
        if !error.is_told(peer.ip()) {
            return self.stats.count_drop(DropReason::Unexpected);
        }
        let Some(allocation) = self.allocation_mut(relay) else {
            return self.stats.count_drop(DropReason::NoAllocation);
        };
        if !allocation.permissions.permits(now, peer.ip()) {
            return self.stats.count_drop(DropReason::NoPermission);
        }
        if !allocation.told_errors.take(now, TOLD, 1) {
            return self.stats.count_drop(DropReason::IcmpLimited);
        }
        let to = allocation.five_tuple;
        let indication = MessageBuilder::new(Class::Indication, Method::Data, self.indication_transaction())
            .address(AttributeType::XOR_PEER_ADDRESS, peer)
            .attribute(AttributeType::ICMP, &error.encode(peer.ip()));
        self.stats.icmp_errors += 1;
        self.output(Output::Answer { to, bytes: indication.finish() });
    }
}
