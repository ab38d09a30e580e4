//! Which peers may be reached through the relay. Without this a TURN server is a way into its operator's network
//! (Slack 2020, CVE-2020-26262, CVE-2026-27624).
//!
//! An IPv6 address is judged by itself and by every IPv4 address inside it; both must pass. The rules, strongest
//! first: never (multicast, unspecified, Teredo, 6to4) → own addresses → the default list below. An entry of
//! `allow_peers` lifts the last; one that names a single address lifts the last two.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Denied whatever the operator allows: not the address of one host, or forbidden by RFC 8656 §21.4.
const NEVER_V4: &[Ipv4Net] = &[v4(0, 0, 0, 0, 8), v4(224, 0, 0, 0, 4), v4(255, 255, 255, 255, 32)];
const NEVER_V6: &[Ipv6Net] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Denied unless allowed: loopback, private, link-local, shared, documentation, benchmarking, reserved
/// (the IANA special-purpose registries).
const DENIED_V4: &[Ipv4Net] = &[
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(240, 0, 0, 0, 4),
];
const DENIED_V6: &[Ipv6Net] = &[
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];
/// All of IPv6 that leads anywhere in the internet: global unicast, and NAT64, which is judged by the address inside.
/// Whatever lies outside is loopback, local, not given to anybody yet, or a private mesh such as Yggdrasil's 200::/7:
/// denied unless allowed.
const REACHABLE_V6: &[Ipv6Net] =
    &[v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3), v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96)];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(s: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]), prefix)
}

/// The operator's choice on top of the default list.
#[derive(Clone, Debug)]
pub struct PeerFilter {
    allowed: Vec<IpNet>,
    own: HashSet<IpAddr>,
}

impl PeerFilter {
    /// Denies the default list but `allowed`, and `own` addresses unless each is allowed by itself.
    pub fn new(allowed: Vec<IpNet>, own: impl IntoIterator<Item = IpAddr>) -> Self {
        Self { allowed, own: own.into_iter().collect() }
    }

    /// Whether data may be sent to this address.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let embedded = match ip {
            IpAddr::V4(_) => [None; 3],
            IpAddr::V6(ip) => embedded_v4(ip),
        };
        self.allows_literally(ip)
            && embedded.into_iter().flatten().all(|ip| self.allows_literally(IpAddr::V4(ip)))
    }

    fn allows_literally(&self, ip: IpAddr) -> bool {
        if is_never_allowed(ip) {
            return false;
        }
        if self.own.contains(&ip) {
            return self.allowed.contains(&IpNet::from(ip));
        }
        !is_denied_by_default(ip) || self.allowed.iter().any(|network| network.contains(&ip))
    }
}

/// Whether RFC 8656 §21.4 forbids serving this client: Teredo and 6to4 can be made to loop.
pub(crate) fn is_tunnelled(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => matches!(ip.segments(), [0x2001, 0, ..] | [0x2002, ..]),
    }
}

fn is_never_allowed(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => NEVER_V4.iter().any(|network| network.contains(&ip)),
        IpAddr::V6(ip) => NEVER_V6.iter().any(|network| network.contains(&ip)),
    }
}

fn is_denied_by_default(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => DENIED_V4.iter().any(|network| network.contains(&ip)),
        IpAddr::V6(ip) => {
            let is_reachable = REACHABLE_V6.iter().any(|network| network.contains(&ip));
            !is_reachable || DENIED_V6.iter().any(|network| network.contains(&ip))
        }
    }
}

/// The IPv4 addresses an IPv6 address may lead to: v4-mapped, v4-compatible, v4-translated (RFC 2765) and NAT64
/// in the last 32 bits, ISATAP after its marker; NAT64 with a local-use prefix (RFC 8215) in the places RFC 6052 §2.2 gives /48 and /64. Teredo and
/// 6to4 never get this far.
fn embedded_v4(ip: Ipv6Addr) -> [Option<Ipv4Addr>; 3] {
    let o = ip.octets();
    let last = Ipv4Addr::new(o[12], o[13], o[14], o[15]);
    match ip.segments() {
        // ::1 is loopback, not the IPv4 address 0.0.0.1.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None; 3],
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            [Some(last), None, None]
        }
        [0x64, 0xff9b, 1, ..] => {
            let by_48 = Ipv4Addr::new(o[6], o[7], o[9], o[10]);
            let by_64 = Ipv4Addr::new(o[9], o[10], o[11], o[12]);
            [Some(by_48), Some(by_64), Some(last)]
        }
        [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => [Some(last), None, None],
        _ => [None; 3],
    }
}

#[cfg(test)]
mod tests;
