//! recvmmsg(2): many datagrams by one call, each perhaps a run that the kernel has put together (UDP_GRO).

#![expect(unsafe_code, reason = "the standard library has no recvmmsg")]

use std::io;
use std::mem;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;

use mio::net::UdpSocket;

use super::control::control_messages;
use super::inbox::Arrival;
use super::sockaddr::Name;

/// Room for the ancillary data we ask for: a segment size and a type of service, 24 bytes each.
const CONTROL: usize = 64;
/// How often in a row the fate of an earlier datagram is taken for that of the next one.
const ERRORS: usize = 8;

/// What the kernel wants to know of each slot, and what it says about it.
pub(super) struct Headers {
    messages: Box<[libc::mmsghdr]>,
    names: Box<[Name]>,
    controls: Box<[Control]>,
    /// Pointed to by `messages`.
    _vectors: Box<[libc::iovec]>,
}

#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

// SAFETY: the pointers lead into boxes that move with it (`names`, `controls`, `_vectors`) and into the inbox's slots,
// which live in the same `Inbox`; nobody else has them.
unsafe impl Send for Headers {}

impl Headers {
    /// For slots that stay where they are as long as this exists.
    pub(super) fn new<'a>(slots: impl Iterator<Item = &'a mut [u8]>) -> Self {
        let vector =
            |slot: &mut [u8]| libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() };
        let mut vectors: Box<[libc::iovec]> = slots.map(vector).collect();
        let count = vectors.len();
        let mut names = vec![Name::empty(); count].into_boxed_slice();
        let mut controls = vec![Control([0; CONTROL]); count].into_boxed_slice();
        let message = |slot: usize| {
            // SAFETY: `mmsghdr` is plain data for which all zeros is a value.
            let mut message: libc::mmsghdr = unsafe { mem::zeroed() };
            message.msg_hdr.msg_name = ptr::from_mut(&mut names[slot]).cast();
            message.msg_hdr.msg_iov = &raw mut vectors[slot];
            message.msg_hdr.msg_iovlen = 1;
            message.msg_hdr.msg_control = ptr::from_mut(&mut controls[slot]).cast();
            message
        };
        let messages = (0..count).map(message).collect();
        Self { messages, names, controls, _vectors: vectors }
    }

    /// Fills these slots as far as there is something; adds an arrival for each. Whether the socket has been read dry.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        slots: Range<usize>,
        arrivals: &mut Vec<Arrival>,
    ) -> bool {
        let messages = &mut self.messages[slots.clone()];
        for message in messages.iter_mut() {
            message.msg_hdr.msg_namelen = Name::SIZE;
            message.msg_hdr.msg_controllen = CONTROL;
            message.msg_hdr.msg_flags = 0;
        }
        let count = libc::c_uint::try_from(messages.len()).expect("there are few slots");
        let mut errors = 0;
        let received = loop {
            // SAFETY: the descriptor is open; each of the `count` headers points to a name, a slot and a control buffer
            // of the sizes it says, which nobody else touches meanwhile. No timeout is given.
            let received = unsafe {
                let flags = libc::MSG_DONTWAIT;
                libc::recvmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count, flags as _, ptr::null_mut())
            };
            if let Ok(received) = usize::try_from(received) {
                break received;
            }
            let error = io::Error::last_os_error();
            errors += 1;
            if error.kind() == io::ErrorKind::WouldBlock || errors > ERRORS {
                return true;
            }
            tracing::trace!(%error, "receiving failed");
        };
        for slot in slots.clone().take(received) {
            arrivals.push(self.arrival(slot));
        }
        received < slots.len()
    }

    fn arrival(&self, slot: usize) -> Arrival {
        let message = &self.messages[slot];
        let header = &message.msg_hdr;
        let length = message.msg_len as usize;
        let mut arrival = Arrival {
            from: self.names[slot].address(),
            length,
            segment: None,
            tos: 0,
            is_cut: header.msg_flags & libc::MSG_TRUNC != 0,
        };
        let control = &self.controls[slot].0[..header.msg_controllen.min(CONTROL)];
        for (level, kind, value) in control_messages(control) {
            match (level, kind) {
                (libc::SOL_UDP, libc::UDP_GRO) => {
                    let size = number(value);
                    // Zero would divide by zero; a size that is no smaller is no run.
                    arrival.segment = (1..length).contains(&size).then_some(size);
                }
                (libc::SOL_IP, libc::IP_TOS) => arrival.tos = value.first().copied().unwrap_or(0),
                (libc::SOL_IPV6, libc::IPV6_TCLASS) => {
                    arrival.tos = u8::try_from(number(value)).unwrap_or(0);
                }
                _ => {}
            }
        }
        arrival
    }
}

/// A C `int` that is not negative; else zero.
fn number(value: &[u8]) -> usize {
    let bytes = value.first_chunk().copied().unwrap_or_default();
    usize::try_from(i32::from_ne_bytes(bytes)).unwrap_or(0)
}
