//! sendmmsg(2): many datagrams by one call, and runs of one size as one datagram that the kernel (or the network card) cuts
//! (UDP_SEGMENT).

#![expect(unsafe_code, reason = "the standard library has no sendmmsg")]

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;

use mio::net::UdpSocket;

use super::setsockopt;
use super::sockaddr::Name;
use crate::stats::SocketStats;

/// Datagrams (or runs) sent by one call.
const MESSAGES: usize = 64;
/// Datagrams in them.
const VECTORS: usize = 1024;
/// The longest run every kernel takes.
const LONGEST_RUN: usize = 64;
/// The most bytes of a run, with which it is one datagram of legal size.
const LARGEST_RUN: usize = 65_000;
/// Bytes of one ancillary message: a header and a number, aligned.
const CONTROL: usize = size_of::<libc::cmsghdr>() + 8;

/// Messages about to be sent from one socket.
pub(super) struct Sender {
    messages: Box<[libc::mmsghdr]>,
    vectors: Box<[libc::iovec]>,
    names: Box<[Name]>,
    controls: Box<[Controls]>,
    /// How many of `messages` and of `vectors` are in use.
    count: usize,
    datagrams: usize,
    runs: Runs,
}

/// Whether runs are sent as such.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    Unknown,
    Together,
    /// The kernel does not know how, or a network card's driver can not.
    OneByOne,
}

/// A type of service first, then a segment size.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Controls([u8; 2 * CONTROL]);

// SAFETY: the pointers lead into boxes that move with it, or are left over from a call that has returned and are written
// anew before the next.
unsafe impl Send for Sender {}

impl Default for Sender {
    fn default() -> Self {
        // SAFETY: `mmsghdr` and `iovec` are plain data for which all zeros is a value.
        let (message, vector) = unsafe { (mem::zeroed::<libc::mmsghdr>(), mem::zeroed::<libc::iovec>()) };
        Self {
            messages: vec![message; MESSAGES].into_boxed_slice(),
            vectors: vec![vector; VECTORS].into_boxed_slice(),
            names: vec![Name::empty(); MESSAGES].into_boxed_slice(),
            controls: vec![Controls([0; 2 * CONTROL]); MESSAGES].into_boxed_slice(),
            count: 0,
            datagrams: 0,
            runs: Runs::Unknown,
        }
    }
}

/// Packets on their way out of one socket. It holds on to their bytes until they are sent.
pub(super) struct Sending<'a> {
    sender: &'a mut Sender,
    socket: &'a UdpSocket,
    bytes: &'a [u8],
}

impl Sending<'_> {
    /// Adds the packets of a flow, by where they lie; sends what was added before if there is no more room.
    pub(super) fn add(
        &mut self,
        to: SocketAddr,
        tos: u8,
        packets: impl Iterator<Item = Range<usize>>,
        stats: &mut SocketStats,
    ) {
        let Self { sender, socket, bytes } = self;
        let mut packets = packets.map(|data| &bytes[data]).peekable();
        while let Some(first) = packets.next() {
            if sender.count == MESSAGES || sender.datagrams + LONGEST_RUN > VECTORS {
                sender.send(socket, stats);
            }
            let begin = sender.datagrams;
            sender.push_vector(first);
            let (size, mut total) = (first.len(), first.len());
            let mut is_open = size > 0 && sender.sends_runs(socket, packets.peek().is_some());
            // All of one size; a smaller one ends the run.
            while let Some(next) = packets.next_if(|next| {
                let fits = total + next.len() <= LARGEST_RUN && sender.datagrams - begin < LONGEST_RUN;
                is_open && fits && !next.is_empty() && next.len() <= size
            }) {
                sender.push_vector(next);
                total += next.len();
                is_open = next.len() == size;
            }
            sender.push_message(to, tos, begin, size);
        }
    }

    /// Sends what was added. What the kernel does not take is counted and forgotten.
    pub(super) fn finish(self, stats: &mut SocketStats) {
        self.sender.send(self.socket, stats);
    }
}

