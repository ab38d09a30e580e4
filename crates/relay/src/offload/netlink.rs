//! Asks the kernel for routes and links: rtnetlink(7), two questions of it.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::Hop;

/// The kernel answers at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// Larger than any answer to these questions.
const LONGEST_ANSWER: usize = 32 << 10;
const HEADER: usize = 16;
const ROUTE_HEADER: usize = 12;
const LINK_HEADER: usize = 16;
/// Of the metrics of a route.
const RTAX_MTU: u16 = 2;

/// A network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) is_ethernet: bool,
    mtu: u32,
}

pub(super) struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        let protocol = Protocol::from(libc::NETLINK_ROUTE);
        let socket = Socket::new(Domain::from(libc::AF_NETLINK), Type::RAW, Some(protocol))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// How a packet leaves that goes from an address of this machine to another; `None` if it does not leave.
    pub(super) fn hop(&mut self, from: IpAddr, to: IpAddr) -> io::Result<Option<Hop>> {
        let (family, bits) = match to {
            IpAddr::V4(_) => (libc::AF_INET, 32),
            IpAddr::V6(_) => (libc::AF_INET6, 128),
        };
        let mut question = vec![0; ROUTE_HEADER];
        (question[0], question[1], question[2]) = (u8::try_from(family).unwrap_or(0), bits, bits);
        for (kind, ip) in [(libc::RTA_DST, to), (libc::RTA_SRC, from)] {
            put_attribute(&mut question, kind, &octets(ip));
        }
        let answer = match self.ask(libc::RTM_GETROUTE, &question) {
            Ok(answer) => answer,
            // None leads there.
            Err(error) if error.kind() != io::ErrorKind::TimedOut => return Ok(None),
            Err(error) => return Err(error),
        };
        let (Some(7..), Some(kind)) = (answer.len().checked_sub(ROUTE_HEADER), answer.get(7)) else {
            return Ok(None);
        };
        let Some(interface) = attribute(&answer[ROUTE_HEADER..], libc::RTA_OIF).and_then(number) else {
            return Ok(None);
        };
        if *kind != libc::RTN_UNICAST {
            return Ok(None);
        }
        let metrics = attribute(&answer[ROUTE_HEADER..], libc::RTA_METRICS);
        let of_path = metrics.and_then(|metrics| attribute(metrics, RTAX_MTU)).and_then(number);
        let of_link = self.link(interface)?.mtu;
        Ok(Some(Hop { interface, mtu: of_path.unwrap_or(of_link).min(of_link) }))
    }

    pub(super) fn link(&mut self, interface: u32) -> io::Result<Link> {
        let mut question = vec![0; LINK_HEADER];
        question[4..8].copy_from_slice(&interface.to_ne_bytes());
        let answer = self.ask(libc::RTM_GETLINK, &question)?;
        let kind = answer.get(2..4).ok_or(io::ErrorKind::InvalidData)?;
        let kind = u16::from_ne_bytes([kind[0], kind[1]]);
        let mtu = answer.get(LINK_HEADER..).and_then(|rest| attribute(rest, libc::IFLA_MTU)).and_then(number);
        let mtu = mtu.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Link { is_ethernet: kind == libc::ARPHRD_ETHER, mtu })
    }

    /// The body of the one message that answers.
    fn ask(&mut self, kind: u16, body: &[u8]) -> io::Result<Vec<u8>> {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(HEADER + body.len()).map_err(io::Error::other)?;
        let mut question = Vec::with_capacity(HEADER + body.len());
        question.extend(length.to_ne_bytes());
        question.extend(kind.to_ne_bytes());
        question.extend(u16::try_from(libc::NLM_F_REQUEST).map_err(io::Error::other)?.to_ne_bytes());
        question.extend(self.sequence.to_ne_bytes());
        question.extend([0; 4]);
        question.extend(body);
        (&self.socket).write_all(&question)?;
        loop {
            let mut answer = vec![0; LONGEST_ANSWER];
            let length = (&self.socket).read(&mut answer)?;
            answer.truncate(length);
            let field = |at| answer.get(at..at + 4).and_then(number).ok_or(io::ErrorKind::InvalidData);
            // One that came too late for whoever asked before.
            if field(8)? != self.sequence {
                continue;
            }
            if field(4)? & 0xffff == libc::NLMSG_ERROR.cast_unsigned() {
                let code = field(HEADER)?.cast_signed();
                return Err(io::Error::from_raw_os_error(-code));
            }
            return Ok(answer.split_off(HEADER));
        }
    }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

fn put_attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(value);
}

/// The value of the first of this kind.
fn attribute(mut list: &[u8], kind: u16) -> Option<&[u8]> {
    while let Some(head) = list.first_chunk::<4>() {
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let value = list.get(4..length)?;
        if u16::from_ne_bytes([head[2], head[3]]) == kind {
            return Some(value);
        }
        list = list.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_on_this_machine_does_not_leave() {
        let mut netlink = Netlink::open().unwrap();
        for ip in ["127.0.0.1", "::1"] {
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!(netlink.hop(ip, ip).unwrap(), None);
        }
    }

    #[test]
    fn loopback_is_no_ethernet() {
        let mut netlink = Netlink::open().unwrap();
        assert_eq!(netlink.link(1).unwrap(), Link { is_ethernet: false, mtu: 65536 });
        assert_eq!(netlink.link(u32::MAX >> 1).unwrap_err().raw_os_error(), Some(libc::ENODEV));
    }

    #[test]
    fn attributes_that_make_no_sense_are_none() {
        let mut list = Vec::new();
        put_attribute(&mut list, 3, &[1, 2, 3, 4]);
        put_attribute(&mut list, 4, &[5, 6, 7, 8]);
        assert_eq!(attribute(&list, 4), Some(&[5, 6, 7, 8][..]));
        assert_eq!(attribute(&list[..12], 4), None);
        assert_eq!(attribute(&[0, 0, 3, 0], 3), None);
        assert_eq!(attribute(&list, 5), None);
    }
}
