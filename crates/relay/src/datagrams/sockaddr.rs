//! Addresses as the system's calls have them.

#![expect(unsafe_code, reason = "a sockaddr is a union told apart by its first field")]

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

#[expect(clippy::cast_possible_truncation, reason = "the system's families are small numbers of one byte")]
const IPV4: libc::sa_family_t = libc::AF_INET as libc::sa_family_t;
#[expect(clippy::cast_possible_truncation, reason = "the system's families are small numbers of one byte")]
const IPV6: libc::sa_family_t = libc::AF_INET6 as libc::sa_family_t;

/// An IPv4 or IPv6 address with its port.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union Name {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

impl Name {
    /// Bytes of the larger kind.
    pub(super) const SIZE: libc::socklen_t = 28;

    pub(super) const fn empty() -> Self {
        // SAFETY: both kinds are plain data for which all zeros is a value.
        unsafe { mem::zeroed() }
    }

    /// Writes an address; returns how many bytes of this it takes.
    pub(super) fn set(&mut self, address: SocketAddr) -> libc::socklen_t {
        match address {
            SocketAddr::V4(address) => {
                self.v4 = libc::sockaddr_in {
                    sin_family: IPV4,
                    sin_port: address.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
                    sin_zero: [0; 8],
                };
                16
            }
            SocketAddr::V6(address) => {
                self.v6 = libc::sockaddr_in6 {
                    sin6_family: IPV6,
                    sin6_port: address.port().to_be(),
                    sin6_flowinfo: 0,
                    sin6_addr: libc::in6_addr { s6_addr: address.ip().octets() },
                    sin6_scope_id: address.scope_id(),
                };
                28
            }
        }
    }

    /// Without flow label and scope, which would make equal addresses differ. Port 0 if it is neither kind.
    pub(super) fn address(&self) -> SocketAddr {
        // SAFETY: every byte is initialised (by `empty`, `set` or the kernel), and any bytes are a value of each kind.
        let (family, v4, v6) = unsafe { (self.family, self.v4, self.v6) };
        match family {
            IPV4 => {
                let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
                SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into()
            }
            IPV6 => {
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, 0).into()
            }
            _ => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        assert_eq!(usize::try_from(Name::SIZE).unwrap(), size_of::<Name>());
        let mut name = Name::empty();
        assert_eq!(name.address().port(), 0);
        for address in ["192.0.2.7:40000", "[2001:db8::7]:65535", "0.0.0.0:0", "[::]:1"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(name.set(address), if address.is_ipv4() { 16 } else { 28 });
            assert_eq!(name.address(), address);
        }
    }
}