impl Sender {
    /// Begins to send.
    pub(super) fn begin<'a>(&'a mut self, socket: &'a UdpSocket, bytes: &'a [u8]) -> Sending<'a> {
        // What an earlier one may have left.
        (self.count, self.datagrams) = (0, 0);
        Sending { sender: self, socket, bytes }
    }

    fn sends_runs(&mut self, socket: &UdpSocket, is_asked: bool) -> bool {
        if is_asked && self.runs == Runs::Unknown {
            let can = setsockopt::can_send_in_runs(socket);
            self.runs = if can { Runs::Together } else { Runs::OneByOne };
        }
        self.runs == Runs::Together
    }

    fn push_vector(&mut self, packet: &[u8]) {
        // The kernel only reads it.
        let iov_base = packet.as_ptr().cast_mut().cast();
        self.vectors[self.datagrams] = libc::iovec { iov_base, iov_len: packet.len() };
        self.datagrams += 1;
    }

    /// Makes a message of the vectors from `begin` on.
    fn push_message(&mut self, to: SocketAddr, tos: u8, begin: usize, size: usize) {
        let length = self.datagrams - begin;
        let controls = &mut self.controls[self.count];
        let mut control = 0;
        if tos != 0 {
            let (level, kind) = match to {
                SocketAddr::V4(_) => (libc::SOL_IP, libc::IP_TOS),
                SocketAddr::V6(_) => (libc::SOL_IPV6, libc::IPV6_TCLASS),
            };
            controls.write(0, level, kind, &i32::from(tos).to_ne_bytes());
            control = CONTROL;
        }
        if length > 1 {
            let size = u16::try_from(size).expect("a run's datagrams are smaller than it");
            controls.write(control, libc::SOL_UDP, libc::UDP_SEGMENT, &size.to_ne_bytes());
            control += CONTROL;
        }
        let name = &mut self.names[self.count];
        let header = &mut self.messages[self.count].msg_hdr;
        header.msg_namelen = name.set(to);
        header.msg_name = ptr::from_mut(name).cast();
        header.msg_iov = &raw mut self.vectors[begin];
        header.msg_iovlen = length;
        header.msg_control = if control == 0 { ptr::null_mut() } else { ptr::from_mut(controls).cast() };
        header.msg_controllen = control;
        self.count += 1;
    }

    fn send(&mut self, socket: &UdpSocket, stats: &mut SocketStats) {
        let mut done = 0;
        // Which of them failed last.
        let mut failed = None;
        while done < self.count {
            let messages = &mut self.messages[done..self.count];
            let count = libc::c_uint::try_from(messages.len()).expect("there are few messages");
            // SAFETY: the descriptor is open; each of the `count` headers points to a name, to vectors and (or to nothing)
            // to ancillary data of the sizes it says, and each vector to bytes that `Sending` holds on to.
            let sent = unsafe {
                libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count, libc::MSG_DONTWAIT as _)
            };
            if let Ok(sent) = usize::try_from(sent) {
                done += sent;
                continue;
            }
            // About the first of them; the others have not been tried.
            let error = io::Error::last_os_error();
            let datagrams = |message: &libc::mmsghdr| message.msg_hdr.msg_iovlen as u64;
            let is_run = messages[0].msg_hdr.msg_iovlen > 1;
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                // Full: the others would find it so, too.
                Some(libc::EAGAIN | libc::ENOBUFS) => {
                    stats.send_failures += messages.iter().map(datagrams).sum::<u64>();
                    done = self.count;
                }
                // EIO: this socket's way out can not do it, and will not learn. The others: not with this size on this path.
                Some(code @ (libc::EIO | libc::EINVAL | libc::EMSGSIZE)) if is_run => {
                    if code == libc::EIO {
                        self.runs = Runs::OneByOne;
                    }
                    stats.runs_refused += 1;
                    self.send_one_by_one(socket, done, stats);
                    done += 1;
                }
                // Perhaps the fate of an earlier datagram, told to whoever sends the next.
                _ if failed != Some(done) => failed = Some(done),
                _ => {
                    tracing::trace!(%error, "datagram not sent");
                    stats.send_failures += datagrams(&messages[0]);
                    done += 1;
                }
            }
        }
        self.count = 0;
        self.datagrams = 0;
    }

    /// Sends the datagrams of a run that was refused.
    fn send_one_by_one(&mut self, socket: &UdpSocket, message: usize, stats: &mut SocketStats) {
        let mut header = self.messages[message].msg_hdr;
        let count = mem::replace(&mut header.msg_iovlen, 1);
        // The segment size is the last one.
        header.msg_controllen -= CONTROL;
        for _ in 0..count {
            // SAFETY: as in `send`; `msg_iov` leads to one of `count` vectors.
            let send = || unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_DONTWAIT) };
            // The first error may be the fate of an earlier one.
            if send() < 0 && send() < 0 {
                stats.send_failures += 1;
            }
            // SAFETY: at most one past the last of the `count` vectors.
            header.msg_iov = unsafe { header.msg_iov.add(1) };
        }
    }
}

impl Controls {
    fn write(&mut self, at: usize, level: libc::c_int, kind: libc::c_int, value: &[u8]) {
        const HEADER: usize = size_of::<libc::cmsghdr>();
        let length = HEADER + value.len();
        let target = &mut self.0[at..at + CONTROL];
        target[..HEADER - 8].copy_from_slice(&length.to_ne_bytes());
        target[HEADER - 8..HEADER - 4].copy_from_slice(&level.to_ne_bytes());
        target[HEADER - 4..HEADER].copy_from_slice(&kind.to_ne_bytes());
        target[HEADER..length].copy_from_slice(value);
    }
}
