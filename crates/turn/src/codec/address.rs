//! Transport addresses, XORed so that middleboxes leave them alone (RFC 8489 §14.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::message::{MAGIC_COOKIE, TransactionId};

const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;

/// Reads the value of an XOR-…-ADDRESS attribute; `None` if its family and length do not fit together.
pub fn decode_xor_address(value: &[u8], transaction: TransactionId) -> Option<SocketAddr> {
    let (head, address) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([head[2], head[3]]) ^ cookie_port();
    let ip = match head[1] {
        FAMILY_IPV4 => {
            let bits = u32::from_be_bytes(address.try_into().ok()?);
            IpAddr::V4(Ipv4Addr::from_bits(bits ^ MAGIC_COOKIE))
        }
        FAMILY_IPV6 => {
            let bits = u128::from_be_bytes(address.try_into().ok()?);
            IpAddr::V6(Ipv6Addr::from_bits(bits ^ mask(transaction)))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The value of an attribute that holds an address as it is (RFC 8489 §14.1, §14.15).
pub(crate) fn plain_address(address: SocketAddr) -> Vec<u8> {
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (FAMILY_IPV4, ip.octets().to_vec()),
        IpAddr::V6(ip) => (FAMILY_IPV6, ip.octets().to_vec()),
    };
    [&[0, family][..], &address.port().to_be_bytes(), &ip].concat()
}

/// Writes the value of an XOR-…-ADDRESS attribute to the front of `target`; returns its length, 8 or 20.
pub(crate) fn write_xor_address(target: &mut [u8], address: SocketAddr, transaction: TransactionId) -> usize {
    target[0] = 0;
    target[2..4].copy_from_slice(&(address.port() ^ cookie_port()).to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            target[1] = FAMILY_IPV4;
            target[4..8].copy_from_slice(&(ip.to_bits() ^ MAGIC_COOKIE).to_be_bytes());
            8
        }
        IpAddr::V6(ip) => {
            target[1] = FAMILY_IPV6;
            target[4..20].copy_from_slice(&(ip.to_bits() ^ mask(transaction)).to_be_bytes());
            20
        }
    }
}

/// The upper half of the cookie.
const fn cookie_port() -> u16 {
    let bytes = MAGIC_COOKIE.to_be_bytes();
    u16::from_be_bytes([bytes[0], bytes[1]])
}

/// What an IPv6 address is XORed with: cookie, then transaction id.
fn mask(transaction: TransactionId) -> u128 {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    bytes[4..].copy_from_slice(&transaction.0);
    u128::from_be_bytes(bytes)
}
