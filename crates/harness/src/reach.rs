//! Which peers the relay may reach, spelled a second time: the core's list is of networks, this one asks what each
//! address is. Both were written from the registries of the IANA and RFC 8656 §21; they have to agree.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::server::{ADVERTISED, BOUND, OVER_IPV6};

/// Whether a peer that is not one of our relayed ports may be sent to, by its address alone.
pub(crate) fn may_reach(peer: IpAddr) -> bool {
    if [BOUND, ADVERTISED, OVER_IPV6].contains(&peer) {
        return false;
    }
    match peer {
        IpAddr::V4(ip) => is_public_v4(ip) || is_allowed(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// What the harness' server allows although it is private.
fn is_allowed(ip: Ipv4Addr) -> bool {
    matches!(ip.octets(), [10, 1, ..])
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // This network, private networks, loopback, shared address space, link-local.
        [0 | 10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [169, 254, ..] => {
            true
        }
        // Protocol assignments, documentation, 6to4 relays, benchmarking.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => {
            true
        }
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let within = |upper: u16, lower: u16| Ipv4Addr::from((u32::from(upper) << 16) | u32::from(lower));
    let may_v4 = |ip: Ipv4Addr| may_reach(IpAddr::V4(ip));
    match s {
        // NAT64: as the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, upper, lower] => may_v4(within(upper, lower)),
        // Of global unicast all but protocol assignments (Teredo among them), documentation and 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2002, ..] => false,
        // ISATAP: as the address inside.
        [0x2000..=0x3fff, _, _, _, 0 | 0x200, 0x5efe, upper, lower] => may_v4(within(upper, lower)),
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}
