//! What became of packets that a socket has sent: the kernel keeps what the network says of them (IP_RECVERR) until it is
//! asked.

#![expect(unsafe_code, reason = "the standard library does not read a socket's error queue")]

use std::mem;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::ptr;

use mio::net::UdpSocket;
use visavis_turn::IcmpError;

use super::Failure;
use super::control::control_messages;
use super::sockaddr::Name;

/// Room for the ancillary data: the error and who told it, and a type of service.
const CONTROL: usize = 128;
/// ICMP's "fragmentation needed and DF set", as the destination unreachable that it is (RFC 792, RFC 1191).
const FRAGMENTATION_NEEDED: (u8, u8) = (3, 4);

#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Takes the next one of a socket. `None` when there is none left.
pub(crate) fn next_failure(socket: &UdpSocket) -> Option<Failure> {
    loop {
        let mut name = Name::empty();
        let mut control = Control([0; CONTROL]);
        // SAFETY: `msghdr` is plain data for which all zeros is a value: no bytes of the packet are asked for.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_name = ptr::from_mut(&mut name).cast();
        header.msg_namelen = Name::SIZE;
        header.msg_control = ptr::from_mut(&mut control).cast();
        header.msg_controllen = CONTROL;
        let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
        // SAFETY: the descriptor is open; the header points to a name and a control buffer of the sizes it says.
        let received = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
        if received < 0 {
            return None;
        }
        let control = &control.0[..header.msg_controllen.min(CONTROL)];
        let told = control_messages(control).find_map(|(level, kind, value)| match (level, kind) {
            (libc::SOL_IP, libc::IP_RECVERR) | (libc::SOL_IPV6, libc::IPV6_RECVERR) => {
                failure(name.address(), value)
            }
            _ => None,
        });
        // Else it is about nothing a client could do anything with.
        if told.is_some() {
            return told;
        }
    }
}

/// Reads a `sock_extended_err`: errno, origin, type, code, and the largest packet that would have gone.
fn failure(peer: SocketAddr, value: &[u8]) -> Option<Failure> {
    let value: &[u8; 12] = value.first_chunk()?;
    let [e0, e1, e2, e3, origin, kind, code, _, mtu @ ..] = *value;
    let (errno, mtu) = (i32::from_ne_bytes([e0, e1, e2, e3]), u32::from_ne_bytes(mtu));
    match origin {
        libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6 => {
            Some(Failure { peer: Some(peer), error: IcmpError { kind, code, mtu } })
        }
        // This machine is the first router on the way, and found the packet too large for the next link.
        libc::SO_EE_ORIGIN_LOCAL if errno == libc::EMSGSIZE => {
            let (kind, code) = FRAGMENTATION_NEEDED;
            Some(Failure { peer: None, error: IcmpError { kind, code, mtu } })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(errno: i32, origin: u8, kind: u8, code: u8, mtu: u32) -> Vec<u8> {
        [&errno.to_ne_bytes()[..], &[origin, kind, code, 0], &mtu.to_ne_bytes(), &[0; 20]].concat()
    }

    #[test]
    fn an_error_of_the_network_names_the_peer_and_one_of_this_machine_does_not() {
        let peer: SocketAddr = "192.0.2.7:9".parse().unwrap();
        let error = |kind, code, mtu| IcmpError { kind, code, mtu };
        let read = |value: &[u8]| failure(peer, value);
        let icmp = told(libc::EMSGSIZE, libc::SO_EE_ORIGIN_ICMP, 3, 4, 1300);
        assert_eq!(read(&icmp), Some(Failure { peer: Some(peer), error: error(3, 4, 1300) }));
        let icmp6 = told(libc::ECONNREFUSED, libc::SO_EE_ORIGIN_ICMP6, 1, 4, 0);
        assert_eq!(read(&icmp6), Some(Failure { peer: Some(peer), error: error(1, 4, 0) }));
        let local = told(libc::EMSGSIZE, libc::SO_EE_ORIGIN_LOCAL, 0, 0, 1500);
        assert_eq!(read(&local), Some(Failure { peer: None, error: error(3, 4, 1500) }));
        assert_eq!(read(&told(libc::EHOSTUNREACH, libc::SO_EE_ORIGIN_LOCAL, 0, 0, 0)), None);
        assert_eq!(read(&told(0, 4, 0, 0, 0)), None);
        assert_eq!(read(&icmp[..11]), None);
    }
}
